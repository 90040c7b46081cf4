//! The two doors: expressions to values, secrets, programs, connections. Canaries arrive where they should and nowhere else.

use super::guard::Guard;
use super::kube::{ConnectArguments, Connected, Wires};
use super::query::{Answer, DryRun, Effect, Fact, FailureClass, Query, Why};
use super::substitute::{Redactor, SecretValues, substitute};
use super::{Bound, Doors, Wire, World};
use crate::model::address::Address;
use crate::model::expression::{Bindings, Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{KubeResource, ProviderRef};
use crate::model::secret::{SecretName, SecretSource};
use crate::plan::document::{KubeOp, KubeVerb, LocalOp, Op};
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

/// Connects with the secret as token: arrives as `Ok`, or is refused with words that hold no canary.
async fn check_secret(source: SecretSource, expected: Result<&str, &str>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), format!("{CANARY}\n")).unwrap();
    std::fs::write(directory.path().join("crlf"), "token\r\n").unwrap();
    std::fs::write(directory.path().join("two"), "token\n\n").unwrap();
    std::fs::write(directory.path().join("binary"), [0xff, 0xfe]).unwrap();
    let (world, wires) = world_with(directory.path(), &[("token", source)]);
    let arguments = Expr::Object([("token".to_owned(), Expr::Secret(secret("token")))].into());
    let connected = world
        .connect(&kubernetes(), &arguments, &Bindings::new())
        .await;
    match (connected, expected) {
        (Ok(title), Ok(value)) => {
            assert_eq!(title, "context fake (https://fake.test)");
            assert_eq!(
                wires.connected.lock().unwrap()[0].arguments,
                json!({ "token": value })
            );
            world.check_secret(&secret("token")).unwrap();
        }
        (Err(why), Err(words)) => {
            assert!(
                why.message.starts_with("secret token: ") && why.message.contains(words),
                "{}",
                why.message
            );
            assert!(
                !why.message.contains("5be1"),
                "a secret in: {}",
                why.message
            );
            assert_eq!(why.class, FailureClass::Value);
        }
        (connected, expected) => panic!("{connected:?} instead of {expected:?}"),
    }
}

#[tokio::test]
async fn secrets_are_read_where_they_are_kept() {
    let command = |words: &[&str]| {
        SecretSource::Command(words.iter().map(|word| (*word).to_owned()).collect())
    };
    check_secret(SecretSource::Env("CANARY".to_owned()), Ok(CANARY)).await;
    check_secret(
        SecretSource::Env("MISSING".to_owned()),
        Err("environment variable MISSING is not set"),
    )
    .await;
    check_secret(SecretSource::File("token".to_owned()), Ok(CANARY)).await;
    check_secret(SecretSource::File("crlf".to_owned()), Ok("token")).await;
    check_secret(SecretSource::File("two".to_owned()), Ok("token\n")).await;
    check_secret(
        SecretSource::File("missing".to_owned()),
        Err("missing: there is no such file"),
    )
    .await;
    check_secret(SecretSource::File("binary".to_owned()), Err("not UTF-8")).await;
    check_secret(command(&["cat", "token"]), Ok(CANARY)).await;
    check_secret(
        command(&["no-such-program"]),
        Err("program no-such-program is not there"),
    )
    .await;
    check_secret(
        command(&["sh", "-c", "cat token; echo locked >&2; exit 4"]),
        Err("exit status: 4: locked"),
    )
    .await;
    check_secret(command(&[]), Err("is not there")).await;
}

#[tokio::test]
async fn checking_a_secret_runs_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let touch = SecretSource::Command(
        ["sh", "-c", "touch ran"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect(),
    );
    let folder = SecretSource::File(".".to_owned());
    let (world, _) = world_with(directory.path(), &[("touch", touch), ("folder", folder)]);
    world.check_secret(&secret("touch")).unwrap();
    assert!(!directory.path().join("ran").exists());
    assert!(
        world
            .check_secret(&secret("folder"))
            .unwrap_err()
            .message
            .contains("is a directory")
    );
    assert!(
        world
            .check_secret(&secret("none"))
            .unwrap_err()
            .message
            .contains("no such secret block")
    );
}

#[tokio::test]
async fn a_refused_connection_does_not_repeat_its_secret() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    let arguments = Expr::Object([("refuse".to_owned(), Expr::Secret(secret("token")))].into());
    let why = world
        .connect(&kubernetes(), &arguments, &Bindings::new())
        .await
        .unwrap_err();
    assert_eq!(why.message, "cannot use \"(sensitive value)\"");
}

