//! Volumes of Pods in a backup: one PodVolumeBackup each, made by the node agent, and what the backup says of them. Their
//! data are not moved, there being none. Must not know what is in the bucket.

use super::bucket::Place;
use super::contents::Item;
use super::{create, repository, text};
use crate::sandbox::state::{State, VELERO_NAMESPACE, stamp};
use serde_json::{Value, json};
use sha2::Digest;

/// Key of the node agent, without which no volume is read or filled.
pub const AGENT: &str = "daemonsets.apps/velero/node-agent";

/// What a backup says of its volumes.
#[derive(Debug, Default)]
pub struct Copied {
    /// Its PodVolumeBackups.
    pub copies: Vec<Value>,
    /// What it says of each volume that is bound.
    pub infos: Vec<Value>,
    /// Why volumes are not in it.
    pub errors: Vec<String>,
}

/// Copies the volumes of the Pods among the items that are to be copied.
pub fn copy(state: &mut State, backup: &Value, items: &[Item]) -> Copied {
    let mut copied = Copied::default();
    let pods = items.iter().filter(|item| item.resource.plural == "pods");
    for pod in pods.filter(|pod| text(&pod.object, "/status/phase") == "Running") {
        let volumes = wanted(&backup["spec"], &pod.object);
        if !volumes.is_empty() && !state.objects.contains_key(AGENT) {
            let message = "error to check node agent status: daemonset not found";
            copied.errors.push(message.to_owned());
            continue;
        }
        for volume in volumes {
            if let Some(place) = Place::of_backup(state, backup) {
                repository::ensure(state, &place, text(&pod.object, "/metadata/namespace"));
            }
            let copy = copy_of(state, backup, (&pod.object, volume));
            copied.infos.extend(info(items, &copy));
            copied.copies.push(copy);
        }
    }
    copied
}

/// Volumes of a Pod that the backup is to hold: told by the Pod, or all of a kind that can be.
fn wanted<'a>(spec: &Value, pod: &'a Value) -> Vec<&'a Value> {
    let annotation = |name: &str| {
        let annotations = pod.pointer("/metadata/annotations");
        let given =
            annotations.and_then(|all| all.get(format!("backup.velero.io/{name}"))?.as_str());
        let given = given.unwrap_or_default().split(',').map(str::trim);
        given.map(str::to_owned).collect::<Vec<_>>()
    };
    let (named, left_out) = (
        annotation("backup-volumes"),
        annotation("backup-volumes-excludes"),
    );
    let all = spec.get("defaultVolumesToFsBackup") == Some(&json!(true));
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    let is_data = |volume: &Value| {
        ["persistentVolumeClaim", "emptyDir"]
            .iter()
            .any(|kind| volume.get(kind).is_some())
    };
    let is_in =
        |list: &[String], volume: &Value| list.iter().any(|one| volume["name"] == json!(one));
    let volumes = volumes.into_iter().flatten();
    let volumes = volumes.filter(|volume| is_data(volume));
    volumes
        .filter(|volume| (all && !is_in(&left_out, volume)) || is_in(&named, volume))
        .collect()
}

fn copy_of(state: &mut State, backup: &Value, (pod, volume): (&Value, &Value)) -> Value {
    let backup_name = text(backup, "/metadata/name");
    let suffix: String = state.peek_uid().chars().take(5).collect();
    let name = format!("{backup_name}-{suffix}");
    let snapshot = hex::encode(sha2::Sha256::digest(&name));
    let mut object = json!({
        "apiVersion": "velero.io/v1", "kind": "PodVolumeBackup",
        "metadata": {
            "name": name, "namespace": VELERO_NAMESPACE, "generateName": format!("{backup_name}-"),
            "labels": {"velero.io/backup-name": backup_name, "velero.io/backup-uid": backup["metadata"]["uid"]},
            "ownerReferences": [{
                "apiVersion": "velero.io/v1", "kind": "Backup", "name": backup_name,
                "uid": backup["metadata"]["uid"], "controller": true,
            }],
        },
        "spec": {
            "backupStorageLocation": backup["spec"]["storageLocation"], "node": "sandbox", "repoIdentifier": "",
            "uploaderType": "kopia", "volume": volume["name"],
            "pod": {
                "kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            },
        },
        "status": {
            "phase": "Completed", "snapshotID": snapshot.get(..32), "startTimestamp": stamp(state.now),
            "completionTimestamp": stamp(state.now), "progress": {"totalBytes": 1024, "bytesDone": 1024},
        },
    });
    if let Some(claim) = volume.pointer("/persistentVolumeClaim/claimName") {
        object["metadata"]["annotations"]["velero.io/pvc-name"] = claim.clone();
    }
    let key = format!("podvolumebackups.velero.io/{VELERO_NAMESPACE}/{name}");
    create(state, &key, object.clone());
    state.objects.get(&key).cloned().unwrap_or(object)
}

/// What volumeinfo says of a copy: nothing where no claim is bound to it.
fn info(items: &[Item], copy: &Value) -> Option<Value> {
    let namespace = text(copy, "/spec/pod/namespace");
    let annotations = copy.pointer("/metadata/annotations")?;
    let name = annotations.get("velero.io/pvc-name")?.as_str()?;
    let claim = items.iter().find(|item| {
        item.resource.plural == "persistentvolumeclaims"
            && item.name == name
            && item.namespace.as_deref() == Some(namespace)
    })?;
    let volume = text(&claim.object, "/spec/volumeName");
    if volume.is_empty() {
        return None;
    }
    let status = &copy["status"];
    Some(json!({
        "pvcName": name, "pvcNamespace": namespace, "pvName": volume, "backupMethod": "PodVolumeBackup",
        "snapshotDataMoved": false, "preserveLocalSnapshot": false, "skipped": false, "result": "succeeded",
        "startTimestamp": status["startTimestamp"], "completionTimestamp": status["completionTimestamp"],
        "pvbInfo": {
            "snapshotHandle": status["snapshotID"], "size": status["progress"]["totalBytes"], "uploaderType": "kopia",
            "volumeName": copy["spec"]["volume"], "podName": copy["spec"]["pod"]["name"], "podNamespace": namespace,
            "nodeName": copy["spec"]["node"], "Phase": "Completed",
        },
        "pvInfo": {"reclaimPolicy": "Delete", "labels": {}},
    }))
}
