//! Volume data through the real Velero into a real kopia repository: what is in the bucket afterwards, with the cluster
//! gone, is what a recovery would have, and `backups show` says so.

use super::velero_server::{SERVER, install};
use crate::Place;
use crate::kubelet::{Kubelet, NODE};
use crate::node_agent::NodeAgent;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::Moto;
use serde_json::json;
use std::fs;
use std::time::Duration;

const STORE: &str = r#"
provider "s3" {
  endpoint   = "STORE"
  region     = "us-east-1"
  access_key = "test"
  secret_key = "test"
}
"#;

/// A Pod with two volumes, of which Velero is told to leave one out. The password that is declared opens what was written;
/// another one does not, and then the backup is worth less.
pub async fn what_a_volume_holds_is_in_the_backup(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    let _kubelet = Kubelet::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "volumes",
        &cluster.kubeconfig(User::Operator),
        "",
    );
    install(&place, &stack, &moto).await;
    let volumes = place.directory.join("volumes");
    fs::create_dir_all(volumes.join("shop/files")).unwrap();
    fs::write(volumes.join("shop/files/ledger"), "to be kept").unwrap();
    application(&harness).await;
    let _agent = NodeAgent::start(&place.bin, &cluster, &volumes).await;
    let phase = back_up(&harness, "shop-20261201010000").await;
    assert_eq!(phase, "Completed");
    cluster.stop_api();

    stack.write("store.hcl", &STORE.replace("STORE", &moto.address()));
    let show = "backups show shop-20261201010000";
    let shown = stack.run(show).await.expect(0);
    let shown = shown.says("data-covered").says("left out");
    shown.says("opens the volume data of shop");
    let other = SERVER.replace("of-this-test", "of-another");
    stack.write("velero.hcl", &other.replace("ARGS", ""));
    let shown = stack.run(show).await.expect(0).does_not_say("data-covered");
    shown.says("does not open the volume data of shop");
}

/// Velero's Backup of the application, as `velero backup create --from-schedule` makes it; returns the phase it ends in.
async fn back_up(harness: &Requests, name: &str) -> String {
    let backups = "/apis/velero.io/v1/namespaces/velero/backups";
    let backup = json!({
        "apiVersion": "velero.io/v1", "kind": "Backup",
        "metadata": {"name": name, "labels": {"velero.io/schedule-name": "shop"}},
        "spec": {"includedNamespaces": ["shop"], "defaultVolumesToFsBackup": true, "storageLocation": "main", "ttl": "720h"},
    });
    harness.post(backups, &backup).await.ok();
    let path = format!("{backups}/{name}");
    until("the Backup ends", Duration::from_secs(120), || async {
        let phase = harness.read(&path).await["status"]["phase"].clone();
        let phase = phase.as_str()?.to_owned();
        ["Completed", "PartiallyFailed", "Failed", "FailedValidation"]
            .contains(&phase.as_str())
            .then_some(phase)
    })
    .await
}

/// Namespace shop: two bound claims, and a Pod that mounts both.
async fn application(harness: &Requests) {
    harness.make_namespace("shop", json!({})).await;
    for claim in ["files", "cache"] {
        let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("pv-{claim}")},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
                "claimRef": {"namespace": "shop", "name": claim},
                "csi": {"driver": "made-up.example", "volumeHandle": format!("handle-{claim}")}}});
        harness
            .post("/api/v1/persistentvolumes", &volume)
            .await
            .ok();
        let body = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": format!("pv-{claim}"),
                "resources": {"requests": {"storage": "1Gi"}}}});
        let claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
        harness.post(claims, &body).await.ok();
        // A claim that is not bound when its Pod is backed up has no entry in the list of volumes.
        let path = format!("{claims}/{claim}");
        until("the claim is bound", Duration::from_secs(30), || async {
            (harness.read(&path).await["status"]["phase"] == "Bound").then_some(())
        })
        .await;
    }
    let mounted = |name: &str| json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-0", "annotations": {"backup.velero.io/backup-volumes-excludes": "cache"}},
        "spec": {"nodeName": NODE, "volumes": [mounted("files"), mounted("cache")],
            "containers": [{"name": "web", "image": "web", "volumeMounts": [
                {"name": "files", "mountPath": "/files"}, {"name": "cache", "mountPath": "/cache"}]}]}});
    harness
        .post("/api/v1/namespaces/shop/pods", &pod)
        .await
        .ok();
    let status = json!({"status": {"phase": "Running", "containerStatuses": [{
        "name": "web", "ready": true, "started": true, "restartCount": 0, "image": "web", "imageID": "",
        "state": {"running": {}}}]}});
    harness
        .merge(
            "/api/v1/namespaces/shop/pods/web-0/status",
            "kubelet",
            &status,
        )
        .await
        .ok();
}
