//! A total loss, and the way back by hand: what a recovery stands on and must reckon with is what the real servers do.

use super::total_loss::{Before, is_back, lost};
use super::velero_server::{SERVER, vendor};
use crate::Place;
use crate::applications::{self, JOB};
use crate::bucket::Bucket;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::User;
use crate::site::Site;
use crate::velero::LOCATIONS;
use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};
use std::time::Duration;

const VELERO: &str = "/apis/velero.io/v1/namespaces/velero";

/// The cluster is lost with its disks. The stack that knew it writes nothing to the one that answers in its place. What a
/// hand then restores is what was backed up, bytes of the volume included; done once more over it nothing is restored,
/// and Velero calls that completed.
pub async fn what_the_real_servers_do(place: Place) {
    let (mut site, stack, before) = lost(&place).await;
    site.rebuild().await;
    let mark = site.cluster.audit_mark().await;
    stack.run("apply -auto-approve").await.expect(3);
    let sent = site.cluster.audit_since(mark, User::Operator).await;
    assert!(sent.iter().all(|one| !one.is_write()), "{sent:?}");

    let kubeconfig = site.cluster.kubeconfig(User::Operator);
    let by_hand = Stack::with(&place.directory.join("by-hand"), "by-hand", &kubeconfig, "");
    vendor(&place, &by_hand).await;
    let without_collection = SERVER.replace("ARGS", "\"disable-controllers\" = \"gc\"");
    by_hand.write("velero.hcl", &without_collection);
    by_hand.run("apply -auto-approve").await.expect(0);
    let harness = site.harness().await;
    let location = json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": {"name": "main"},
        "spec": {"provider": "aws", "accessMode": "ReadOnly", "objectStorage": {"bucket": "backups", "prefix": "velero"},
            "config": {"region": "us-east-1", "s3ForcePathStyle": "true", "s3Url": site.moto.address(), "checksumAlgorithm": ""}}});
    harness.post(LOCATIONS, &location).await.ok();
    for backup in &before.backups {
        synced(&harness, backup).await;
    }

    let mut restores = Vec::new();
    for application in applications::NAMESPACES {
        restores.push(restore(&harness, application, application).await);
    }
    is_back(&site, &before).await;
    is_as_restored(&harness, &before).await;
    is_listed(&site).await;
    let again = restore(&harness, "again", "shop").await;
    let counts = [&restores[0], &restores[1], &again].map(|restore| volumes_of(&harness, restore));
    let counts = futures::future::join_all(counts).await;
    assert_eq!(counts, [1, 0, 0], "a Pod that is there gets no data");
}

/// Restores an application's namespace; the Restore, which says that it has completed.
async fn restore(harness: &Requests, name: &str, application: &str) -> Json {
    let backup = format!("{application}-default-daily-20261201010000");
    let restore = json!({"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": {"name": name}, "spec": {
        "backupName": backup, "includedNamespaces": [application], "existingResourcePolicy": "none", "preserveNodePorts": true}});
    harness
        .post(&format!("{VELERO}/restores"), &restore)
        .await
        .ok();
    let path = format!("{VELERO}/restores/{name}");
    let ended = until("the Restore ends", Duration::from_secs(120), || async {
        let restore = harness.read(&path).await;
        restore["status"]["completionTimestamp"]
            .is_string()
            .then_some(restore)
    })
    .await;
    assert_eq!(ended["status"]["phase"], "Completed", "{ended:#}");
    ended
}

/// The Backup is there again, under another UID, and so are its PodVolumeBackups.
async fn synced(harness: &Requests, before: &Json) {
    let name = before["metadata"]["name"].as_str().unwrap();
    let path = format!("{VELERO}/backups/{name}");
    let synced = until("the Backup is there", Duration::from_secs(120), || async {
        let answer = harness.get(&path).await;
        (answer.status == 200).then_some(answer.body)
    })
    .await;
    assert_ne!(synced["metadata"]["uid"], before["metadata"]["uid"]);
    for member in [
        "startTimestamp",
        "completionTimestamp",
        "expiration",
        "phase",
    ] {
        assert_eq!(synced["status"][member], before["status"][member]);
    }
    let volumes = usize::from(name.starts_with("shop"));
    let selector = format!("labelSelector=velero.io%2Fbackup-name%3D{name}");
    let path = format!("{VELERO}/podvolumebackups?{selector}");
    until("its volumes are there", Duration::from_secs(20), || async {
        let list = harness.read(&path).await;
        let held = list["items"].as_array()?;
        let completed = held.iter().all(|one| one["status"]["phase"] == "Completed");
        (held.len() == volumes && completed).then_some(())
    })
    .await;
}

/// Velero marks what it restored, but for Namespaces, and leaves out what had ended.
async fn is_as_restored(harness: &Requests, before: &Before) {
    for namespace in applications::NAMESPACES {
        let path = format!("/api/v1/namespaces/{namespace}");
        let labels = harness.read(&path).await["metadata"]["labels"].clone();
        let old = &before.objects[&format!("namespaces {namespace}")];
        assert_eq!(labels, old["metadata"]["labels"]);
    }
    let settings = "/api/v1/namespaces/wiki/configmaps/settings-0";
    let labels = json!({"part": "settings", "velero.io/backup-name": "wiki-default-daily-20261201010000",
        "velero.io/restore-name": "wiki"});
    assert_eq!(harness.read(settings).await["metadata"]["labels"], labels);
    assert_eq!(harness.get(JOB).await.status, 404);
}

/// PodVolumeRestores of a Restore, completed all.
async fn volumes_of(harness: &Requests, restore: &Json) -> usize {
    let uid = restore["metadata"]["uid"].as_str().unwrap();
    let selector = format!("labelSelector=velero.io%2Frestore-uid%3D{uid}");
    let list = harness
        .read(&format!("{VELERO}/podvolumerestores?{selector}"))
        .await;
    let items = list["items"].as_array().unwrap();
    let completed = |one: &&Json| one["status"]["phase"] == "Completed";
    let completed = items.iter().filter(completed).count();
    assert_eq!(completed, items.len(), "{list:#}");
    items.len()
}

/// The list in the bucket has each object with what came of it. The ConfigMap that each namespace has of itself has failed
/// there, in a Restore that has completed.
async fn is_listed(site: &Site) {
    let bucket = Bucket::below(&site.moto, "velero");
    let key = "restores/shop/restore-shop-resource-list.json.gz";
    let list = bucket.read(key).await;
    let list: Json = serde_json::from_reader(GzDecoder::new(&list[..])).unwrap();
    let says = |type_: &str, entry: &str| {
        let entries = list[type_].as_array().cloned().unwrap_or_default();
        assert!(entries.contains(&json!(entry)), "{entry}: {list:#}");
    };
    says("v1/Namespace", "shop(created)");
    says("v1/ConfigMap", "shop/settings-0(created)");
    says("v1/ConfigMap", "shop/kube-root-ca.crt(failed)");
    says("apps/v1/Deployment", "shop/web(created)");
    assert!(list.get("batch/v1/Job").is_none(), "{list:#}");
}
