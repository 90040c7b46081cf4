//! Restores: New, InProgress, Finalizing, Completed, one after the other, as the one worker of the server takes them.
//! The data of their volumes are awaited while they are InProgress. Must not know how an object is made.

mod changes;
mod files;
mod items;
mod objects;
mod volumes;

pub use volumes::waits as waits_for_volumes;

use super::bucket::Place;
use super::{Controller, objects as all, runs, text, write};
use crate::sandbox::kubernetes::write::REACTION;
use crate::sandbox::state::{State, Task, VELERO_NAMESPACE, stamp};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long a restore takes to read its backup, and each of its volumes to be filled.
const TAKES: SignedDuration = SignedDuration::from_secs(2);
/// How long a restore is Finalizing.
const FINALIZING: SignedDuration = SignedDuration::from_secs(1);
/// Holds a Restore until its files are gone from the bucket.
const FINALIZER: &str = "restores.velero.io/external-resources-finalizer";
/// What no restore brings; the server writes it into each.
const NEVER: &[&str] = &[
    "nodes",
    "events",
    "events.events.k8s.io",
    "backups.velero.io",
    "restores.velero.io",
    "resticrepositories.velero.io",
    "csinodes.storage.k8s.io",
    "volumeattachments.storage.k8s.io",
    "backuprepositories.velero.io",
];
/// What the finalizer says on every cluster that has no such type.
const NO_GROUP_SNAPSHOTS: &str = "failed to list stub VolumeGroupSnapshotContents: no matches for kind \"VolumeGroupSnapshotContent\" in version \"groupsnapshot.storage.k8s.io/v1beta2\"";

/// What the worker is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restoring {
    /// Key of the Restore.
    pub restore: String,
    /// What came of its objects, once they were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What came of the objects of a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// By type (`apps/v1/Deployment`), then by `namespace/name` or `name`.
    pub items: BTreeMap<String, BTreeMap<String, Action>>,
    /// Warnings and errors.
    #[serde(flatten)]
    pub said: Said,
    /// Hooks that ran.
    pub hooks: u64,
}

/// What a restore has to say, in the form of its results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    errors: Messages,
    warnings: Messages,
}

/// Messages of one weight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Messages {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    velero: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cluster: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    namespaces: BTreeMap<String, Vec<String>>,
}

/// What was done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not there.
    Created,
    /// It was there and was changed.
    Updated,
    /// It is not for restoring, or was there as it is in the backup.
    Skipped,
    /// It was there and is another, or was refused.
    Failed,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

impl Messages {
    fn add(&mut self, namespace: Option<&str>, message: String) {
        match namespace {
            None => self.cluster.push(message),
            Some(name) => {
                let of_it = self.namespaces.entry(name.to_owned()).or_default();
                of_it.push(message);
            }
        }
    }
    fn count(&self) -> usize {
        let named: usize = self.namespaces.values().map(Vec::len).sum();
        self.velero.len() + self.cluster.len() + named
    }
}

/// Looks at a Restore that is new, or that is to go.
pub fn reconcile(state: &mut State, key: &str) {
    if !runs(state, Controller::Restore) {
        return;
    }
    let going = state
        .objects
        .get(key)
        .is_some_and(|object| !text(object, "/metadata/deletionTimestamp").is_empty());
    if going {
        let_go(state, key);
    } else {
        take_next(state);
    }
}

/// Takes what waits, oldest first, until one of them runs.
fn take_next(state: &mut State) {
    let mut waiting: Vec<(String, String)> = all(state, "restores")
        .into_iter()
        .filter(|(_, object)| matches!(text(object, "/status/phase"), "" | "New"))
        .map(|(key, object)| (text(&object, "/metadata/creationTimestamp").to_owned(), key))
        .collect();
    waiting.sort();
    for (_, key) in waiting {
        let busy = state
            .velero
            .as_ref()
            .is_none_or(|velero| velero.restoring.is_some());
        if busy {
            return;
        }
        begin(state, &key);
    }
}

fn begin(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let mut finalizers = texts(&object, "/metadata/finalizers");
    if !finalizers.iter().any(|one| one == FINALIZER) {
        finalizers.push(FINALIZER.to_owned());
    }
    object["metadata"]["finalizers"] = json!(finalizers);
    let errors = complete(state, &mut object);
    if errors.is_empty() {
        object["status"]["phase"] = json!("InProgress");
        object["status"]["startTimestamp"] = json!(stamp(state.now));
        if let Some(velero) = &mut state.velero {
            velero.restoring = Some(Restoring {
                restore: key.to_owned(),
                outcome: None,
            });
        }
        state.wake_after(TAKES, Task::Restore, key);
    } else {
        object["status"]["phase"] = json!("FailedValidation");
        object["status"]["validationErrors"] = json!(errors);
    }
    write(state, key, object);
}

