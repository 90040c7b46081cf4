//! Two applications as a stack declares them, backed up by real Velero, and then lost with everything but the bucket.

use super::velero_server::install;
use crate::Place;
use crate::applications;
use crate::likeness::{self, Objects};
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::User;
use crate::site::{Site, files};
use crate::velero::{LOCATIONS, SCHEDULES};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const BACKUPS: &str = "/apis/velero.io/v1/namespaces/velero/backups";

const RESTORES: &str = "/apis/velero.io/v1/namespaces/velero/restores";

const APPLICATIONS: &str = r#"
provider "s3" {
  endpoint   = "STORE"
  region     = "us-east-1"
  access_key = "test"
  secret_key = "test"
}
resource "kubernetes_namespace" "shop" {
  metadata {
    name   = "shop"
    labels = { team = "books" }
  }
}
resource "velero_application" "shop" {
  namespaces       = [kubernetes_namespace.shop.metadata[0].name]
  storage_location = velero_backup_storage_location.main.name
  rpo              = "26h"
  retention {
    daily = 7
  }
}
resource "velero_application" "wiki" {
  storage_location = velero_backup_storage_location.main.name
  retention {
    daily = 7
  }
}
recovery "total_loss" {
  mode = "rebuild"
  lost = [kubernetes]
}
"#;

/// What there was before the loss.
pub struct Before {
    /// Objects of both applications.
    pub objects: Objects,
    /// Files of the shop's volume.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// A Backup of each application.
    pub backups: Vec<Json>,
}

/// Lost, planned with nothing but the configuration and the bucket, applied on a bare API server: every object is back,
/// the volume byte for byte, the location takes backups, the Schedules run, and there is nothing left to do.
pub async fn everything_comes_back(place: Place) {
    let (mut site, stack, before) = lost(&place).await;
    let elsewhere = stack.copy_to(&place.directory.join("elsewhere"));
    let plan = "plan -recover=total_loss -out=recovery.plan";
    elsewhere.run(plan).await.expect(0);
    site.rebuild().await;
    // Nobody here knows the lost cluster: the bucket tells.
    let bare = elsewhere.run("apply -auto-approve").await.expect(1);
    bare.says("This looks like a loss");
    let limit = Duration::from_secs(600);
    let apply = elsewhere.run_within(limit, "apply recovery.plan").await;
    apply.expect(0);
    is_back(&site, &before).await;
    takes_backups(&site.harness().await).await;
    // Nothing is left but garbage collection, which stays off until a person has seen what it would delete.
    let next = elsewhere.run("plan").await.expect(0);
    next.says("it turns garbage collection on")
        .says("Plan: 0 to add, 0 to change, 0 to destroy.");
}

/// Velero dies in the middle of the shop's restore. What that left goes, by consent, and the next attempt brings back all of
/// it, the volume byte for byte: over what was left it would have brought none.
pub async fn a_restore_that_died_is_made_once_more(place: Place) {
    let (mut site, stack, before) = lost(&place).await;
    stack
        .run("plan -recover=total_loss -out=recovery.plan")
        .await
        .expect(0);
    site.rebuild().await;
    let limit = Duration::from_secs(600);
    let apply = stack.run_within(limit, "apply recovery.plan");
    let (apply, ()) = tokio::join!(apply, die_in_the_middle(&site));
    let told = "sk-dr resume -retry=velero_application.shop";
    apply.expect(6).says(told);
    let retry = "resume -retry=velero_application.shop -auto-approve";
    let retry = stack.run_within(limit, retry).await.expect(0);
    retry
        .says("What the attempt before made goes first")
        .says("claims files");
    is_back(&site, &before).await;
    takes_backups(&site.harness().await).await;
}

/// Ends Velero's server once it restores the shop and has made its claim; the kubelet starts it again.
async fn die_in_the_middle(site: &Site) {
    let harness = site.harness().await;
    let claim = "/api/v1/namespaces/shop/persistentvolumeclaims/files";
    until(
        "the shop is being restored",
        Duration::from_secs(300),
        || async {
            let claim = harness.get(claim).await.body;
            let restores = harness.get(RESTORES).await.body;
            let all = restores["items"].as_array().cloned().unwrap_or_default();
            let is_under_way = all.iter().any(|restore| {
                restore["spec"]["includedNamespaces"] == json!(["shop"])
                    && restore["status"]["phase"] == "InProgress"
            });
            (is_under_way && claim["metadata"]["uid"].is_string()).then_some(())
        },
    )
    .await;
    site.kubelet().kill_all();
}

