//! What a Restore makes in the cluster and leaves in the bucket, told so that two servers can be compared: into a
//! namespace that is not there, over one that is, and with types left out. No Pod is in it, so no node agent is needed.

use super::case::{Case, How, Server, Step, run};
use super::s3;
use super::sandbox::{InProcess, sandbox};
use super::velero_cases::{available, location};
use aws_sdk_s3::Client;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sk_dr::sandbox::behaviours::RESTORES;
use sk_dr::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use std::io::Read;

/// Names the location, its prefix and the backup, and begins the other names.
const ID: &str = "restores";
const BACKUPS: &str = "/apis/velero.io/v1/namespaces/velero/backups";
const MADE: &str = "/apis/velero.io/v1/namespaces/velero/restores";
const NAMESPACE: &str = "/api/v1/namespaces/$id-app";

fn object(plural: &str, kind: &str, name: &str, data: Value) -> Step {
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": {"app": "$id"}}});
    for (member, value) in data.as_object().unwrap() {
        object[member] = value.clone();
    }
    Step::post(&format!("{NAMESPACE}/{plural}"), object)
}

fn setting(value: &str) -> Step {
    let data = json!({"data": {"k": value}, "immutable": false});
    object("configmaps", "ConfigMap", "settings", data)
}

fn restore(name: &str, spec: Value) -> Step {
    let metadata = json!({"name": name});
    let restore = json!({"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": metadata, "spec": spec});
    Step::post(MADE, restore)
}

fn becomes(name: &str, status: Value) -> Step {
    Step::get(&format!("{MADE}/{name}"))
        .gives(200, json!({"status": status}))
        .how(How::Within(90))
}

fn completed(name: &str, items: u64, warnings: u64) -> Step {
    let status = json!({
        "phase": "Completed", "startTimestamp": "$any", "completionTimestamp": "$any", "warnings": warnings,
        "errors": "$absent", "failureReason": "$absent", "validationErrors": "$absent", "hookStatus": {},
        "progress": {"itemsRestored": items, "totalItems": items},
    });
    becomes(name, status)
}

fn gone() -> Vec<Step> {
    vec![
        Step::delete(NAMESPACE, Value::Null),
        Step::get(NAMESPACE)
            .gives(404, json!({}))
            .how(How::Within(60)),
    ]
}

/// An application of a namespace with one object of each of three types, and its backup.
fn made() -> Vec<Step> {
    let app = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": "$id-app", "labels": {"app": "$id"}, "annotations": {"own": "annotation"},
    }});
    let spec = json!({
        "storageLocation": "$id", "includedNamespaces": ["$id-app"],
        "labelSelector": {"matchLabels": {"app": "$id"}},
    });
    let backup = json!({"apiVersion": "velero.io/v1", "kind": "Backup", "spec": spec, "metadata": {
        "name": "$id", "labels": {"velero.io/schedule-name": "$id-daily"},
    }});
    vec![
        location("$id", "contract", json!({})),
        available(30),
        Step::post("/api/v1/namespaces", app),
        setting("v").bind("uid", "/metadata/uid"),
        object("secrets", "Secret", "s", json!({"data": {"k": "dg=="}})),
        object("serviceaccounts", "ServiceAccount", "account", json!({})),
        Step::post(BACKUPS, backup),
        Step::get(&format!("{BACKUPS}/$id"))
            .gives(200, json!({"status": {"phase": "Completed"}}))
            .how(How::Within(60)),
    ]
}

