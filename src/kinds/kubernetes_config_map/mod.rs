//! `kubernetes_config_map`. All of its data is ours.

pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_namespace::namespace_key;
use super::syntax::Checker;
use super::{
    Difference, Home, Kind, Loss, Obstacle, Reach, Writing, compare, metadata, metadata_block,
    stored, table, velero,
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
pub struct ConfigMap;

/// `configmaps`.
pub(super) fn resource() -> KubeResource {
    metadata_block::core("configmaps", "ConfigMap")
}

/// Key of a ConfigMap.
pub(super) fn config_map_key(namespace: &str, name: &str) -> Key {
    Key::Kube {
        resource: resource(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

impl Kind for ConfigMap {
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
        let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
        metadata_block::validate(&mut checker);
        stored::validate(&mut checker);
    }
    fn key(&self, declared: &Resource) -> Option<Key> {
        metadata_block::key(resource(), declared)
    }
    fn object(&self, resource: &Resource) -> Expr {
        table::kube_object(SCHEMA.fields, &resource.body, "v1", "ConfigMap")
    }
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference> {
        compare::differences(SCHEMA.fields, &resource.body, live)
    }
    fn attributes(&self, live: &Json) -> Json {
        table::attributes(SCHEMA.fields, live)
    }
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        let body = resource.map(|resource| &resource.body);
        let mut projection = metadata::projection(SCHEMA.fields, body, live, None);
        let parts = ["binaryData", "data", "immutable"];
        projection.include.extend(parts.map(JsonPath::dotted));
        projection
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
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        Vec::new()
    }
    fn cannot_change(&self, live: &Json, differences: &[Difference]) -> Option<Obstacle> {
        stored::cannot_change(live, differences)
    }
}
