//! An HTTP proxy in front of the API server: plain to sk-dr, TLS to the server, credentials passed through.
//! It can hold a chosen request before it is forwarded, or its answer after the effect, so that a case kills sk-dr exactly there.

use crate::servers::Cluster;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::Method;
use http_body_util::BodyExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Where a chosen request stops for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It arrived and is not forwarded: the server never sees it.
    BeforeEffect,
    /// The server has answered; the answer is not handed back.
    AfterEffect,
}

/// Which request is held.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Its method.
    pub method: Method,
    /// Words that its path and query contain.
    pub path: String,
    /// Where it is held.
    pub moment: Moment,
}

#[derive(Default)]
struct Held {
    wanted: Option<Hold>,
    holding: bool,
}

/// A running proxy; ends when dropped.
pub struct Proxy {
    address: String,
    held: Arc<Mutex<Held>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts it.
    pub async fn start(cluster: &Cluster) -> Self {
        let mut config = kube::Config::new(cluster.server().parse().unwrap());
        config.root_cert_file = Some(cluster.directory().join("pki/apiserver.crt"));
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        let held = Arc::new(Mutex::new(Held::default()));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(pass)
            .with_state((client, held.clone()));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            held,
            task,
        }
    }
    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }
    /// The next request that fits is held.
    pub fn hold(&self, hold: Hold) {
        *self.held.lock().unwrap() = Held {
            wanted: Some(hold),
            holding: false,
        };
    }
    /// Waits until a request is held.
    pub async fn holding(&self, limit: Duration) {
        crate::process::until("the request to be held comes", limit, || async {
            self.held.lock().unwrap().holding.then_some(())
        })
        .await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Shared = (kube::Client, Arc<Mutex<Held>>);

async fn pass(State((client, held)): State<Shared>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let moment = chosen(&held, &parts.method, &target);
    let body = body.collect().await.unwrap().to_bytes();
    if moment == Some(Moment::BeforeEffect) {
        stop(&held).await;
    }
    parts.headers.remove("host");
    parts.uri = target.parse().unwrap();
    let request = Request::from_parts(parts, kube::client::Body::from(body.to_vec()));
    // In a task of its own: a sender that dies does not take back what it has sent.
    let answer = tokio::spawn(async move { client.send(request).await })
        .await
        .unwrap();
    if moment == Some(Moment::AfterEffect) {
        stop(&held).await;
    }
    match answer {
        Ok(answer) => {
            let (mut parts, body) = answer.into_parts();
            // The body is whole here, so its framing is ours.
            parts.headers.remove("transfer-encoding");
            parts.headers.remove("content-length");
            parts.version = http::Version::HTTP_11;
            let bytes = body.collect_bytes().await.unwrap_or_default();
            Response::from_parts(parts, axum::body::Body::from(bytes))
        }
        Err(error) => (http::StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Whether this request is the one to hold; at most one is.
fn chosen(held: &Mutex<Held>, method: &Method, target: &str) -> Option<Moment> {
    let mut held = held.lock().unwrap();
    let hold = held.wanted.as_ref()?;
    if hold.method != *method || !target.contains(&hold.path) {
        return None;
    }
    held.wanted.take().map(|hold| hold.moment)
}

/// Says that the request is held and never goes on; the connection ends with the client.
async fn stop(held: &Mutex<Held>) {
    held.lock().unwrap().holding = true;
    std::future::pending::<()>().await;
}