/// The namespace comes as it was, without the labels that its objects get.
fn into_nothing() -> Vec<Step> {
    let labels =
        json!({"velero.io/backup-name": "$id", "velero.io/restore-name": "$id-1", "app": "$id"});
    let namespace = json!({"metadata": {
        "labels": {"app": "$id", "velero.io/restore-name": "$absent"}, "annotations": {"own": "annotation"},
    }});
    let spec = json!({"backupName": "$id", "includedNamespaces": ["$id-app"], "existingResourcePolicy": "none"});
    let filled = json!({
        "metadata": {"finalizers": ["restores.velero.io/external-resources-finalizer"]},
        "spec": {"scheduleName": "$id-daily", "itemOperationTimeout": "4h0m0s", "excludedResources": [
            "nodes", "events", "events.events.k8s.io", "backups.velero.io", "restores.velero.io",
            "resticrepositories.velero.io", "csinodes.storage.k8s.io", "volumeattachments.storage.k8s.io",
            "backuprepositories.velero.io",
        ]},
    });
    let mut steps = gone();
    steps.extend([
        restore("$id-1", spec),
        completed("$id-1", 4, 1),
        Step::get(&format!("{MADE}/$id-1")).gives(200, filled),
        Step::get(NAMESPACE).gives(200, namespace),
        Step::get(&format!("{NAMESPACE}/configmaps/settings")).gives(
            200,
            json!({"metadata": {"labels": labels}, "data": {"k": "v"}}),
        ),
        Step::get(&format!("{NAMESPACE}/secrets/s")).gives(200, json!({"data": {"k": "dg=="}})),
    ]);
    steps
}

/// What is there is kept: what differs is a warning, what went comes again.
fn over_what_is_there() -> Vec<Step> {
    let spec = json!({"backupName": "$id", "includedNamespaces": ["$id-app"], "existingResourcePolicy": "none"});
    vec![
        Step::merge(
            &format!("{NAMESPACE}/configmaps/settings"),
            json!({"data": {"k": "other"}}),
        ),
        Step::delete(&format!("{NAMESPACE}/secrets/s"), Value::Null),
        restore("$id-2", spec),
        completed("$id-2", 3, 2),
        Step::get(&format!("{NAMESPACE}/configmaps/settings"))
            .gives(200, json!({"data": {"k": "other"}})),
        Step::get(&format!("{NAMESPACE}/secrets/s")).gives(
            200,
            json!({"metadata": {"labels": {"velero.io/restore-name": "$id-2"}}}),
        ),
    ]
}

fn with_types_left_out() -> Vec<Step> {
    let spec = json!({
        "backupName": "$id", "includedNamespaces": ["$id-app"],
        "excludedResources": ["configmaps", "serviceaccounts"],
    });
    let mut steps = gone();
    steps.extend([
        restore("$id-3", spec),
        completed("$id-3", 2, 1),
        Step::get(&format!("{NAMESPACE}/configmaps/settings")).gives(404, json!({})),
        Step::get(&format!("{NAMESPACE}/secrets/s")),
    ]);
    steps
}

/// What the restore is told to change is changed on its way: of the type, namespace and name that it says, and of no other.
fn changed_on_its_way() -> Vec<Step> {
    let rule = |namespace: &str, name: &str, value: &str| {
        let patch = json!({"data": {"k": value}, "metadata": {"annotations": {"note.example/limit": "10m"}}});
        json!({
            "conditions": {"groupResource": "configmaps", "namespaces": [namespace], "resourceNameRegex": name},
            "mergePatches": [{"patchData": patch.to_string()}],
        })
    };
    let rules = json!({"version": "v1", "resourceModifierRules": [
        rule("$id-app", "^settings$", "changed"), rule("$id-app", "^other$", "never"), rule("elsewhere", "^settings$", "never"),
    ]});
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "$id-changes"},
        "data": {"changes.json": rules.to_string()},
    });
    let spec = json!({
        "backupName": "$id", "includedNamespaces": ["$id-app"],
        "resourceModifier": {"kind": "ConfigMap", "name": "$id-changes"},
    });
    let changed = json!({"data": {"k": "changed"}, "metadata": {"annotations": {"note.example/limit": "10m"}}});
    let nowhere =
        json!({"backupName": "$id", "resourceModifier": {"kind": "ConfigMap", "name": "no-such"}});
    let no_map = json!(["failed to get resource modifiers configmap velero/no-such"]);
    let mut steps = gone();
    steps.extend([
        Step::post("/api/v1/namespaces/velero/configmaps", map),
        restore("$id-4", spec),
        completed("$id-4", 4, 1),
        Step::get(&format!("{NAMESPACE}/configmaps/settings")).gives(200, changed),
        Step::get(&format!("{NAMESPACE}/secrets/s")).gives(200, json!({"data": {"k": "dg=="}})),
        restore("$id-5", nowhere),
        becomes(
            "$id-5",
            json!({"phase": "FailedValidation", "validationErrors": no_map}),
        ),
    ]);
    steps
}

