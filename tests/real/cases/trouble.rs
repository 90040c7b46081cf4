//! What an error must never look like: a dead API, a type that is not served, an object that is being deleted.

use crate::Place;
use crate::cases::lifecycle::RESOURCES;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::StandIn;
use serde_json::json;

/// A dead API server is unknown, never absent: nothing is planned to be created, the exit code is 1.
pub async fn a_dead_api_server_is_unknown(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let velero = StandIn::start(&place.bin, &cluster).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "dead",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack.run("apply -auto-approve").await.expect(0);
    drop(velero);
    cluster.stop_api();
    for command in [
        "plan",
        "plan -detailed-exitcode",
        "drift",
        "apply -auto-approve",
        "plan -destroy",
    ] {
        stack
            .run(command)
            .await
            .expect(1)
            .does_not_say("will be created")
            .does_not_say("No changes.");
    }
    cluster.rebuild().await;
    let _velero = StandIn::attend(&cluster).await;
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

/// Without Velero's CRDs its resources are "not served": blocked with the cure, the namespace is planned, exit 1.
pub async fn a_type_that_is_not_served_blocks_its_resources(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "bare",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack
        .run("plan")
        .await
        .expect(1)
        .says("does not serve schedules.velero.io")
        .says("velero_schedule.shop is blocked")
        .says("# kubernetes_namespace.shop will be created");
    stack
        .run("plan -destroy")
        .await
        .expect(0)
        .says("No changes.");
}

/// A declared namespace that is being deleted is neither there nor absent: blocked, and nothing is sent.
pub async fn an_object_being_deleted_blocks(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "ending",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let path = "/api/v1/namespaces/shop";
    let hold = json!({"metadata": {"finalizers": ["example.org/hold"]}});
    harness.merge(path, "somebody", &hold).await.ok();
    harness.delete(path).await.ok();
    assert_eq!(harness.read(path).await["status"]["phase"], "Terminating");

    let mark = cluster.audit_mark().await;
    stack
        .run("plan")
        .await
        .expect(1)
        .says("kubernetes_namespace.shop is blocked")
        .says("delet");
    stack.run("apply -auto-approve").await.expect(1);
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(sent.iter().all(|entry| !entry.is_effect()), "{sent:?}");
    harness
        .merge(path, "somebody", &json!({"metadata": {"finalizers": null}}))
        .await
        .ok();
}
