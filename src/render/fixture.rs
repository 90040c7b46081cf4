//! Plans for tests, from as little JSON as says what the test is about.

use crate::plan::document::Plan;
use serde_json::{Value as Json, json};

/// A plan with these members in place of the empty ones.
pub(crate) fn plan(members: Json) -> Plan {
    let mut whole = json!({
        "format": "sk-dr-plan", "version": 1, "tool": "sk-dr 0.1.0", "made_at": "2026-11-21T09:00:00Z", "stack": "acme",
        "goal": {"mode": "converge"}, "providers": {}, "secrets": {}, "nodes": [], "steps": [],
        "unchanged": [], "held_back": [], "unswept": [], "consents": [], "findings": [], "outputs": {},
        "applyable": true, "digest": ""
    });
    merge(&mut whole, members);
    serde_json::from_value(whole).expect("a plan")
}

/// Providers of a plan: one that has answered.
pub(crate) fn answered() -> Json {
    json!({"kubernetes": {"instance": {"known": {"kube_system_uid": "6f1c"}}, "connect": {"value": {}}, "title": "acme", "answers": 1}})
}

/// A node of a schedule named `shop` with these members in place of its own.
pub(crate) fn node(members: Json) -> Json {
    let mut whole = json!({
        "address": "velero_schedule.shop", "kind": "velero_schedule", "provider": "kubernetes",
        "key": {"kube": {
            "resource": {"group": "velero.io", "version": "v1", "plural": "schedules", "kind": "Schedule", "namespaced": true},
            "namespace": "velero", "name": "shop"
        }},
        "action": "update", "reason": {"code": "differs", "text": "fields differ"},
        "before": null, "after": {"value": null}, "fields": [], "state": "planned"
    });
    merge(&mut whole, members);
    whole
}

/// A step of a node that deletes its object: what tests of outcomes and counts need.
pub(crate) fn step(address: &str, number: usize) -> Json {
    json!({
        "id": format!("{address}#{number}"), "node": address, "ground": "absent",
        "op": {"kube": {
            "provider": "kubernetes", "verb": "delete", "namespace": "velero", "name": "shop", "body": {"value": null},
            "resource": {"group": "velero.io", "version": "v1", "plural": "schedules", "kind": "Schedule", "namespaced": true}
        }}
    })
}

fn merge(whole: &mut Json, members: Json) {
    let (Json::Object(whole), Json::Object(members)) = (whole, members) else {
        return;
    };
    whole.extend(members);
}
