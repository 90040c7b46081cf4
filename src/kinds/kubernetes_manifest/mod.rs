//! `kubernetes_manifest`: an object of any type. Ours are exactly the fields that the manifest says; which they were when
//! we last wrote is noted on the object. Which type it is, each resource says itself.

mod check;
mod fields;
mod object;
pub mod schema;
#[cfg(test)]
mod tests;
mod types;

use super::kubernetes_namespace::{namespace_key, never_deleted};
use super::{Difference, Home, Kind, ListWrites, Loss, Reach, TakesFields, Writing, table, velero};
use crate::diag::Diagnostic;
use crate::model::condition::{Condition, StatusCondition, Wait};
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::schema::Schema;
use schema::SCHEMA;
use serde_json::Value as Json;
use std::collections::BTreeMap;
pub(super) use types::part_of_kubernetes;
pub use types::{definition_of, provided};

const LIMIT_S: u64 = 600;

/// Kinds of which each object is a database, by group.
const DATABASES: &[(&str, &str)] = &[
    ("acid.zalan.do", "postgresql"),
    ("k8s.mariadb.com", "MariaDB"),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"),
    ("postgres-operator.crunchydata.com", "PostgresCluster"),
    ("postgresql.cnpg.io", "Cluster"),
];

/// The kind.
pub struct Manifest;

/// `apiVersion` of a resource and its kind, where both are known.
pub fn type_names(resource: &Resource) -> Option<(String, String)> {
    object::head(resource).map(|head| (head.api_version, head.kind))
}

/// Whether it says a namespace.
pub fn names_namespace(resource: &Resource) -> Option<bool> {
    object::head(resource).map(|head| head.namespace.is_some())
}

/// Whether every server has its type.
pub fn is_built_in(resource: &Resource) -> bool {
    object::head(resource).is_some_and(|head| types::built_in(&head).is_some())
}

impl Kind for Manifest {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn home(&self) -> Home {
        Home::Declared
    }
    fn reach(&self) -> Reach {
        Reach::WhereKnown
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        check::validate(resource, diagnostics);
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
        object::attributes(live)
    }
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection {
        object::owned(resource, live)
    }
    fn records(&self, resource: &Resource) -> Vec<(JsonPath, Json)> {
        object::record(resource).into_iter().collect()
    }
    fn left_to_others(&self, resource: &Resource) -> Vec<Vec<String>> {
        let manifest = || std::iter::once("manifest".to_owned());
        let left = object::left_to_server(resource).into_iter();
        left.map(|place| manifest().chain(place).collect())
            .collect()
    }
    fn list_writes(&self) -> ListWrites {
        ListWrites::Merge
    }
    fn takes_fields(&self, resource: &Resource) -> TakesFields {
        match resource.in_block("field_manager", "force_conflicts") {
            Some(Expr::Value(Json::Bool(true))) => TakesFields::FromAppliers,
            Some(_) | None => TakesFields::AsThePlanSays,
        }
    }
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
        let (condition, timeout) = match writing {
            Writing::Create => (awaited(resource?)?, "create"),
            Writing::Update => (awaited(resource?)?, "update"),
            Writing::Delete => (Condition::Gone, "delete"),
        };
        Some(Wait {
            condition,
            limit_s: velero::limit_s(resource, timeout).unwrap_or(LIMIT_S),
        })
    }
    fn computed(&self) -> BTreeMap<&'static str, JsonPath> {
        BTreeMap::new()
    }
    fn needs(&self, resource: &Resource) -> Vec<Key> {
        let namespace = object::head(resource).and_then(|head| head.namespace);
        namespace
            .map(|name| namespace_key(&name))
            .into_iter()
            .collect()
    }
    fn live_needs(&self, live: &Json) -> Vec<Key> {
        velero::live_namespace(live)
            .map(namespace_key)
            .into_iter()
            .collect()
    }
    fn teardown_rank(&self, key: &Key) -> u8 {
        match key {
            Key::Kube { resource, .. } if resource.group == types::DEFINITIONS => 40,
            Key::Kube { resource, .. } if resource.kind == "Namespace" => 30,
            Key::Kube { resource, .. } if !resource.namespaced => 28,
            Key::Kube { .. } | Key::Cluster { .. } | Key::Composite { .. } => 22,
        }
    }
    fn loss(&self, key: &Key, live: &Json) -> Loss {
        let Key::Kube { resource, name, .. } = key else {
            return Loss::Nothing;
        };
        let group = resource.group.as_ref();
        match resource.kind.as_ref() {
            "Namespace" if group.is_empty() => Loss::Namespace,
            "CustomResourceDefinition" if group == types::DEFINITIONS => {
                types::defined(live).map_or(Loss::Nothing, Loss::Objects)
            }
            "PersistentVolumeClaim" if group.is_empty() => Loss::Itself(claim(name, live)),
            kind if DATABASES.contains(&(group, kind)) => {
                Loss::Itself(format!("database {kind} {key} with all that is in it"))
            }
            _ => Loss::Nothing,
        }
    }
    fn actions(&self, _differences: &[Difference], _live: &Json) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    fn unknown_fields(&self, _live: &Json) -> Vec<JsonPath> {
        // What the manifest does not say is not ours.
        Vec::new()
    }
    fn never_deleted(&self, key: &Key) -> Option<&'static str> {
        match key {
            Key::Kube { resource, .. } if resource.kind == "Namespace" => never_deleted(key),
            Key::Kube { .. } | Key::Cluster { .. } | Key::Composite { .. } => None,
        }
    }
}

fn claim(name: &str, live: &Json) -> String {
    let size = &live["spec"]["resources"]["requests"]["storage"];
    let size = size.as_str().unwrap_or("size unknown");
    let class = &live["spec"]["storageClassName"];
    let class = class.as_str().unwrap_or("no class");
    format!("PersistentVolumeClaim {name} ({size}, {class})")
}

/// What a write waits for; `None`: nothing.
fn awaited(resource: &Resource) -> Option<Condition> {
    let wait = resource.body.member("wait");
    let wait = wait.and_then(|blocks| table::blocks(&blocks).into_iter().next());
    let head = object::head(resource)?;
    let Some(wait) = wait else {
        return head.is_definition().then_some(Condition::Established);
    };
    if wait.member("rollout") == Some(Expr::Value(true.into())) {
        return Some(Condition::RolledOut);
    }
    let text = |value: Expr| value.known()?.as_str().map(str::to_owned);
    let fields = wait
        .member("fields")
        .map(Expr::into_members)
        .unwrap_or_default();
    if !fields.is_empty() {
        let fields = fields.into_iter();
        let known = fields.filter_map(|(place, pattern)| Some((place, text(pattern)?)));
        return Some(Condition::Fields(known.collect()));
    }
    let conditions = table::blocks(&wait.member("condition")?);
    let conditions = conditions.into_iter().filter_map(|one| {
        Some(StatusCondition {
            type_: text(one.member("type")?)?,
            status: text(one.member("status")?)?,
        })
    });
    let conditions: Vec<StatusCondition> = conditions.collect();
    (!conditions.is_empty()).then_some(Condition::Status(conditions))
}
