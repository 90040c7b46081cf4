//! A day with the real Velero: after its controllers worked on what was applied, and after its restart, nothing is left
//! to do; a hand edit is repaired without a backup nobody asked for.

use crate::Place;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{LOCATIONS, Moto, SCHEDULES, Velero, install_crds};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

const BACKUPS: &str = "/apis/velero.io/v1/namespaces/velero/backups";

fn resources(s3: &str) -> String {
    format!(
        r#"
resource "kubernetes_namespace" "shop" {{
  metadata {{
    name = "shop"
  }}
}}

resource "velero_backup_storage_location" "main" {{
  name          = "main"
  provider_name = "aws"
  bucket        = "backups"
  config = {{
    region            = "us-east-1"
    s3ForcePathStyle  = "true"
    s3Url             = "{s3}"
    checksumAlgorithm = ""
  }}
}}

resource "velero_schedule" "every_minute" {{
  name                = "every-minute"
  schedule            = "* * * * *"
  ttl                 = "1h"
  storage_location    = velero_backup_storage_location.main.name
  included_namespaces = [kubernetes_namespace.shop.metadata[0].name]
}}

resource "velero_schedule" "daily" {{
  name                = "daily"
  schedule            = "0 1 1 1 *"
  ttl                 = "720h"
  storage_location    = velero_backup_storage_location.main.name
  included_namespaces = ["shop"]
}}
"#
    )
}

/// Empty at once, after two ticks and three minutes of Velero's work, and after its restart. No such plan sends a write.
pub async fn nothing_is_left_to_do_after_velero_worked_and_was_restarted(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let mut velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let stack = Stack::with(
        &place.directory.join("stack"),
        "velero-day",
        &kubeconfig,
        &resources(&moto.address()),
    );
    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("Apply complete! Resources: 4 added, 0 changed, 0 destroyed.");
    let written = Timestamp::now();
    empty(&cluster, &stack).await;

    validated_after(&harness, written + SignedDuration::from_secs(180)).await;
    until("two ticks are seen", Duration::from_secs(120), || async {
        (backups_of(&harness, "every-minute").await >= 2).then_some(())
    })
    .await;
    let live = harness.read(&format!("{SCHEDULES}/every-minute")).await;
    assert!(live["status"]["lastBackup"].is_string(), "{live}");
    empty(&cluster, &stack).await;
    assert!(
        !carried(&harness, "every-minute").await.contains("sk-dr"),
        "nothing of ours is on a Backup"
    );

    velero.restart();
    validated_after(&harness, Timestamp::now()).await;
    empty(&cluster, &stack).await;

    pause_and_repair(&harness, &stack).await;
    empty(&cluster, &stack).await;
}

/// A pause by hand is seen and undone; Velero skips what it would otherwise catch up.
async fn pause_and_repair(harness: &Requests, stack: &Stack) {
    let path = format!("{SCHEDULES}/daily");
    let paused = json!({"spec": {"paused": true}});
    harness.merge(&path, "kubectl-edit", &paused).await.ok();
    stack.run("drift").await.expect(2).says("kubectl-edit");
    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("0 added, 1 changed, 0 destroyed");
    until(
        "Velero has skipped and taken skipImmediately back",
        Duration::from_secs(120),
        || async {
            let live = harness.read(&path).await;
            let skipped = live["status"]["lastSkipped"].is_string()
                && live["spec"]["skipImmediately"] == false;
            (skipped && live["spec"]["paused"] != true).then_some(())
        },
    )
    .await;
    assert_eq!(
        backups_of(harness, "daily").await,
        0,
        "nothing is caught up"
    );
}

/// A plan says that there is nothing to do, and only reads; drift agrees.
pub async fn empty(cluster: &Cluster, stack: &Stack) {
    let mark = cluster.audit_mark().await;
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
    stack.run("drift").await.expect(0);
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        !sent.is_empty() && sent.iter().all(|entry| !entry.is_write()),
        "an empty plan only reads: {sent:?}"
    );
}

pub async fn validated_after(harness: &Requests, time: Timestamp) {
    until(
        "Velero has validated the location after that",
        Duration::from_secs(240),
        || async {
            let object = harness.read(&format!("{LOCATIONS}/main")).await;
            let at: Timestamp = object["status"]["lastValidationTime"]
                .as_str()?
                .parse()
                .ok()?;
            (object["status"]["phase"] == "Available" && at > time).then_some(())
        },
    )
    .await;
}

/// Labels and annotations of the Backups of a schedule.
async fn carried(harness: &Requests, schedule: &str) -> String {
    let selector = format!("labelSelector=velero.io%2Fschedule-name%3D{schedule}");
    let list = harness.read(&format!("{BACKUPS}?{selector}")).await;
    let items = list["items"].as_array().into_iter().flatten();
    let maps = items.map(|backup| {
        let metadata = &backup["metadata"];
        format!("{} {}\n", metadata["labels"], metadata["annotations"])
    });
    maps.collect()
}

/// What the reading of a live Schedule rests on: without labels in its template its own are those of its Backups, its
/// annotations always are, and the older name of a flag is honoured.
pub async fn what_a_schedule_hands_to_its_backups(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "velero-copies",
        &cluster.kubeconfig(User::Operator),
        &resources(&moto.address()),
    );
    stack.run("apply -auto-approve").await.expect(0);
    let template = json!({"storageLocation": "main", "includedNamespaces": ["shop"], "defaultVolumesToRestic": true,
        "defaultVolumesToFsBackup": false});
    let schedule = json!({"apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": {"name": "by-hand", "namespace": "velero", "labels": {"team": "shop"}, "annotations": {"note": "kept"}},
        "spec": {"schedule": "* * * * *", "template": template}});
    harness.post(SCHEDULES, &schedule).await.ok();
    let selector = "labelSelector=velero.io%2Fschedule-name%3Dby-hand";
    until(
        "its first Backup has begun",
        Duration::from_secs(180),
        || async {
            let list = harness.read(&format!("{BACKUPS}?{selector}")).await;
            let backup = &list["items"][0];
            let metadata = &backup["metadata"];
            let copied =
                metadata["labels"]["team"] == "shop" && metadata["annotations"]["note"] == "kept";
            let remapped = backup["spec"]["defaultVolumesToFsBackup"] == true;
            (copied && remapped).then_some(())
        },
    )
    .await;
}

pub async fn backups_of(harness: &Requests, schedule: &str) -> usize {
    let list = harness
        .read(&format!(
            "{BACKUPS}?labelSelector=velero.io%2Fschedule-name%3D{schedule}"
        ))
        .await;
    list["items"].as_array().map_or(0, Vec::len)
}
