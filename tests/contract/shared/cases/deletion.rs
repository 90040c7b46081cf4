//! DELETE: preconditions, finalizers, propagation, namespaces.

use super::super::case::{Case, How, Step};
use super::{NAMESPACE, ONE, SCHEDULES, case, namespace, plain, schedule};
use serde_json::{Value, json};

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn deletion() -> Vec<Case> {
    let options = |part: Value| {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
        options
            .as_object_mut()
            .unwrap()
            .extend(part.as_object().unwrap().clone());
        options
    };
    let gone = |path: &str| {
        Step::get(path)
            .gives(404, json!({"reason": "NotFound"}))
            .how(How::Within(30))
    };
    vec![
        // 14
        case("delete_preconditions", vec![
            plain(),
            Step::delete(ONE, options(json!({"preconditions": {"uid": "wrong"}}))).gives(409, json!({
                "reason": "Conflict", "details": {"kind": "Schedule"},
                "message": "Operation cannot be fulfilled on Schedule.velero.io \"s\": the UID in the precondition (wrong) does not match the UID in record ($uid). The object might have been deleted and then recreated",
            })),
            Step::delete(ONE, options(json!({"preconditions": {"resourceVersion": "1"}}))).gives(409, json!({"reason": "Conflict"})),
            Step::delete(NAMESPACE, options(json!({"preconditions": {"uid": "wrong"}}))).gives(409, json!({"reason": "Conflict", "details": {"kind": "namespaces"}})),
            Step::delete(ONE, options(json!({"preconditions": {"uid": "$uid"}, "dryRun": ["All"]}))).gives(200, json!({"status": "Success"})),
            Step::delete(ONE, options(json!({"preconditions": {"uid": "$uid"}}))).gives(200, json!({
                "kind": "Status", "status": "Success", "details": {"name": "s", "group": "velero.io", "kind": "schedules", "uid": "$uid"},
            })),
            Step::delete(ONE, Value::Null).gives(404, json!({"message": "schedules.velero.io \"s\" not found"})),
        ]),
        case("delete_orphan", vec![
            plain(),
            Step::post("/api/v1/namespaces/$ns/configmaps", json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "child",
                "ownerReferences": [{"apiVersion": "velero.io/v1", "kind": "Schedule", "name": "s", "uid": "$uid"}]}})),
            Step::delete(ONE, options(json!({"propagationPolicy": "Orphan"})))
                .gives(200, json!({"kind": "Schedule", "metadata": {"deletionTimestamp": "$any", "deletionGracePeriodSeconds": 0, "finalizers": ["orphan"], "generation": 2}})),
            gone(ONE),
            Step::get("/api/v1/namespaces/$ns/configmaps/child").gives(200, json!({"metadata": {"ownerReferences": "$absent"}})),
        ]),
        case("finalizers_hold", vec![
            plain(),
            Step::merge(ONE, json!({"metadata": {"finalizers": ["sk-dr.io/hold"]}})).gives(200, json!({"metadata": {"generation": 1}})),
            Step::delete(ONE, Value::Null).gives(200, json!({"metadata": {"deletionTimestamp": "$any", "finalizers": ["sk-dr.io/hold"], "generation": 2}})),
            Step::delete(ONE, Value::Null).gives(200, json!({"metadata": {"generation": 2}})),
            Step::merge(ONE, json!({"spec": {"paused": true}})).gives(200, json!({"metadata": {"deletionTimestamp": "$any"}})),
            Step::merge(ONE, json!({"metadata": {"finalizers": null}})).gives(200, json!({"metadata": {"finalizers": "$absent"}})),
            gone(ONE),
        ]),
        case("namespace_of_the_system_stays", vec![
            Step::delete("/api/v1/namespaces/default", Value::Null).gives(403, json!({
                "reason": "Forbidden", "message": "namespaces \"default\" is forbidden: this namespace may not be deleted",
            })),
            Step::delete("/api/v1/namespaces/$ns-nope", Value::Null).gives(404, json!({"reason": "NotFound"})),
        ]),
        Case { name: "namespace_deleted", steps: vec![
            Step::post("/api/v1/namespaces?fieldManager=sk-dr", namespace("$ns")).gives(201, json!({
                "metadata": {"labels": {"kubernetes.io/metadata.name": "$ns"}, "generation": "$absent",
                    "managedFields": [{"manager": "sk-dr", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}, "f:spec": "$absent"}}]},
                "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
            })),
            plain(),
            Step::delete(NAMESPACE, options(json!({}))).gives(200, json!({
                "kind": "Namespace", "metadata": {"deletionTimestamp": "$any", "deletionGracePeriodSeconds": "$absent"}, "status": {"phase": "Terminating"},
            })),
            gone(NAMESPACE),
            Step::get(ONE).gives(404, json!({"message": "schedules.velero.io \"s\" not found"})),
            Step::get(SCHEDULES).gives(200, json!({"items": []})),
        ]},
        Case { name: "terminating_refuses", steps: vec![
            Step::post("/api/v1/namespaces", namespace("$ns")),
            plain(),
            Step::merge(ONE, json!({"metadata": {"finalizers": ["sk-dr.io/hold"]}})),
            Step::delete(NAMESPACE, Value::Null).gives(200, json!({})),
            Step::post(SCHEDULES, schedule("late", json!({"schedule": "x", "template": {}}))).gives(403, json!({
                "reason": "Forbidden",
                "message": "schedules.velero.io \"late\" is forbidden: unable to create new content in namespace $ns because it is being terminated",
                "details": {"name": "late", "kind": "schedules", "causes": [{"reason": "NamespaceTerminating", "message": "namespace $ns is being terminated", "field": "metadata.namespace"}]},
            })),
            Step::apply(&format!("{SCHEDULES}/late?fieldManager=x"), schedule("late", json!({"schedule": "x", "template": {}}))).gives(403, json!({"reason": "Forbidden"})),
            Step::delete(NAMESPACE, Value::Null).gives(200, json!({"status": {"phase": "Terminating"}})).how(How::Within(10)),
            Step::get(ONE).gives(200, json!({"metadata": {"deletionTimestamp": "$any"}})).how(How::Within(30)),
            Step::merge(ONE, json!({"metadata": {"finalizers": null}})),
            gone(NAMESPACE),
        ]},
    ]
}
