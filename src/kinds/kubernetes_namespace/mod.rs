//! `kubernetes_namespace`. It holds data: deleting one deletes everything in it, so that a delete needs consent, and one
//! that was adopted is released instead.

mod object;
pub(super) use object::never_deleted;
pub mod schema;
#[cfg(test)]
mod tests;

use super::{Difference, Home, Kind, Loss, Writing, compare, metadata, table, velero};
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

const ACTIVE_LIMIT_S: u64 = 60;
const DELETE_LIMIT_S: u64 = 300;

/// The kind.
pub struct Namespace;

/// `namespaces`.
pub(super) fn resource() -> KubeResource {
    KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: "namespaces".into(),
        kind: "Namespace".into(),
        namespaced: false,
    }
}

/// Key of a namespace.
pub(super) fn namespace_key(name: &str) -> Key {
    Key::Kube {
        resource: resource(),
        namespace: None,
        name: name.to_owned(),
    }
}

impl Kind for Namespace {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Kube(resource())
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        object::name(resource).map(|name| namespace_key(&name))
    }
    fn object(&self, resource: &Resource) -> Expr {
        table::kube_object(SCHEMA.fields, &resource.body, "v1", "Namespace")
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
            None,
        )
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        match writing {
            Writing::Create => Some(Wait {
                condition: Condition::NamespaceActive,
                limit_s: ACTIVE_LIMIT_S,
            }),
            // Labels and annotations hold as soon as they are written.
            Writing::Update => None,
            Writing::Delete => {
                let limit_s = velero::limit_s(resource, "delete").unwrap_or(DELETE_LIMIT_S);
                Some(Wait {
                    condition: Condition::Gone,
                    limit_s,
                })
            }
        }
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        BTreeMap::from([
            ("id", JsonPath::dotted("metadata.name")),
            ("metadata[0].uid", JsonPath::dotted("metadata.uid")),
        ])
    }
    fn needs(&self, _resource: &Resource) -> Vec<Key> {
        Vec::new()
    }
    fn live_needs(&self, _live: &Json) -> Vec<Key> {
        Vec::new()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        30
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Namespace
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        // Of a namespace only declared metadata keys are ours; `spec.finalizers` is the server's.
        Vec::new()
    }
    fn never_deleted(&self, key: &Key) -> Option<&'static str> {
        object::never_deleted(key)
    }
}
