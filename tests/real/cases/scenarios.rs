//! What a person finds on the day of the loss, over one bucket that real Velero filled: backups that are no good, a database
//! that no backup brings back, a store that does not answer, a cluster that is not bare, a recovery that is open.

use super::total_loss::lost_with;
use crate::Place;
use crate::bucket::Bucket;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::site::Site;
use serde_json::json;
use std::time::Duration;

const DATABASE: &str = r#"
resource "velero_application" "db" {
  storage_location = velero_backup_storage_location.main.name
  retention {
    daily = 7
  }
}
"#;

const GOOD: &str = "shop-default-daily-20261201010000";
const PLAN: &str = "plan -recover=total_loss -exclude=velero_application.db -out=recovery.plan";
const RECORD: &str = "/api/v1/namespaces/velero/configmaps/sk-dr-recovery";

/// One after the other, since each adds to the bucket or to the cluster. Nothing of the bucket is written or gone before
/// the recovery that is begun last.
pub async fn on_the_day_of_the_loss(place: Place) {
    let (mut site, stack, _) = lost_with(&place, (DATABASE, &["db"]), database).await;
    stack
        .run("plan -recover=total_loss")
        .await
        .expect(1)
        .says("holds the database db/main of Crunchy Postgres for Kubernetes")
        .says("Plan is blocked");
    let bucket = Bucket::below(&site.moto, "velero");
    let keys = newer_and_worse(&bucket, &stack).await;
    assert_eq!(bucket.keys("").await, keys, "planning wrote to the bucket");
    a_store_that_is_silent(&place, &stack, &site).await;
    site.rebuild().await;
    a_cluster_that_is_not_bare(&stack, &site.harness().await).await;
    a_recovery_that_is_open(&stack, &site.harness().await).await;
    another_cluster_that_writes(&stack, &bucket).await;
    let left = bucket.keys("backups/").await;
    let backups = keys.iter().filter(|key| key.starts_with("backups/"));
    for key in backups {
        assert!(left.contains(key), "{key} is gone");
    }
}

/// A database with an archive of its own, whose type is there before Velero's server.
async fn database(harness: Requests) {
    harness.make_namespace("db", json!({})).await;
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "postgresclusters.postgres-operator.crunchydata.com"},
        "spec": {
            "group": "postgres-operator.crunchydata.com", "scope": "Namespaced",
            "names": {"kind": "PostgresCluster", "listKind": "PostgresClusterList", "plural": "postgresclusters",
                "singular": "postgrescluster"},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    });
    harness.post(definitions, &definition).await.ok();
    let clusters = "/apis/postgres-operator.crunchydata.com/v1beta1/namespaces/db/postgresclusters";
    until("the type is served", Duration::from_secs(30), || async {
        (harness.get(clusters).await.status == 200).then_some(())
    })
    .await;
    let cluster = json!({"apiVersion": "postgres-operator.crunchydata.com/v1beta1", "kind": "PostgresCluster",
        "metadata": {"name": "main"}, "spec": {"postgresVersion": 17}});
    harness.post(clusters, &cluster).await.ok();
}

/// Newer backups of the shop, each with its damage: every one is passed over with its reason, and the good one pinned.
/// Returns what is in the bucket.
async fn newer_and_worse(bucket: &Bucket, stack: &Stack) -> Vec<String> {
    let [cut, empty, half] = ["cut", "empty", "half"].map(|what| format!("{GOOD}-{what}"));
    for (later, name) in [&cut, &empty, &half].into_iter().enumerate() {
        bucket.copy(GOOD, name, later as i64 + 1).await;
    }
    bucket.cut(&cut).await;
    let few = |backup: &mut serde_json::Value| {
        backup["status"]["progress"] = json!({"totalItems": 1, "itemsBackedUp": 1});
    };
    bucket.edit(&empty, few).await;
    bucket.leave_half_written(&half).await;
    bucket.expire(GOOD).await;
    let plan = stack.run(PLAN).await.expect(0);
    plan.says(&format!("velero_application.shop   {GOOD} "))
        .says(&format!("passed over {cut}: its tarball"))
        .says(&format!("passed over {empty}:"))
        .says("A restore point expires");
    bucket.keys("").await
}

/// It may hold a newer backup: nothing is planned from what is not seen.
async fn a_store_that_is_silent(place: &Place, stack: &Stack, site: &Site) {
    let other = stack.copy_to(&place.directory.join("silent"));
    let declared = std::fs::read_to_string(other.directory().join("applications.hcl")).unwrap();
    let silent = declared.replace(&site.moto.address(), "http://127.0.0.1:1");
    other.write("applications.hcl", &silent);
    let plan = "plan -recover=total_loss -exclude=velero_application.db";
    let limit = Duration::from_secs(300);
    let said = other.run_within(limit, plan).await.expect(1);
    said.says("cannot be told")
        .does_not_say("There is no backup of");
}

/// The wrong context, or a cluster that somebody uses: nothing is written there.
async fn a_cluster_that_is_not_bare(stack: &Stack, harness: &Requests) {
    harness.make_namespace("shop", json!({})).await;
    let said = stack.run("apply recovery.plan").await.expect(3);
    said.says("is not empty: namespaces that are to be restored: shop");
    assert_eq!(harness.get("/api/v1/namespaces/velero").await.status, 404);
    harness.delete("/api/v1/namespaces/shop").await.ok();
    until("it is gone", Duration::from_secs(60), || async {
        (harness.get("/api/v1/namespaces/shop").await.status == 404).then_some(())
    })
    .await;
}

/// Killed once it has begun: an apply of the same stack, as CI runs it, is refused and told what goes on.
async fn a_recovery_that_is_open(stack: &Stack, harness: &Requests) {
    let mut apply = stack.spawn("apply recovery.plan");
    until("it has begun", Duration::from_secs(60), || async {
        (harness.get(RECORD).await.status == 200).then_some(())
    })
    .await;
    apply.kill().await.unwrap();
    let said = stack.run("apply -auto-approve").await.expect(4);
    said.says("sk-dr resume");
    let record = harness.read(RECORD).await;
    assert_eq!(record["data"]["state"], "open");
}

/// A backup that this run did not make: the location is not made writable. Once it is clear whose it is the run goes on.
async fn another_cluster_that_writes(stack: &Stack, bucket: &Bucket) {
    bucket.copy(GOOD, "foreign", 9).await;
    let limit = Duration::from_secs(400);
    let stopped = stack.run_within(limit, "resume").await.expect(6);
    stopped.says("another cluster writes backups there: foreign came since the plan was made");
    for key in bucket.keys("backups/foreign/").await {
        bucket.remove(&key).await;
    }
    stack
        .run_within(limit, "resume")
        .await
        .expect(0)
        .says("Recovery complete");
}
