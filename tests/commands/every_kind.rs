//! Every kind on the sandbox: applied, planned empty, and planned empty again after Velero has worked.

use crate::children::Served;
use crate::shared_every_kind as shared;
use bytes::Bytes;
use http::Method;
use jiff::SignedDuration;
use sk_dr::kinds::Ownership;
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;

#[tokio::test]
async fn apply_then_plan_is_empty_for_every_kind() {
    let served = Served::empty();
    served.sandbox.add_bucket(shared::BUCKET);
    shared::copy(served.directory.path(), shared::STORE, Ownership::Marked);
    served.serve(shared::KUBECONFIG).await;

    let plan = served.expect("plan", 0).await;
    shared::creates_every_kind(&plan);
    served.expect("apply -auto-approve", 0).await;
    let nothing = served.expect("plan -detailed-exitcode", 0).await;
    assert!(nothing.contains("No changes."), "{nothing}");
    served.expect("drift", 0).await;

    let workload = http::Request::builder()
        .method(Method::POST)
        .uri(shared::WORKLOADS)
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .header("content-type", "application/json")
        .body(Bytes::from(shared::workload().to_string()))
        .unwrap();
    assert_eq!(
        served
            .sandbox
            .answer(Server::Kubernetes, &workload)
            .status(),
        201
    );
    shared::copy(served.directory.path(), shared::STORE, Ownership::Fields);
    shared::changes_what_others_make(&served.expect("plan", 0).await);
    served.expect("apply -auto-approve", 0).await;
    served.expect("plan -detailed-exitcode", 0).await;
    served.expect("drift", 0).await;

    served.sandbox.advance(SignedDuration::from_mins(10));
    served.expect("plan -detailed-exitcode", 0).await;
    served.expect("drift", 0).await;
}
