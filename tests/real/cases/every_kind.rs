//! Every kind on the real API server and the real Velero: applied, planned empty, and planned empty again after Velero
//! has worked on all of it.

use crate::Place;
use crate::cases::velero_day::{backups_of, empty, validated_after};
use crate::every_kind;
use crate::process::until;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use crate::velero::{Moto, Velero, install_crds};
use jiff::Timestamp;
use sk_dr::kinds::Ownership;
use std::time::Duration;

/// The configuration that holds one resource of every kind. A plan that has nothing to do sends no write.
pub async fn apply_then_plan_is_empty_for_every_kind_on_real_servers(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, every_kind::BUCKET).await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::new(&place.directory.join("stack"));
    every_kind::copy(stack.directory(), &moto.address(), Ownership::Marked);
    std::fs::copy(
        cluster.kubeconfig(User::Operator),
        stack.directory().join(every_kind::KUBECONFIG),
    )
    .unwrap();

    let plan = stack.run("plan").await.expect(0);
    every_kind::creates_every_kind(&plan.stdout);
    stack.run("apply -auto-approve").await.expect(0);
    empty(&cluster, &stack).await;

    let workload = every_kind::workload();
    harness.post(every_kind::WORKLOADS, &workload).await.ok();
    every_kind::copy(stack.directory(), &moto.address(), Ownership::Fields);
    let plan = stack.run("plan").await.expect(0);
    every_kind::changes_what_others_make(&plan.stdout);
    stack.run("apply -auto-approve").await.expect(0);
    let written = Timestamp::now();
    empty(&cluster, &stack).await;

    validated_after(&harness, written).await;
    until("a tick is seen", Duration::from_secs(120), || async {
        (backups_of(&harness, "shop-daily").await >= 1).then_some(())
    })
    .await;
    empty(&cluster, &stack).await;
}
