//! Credential plugins: how often they run, what they are handed, and that none of them outlives its limit.

use super::super::{ConnectArguments, Connected, KubeWires, Wires};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::query::Why;
use crate::world::waiting::Waiting;
use bytes::Bytes;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// A clock that a test moves.
#[derive(Clone)]
struct Hand(Arc<Mutex<jiff::Timestamp>>);

impl Hand {
    fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(text.parse().unwrap())))
    }

    fn turn(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> jiff::Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A directory with a plugin, and what was said while it ran.
struct Scene {
    directory: tempfile::TempDir,
    clock: Hand,
    said: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new(script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let plugin = directory.path().join("plugin");
        std::fs::write(&plugin, format!("#!/bin/sh\necho run >> runs\n{script}\n")).unwrap();
        std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            directory,
            clock: Hand::at("2026-11-22T12:00:00Z"),
            said: Arc::default(),
        }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }

    fn runs(&self) -> usize {
        self.file("runs").lines().count()
    }

    async fn connect(&self, server: &str, exec: Json) -> Result<Connected, Why> {
        let mut given = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin",
            "interactiveMode": "IfAvailable",
        });
        given
            .as_object_mut()
            .unwrap()
            .extend(exec.as_object().unwrap().clone());
        let kubeconfig = json!({
            "current-context": "x",
            "clusters": [{ "name": "x", "cluster": { "server": server } }],
            "users": [{ "name": "x", "user": { "exec": given } }],
            "contexts": [{ "name": "x", "context": { "cluster": "x", "user": "x" } }],
        });
        let path = self.directory.path().join("kubeconfig");
        std::fs::write(path, kubeconfig.to_string()).unwrap();
        let said = self.said.clone();
        let environment = [
            ("PATH", "/usr/bin:/bin"),
            ("SKDR_VAR_password", "not for programs"),
            ("OPERATORS", "own"),
        ];
        let environment: BTreeMap<String, String> = environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        KubeWires
            .connect(&ConnectArguments {
                arguments: json!({ "config_path": "kubeconfig" }),
                environment,
                directory: self.directory.path().to_owned(),
                guard: Guard::Open,
                clock: Arc::new(self.clock.clone()),
                waiting: Waiting::told_to(move |sentence| {
                    said.lock().unwrap().push(sentence.to_owned());
                }),
            })
            .await
    }
}

/// A server that keeps what requests carried as `Authorization`.
async fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
            let line = head
                .lines()
                .find_map(|line| line.strip_prefix("authorization: "));
            kept.lock()
                .unwrap()
                .push(line.unwrap_or_default().to_owned());
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, seen)
}

fn request() -> http::Request<Bytes> {
    http::Request::get("/version").body(Bytes::new()).unwrap()
}

const TOKEN: &str = r#"number=$(wc -l < runs)
echo "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t-$((number))\",\"expirationTimestamp\":\"2026-11-22T1$((number + 1)):30:00Z\"}}""#;

