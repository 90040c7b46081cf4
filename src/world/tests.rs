//! The two doors: expressions to values, secrets, programs, connections. Canaries arrive where they should and nowhere else.

mod programs;
mod secrets;

use super::guard::Guard;
use super::kube::{ConnectArguments, Connected, Wires};
use super::query::{Answer, DryRun, Effect, Fact, FailureClass, Query, Why};
use super::substitute::{Redactor, SecretValues, substitute};
use super::{Bound, Doors, Wire, World};
use crate::model::address::Address;
use crate::model::expression::{Bindings, Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{KubeResource, ProviderRef};
use crate::model::secret::{SecretName, SecretSource};
use crate::world::op::{KubeOp, KubeVerb, LocalOp, Op};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use zeroize::Zeroizing;

const CANARY: &str = "canary \"5be1\" / line one\nline two of it";

struct Noon;

impl super::clock::Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }
}

/// Wires that answer everything with 200 and a UID, and keep what they were connected with.
#[derive(Default)]
struct Obliging {
    connected: Mutex<Vec<ConnectArguments>>,
    requests: Arc<Mutex<Vec<String>>>,
}

#[async_trait::async_trait]
impl Wires for Obliging {
    async fn connect(&self, arguments: &ConnectArguments) -> Result<Connected, Why> {
        self.connected.lock().unwrap().push(arguments.clone());
        if let Some(token) = arguments.arguments.get("refuse") {
            return Err(Why {
                class: FailureClass::Unauthenticated,
                message: format!("cannot use {token}"),
            });
        }
        let requests = Arc::clone(&self.requests);
        let wire = Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
            requests
                .lock()
                .unwrap()
                .push(format!("{} {}", request.method(), request.uri()));
            let status = if request.uri().path().contains("forbidden") {
                403
            } else {
                200
            };
            let body = stored(&request).to_string();
            std::future::ready(Ok(http::Response::builder()
                .status(status)
                .body(Bytes::from(body))
                .unwrap()))
        }));
        Ok(Connected {
            wire,
            title: "context fake (https://fake.test)".to_owned(),
        })
    }
}

/// The namespace kube-system, what was sent with a UID, or an empty list.
fn stored(request: &http::Request<Bytes>) -> Json {
    let mut object = if request.uri().path().ends_with("/kube-system") {
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "kube-system" } })
    } else {
        serde_json::from_slice(request.body()).unwrap_or(json!({ "items": [] }))
    };
    object["metadata"]["uid"] = json!("u-1");
    object
}

fn secret(name: &str) -> SecretName {
    SecretName(name.to_owned())
}

fn text(text: &str) -> Expr {
    Expr::Value(json!(text))
}

fn kubernetes() -> ProviderRef {
    ProviderRef {
        provider: "kubernetes".to_owned(),
        alias: None,
    }
}

fn world_with(directory: &Path, secrets: &[(&str, SecretSource)]) -> (World, Arc<Obliging>) {
    let wires = Arc::new(Obliging::default());
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("CANARY", CANARY),
        ("KUBE_TOKEN", "other"),
        ("KUBECONFIG", "other"),
    ];
    let doors = Doors {
        waiting: super::waiting::Waiting::default(),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        clock: Arc::new(Noon),
        wires: wires.clone(),
        stores: Arc::new(super::s3::StoreWires),
        directory: directory.to_owned(),
        secrets: secrets
            .iter()
            .map(|(name, source)| (secret(name), source.clone()))
            .collect(),
        guard: Guard::Open,
        seed: 1,
    };
    (World::new(doors), wires)
}

fn hole(attribute: &str, hole_type: HoleType) -> Expr {
    let address = Address::new("kubernetes_cluster", "main");
    Expr::Hole(Box::new(Hole {
        source: HoleSource::Resource {
            address,
            attribute: attribute.to_owned(),
        },
        hole_type,
    }))
}

