//! `kubernetes_annotations`: keys on an object that others own, told from theirs by field manager alone (R25).

mod object;
pub mod schema;
#[cfg(test)]
mod tests;

use super::kubernetes_namespace::namespace_key;
use super::{Difference, Home, Kind, Loss, Ownership, Reach, TakesFields, Writing, table, velero};
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

const LIMIT_S: u64 = 600;

/// The kind.
pub struct Annotations;

impl Kind for Annotations {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Declared
    }
    fn reach(&self) -> Reach {
        Reach::WhereKnown
    }
    fn ownership(&self) -> Ownership {
        Ownership::Fields
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        object::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        object::key(resource)
    }
    fn object(&self, resource: &Resource) -> Expr {
        object::object(resource)
    }
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference> {
        object::differences(resource, live)
    }
    fn attributes(&self, live: &Json) -> Json {
        table::attributes(SCHEMA.fields, live)
    }
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        object::owned(resource, live)
    }
    fn takes_fields(&self, resource: &Resource) -> TakesFields {
        match resource.body.member("force") {
            Some(Expr::Value(Json::Bool(true))) => TakesFields::FromAppliers,
            Some(_) | None => TakesFields::AsThePlanSays,
        }
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        match writing {
            Writing::Update if object::waits_for_rollout(resource?) => Some(Wait {
                condition: Condition::RolledOut,
                limit_s: velero::limit_s(resource, "update").unwrap_or(LIMIT_S),
            }),
            Writing::Update | Writing::Create | Writing::Delete => None,
        }
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        BTreeMap::new()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        match object::key(resource) {
            Some(Key::Kube { namespace, .. }) => namespace
                .as_deref()
                .map(namespace_key)
                .into_iter()
                .collect(),
            Some(Key::Cluster { .. } | Key::Composite { .. }) | None => Vec::new(),
        }
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        velero::live_namespace(live)
            .map(namespace_key)
            .into_iter()
            .collect()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        8
    }
    fn loss(&self, _key: &Key, _live: &Json) -> Loss {
        Loss::Nothing
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        // All else of the object is another's.
        Vec::new()
    }
    fn never_deleted(&self, _key: &Key) -> Option<&'static str> {
        Some("the object is another's: its annotations stay as they are, and are nobody's any more")
    }
}
