//! Whose is it? Two stacks, clones, restored marks, renames, adoption and release: never a delete or an adoption in silence.

use crate::Place;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{SCHEDULES, StandIn};
use serde_json::{Value as Json, json};

const ONE: &str = r#"
resource "velero_schedule" "shop" {
  name                = "shop-daily"
  schedule            = "0 1 * * *"
  included_namespaces = ["shop"]
}
"#;

/// The second stack that declares an object is blocked and told whose it is; the first is not disturbed.
pub async fn two_stacks_never_share_an_object(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let kubeconfig = cluster.kubeconfig(User::Operator);
    let first = Stack::with(&place.directory.join("first"), "first", &kubeconfig, ONE);
    let second = Stack::with(&place.directory.join("second"), "second", &kubeconfig, ONE);
    first.run("apply -auto-approve").await.expect(0);
    second.run("plan").await.expect(1).says("first");
    second
        .run("plan -adopt=velero_schedule.shop")
        .await
        .expect(1)
        .says("first");
    second.run("apply -auto-approve").await.expect(1);
    // The other stack's objects are no orphans of ours, and destroy leaves them.
    second.write("resources.hcl", "");
    second
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
    second.run("destroy -auto-approve").await.expect(0);
    first
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

/// By `sed` over all of it: the mark names its bearer then, and the server knows who wrote it.
async fn copy_by_sed(harness: &Requests, from: &str, to: &str) {
    let whole = harness.read(&format!("{SCHEDULES}/{from}")).await;
    let changed = whole.to_string().replace(from, to);
    let mut changed: Json = serde_json::from_str(&changed).unwrap();
    let metadata = changed["metadata"].as_object_mut().unwrap();
    metadata.remove("resourceVersion");
    harness.post(SCHEDULES, &changed).await.ok();
}

/// Marks that travelled along with a copy make it neither our orphan nor ours.
pub async fn marks_that_travel_own_nothing(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "copies",
        &cluster.kubeconfig(User::Operator),
        ONE,
    );
    stack.run("apply -auto-approve").await.expect(0);
    clone(&harness, SCHEDULES, "shop-daily", "shop-clone").await;
    copy_by_sed(&harness, "shop-daily", "shop-sed").await;
    harness.make_namespace("elsewhere", json!({})).await;
    let elsewhere = SCHEDULES.replace("/velero/", "/elsewhere/");
    clone_to(
        &harness,
        SCHEDULES,
        "shop-daily",
        (&elsewhere, "shop-daily"),
    )
    .await;

    // Beside the original: not an orphan, not deleted, named in the plan.
    let plan = stack.run("plan -detailed-exitcode").await.expect(0);
    plan.does_not_say("will be destroyed")
        .does_not_say("must be replaced")
        .says("shop-clone")
        .says("shop-sed");
    stack.run("apply -auto-approve").await.expect(0);
    for path in [
        format!("{SCHEDULES}/shop-clone"),
        format!("{SCHEDULES}/shop-sed"),
        format!("{elsewhere}/shop-daily"),
    ] {
        let status = harness.get(&path).await.status;
        assert_eq!(status, 200, "{path} is still there");
    }

    // In the place of a declared one: not adopted in silence.
    stack.write(
        "resources.hcl",
        &format!(
            "{ONE}{}",
            ONE.replace("\"shop\" {", "\"clone\" {")
                .replace("shop-daily", "shop-clone")
        ),
    );
    let mark = cluster.audit_mark().await;
    stack
        .run("plan")
        .await
        .expect(1)
        .says("velero_schedule.clone is blocked");
    stack.run("apply -auto-approve").await.expect(1);
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(sent.iter().all(|entry| !entry.is_effect()), "{sent:?}");

    // Destroy takes the original alone.
    stack.write("resources.hcl", ONE);
    stack
        .run("destroy -auto-approve")
        .await
        .expect(0)
        .says("1 destroyed");
    assert_eq!(
        harness.get(&format!("{SCHEDULES}/shop-daily")).await.status,
        404
    );
    assert_eq!(
        harness.get(&format!("{SCHEDULES}/shop-clone")).await.status,
        200
    );
}

/// A resource with another name in the configuration is the same object: one update, no delete and create.
pub async fn a_renamed_resource_keeps_its_object(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "rename",
        &cluster.kubeconfig(User::Operator),
        ONE,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let before = uid(&harness, "shop-daily").await;
    stack.write("resources.hcl", &ONE.replace("\"shop\" {", "\"store\" {"));
    stack
        .run("plan")
        .await
        .expect(0)
        .says("Plan: 0 to add, 1 to change, 0 to destroy.")
        .says("velero_schedule.shop");
    stack.run("apply -auto-approve").await.expect(0);
    assert_eq!(uid(&harness, "shop-daily").await, before);
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
    // Gone from the configuration: an orphan, deleted; what it made stays.
    stack.write("resources.hcl", "");
    stack
        .run("plan")
        .await
        .expect(0)
        .says("1 to destroy")
        .says("not in configuration");
    stack.run("apply -auto-approve").await.expect(0);
    assert_eq!(
        harness.get(&format!("{SCHEDULES}/shop-daily")).await.status,
        404
    );
}

