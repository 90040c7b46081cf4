//! `velero_volume_snapshot_location`. All of its spec is ours. No controller ever looks at one: what is there is ready,
//! and a plugin that refuses it shows in the first backup that uses it. Removing one leaves its snapshots.

mod object;
pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_namespace::namespace_key;
use super::{Difference, Home, Kind, Loss, Writing, compare, metadata, table, velero};
use crate::diag::Diagnostic;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::schema::Schema;
use schema::SCHEMA;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The kind.
pub struct VolumeSnapshotLocation;

impl Kind for VolumeSnapshotLocation {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Kube(velero::snapshot_location())
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        velero::key(velero::snapshot_location(), resource)
    }
    fn object(&self, resource: &Resource) -> Expr {
        table::kube_object(
            SCHEMA.fields,
            &resource.body,
            velero::API_VERSION,
            "VolumeSnapshotLocation",
        )
    }
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference> {
        compare::differences(SCHEMA.fields, &resource.body, live)
    }
    fn attributes(&self, live: &Json) -> Json {
        table::attributes(SCHEMA.fields, live)
    }
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        metadata::projection(
            SCHEMA.fields,
            resource.map(|resource| &resource.body),
            live,
            Some(&[]),
        )
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        match writing {
            Writing::Create | Writing::Update => None,
            Writing::Delete => Some(velero::wait(resource, Condition::Gone, "delete")),
        }
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        velero::computed()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        vec![namespace_key(&velero::namespace(resource))]
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        velero::live_namespace(live)
            .map(namespace_key)
            .into_iter()
            .collect()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        20
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn what_stays(&self) -> Option<&'static str> {
        Some("its snapshots stay where the plugin keeps them")
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, live: &Json) -> Vec<JsonPath> {
        table::unknown_fields(SCHEMA.fields, live, &[])
    }
}
