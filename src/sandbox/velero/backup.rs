//! Backups: New, InProgress, Completed, with what the server fills in and what it leaves in the bucket; expiry.

use super::bucket::Place;
use super::{after, contents, files, objects, runs, text, time, volumes, write};
use crate::model::duration::GoDuration;
use crate::sandbox::state::{Controller, State, Task, VELERO_NAMESPACE, stamp};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long a backup is InProgress. Real ones take as long as their data.
const TAKES: SignedDuration = SignedDuration::from_secs(2);

/// A new backup is checked and started.
pub fn start(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let is_new = matches!(text(&object, "/status/phase"), "" | "New");
    if !is_new || !runs(state, Controller::Backup) {
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
    leave_out(state, &mut object["spec"]);
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

/// What no backup holds: snapshots, whose data are elsewhere, and namespaces that say so.
fn leave_out(state: &State, spec: &mut Value) {
    let snapshots = [
        "volumesnapshots.snapshot.storage.k8s.io",
        "volumesnapshotcontents.snapshot.storage.k8s.io",
    ];
    let is_given = |list: &str| spec[list].as_array().is_some_and(|list| !list.is_empty());
    let of_new_kind = [
        "includedClusterScopedResources",
        "excludedClusterScopedResources",
        "includedNamespaceScopedResources",
        "excludedNamespaceScopedResources",
    ];
    let lists = if of_new_kind.into_iter().any(is_given) {
        [
            "excludedNamespaceScopedResources",
            "excludedClusterScopedResources",
        ]
    } else {
        ["excludedResources", "excludedResources"]
    };
    for (list, name) in lists.into_iter().zip(snapshots) {
        push(&mut spec[list], name);
    }
    for (_, namespace) in state.list("namespaces", None) {
        let labels = namespace.pointer("/metadata/labels");
        let label = labels.and_then(|labels| labels.get("velero.io/exclude-from-backup"));
        if label == Some(&json!("true")) {
            let name = text(namespace, "/metadata/name");
            push(&mut spec["excludedNamespaces"], name);
        }
    }
}

fn push(list: &mut Value, name: &str) {
    match list.as_array_mut() {
        Some(list) if list.iter().any(|one| one == name) => {}
        Some(list) => list.push(json!(name)),
        None => *list = json!([name]),
    }
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
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    if !runs(state, Controller::Backup) || text(&object, "/status/phase") != "InProgress" {
        return;
    }
    let items = contents::items(state, &object["spec"]);
    let volumes = volumes::copy(state, &object, &items);
    object["status"]["phase"] = json!("Completed");
    if !volumes.errors.is_empty() {
        object["status"]["phase"] = json!("PartiallyFailed");
        object["status"]["errors"] = json!(volumes.errors.len());
    }
    object["status"]["completionTimestamp"] = json!(stamp(state.now));
    object["status"]["progress"] = json!({"itemsBackedUp": items.len(), "totalItems": items.len()});
    if let Err(why) = store(state, &object, (&items, &volumes)) {
        object["status"]["phase"] = json!("Failed");
        object["status"]["failureReason"] = json!(why);
    }
    write(state, key, object);
}

/// Leaves a backup's files in its bucket, the log first and then what makes it a backup.
fn store(
    state: &mut State,
    backup: &Value,
    held: (&[contents::Item], &volumes::Copied),
) -> Result<(), String> {
    let name = text(backup, "/metadata/name");
    let place = Place::of_backup(state, backup).ok_or("its location is gone")?;
    if place.read(state, name, files::METADATA).is_ok() {
        return Err("backup already exists in object storage".to_owned());
    }
    let files = files::all(backup, held, state.now).map_err(|why| why.to_string())?;
    for (file, bytes) in files {
        place
            .write(state, (name, &file), bytes)
            .map_err(|why| why.to_string())?;
    }
    Ok(())
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
    runs(state, Controller::Gc)
}

/// What garbage collection does with a backup that has expired.
enum Fate {
    /// It goes, with its files.
    Goes,
    /// It stays, and says why in its label.
    Stays(&'static str),
}

/// Label that says why an expired backup stays.
const STAYS: &str = "velero.io/gc-failure";

/// What is to be done once it has expired, if anything is: an Unavailable location is asked again later.
fn fate(state: &State, object: &Value) -> Option<Fate> {
    let name = text(object, "/spec/storageLocation");
    let location = state.objects.get(&format!(
        "backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{name}"
    ));
    let fate = match location {
        None => Fate::Stays("BSLNotFound"),
        Some(location) if text(location, "/spec/accessMode") == "ReadOnly" => {
            Fate::Stays("BSLReadOnly")
        }
        Some(location) if text(location, "/status/phase") == "Available" => Fate::Goes,
        Some(_) => return None,
    };
    let told = object
        .pointer("/metadata/labels")
        .and_then(|labels| labels.get(STAYS));
    match fate {
        Fate::Stays(why) if told == Some(&json!(why)) => None,
        Fate::Stays(_) | Fate::Goes => Some(fate),
    }
}

/// When a backup next expires, if expired ones are deleted at all.
pub fn next_expiry(state: &State) -> Option<Timestamp> {
    if !collects(state) {
        return None;
    }
    let backups = objects(state, "backups");
    backups
        .iter()
        .filter(|(_, object)| fate(state, object).is_some())
        .filter_map(|(_, object)| time(object, "/status/expiration"))
        .min()
}

/// Looks at all backups for those that have expired.
pub fn collect_expired(state: &mut State) {
    for (key, _) in objects(state, "backups") {
        collect(state, &key);
    }
}

/// Deletes a backup that has expired, its files first: every new one is looked at as soon as it appears, one that
/// synchronisation brought too. Nothing but its expiration and its location counts, not even a restore that reads it.
pub fn collect(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let expired = time(&object, "/status/expiration").is_some_and(|at| at < state.now);
    if !expired || !collects(state) {
        return;
    }
    match fate(state, &object) {
        None => {}
        Some(Fate::Stays(why)) => {
            object["metadata"]["labels"][STAYS] = json!(why);
            write(state, key, object);
        }
        Some(Fate::Goes) => {
            let name = text(&object, "/metadata/name");
            let place = Place::of_backup(state, &object);
            if place.is_none_or(|place| place.delete(state, name).is_ok()) {
                state.remove(key);
            }
        }
    }
}
