//! Field ownership: what POST, apply, merge patch and JSON patch do to managedFields.

use super::super::case::{Case, Step};
use super::{
    ONE, SCHEDULES, at, case, cause, conflict, in_all, made, owner, plain, schedule, with,
};
use serde_json::{Value, json};

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn ownership() -> Vec<Case> {
    let all_of_it = json!({"f:metadata": {"f:labels": {".": {}, "f:l": {}}},
        "f:spec": {".": {}, "f:paused": {}, "f:schedule": {}, "f:template": {".": {}, "f:labelSelector": {}, "f:ttl": {}}}});
    let sent = with(
        schedule(
            "s",
            json!({"schedule": "0 1 * * *", "paused": true, "template": {"ttl": "720h", "labelSelector": {"matchLabels": {"a": "b"}}}}),
        ),
        json!({"labels": {"l": "1"}}),
    );
    let apply = |query: &str, spec: Value| Step::apply(&at(query), schedule("s", spec));
    vec![
        // 1
        case("create_owns_what_was_sent", vec![Step::post(&in_all("fieldManager=sk-dr"), sent).gives(
            201,
            json!({"metadata": {"generation": 1, "uid": "$any", "creationTimestamp": "$any", "managedFields": [owner("sk-dr", "Update", all_of_it)]}}),
        )]),
        // 2
        case("apply_leaves_what_a_create_set", vec![
            made(json!({"schedule": "0 1 * * *", "paused": true, "template": {}})),
            apply("fieldManager=sk-dr&force=true", json!({"schedule": "0 2 * * *", "template": {}})).gives(200, json!({
                "spec": {"paused": true, "schedule": "0 2 * * *"},
                "metadata": {"generation": 2, "managedFields": [
                    owner("sk-dr", "Apply", json!({"f:spec": {"f:schedule": {}, "f:template": {}}})),
                    owner("sk-dr", "Update", json!({"f:spec": {".": {}, "f:paused": {}, "f:schedule": "$absent", "f:template": {}}})),
                ]},
            })),
            // 3
            Step::merge(&at("fieldManager=sk-dr"), json!({"spec": {"paused": null}})).gives(200, json!({
                "spec": {"paused": "$absent"},
                "metadata": {"managedFields": [{"operation": "Apply"}, {"operation": "Update", "fieldsV1": {"f:spec": {"f:paused": "$absent"}}}]},
            })),
        ]),
        // 6
        case("update_takes_the_field", vec![
            plain(),
            Step::merge(&at("fieldManager=somebody"), json!({"spec": {"schedule": "0 4 * * *"}})).gives(200, json!({
                "metadata": {"managedFields": [
                    owner("sk-dr", "Update", json!({"f:spec": {"f:schedule": "$absent", "f:template": {"f:ttl": {}}}})),
                    // Sorted by second, then by name: this one comes last by both.
                    owner("somebody", "Update", json!({"f:spec": {"f:schedule": {}}})),
                ]},
            })),
            // 7
            apply("fieldManager=sk-dr", json!({"schedule": "0 1 * * *", "template": {"ttl": "720h"}}))
                .gives(409, conflict(json!([cause("\"somebody\" using velero.io/v1", ".spec.schedule")]))),
            // 9
            apply("fieldManager=sk-dr&force=true", json!({"schedule": "0 1 * * *", "template": {"ttl": "720h"}})).gives(200, json!({
                "spec": {"schedule": "0 1 * * *"},
                "metadata": {"managedFields": [{"manager": "sk-dr", "operation": "Apply"}, {"manager": "sk-dr", "operation": "Update"}]},
            })),
        ]),
        case("apply_managers_conflict", vec![
            apply("fieldManager=argocd", json!({"schedule": "0 5 * * *", "template": {"ttl": "1h"}})).gives(201, json!({})),
            // 7, among Apply managers
            apply("fieldManager=sk-dr", json!({"schedule": "0 6 * * *", "template": {"ttl": "2h"}})).gives(409, json!({
                "message": "Apply failed with 2 conflicts: conflicts with \"argocd\":\n- .spec.schedule\n- .spec.template.ttl",
                "details": {"causes": [cause("\"argocd\"", ".spec.schedule"), cause("\"argocd\"", ".spec.template.ttl")]},
            })),
            // 9
            apply("fieldManager=sk-dr&force=true", json!({"schedule": "0 6 * * *", "template": {}})).gives(200, json!({
                "metadata": {"managedFields": [
                    owner("argocd", "Apply", json!({"f:spec": {"f:schedule": "$absent", "f:template": {"f:ttl": {}}}})),
                    owner("sk-dr", "Apply", json!({"f:spec": {"f:schedule": {}, "f:template": {}}})),
                ]},
            })),
            // A field that two own with one value is no conflict, and stays while one of them lets go.
            apply("fieldManager=sk-dr", json!({"schedule": "0 6 * * *", "template": {"ttl": "1h"}})).gives(200, json!({})),
            apply("fieldManager=argocd", json!({"schedule": "0 6 * * *", "template": {}})).gives(200, json!({"spec": {"template": {"ttl": "1h"}}})),
        ]),
        // 8
        case("apply_after_create_conflicts_with_itself", vec![
            plain(),
            apply("fieldManager=sk-dr", json!({"schedule": "0 2 * * *", "template": {"ttl": "720h"}})).gives(409, json!({
                "message": "Apply failed with 1 conflict: conflict with \"sk-dr\" using velero.io/v1: .spec.schedule", "reason": "Conflict",
            })),
        ]),
        // 11
        case("dry_run_stores_nothing", vec![
            plain(),
            apply("fieldManager=sk-dr&force=true&dryRun=All", json!({"schedule": "0 9 * * *", "template": {}}))
                .gives(200, json!({"spec": {"schedule": "0 9 * * *"}, "metadata": {"generation": 2, "resourceVersion": "$rv"}})),
            Step::get(ONE).gives(200, json!({"spec": {"schedule": "0 1 * * *"}, "metadata": {"generation": 1, "resourceVersion": "$rv"}})),
            Step::post(&in_all("dryRun=All"), schedule("other", json!({"schedule": "x", "template": {}}))).gives(201, json!({"metadata": {"uid": "$any", "resourceVersion": "$absent"}})),
            Step::get(&format!("{SCHEDULES}/other")).gives(404, json!({"reason": "NotFound"})),
        ]),
        case("apply_removes_what_it_no_longer_sends", vec![
            apply("fieldManager=sk-dr", json!({"schedule": "0 1 * * *", "template": {"ttl": "1h", "hooks": {"resources": [{"name": "x"}]}}})).gives(201, json!({})),
            apply("fieldManager=sk-dr", json!({"schedule": "0 1 * * *", "template": {"ttl": "1h"}}))
                .gives(200, json!({"spec": {"template": {"ttl": "1h", "hooks": "$absent"}}})),
            // 13: leaving out a required field is refused
            apply("fieldManager=sk-dr", json!({"schedule": "0 1 * * *"})).gives(422, json!({
                "message": "Schedule.velero.io \"s\" is invalid: spec.template: Required value", "reason": "Invalid",
            })),
            // 13: leaving out all of spec deletes it, because the CRD does not require it
            Step::apply(&at("fieldManager=sk-dr"), json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "s"}}))
                .gives(200, json!({"spec": "$absent"})),
        ]),
        // An apply that takes the last field out of a container that an Update owns leaves null there, and is refused.
        case("apply_that_empties_a_container_is_refused", vec![
            made(json!({"schedule": "0 1 * * *", "template": {}})),
            apply("fieldManager=sk-dr&force=true", json!({"template": {"ttl": "1h"}})),
            apply("fieldManager=sk-dr&force=true", json!({"schedule": "0 2 * * *"})).gives(422, json!({
                "details": {"causes": [{"field": "spec.template", "reason": "FieldValueTypeInvalid",
                    "message": "Invalid value: \"null\": spec.template in body must be of type object: \"null\""}]},
            })),
        ]),
        // 16
        case("release_by_json_patch", vec![
            plain(),
            Step::patch(ONE, json!([{"op": "replace", "path": "/metadata/managedFields", "value": []}]))
                .gives(200, json!({"metadata": {"resourceVersion": "$rv", "managedFields": [{"manager": "sk-dr"}]}})),
            Step::patch(ONE, json!([{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}, {"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]))
                .gives(422, json!({"reason": "Invalid", "message": "the server rejected our request due to an error in our request"})),
            Step::patch(ONE, json!([{"op": "test", "path": "/metadata/resourceVersion", "value": "$rv"}, {"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]))
                .gives(200, json!({"metadata": {"managedFields": "$absent"}})),
            // Nobody's object: updates are not tracked, an apply conflicts with "before-first-apply".
            Step::merge(&at("fieldManager=other"), json!({"spec": {"paused": true}})).gives(200, json!({"metadata": {"managedFields": "$absent"}})),
            apply("fieldManager=sk-dr", json!({"schedule": "zz", "template": {}}))
                .gives(409, conflict(json!([cause("\"before-first-apply\" using velero.io/v1", ".spec.schedule")]))),
        ]),
        case("release_leaves_the_others", vec![
            plain(),
            Step::merge(&at("fieldManager=kubectl-edit"), json!({"metadata": {"labels": {"k": "v"}}})).bind("theirs", "/metadata/managedFields/0"),
            Step::merge(&at("fieldManager=sk-dr"), json!({"metadata": {"labels": {"k": null}}})).gives(200, json!({"metadata": {"labels": "$absent"}})),
            Step::merge(&at("fieldManager=kubectl-edit"), json!({"spec": {"paused": true}})).gives(200, json!({"metadata": {"managedFields": [{}, {}]}})),
            Step::patch(&at("fieldManager=sk-dr"), json!([{"op": "remove", "path": "/metadata/managedFields/1"}])).gives(200, json!({"metadata": {"managedFields": [{}]}})),
        ]),
        case("no_change_no_version", vec![
            plain(),
            Step::merge(&at("fieldManager=sk-dr"), json!({"spec": {"schedule": "0 1 * * *"}})).gives(200, json!({"metadata": {"resourceVersion": "$rv", "generation": 1}})),
            Step::merge(&at("fieldManager=sk-dr"), json!({"metadata": {"labels": {"a": "b"}}})).gives(200, json!({"metadata": {"generation": 1}})),
            Step::merge(&at("fieldManager=sk-dr"), json!({"status": {"phase": "New"}})).gives(200, json!({"metadata": {"generation": 2}})),
        ]),
        case("atomic_objects_are_owned_whole", vec![
            made(json!({"schedule": "0 1 * * *", "template": {"labelSelector": {"matchLabels": {"a": "b"}}, "orderedResources": {"pods": "a/b"}}})).gives(201, json!({
                "metadata": {"managedFields": [{"fieldsV1": {"f:spec": {"f:template": {"f:labelSelector": {}, "f:orderedResources": {".": {}, "f:pods": {}}}}}}]},
            })),
            apply("fieldManager=x&force=true", json!({"schedule": "0 1 * * *", "template": {"labelSelector": {"matchLabels": {"c": "d"}}, "orderedResources": {"secrets": "a/b"}}})).gives(200, json!({
                "spec": {"template": {"labelSelector": {"matchLabels": {"a": "$absent", "c": "d"}}, "orderedResources": {"pods": "a/b", "secrets": "a/b"}}},
            })),
        ]),
    ]
}
