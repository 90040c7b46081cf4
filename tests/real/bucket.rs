//! The bucket of the tests as somebody finds it after bad days: backups that real Velero made, copied under other names,
//! cut, half there, expired. And a way to the store on which nothing below a path can be written. Knows nothing of sk-dr.

use crate::contract::s3;
use crate::velero::Moto;
use aws_sdk_s3::Client;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use sk_dr::sandbox::wire::Wire;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use tower::ServiceExt;

const BUCKET: &str = "backups";

/// Velero's part of the bucket.
pub struct Bucket {
    client: Client,
    prefix: String,
}

impl Bucket {
    /// What is below a location's prefix.
    pub fn below(moto: &Moto, prefix: &str) -> Self {
        Self {
            client: s3::client(s3::over_http(), &moto.address(), ("test", "test")),
            prefix: format!("{prefix}/"),
        }
    }
    /// Keys below the prefix that begin so, without it.
    pub async fn keys(&self, beginning: &str) -> Vec<String> {
        let list = self.client.list_objects_v2().bucket(BUCKET);
        let list = list
            .prefix(format!("{}{beginning}", self.prefix))
            .send()
            .await;
        let list = list.unwrap();
        assert_ne!(list.is_truncated(), Some(true), "one page does");
        let keys = list.contents().iter().filter_map(|object| object.key());
        keys.map(|key| key[self.prefix.len()..].to_owned())
            .collect()
    }
    /// An object whole.
    pub async fn read(&self, key: &str) -> Vec<u8> {
        let key = format!("{}{key}", self.prefix);
        let got = self.client.get_object().bucket(BUCKET).key(&key).send();
        let got = got.await.unwrap_or_else(|error| panic!("{key}: {error:?}"));
        got.body.collect().await.unwrap().to_vec()
    }
    /// Writes an object.
    pub async fn write(&self, key: &str, bytes: Vec<u8>) {
        let key = format!("{}{key}", self.prefix);
        let put = self.client.put_object().bucket(BUCKET).key(key);
        put.body(bytes.into()).send().await.unwrap();
    }
    /// Removes an object.
    pub async fn remove(&self, key: &str) {
        let key = format!("{}{key}", self.prefix);
        let delete = self.client.delete_object().bucket(BUCKET).key(key);
        delete.send().await.unwrap();
    }
    /// A backup once more, under another name and later by some seconds, as if Velero had made it then.
    pub async fn copy(&self, from: &str, to: &str, later: i64) {
        for key in self.keys(&format!("backups/{from}/")).await {
            let bytes = self.read(&key).await;
            self.write(&key.replace(from, to), bytes).await;
        }
        self.edit(to, |backup| {
            backup["metadata"]["name"] = json!(to);
            for member in ["startTimestamp", "completionTimestamp"] {
                let time = &mut backup["status"][member];
                let at: Timestamp = time.as_str().unwrap().parse().unwrap();
                *time = json!((at + SignedDuration::from_secs(later)).to_string());
            }
        })
        .await;
    }
    /// Changes what `velero-backup.json` says.
    pub async fn edit(&self, backup: &str, change: impl Fn(&mut Json)) {
        let key = metadata(backup);
        let mut object = serde_json::from_slice(&self.read(&key).await).unwrap();
        change(&mut object);
        self.write(&key, object.to_string().into_bytes()).await;
    }
    /// It should be gone since long.
    pub async fn expire(&self, backup: &str) {
        let past = "2026-01-01T00:00:00Z";
        self.edit(backup, |object| {
            object["status"]["expiration"] = json!(past);
        })
        .await;
    }
    /// It was never ended: nobody wrote `velero-backup.json`.
    pub async fn leave_half_written(&self, backup: &str) {
        self.remove(&metadata(backup)).await;
    }
    /// The second half of its tarball is lost.
    pub async fn cut(&self, backup: &str) {
        let key = format!("backups/{backup}/{backup}.tar.gz");
        let mut bytes = self.read(&key).await;
        bytes.truncate(bytes.len() / 2);
        self.write(&key, bytes).await;
    }
}

fn metadata(backup: &str) -> String {
    format!("backups/{backup}/velero-backup.json")
}

/// A way to the store with credentials that may read all and write nothing below a path; ends when dropped.
pub struct ReadOnlyWay {
    address: String,
    refused: Refused,
    task: JoinHandle<()>,
}

/// Paths of the writes that were refused, in order.
type Refused = Arc<Mutex<Vec<String>>>;

impl ReadOnlyWay {
    /// Opens it. The path begins with the bucket.
    pub async fn open(moto: &Moto, path: &str) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let refused = Refused::default();
        let way = Way {
            store: s3::over_http(),
            address: moto.address(),
            path: format!("/{path}"),
            refused: refused.clone(),
        };
        let router = axum::Router::new().fallback(pass).with_state(way);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            refused,
            task,
        }
    }
    /// Its address, for an endpoint.
    pub fn address(&self) -> &str {
        &self.address
    }
    /// How many writes were refused of paths that end so.
    pub fn refused(&self, end: &str) -> usize {
        let refused = self.refused.lock().unwrap();
        refused.iter().filter(|path| path.ends_with(end)).count()
    }
}

impl Drop for ReadOnlyWay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Way {
    store: Wire,
    address: String,
    path: String,
    refused: Refused,
}

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let writes = !matches!(parts.method, Method::GET | Method::HEAD);
    if writes && path.starts_with(&way.path) {
        way.refused.lock().unwrap().push(path);
        let words = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        return (http::StatusCode::FORBIDDEN, words).into_response();
    }
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    parts.uri = format!("{}{target}", way.address).parse().unwrap();
    let body = body.collect().await.unwrap().to_bytes();
    let request = http::Request::from_parts(parts, body);
    let answer = way.store.oneshot(request).await.unwrap();
    answer
        .map(|body: Bytes| axum::body::Body::from(body))
        .into_response()
}
