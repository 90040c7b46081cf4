//! Discovery: which groups, versions and types are served. Plain form only; kubectl falls back to it.

use super::resources::{Origin, Resource, Scope};
use super::routes::served_resources;
use crate::sandbox::state::State;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// `/version`.
pub fn version() -> Value {
    json!({
        "major": "1", "minor": "34", "gitVersion": "v1.34.4", "gitCommit": "sandbox", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "none", "platform": "sandbox",
    })
}

/// `/api`.
pub fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`.
pub fn groups(state: &State) -> Value {
    let names: BTreeSet<&str> = served_resources(state)
        .map(|resource| resource.group)
        .filter(|group| !group.is_empty())
        .collect();
    let groups: Vec<Value> = names
        .into_iter()
        .map(|name| {
            let mut group = group(name);
            if let Value::Object(members) = &mut group {
                members.remove("kind");
                members.remove("apiVersion");
            }
            group
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"kind": "APIGroup", "apiVersion": "v1", "name": name, "versions": [version], "preferredVersion": version})
}

/// `/api/v1`, `/apis/GROUP/v1`.
pub fn resources(state: &State, group: &str) -> Value {
    let version = if group.is_empty() {
        "v1".to_owned()
    } else {
        format!("{group}/v1")
    };
    let listed: Vec<Value> = served_resources(state)
        .filter(|resource| resource.group == group)
        .map(entry)
        .collect();
    let mut list = json!({"kind": "APIResourceList", "groupVersion": version, "resources": listed});
    // The real server leaves the version out of the list of the core group.
    if !group.is_empty() {
        list["apiVersion"] = json!("v1");
    }
    list
}

fn entry(resource: &'static Resource) -> Value {
    let verbs = ["create", "delete", "get", "list", "patch", "update"];
    let mut entry = json!({
        "name": resource.plural, "singularName": resource.singular, "kind": resource.kind, "verbs": verbs,
        "namespaced": resource.scope == Scope::Namespaced,
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if resource.origin == Origin::BuiltIn && resource.plural == "namespaces" {
        entry["categories"] = json!([]);
    }
    entry
}