/// Tells what four restores left in the bucket.
pub async fn tell(server: &dyn Server, client: &Client) -> String {
    let steps = [
        made(),
        into_nothing(),
        over_what_is_there(),
        with_types_left_out(),
        changed_on_its_way(),
    ];
    let case = Case {
        name: RESTORES,
        steps: steps.into_iter().flatten().collect(),
    };
    run(&case, server, ID).await.unwrap();
    let list = client.list_objects_v2().bucket("contract");
    let listed = list.prefix(format!("{ID}/restores/")).send().await.unwrap();
    let mut told = String::new();
    for key in listed.contents().iter().filter_map(|object| object.key()) {
        let got = client.get_object().bucket("contract").key(key).send().await;
        let got = got.unwrap();
        let kind = got.content_type().unwrap_or("-").to_owned();
        let body = got.body.collect().await.unwrap().into_bytes();
        told += &format!("{key}\n  type {kind}\n  {}\n", content(key, &body));
    }
    told
}

/// The text of a file, but of a log whether it is one, and of the finalizer's warning its beginning.
fn content(key: &str, body: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).unwrap();
    if key.ends_with("-logs.gz") {
        return format!("a log: {}", text.starts_with("time=\""));
    }
    let begins = "failed to list stub VolumeGroupSnapshotContents";
    if let Some((before, after)) = text.clone().split_once(begins) {
        let rest = after.split_once("\"]").map_or("", |(_, rest)| rest);
        text = format!("{before}{begins}\"]{rest}");
    }
    format!("{text:?}")
}

/// A sandbox and a client of its buckets.
pub fn here() -> (InProcess, Client) {
    let sandbox = sandbox();
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox.s3_wire(), "http://s3.sandbox", keys);
    (InProcess(sandbox), client)
}

/// Restores that are refused: cases that need no backup.
pub fn refused() -> Vec<Case> {
    let is_refused = |name: &'static str, spec: Value, errors: Value| Case {
        name,
        steps: vec![
            restore("$id", spec),
            becomes(
                "$id",
                json!({"phase": "FailedValidation", "validationErrors": errors, "startTimestamp": "$absent"}),
            ),
            Step::delete(&format!("{MADE}/$id"), Value::Null),
            Step::get(&format!("{MADE}/$id"))
                .gives(404, json!({}))
                .how(How::Within(30)),
        ],
    };
    let no_backup = "Error retrieving backup: can't find backup velero/no-such: Backup.velero.io \"no-such\" not found";
    vec![
        is_refused(
            "velero_restore_no_backup",
            json!({"backupName": "no-such"}),
            json!([no_backup]),
        ),
        is_refused(
            "velero_restore_no_source",
            json!({}),
            json!([
                "Either a backup or schedule must be specified as a source for the restore, but not both"
            ]),
        ),
        is_refused(
            "velero_restore_no_changes",
            json!({"backupName": "no-such", "resourceModifier": {"kind": "ConfigMap", "name": "no-such"}}),
            json!([no_backup]),
        ),
        is_refused(
            "velero_restore_of_nodes",
            json!({"backupName": "no-such", "includedResources": ["nodes"]}),
            json!([
                "nodes are non-restorable resources",
                "Invalid included/excluded resource lists: excludes list cannot contain an item in the includes list: nodes",
                no_backup,
            ]),
        ),
    ]
}
