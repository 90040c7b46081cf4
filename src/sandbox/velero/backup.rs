//! Backups: New, InProgress, Completed, with what the server fills in; expiry.

use super::{after, objects, text, time, write};
use crate::model::duration::GoDuration;
use crate::sandbox::state::{GarbageCollection, State, Task, VELERO_NAMESPACE, stamp};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long a backup is InProgress. Real ones take as long as their data.
const TAKES: SignedDuration = SignedDuration::from_secs(2);

/// A new backup is checked and started.
pub fn start(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    if !matches!(text(&object, "/status/phase"), "" | "New") {
        return;
    }
    let expiration = fill(state, &mut object);
    let errors = problems(state, &object);
    object["status"]["version"] = json!(1);
    object["status"]["formatVersion"] = json!("1.1.0");
    object["status"]["expiration"] = json!(stamp(expiration));
    if errors.is_empty() {
        object["status"]["phase"] = json!("InProgress");
        object["status"]["startTimestamp"] = json!(stamp(state.now));
        state.wake_after(TAKES, Task::Backup, key);
    } else {
        object["status"]["phase"] = json!("FailedValidation");
        object["status"]["validationErrors"] = json!(errors);
    }
    write(state, key, object);
}

fn zero(object: &Value, pointer: &str) -> bool {
    text(object, pointer)
        .parse::<GoDuration>()
        .map_or(true, |given| given == GoDuration::ZERO)
}

/// Defaults of the server; returns when the backup expires.
fn fill(state: &State, object: &mut Value) -> Timestamp {
    let location = match text(object, "/spec/storageLocation") {
        "" => default_location(state),
        given => given.to_owned(),
    };
    let durations = [
        ("ttl", "720h0m0s"),
        ("csiSnapshotTimeout", "10m0s"),
        ("itemOperationTimeout", "4h0m0s"),
    ];
    for (name, default) in durations {
        if zero(object, &format!("/spec/{name}")) {
            object["spec"][name] = json!(default);
        }
    }
    for (name, default) in [
        (
            "volumeGroupSnapshotLabelKey",
            json!("velero.io/volume-group"),
        ),
        ("defaultVolumesToFsBackup", json!(false)),
        ("snapshotMoveData", json!(false)),
    ] {
        if object["spec"][name].is_null() {
            object["spec"][name] = default;
        }
    }
    object["spec"]["storageLocation"] = json!(location);
    if object["spec"]["includedNamespaces"]
        .as_array()
        .is_none_or(Vec::is_empty)
    {
        object["spec"]["includedNamespaces"] = json!(["*"]);
    }
    object["metadata"]["labels"]["velero.io/storage-location"] = json!(location);
    for (name, value) in [
        ("velero.io/source-cluster-k8s-gitversion", "v1.34.4"),
        ("velero.io/source-cluster-k8s-major-version", "1"),
        ("velero.io/source-cluster-k8s-minor-version", "34"),
        ("velero.io/resource-timeout", "10m0s"),
    ] {
        object["metadata"]["annotations"][name] = json!(value);
    }
    let ttl: GoDuration = text(object, "/spec/ttl").parse().unwrap_or_default();
    after(state.now, SignedDuration::from_nanos(ttl.nanoseconds()))
}

fn default_location(state: &State) -> String {
    let marked = objects(state, "backupstoragelocations")
        .into_iter()
        .find(|(_, object)| object.pointer("/spec/default") == Some(&json!(true)));
    match marked {
        Some((_, object)) => text(&object, "/metadata/name").to_owned(),
        None => state
            .velero
            .as_ref()
            .map(|velero| velero.default_location.clone())
            .unwrap_or_default(),
    }
}

fn problems(state: &State, object: &Value) -> Vec<String> {
    let name = text(object, "/spec/storageLocation");
    let Some(location) = state.objects.get(&format!(
        "backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{name}"
    )) else {
        return vec![format!(
            "an existing backup storage location was not specified at backup creation time and the default {name} was not found. Please address this issue (see `velero backup-location -h` for options) and create a new backup. Error: backupstoragelocations.velero.io {name:?} not found"
        )];
    };
    let mut errors = Vec::new();
    if text(location, "/spec/accessMode") == "ReadOnly" {
        errors.push(format!("backup can't be created because backup storage location {name} is currently in read-only mode"));
    }
    if text(location, "/status/phase") != "Available" {
        errors.push(format!(
            "backup can't be created because BackupStorageLocation {name} is in Unavailable status."
        ));
    }
    errors
}

/// A running backup is done.
pub fn advance(state: &mut State, key: &str) {
    let running = state
        .velero
        .as_ref()
        .is_some_and(|velero| velero.started.is_some());
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    if !running || text(&object, "/status/phase") != "InProgress" {
        return;
    }
    object["status"]["phase"] = json!("Completed");
    object["status"]["completionTimestamp"] = json!(stamp(state.now));
    object["status"]["progress"] = json!({"itemsBackedUp": 1, "totalItems": 1});
    write(state, key, object);
}

/// At its start the server gives up what was running when it ended.
pub fn fail_running(state: &mut State) {
    for (key, mut object) in objects(state, "backups") {
        if text(&object, "/status/phase") == "InProgress" {
            object["status"]["phase"] = json!("Failed");
            object["status"]["failureReason"] = json!(
                "found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\""
            );
            object["status"]["completionTimestamp"] = json!(stamp(state.now));
            write(state, &key, object);
        }
    }
}

fn collects(state: &State) -> bool {
    state
        .velero
        .as_ref()
        .is_some_and(|velero| velero.garbage_collection == GarbageCollection::On)
}

/// Whether the backup's location lets it be deleted.
fn deletable(state: &State, object: &Value) -> bool {
    let name = text(object, "/spec/storageLocation");
    let location = state.objects.get(&format!(
        "backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{name}"
    ));
    location.is_some_and(|location| {
        text(location, "/spec/accessMode") != "ReadOnly"
            && text(location, "/status/phase") == "Available"
    })
}

/// When a backup next expires, if expired ones are deleted at all.
pub fn next_expiry(state: &State) -> Option<Timestamp> {
    if !collects(state) {
        return None;
    }
    let backups = objects(state, "backups");
    backups
        .iter()
        .filter(|(_, object)| deletable(state, object))
        .filter_map(|(_, object)| time(object, "/status/expiration"))
        .min()
}

/// Deletes expired backups of writable, available locations.
pub fn collect_expired(state: &mut State) {
    if !collects(state) {
        return;
    }
    let now = state.now;
    for (key, object) in objects(state, "backups") {
        if deletable(state, &object)
            && time(&object, "/status/expiration").is_some_and(|expiration| expiration < now)
        {
            state.remove(&key);
        }
    }
}