/// Both applications run and were backed up, then everything but the bucket is lost.
pub async fn lost(place: &Place) -> (Site, Stack, Before) {
    lost_with(place, ("", &[]), |_| async {}).await
}

/// The same with more applications, as they are declared and by name. They are made before Velero's server starts: it looks
/// every five minutes which types there are.
pub async fn lost_with<F: Future<Output = ()>>(
    place: &Place,
    (more, names): (&str, &[&str]),
    make: impl FnOnce(Requests) -> F,
) -> (Site, Stack, Before) {
    let mut site = Site::start(place).await;
    let kubeconfig = site.cluster.kubeconfig(User::Operator);
    let stack = Stack::with(&place.directory.join("stack"), "acme-prod", &kubeconfig, "");
    let harness = site.harness().await;
    harness
        .make_namespace("wiki", json!({"annotations": {"example.com/note": "kept"}}))
        .await;
    make(harness.clone()).await;
    install(place, &stack, &site.moto).await;
    let declared = APPLICATIONS.replace("STORE", &site.moto.address());
    stack.write("applications.hcl", &declared);
    stack.write("more.hcl", more);
    stack.run("apply -auto-approve").await.expect(0);
    applications::make(&harness).await;
    let disk = site.disk("shop", "files");
    fs::create_dir_all(disk.join("books")).unwrap();
    fs::write(disk.join("books/ledger"), "to be kept").unwrap();
    fs::write(disk.join("image"), vec![7; 3_000_000]).unwrap();
    let mut backups = Vec::new();
    for application in applications::NAMESPACES.iter().chain(names) {
        backups.push(back_up(&harness, application).await);
    }
    let before = Before {
        objects: likeness::objects(&harness, applications::NAMESPACES).await,
        files: files(&disk),
        backups,
    };
    let types: std::collections::BTreeSet<&str> = before
        .objects
        .keys()
        .filter_map(|key| key.split(' ').next())
        .collect();
    assert!(
        before.objects.len() >= 50 && types.len() >= 8,
        "{:?}",
        before.objects.keys()
    );
    site.lose();
    (site, stack, before)
}

/// A backup as the application's Schedule would make it now.
pub async fn back_up(harness: &Requests, application: &str) -> Json {
    let schedule = format!("{application}-default-daily");
    let template =
        harness.read(&format!("{SCHEDULES}/{schedule}")).await["spec"]["template"].clone();
    let name = format!("{schedule}-20261201010000");
    let mut labels = template["metadata"]["labels"].clone();
    labels["velero.io/schedule-name"] = json!(schedule);
    let mut spec = template;
    spec.as_object_mut().unwrap().remove("metadata");
    let backup = json!({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": name, "labels": labels}, "spec": spec});
    harness.post(BACKUPS, &backup).await.ok();
    let path = format!("{BACKUPS}/{name}");
    let ended = until("the Backup ends", Duration::from_secs(120), || async {
        let backup = harness.read(&path).await;
        backup["status"]["completionTimestamp"]
            .is_string()
            .then_some(backup)
    })
    .await;
    assert_eq!(ended["status"]["phase"], "Completed", "{ended:#}");
    ended
}

/// What was there is there again, and runs.
pub async fn is_back(site: &Site, before: &Before) {
    let harness = site.harness().await;
    applications::run(&harness).await;
    let after = likeness::objects(&harness, applications::NAMESPACES).await;
    let differences = likeness::differences(&before.objects, &after);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(
        files(&site.disk("shop", "files")) == before.files,
        "bytes of the volume"
    );
}

/// Velero works as on any other day.
async fn takes_backups(harness: &Requests) {
    let location = harness.read(&format!("{LOCATIONS}/main")).await;
    assert_ne!(location["spec"]["accessMode"], "ReadOnly", "{location:#}");
    assert_eq!(location["status"]["phase"], "Available", "{location:#}");
    for application in applications::NAMESPACES {
        let schedule = format!("{SCHEDULES}/{application}-default-daily");
        let schedule: Json = harness.read(&schedule).await;
        assert_eq!(schedule["status"]["phase"], "Enabled", "{schedule:#}");
    }
}
