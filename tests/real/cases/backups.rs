//! What real Velero leaves in a bucket is what the catalog tells, with the API server gone.

use crate::Place;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{LOCATIONS, Moto, Velero, install_crds};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Path of the Backups in the namespace velero.
pub const BACKUPS: &str = "/apis/velero.io/v1/namespaces/velero/backups";

/// A store, a location of it, and an application with an objective.
pub fn resources(s3: &str) -> String {
    format!(
        r#"
provider "s3" {{
  endpoint   = "{s3}"
  region     = "us-east-1"
  access_key = "test"
  secret_key = "test"
}}

resource "velero_backup_storage_location" "main" {{
  name          = "main"
  provider_name = "aws"
  bucket        = "backups"
  prefix        = "velero"
  config = {{
    region            = "us-east-1"
    s3ForcePathStyle  = "true"
    s3Url             = "{s3}"
    checksumAlgorithm = ""
  }}
}}

resource "velero_application" "shop" {{
  rpo = "1h"
  retention {{
    daily = 7
  }}
}}
"#
    )
}

/// Phase, times and number of items are Velero's own; the tarball holds as many; the labels tell whose it is.
pub async fn what_velero_wrote_is_what_is_told(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    fill(&harness).await;
    make_location(&harness, &moto.address()).await;
    let whole = backup(
        &harness,
        "of-the-shop",
        &json!({"application": "shop", "profile": "default"}),
    )
    .await;
    backup(&harness, "of-nobody", &json!({})).await;
    let uid = harness.read("/api/v1/namespaces/shop").await["metadata"]["uid"].clone();
    drop(velero);
    cluster.stop_api();

    let kubeconfig = cluster.kubeconfig(User::Operator);
    let stack = Stack::with(
        &place.directory.join("stack"),
        "backups",
        &kubeconfig,
        &resources(&moto.address()),
    );
    let told = answer(&stack, "backups -json").await;
    assert_eq!(told["findings"], json!([]), "{told:#}");
    assert_eq!(told["unclaimed"]["backups"][0]["name"], "of-nobody");
    let shop = &told["applications"][0]["backups"];
    assert_eq!(shop.as_array().map(Vec::len), Some(1), "{told:#}");
    let shop = &shop[0];
    assert_eq!(shop["validity"], "complete");
    let status = &whole["status"];
    for (ours, velero) in [
        ("phase", &status["phase"]),
        ("started", &status["startTimestamp"]),
        ("completed", &status["completionTimestamp"]),
        ("expires", &status["expiration"]),
        ("items", &status["progress"]["totalItems"]),
    ] {
        assert_eq!(shop[ours], *velero, "{ours}: {told:#}");
    }

    let shown = answer(&stack, "backups show -json of-the-shop").await;
    assert_eq!(shown["backup"]["validity"], "data-covered", "{shown:#}");
    let objects = shown["objects"].as_array().unwrap();
    let count = |one: &Json| one["count"].as_u64().unwrap();
    let all: u64 = objects.iter().map(count).sum();
    assert_eq!(
        Some(all),
        status["progress"]["totalItems"].as_u64(),
        "{shown:#}"
    );
    let of = |type_: &str| objects.iter().find(|one| one["type"] == type_).map(count);
    assert_eq!(of("configmaps"), Some(4), "{shown:#}");
    assert_eq!(of("pods"), Some(1), "{shown:#}");
    let namespaces = shown["namespaces"].as_array().unwrap();
    let shop = namespaces.iter().find(|one| one["name"] == "shop");
    assert_eq!(shop.map(|one| &one["uid"]), Some(&uid), "{shown:#}");
    stack.run("status").await.expect(0).says("ok");
}

/// Three ConfigMaps beside the one that every namespace has, and a Pod that mounts nothing.
pub async fn fill(harness: &Requests) {
    harness.make_namespace("shop", json!({})).await;
    for name in ["a", "b", "c"] {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}});
        harness
            .post("/api/v1/namespaces/shop/configmaps", &object)
            .await
            .ok();
    }
    let of_each = "/api/v1/namespaces/shop/configmaps/kube-root-ca.crt";
    let limit = Duration::from_secs(10);
    until("the namespace has its own", limit, || async {
        (harness.get(of_each).await.status == 200).then_some(())
    })
    .await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "web"}], "automountServiceAccountToken": false}});
    harness
        .post("/api/v1/namespaces/shop/pods", &pod)
        .await
        .ok();
}

/// Makes a location and waits until Velero may use it.
pub async fn make_location(harness: &Requests, s3: &str) {
    let location = json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": {"name": "main"},
        "spec": {"provider": "aws", "objectStorage": {"bucket": "backups", "prefix": "velero"}, "config": {"region": "us-east-1",
            "s3ForcePathStyle": "true", "s3Url": s3, "checksumAlgorithm": ""}}});
    harness.post(LOCATIONS, &location).await.ok();
    until(
        "the location is available",
        Duration::from_secs(60),
        || async {
            let object = harness.read(&format!("{LOCATIONS}/main")).await;
            (object["status"]["phase"] == "Available").then_some(())
        },
    )
    .await;
}

/// Makes a backup and waits for its end; as Velero left it.
pub async fn backup(harness: &Requests, name: &str, labels: &Json) -> Json {
    let object = json!({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": name, "labels": labels},
        "spec": {"storageLocation": "main", "includedNamespaces": ["shop"], "includedResources": ["configmaps", "pods", "namespaces"],
            "snapshotVolumes": false}});
    harness.post(BACKUPS, &object).await.ok();
    until(
        "the backup is Completed",
        Duration::from_secs(120),
        || async {
            let object = harness.read(&format!("{BACKUPS}/{name}")).await;
            (object["status"]["phase"] == "Completed").then_some(object)
        },
    )
    .await
}

/// What a command that answers in JSON says.
pub async fn answer(stack: &Stack, line: &str) -> Json {
    let run = stack.run(line).await.expect(0);
    serde_json::from_str(&run.text()).unwrap_or_else(|error| panic!("{error}: {}", run.text()))
}
