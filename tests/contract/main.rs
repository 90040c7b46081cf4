//! One list of contract cases, run against the sandbox in process and on loopback. The target `real` runs the same list
//! against kube-apiserver and Velero, which it starts: `SK_DR_REAL=1 cargo test --test real contract`. A server of one's
//! own may be named here too: `SK_DR_CONTRACT_SERVER=https://127.0.0.1:6443` with
//! `SK_DR_CONTRACT_TOKENS=admin,reader,nobody`. A difference is a failing test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod shared;

use shared::case::{Case, Server};
use shared::sandbox::{InProcess, sandbox, token};
use shared::{Order, cases, http, outcomes, velero_cases};
use sk_dr::sandbox::behaviours::{BEHAVIOURS, Evidence};

async fn check(cases: &[Case], server: &dyn Server, order: Order) {
    let failures: Vec<String> = outcomes(cases, server, order)
        .await
        .into_iter()
        .filter_map(|(_, outcome)| outcome.err())
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[tokio::test(start_paused = true)]
async fn kubernetes_in_process() {
    let server = InProcess(sandbox());
    check(&cases::cases(), &server, Order::Sequential).await;
}

#[tokio::test(start_paused = true)]
async fn velero_in_process() {
    let server = InProcess(sandbox());
    check(&velero_cases::cases(), &server, Order::Sequential).await;
}

#[tokio::test]
async fn kubernetes_on_loopback() {
    let sandbox = sandbox();
    let (server, stop, serving) = http::serve(&sandbox, token).await;
    check(&cases::cases(), &server, Order::Sequential).await;
    stop.send(()).unwrap();
    drop(server);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn kubernetes_on_a_real_server() {
    let Some(server) = http::named() else {
        println!(
            "not run here: no SK_DR_CONTRACT_SERVER is named. On a real kube-apiserver: SK_DR_REAL=1 cargo test --test real contract"
        );
        return;
    };
    check(&cases::cases(), &server, Order::Sequential).await;
}

#[tokio::test]
async fn velero_on_a_real_server() {
    let Some(server) = http::named().filter(http::Http::has_velero) else {
        println!(
            "not run here: no SK_DR_CONTRACT_SERVER with SK_DR_CONTRACT_VELERO (the S3 endpoint of a running Velero, with a bucket `contract`) is named. On a real Velero: SK_DR_REAL=1 cargo test --test real contract"
        );
        return;
    };
    check(&velero_cases::cases(), &server, Order::Together).await;
}

#[test]
fn behaviours_name_cases_that_exist() {
    let names: Vec<&str> = cases::cases()
        .iter()
        .chain(velero_cases::cases().iter())
        .map(|case| case.name)
        .collect();
    for behaviour in BEHAVIOURS {
        if let Evidence::Case(name) = behaviour.evidence {
            assert!(
                names.contains(&name),
                "{:?} names the case {name}, which does not exist",
                behaviour.name
            );
        }
    }
}
