//! One list of contract cases, run against the sandbox in process, against the sandbox on loopback, and, where one is
//! named, against a real server: `SK_DR_CONTRACT_SERVER=https://127.0.0.1:6443` with
//! `SK_DR_CONTRACT_TOKENS=admin,reader,nobody`. A difference is a failing test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod case;
mod cases;
mod http;
mod velero_cases;

use crate::case::{Call, Case, Reply, Server, Who, run};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::behaviours::{BEHAVIOURS, Evidence};
use sk_dr::sandbox::state::{ADMIN_TOKEN, READER_TOKEN};
use tower::ServiceExt;

const NOBODY_TOKEN: &str = "sandbox-nobody";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("contract", 1, "2026-11-22T00:00:17.25Z".parse().unwrap());
    sandbox.install_velero();
    sandbox.add_bucket("contract");
    sandbox.with(|state| state.access.grant(NOBODY_TOKEN, "nobody", Vec::new()));
    sandbox
}

fn token(who: Who) -> Option<&'static str> {
    match who {
        Who::Admin => Some(ADMIN_TOKEN),
        Who::Reader => Some(READER_TOKEN),
        Who::Nobody => Some(NOBODY_TOKEN),
        Who::Stranger => Some("no-such-token"),
        Who::Anonymous => None,
    }
}

struct InProcess(Sandbox);

#[async_trait]
impl Server for InProcess {
    async fn send(&self, call: &Call) -> Reply {
        let mut request = ::http::Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header("content-type", call.content_type);
        if let Some(token) = token(call.who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Bytes::from(call.body.clone())).unwrap();
        let response = match call.who {
            Who::Anonymous => self.0.exchange(request).await,
            Who::Admin | Who::Reader | Who::Nobody | Who::Stranger => {
                self.0.wire("unused").oneshot(request).await
            }
        };
        let response = response.expect("no fault is set");
        let body = response.body();
        let text = || Value::String(String::from_utf8_lossy(body).into_owned());
        Reply {
            status: response.status().as_u16(),
            body: serde_json::from_slice(body).unwrap_or_else(|_| text()),
        }
    }
    async fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn s3(&self) -> String {
        "http://s3.sandbox".to_owned()
    }
    async fn pass(&self, by: SignedDuration) {
        self.0.advance(by);
    }
}

/// Cases at once or one after the other: they share a server, but no object.
#[derive(Clone, Copy)]
enum Order {
    Sequential,
    Together,
}

async fn check(cases: &[Case], server: &dyn Server, order: Order) {
    let marker = format!("{:x}", server.now().await.as_second());
    let runs = cases.iter().enumerate().map(|(number, case)| {
        let id = format!("c{number}-{marker}");
        async move { run(case, server, &id).await }
    });
    let width = match order {
        Order::Sequential => 1,
        Order::Together => cases.len(),
    };
    let outcomes: Vec<Result<(), String>> = futures::stream::iter(runs)
        .buffer_unordered(width)
        .collect()
        .await;
    let failures: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
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
            "not run: no SK_DR_CONTRACT_SERVER (a kube-apiserver with Velero's CRDs) is named"
        );
        return;
    };
    check(&cases::cases(), &server, Order::Sequential).await;
}

#[tokio::test]
async fn velero_on_a_real_server() {
    let Some(server) = http::named().filter(http::Http::has_velero) else {
        println!(
            "not run: no SK_DR_CONTRACT_SERVER with SK_DR_CONTRACT_VELERO (the S3 endpoint of a running Velero, with a bucket `contract`) is named"
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
