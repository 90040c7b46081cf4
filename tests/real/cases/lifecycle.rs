//! Plan, apply, nothing to do, a hand edit, drift, repair; what each command sends is read from the server's audit log.

use crate::Place;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::{SCHEDULES, StandIn};
use serde_json::json;

/// A namespace, a location and a schedule.
pub const RESOURCES: &str = r#"
resource "kubernetes_namespace" "shop" {
  metadata {
    name = "shop"
  }
}

resource "velero_backup_storage_location" "main" {
  name          = "main"
  provider_name = "aws"
  bucket        = "backups"
  config = {
    region           = "us-east-1"
    s3ForcePathStyle = "true"
  }
}

resource "velero_schedule" "shop" {
  name                = "shop-daily"
  schedule            = "0 1 * * *"
  ttl                 = "720h"
  storage_location    = velero_backup_storage_location.main.name
  included_namespaces = [kubernetes_namespace.shop.metadata[0].name]
}
"#;

/// The whole day of an operator. The second plan sends no write at all; a plan with an update sends exactly a dry-run.
#[expect(clippy::too_many_lines, reason = "one day, in its order")]
pub async fn apply_then_nothing_then_a_hand_edit_is_seen_and_repaired(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "day",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );

    stack
        .run("plan -out=plan.json")
        .await
        .expect(0)
        .says("Plan: 3 to add, 0 to change, 0 to destroy.");
    stack
        .run("apply plan.json")
        .await
        .expect(0)
        .says("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
    let mark = cluster.audit_mark().await;
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        !sent.is_empty() && sent.iter().all(|entry| !entry.is_write()),
        "an empty plan only reads: {sent:?}"
    );
    stack.run("drift").await.expect(0);

    let path = format!("{SCHEDULES}/shop-daily");
    harness
        .merge(&path, "kubectl-edit", &json!({"spec": {"paused": true}}))
        .await
        .ok();
    let mark = cluster.audit_mark().await;
    stack
        .run("drift")
        .await
        .expect(2)
        .says("kubectl-edit")
        .says("paused");
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        sent.iter().all(|entry| !entry.is_write()),
        "drift only reads: {sent:?}"
    );

    let mark = cluster.audit_mark().await;
    let plan = stack.run("plan -detailed-exitcode").await.expect(2);
    plan.says("Plan: 0 to add, 1 to change, 0 to destroy.")
        .does_not_say("Not confirmed");
    let sent = cluster.audit_since(mark, User::Operator).await;
    let writes: Vec<_> = sent.iter().filter(|entry| entry.is_write()).collect();
    assert!(
        writes.iter().all(|entry| entry.is_dry_run()),
        "a plan stores nothing: {writes:?}"
    );
    assert!(
        writes.iter().any(|entry| entry.verb == "patch"
            && entry.status == 200
            && entry.uri.contains("shop-daily")),
        "an update is shown to the server first: {sent:?}"
    );

    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("0 added, 1 changed, 0 destroyed");
    let schedule = harness.read(&path).await;
    assert_ne!(schedule["spec"]["paused"], true, "repaired: {schedule}");
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
    stack.run("drift").await.expect(0);
}