/// Runs a shell script in an empty directory; `done`, or class and words of what came of it.
async fn check_program(script: &str, limit: Duration, expected: (&str, &str)) {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    let environment = BTreeMap::from([
        ("TOKEN".to_owned(), Expr::Secret(secret("token"))),
        ("NUMBER".to_owned(), Expr::Value(json!(7))),
    ]);
    let command = vec![text("sh"), text("-c"), text(script)];
    let op = Op::Local(LocalOp {
        command,
        environment,
        kubeconfig: text("kubeconfig"),
    });
    let bound = Bound {
        limit: Some(limit),
        ..Bound::default()
    };
    let (seen, message) = match world.perform(&op, &bound).await {
        Effect::Done(object) => ("done".to_owned(), object.to_string()),
        Effect::Refused(why) => (format!("refused {:?}", why.class), why.message),
        Effect::InDoubt(why) => (format!("in doubt {:?}", why.class), why.message),
    };
    assert_eq!(seen, expected.0, "{message}");
    assert!(message.contains(expected.1), "{message}");
    assert!(!message.contains("line two"), "a secret in: {message}");
}

#[tokio::test]
async fn programs_end_well_or_say_how() {
    let limit = Duration::from_secs(60);
    check_program(
        "test \"$TOKEN\" = \"$CANARY\" && test $NUMBER = 7",
        limit,
        ("done", "null"),
    )
    .await;
    check_program(
        "exit 3",
        limit,
        ("refused Program", "sh exited with 3, without output"),
    )
    .await;
    check_program(
        "echo out; echo err >&2; exit 3",
        limit,
        ("refused Program", "its output ends:\nout\nerr"),
    )
    .await;
    check_program(
        "echo \"x$TOKEN\"; exit 3",
        limit,
        ("refused Program", "x(sensitive value)"),
    )
    .await;
    check_program(
        "kill -9 $$",
        limit,
        ("refused Program", "sh was ended by signal: 9"),
    )
    .await;
    // Standard input is empty, and only the end of a long output is kept.
    check_program(
        "cat; seq 100000; exit 1",
        limit,
        ("refused Program", "\n100000"),
    )
    .await;
    // A server left running holds the output open; the program itself has ended.
    check_program("sleep 30 & exit 0", limit, ("done", "null")).await;
    let overdue = (
        "in doubt Wait",
        "did not end within 0 s and was ended; its output ends:\nbegun",
    );
    check_program(
        "echo begun; sleep 600 & wait",
        Duration::from_millis(300),
        overdue,
    )
    .await;
}

#[tokio::test]
async fn what_cannot_run_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    for (command, class, words) in [
        (
            vec![text("no-such-program")],
            FailureClass::Program,
            "no-such-program: no such program",
        ),
        (vec![], FailureClass::Program, "the command is empty"),
        (
            vec![text("sh"), Expr::Secret(secret("token"))],
            FailureClass::Value,
            "would show in the process list",
        ),
        (
            vec![text("sh"), Expr::Value(json!(null))],
            FailureClass::Value,
            "take texts, numbers and booleans only",
        ),
        (
            vec![hole("uid", HoleType::String)],
            FailureClass::Value,
            "is not known yet",
        ),
    ] {
        let op = Op::Local(LocalOp {
            command,
            environment: BTreeMap::new(),
            kubeconfig: text("k"),
        });
        let Effect::Refused(why) = world.perform(&op, &Bound::default()).await else {
            panic!("{words}")
        };
        assert_eq!(why.class, class);
        assert!(why.message.contains(words), "{}", why.message);
        assert!(matches!(
            world.dry_run(&op, &Bound::default()).await,
            DryRun::Skipped(_)
        ));
    }
}

/// What a dropped run leaves behind is what a killed `sk-dr` leaves behind: a program in its own group, still writing.
#[tokio::test]
async fn a_program_outlives_the_run_that_started_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let made = std::process::Command::new("mkfifo")
        .args([path.join("to"), path.join("from")])
        .status()
        .unwrap();
    assert!(made.success());
    let (world, _) = world_with(&path, &[]);
    // One line: two would be read as one where the second writer comes before the first reader has seen the end.
    let script = "echo $(cut -d' ' -f5 /proc/$$/stat) $$ > from; read word < to; echo still writing; echo $word > from";
    let command = vec![text("sh"), text("-c"), text(script)];
    let op = Op::Local(LocalOp {
        command,
        environment: BTreeMap::new(),
        kubeconfig: text("k"),
    });
    let run = tokio::spawn(async move { world.perform(&op, &Bound::default()).await });
    let read = |path: std::path::PathBuf| {
        tokio::task::spawn_blocking(move || std::fs::read_to_string(path).unwrap())
    };
    let line = read(path.join("from")).await.unwrap();
    let (group, process) = line.trim().split_once(' ').unwrap();
    assert_eq!(group, process, "its own process group");
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    std::fs::write(path.join("to"), "alive\n").unwrap();
    assert_eq!(read(path.join("from")).await.unwrap(), "alive\n");
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
