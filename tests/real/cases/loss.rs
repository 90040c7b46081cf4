//! A total loss, and the way back by hand: what a recovery stands on and must reckon with is what the real servers do.

use super::velero_server::{SERVER, install, vendor};
use crate::Place;
use crate::contract::s3;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::User;
use crate::site::{Site, files};
use crate::velero::LOCATIONS;
use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const VELERO: &str = "/apis/velero.io/v1/namespaces/velero";
const BACKUP: &str = "shop-20261201010000";

const APPLICATION: &str = r#"
resource "velero_application" "shop" {
  storage_location = velero_backup_storage_location.main.name
  retention {
    daily = 7
  }
}
"#;

/// The cluster is lost with its disks. The stack that knew it writes nothing to the one that answers in its place. What a
/// hand then restores is what was backed up, bytes of the volumes included; done once more over it nothing is restored,
/// and Velero calls that completed.
pub async fn what_the_real_servers_do(place: Place) {
    let mut site = Site::start(&place).await;
    let kubeconfig = site.cluster.kubeconfig(User::Operator);
    let stack = Stack::with(&place.directory.join("stack"), "shop", &kubeconfig, "");
    install(&place, &stack, &site.moto).await;
    stack.write("application.hcl", APPLICATION);
    stack.run("apply -auto-approve").await.expect(0);
    let harness = site.harness().await;
    application(&harness).await;
    let disk = site.disk("shop", "files");
    fs::create_dir_all(disk.join("books")).unwrap();
    fs::write(disk.join("books/ledger"), "to be kept").unwrap();
    fs::write(disk.join("image"), vec![7; 3_000_000]).unwrap();
    let before = Before {
        backup: back_up(&harness).await,
        namespace: harness.read("/api/v1/namespaces/shop").await,
        files: files(&disk),
    };

    site.lose();
    site.rebuild().await;
    let mark = site.cluster.audit_mark().await;
    stack.run("apply -auto-approve").await.expect(3);
    let sent = site.cluster.audit_since(mark, User::Operator).await;
    assert!(sent.iter().all(|one| !one.is_write()), "{sent:?}");

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
    synced(&harness, &before.backup).await;

    let first = restore(&harness, "first").await;
    comes_back(&site, &harness, &before, &first).await;
    is_listed(&site).await;
    let second = restore(&harness, "second").await;
    assert_eq!(
        volumes_of(&harness, &second).await,
        0,
        "a Pod that is there gets no data"
    );
}

struct Before {
    backup: Json,
    namespace: Json,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// Namespace shop: a Deployment with a volume, what it reads, and a Job that has ended.
async fn application(harness: &Requests) {
    let metadata =
        json!({"labels": {"team": "books"}, "annotations": {"example.com/note": "of the shop"}});
    harness.make_namespace("shop", metadata).await;
    let v1 = "/api/v1/namespaces/shop";
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "files"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}});
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"k": "v"}});
    let password = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password"}, "data": {"k": "dg=="}});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "prepare"}, "spec": {"template": {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "prepare", "image": "web"}]}}}});
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
            "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}],
            "containers": [{"name": "web", "image": "web", "volumeMounts": [{"name": "files", "mountPath": "/files"}]}]}}}});
    for (path, object) in [
        (format!("{v1}/persistentvolumeclaims"), claim),
        (format!("{v1}/configmaps"), settings),
        (format!("{v1}/secrets"), password),
        (format!("{v1}/services"), service),
        ("/apis/batch/v1/namespaces/shop/jobs".to_owned(), job),
        ("/apis/apps/v1/namespaces/shop/deployments".to_owned(), web),
    ] {
        harness.post(&path, &object).await.ok();
    }
    until("the shop runs", Duration::from_secs(30), || runs(harness)).await;
}

async fn runs(harness: &Requests) -> Option<()> {
    let web = harness
        .get("/apis/apps/v1/namespaces/shop/deployments/web")
        .await;
    let job = harness
        .get("/apis/batch/v1/namespaces/shop/jobs/prepare")
        .await;
    let ended = job.status == 404 || job.body["status"]["succeeded"] == 1;
    (web.body["status"]["readyReplicas"] == 1 && ended).then_some(())
}

