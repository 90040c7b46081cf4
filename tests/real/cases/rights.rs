//! Little rights: what works with get and list alone, and what a missing right does to the rest.

use crate::Place;
use crate::cases::lifecycle::RESOURCES;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::{SCHEDULES, StandIn};
use serde_json::json;

/// With get and list only, `drift` finds drift and sends no write; `plan` says that the server did not confirm the update.
pub async fn a_read_only_token_finds_drift_and_plans_unconfirmed(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let directory = place.directory.join("stack");
    let stack = Stack::with(
        &directory,
        "rights",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let path = format!("{SCHEDULES}/shop-daily");
    harness
        .merge(
            &path,
            "kubectl-edit",
            &json!({"spec": {"schedule": "0 2 * * *"}}),
        )
        .await
        .ok();

    cluster
        .grant(
            User::Reader,
            "read-only",
            json!([
                {"apiGroups": ["velero.io"], "resources": ["schedules", "backupstoragelocations"], "verbs": ["get", "list"]},
                {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]},
            ]),
        )
        .await;
    let stack = Stack::with(
        &directory,
        "rights",
        &cluster.kubeconfig(User::Reader),
        RESOURCES,
    );
    let mark = cluster.audit_mark().await;
    stack
        .run("drift")
        .await
        .expect(2)
        .says("kubectl-edit")
        .says("0 2 * * *");
    let sent = cluster.audit_since(mark, User::Reader).await;
    assert!(
        !sent.is_empty() && sent.iter().all(|entry| !entry.is_write()),
        "drift only reads: {sent:?}"
    );

    let mark = cluster.audit_mark().await;
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(2)
        .says("Not confirmed by the server")
        .says("1 to change");
    let sent = cluster.audit_since(mark, User::Reader).await;
    assert!(
        sent.iter()
            .any(|entry| entry.verb == "patch" && entry.is_dry_run() && entry.status == 403),
        "the dry-run was tried and refused: {sent:?}"
    );
}

/// 403 on one kind blocks that kind with the reason; the rest is planned; the exit code is 1; apply then does nothing.
pub async fn a_missing_right_blocks_its_kind_and_not_the_rest(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    cluster
        .grant(
            User::Weak,
            "namespaces-only",
            json!([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "create", "patch"]}]),
        )
        .await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "weak",
        &cluster.kubeconfig(User::Weak),
        RESOURCES,
    );
    let mark = cluster.audit_mark().await;
    stack
        .run("plan -out=plan.json")
        .await
        .expect(1)
        .says("403")
        .says("velero_schedule.shop is blocked")
        .says("# kubernetes_namespace.shop will be created");
    stack.run("apply plan.json").await.expect(1);
    let sent = cluster.audit_since(mark, User::Weak).await;
    assert!(
        sent.iter().all(|entry| !entry.is_effect()),
        "a plan with blockers is not applied: {sent:?}"
    );

    let excluded = "-exclude=velero_schedule.shop -exclude=velero_backup_storage_location.main";
    stack
        .run(&format!("plan -out=part.json {excluded}"))
        .await
        .expect(0)
        .says("Plan: 1 to add");
    stack.run("apply part.json").await.expect(0);
}
