//! The volumes of restored Pods: one PodVolumeRestore for each PodVolumeBackup, which the node agent fills. Its data are
//! not moved, there being none. Must not know the bucket.

use super::super::volumes::AGENT;
use super::super::{create, objects as all, text, write};
use super::Outcome;
use crate::sandbox::state::{State, Task, VELERO_NAMESPACE, stamp};
use serde_json::{Value, json};

/// Name of the container that holds a Pod back until its volumes are filled.
pub const WAITER: &str = "restore-wait";

/// A backup of one volume of a Pod.
pub struct Backed {
    volume: String,
    snapshot: String,
    size: Value,
    uploader: String,
}

fn label<'a>(object: &'a Value, name: &str) -> &'a str {
    let labels = object.pointer("/metadata/labels");
    labels
        .and_then(|labels| labels.get(name)?.as_str())
        .unwrap_or_default()
}

/// Volumes of a Pod that the backup holds: those whose backup left a snapshot.
pub fn backed(state: &State, backup: &str, (namespace, pod): (&str, &str)) -> Vec<Backed> {
    let of_pod = |object: &Value| {
        label(object, "velero.io/backup-name") == backup
            && text(object, "/spec/pod/namespace") == namespace
            && text(object, "/spec/pod/name") == pod
            && !text(object, "/status/snapshotID").is_empty()
    };
    all(state, "podvolumebackups")
        .iter()
        .filter(|(_, object)| of_pod(object))
        .map(|(_, object)| Backed {
            volume: text(object, "/spec/volume").to_owned(),
            snapshot: text(object, "/status/snapshotID").to_owned(),
            size: object["status"]["progress"]["totalBytes"].clone(),
            uploader: text(object, "/spec/uploaderType").to_owned(),
        })
        .collect()
}

/// Makes the PodVolumeRestores of a Pod that was made; returns how many there are.
///
/// # Errors
/// There is no node agent.
pub fn begin(
    state: &mut State,
    (restore, source): (&Value, &str),
    pod: &Value,
    volumes: &[Backed],
) -> Result<usize, String> {
    if !state.objects.contains_key(AGENT) {
        return Err("error to check node agent status: daemonset not found".to_owned());
    }
    let (name, uid) = (text(restore, "/metadata/name"), &restore["metadata"]["uid"]);
    for volume in volumes {
        let suffix: String = state.peek_uid().chars().take(5).collect();
        let made = format!("{name}-{suffix}");
        let location = location(state, restore);
        let object = json!({
            "apiVersion": "velero.io/v1", "kind": "PodVolumeRestore",
            "metadata": {
                "name": made, "namespace": VELERO_NAMESPACE, "generateName": format!("{name}-"),
                "labels": {
                    "velero.io/restore-name": name, "velero.io/restore-uid": uid,
                    "velero.io/pod-uid": pod["metadata"]["uid"],
                },
                "ownerReferences": [{
                    "apiVersion": "velero.io/v1", "kind": "Restore", "name": name, "uid": uid, "controller": true,
                }],
            },
            "spec": {
                "pod": {
                    "kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                },
                "volume": volume.volume, "snapshotID": volume.snapshot, "snapshotSize": volume.size,
                "backupStorageLocation": location, "repoIdentifier": "", "uploaderType": volume.uploader,
                "sourceNamespace": source,
            },
        });
        let key = format!("podvolumerestores.velero.io/{VELERO_NAMESPACE}/{made}");
        create(state, &key, object);
    }
    Ok(volumes.len())
}

fn location(state: &State, restore: &Value) -> Value {
    let name = text(restore, "/spec/backupName");
    let key = format!("backups.velero.io/{VELERO_NAMESPACE}/{name}");
    let backup = state.objects.get(&key);
    backup.map_or(Value::Null, |backup| {
        backup["spec"]["storageLocation"].clone()
    })
}

/// Those of one restore.
fn of(state: &State, restore: &Value) -> Vec<(String, Value)> {
    let uid = text(restore, "/metadata/uid");
    let mut found = all(state, "podvolumerestores");
    found.retain(|(_, object)| label(object, "velero.io/restore-uid") == uid);
    found
}

/// The node agent fills them, and their Pods run. A Pod that went meanwhile has none.
pub fn fill(state: &mut State, restore: &Value, outcome: &mut Outcome) {
    for (key, mut object) in of(state, restore) {
        let name = |member: &str| text(&object, &format!("/spec/pod/{member}")).to_owned();
        let pod = format!("pods/{}/{}", name("namespace"), name("name"));
        let is_there = state.objects.contains_key(&pod);
        let size = object["spec"]["snapshotSize"].clone();
        object["status"] = if is_there {
            json!({"phase": "Completed", "progress": {"totalBytes": size, "bytesDone": size}})
        } else {
            json!({"phase": "Failed", "message": "its pod is gone"})
        };
        object["status"]["startTimestamp"] = json!(stamp(state.now));
        object["status"]["completionTimestamp"] = json!(stamp(state.now));
        write(state, &key, object);
        if is_there {
            let now = crate::sandbox::kubernetes::write::REACTION;
            state.wake_after(now, Task::RollOut, &pod);
        } else {
            let message = "pod volume restore failed: its pod is gone";
            outcome.said.errors.velero.push(message.to_owned());
        }
    }
}

/// A restore that was given up: what was not filled is not filled.
pub fn cancel(state: &mut State, restore: &Value) {
    for (key, mut object) in of(state, restore) {
        if text(&object, "/status/phase").is_empty() {
            object["spec"]["cancel"] = json!(true);
            object["status"] =
                json!({"phase": "Canceled", "completionTimestamp": stamp(state.now)});
            write(state, &key, object);
        }
    }
}

/// Whether a Pod still waits for its volumes.
pub fn waits(state: &State, pod: &Value) -> bool {
    let first = text(pod, "/spec/initContainers/0/name");
    first == WAITER
        && all(state, "podvolumerestores").iter().any(|(_, object)| {
            text(object, "/spec/pod/uid") == text(pod, "/metadata/uid")
                && text(object, "/status/phase") != "Completed"
        })
}
