//! How often, how long, and when it ends.

use super::super::client::NoReply;
use super::super::requests::{self, Mode, Request};
use super::{Log, Step, client, failure, operation, schedules};
use crate::world::op::KubeVerb;
use crate::world::query::FailureClass;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
enum End {
    Status(u16),
    Unsent(FailureClass),
    Lost,
}

fn read() -> Request {
    requests::get(&schedules(), Some("velero"), "shop")
}

fn page() -> Request {
    requests::list(&schedules(), requests::Which::All(None), None)
}

fn write() -> Request {
    requests::create(&operation(KubeVerb::Create), json!({}), Mode::Real)
}

/// Plays the steps and compares the end, the number of requests, and the virtual seconds it took (at least, at most).
async fn check(request: Request, steps: Vec<Step>, end: End, tries: usize, seconds: (u64, u64)) {
    let (client, log): (_, Log) = client(steps);
    let begun = Instant::now();
    let result = client.ask(&request).await;
    let took = begun.elapsed();
    let seen = match &result {
        Ok(reply) => End::Status(reply.status.as_u16()),
        Err(NoReply::Unsent(why)) => End::Unsent(why.class),
        Err(NoReply::Lost(_)) => End::Lost,
    };
    assert_eq!(seen, end);
    assert_eq!(
        log.lock().unwrap().len(),
        tries,
        "requests sent, ended as {seen:?}"
    );
    let (least, most) = (
        Duration::from_secs(seconds.0),
        Duration::from_secs(seconds.1),
    );
    assert!(
        least <= took && took <= most,
        "took {took:?}, expected {seconds:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_five_times_and_ends() {
    let unavailable = || vec![Step::Reply(503, failure("ServiceUnavailable"))];
    check(read(), unavailable(), End::Status(503), 5, (2, 8)).await;
    check(
        read(),
        vec![Step::Raw(502, "<html>bad gateway</html>")],
        End::Status(502),
        5,
        (2, 8),
    )
    .await;
    check(
        read(),
        vec![Step::Refused],
        End::Unsent(FailureClass::Unreachable),
        5,
        (2, 8),
    )
    .await;
    check(read(), vec![Step::Broken], End::Lost, 5, (2, 8)).await;
    check(read(), vec![Step::Silent], End::Lost, 5, (50, 60)).await;
    check(page(), vec![Step::Silent], End::Lost, 2, (59, 60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_goes_on_as_soon_as_there_is_an_answer() {
    let ok = || Step::Reply(200, json!({}));
    check(read(), vec![ok()], End::Status(200), 1, (0, 0)).await;
    check(
        read(),
        vec![
            Step::Refused,
            Step::Reply(503, json!(null)),
            Step::Broken,
            ok(),
        ],
        End::Status(200),
        4,
        (1, 4),
    )
    .await;
    check(
        read(),
        vec![Step::Silent, ok()],
        End::Status(200),
        2,
        (10, 11),
    )
    .await;
    for status in [400, 401, 403, 404, 409, 410, 422] {
        check(
            read(),
            vec![Step::Reply(status, failure("Whatever")), ok()],
            End::Status(status),
            1,
            (0, 0),
        )
        .await;
    }
    check(
        read(),
        vec![Step::Unsent, ok()],
        End::Unsent(FailureClass::Unauthenticated),
        1,
        (0, 0),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_up_to_a_cap_and_never_past_the_end() {
    let ok = || Step::Reply(200, json!({}));
    check(
        read(),
        vec![Step::Later(7), ok()],
        End::Status(200),
        2,
        (7, 8),
    )
    .await;
    // An hour is cut to 20 s, and a third pause of 20 s would pass the end of 60 s.
    check(
        read(),
        vec![Step::Later(3600)],
        End::Status(429),
        3,
        (40, 41),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_where_the_server_did_nothing() {
    let ok = || Step::Reply(201, json!({}));
    check(
        write(),
        vec![Step::Later(1), ok()],
        End::Status(201),
        2,
        (1, 2),
    )
    .await;
    check(
        write(),
        vec![Step::Refused, Step::Refused, ok()],
        End::Status(201),
        3,
        (0, 3),
    )
    .await;
    check(
        write(),
        vec![Step::Refused],
        End::Unsent(FailureClass::Unreachable),
        5,
        (2, 8),
    )
    .await;
    check(write(), vec![Step::Later(1)], End::Status(429), 5, (4, 9)).await;
    check(write(), vec![Step::Broken, ok()], End::Lost, 1, (0, 0)).await;
    check(write(), vec![Step::Silent, ok()], End::Lost, 1, (10, 10)).await;
    for status in [500, 502, 503, 504] {
        check(
            write(),
            vec![Step::Reply(status, failure("InternalError")), ok()],
            End::Status(status),
            1,
            (0, 0),
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_strict_refusal_is_no_trouble_of_the_server() {
    let mut status = failure("InternalError");
    status["message"] = json!(
        "failed to create typed patch object (velero/shop): .spec.ttl: field not declared in schema"
    );
    check(
        read(),
        vec![Step::Reply(500, status)],
        End::Status(500),
        1,
        (0, 0),
    )
    .await;
    check(
        read(),
        vec![Step::Reply(500, failure("InternalError"))],
        End::Status(500),
        5,
        (2, 8),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn pauses_come_from_the_seed() {
    let mut took = Vec::new();
    for seed in [1, 1, 2] {
        let (wire, _) = super::wire(vec![Step::Reply(503, json!({}))]);
        let client = super::super::client::Client::new(
            wire,
            String::new(),
            seed,
            crate::world::redactor::Redactor::default(),
        );
        let begun = Instant::now();
        client.ask(&read()).await.unwrap();
        took.push(begun.elapsed());
    }
    assert_eq!(took[0], took[1]);
    assert_ne!(took[0], took[2]);
}

#[tokio::test(start_paused = true)]
async fn messages_say_request_server_and_tries() {
    let (client, _) = client(vec![Step::Silent]);
    let NoReply::Lost(why) = client.ask(&read()).await.unwrap_err() else {
        panic!("not lost")
    };
    assert_eq!(
        why.message,
        "GET /apis/velero.io/v1/namespaces/velero/schedules/shop: no answer within 10 s; \
         context test (https://api.test) (tried 5 times in 53 s)"
    );
}