fn texts(object: &Value, pointer: &str) -> Vec<String> {
    let list = object.pointer(pointer).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Fills in what the server fills in; returns what is wrong with it.
fn complete(state: &State, object: &mut Value) -> Vec<String> {
    let mut excluded = texts(object, "/spec/excludedResources");
    for never in NEVER {
        if !excluded.iter().any(|one| one == never) {
            excluded.push((*never).to_owned());
        }
    }
    object["spec"]["excludedResources"] = json!(excluded);
    if matches!(text(object, "/spec/itemOperationTimeout"), "" | "0s") {
        object["spec"]["itemOperationTimeout"] = json!("4h0m0s");
    }
    let mut errors = wrong_lists(object);
    let policy = text(object, "/spec/existingResourcePolicy");
    if !matches!(policy, "" | "none" | "update") {
        errors.push(format!("Invalid ExistingResourcePolicy: {policy}"));
    }
    match source(state, object) {
        Ok(schedule) => {
            if !schedule.is_empty() {
                object["spec"]["scheduleName"] = json!(schedule);
            }
            errors.extend(changes::of(state, object).err());
        }
        // Nothing more is looked at.
        Err(why) => errors.push(why),
    }
    errors
}

fn wrong_lists(object: &Value) -> Vec<String> {
    let included = texts(object, "/spec/includedResources");
    let never = NEVER.iter().filter(|never| {
        let is_it = |one: &String| one == *never;
        included.iter().any(is_it)
    });
    let mut errors: Vec<String> = never
        .map(|never| format!("{never} are non-restorable resources"))
        .collect();
    for (lists, what) in [
        (["includedResources", "excludedResources"], "resource"),
        (["includedNamespaces", "excludedNamespaces"], "namespace"),
    ] {
        let [included, excluded] = lists.map(|list| texts(object, &format!("/spec/{list}")));
        let wrong = |why: String| format!("Invalid included/excluded {what} lists: {why}");
        if included.len() > 1 && included.iter().any(|one| one == "*") {
            let why = "includes list must either contain '*' only, or a non-empty list of items";
            errors.push(wrong(why.to_owned()));
        }
        if excluded.iter().any(|one| one == "*") {
            errors.push(wrong("excludes list cannot contain '*'".to_owned()));
        }
        for both in excluded.iter().filter(|one| included.contains(one)) {
            let why = "excludes list cannot contain an item in the includes list";
            errors.push(wrong(format!("{why}: {both}")));
        }
    }
    errors
}

/// The name of the schedule whose backup it is, which may be empty.
fn source(state: &State, object: &Value) -> Result<String, String> {
    let name = text(object, "/spec/backupName");
    if name.is_empty() || !text(object, "/spec/scheduleName").is_empty() {
        return Err("Either a backup or schedule must be specified as a source for the restore, but not both".to_owned());
    }
    let retrieving = |why: String| format!("Error retrieving backup: {why}");
    let key = format!("backups.velero.io/{VELERO_NAMESPACE}/{name}");
    let backup = state.objects.get(&key).ok_or_else(|| {
        retrieving(format!(
            "can't find backup {VELERO_NAMESPACE}/{name}: Backup.velero.io {name:?} not found"
        ))
    })?;
    let place = text(backup, "/spec/storageLocation");
    let key = format!("backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{place}");
    let location = state.objects.get(&key).ok_or_else(|| {
        retrieving(format!(
            "BackupStorageLocation.velero.io {place:?} not found"
        ))
    })?;
    if text(location, "/status/phase") != "Available" {
        return Err(format!(
            "The BSL {place} is unavailable, cannot retrieve the backup"
        ));
    }
    let labels = backup.pointer("/metadata/labels");
    let schedule = labels.and_then(|labels| labels.get("velero.io/schedule-name"));
    Ok(schedule
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned())
}

/// A restore goes on: its objects are made, then its volumes are filled, then it is finalized.
pub fn advance(state: &mut State, key: &str) {
    if !runs(state, Controller::Restore) {
        return;
    }
    let Some(object) = state.objects.get(key).cloned() else {
        return;
    };
    match text(&object, "/status/phase") {
        "InProgress" => work(state, key, object),
        "Finalizing" | "FinalizingPartiallyFailed" => finish(state, key, object),
        _ => {}
    }
}

fn work(state: &mut State, key: &str, restore: Value) {
    let at = state
        .velero
        .as_ref()
        .and_then(|velero| velero.restoring.clone())
        .filter(|at| at.restore == key);
    let Some(at) = at else { return };
    match at.outcome {
        None => match objects::make(state, &restore) {
            Ok((outcome, volumes)) => {
                made(state, key, outcome);
                if volumes > 0 {
                    state.wake_after(TAKES, Task::Restore, key);
                } else {
                    advance(state, key);
                }
            }
            Err(why) => fail(state, key, &why),
        },
        Some(mut outcome) => {
            volumes::fill(state, &restore, &mut outcome);
            end(state, key, outcome);
        }
    }
}

/// Its objects are there.
fn made(state: &mut State, key: &str, outcome: Outcome) {
    let count: usize = outcome.items.values().map(BTreeMap::len).sum();
    if let Some(mut object) = state.objects.get(key).cloned() {
        object["status"]["progress"] = json!({"itemsRestored": count, "totalItems": count});
        write(state, key, object);
    }
    if let Some(velero) = &mut state.velero {
        velero.restoring = Some(Restoring {
            restore: key.to_owned(),
            outcome: Some(outcome),
        });
    }
}

/// Its work is done: it leaves its files, and the worker is free.
fn end(state: &mut State, key: &str, mut outcome: Outcome) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    if let Some(place) = place(state, &object) {
        let name = text(&object, "/metadata/name").to_owned();
        // Of what cannot be written only the log counts as an error.
        if let Err(why) = files::write_log(state, (&place, &name)) {
            let message = format!("error uploading log file to backup storage: {why}");
            outcome.said.errors.velero.push(message);
        }
        files::write(state, (&place, &name), &outcome);
    }
    count(&mut object, &outcome.said);
    object["status"]["phase"] = json!(if outcome.said.errors.count() > 0 {
        "FinalizingPartiallyFailed"
    } else {
        "Finalizing"
    });
    // How many hooks there were is known to the process alone until the finalizer writes it.
    object["status"]["hookStatus"] = match outcome.hooks {
        0 => json!({}),
        hooks => json!({"hooksAttempted": hooks}),
    };
    write(state, key, object);
    state.wake_after(FINALIZING, Task::Restore, key);
    free(state);
}

