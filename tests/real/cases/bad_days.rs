//! What became of a bucket on bad days is told: backups half there, cut, expired, and credentials that may not write.

use super::backups::{BACKUPS, answer, backup, fill, make_location, resources};
use crate::Place;
use crate::bucket::{Bucket, ReadOnlyWay};
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{LOCATIONS, Moto, Velero, install_crds};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Copies of what real Velero wrote, each with its damage. Its newest whole backup is found among them and the objective is
/// held against that one; nothing is written; what expired is still there.
pub async fn each_is_told_and_the_good_one_found(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    fill(&harness).await;
    make_location(&harness, &moto.address()).await;
    let labels = json!({"application": "shop", "profile": "default"});
    backup(&harness, "good", &labels).await;
    restores_need_to_write(&harness, &moto).await;
    drop(velero);
    cluster.stop_api();

    let bucket = Bucket::below(&moto, "velero");
    for (name, later) in [("cut", 1), ("expired", 2), ("half", 3)] {
        bucket.copy("good", name, later).await;
    }
    bucket.cut("cut").await;
    bucket.expire("expired").await;
    bucket.leave_half_written("half").await;
    let before = bucket.keys("").await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let way = ReadOnlyWay::open(&moto, "backups").await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "bad-days",
        &kubeconfig,
        &resources(way.address()),
    );
    let told = answer(&stack, "backups -all -json").await;
    let findings = told["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert_eq!(codes, ["no-metadata", "expired"], "{told:#}");
    let names: Vec<&Json> = told["applications"][0]["backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["expired", "cut", "good"], "{told:#}");
    // Only a tarball that is read is known to be cut.
    for (name, validity) in [("cut", "present"), ("good", "data-covered")] {
        let shown = answer(&stack, &format!("backups show -json {name}")).await;
        assert_eq!(shown["backup"]["validity"], validity, "{shown:#}");
    }
    stack.run("status").await.expect(0).says("ok");
    assert_eq!(
        bucket.keys("").await,
        before,
        "nothing is written, nothing goes"
    );
}

/// With credentials that may not write below `restores/` everything is restored, and the Restore does not end until they may.
async fn restores_need_to_write(harness: &Requests, moto: &Moto) {
    let way = ReadOnlyWay::open(moto, "backups/velero/restores").await;
    let location = format!("{LOCATIONS}/main");
    let by_that_way = json!({"spec": {"config": {"s3Url": way.address()}}});
    harness.merge(&location, "harness", &by_that_way).await.ok();
    harness.delete("/api/v1/namespaces/shop").await.ok();
    let limit = Duration::from_secs(120);
    until("the namespace is gone", limit, || async {
        (harness.get("/api/v1/namespaces/shop").await.status == 404).then_some(())
    })
    .await;
    let restores = BACKUPS.replace("backups", "restores");
    let restore = json!({"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": {"name": "unwritten"},
        "spec": {"backupName": "good"}});
    harness.post(&restores, &restore).await.ok();
    until("Velero tries once more", limit, || async {
        (way.refused("-results.gz") >= 3).then_some(())
    })
    .await;
    let path = format!("{restores}/unwritten");
    let restore = harness.read(&path).await;
    let phase = &restore["status"]["phase"];
    assert_eq!(phase, "FinalizingPartiallyFailed", "{restore:#}");
    let configmap = "/api/v1/namespaces/shop/configmaps/a";
    assert_eq!(harness.get(configmap).await.status, 200);
    let direct = json!({"spec": {"config": {"s3Url": moto.address()}}});
    harness.merge(&location, "harness", &direct).await.ok();
    until("the Restore is done", limit, || async {
        let restore = harness.read(&path).await;
        (restore["status"]["phase"] == "PartiallyFailed").then_some(())
    })
    .await;
    let left = Bucket::below(moto, "velero").keys("restores/").await;
    assert_eq!(left, ["restores/unwritten/restore-unwritten-results.gz"]);
}
