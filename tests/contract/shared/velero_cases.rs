//! The contract of the Velero server 1.18, as far as plans wait for it or must not be surprised by it. They run in
//! namespace `velero`, where the server lives; each case uses names of its own. The bucket `contract` exists.
//!
//! On a real server a case takes up to four minutes: schedules are looked at each minute.

use super::case::{Case, How, Step};
use serde_json::{Value, json};

const LOCATIONS: &str = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";
const SCHEDULES: &str = "/apis/velero.io/v1/namespaces/velero/schedules";

pub fn location(name: &str, bucket: &str, more: Value) -> Step {
    let config = json!({"region": "us-east-1", "s3Url": "$s3", "s3ForcePathStyle": "true", "checksumAlgorithm": ""});
    let mut spec = json!({"provider": "aws", "objectStorage": {"bucket": bucket, "prefix": "$id"}, "config": config});
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    Step::post(
        LOCATIONS,
        json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": {"name": name}, "spec": spec}),
    )
}
fn schedule(spec: Value) -> Step {
    Step::post(
        SCHEDULES,
        json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "$id", "labels": {"own": "label"}}, "spec": spec}),
    )
}
fn one(of: &str) -> String {
    format!("{of}/$id")
}
fn backups() -> Step {
    Step::get(
        "/apis/velero.io/v1/namespaces/velero/backups?labelSelector=velero.io%2Fschedule-name%3D$id",
    )
}
fn removed(of: &str) -> Step {
    Step::delete(&one(of), Value::Null)
}

pub fn available(seconds: i64) -> Step {
    Step::get(&one(LOCATIONS))
        .gives(
            200,
            json!({"status": {"phase": "Available", "lastValidationTime": "$any"}}),
        )
        .how(How::Within(seconds))
}
fn enabled() -> Step {
    Step::get(&one(SCHEDULES))
        .gives(200, json!({"status": {"phase": "Enabled"}}))
        .how(How::Within(75))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [locations(), schedules(), runs(), super::restores::refused()]
        .into_iter()
        .flatten()
        .collect()
}

fn locations() -> Vec<Case> {
    vec![
        Case { name: "velero_location_available", steps: vec![location("$id", "contract", json!({})), available(30), removed(LOCATIONS)] },
        Case { name: "velero_location_unknown_bucket", steps: vec![
            location("$id", "no-such-bucket", json!({})),
            Step::get(&one(LOCATIONS)).how(How::Within(30)).gives(200, json!({"status": {"phase": "Unavailable", "message": "$starts BackupStorageLocation \"$id\" is unavailable: "}})),
            Step::get(&one(LOCATIONS)).gives(200, json!({"status": {"message": "$has NoSuchBucket"}})),
            removed(LOCATIONS),
        ] },
        Case { name: "velero_location_unknown_key", steps: vec![
            location("$id", "contract", json!({"config": {"region": "us-east-1", "regoin": "x"}})),
            Step::get(&one(LOCATIONS)).how(How::Within(30)).gives(200, json!({"status": {"phase": "Unavailable", "message": "$has config has invalid keys [regoin]"}})),
            removed(LOCATIONS),
        ] },
        Case { name: "velero_default_flips", steps: vec![
            location("$id-old", "contract", json!({"default": true})),
            Step::get("/version").how(How::Throughout(2)),
            location("$id-new", "contract", json!({"default": true})),
            Step::get(&format!("{LOCATIONS}/$id-old")).how(How::Within(30)).gives(200, json!({"spec": {"default": "$absent"}})),
            Step::get(&format!("{LOCATIONS}/$id-new")).gives(200, json!({"spec": {"default": true}})),
            Step::delete(&format!("{LOCATIONS}/$id-old"), Value::Null),
            Step::delete(&format!("{LOCATIONS}/$id-new"), Value::Null),
        ] },
    ]
}

