//! `velero_backup_storage_location`. All of its spec that the table knows is ours, except `default`, which the server
//! sets at every start. Removing one leaves the bucket as it is.

mod object;
pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_namespace::namespace_key;
use super::kubernetes_secret::secret_key;
use super::syntax::known_text;
use super::{Difference, Home, Kind, Loss, Writing, metadata, table, velero};
use crate::diag::Diagnostic;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::schema::Schema;
use schema::SCHEMA;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const SERVERS_OWN: &[&str] = &["spec.default"];

/// The kind.
pub struct BackupStorageLocation;

impl Kind for BackupStorageLocation {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Kube(velero::location())
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        velero::key(velero::location(), resource)
    }
    fn object(&self, resource: &Resource) -> Expr {
        table::kube_object(
            SCHEMA.fields,
            &resource.body,
            velero::API_VERSION,
            "BackupStorageLocation",
        )
    }
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference> {
        object::differences(resource, live)
    }
    fn attributes(&self, live: &Json) -> Json {
        table::attributes(SCHEMA.fields, live)
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
        Some(match writing {
            Writing::Create => velero::wait(resource, Condition::LocationAvailable, "create"),
            Writing::Update => velero::wait(resource, Condition::LocationAvailable, "update"),
            Writing::Delete => velero::wait(resource, Condition::Gone, "delete"),
        })
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        velero::computed()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        let namespace = velero::namespace(resource);
        let named = |block| {
            resource
                .in_block(block, "name")
                .as_ref()
                .and_then(known_text)
        };
        let secrets = ["credential", "ca_cert_ref"].into_iter().filter_map(named);
        let secrets = secrets.map(|name| secret_key(&namespace, &name));
        std::iter::once(namespace_key(&namespace))
            .chain(secrets)
            .collect()
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        let Some(namespace) = velero::live_namespace(live) else {
            return Vec::new();
        };
        let named = |place| JsonPath::dotted(place).get(live).and_then(Json::as_str);
        let places = ["spec.credential.name", "spec.objectStorage.caCertRef.name"];
        let secrets = places.into_iter().filter_map(named);
        let secrets = secrets.map(|name| secret_key(namespace, name));
        std::iter::once(namespace_key(namespace))
            .chain(secrets)
            .collect()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        20
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn users(&self) -> Vec<KubeResource> {
        vec![velero::schedule(), velero::resource("backups", "Backup")]
    }
    fn stands_alone(&self, resource: &Resource, live: &Json) -> Option<String> {
        object::shares_prefix(resource, live).then(|| {
            "both would write to one prefix of one bucket, and each would expire what the other makes"
                .to_owned()
        })
    }
    fn what_stays(&self) -> Option<&'static str> {
        Some("the bucket and its backups stay")
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, live: &Json) -> Vec<JsonPath> {
        table::unknown_fields(SCHEMA.fields, live, SERVERS_OWN)
    }
}
