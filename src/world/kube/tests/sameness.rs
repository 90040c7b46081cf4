//! When the cluster is looked at again in a long run, and what becomes of a write where it is another one by then.

use super::super::client::Client;
use super::super::sameness::{Before, Connections};
use super::{failure, kube_system, schedules, shop, with};
use crate::world::Wire;
use crate::world::query::{Answer, FailureClass};
use crate::world::redactor::Redactor;
use bytes::Bytes;
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is behind the address now.
#[derive(Default)]
struct Behind {
    uid: &'static str,
    /// Connections that the wire has made.
    connections: u64,
    /// Requests that get no answer before one does.
    broken: u32,
    /// Nobody may read the identity.
    forbidden: bool,
    looks: u32,
}

fn client() -> (Client, Arc<Mutex<Behind>>) {
    let behind = Arc::new(Mutex::new(Behind {
        uid: "u-1",
        ..Behind::default()
    }));
    let state = behind.clone();
    let wire = Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        std::future::ready(answer(&mut state.lock().unwrap(), &request))
    }));
    (
        Client::new(wire, "test".to_owned(), 1, Redactor::default()),
        behind,
    )
}

fn answer(
    behind: &mut Behind,
    request: &http::Request<Bytes>,
) -> Result<http::Response<Bytes>, tower::BoxError> {
    if behind.broken > 0 {
        behind.broken -= 1;
        return Err(Box::new(std::io::Error::from(
            std::io::ErrorKind::ConnectionReset,
        )));
    }
    let is_identity = request.uri().path().ends_with("/kube-system");
    behind.looks += u32::from(is_identity);
    let (status, body) = match (is_identity, behind.forbidden) {
        (true, true) => (403, failure("Forbidden")),
        (true, false) => (200, with(kube_system(), "/metadata/uid", behind.uid.into())),
        (false, _) => (200, shop()),
    };
    let mut response = http::Response::builder()
        .status(status)
        .body(Bytes::from(Json::to_string(&body)))?;
    response
        .extensions_mut()
        .insert(Connections(behind.connections));
    Ok(response)
}

/// Meets the cluster, lets something happen, and checks again: how often it was looked at, and whether it is the same.
async fn check(
    happens: impl AsyncFnOnce(&Client, &Mutex<Behind>),
    looks: u32,
    refused: Option<FailureClass>,
) {
    let (client, behind) = client();
    assert!(matches!(client.identity().await, Answer::Present(_)));
    happens(&client, &behind).await;
    let class = client
        .check_same(Before::Writing)
        .await
        .err()
        .map(|why| why.class);
    assert_eq!((behind.lock().unwrap().looks, class), (looks, refused));
    // What was found out is not forgotten, and what is fresh is not asked again.
    let again = client
        .check_same(Before::Writing)
        .await
        .err()
        .map(|why| why.class);
    assert_eq!(again, refused);
    if refused.is_none() {
        assert_eq!(behind.lock().unwrap().looks, looks);
    }
}

async fn read(client: &Client) {
    let answer = client.get(&schedules(), Some("velero"), "shop").await;
    assert!(matches!(answer, Answer::Present(_)), "{answer:?}");
}

async fn a_minute() {
    tokio::time::sleep(Duration::from_secs(61)).await;
}

#[tokio::test(start_paused = true)]
async fn the_cluster_is_looked_at_again_after_a_minute_and_after_a_reconnect() {
    check(async |client, _| read(client).await, 1, None).await;
    check(async |_, _| a_minute().await, 2, None).await;
    let reconnects = async |client: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().connections = 7;
        read(client).await;
    };
    check(reconnects, 2, None).await;
    let more = async |client: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().connections = 7;
        read(client).await;
        assert_eq!(client.check_same(Before::Reading).await, Ok(()));
        assert_eq!(
            behind.lock().unwrap().looks,
            1,
            "more connections are no reconnect"
        );
    };
    check(more, 2, None).await;
    let breaks = async |client: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().broken = 1;
        read(client).await;
    };
    check(breaks, 2, None).await;
    // A question after that is worth a look too.
    let asks = async |client: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().broken = 1;
        read(client).await;
        assert_eq!(client.check_same(Before::Reading).await, Ok(()));
        assert_eq!(behind.lock().unwrap().looks, 2);
    };
    check(asks, 2, None).await;
}

#[tokio::test(start_paused = true)]
async fn another_cluster_is_found_out_and_doubt_stops() {
    let wrong = Some(FailureClass::WrongIdentity);
    let slow = async |_: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().uid = "u-2";
        a_minute().await;
    };
    check(slow, 2, wrong).await;
    let reconnected = async |client: &Client, behind: &Mutex<Behind>| {
        {
            let mut behind = behind.lock().unwrap();
            behind.uid = "u-2";
            behind.connections = 1;
        }
        read(client).await;
    };
    check(reconnected, 2, wrong).await;
    let silent = async |_: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().broken = 1000;
        a_minute().await;
    };
    check(silent, 1, Some(FailureClass::Unreachable)).await;
    let forbidden = async |_: &Client, behind: &Mutex<Behind>| {
        behind.lock().unwrap().forbidden = true;
        a_minute().await;
    };
    check(forbidden, 2, Some(FailureClass::Forbidden)).await;
}
