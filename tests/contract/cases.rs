//! The contract of the Kubernetes API, as kube-apiserver 1.34.4 with Velero 1.18.1's CRDs answers it. The number in a
//! comment is the row of the table in which the answer was first written down.

use crate::case::{Case, How, Step, Who};
use serde_json::{Value, json};

const SCHEDULES: &str = "/apis/velero.io/v1/namespaces/$ns/schedules";
const ONE: &str = "/apis/velero.io/v1/namespaces/$ns/schedules/s";
const NAMESPACE: &str = "/api/v1/namespaces/$ns";

fn schedule(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": name}, "spec": spec})
}
fn with(mut object: Value, metadata: Value) -> Value {
    for (name, value) in metadata.as_object().unwrap() {
        object["metadata"][name] = value.clone();
    }
    object
}
fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}
fn at(query: &str) -> String {
    format!("{ONE}?{query}")
}
fn in_all(query: &str) -> String {
    format!("{SCHEDULES}?{query}")
}
/// A schedule made by a POST of sk-dr.
fn made(spec: Value) -> Step {
    Step::post(&in_all("fieldManager=sk-dr"), schedule("s", spec))
        .bind("uid", "/metadata/uid")
        .bind("rv", "/metadata/resourceVersion")
}
fn plain() -> Step {
    made(json!({"schedule": "0 1 * * *", "template": {"ttl": "720h"}}))
}
fn conflict(causes: Value) -> Value {
    json!({"kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409, "details": {"causes": causes}})
}
fn cause(manager: &str, field: &str) -> Value {
    json!({"reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": field})
}
fn owner(manager: &str, operation: &str, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "velero.io/v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "time": "$any"})
}
fn case(name: &'static str, steps: Vec<Step>) -> Case {
    let mut all = vec![Step::post("/api/v1/namespaces", namespace("$ns"))];
    all.extend(steps);
    all.push(Step::delete(NAMESPACE, Value::Null).gives(200, json!({})));
    Case { name, steps: all }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [
        ownership(),
        refusals(),
        deletion(),
        reading(),
        rights(),
        discovery(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ownership() -> Vec<Case> {
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
            Step::merge(&at("fieldManager=kubectl-edit"), json!({"spec": {"schedule": "0 4 * * *"}})).gives(200, json!({
                "metadata": {"managedFields": [
                    owner("kubectl-edit", "Update", json!({"f:spec": {"f:schedule": {}}})),
                    owner("sk-dr", "Update", json!({"f:spec": {"f:schedule": "$absent", "f:template": {"f:ttl": {}}}})),
                ]},
            })),
            // 7
            apply("fieldManager=sk-dr", json!({"schedule": "0 1 * * *", "template": {"ttl": "720h"}}))
                .gives(409, conflict(json!([cause("\"kubectl-edit\" using velero.io/v1", ".spec.schedule")]))),
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

fn refusals() -> Vec<Case> {
    let valid = || json!({"schedule": "0 1 * * *", "template": {}});
    let absent = format!("{SCHEDULES}/absent?fieldManager=sk-dr");
    vec![
        // 4
        case("wrong_uid", vec![
            plain(),
            Step::apply(&at("fieldManager=sk-dr&force=true"), with(schedule("s", valid()), json!({"uid": "wrong"}))).gives(422, json!({
                "reason": "Invalid", "message": "Schedule.velero.io \"s\" is invalid: metadata.uid: Invalid value: \"wrong\": field is immutable",
            })),
            Step::merge(ONE, json!({"metadata": {"uid": "wrong"}})).gives(422, json!({"reason": "Invalid", "details": {"name": "s", "group": "velero.io", "kind": "Schedule"}})),
            Step::merge(NAMESPACE, json!({"metadata": {"uid": "wrong"}})).gives(422, json!({"reason": "Invalid"})),
            Step::apply(&at("fieldManager=sk-dr&force=true"), with(schedule("s", valid()), json!({"uid": "$uid", "resourceVersion": "$rv"}))).gives(200, json!({})),
        ]),
        // 5
        case("stale_resource_version", vec![
            plain(),
            Step::apply(&at("fieldManager=sk-dr&force=true"), with(schedule("s", valid()), json!({"resourceVersion": "1"}))).gives(409, json!({
                "reason": "Conflict", "details": {"name": "s", "group": "velero.io", "kind": "schedules"},
                "message": "Operation cannot be fulfilled on schedules.velero.io \"s\": the object has been modified; please apply your changes to the latest version and try again",
            })),
            Step::merge(ONE, json!({"metadata": {"resourceVersion": "1"}, "spec": {"paused": true}})).gives(409, json!({"reason": "Conflict"})),
        ]),
        // 10
        case("apply_must_exist", vec![
            Step::apply(&absent, with(schedule("absent", valid()), json!({"uid": "wrong"}))).gives(409, json!({
                "reason": "Conflict",
                "message": "Operation cannot be fulfilled on schedules.velero.io \"absent\": uid mismatch: the provided object specified uid wrong, and no existing object was found",
            })),
            // A resourceVersion alone does not keep an apply from creating.
            Step::apply(&absent, with(schedule("absent", valid()), json!({"resourceVersion": "5"}))).gives(201, json!({})),
        ]),
        // 12
        case("strict_and_pruning", vec![
            Step::post(&in_all("fieldValidation=Strict"), schedule("s", json!({"schedule": "x", "tll": "1", "template": {"foo": 1}}))).gives(400, json!({
                "reason": "BadRequest",
                "message": "Schedule in version \"v1\" cannot be handled as a Schedule: strict decoding error: unknown field \"spec.template.foo\", unknown field \"spec.tll\"",
            })),
            Step::post(SCHEDULES, schedule("s", json!({"schedule": "x", "tll": "1", "template": {"foo": 1}})))
                .gives(201, json!({"spec": {"tll": "$absent", "template": {"foo": "$absent"}}})),
            Step::apply(&at("fieldManager=sk-dr&force=true&fieldValidation=Strict"), schedule("s", json!({"schedule": "x", "tll": "1", "template": {"foo": 1}}))).gives(500, json!({
                "reason": "$absent", "code": 500,
                "message": "failed to create typed patch object (/s; velero.io/v1, Kind=Schedule): errors:\n  .spec.template.foo: field not declared in schema\n  .spec.tll: field not declared in schema",
            })),
            Step::merge(&at("fieldValidation=Strict"), json!({"spec": {"tll": 1}})).gives(422, json!({"reason": "Invalid", "message": "$has strict decoding error: unknown field \"spec.tll\""})),
            Step::apply(&format!("{NAMESPACE}?fieldManager=sk-dr"), json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns"}, "bar": 1})).gives(500, json!({
                "message": "failed to create typed patch object (/$ns; /v1, Kind=Namespace): .bar: field not declared in schema",
            })),
            Step::post("/api/v1/namespaces?fieldValidation=Strict", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-b"}, "bar": 1}))
                .gives(400, json!({"reason": "BadRequest", "message": "$has strict decoding error: unknown field \"bar\""})),
        ]),
        case("schema_errors", vec![
            Step::post(SCHEDULES, schedule("s", json!({"paused": "yes", "template": {"ttl": 1}}))).gives(422, json!({
                "reason": "Invalid",
                "message": "$starts Schedule.velero.io \"s\" is invalid: [", "details": {"name": "s", "kind": "Schedule", "causes": ["$unordered",
                    {"field": "spec.paused", "reason": "FieldValueTypeInvalid", "message": "Invalid value: \"string\": spec.paused in body must be of type boolean: \"string\""},
                    {"field": "spec.template.ttl", "reason": "FieldValueTypeInvalid", "message": "Invalid value: \"integer\": spec.template.ttl in body must be of type string: \"integer\""},
                    {"field": "spec.schedule", "reason": "FieldValueRequired", "message": "Required value"},
                ]},
            })),
            Step::post("/apis/velero.io/v1/namespaces/$ns/backupstoragelocations", json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation",
                "metadata": {"name": "l"}, "spec": {"accessMode": "Maybe", "config": {"a": 1}, "objectStorage": {}, "credential": {"key": "k"}}})).gives(422, json!({
                "details": {"causes": ["$unordered",
                    {"field": "spec.accessMode", "reason": "FieldValueNotSupported", "message": "Unsupported value: \"Maybe\": supported values: \"ReadOnly\", \"ReadWrite\""},
                    {"field": "spec.config.a", "reason": "FieldValueTypeInvalid"},
                    {"field": "spec.objectStorage.bucket", "reason": "FieldValueRequired", "message": "Required value"},
                    {"field": "spec.provider", "reason": "FieldValueRequired"},
                ]},
            })),
            Step::post("/apis/velero.io/v1/namespaces/$ns/backupstoragelocations", json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation",
                "metadata": {"name": "l"}, "spec": {"provider": "aws", "objectStorage": {"bucket": "b"}, "credential": {"key": "k"}}}))
                .gives(201, json!({"spec": {"credential": {"key": "k", "name": ""}}, "metadata": {"managedFields": [{"fieldsV1": {"f:spec": {"f:credential": {}}}}]}})),
            // null where it is not allowed counts as not sent, where it is allowed it stays
            Step::post(SCHEDULES, schedule("s", json!({"schedule": "x", "template": {"ttl": null, "snapshotVolumes": null}})))
                .gives(201, json!({"spec": {"template": {"ttl": "$absent", "snapshotVolumes": null}}})),
            Step::apply(&at("fieldManager=sk-dr&force=true"), schedule("s", json!({"schedule": "x", "template": {"ttl": null}}))).gives(422, json!({
                "message": "Schedule.velero.io \"s\" is invalid: spec.template.ttl: Invalid value: \"null\": spec.template.ttl in body must be of type string: \"null\"",
            })),
            Step::merge(ONE, json!({"spec": {"schedule": null}})).gives(422, json!({"message": "Schedule.velero.io \"s\" is invalid: spec.schedule: Required value"})),
            Step::merge(ONE, json!({"metadata": {"labels": {"bad key!": "1"}}})).gives(422, json!({"message": "$has metadata.labels: Invalid value: \"bad key!\""})),
        ]),
        case("bad_requests", vec![
            plain(),
            Step::post(SCHEDULES, json!({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b"}}))
                .gives(422, json!({"message": "Backup.velero.io \"b\" is invalid: kind: Invalid value: \"Backup\": must be Schedule"})),
            Step::post(SCHEDULES, schedule("S_bad", valid())).gives(422, json!({"message": "$has metadata.name: Invalid value: \"S_bad\": a lowercase RFC 1123 subdomain"})),
            Step::post(SCHEDULES, json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {}, "spec": valid()}))
                .gives(422, json!({"message": "$has metadata.name: Required value: name or generateName is required"})),
            Step::post("/api/v1/namespaces", namespace("S_bad")).gives(422, json!({"message": "$has a lowercase RFC 1123 label"})),
            Step::post(SCHEDULES, with(schedule("x", valid()), json!({"namespace": "elsewhere"})))
                .gives(400, json!({"message": "the namespace of the provided object does not match the namespace sent on the request"})),
            Step::apply(ONE, schedule("s", valid())).gives(422, json!({
                "message": "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
            })),
            Step::apply(&at("fieldManager=x"), schedule("other", valid())).gives(400, json!({"message": "the name of the object (other) does not match the name on the URL (s)"})),
            Step::apply(&at("fieldManager=x"), with(schedule("s", valid()), json!({"managedFields": [{}]}))).gives(400, json!({"message": "metadata.managedFields must be nil"})),
            Step::put(ONE, schedule("s", valid())).gives(422, json!({"message": "$has metadata.resourceVersion: Invalid value: 0: must be specified for an update"})),
            Step::put(ONE, with(schedule("s", valid()), json!({"resourceVersion": "$rv"}))).gives(200, json!({"spec": {"template": {"ttl": "$absent"}}, "metadata": {"generation": 2, "uid": "$uid"}})),
            Step::merge(ONE, json!({})).typed("application/strategic-merge-patch+json").gives(415, json!({"reason": "UnsupportedMediaType"})),
            Step::patch(ONE, json!([{"op": "remove", "path": "/spec/nothing"}])).gives(422, json!({"reason": "Invalid"})),
            Step::merge(&format!("{ONE}/status"), json!({"status": {}})).gives(404, json!({})),
        ]),
        // 15
        case("already_exists", vec![
            plain(),
            Step::post(SCHEDULES, schedule("s", valid())).gives(409, json!({
                "reason": "AlreadyExists", "message": "schedules.velero.io \"s\" already exists", "details": {"name": "s", "group": "velero.io", "kind": "schedules"},
            })),
            Step::post("/api/v1/namespaces", namespace("$ns")).gives(409, json!({"reason": "AlreadyExists"})),
        ]),
        // 17
        case("namespace_is_missing", vec![
            Step::post("/apis/velero.io/v1/namespaces/$ns-nope/schedules", schedule("s", valid())).gives(404, json!({
                "reason": "NotFound", "message": "namespaces \"$ns-nope\" not found", "details": {"name": "$ns-nope", "kind": "namespaces", "group": "$absent"},
            })),
            Step::apply("/apis/velero.io/v1/namespaces/$ns-nope/schedules/s?fieldManager=sk-dr&dryRun=All", schedule("s", valid())).gives(404, json!({"message": "namespaces \"$ns-nope\" not found"})),
            Step::delete("/apis/velero.io/v1/namespaces/$ns-nope/schedules/s", Value::Null).gives(404, json!({"message": "schedules.velero.io \"s\" not found"})),
            Step::get("/apis/velero.io/v1/namespaces/$ns-nope/schedules").gives(200, json!({"items": []})),
        ]),
    ]
}

fn deletion() -> Vec<Case> {
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

fn reading() -> Vec<Case> {
    let named = |name: &str| {
        Step::post(
            SCHEDULES,
            with(
                schedule(name, json!({"schedule": "x", "template": {}})),
                json!({"labels": {"n": name}}),
            ),
        )
    };
    vec![
        // 20
        case("list_in_pages", vec![
            named("a"),
            named("b"),
            named("c"),
            Step::get(&in_all("limit=1")).bind("next", "/metadata/continue").gives(200, json!({
                "kind": "ScheduleList", "apiVersion": "velero.io/v1",
                "items": [{"kind": "Schedule", "apiVersion": "velero.io/v1", "metadata": {"name": "a"}}],
                "metadata": {"continue": "$any", "remainingItemCount": 2, "resourceVersion": "$any"},
            })),
            Step::get(&in_all("limit=1&continue=$next")).bind("last", "/metadata/continue").gives(200, json!({"items": [{"metadata": {"name": "b"}}], "metadata": {"remainingItemCount": 1}})),
            Step::get(&in_all("limit=1&continue=$last")).gives(200, json!({"items": [{"metadata": {"name": "c"}}], "metadata": {"continue": "", "remainingItemCount": "$absent"}})),
            Step::get(&in_all("limit=500")).gives(200, json!({"items": [{}, {}, {}]})),
            Step::get(&in_all("limit=1&continue=bogus")).gives(400, json!({"reason": "BadRequest", "message": "$starts invalid continue token"})),
            Step::get(&in_all("limit=abc")).gives(400, json!({"reason": "BadRequest"})),
            Step::get(&in_all("labelSelector=n%3Db")).gives(200, json!({"items": [{"metadata": {"name": "b"}}]})),
            Step::get(&in_all("fieldSelector=metadata.name%3Dc")).gives(200, json!({"items": [{"metadata": {"name": "c"}}]})),
            Step::get("/apis/velero.io/v1/schedules?labelSelector=n%3Da&fieldSelector=metadata.namespace%3D$ns").gives(200, json!({"items": [{"metadata": {"name": "a", "namespace": "$ns"}}]})),
        ]),
        case("list_of_a_built_in_type", vec![
            Step::get("/api/v1/namespaces?fieldSelector=metadata.name%3D$ns").gives(200, json!({
                "kind": "NamespaceList", "apiVersion": "v1", "metadata": {"continue": "$absent"},
                "items": [{"kind": "$absent", "apiVersion": "$absent", "metadata": {"name": "$ns"}, "status": {"phase": "Active"}}],
            })),
            Step::get("/api/v1/namespaces?limit=1").gives(200, json!({"items": [{}], "metadata": {"continue": "$any", "remainingItemCount": "$any"}})),
            Step::get(NAMESPACE).gives(200, json!({"kind": "Namespace", "apiVersion": "v1"})),
            Step::get("/api/v1/namespaces/$ns-nope").gives(404, json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                "message": "namespaces \"$ns-nope\" not found", "details": {"name": "$ns-nope", "kind": "namespaces", "group": "$absent"},
            })),
            Step::get("/api/v1/namespaces/$ns/persistentvolumeclaims").gives(200, json!({"items": [], "kind": "PersistentVolumeClaimList"})),
        ]),
        case("namespace_labels_by_apply", vec![
            Step::apply(&format!("{NAMESPACE}?fieldManager=sk-dr"), json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns", "labels": {"x": "1"}, "annotations": {"a/b": "c"}}})).gives(200, json!({
                "metadata": {"labels": {"x": "1", "kubernetes.io/metadata.name": "$ns"}, "managedFields": [
                    {"manager": "sk-dr", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}, ".": "$absent"}, "f:annotations": {"f:a/b": {}}}}},
                    {"operation": "Update"},
                ]},
            })),
            Step::apply(&format!("{NAMESPACE}?fieldManager=sk-dr"), json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns"}})).gives(200, json!({
                "metadata": {"labels": {"x": "$absent"}, "annotations": "$absent", "managedFields": [{"operation": "Update"}]}, "status": {"phase": "Active"},
            })),
        ]),
    ]
}