async fn back_up(harness: &Requests) -> Json {
    let backup = json!({
        "apiVersion": "velero.io/v1", "kind": "Backup",
        "metadata": {"name": BACKUP, "labels": {"application": "shop", "profile": "default"}},
        "spec": {"includedNamespaces": ["shop"], "defaultVolumesToFsBackup": true, "storageLocation": "main", "ttl": "720h"},
    });
    harness
        .post(&format!("{VELERO}/backups"), &backup)
        .await
        .ok();
    ended(harness, &format!("{VELERO}/backups/{BACKUP}")).await
}

/// Restores the namespace; the Restore, which says that it has completed.
async fn restore(harness: &Requests, name: &str) -> Json {
    let restore = json!({"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": {"name": name}, "spec": {
        "backupName": BACKUP, "includedNamespaces": ["shop"], "existingResourcePolicy": "none"}});
    harness
        .post(&format!("{VELERO}/restores"), &restore)
        .await
        .ok();
    ended(harness, &format!("{VELERO}/restores/{name}")).await
}

/// What the path holds once Velero is done with it; it must have completed.
async fn ended(harness: &Requests, path: &str) -> Json {
    let object = until("Velero is done", Duration::from_secs(120), || async {
        let object = harness.read(path).await;
        let phase = object["status"]["phase"].as_str()?;
        let done = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];
        done.contains(&phase).then_some(object)
    })
    .await;
    assert_eq!(object["status"]["phase"], "Completed", "{object:#}");
    object
}

/// The Backup is there again, under another UID, and so is its PodVolumeBackup.
async fn synced(harness: &Requests, before: &Json) {
    let path = format!("{VELERO}/backups/{BACKUP}");
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
    let selector = format!("labelSelector=velero.io%2Fbackup-name%3D{BACKUP}");
    let path = format!("{VELERO}/podvolumebackups?{selector}");
    until("its volumes are there", Duration::from_secs(20), || async {
        let list = harness.read(&path).await;
        let held = list["items"].as_array()?;
        (held.len() == 1 && held[0]["status"]["phase"] == "Completed").then_some(())
    })
    .await;
}

/// The shop runs again, its volume holds what it held, and its namespace says what it said.
async fn comes_back(site: &Site, harness: &Requests, before: &Before, restore: &Json) {
    until("the shop runs again", Duration::from_secs(30), || {
        runs(harness)
    })
    .await;
    assert!(
        files(&site.disk("shop", "files")) == before.files,
        "bytes of the volume"
    );
    assert_eq!(volumes_of(harness, restore).await, 1);
    let namespace = harness.read("/api/v1/namespaces/shop").await;
    assert_ne!(
        namespace["metadata"]["uid"],
        before.namespace["metadata"]["uid"]
    );
    for member in ["labels", "annotations"] {
        assert_eq!(
            namespace["metadata"][member], before.namespace["metadata"][member],
            "Velero adds nothing to a Namespace"
        );
    }
    let settings = harness
        .read("/api/v1/namespaces/shop/configmaps/settings")
        .await;
    let labels = json!({"velero.io/backup-name": BACKUP, "velero.io/restore-name": "first"});
    assert_eq!(settings["metadata"]["labels"], labels);
    let job = "/apis/batch/v1/namespaces/shop/jobs/prepare";
    assert_eq!(
        harness.get(job).await.status,
        404,
        "a Job that ended stays away"
    );
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
    assert_eq!(
        items.iter().filter(completed).count(),
        items.len(),
        "{list:#}"
    );
    items.len()
}

/// The list in the bucket has each object with what came of it. The ConfigMap that each namespace has of itself has failed
/// there, in a Restore that has completed.
async fn is_listed(site: &Site) {
    let client = s3::client(s3::over_http(), &site.moto.address(), ("test", "test"));
    let key = "velero/restores/first/restore-first-resource-list.json.gz";
    let got = client.get_object().bucket("backups").key(key).send().await;
    let body = got.unwrap().body.collect().await.unwrap().into_bytes();
    let list: Json = serde_json::from_reader(GzDecoder::new(&body[..])).unwrap();
    let of = |type_: &str| list[type_].as_array().cloned().unwrap_or_default();
    assert_eq!(of("v1/Namespace"), [json!("shop(created)")], "{list:#}");
    assert!(
        of("v1/ConfigMap").contains(&json!("shop/settings(created)")),
        "{list:#}"
    );
    assert!(
        of("v1/ConfigMap").contains(&json!("shop/kube-root-ca.crt(failed)")),
        "{list:#}"
    );
    assert_eq!(
        of("apps/v1/Deployment"),
        [json!("shop/web(created)")],
        "{list:#}"
    );
}