#[tokio::test]
async fn a_plugin_runs_once_and_again_before_its_credential_ends() {
    let scene = Scene::new(TOKEN);
    let (url, seen) = server().await;
    let connected = scene.connect(&url, json!({})).await.ok().unwrap();
    let ask = || async {
        let (one, other) = tokio::join!(
            connected.wire.clone().oneshot(request()),
            connected.wire.clone().oneshot(request())
        );
        assert!(one.is_ok() && other.is_ok());
        std::mem::take(&mut *seen.lock().unwrap())
    };
    assert_eq!(ask().await, ["bearer t-1", "bearer t-1"]);
    assert_eq!(scene.runs(), 1);
    // Half a minute is too little for a request that is to be answered under it.
    scene.clock.turn("2026-11-22T12:29:30Z");
    assert_eq!(ask().await, ["bearer t-2", "bearer t-2"]);
    assert_eq!(scene.runs(), 2);
    assert!(scene.said.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_plugin_gets_the_environment_of_the_operator_and_no_more() {
    let scene = Scene::new(&format!("env > environment\n{TOKEN}"));
    let own = json!({ "env": [{ "name": "SET", "value": "by the kubeconfig" }] });
    scene.connect("http://127.0.0.1:9", own).await.ok().unwrap();
    let environment = scene.file("environment");
    for (name, is_there) in [
        ("OPERATORS=own", true),
        ("SET=by the kubeconfig", true),
        ("SKDR_VAR_", false),
        ("\"interactive\":false", true),
        ("\"cluster\"", false),
    ] {
        assert_eq!(
            environment.contains(name),
            is_there,
            "{name}: {environment}"
        );
    }
    let info = json!({ "provideClusterInfo": true });
    scene
        .connect("http://127.0.0.1:9", info)
        .await
        .ok()
        .unwrap();
    let told = "\"server\":\"http://127.0.0.1:9\"";
    assert!(scene.file("environment").contains(told));
}

#[tokio::test]
async fn a_plugin_that_gives_nothing_is_an_error() {
    let status = |status: &str| format!("echo '{{\"status\":{status}}}'");
    for (script, exec, expected) in [
        (
            status("{}"),
            json!({}),
            "printed neither a token nor a certificate",
        ),
        (
            status("{\"token\":\"\"}"),
            json!({}),
            "whose token is set and empty",
        ),
        (
            status("{\"clientKeyData\":\"x\"}"),
            json!({}),
            "printed neither a token nor a certificate",
        ),
        (
            status("{\"token\":\"x\",\"expirationTimestamp\":\"soon\"}"),
            json!({}),
            "expirationTimestamp is no RFC 3339",
        ),
        ("echo x".to_owned(), json!({}), "printed no ExecCredential"),
        (
            "echo '{\"apiVersion\":\"other/v9\",\"status\":{\"token\":\"x\"}}'".to_owned(),
            json!({}),
            "printed another apiVersion",
        ),
        ("yes".to_owned(), json!({}), "printed more than"),
        (
            "true".to_owned(),
            json!({ "interactiveMode": "Always" }),
            "wants a terminal",
        ),
        (
            "true".to_owned(),
            json!({ "command": " " }),
            "has no command",
        ),
    ] {
        let scene = Scene::new(&script);
        match scene.connect("http://127.0.0.1:9", exec).await {
            Ok(connected) => panic!("{script}: {}", connected.title),
            Err(why) => assert!(why.message.contains(expected), "{script}: {}", why.message),
        }
    }
}

/// Whether a process runs: one that has ended and is not waited for yet does not.
fn runs(id: &str) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(id.trim()).join("stat"));
    state.is_ok_and(|state| {
        let after = state.rsplit(')').next().unwrap_or_default();
        !after.trim_start().starts_with(['Z', 'X'])
    })
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
}

const HANGS: &str = "sleep 1000 &\necho $! > child\necho $$ > itself\nwait";

#[tokio::test]
async fn a_plugin_that_hangs_ends_with_its_children_at_one_limit() {
    let scene = Scene::new(HANGS);
    let begun = async {
        until(|| scene.file("itself").ends_with('\n')).await;
        // From here on the clock runs ahead as soon as all else waits.
        tokio::time::pause();
        std::future::pending::<()>().await;
    };
    let connecting = scene.connect("http://127.0.0.1:9", json!({}));
    let ended = tokio::select! {
        ended = connecting => ended,
        () = begun => unreachable!(),
    };
    let message = ended.err().unwrap().message;
    assert!(
        message
            .contains("./plugin did not end within 60 s and was ended, with what it had started"),
        "{message}"
    );
    let (child, itself) = (scene.file("child"), scene.file("itself"));
    until(|| !runs(&child) && !runs(&itself)).await;
    assert_eq!(scene.runs(), 1);
    let said = scene.said.lock().unwrap().join("\n");
    assert!(
        said.starts_with("Waiting for the credential plugin: ")
            && said.ends_with("/plugin (at most 60 s)")
            && said.lines().count() == 1,
        "{said}"
    );
}

#[tokio::test]
async fn who_waits_no_more_leaves_no_plugin_behind() {
    let scene = Scene::new(HANGS);
    let begun = until(|| scene.file("itself").ends_with('\n'));
    tokio::select! {
        _ = scene.connect("http://127.0.0.1:9", json!({})) => panic!("it hangs"),
        () = begun => {}
    }
    let (child, itself) = (scene.file("child"), scene.file("itself"));
    until(|| !runs(&child) && !runs(&itself)).await;
}

#[tokio::test]
async fn what_a_plugin_leaves_running_does_not_hold_its_answer_back() {
    let scene = Scene::new(&format!("sleep 5 &\n{TOKEN}"));
    let connecting = scene.connect("http://127.0.0.1:9", json!({}));
    let connected = tokio::time::timeout(Duration::from_secs(4), connecting).await;
    assert!(connected.unwrap().is_ok());
}
