//! Raw requests to a Kubernetes API, as anybody but sk-dr would send them. Deliberately not sk-dr's own client:
//! what a case asserts must not depend on what it tests.

use http::{Method, Request};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value as Json, json};
use std::path::Path;

/// A client with one token.
#[derive(Clone)]
pub struct Requests {
    client: kube::Client,
}

/// Status and body; a body that is no JSON is a string.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status, 0 where there was no answer.
    pub status: u16,
    /// Body.
    pub body: Json,
}

impl Reply {
    /// The body of a 2xx; panics otherwise.
    pub fn ok(self) -> Json {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.body
        );
        self.body
    }
}

impl Requests {
    /// A client from a kubeconfig file. Never retries: each call is one request in the audit log.
    pub async fn new(kubeconfig: &Path) -> Self {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .unwrap();
        config.default_retry = false;
        Self {
            client: kube::Client::try_from(config).unwrap(),
        }
    }
    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }
    /// GET whose answer must be a 2xx.
    pub async fn read(&self, path: &str) -> Json {
        self.get(path).await.ok()
    }
    /// POST.
    pub async fn post(&self, path: &str, body: &Json) -> Reply {
        self.send(Method::POST, path, Some(("application/json", body)))
            .await
    }
    /// PUT.
    pub async fn put(&self, path: &str, body: &Json) -> Reply {
        self.send(Method::PUT, path, Some(("application/json", body)))
            .await
    }
    /// Merge patch by a field manager.
    pub async fn merge(&self, path: &str, manager: &str, body: &Json) -> Reply {
        let path = format!("{path}?fieldManager={manager}");
        self.send(
            Method::PATCH,
            &path,
            Some(("application/merge-patch+json", body)),
        )
        .await
    }
    /// Server-side apply by a field manager, forced.
    pub async fn apply(&self, path: &str, manager: &str, body: &Json) -> Reply {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.send(
            Method::PATCH,
            &path,
            Some(("application/apply-patch+yaml", body)),
        )
        .await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }
    /// Makes a namespace with metadata.
    pub async fn make_namespace(&self, name: &str, metadata: Json) -> Json {
        let mut object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        object["metadata"]["name"] = json!(name);
        self.post("/api/v1/namespaces", &object).await.ok()
    }
    /// UID of the namespace kube-system.
    pub async fn identity(&self) -> String {
        let object = self.read("/api/v1/namespaces/kube-system").await;
        object["metadata"]["uid"].as_str().unwrap().to_owned()
    }
    /// One request, one answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<(&str, &Json)>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = body {
            request = request.header("content-type", content_type);
            bytes = serde_json::to_vec(body).unwrap();
        }
        let answer = match self
            .client
            .send(request.body(Body::from(bytes)).unwrap())
            .await
        {
            Ok(answer) => answer,
            Err(error) => {
                return Reply {
                    status: 0,
                    body: json!(error.to_string()),
                };
            }
        };
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect_bytes().await.unwrap_or_default();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status, body }
    }
}