/// The value, or the words of the refusal.
fn check_substitution(expr: &Expr, expected: Result<Json, &str>) {
    let address = Address::new("kubernetes_cluster", "main");
    let bind = |attribute: &str, value: Json| {
        (
            HoleSource::Resource {
                address: address.clone(),
                attribute: attribute.to_owned(),
            },
            value,
        )
    };
    let bindings: Bindings = [bind("host", json!("h")), bind("port", json!(6443))].into();
    let secrets: SecretValues = [(secret("token"), Zeroizing::new(CANARY.to_owned()))].into();
    match (substitute(expr, &bindings, &secrets), expected) {
        (Ok(exposed), Ok(value)) => assert_eq!(exposed.value(), &value),
        (Err(why), Err(words)) => assert_eq!(
            (why.class, why.message.as_str()),
            (FailureClass::Value, words)
        ),
        (Ok(exposed), Err(words)) => panic!("{} instead of {words}", exposed.value()),
        (Err(why), Ok(value)) => panic!("{why:?} instead of {value}"),
    }
}

#[test]
fn expressions_become_values() {
    let concat = |parts: &[Expr]| Expr::Concat(parts.to_vec());
    let (host, port) = (
        hole("host", HoleType::String),
        hole("port", HoleType::Number),
    );
    check_substitution(&text("x"), Ok(json!("x")));
    check_substitution(
        &concat(&[text("https://"), host.clone(), text(":"), port.clone()]),
        Ok(json!("https://h:6443")),
    );
    check_substitution(
        &Expr::List(vec![host, Expr::Secret(secret("token"))]),
        Ok(json!(["h", CANARY])),
    );
    check_substitution(
        &Expr::Object([("p".to_owned(), port)].into()),
        Ok(json!({ "p": 6443 })),
    );
    check_substitution(
        &concat(&[text("a"), Expr::Value(json!(true))]),
        Ok(json!("atrue")),
    );
    check_substitution(
        &concat(&[Expr::Value(json!(null))]),
        Err("a text is joined with null, a list or an object"),
    );
    check_substitution(
        &hole("uid", HoleType::String),
        Err("kubernetes_cluster.main.uid is not known yet"),
    );
    check_substitution(
        &hole("port", HoleType::String),
        Err("kubernetes_cluster.main.port is bound to a value of another type"),
    );
    check_substitution(&Expr::Secret(secret("x")), Err("secret x was not read"));
    check_substitution(
        &Expr::Call {
            function: "upper".to_owned(),
            arguments: vec![],
        },
        Err("function upper on a value known after apply is not available in this version"),
    );
}

#[test]
fn redaction_strikes_out_every_form() {
    use base64::Engine;
    let redactor = Redactor::new(&[Zeroizing::new(CANARY.to_owned())]);
    let base64 = base64::engine::general_purpose::STANDARD.encode(CANARY);
    for leak in [
        CANARY,
        "line two of it",
        &json!(CANARY).to_string(),
        &base64,
    ] {
        let redacted = redactor.redact(&format!("<{leak}>"));
        assert!(
            redacted.contains("(sensitive value)") && !redacted.contains("line two"),
            "{redacted}"
        );
        assert!(!redacted.contains(&base64), "{redacted}");
    }
    assert_eq!(redactor.redact("nothing to see"), "nothing to see");
}

fn list_of(plural: &str) -> Query {
    let resource = KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: plural.to_owned().into(),
        kind: "Thing".into(),
        namespaced: false,
    };
    Query::List {
        provider: kubernetes(),
        resource,
        namespace: None,
    }
}

