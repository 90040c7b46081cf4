//! Destroy, and the consent for what holds data.

use crate::Place;
use crate::cases::lifecycle::RESOURCES;
use crate::process::until;
use crate::program::{Run, Stack};
use crate::servers::{Cluster, User};
use crate::velero::StandIn;
use serde_json::json;
use std::time::Duration;

/// A namespace goes only with a consent that lists what is in it, and the consent is void when that changes.
pub async fn a_namespace_goes_only_with_consent(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "destroy",
        &cluster.kubeconfig(User::Operator),
        RESOURCES,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "7Gi"}}}});
    harness
        .post("/api/v1/namespaces/shop/persistentvolumeclaims", &claim)
        .await
        .ok();

    let plan = stack.run("plan -destroy -out=without.json").await.expect(0);
    let old = consent(&plan);
    plan.says("2 to destroy").says("7Gi").says("data");
    stack
        .run("apply without.json")
        .await
        .expect(0)
        .says("2 destroyed");
    assert_eq!(
        harness.get("/api/v1/namespaces/shop").await.status,
        200,
        "held back"
    );

    let more = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}});
    harness
        .post("/api/v1/namespaces/shop/configmaps", &more)
        .await
        .ok();
    let plan = stack.run(&format!("plan -destroy -consent={old}")).await;
    let new = consent(&plan);
    assert_ne!(old, new, "the consent is bound to what would be lost");

    stack
        .run(&format!("plan -destroy -consent={new} -out=with.json"))
        .await
        .expect(0)
        .says("1 to destroy");
    stack
        .run("apply with.json")
        .await
        .expect(0)
        .says("1 destroyed");
    until("the namespace is gone", Duration::from_secs(30), || async {
        (harness.get("/api/v1/namespaces/shop").await.status == 404).then_some(())
    })
    .await;
    stack
        .run("plan -destroy -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

/// The hex after the word `consent`, as a person would copy it.
fn consent(plan: &Run) -> String {
    let text = plan.text();
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_start_matches("-consent="))
        .collect();
    let is_hex = |word: &&str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut found = words.iter().filter(|word| is_hex(word));
    (*found
        .next()
        .unwrap_or_else(|| panic!("no consent in the plan\n{plan}")))
    .to_owned()
}
