//! A server made of what Velero's own program rendered, on a cluster that has nothing of it: the API server takes it, the
//! next plan is empty, what it runs stops a change, and the real Velero works with what was made.

use crate::Place;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::{Moto, Velero};
use serde_json::json;

const SERVER: &str = r#"
secret "repository_password" {
  command = ["printf", "of-this-test"]
}
secret "s3" {
  command = ["printf", "[default]"]
}
locals {
  velero = "vendor/velero-1.18.1"
  index  = jsondecode(file("${local.velero}/vendor.json"))
}
resource "velero_server" "main" {
  version   = local.index.version
  manifests = [for name, digest in local.index.files : yamldecode(file("${local.velero}/${name}"))]
  args      = { ARGS }
  resources {
    requests = { cpu = "1000m", memory = "128Mi" }
  }
  credentials {
    data = secret.s3
  }
  repository_credentials {
    repository_password = secret.repository_password
  }
  # No node runs it.
  wait = false
}
"#;

const LOCATION: &str = r#"
resource "velero_backup_storage_location" "main" {
  name          = "main"
  namespace     = velero_server.main.namespace
  provider_name = "aws"
  bucket        = "backups"
  prefix        = "velero"
  config = {
    region            = "us-east-1"
    s3ForcePathStyle  = "true"
    s3Url             = "STORE"
    checksumAlgorithm = ""
  }
}
"#;

/// From an empty cluster to a location that is Available.
pub async fn it_is_made_of_what_was_rendered_and_never_changed_under_a_backup(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    let harness = cluster.requests(User::Harness).await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let directory = place.directory.join("acme-prod");
    let stack = Stack::with(&directory, "acme-prod", &kubeconfig, "");
    let vendor = format!(
        "vendor velero 1.18.1 -velero={} -plugin=velero/velero-plugin-for-aws:v1.14.3 -node-agent",
        place.bin.join("velero").display()
    );
    stack.run(&vendor).await.expect(0);
    stack.write("resources.hcl", &SERVER.replace("ARGS", ""));
    stack.run("apply -auto-approve").await.expect(0);
    let empty = "plan -detailed-exitcode";
    stack.run(empty).await.expect(0).says("No changes.");
    stack.run("drift").await.expect(0);

    // A stand-in for the pod that no node runs; whoever counts replicas is ended, else it would say what is true.
    cluster.stop_controllers();
    let deployment = "/apis/apps/v1/namespaces/velero/deployments/velero";
    let runs = json!({"status": {"replicas": 1, "readyReplicas": 1}});
    let status = format!("{deployment}/status");
    harness.merge(&status, "kubelet", &runs).await.ok();
    let backups = "/apis/velero.io/v1/namespaces/velero/backups";
    let backup = json!({
        "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "shop"}, "spec": {},
        "status": {"phase": "InProgress"},
    });
    harness.post(backups, &backup).await.ok();
    let changed = SERVER.replace("ARGS", "\"disable-controllers\" = \"gc,schedule\"");
    stack.write("resources.hcl", &changed);
    let plan = stack.run("plan").await.expect(1);
    plan.says("Velero runs Backup shop (InProgress), which a change of the server would end");
    stack.run("drift").await.expect(2);
    let before = harness.read(deployment).await;

    let ended = json!({"status": {"phase": "Completed"}});
    let shop = format!("{backups}/shop");
    harness.merge(&shop, "velero-server", &ended).await.ok();
    stack.run("plan -out=flag.plan").await.expect(0);
    // Another one begins between plan and apply.
    let again = json!({"status": {"phase": "InProgress"}});
    harness.merge(&shop, "velero-server", &again).await.ok();
    let apply = stack.run("apply flag.plan").await.expect(3);
    apply.says("Velero runs Backup shop (InProgress)");
    assert_eq!(harness.read(deployment).await, before);
    harness.merge(&shop, "velero-server", &ended).await.ok();
    stack.run("apply -auto-approve").await.expect(0);
    stack.run(empty).await.expect(0).says("No changes.");

    let _velero = Velero::start(&place.bin, &cluster).await;
    stack.write("location.hcl", &LOCATION.replace("STORE", &moto.address()));
    stack.run("apply -auto-approve").await.expect(0);
    stack.run(empty).await.expect(0).says("No changes.");
}
