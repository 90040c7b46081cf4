//! A server behind HTTP: the sandbox on loopback, or a real one. `kube`'s own transport carries the requests as they are.

use super::case::{Call, Reply, Server, Who};
use async_trait::async_trait;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use serde_json::Value;
use sk_dr::sandbox::server::Server::Kubernetes;
use sk_dr::sandbox::{Sandbox, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server behind HTTP.
pub struct Http {
    client: kube::Client,
    tokens: Vec<(Who, String)>,
    sandbox: Option<Sandbox>,
    velero: Option<String>,
}

fn client(url: &str) -> kube::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = kube::Config::new(url.parse().expect("a URL"));
    // A real API server of a test has a certificate of its own making.
    config.accept_invalid_certs = true;
    kube::Client::try_from(config).expect("a client")
}

/// Serves a sandbox on loopback until the sender is used.
pub async fn serve(
    sandbox: &Sandbox,
    token: fn(Who) -> Option<&'static str>,
) -> (Http, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(serve::serve(
        (sandbox.clone(), Kubernetes),
        listener,
        async {
            let _ = stopped.await;
        },
    ));
    let everybody = [Who::Admin, Who::Reader, Who::Nobody, Who::Stranger];
    let tokens = everybody
        .into_iter()
        .filter_map(|who| Some((who, token(who)?.to_owned())))
        .collect();
    (
        Http {
            client: client(&url),
            tokens,
            sandbox: Some(sandbox.clone()),
            velero: None,
        },
        stop,
        serving,
    )
}

/// The real server that the environment names.
#[allow(
    clippy::disallowed_methods,
    reason = "this is where the tests are told which server to use"
)]
pub fn named() -> Option<Http> {
    let url = std::env::var("SK_DR_CONTRACT_SERVER").ok()?;
    let tokens =
        std::env::var("SK_DR_CONTRACT_TOKENS").expect("SK_DR_CONTRACT_TOKENS=admin,reader,nobody");
    Some(real(
        &url,
        tokens.split(',').map(str::to_owned).collect(),
        std::env::var("SK_DR_CONTRACT_VELERO").ok(),
    ))
}

/// A real server; tokens of the administrator, the reader and nobody; the S3 endpoint of its Velero, if it has one.
pub fn real(url: &str, tokens: Vec<String>, velero: Option<String>) -> Http {
    let whose = [Who::Admin, Who::Reader, Who::Nobody];
    let mut tokens: Vec<(Who, String)> = whose.into_iter().zip(tokens).collect();
    tokens.push((Who::Stranger, "no-such-token".to_owned()));
    Http {
        client: client(url),
        tokens,
        sandbox: None,
        velero,
    }
}

impl Http {
    /// Whether Velero runs there.
    pub fn has_velero(&self) -> bool {
        self.velero.is_some()
    }
    async fn exchange(&self, call: &Call) -> http::Response<Body> {
        let mut request = http::Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header("content-type", call.content_type);
        if let Some((_, token)) = self.tokens.iter().find(|(who, _)| *who == call.who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .body(Body::from(call.body.clone().into_bytes()))
            .unwrap();
        self.client
            .send(request)
            .await
            .unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }
}

#[async_trait]
impl Server for Http {
    async fn send(&self, call: &Call) -> Reply {
        let response = self.exchange(call).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        Reply {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
        }
    }
    async fn now(&self) -> Timestamp {
        let call = Call {
            who: Who::Admin,
            method: "GET",
            path: "/version".to_owned(),
            content_type: "",
            body: String::new(),
        };
        let response = self.exchange(&call).await;
        let date = response
            .headers()
            .get("date")
            .and_then(|value| value.to_str().ok())
            .expect("a Date");
        jiff::fmt::rfc2822::parse(date).expect("a date").timestamp()
    }
    fn s3(&self) -> String {
        self.velero.clone().unwrap_or_default()
    }
    async fn pass(&self, by: SignedDuration) {
        match &self.sandbox {
            Some(sandbox) => sandbox.advance(by),
            None => tokio::time::sleep(by.unsigned_abs()).await,
        }
    }
}
