//! LIST, paging, rights, discovery.

use super::super::case::{Case, Step, Who};
use super::{NAMESPACE, ONE, SCHEDULES, at, case, in_all, plain, schedule, with};
use serde_json::{Value, json};

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn reading() -> Vec<Case> {
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
            // Elsewhere than in some namespaces, as orphans are looked for.
            Step::get("/apis/velero.io/v1/schedules?labelSelector=n%3Db&fieldSelector=metadata.namespace%21%3Dnowhere").gives(200, json!({"items": [{"metadata": {"name": "b"}}]})),
            Step::get("/apis/velero.io/v1/schedules?labelSelector=n%3Db&fieldSelector=metadata.namespace%21%3Dnowhere%2Cmetadata.namespace%21%3D$ns").gives(200, json!({"items": []})),
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

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn rights() -> Vec<Case> {
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
                "message": "$has cannot list resource \"schedules\" in API group \"velero.io\" at the cluster scope",
            })),
            Step::get("/api/v1/namespaces/kube-system").by(Who::Nobody).gives(403, json!({
                "message": "$has cannot get resource \"namespaces\" in API group \"\" in the namespace \"kube-system\"",
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

#[allow(clippy::too_many_lines, reason = "a list of cases")]
pub fn discovery() -> Vec<Case> {
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
