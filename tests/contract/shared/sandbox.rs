//! The sandbox as a server of the contract, in process: time passes by moving its clock.

use super::case::{Call, Reply, Server, Who};
use super::store_cases::Store;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sk_dr::model::server_address::ServerAddress;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::s3::store::{Conditions, Content};
use sk_dr::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use sk_dr::sandbox::server::Server::Kubernetes;
use sk_dr::sandbox::state::{ADMIN_TOKEN, READER_TOKEN};
use sk_dr::world::Wire;
use sk_dr::world::clock::Clock;
use sk_dr::world::query::Why;
use sk_dr::world::s3::{Trust, Wires};
use std::sync::Arc;
use tower::ServiceExt;

const NOBODY_TOKEN: &str = "sandbox-nobody";

/// A sandbox with Velero, a bucket and a user without rights.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("contract", 1, "2026-11-22T00:00:17.25Z".parse().unwrap());
    sandbox.install_velero();
    sandbox.add_bucket("contract");
    sandbox.with(|state| state.access.grant(NOBODY_TOKEN, "nobody", Vec::new()));
    sandbox
}

/// The token of each.
pub fn token(who: Who) -> Option<&'static str> {
    match who {
        Who::Admin => Some(ADMIN_TOKEN),
        Who::Reader => Some(READER_TOKEN),
        Who::Nobody => Some(NOBODY_TOKEN),
        Who::Stranger => Some("no-such-token"),
        Who::Anonymous => None,
    }
}

/// A sandbox in this process.
pub struct InProcess(pub Sandbox);

#[async_trait]
impl Server for InProcess {
    async fn send(&self, call: &Call) -> Reply {
        let mut request = http::Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header("content-type", call.content_type);
        if let Some(token) = token(call.who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Bytes::from(call.body.clone())).unwrap();
        let response = match call.who {
            Who::Anonymous => self.0.exchange(Kubernetes, request).await,
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

#[async_trait]
impl Store for InProcess {
    fn endpoint(&self) -> String {
        self.s3()
    }
    fn credentials(&self) -> (String, String) {
        (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned())
    }
    fn wires(&self) -> Arc<dyn Wires> {
        Arc::new(Buckets(self.0.clone()))
    }
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Virtual(self.0.clone()))
    }
    async fn make_bucket(&self, bucket: &str) {
        self.0.add_bucket(bucket);
    }
    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        self.0.with(|state| {
            let now = state.now;
            let put = state.s3.put(
                (bucket, key),
                Content::new(bytes),
                &Conditions::default(),
                now,
            );
            put.unwrap();
        });
    }
}

struct Virtual(Sandbox);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

struct Buckets(Sandbox);

impl Wires for Buckets {
    fn wire(&self, _: &ServerAddress, _: &Trust) -> Result<Wire, Why> {
        Ok(self.0.s3_wire())
    }
}
