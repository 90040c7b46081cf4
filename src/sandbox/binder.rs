//! Binds the claims of a Pod to volumes of one class, which are made when the first Pod that mounts them appears, as by a
//! class that waits for its first consumer. Must not know who made the Pod.

use super::state::{State, stamp};
use serde_json::{Value, json};

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Binds the claims that a Pod mounts; one that is bound stays as it is, one that is not there is waited for by nobody.
pub fn bind_claims(state: &mut State, pod: &Value) {
    let namespace = text(pod, "/metadata/namespace");
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    for volume in volumes.into_iter().flatten() {
        let claim = text(volume, "/persistentVolumeClaim/claimName");
        bind(
            state,
            &format!("persistentvolumeclaims/{namespace}/{claim}"),
        );
    }
}

fn bind(state: &mut State, key: &str) {
    let Some(mut claim) = state.objects.get(key).cloned() else {
        return;
    };
    if text(&claim, "/status/phase") == "Bound" {
        return;
    }
    let name = match text(&claim, "/spec/volumeName") {
        "" => format!("pvc-{}", text(&claim, "/metadata/uid")),
        given => given.to_owned(),
    };
    let volume = format!("persistentvolumes/{name}");
    if !state.objects.contains_key(&volume) {
        let made = provisioned(state, &name, &claim);
        state.take_uid();
        state.store(&volume, made);
    }
    for annotation in ["bind-completed", "bound-by-controller"] {
        claim["metadata"]["annotations"][format!("pv.kubernetes.io/{annotation}")] = json!("yes");
    }
    claim["spec"]["volumeName"] = json!(name);
    claim["status"] = json!({
        "phase": "Bound", "accessModes": claim["spec"]["accessModes"],
        "capacity": claim["spec"]["resources"]["requests"],
    });
    state.store(key, claim);
}

fn provisioned(state: &State, name: &str, claim: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "uid": state.peek_uid(), "creationTimestamp": stamp(state.now)},
        "spec": {
            "accessModes": claim["spec"]["accessModes"], "capacity": claim["spec"]["resources"]["requests"],
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim["metadata"]["namespace"],
                "name": claim["metadata"]["name"], "uid": claim["metadata"]["uid"],
            },
            "csi": {"driver": "volumes.sandbox", "volumeHandle": name},
            "persistentVolumeReclaimPolicy": "Delete",
        },
        "status": {"phase": "Bound"},
    })
}

/// Deletes the volume of a claim that is gone, where it is not to be kept.
pub fn reclaim(state: &mut State, claim: &str) {
    let of_it = |volume: &Value| {
        text(volume, "/spec/claimRef/uid") == claim
            && text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete"
    };
    let keys: Vec<String> = state
        .list("persistentvolumes", None)
        .filter(|(_, volume)| of_it(volume))
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        state.remove(&key);
    }
}
