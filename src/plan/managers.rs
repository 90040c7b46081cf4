//! Who wrote a field, from managedFields. Pure reading; the server's own word on conflicts comes from a dry-run.

use super::document::Manager;
use crate::model::identity::FIELD_MANAGER;
use crate::model::json_path::JsonPath;
use serde_json::Value as Json;

/// Managers other than ours that own the field at a path, or something in it, in the order of managedFields.
pub fn others(live: &Json, place: &JsonPath) -> Vec<Manager> {
    let entries = live["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"].as_str() != Some(FIELD_MANAGER))
        .filter(|entry| owns(&entry["fieldsV1"], &place.0))
        .map(|entry| Manager {
            name: entry["manager"].as_str().unwrap_or("unknown").to_owned(),
            operation: entry["operation"].as_str().unwrap_or("Update").to_owned(),
            time: entry["time"].as_str().and_then(|time| time.parse().ok()),
        })
        .collect()
}

/// Whether our field manager holds anything in an object.
pub fn holds_ours(live: &Json) -> bool {
    let entries = live["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .any(|entry| entry["manager"].as_str() == Some(FIELD_MANAGER))
}

/// Whether our field manager owns the field at a path.
pub fn holds(live: &Json, place: &JsonPath) -> bool {
    let entries = live["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"].as_str() == Some(FIELD_MANAGER))
        .any(|entry| owns(&entry["fieldsV1"], &place.0))
}

/// A path is owned where the tree of `f:` members reaches it, or ends in an atomic leaf above it.
fn owns(fields: &Json, path: &[String]) -> bool {
    let Some(members) = fields.as_object() else {
        return false;
    };
    match path {
        [] => true,
        [first, rest @ ..] => match members.get(&format!("f:{first}")) {
            Some(inner) if is_leaf(inner) => true,
            Some(inner) => owns(inner, rest),
            None => false,
        },
    }
}

fn is_leaf(fields: &Json) -> bool {
    fields.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The manager that a changed field is ascribed to: the one that wrote last, where it is not ours.
pub fn last_writer(live: &Json, place: &JsonPath) -> Option<Manager> {
    others(live, place)
        .into_iter()
        .max_by_key(|manager| manager.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(fields: Json, path: &str, expected: bool) {
        let live = json!({"metadata": {"managedFields": [{"manager": "argocd", "operation": "Apply", "fieldsV1": fields}]}});
        assert_eq!(
            !others(&live, &JsonPath::dotted(path)).is_empty(),
            expected,
            "{live} at {path}"
        );
    }

    #[test]
    fn reads_the_tree_of_fields() {
        check(json!({"f:spec": {"f:paused": {}}}), "spec.paused", true);
        check(json!({"f:spec": {"f:paused": {}}}), "spec.schedule", false);
        check(
            json!({"f:spec": {"f:template": {"f:ttl": {}}}}),
            "spec.template",
            true,
        );
        check(
            json!({"f:spec": {"f:template": {}}}),
            "spec.template.ttl",
            true,
        );
        check(
            json!({"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}),
            "metadata.labels.b",
            false,
        );
    }

    #[test]
    fn leaves_us_out_and_names_the_newest() {
        let live = json!({"metadata": {"managedFields": [
            {"manager": "sk-dr", "operation": "Apply", "fieldsV1": {"f:spec": {}}},
            {"manager": "old", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:a": {}}}},
            {"manager": "new", "operation": "Update", "time": "2026-02-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:a": {}}}},
        ]}});
        assert_eq!(
            last_writer(&live, &JsonPath::dotted("spec.a")).map(|m| m.name),
            Some("new".to_owned())
        );
    }
}
