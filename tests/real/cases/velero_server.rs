//! A server made of what Velero's own program rendered, on a cluster that has nothing of it: the real Velero runs with the
//! flags and the credentials that were declared, the next plan is empty, what it runs stops a change, and a changed flag
//! reaches the process.

use super::velero_day::validated_after;
use crate::Place;
use crate::kubelet::Kubelet;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::Moto;
use jiff::Timestamp;
use serde_json::json;

/// Velero, as a stack declares it.
pub const SERVER: &str = r#"
secret "repository_password" {
  command = ["printf", "of-this-test"]
}
secret "s3" {
  command = ["printf", "[default]\\naws_access_key_id = test\\naws_secret_access_key = test\\n"]
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
pub async fn it_runs_as_declared_and_is_never_changed_under_a_backup(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    let kubelet = Kubelet::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let directory = place.directory.join("acme-prod");
    let stack = Stack::with(&directory, "acme-prod", &kubeconfig, "");
    vendor(&place, &stack).await;
    stack.write("resources.hcl", &SERVER.replace("ARGS", ""));
    // It waits for the roll-out: the server runs when it is done.
    stack.run("apply -auto-approve").await.expect(0);
    assert!(!has_flag(&kubelet, "--disable-controllers"));
    let empty = "plan -detailed-exitcode";
    stack.run(empty).await.expect(0).says("No changes.");
    stack.run("drift").await.expect(0);

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
    let deployment = "/apis/apps/v1/namespaces/velero/deployments/velero";
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
    assert!(has_flag(&kubelet, "--disable-controllers=gc,schedule"));
    stack.run(empty).await.expect(0).says("No changes.");

    stack.write("location.hcl", &LOCATION.replace("STORE", &moto.address()));
    // Available is what the server says that runs with the declared credentials.
    stack.run("apply -auto-approve").await.expect(0);
    stack.run(empty).await.expect(0).says("No changes.");

    kubelet.kill_all();
    validated_after(&harness, Timestamp::now()).await;
    assert!(has_flag(&kubelet, "--disable-controllers=gc,schedule"));
    stack.run(empty).await.expect(0).says("No changes.");
}

/// Velero with a location `main`, as a stack declares both; needs the [`Kubelet`].
pub async fn install(place: &Place, stack: &Stack, moto: &Moto) {
    vendor(place, stack).await;
    stack.write("velero.hcl", &SERVER.replace("ARGS", ""));
    stack.write("location.hcl", &LOCATION.replace("STORE", &moto.address()));
    stack.run("apply -auto-approve").await.expect(0);
}

/// Writes what the Velero of the tests prints into a stack.
pub async fn vendor(place: &Place, stack: &Stack) {
    let line = format!(
        "vendor velero 1.18.1 -velero={} -plugin=velero/velero-plugin-for-aws:v1.14.3 -node-agent",
        place.bin.join("velero").display()
    );
    stack.run(&line).await.expect(0);
}

/// Whether every server that runs was started with a flag.
fn has_flag(kubelet: &Kubelet, flag: &str) -> bool {
    let running = kubelet.arguments();
    assert!(!running.is_empty(), "no server runs");
    let says = |arguments: &Vec<String>| arguments.iter().any(|one| one.starts_with(flag));
    running.iter().all(says)
}
