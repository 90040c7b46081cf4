//! Success that is none: a failure under 200, another object, an object without identity, lists and bodies without end.

use super::super::answers::LARGEST;
use super::super::client::Client;
use super::{
    Step, client, failure, kube_system, lines, not_found, operation, read_version, schedules, shop,
    with,
};
use crate::world::op::KubeVerb;
use crate::world::query::{Answer, DryRun, Effect, Why};
use crate::world::redactor::Redactor;
use crate::world::{ReadVersion, Wire};
use bytes::Bytes;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use zeroize::Zeroizing;

const VERBS: [KubeVerb; 4] = [
    KubeVerb::Create,
    KubeVerb::Apply,
    KubeVerb::Remove,
    KubeVerb::Delete,
];

async fn effect_of(verb: KubeVerb, answer: Json) -> Effect {
    let (client, _) = client(vec![Step::Reply(200, answer)]);
    let read = read_version();
    client
        .perform(&operation(verb), json!({}), Some(&read))
        .await
}

fn list(item: Json) -> Json {
    json!({ "kind": "ScheduleList", "apiVersion": "velero.io/v1", "metadata": {}, "items": [item] })
}

/// An answer in the place of the schedule is no answer to any question about it, and to no write.
async fn check_refused(answer: Json, part: &str) {
    let about = |why: Why| assert!(why.message.contains(part), "{part}: {}", why.message);
    let (client, _) = client(vec![Step::Reply(200, answer.clone())]);
    let Answer::Unknown(why) = client.get(&schedules(), Some("velero"), "shop").await else {
        panic!("GET takes {answer}")
    };
    about(why);
    for verb in VERBS {
        let Effect::InDoubt(why) = effect_of(verb, answer.clone()).await else {
            panic!("{verb:?} takes {answer}")
        };
        about(why);
    }
    let (client, _) = super::client(vec![Step::Reply(200, list(answer.clone()))]);
    let listed = client.list(&schedules(), Some("velero")).await;
    assert!(matches!(listed, Answer::Unknown(_)), "LIST takes {answer}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_under_200_is_a_failure() {
    for status in [
        failure("Conflict"),
        not_found("shop"),
        json!({ "kind": "Status" }),
    ] {
        check_refused(status, "200 OK with a failure").await;
    }
    let (client, _) = client(vec![Step::Reply(200, failure("Forbidden"))]);
    let rehearsed = client
        .dry_run(&operation(KubeVerb::Apply), json!({}), None)
        .await;
    assert!(matches!(rehearsed, DryRun::Unknown(_)), "{rehearsed:?}");
    assert!(matches!(client.identity().await, Answer::Unknown(_)));
}

#[tokio::test(start_paused = true)]
async fn another_object_is_no_answer() {
    let other = |pointer: &str, value: &str| with(shop(), pointer, value.into());
    check_refused(
        other("/apiVersion", "velero.io/v2"),
        "another object: its apiVersion",
    )
    .await;
    check_refused(other("/kind", "Backup"), "another object: its kind").await;
    check_refused(
        other("/metadata/namespace", "default"),
        "another object: its namespace",
    )
    .await;
    check_refused(
        with(shop(), "/metadata/namespace", Json::Null),
        "its namespace is \"\"",
    )
    .await;
    check_refused(
        with(shop(), "/metadata/name", Json::Null),
        "its name is \"\"",
    )
    .await;
    for answer in [json!("text"), json!([shop()]), json!({}), Json::Null] {
        check_refused(answer, "another object").await;
    }
    // A LIST has many names.
    let (client, _) = client(vec![Step::Reply(200, other("/metadata/name", "shop-2"))]);
    let answer = client.get(&schedules(), Some("velero"), "shop").await;
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    for verb in [KubeVerb::Apply, KubeVerb::Remove] {
        let effect = effect_of(verb, other("/metadata/uid", "u-2")).await;
        assert!(matches!(effect, Effect::InDoubt(_)), "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_uid_is_not_known_and_not_written_to() {
    for uid in [Json::Null, json!(""), json!(7)] {
        let answer = with(shop(), "/metadata/uid", uid);
        let (client, _) = client(vec![
            Step::Reply(200, answer.clone()),
            Step::Reply(200, list(answer)),
        ]);
        let got = client.get(&schedules(), Some("velero"), "shop").await;
        let listed = client.list(&schedules(), None).await;
        assert!(
            matches!((&got, &listed), (Answer::Unknown(_), Answer::Unknown(_))),
            "{got:?} {listed:?}"
        );
    }
    for verb in [
        KubeVerb::Apply,
        KubeVerb::Remove,
        KubeVerb::Delete,
        KubeVerb::Release,
    ] {
        for (uid, version) in [("", "41"), ("u-1", "")] {
            let (client, log) = client(vec![Step::Reply(200, shop())]);
            let read = ReadVersion {
                uid: uid.to_owned(),
                resource_version: version.to_owned(),
            };
            let effect = client
                .perform(&operation(verb), json!({}), Some(&read))
                .await;
            assert!(matches!(effect, Effect::Refused(_)), "{effect:?}");
            assert_eq!(lines(&log), Vec::<String>::new());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_said_by_the_object_or_by_a_status_about_it() {
    let gone = |details: Json| json!({ "kind": "Status", "status": "Success", "details": details });
    for (answer, is_done) in [
        (shop(), true),
        (gone(json!({ "name": "shop", "uid": "u-1" })), true),
        (gone(json!({})), true),
        (gone(json!({ "name": "other" })), false),
        (failure("Forbidden"), false),
        (
            json!({ "kind": "Status", "details": { "name": "shop" } }),
            false,
        ),
        (gone(json!({ "name": "shop", "uid": "u-2" })), false),
        (with(shop(), "/metadata/uid", "u-2".into()), false),
    ] {
        let effect = effect_of(KubeVerb::Delete, answer.clone()).await;
        assert_eq!(matches!(effect, Effect::Done(_)), is_done, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_identity_is_that_namespace_and_no_other() {
    for (answer, is_known) in [
        (kube_system(), true),
        (
            with(kube_system(), "/metadata/name", "default".into()),
            false,
        ),
        (
            with(kube_system(), "/metadata/namespace", "x".into()),
            false,
        ),
        (with(kube_system(), "/kind", "Secret".into()), false),
        (with(kube_system(), "/metadata/uid", "".into()), false),
    ] {
        let (client, _) = client(vec![Step::Reply(200, answer.clone())]);
        let found = client.identity().await;
        assert_eq!(matches!(found, Answer::Present(_)), is_known, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn discovery_proves_nothing_with_another_answer() {
    let bare = || Step::Raw(404, "404 page not found");
    for types in [
        json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": [] }),
        json!({ "kind": "ScheduleList", "groupVersion": "velero.io/v1", "resources": [] }),
        json!({ "resources": [] }),
    ] {
        let (client, _) = client(vec![bare(), Step::Reply(200, types)]);
        let answer = client.list(&schedules(), None).await;
        assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    }
}

/// Answers the n-th request.
fn answering(answer: impl Fn(usize) -> Json + Send + Sync + 'static) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (counted, answer) = (asked.clone(), Arc::new(answer));
    let wire = Wire::new(tower::service_fn(move |_: http::Request<Bytes>| {
        let body = answer(counted.fetch_add(1, Ordering::Relaxed)).to_string();
        async move {
            // A page takes its time.
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            Ok::<_, tower::BoxError>(http::Response::new(Bytes::from(body)))
        }
    }));
    (
        Client::new(wire, "test".to_owned(), 1, Redactor::default()),
        asked,
    )
}

#[tokio::test(start_paused = true)]
async fn a_list_ends_whatever_the_tokens_say() {
    let page = |token: String| json!({ "metadata": { "continue": token }, "items": [] });
    for (name, client, part) in [
        (
            "circle of three",
            answering(move |n| page(format!("t{}", n % 3))),
            "in a circle",
        ),
        (
            "without end",
            answering(move |n| page(format!("t{n}"))),
            "does not end after 1000 pages",
        ),
        (
            "long token",
            answering(move |n| page("t".repeat(20_000 + n))),
            "longer than 16384 bytes",
        ),
    ] {
        let (client, asked) = client;
        let Answer::Unknown(why) = client.list(&schedules(), None).await else {
            panic!("{name} is a list")
        };
        assert!(why.message.contains(part), "{name}: {}", why.message);
        assert!(asked.load(Ordering::Relaxed) <= 1001, "{name}");
    }
}

/// Each page may take its time; all of them together have a limit.
#[tokio::test(start_paused = true)]
async fn a_list_ends_in_time() {
    let wire = Wire::new(tower::service_fn(|request: http::Request<Bytes>| {
        let token = request.uri().to_string().len();
        let page = json!({ "metadata": { "continue": "t".repeat(token) }, "items": [] });
        async move {
            tokio::time::sleep(std::time::Duration::from_secs(20)).await;
            Ok::<_, tower::BoxError>(http::Response::new(Bytes::from(page.to_string())))
        }
    }));
    let client = Client::new(wire, "test".to_owned(), 1, Redactor::default());
    let Answer::Unknown(why) = client.list(&schedules(), None).await else {
        panic!("it is a list")
    };
    assert!(
        why.message.contains("did not end within 900 s"),
        "{}",
        why.message
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_not_read() {
    let wire = Wire::new(tower::service_fn(|_: http::Request<Bytes>| async {
        let body = Bytes::from(vec![b' '; LARGEST + 1]);
        Ok::<_, tower::BoxError>(http::Response::new(body))
    }));
    let client = Client::new(wire, "test".to_owned(), 1, Redactor::default());
    let Answer::Unknown(why) = client.identity().await else {
        panic!("it is read")
    };
    assert!(
        why.message.contains("larger than 256 MiB"),
        "{}",
        why.message
    );
    // Of a failure that is longer than anybody reads the beginning is told, under whatever status it comes.
    for status in [403, 200] {
        let long = Json::from("a word ".repeat(100_000));
        let long = with(failure("Forbidden"), "/message", long);
        let (client, _) = super::client(vec![Step::Reply(status, long)]);
        let Answer::Unknown(why) = client.identity().await else {
            panic!("it is read")
        };
        assert!(why.message.len() < 400, "{status}: {}", why.message);
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_go_before_the_words_are_folded_or_cut() {
    let secret = "kc9  x7\tPq\u{a0}rR2-and-more";
    for before in (150..205).step_by(3) {
        let text = format!("{}{secret}", "x".repeat(before));
        for step in [
            Step::Raw(502, text.clone().leak()),
            Step::Reply(
                403,
                with(failure("Forbidden"), "/message", text.clone().into()),
            ),
            Step::Reply(200, with(failure("Forbidden"), "/message", text.into())),
        ] {
            let (client, _) = client(vec![step]);
            let client = client.knowing(&Redactor::new([&Zeroizing::new(secret.to_owned())]));
            let Answer::Unknown(why) = client.identity().await else {
                panic!("an answer")
            };
            assert!(!why.message.contains("kc9"), "{before}: {}", why.message);
        }
    }
}
