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

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use bytes::Bytes;
use shared::case::{Case, Server};
use shared::sandbox::{InProcess, sandbox, token};
use shared::{
    Order, backup_files, cases, http, outcomes, restores, s3, s3_story, store_cases, velero_cases,
};
use sk_dr::sandbox::behaviours::{BEHAVIOURS, Evidence, FILES, RESTORES};
use sk_dr::sandbox::faults::{Fault, Matching};
use sk_dr::sandbox::s3::store::{ConditionalWrites, Versioning};
use sk_dr::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use sk_dr::sandbox::serve::serve;
use sk_dr::sandbox::server::Server::S3;
use tokio::net::TcpListener;
use tower::ServiceExt;

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

/// S3: the words that moto says too (`real::contract::buckets_on_both_sides`).
#[tokio::test(start_paused = true)]
async fn buckets_in_process() {
    let sandbox = sandbox();
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox.s3_wire(), "http://s3.sandbox", keys);
    insta::assert_snapshot!(s3_story::tell(&client, "story").await);
    assert_eq!(
        sandbox.log().len(),
        sandbox
            .log()
            .iter()
            .filter(|entry| entry.server == S3)
            .count()
    );
}

/// What a backup leaves, and what becomes of it: real Velero does the same (`real::contract::files_of_a_backup_on_both_sides`).
#[tokio::test(start_paused = true)]
async fn files_of_a_backup_in_process() {
    let (server, client) = backup_files::sandbox_that_collects();
    insta::assert_snapshot!(backup_files::tell(&server, &client).await);
    backup_files::synchronise(&server, &client).await;
}

/// What restores make and leave: real Velero does the same (`real::contract::restores_on_both_sides`).
#[tokio::test(start_paused = true)]
async fn restores_in_process() {
    let (server, client) = restores::here();
    insta::assert_snapshot!(restores::tell(&server, &client).await);
}

#[tokio::test]
async fn buckets_on_loopback() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve((sandbox(), S3), listener, std::future::pending()));
    let client = s3::client(s3::over_http(), &address, (ACCESS_KEY, SECRET_KEY));
    insta::assert_snapshot!("buckets_in_process", s3_story::tell(&client, "story").await);
}

/// What the program reads of a store: the cases that moto answers alike (`real::stores`).
#[tokio::test(start_paused = true)]
async fn stores_in_process() {
    let store = InProcess(sandbox());
    let mut failures = Vec::new();
    for (number, case) in store_cases::cases().iter().enumerate() {
        let came_of_it = store_cases::run(case, &store, &format!("case-{number}")).await;
        failures.extend(came_of_it.err());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn buckets_where_moto_is_no_judge() {
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox().s3_wire(), "http://s3.sandbox", keys);
    let told = s3_story::tell_what_moto_does_otherwise(&client, "story").await;
    insta::assert_snapshot!(told);
}

/// What came of a put that must make its key.
async fn make(client: &Client, bucket: &str, key: &str) -> String {
    let request = client.put_object().bucket(bucket).key(key);
    match request.if_none_match("*").send().await {
        Ok(_) => "200".to_owned(),
        Err(error) => match error.raw_response() {
            Some(raw) => format!("{} {}", raw.status().as_u16(), error.code().unwrap_or("-")),
            None => "no answer".to_owned(),
        },
    }
}

/// What stores do with conditions that they do not keep.
#[tokio::test(start_paused = true)]
async fn buckets_that_keep_no_conditions() {
    use ConditionalWrites::{Honoured, Ignored, IgnoredWhereVersioned, Refused};
    use Versioning::{Enabled, Never};
    let sandbox = sandbox();
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox.s3_wire(), "http://s3.sandbox", keys);
    let taken = "412 PreconditionFailed";
    let unknown = "501 NotImplemented";
    for (writes, versioning, first, second) in [
        (Honoured, Never, "200", taken),
        (Honoured, Enabled, "200", taken),
        (IgnoredWhereVersioned, Never, "200", taken),
        (IgnoredWhereVersioned, Enabled, "200", "200"),
        (Ignored, Never, "200", "200"),
        (Refused, Never, unknown, unknown),
    ] {
        let bucket = format!("{writes:?}-{versioning:?}").to_lowercase();
        sandbox.add_bucket(&bucket);
        sandbox.with(|state| {
            state.s3.set_conditional_writes(&bucket, writes).unwrap();
            state.s3.set_versioning(&bucket, versioning).unwrap();
        });
        assert_eq!(make(&client, &bucket, "k").await, first, "{bucket}");
        assert_eq!(make(&client, &bucket, "k").await, second, "{bucket}");
    }
}

/// Faults on the way to a bucket, told in its own words.
#[tokio::test(start_paused = true)]
async fn buckets_with_faults() {
    let sandbox = sandbox();
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox.s3_wire(), "http://s3.sandbox", keys);
    let at = |target: &str| Matching::new("PUT", target).at(S3);
    let faults = &sandbox.faults;
    faults.always(at("/contract/restores/"), Fault::Forbidden);
    faults.script(at("/contract/lost"), 1, Fault::DropAfter);
    faults.script(at("/contract/busy"), 1, Fault::Unavailable);
    for (key, expected) in [
        ("restores/r/x", "403 AccessDenied"),
        ("restores/r/x", "403 AccessDenied"),
        ("backups/x", "200"),
        // It was done, and its answer lost.
        ("lost", "no answer"),
        ("lost", "412 PreconditionFailed"),
        ("busy", "503 ServiceUnavailable"),
        ("busy", "200"),
    ] {
        assert_eq!(make(&client, "contract", key).await, expected, "{key}");
    }
}

/// Half of a body whose head says how long it is: in process the client counts, over HTTP the connection breaks within.
#[tokio::test]
async fn half_a_body_is_no_body() {
    let sandbox = sandbox();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let forever = std::future::pending();
    tokio::spawn(serve((sandbox.clone(), S3), listener, forever));
    for wire in [sandbox.s3_wire(), s3::over_http()] {
        let client = s3::client(wire, &address, (ACCESS_KEY, SECRET_KEY));
        let put = client.put_object().bucket("contract").key("k");
        put.body(b"text".to_vec().into()).send().await.unwrap();
        let get = async || {
            let got = client.get_object().bucket("contract").key("k").send().await;
            got.ok()?
                .body
                .collect()
                .await
                .ok()
                .map(|body| body.into_bytes())
        };
        let once = Matching::new("GET", "/contract/k");
        sandbox.faults.script(once, 1, Fault::Cut);
        assert_eq!(get().await, None);
        assert_eq!(get().await.as_deref(), Some(&b"text"[..]));
    }
}

/// Nobody is let in without a signature that is right.
#[tokio::test(start_paused = true)]
async fn buckets_are_for_those_who_sign() {
    let refused = async |keys: (&str, &str)| {
        let client = s3::client(sandbox().s3_wire(), "http://s3.sandbox", keys);
        let error = client.list_buckets().send().await.unwrap_err();
        let status = error.raw_response().unwrap().status().as_u16();
        format!("{status} {}", error.code().unwrap())
    };
    assert_eq!(
        refused((ACCESS_KEY, "other")).await,
        "403 SignatureDoesNotMatch"
    );
    assert_eq!(
        refused(("other", SECRET_KEY)).await,
        "403 InvalidAccessKeyId"
    );
    let unsigned = ::http::Request::get("http://s3.sandbox/").body(Bytes::new());
    let answer = sandbox()
        .s3_wire()
        .oneshot(unsigned.unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(String::from_utf8_lossy(answer.body()).contains("AccessDenied"));
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
        .chain([FILES, RESTORES])
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
