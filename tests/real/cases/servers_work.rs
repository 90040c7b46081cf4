//! The harness itself: what every other case takes for granted.

use crate::Place;
use crate::process::until;
use crate::proxy::{Hold, Moment, Proxy};
use crate::requests::Requests;
use crate::servers::{Cluster, User};
use crate::velero::{LOCATIONS, Moto, Velero, install_crds};
use http::Method;
use serde_json::json;
use std::time::Duration;

/// Namespaces are made and go away, rights are refused and granted, the audit log tells users apart, a lost cluster is another one.
pub async fn start_serve_and_write_an_audit_log(place: Place) {
    let mut cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let harness = cluster.requests(User::Harness).await;
    let mark = cluster.audit_mark().await;
    let operator = cluster.requests(User::Operator).await;
    operator
        .make_namespace("shop", json!({"labels": {"a": "b"}}))
        .await;
    let seen = cluster.audit_since(mark, User::Operator).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(
        seen[0].is_effect()
            && seen[0].verb == "create"
            && seen[0].uri.starts_with("/api/v1/namespaces"),
        "{seen:?}"
    );
    assert!(cluster.audit_since(mark, User::Weak).await.is_empty());

    let weak = cluster.requests(User::Weak).await;
    assert_eq!(weak.get("/api/v1/namespaces").await.status, 403);
    cluster
        .grant(
            User::Weak,
            "look",
            json!([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]),
        )
        .await;
    assert_eq!(weak.get("/api/v1/namespaces").await.status, 200);

    harness.delete("/api/v1/namespaces/shop").await.ok();
    until("the namespace is gone", Duration::from_secs(30), || async {
        (harness.get("/api/v1/namespaces/shop").await.status == 404).then_some(())
    })
    .await;

    let before = harness.identity().await;
    cluster.stop_api();
    assert_eq!(harness.get("/readyz").await.status, 0, "nothing answers");
    cluster.rebuild().await;
    assert_eq!(
        cluster.requests(User::Harness).await.identity().await,
        before,
        "the data survived"
    );
    cluster.lose();
    cluster.rebuild().await;
    assert_ne!(
        cluster.requests(User::Harness).await.identity().await,
        before,
        "a fresh cluster is another one"
    );
}

/// A held request never reaches the server, a held answer leaves its effect, everything else passes.
pub async fn proxy_holds_where_it_is_told(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let proxy = Proxy::start(&cluster).await;
    let through = Requests::new(&cluster.kubeconfig_by(User::Operator, proxy.address())).await;
    let uid = cluster.requests(User::Harness).await.identity().await;
    assert_eq!(through.identity().await, uid);
    for (name, moment, status) in [
        ("never", Moment::BeforeEffect, 404),
        ("done", Moment::AfterEffect, 200),
    ] {
        proxy.hold(Hold {
            method: Method::POST,
            path: "/api/v1/namespaces".to_owned(),
            moment,
        });
        let client = through.clone();
        let task = tokio::spawn(async move { client.make_namespace(name, json!({})).await });
        proxy.holding(Duration::from_secs(10)).await;
        task.abort();
        let _ = task.await;
        assert_eq!(
            through
                .get(&format!("/api/v1/namespaces/{name}"))
                .await
                .status,
            status,
            "{name}"
        );
    }
}

/// The real Velero finds the bucket of the S3 server.
pub async fn velero_starts(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "backups").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let harness = cluster.requests(User::Harness).await;
    let location = json!({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": {"name": "main"},
        "spec": {"provider": "aws", "objectStorage": {"bucket": "backups"}, "config": {"region": "us-east-1",
            "s3ForcePathStyle": "true", "s3Url": moto.address(), "checksumAlgorithm": ""}}});
    harness.post(LOCATIONS, &location).await.ok();
    until(
        "the location is available",
        Duration::from_secs(60),
        || async {
            let object = harness.read(&format!("{LOCATIONS}/main")).await;
            (object["status"]["phase"] == "Available").then_some(())
        },
    )
    .await;
}
