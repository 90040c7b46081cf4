//! The client over a scripted wire, on a paused clock.

mod asked;
mod connecting;
mod guarding;
mod plugins;
mod retrying;
mod sameness;
mod talking;

use super::client::Client;
use crate::model::expression::Expr;
use crate::model::identity::{KubeResource, ProviderRef};
use crate::model::json_path::JsonPath;
use crate::world::op::{KubeOp, KubeVerb};
use crate::world::redactor::Redactor;
use crate::world::{ReadVersion, Wire};
use bytes::Bytes;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};

/// What the wire does with one request.
#[derive(Clone)]
enum Step {
    /// Answers.
    Reply(u16, Json),
    /// Answers with this body as it is.
    Raw(u16, &'static str),
    /// 429 with `Retry-After`.
    Later(u64),
    /// Never answers.
    Silent,
    /// Nobody listens.
    Refused,
    /// The connection breaks after the request went out.
    Broken,
    /// It never left, and never will.
    Unsent,
}

type Log = Arc<Mutex<Vec<http::Request<Bytes>>>>;

/// A wire that plays the steps in order; the last one again and again.
fn wire(steps: Vec<Step>) -> (Wire, Log) {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let service = tower::service_fn(move |request: http::Request<Bytes>| {
        let step = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            steps[(seen.len() - 1).min(steps.len() - 1)].clone()
        };
        play(step)
    });
    (Wire::new(service), log)
}

async fn play(step: Step) -> Result<http::Response<Bytes>, tower::BoxError> {
    let reply = |status: u16| http::Response::builder().status(status);
    match step {
        Step::Reply(status, body) => Ok(reply(status).body(Bytes::from(body.to_string()))?),
        Step::Raw(status, body) => Ok(reply(status).body(Bytes::from(body))?),
        Step::Later(seconds) => Ok(reply(429)
            .header("retry-after", seconds)
            .body(Bytes::from(failure("TooManyRequests").to_string()))?),
        Step::Silent => std::future::pending().await,
        Step::Refused => Err(Box::new(std::io::Error::from(
            std::io::ErrorKind::ConnectionRefused,
        ))),
        Step::Broken => Err(Box::new(std::io::Error::from(
            std::io::ErrorKind::ConnectionReset,
        ))),
        Step::Unsent => Err(Box::new(super::Unsent {
            class: crate::world::query::FailureClass::Unauthenticated,
            message: "no token".to_owned(),
            again: super::Again::Never,
        })),
    }
}

fn client(steps: Vec<Step>) -> (Client, Log) {
    let (wire, log) = wire(steps);
    (
        Client::new(
            wire,
            "context test (https://api.test)".to_owned(),
            7,
            Redactor::default(),
        ),
        log,
    )
}

/// The schedule of every question and write here, as it is stored.
fn shop() -> Json {
    json!({
        "apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": { "name": "shop", "namespace": "velero", "uid": "u-1", "resourceVersion": "41" },
    })
}

fn kube_system() -> Json {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "kube-system", "uid": "u" } })
}

/// A value with one member changed; `null` takes it away.
fn with(mut value: Json, pointer: &str, member: Json) -> Json {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match member.is_null() {
        true => parent.remove(name),
        false => parent.insert(name.to_owned(), member),
    };
    value
}

fn failure(reason: &str) -> Json {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": format!("server says {reason}") })
}

fn not_found(name: &str) -> Json {
    let mut status = failure("NotFound");
    status["details"] = json!({ "name": name, "kind": "schedules" });
    status
}

fn schedules() -> KubeResource {
    KubeResource {
        group: "velero.io".into(),
        version: "v1".into(),
        plural: "schedules".into(),
        kind: "Schedule".into(),
        namespaced: true,
    }
}

fn namespaces() -> KubeResource {
    KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: "namespaces".into(),
        kind: "Namespace".into(),
        namespaced: false,
    }
}

fn operation(verb: KubeVerb) -> KubeOp {
    KubeOp {
        provider: ProviderRef {
            provider: "kubernetes".to_owned(),
            alias: None,
        },
        verb,
        resource: schedules(),
        namespace: Some("velero".to_owned()),
        name: "shop".to_owned(),
        body: Expr::Value(Json::Null),
        takes: vec![
            JsonPath::dotted("spec.template.ttl"),
            JsonPath(vec!["metadata".into(), "labels".into(), "a/b".into()]),
        ],
    }
}

fn read_version() -> ReadVersion {
    ReadVersion {
        uid: "u-1".to_owned(),
        resource_version: "41".to_owned(),
    }
}

/// One line for each request: method, path and query, content type, body.
fn lines(log: &Log) -> Vec<String> {
    let line = |request: &http::Request<Bytes>| {
        let content = request
            .headers()
            .get("content-type")
            .map_or("-", |value| value.to_str().unwrap());
        format!(
            "{} {} {content} {}",
            request.method(),
            request.uri(),
            String::from_utf8_lossy(request.body())
        )
    };
    log.lock().unwrap().iter().map(line).collect()
}
