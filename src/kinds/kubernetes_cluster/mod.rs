//! `kubernetes_cluster`: made by a program that sk-dr runs. It is there when its kubeconfig is and the API behind it
//! answers; there is nothing to compare, and it is never deleted.

mod plan;
pub mod schema;
#[cfg(test)]
mod tests;

use super::{Difference, Home, Kind, Loss, Writing, velero};
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

const CREATE_LIMIT_S: u64 = 600;

/// The kind.
pub struct Cluster;

impl Kind for Cluster {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Command
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        plan::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        resource.text("name").map(|name| Key::Cluster { name })
    }
    fn object(&self, _resource: &Resource) -> Expr {
        Expr::Value(Json::Null)
    }
    fn differences(&self, _resource: &Resource, _live: &Json) -> Vec<Difference> {
        Vec::new()
    }
    fn attributes(&self, _live: &Json) -> Json {
        Json::Null
    }
    fn owned(&self, _resource: Option<&Resource>, _live: &Json) -> Projection {
        Projection::default()
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        match writing {
            Writing::Create => {
                let limit_s = velero::limit_s(resource, "create").unwrap_or(CREATE_LIMIT_S);
                Some(Wait {
                    condition: Condition::ClusterAnswers,
                    limit_s,
                })
            }
            // Neither ever happens: the program is not run again for a change, and a removed cluster is released.
            Writing::Update | Writing::Delete => None,
        }
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        BTreeMap::new()
    }
    fn needs(&self, _resource: &Resource) -> Vec<Key> {
        Vec::new()
    }
    fn live_needs(&self, _live: &Json) -> Vec<Key> {
        Vec::new()
    }
    fn teardown_rank(&self, _key: &Key) -> u8 {
        40
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
    fn never_deleted(&self, _key: &Key) -> Option<&'static str> {
        Some("a cluster is released: sk-dr runs no program that removes one")
    }
}