fn rights() -> Vec<Case> {
    vec![
        // 11, 19
        case("rights", vec![
            plain(),
            Step::get(SCHEDULES).by(Who::Reader),
            Step::apply(&at("fieldManager=sk-dr&force=true&dryRun=All"), schedule("s", json!({"schedule": "x", "template": {}}))).by(Who::Reader).gives(403, json!({
                "reason": "Forbidden", "details": {"name": "s", "group": "velero.io", "kind": "schedules"},
                "message": "schedules.velero.io \"s\" is forbidden: User \"reader\" cannot patch resource \"schedules\" in API group \"velero.io\" in the namespace \"$ns\"",
            })),
            Step::post(SCHEDULES, schedule("t", json!({"schedule": "x", "template": {}}))).by(Who::Reader).gives(403, json!({"reason": "Forbidden"})),
            Step::delete(ONE, Value::Null).by(Who::Reader).gives(403, json!({"reason": "Forbidden"})),
            Step::get("/apis/velero.io/v1/schedules").by(Who::Nobody).gives(403, json!({
                "reason": "Forbidden", "details": {"group": "velero.io", "kind": "schedules", "name": "$absent"},
                "message": "schedules.velero.io is forbidden: User \"nobody\" cannot list resource \"schedules\" in API group \"velero.io\" at the cluster scope",
            })),
            Step::get("/api/v1/namespaces/kube-system").by(Who::Nobody).gives(403, json!({
                "message": "namespaces \"kube-system\" is forbidden: User \"nobody\" cannot get resource \"namespaces\" in API group \"\" in the namespace \"kube-system\"",
            })),
            Step::get("/apis/velero.io/v1").by(Who::Nobody),
            Step::get(SCHEDULES).by(Who::Stranger).gives(401, json!({"reason": "Unauthorized", "message": "Unauthorized", "code": 401})),
            Step::get("/api/v1/namespaces").by(Who::Anonymous).gives(403, json!({
                "message": "namespaces is forbidden: User \"system:anonymous\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope",
            })),
            Step::get("/apis").by(Who::Anonymous).gives(403, json!({"message": "forbidden: User \"system:anonymous\" cannot get path \"/apis\""})),
            Step::get("/version").by(Who::Anonymous),
        ]),
    ]
}