fn schedules() -> Vec<Case> {
    vec![
        Case { name: "velero_schedule_enabled", steps: vec![
            schedule(json!({"schedule": "0 1 1 1 *", "template": {}})),
            enabled(),
            Step::get(&one(SCHEDULES)).gives(200, json!({"spec": {"skipImmediately": false}, "status": {"validationErrors": "$absent", "lastBackup": "$absent"}})),
            removed(SCHEDULES),
        ] },
        Case { name: "velero_schedule_bad_cron", steps: vec![
            schedule(json!({"schedule": "bad cron", "template": {}})),
            Step::get(&one(SCHEDULES)).how(How::Within(75)).gives(200, json!({
                "status": {"phase": "FailedValidation", "validationErrors": ["invalid schedule: expected exactly 5 fields, found 2: [bad cron]"]},
            })),
            removed(SCHEDULES),
        ] },
        Case { name: "velero_schedule_fires", steps: vec![
            location("$id", "contract", json!({})),
            available(30),
            schedule(json!({"schedule": "*/1 * * * *", "template": {"storageLocation": "$id", "includedNamespaces": ["default"]}})),
            backups().how(How::Within(150)).gives(200, json!({"items": [{
                "metadata": {"name": "$starts $id-20", "labels": {"velero.io/schedule-name": "$id"}},
                "spec": {"storageLocation": "$id"},
            }]})),
            Step::get(&one(SCHEDULES)).gives(200, json!({"status": {"lastBackup": "$any"}})),
            // Velero takes one backup at a time: where this one waits for those of others, a second tick would add another.
            Step::merge(&one(SCHEDULES), json!({"spec": {"paused": true}})),
            backups().how(How::Within(180)).gives(200, json!({"items": [{"status": {"phase": "Completed", "expiration": "$any"}, "spec": {"ttl": "720h0m0s", "includedNamespaces": ["default"]}}]})),
            removed(SCHEDULES),
            removed(LOCATIONS),
        ] },
    ]
}

fn runs() -> Vec<Case> {
    vec![
        Case { name: "velero_backup_labels", steps: vec![
            schedule(json!({"schedule": "*/1 * * * *", "template": {"storageLocation": "$id", "metadata": {"labels": {"from": "template"}}}})),
            backups().how(How::Within(150)).gives(200, json!({"items": [{"metadata": {"labels": {"from": "template", "own": "$absent", "velero.io/schedule-name": "$id"}}}]})),
            Step::merge(&one(SCHEDULES), json!({"spec": {"paused": true, "template": {"metadata": null}}})),
            Step::merge(&one(SCHEDULES), json!({"spec": {"paused": false}})),
            Step::get("/apis/velero.io/v1/namespaces/velero/backups?labelSelector=velero.io%2Fschedule-name%3D$id%2Cown%3Dlabel").how(How::Within(150)).gives(200, json!({"items": [{"metadata": {"labels": {"from": "$absent"}}}]})),
            removed(SCHEDULES),
        ] },
        Case { name: "velero_unpause_fires", steps: vec![
            schedule(json!({"schedule": "$minute * * * *", "paused": true, "template": {"storageLocation": "$id"}})),
            backups().how(How::Throughout(140)).gives(200, json!({"items": []})),
            Step::merge(&one(SCHEDULES), json!({"spec": {"paused": false}})),
            backups().how(How::Within(20)).gives(200, json!({"items": [{}]})),
            removed(SCHEDULES),
        ] },
        Case { name: "velero_unpause_skips", steps: vec![
            schedule(json!({"schedule": "$minute * * * *", "paused": true, "template": {"storageLocation": "$id"}})),
            backups().how(How::Throughout(140)).gives(200, json!({"items": []})),
            Step::merge(&one(SCHEDULES), json!({"spec": {"paused": false, "skipImmediately": true}})),
            Step::get(&one(SCHEDULES)).how(How::Within(75)).gives(200, json!({"spec": {"skipImmediately": false}, "status": {"lastSkipped": "$any"}})),
            backups().how(How::Throughout(130)).gives(200, json!({"items": []})),
            removed(SCHEDULES),
        ] },
    ]
}
