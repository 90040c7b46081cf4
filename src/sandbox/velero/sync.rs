//! Synchronisation: what is in a location's bucket and not in the cluster appears there, and what has gone from the bucket
//! goes. It asks for no right to write: a ReadOnly location is synchronised too. Must not know who called.

use super::bucket::Place;
use super::{create, files, objects, text, time, write};
use crate::sandbox::state::{State, VELERO_NAMESPACE, stamp};
use serde_json::{Value, json};

/// Synchronises a location and notes that it did.
pub fn run(state: &mut State, key: &str) {
    let Some(mut location) = state.objects.get(key).cloned() else {
        return;
    };
    let place = Place::of(&location);
    // A bucket that cannot be listed is tried again: nothing is concluded from it.
    let Ok(names) = place.backups(state) else {
        return;
    };
    let here = text(&location, "/metadata/name").to_owned();
    for name in &names {
        let backup = format!("backups.velero.io/{VELERO_NAMESPACE}/{name}");
        // A name that is there is there, whatever its location.
        if state.objects.contains_key(&backup) {
            continue;
        }
        let found = place.read(state, name, files::METADATA);
        let found = found
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(object) = found.and_then(|object| brought(state, object, &here)) {
            create(state, &backup, object);
            bring_volumes(state, (&place, &here), &backup);
        }
    }
    remove_orphans(state, &names, &here);
    location["status"]["lastSyncedTime"] = json!(stamp(state.now));
    write(state, key, location);
}

/// The object as it appears in the cluster; none where it is not finished and may still be.
fn brought(state: &State, mut object: Value, location: &str) -> Option<Value> {
    let unfinished = matches!(
        text(&object, "/status/phase"),
        "WaitingForPluginOperations"
            | "WaitingForPluginOperationsPartiallyFailed"
            | "Finalizing"
            | "FinalizingPartiallyFailed"
    );
    if unfinished {
        // One that expired comes, so that it can be deleted.
        time(&object, "/status/expiration").filter(|expiration| *expiration <= state.now)?;
        object["status"]["phase"] = json!("PartiallyFailed");
    }
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    metadata.insert("namespace".to_owned(), json!(VELERO_NAMESPACE));
    metadata.remove("resourceVersion");
    if let Some(Value::Array(owners)) = metadata.get_mut("ownerReferences") {
        owners.retain(|owner| is_here(state, owner));
        if owners.is_empty() {
            metadata.remove("ownerReferences");
        }
    }
    object["metadata"]["labels"]["velero.io/storage-location"] = json!(location);
    object["spec"]["storageLocation"] = json!(location);
    Some(object)
}

/// Brings the PodVolumeBackups of a backup that has just come. It is tried this once: what does not come now never does.
fn bring_volumes(state: &mut State, (place, location): (&Place, &str), backup: &str) {
    let Some(metadata) = state
        .objects
        .get(backup)
        .map(|object| object["metadata"].clone())
    else {
        return;
    };
    let name = text(&metadata, "/name");
    let file = place.read(state, name, &files::pod_volume_backups(name));
    let Some(Value::Array(volumes)) = file.ok().and_then(|bytes| files::unzipped(&bytes)) else {
        return;
    };
    for mut volume in volumes {
        let key = format!(
            "podvolumebackups.velero.io/{VELERO_NAMESPACE}/{}",
            text(&volume, "/metadata/name")
        );
        if state.objects.contains_key(&key) {
            continue;
        }
        let owners = volume.pointer_mut("/metadata/ownerReferences");
        for owner in owners.and_then(Value::as_array_mut).into_iter().flatten() {
            if text(owner, "/kind") == "Backup" && text(owner, "/name") == name {
                owner["uid"] = metadata["uid"].clone();
            }
        }
        if let Some(uid) = volume.pointer_mut("/metadata/labels/velero.io~1backup-uid") {
            *uid = metadata["uid"].clone();
        }
        volume["metadata"]["namespace"] = json!(VELERO_NAMESPACE);
        volume["spec"]["backupStorageLocation"] = json!(location);
        create(state, &key, volume);
    }
}

/// Whether an owner is the Schedule of this cluster: one of the same name is another.
fn is_here(state: &State, owner: &Value) -> bool {
    let name = text(owner, "/name");
    let schedule = format!("schedules.velero.io/{VELERO_NAMESPACE}/{name}");
    text(owner, "/kind") != "Schedule"
        || state
            .objects
            .get(&schedule)
            .is_some_and(|schedule| schedule["metadata"]["uid"] == owner["uid"])
}

/// Finished backups of a location that are not in its bucket.
fn remove_orphans(state: &mut State, names: &[String], location: &str) {
    for (key, object) in objects(state, "backups") {
        let label = object
            .pointer("/metadata/labels")
            .and_then(|labels| labels.get("velero.io/storage-location"));
        let name = text(&object, "/metadata/name");
        let is_finished = matches!(
            text(&object, "/status/phase"),
            "Completed" | "PartiallyFailed"
        );
        if label == Some(&json!(location)) && is_finished && !names.iter().any(|one| one == name) {
            state.remove(&key);
        }
    }
}