fn free(state: &mut State) {
    if let Some(velero) = &mut state.velero {
        velero.restoring = None;
    }
    take_next(state);
}

/// Numbers that are zero are not written.
fn count(object: &mut Value, said: &Said) {
    for (member, messages) in [("errors", &said.errors), ("warnings", &said.warnings)] {
        if messages.count() > 0 {
            object["status"][member] = json!(messages.count());
        }
    }
}

fn fail(state: &mut State, key: &str, why: &str) {
    if let Some(mut object) = state.objects.get(key).cloned() {
        object["status"]["phase"] = json!("Failed");
        object["status"]["failureReason"] = json!(why);
        object["status"]["completionTimestamp"] = json!(stamp(state.now));
        write(state, key, object);
    }
    free(state);
}

/// The finalizer adds its warning to the results; where it cannot it tries again, without end.
fn finish(state: &mut State, key: &str, mut object: Value) {
    let name = text(&object, "/metadata/name").to_owned();
    let Some(place) = place(state, &object) else {
        object["status"]["phase"] = json!("PartiallyFailed");
        object["status"]["completionTimestamp"] = json!(stamp(state.now));
        write(state, key, object);
        return;
    };
    let mut said = files::read_results(state, (&place, &name));
    said.warnings
        .add(Some("cluster"), NO_GROUP_SNAPSHOTS.to_owned());
    if files::write_results(state, (&place, &name), &said).is_err() {
        state.wake_after(FINALIZING, Task::Restore, key);
        return;
    }
    count(&mut object, &said);
    let is_clean = text(&object, "/status/phase") == "Finalizing";
    object["status"]["phase"] = json!(if is_clean {
        "Completed"
    } else {
        "PartiallyFailed"
    });
    object["status"]["completionTimestamp"] = json!(stamp(state.now));
    write(state, key, object);
}

/// The place of the backup that it restores.
fn place(state: &State, restore: &Value) -> Option<Place> {
    let name = text(restore, "/spec/backupName");
    let backup = state
        .objects
        .get(&format!("backups.velero.io/{VELERO_NAMESPACE}/{name}"))?;
    Place::of_backup(state, backup)
}

/// A Restore that is to go takes its files with it.
fn let_go(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let name = text(&object, "/metadata/name").to_owned();
    if let Some(place) = place(state, &object)
        && place.delete_restore(state, &name).is_err()
    {
        state.wake_after(REACTION, Task::Reconcile, key);
        return;
    }
    let finalizers = object
        .pointer_mut("/metadata/finalizers")
        .and_then(Value::as_array_mut);
    let left = finalizers.map_or(0, |finalizers| {
        finalizers.retain(|one| one != FINALIZER);
        finalizers.len()
    });
    if left == 0 {
        state.remove(key);
    } else {
        write(state, key, object);
    }
}

/// At its start the server gives up what was running when it ended, and its volumes.
pub fn fail_running(state: &mut State) {
    if let Some(velero) = &mut state.velero {
        velero.restoring = None;
    }
    for (key, mut object) in all(state, "restores") {
        if text(&object, "/status/phase") == "InProgress" {
            object["status"]["phase"] = json!("Failed");
            object["status"]["failureReason"] = json!(
                "found a restore with status \"InProgress\" during the server starting, mark it as \"Failed\""
            );
            object["status"]["completionTimestamp"] = json!(stamp(state.now));
            volumes::cancel(state, &object);
            write(state, &key, object);
        }
    }
}
