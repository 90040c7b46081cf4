//! What is refused, with which status, reason, message and causes.

use super::super::case::{Case, Step};
use super::{NAMESPACE, ONE, SCHEDULES, at, case, in_all, namespace, plain, schedule, with};
use serde_json::{Value, json};

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn refusals() -> Vec<Case> {
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
                // The walk stops at the first unknown member of a map and takes them in any order: of two in different
                // maps one or both are named.
                "message": "$has .spec.tll: field not declared in schema",
            })),
            Step::apply(&at("fieldManager=sk-dr&force=true&fieldValidation=Strict"), schedule("s", json!({"schedule": "x", "template": {"foo": 1}}))).gives(500, json!({
                "reason": "$absent", "message": "failed to create typed patch object (/s; velero.io/v1, Kind=Schedule): .spec.template.foo: field not declared in schema",
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
