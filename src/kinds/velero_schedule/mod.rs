//! `velero_schedule`. All of its spec that the table knows is ours, so that a hand-set `paused` is drift; only
//! `skipImmediately`, which the server rewrites, is an action. Removing one leaves its backups.

mod honoured;
pub(in crate::kinds) mod object;
pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_config_map::config_map_key;
use super::kubernetes_namespace::namespace_key;
use super::syntax::known_text;
use super::{Difference, Home, Kind, Loss, Writing, metadata, table, velero};
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

const SERVERS_OWN: &[&str] = &["spec.skipImmediately"];

/// The kind.
pub struct Schedule;

impl Kind for Schedule {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Kube(velero::schedule())
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        velero::key(velero::schedule(), resource)
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
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        metadata::projection(
            SCHEMA.fields,
            resource.map(|resource| &resource.body),
            live,
            Some(SERVERS_OWN),
        )
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        // Velero does not look at a paused schedule: its status stays as it was, for a new one empty.
        let is_paused = resource.is_some_and(|resource| {
            resource.body.member("paused") == Some(Expr::Value(true.into()))
        });
        match writing {
            Writing::Create | Writing::Update if is_paused => None,
            Writing::Create => Some(velero::wait(resource, Condition::ScheduleEnabled, "create")),
            Writing::Update => Some(velero::wait(resource, Condition::ScheduleEnabled, "update")),
            Writing::Delete => Some(velero::wait(resource, Condition::Gone, "delete")),
        }
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        velero::computed()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        let namespace = velero::namespace(resource);
        let location = resource.text("storage_location");
        let snapshots = object::texts(resource, "volume_snapshot_locations");
        let policy = resource.in_block("resource_policy", "name");
        let policy = policy.as_ref().and_then(known_text);
        let policy = policy.map(|name| config_map_key(&namespace, &name));
        let snapshots = snapshots.iter().map(String::as_str);
        let mut needs = named(&namespace, location.as_deref(), snapshots);
        needs.extend(policy);
        needs
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        let Some(namespace) = velero::live_namespace(live) else {
            return Vec::new();
        };
        let template = &live["spec"]["template"];
        let snapshots = template["volumeSnapshotLocations"].as_array();
        let snapshots = snapshots.into_iter().flatten().filter_map(Json::as_str);
        let policy = template["resourcePolicy"]["name"].as_str();
        let policy = policy.map(|name| config_map_key(namespace, name));
        let mut needs = named(namespace, template["storageLocation"].as_str(), snapshots);
        needs.extend(policy);
        needs
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        10
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn what_stays(&self) -> Option<&'static str> {
        Some("its backups in the bucket stay")
    }
    fn actions(&self, differences: &[Difference], live: &Json) -> Vec<(JsonPath, Json)> {
        object::actions(differences, live)
    }
    fn unknown_fields(&self, live: &Json) -> Vec<JsonPath> {
        table::unknown_fields(SCHEMA.fields, live, SERVERS_OWN)
    }
}

/// Its namespace and the locations that it names.
fn named<'a>(
    namespace: &str,
    location: Option<&str>,
    snapshots: impl Iterator<Item = &'a str>,
) -> Vec<Key> {
    let location = location.into_iter().map(|name| (velero::location(), name));
    let snapshots = snapshots.map(|name| (velero::snapshot_location(), name));
    let locations = location
        .chain(snapshots)
        .filter(|(_, name)| !name.is_empty())
        .map(|(home, name)| velero::named_key(home, namespace, name));
    std::iter::once(namespace_key(namespace))
        .chain(locations)
        .collect()
}
