//! Which cluster is it? The wrong one gets nothing, whatever the kubeconfig says.

use crate::Place;
use crate::cases::lifecycle::RESOURCES;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::StandIn;
use std::fs;

/// Total loss and a fresh cluster under the same address: exit 3, nothing is created, until the new identity is named.
pub async fn a_fresh_cluster_under_the_old_address_gets_nothing(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let velero = StandIn::start(&place.bin, &cluster).await;
    let directory = place.directory.join("stack");
    let stack = Stack::with(
        &directory,
        "lost",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let changed = RESOURCES.replace("0 1 * * *", "0 4 * * *");
    stack.write("resources.hcl", &changed);
    stack.run("plan -out=before.json").await.expect(0);
    drop(velero);
    cluster.lose();
    cluster.rebuild().await;
    let _velero = StandIn::start(&place.bin, &cluster).await;

    let mark = cluster.audit_mark().await;
    for command in [
        "plan",
        "apply -auto-approve",
        "apply before.json",
        "drift",
        "destroy -auto-approve",
    ] {
        stack
            .run(command)
            .await
            .expect(3)
            .does_not_say("will be created");
    }
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        sent.iter().all(|entry| !entry.is_write()),
        "nothing was sent: {sent:?}"
    );

    let uid = cluster.requests(User::Harness).await.identity().await;
    let main = fs::read_to_string(directory.join("main.hcl")).unwrap();
    stack.write(
        "main.hcl",
        &main.replace(
            "config_path",
            &format!("identity    = \"{uid}\"\n  config_path"),
        ),
    );
    stack.run("plan").await.says("3 to add");
}

/// A plan made for one cluster is not applied to another one, although the kubeconfig at the same path now names it.
pub async fn a_plan_for_one_cluster_is_not_applied_to_another(place: Place) {
    let first = Cluster::start(&place.bin, &place.directory.join("first")).await;
    let second = Cluster::start(&place.bin, &place.directory.join("second")).await;
    let (_one, _two) = (
        StandIn::start(&place.bin, &first).await,
        StandIn::start(&place.bin, &second).await,
    );
    let kubeconfig = place.directory.join("kubeconfig");
    fs::copy(first.kubeconfig(User::Operator), &kubeconfig).unwrap();
    let stack = Stack::with(
        &place.directory.join("stack"),
        "context",
        &kubeconfig,
        RESOURCES,
    );
    stack.run("plan -out=plan.json").await.expect(0);
    fs::copy(second.kubeconfig(User::Operator), &kubeconfig).unwrap();
    let mark = second.audit_mark().await;
    stack.run("apply plan.json").await.expect(3);
    let sent = second.audit_since(mark, User::Operator).await;
    assert!(
        sent.iter().all(|entry| !entry.is_write()),
        "nothing was sent: {sent:?}"
    );
    fs::copy(first.kubeconfig(User::Operator), &kubeconfig).unwrap();
    stack.run("apply plan.json").await.expect(0);
    fs::copy(second.kubeconfig(User::Operator), &kubeconfig).unwrap();
    stack.run("plan").await.expect(3);
    stack.run("apply -auto-approve").await.expect(3);
    let sent = second.audit_since(mark, User::Operator).await;
    assert!(
        sent.iter().all(|entry| !entry.is_write()),
        "nothing was sent: {sent:?}"
    );
}
