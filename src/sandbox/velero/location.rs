//! BackupStorageLocations: validation, the one default, synchronisation times.

use super::bucket::Place;
use super::{after, objects, text, time, write};
use crate::model::duration::GoDuration;
use crate::sandbox::state::{State, VELERO_NAMESPACE, stamp};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Flags `--store-validation-frequency` and `--backup-sync-period`, at their defaults.
const FREQUENCY: SignedDuration = SignedDuration::from_secs(60);

/// Keys that the AWS plugin knows in `config`, in the order of its message. bucket, prefix, caCert and credentialsFile
/// are put there by Velero.
const AWS_KEYS: &[&str] = &[
    "region",
    "s3Url",
    "publicUrl",
    "kmsKeyId",
    "customerKeyEncryptionFile",
    "customerKeyEncryptionSecret",
    "s3ForcePathStyle",
    "signatureVersion",
    "credentialsFile",
    "profile",
    "serverSideEncryption",
    "insecureSkipTLSVerify",
    "enableSharedConfig",
    "tagging",
    "checksumAlgorithm",
];

fn duration(object: &Value, pointer: &str) -> SignedDuration {
    let given: Option<GoDuration> = text(object, pointer).parse().ok();
    match given {
        None => FREQUENCY,
        Some(given) if given.is_negative() => FREQUENCY,
        Some(given) => SignedDuration::from_nanos(given.nanoseconds()),
    }
}

/// When it is validated next: at once if never, then after its frequency; 0 means once.
pub fn next_validation(object: &Value) -> Option<Timestamp> {
    let Some(last) = time(object, "/status/lastValidationTime") else {
        return Some(Timestamp::MIN);
    };
    let frequency = duration(object, "/spec/validationFrequency");
    (!frequency.is_zero()).then(|| after(last, frequency))
}

/// When its backups are synchronised next; only if it is Available, and 0 means never.
pub fn next_sync(object: &Value) -> Option<Timestamp> {
    let period = duration(object, "/spec/backupSyncPeriod");
    if text(object, "/status/phase") != "Available" || period.is_zero() {
        return None;
    }
    Some(time(object, "/status/lastSyncedTime").map_or(Timestamp::MIN, |last| after(last, period)))
}

/// Validates a location and writes what came of it.
pub fn reconcile(state: &mut State, key: &str) {
    ensure_single_default(state);
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let name = text(&object, "/metadata/name").to_owned();
    let status = match validate(state, &object) {
        Ok(()) => json!({"phase": "Available", "lastValidationTime": stamp(state.now)}),
        Err(why) => {
            let message = format!("BackupStorageLocation {name:?} is unavailable: {why}");
            json!({"phase": "Unavailable", "lastValidationTime": stamp(state.now), "message": message})
        }
    };
    let synced = object.pointer("/status/lastSyncedTime").cloned();
    object["status"] = status;
    if let Some(synced) = synced {
        object["status"]["lastSyncedTime"] = synced;
    }
    write(state, key, object);
}