#[tokio::test(start_paused = true)]
async fn questions_are_asked_once_each_and_fail_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (world, wires) = world_with(directory.path(), &[]);
    world
        .connect(&kubernetes(), &Expr::Value(json!({})), &Bindings::new())
        .await
        .unwrap();
    let foreign = Query::Identity {
        provider: ProviderRef {
            alias: Some("eu".to_owned()),
            ..kubernetes()
        },
    };
    let mut queries: Vec<Query> = (0..20)
        .map(|number| list_of(&format!("things{number}")))
        .collect();
    queries.extend([list_of("forbidden"), list_of("things1"), foreign.clone()]);
    let live = world.answer_all(queries).await;
    assert_eq!(
        (live.answers.len(), wires.requests.lock().unwrap().len()),
        (22, 21)
    );
    assert_eq!(
        live.answer(&list_of("things1")),
        Some(&Answer::Present(Fact::List(vec![])))
    );
    let class = |query: &Query| match live.answer(query) {
        Some(Answer::Unknown(why)) => Some(why.class),
        None => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(&list_of("forbidden")), Some(FailureClass::Forbidden));
    assert_eq!(class(&foreign), Some(FailureClass::Unreachable));
    assert_eq!(class(&list_of("never asked")), None);
}

#[tokio::test]
async fn a_cluster_is_absent_only_without_its_kubeconfig() {
    let directory = tempfile::tempdir().unwrap();
    let (world, wires) = world_with(directory.path(), &[]);
    let query = |name: &str| Query::Cluster {
        kubeconfig: directory.path().join(name).display().to_string(),
    };
    std::fs::write(directory.path().join("kubeconfig"), "").unwrap();
    assert_eq!(world.answer(&query("missing")).await, Answer::Absent);
    assert!(matches!(
        world.answer(&query("kubeconfig/x")).await,
        Answer::Unknown(_)
    ));
    assert!(matches!(
        world.answer(&query("kubeconfig")).await,
        Answer::Present(Fact::Object(_))
    ));
    let connected = wires.connected.lock().unwrap();
    assert_eq!(connected.len(), 1);
    // KUBE_TOKEN and KUBECONFIG of the user are about another cluster.
    assert_eq!(
        connected[0].environment.keys().collect::<Vec<_>>(),
        ["CANARY", "PATH"]
    );
}

#[tokio::test(start_paused = true)]
async fn writes_go_to_the_provider_they_name() {
    let directory = tempfile::tempdir().unwrap();
    let (world, wires) = world_with(directory.path(), &[]);
    let op = |provider: ProviderRef| {
        let Query::List { resource, .. } = list_of("things") else {
            panic!("no list")
        };
        let body = Expr::Object([("x".to_owned(), hole("uid", HoleType::String))].into());
        let (verb, name, takes) = (KubeVerb::Create, "a".to_owned(), Vec::new());
        Op::Kube(KubeOp {
            provider,
            verb,
            resource,
            namespace: None,
            name,
            body,
            takes,
        })
    };
    let class = |effect: Effect| match &effect {
        Effect::Refused(why) => why.class,
        Effect::Done(_) | Effect::InDoubt(_) => panic!("{effect:?}"),
    };
    assert_eq!(
        class(world.perform(&op(kubernetes()), &Bound::default()).await),
        FailureClass::Unreachable
    );
    world
        .connect(&kubernetes(), &Expr::Value(json!({})), &Bindings::new())
        .await
        .unwrap();
    assert_eq!(
        class(world.perform(&op(kubernetes()), &Bound::default()).await),
        FailureClass::Value
    );
    assert!(matches!(
        world.dry_run(&op(kubernetes()), &Bound::default()).await,
        DryRun::Skipped(_)
    ));
    let address = Address::new("kubernetes_cluster", "main");
    let source = HoleSource::Resource {
        address,
        attribute: "uid".to_owned(),
    };
    let bound = Bound {
        bindings: [(source, json!("u"))].into(),
        ..Bound::default()
    };
    assert!(matches!(
        world.perform(&op(kubernetes()), &bound).await,
        Effect::Done(_)
    ));
    assert_eq!(
        *wires.requests.lock().unwrap(),
        ["POST /api/v1/things?fieldManager=sk-dr&fieldValidation=Strict"]
    );
    let s3 = ProviderRef {
        provider: "s3".to_owned(),
        alias: None,
    };
    assert!(
        world
            .connect(&s3, &Expr::Value(json!({})), &Bindings::new())
            .await
            .is_err()
    );
    assert_eq!(world.now(), Timestamp::from_second(1_795_000_000).unwrap());
}

#[test]
fn the_world_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<World>();
}