fn discovery() -> Vec<Case> {
    let verbs = json!("$any");
    vec![
        // 18
        case("not_served", vec![
            Step::get("/apis/velero.io/v1/foos").gives(404, json!("404 page not found\n")),
            Step::get("/apis/velero.io/v1/namespaces/$ns/foos/x").gives(404, json!("404 page not found\n")),
            Step::get("/apis/nogroup.example/v1/foos").gives(404, json!("404 page not found\n")),
            Step::get("/apis/nogroup.example/v1").gives(404, json!("404 page not found\n")),
            Step::get("/nope").gives(404, json!("404 page not found\n")),
            // below a built-in group it is a Status
            Step::get("/api/v1/foos").gives(404, json!({"reason": "NotFound", "message": "the server could not find the requested resource", "details": {"name": "$absent"}})),
            Step::get("/apis/apps/v1/foos").gives(404, json!({"reason": "NotFound"})),
            Step::get("/apis/apps/v7/deployments").gives(404, json!({"reason": "NotFound"})),
        ]),
        case("discovery", vec![
            Step::get("/version").gives(200, json!({"major": "1", "minor": "34", "gitVersion": "v1.34.4"})),
            Step::get("/readyz").gives(200, json!("ok")),
            Step::get("/api").gives(200, json!({"kind": "APIVersions", "versions": ["v1"]})),
            Step::get("/apis/velero.io").gives(200, json!({"kind": "APIGroup", "apiVersion": "v1", "name": "velero.io", "preferredVersion": {"groupVersion": "velero.io/v1", "version": "v1"}})),
            Step::get("/apis").gives(200, json!({"kind": "APIGroupList", "groups": "$any"})),
            Step::get("/apis/apiextensions.k8s.io/v1").gives(200, json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "apiextensions.k8s.io/v1", "resources": "$any"})),
            Step::get("/apis/velero.io/v1").gives(200, json!({"kind": "APIResourceList", "groupVersion": "velero.io/v1", "resources": verbs})),
            Step::get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/schedules.velero.io").gives(200, json!({"spec": {"group": "velero.io", "names": {"kind": "Schedule"}}})),
        ]),
    ]
}