fn validate(state: &State, object: &Value) -> Result<(), String> {
    let storage = object
        .pointer("/spec/objectStorage")
        .ok_or("backup storage location does not use object storage")?;
    if storage.get("caCert").is_some() && storage.get("caCertRef").is_some() {
        return Err("cannot specify both caCert and caCertRef in objectStorage".to_owned());
    }
    let provider = text(object, "/spec/provider");
    if provider.is_empty() {
        return Err("object storage provider name must not be empty".to_owned());
    }
    let given = text(object, "/spec/objectStorage/bucket");
    let bucket = given.trim_matches('/');
    if bucket.contains('/') && !bucket.starts_with("arn:aws:s3:") {
        let advice =
            "must not contain a '/' (if using a prefix, put it in the 'Prefix' field instead)";
        return Err(format!(
            "backup storage location's bucket name {given:?} {advice}"
        ));
    }
    secret(state, storage.get("caCertRef"))
        .map_err(|why| format!("error getting CA certificate from secret: {why}"))?;
    secret(state, object.pointer("/spec/credential"))
        .map_err(|why| format!("unable to get credentials: {why}"))?;
    if !matches!(provider, "aws" | "velero.io/aws") {
        let full = if provider.contains('/') {
            provider.to_owned()
        } else {
            format!("velero.io/{provider}")
        };
        return Err(format!("unable to locate ObjectStore plugin named {full}"));
    }
    let keys = object.pointer("/spec/config").and_then(Value::as_object);
    let unknown: Vec<&str> = keys
        .into_iter()
        .flat_map(|keys| keys.keys())
        .map(String::as_str)
        .filter(|key| !AWS_KEYS.contains(key))
        .collect();
    if !unknown.is_empty() {
        let valid = [AWS_KEYS, &["bucket", "prefix", "caCert"]]
            .concat()
            .join(" ");
        return Err(format!(
            "rpc error: code = Unknown desc = config has invalid keys [{}]; valid keys are [{valid}]",
            unknown.join(" ")
        ));
    }
    let strangers = Place::of(object).strangers(state).map_err(|why| {
        format!("rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response error StatusCode: 404, RequestID: , HostID: , NoSuchBucket: {why}")
    })?;
    match strangers.as_slice() {
        [] => Ok(()),
        [_] | [_, _] | [_, _, _] => Err(format!(
            "Backup store contains invalid top-level directories: [{}]",
            strangers.join(" ")
        )),
        [one, two, three, ..] => Err(format!(
            "Backup store contains {} invalid top-level directories: [{one} {two} {three} ...]",
            strangers.len()
        )),
    }
}

fn secret(state: &State, selector: Option<&Value>) -> Result<(), String> {
    let Some(selector) = selector else {
        return Ok(());
    };
    let (name, entry) = (text(selector, "/name"), text(selector, "/key"));
    let secret = state
        .objects
        .get(&format!("secrets/{VELERO_NAMESPACE}/{name}"))
        .ok_or_else(|| format!("unable to get key for secret: Secret {name:?} not found"))?;
    let data = ["data", "stringData"]
        .iter()
        .filter_map(|part| secret.get(*part));
    if data.into_iter().any(|data| data.get(entry).is_some()) {
        return Ok(());
    }
    Err(format!(
        "unable to get key for secret: data for secret {name:?} does not contain key {entry:?}"
    ))
}

/// Of several defaults the one created last stays.
fn ensure_single_default(state: &mut State) {
    let defaults: Vec<(String, Value)> = objects(state, "backupstoragelocations")
        .into_iter()
        .filter(|(_, object)| object.pointer("/spec/default") == Some(&json!(true)))
        .collect();
    let created = |object: &Value| text(object, "/metadata/creationTimestamp").to_owned();
    let mut stays: Option<&(String, Value)> = None;
    for candidate in &defaults {
        // The first of equals stays, as the server compares.
        if stays.is_none_or(|(_, newest)| created(newest) < created(&candidate.1)) {
            stays = Some(candidate);
        }
    }
    let Some(stays) = stays.map(|(key, _)| key.clone()) else {
        return;
    };
    for (key, mut object) in defaults.into_iter().filter(|(key, _)| *key != stays) {
        // `default` is left out of the JSON when it is false.
        if let Some(Value::Object(spec)) = object.get_mut("spec") {
            spec.remove("default");
        }
        write(state, &key, object);
    }
}

/// At its start the server marks the location with its default name.
pub fn mark_default(state: &mut State, name: &str) {
    let key = format!("backupstoragelocations.velero.io/{VELERO_NAMESPACE}/{name}");
    let Some(mut object) = state.objects.get(&key).cloned() else {
        return;
    };
    object["spec"]["default"] = json!(true);
    write(state, &key, object);
}
