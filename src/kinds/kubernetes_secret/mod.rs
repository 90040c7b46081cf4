//! `kubernetes_secret`. Its values are written and compared, and shown nowhere: neither live nor declared ones stand in
//! what a plan shows, and no hash of one in a fingerprint.

mod object;
pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_namespace::namespace_key;
use super::{
    Difference, Home, Kind, Loss, Obstacle, Reach, Writing, metadata, metadata_block, stored,
    velero,
};
use crate::diag::Diagnostic;
use crate::model::condition::Wait;
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::schema::Schema;
use schema::SCHEMA;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The kind.
pub struct Secret;

/// `secrets`.
pub(super) fn resource() -> KubeResource {
    metadata_block::core("secrets", "Secret")
}

/// Key of a Secret.
pub(super) fn secret_key(namespace: &str, name: &str) -> Key {
    Key::Kube {
        resource: resource(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

impl Kind for Secret {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Kube(resource())
    }
    fn reach(&self) -> Reach {
        Reach::WhereKnown
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, declared: &Resource) -> Option<Key> {
        metadata_block::key(resource(), declared)
    }
    fn object(&self, resource: &Resource) -> Expr {
        object::object(resource)
    }
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference> {
        object::differences(resource, live)
    }
    fn attributes(&self, live: &Json) -> Json {
        object::attributes(live)
    }
    fn sensitive(&self) -> &'static [&'static str] {
        &["data", "binary_data"]
    }
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        let body = resource.map(|resource| &resource.body);
        let mut projection = metadata::projection(SCHEMA.fields, body, live, None);
        // Not the data: a fingerprint of it would be a hash of secrets (R33).
        let parts = ["immutable", "type"];
        projection.include.extend(parts.map(JsonPath::dotted));
        projection
    }
    fn records(&self, resource: &Resource) -> Vec<(JsonPath, Json)> {
        object::note(resource).into_iter().collect()
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        stored::wait(resource, writing)
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        metadata_block::computed()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        vec![namespace_key(&metadata_block::namespace(resource))]
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        velero::live_namespace(live)
            .map(namespace_key)
            .into_iter()
            .collect()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        25
    }
    fn loss(&self, key: &Key, live: &Json) -> Loss {
        if object::holds_key(key, live) {
            Loss::Itself(format!(
                "key Secret {key}: what it unlocks cannot be read without it"
            ))
        } else {
            Loss::Nothing
        }
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        Vec::new()
    }
    fn cannot_change(&self, live: &Json, differences: &[Difference]) -> Option<Obstacle> {
        let retyped = differences
            .iter()
            .any(|difference| difference.attribute == ["type"]);
        if retyped {
            let text = "The type of a Secret cannot be changed.".to_owned();
            return Some(stored::only_anew(text));
        }
        object::other_password(live, differences)
            .or_else(|| stored::cannot_change(live, differences))
    }
}