/// Another name in the configuration is another object: where the server refuses it the old one stays, and it goes only once
/// the new one is there.
pub async fn another_name_makes_the_new_one_first(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "replace",
        &cluster.kubeconfig(User::Operator),
        ONE,
    );
    stack.run("apply -auto-approve").await.expect(0);
    let nowhere = ONE.replace(
        "schedule            =",
        "namespace           = \"nowhere\"\n  schedule            =",
    );
    stack.write("resources.hcl", &nowhere);
    stack
        .run("plan")
        .await
        .expect(0)
        .says("velero_schedule.shop must be replaced")
        .says("Plan: 1 to add, 0 to change, 1 to destroy.");
    stack.run("apply -auto-approve").await.expect(1);
    assert_eq!(
        harness.get(&format!("{SCHEDULES}/shop-daily")).await.status,
        200,
        "the old one stays where the new one is refused"
    );
    stack
        .run("plan")
        .await
        .expect(0)
        .says("velero_schedule.shop must be replaced");
    stack.write("resources.hcl", &ONE.replace("shop-daily", "store-daily"));
    let mark = cluster.audit_mark().await;
    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("Resources: 1 added, 0 changed, 1 destroyed.");
    let sent = cluster.audit_since(mark, User::Operator).await;
    let effects: Vec<String> = sent
        .iter()
        .filter(|entry| entry.is_effect())
        .map(|entry| entry.verb.clone())
        .collect();
    assert_eq!(effects, ["create", "delete"]);
    for (name, status) in [("shop-daily", 404), ("store-daily", 200)] {
        assert_eq!(
            harness.get(&format!("{SCHEDULES}/{name}")).await.status,
            status,
            "{name}"
        );
    }
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

/// An unmarked object with our key is adopted only when named, and then released, never deleted, with every field as it was.
pub async fn adoption_is_asked_for_and_ends_in_release(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let _velero = StandIn::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let object = json!({"apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": {"name": "shop-daily", "labels": {"team": "shop"}},
        "spec": {"schedule": "0 5 * * *", "template": {"includedNamespaces": ["shop"]}}});
    harness.post(SCHEDULES, &object).await.ok();
    let before = uid(&harness, "shop-daily").await;
    let stack = Stack::with(
        &place.directory.join("stack"),
        "adopt",
        &cluster.kubeconfig(User::Operator),
        ONE,
    );

    let mark = cluster.audit_mark().await;
    stack
        .run("plan")
        .await
        .expect(1)
        .says("-adopt=velero_schedule.shop")
        .says("0 5 * * *");
    stack.run("apply -auto-approve").await.expect(1);
    let sent = cluster.audit_since(mark, User::Operator).await;
    assert!(
        sent.iter().all(|entry| !entry.is_effect()),
        "not adopted in silence: {sent:?}"
    );

    stack
        .run("plan -adopt=velero_schedule.shop -out=plan.json")
        .await
        .expect(0)
        .says("1 to import");
    stack.run("apply plan.json").await.expect(0);
    assert_eq!(uid(&harness, "shop-daily").await, before);
    assert_eq!(
        harness.read(&format!("{SCHEDULES}/shop-daily")).await["spec"]["schedule"],
        "0 1 * * *"
    );
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");

    stack.write("resources.hcl", "");
    stack
        .run("plan")
        .await
        .expect(0)
        .does_not_say("1 to destroy")
        .says("velero_schedule.shop");
    stack.run("apply -auto-approve").await.expect(0);
    let released = harness.read(&format!("{SCHEDULES}/shop-daily")).await;
    assert_eq!(released["metadata"]["uid"], before.as_str());
    assert_eq!(
        released["spec"]["schedule"], "0 1 * * *",
        "the object stays as it is"
    );
    let text = released.to_string();
    assert!(
        !text.contains("sk-dr"),
        "no mark and no field of ours is left: {text}"
    );
    stack
        .run("plan -detailed-exitcode")
        .await
        .expect(0)
        .says("No changes.");
}

async fn uid(requests: &Requests, name: &str) -> String {
    requests.read(&format!("{SCHEDULES}/{name}")).await["metadata"]["uid"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn clone(requests: &Requests, collection: &str, from: &str, to: &str) {
    clone_to(requests, collection, from, (collection, to)).await;
}

/// As Velero restores an object under another name or namespace: labels, annotations and managedFields come along.
async fn clone_to(requests: &Requests, collection: &str, from: &str, (target, name): (&str, &str)) {
    let mut object: Json = requests.read(&format!("{collection}/{from}")).await;
    let metadata = object["metadata"].as_object_mut().unwrap();
    for server_made in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "namespace",
    ] {
        metadata.remove(server_made);
    }
    metadata.insert("name".to_owned(), json!(name));
    requests.post(target, &object).await.ok();
}
