//! Canaries: a secret of its own from every source, searched for in everything that the program leaves behind. Each test
//! first shows that the canaries arrived where they belong, else there would be nothing to find.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod echo;
mod needle;
mod place;

use base64::Engine;
use echo::{Echo, Echoes};
use needle::{Canary, FORMS};
use place::{Ended, Place, SOURCES, canary};
use sk_dr::sandbox::faults::{Matching, Moment};
use sk_dr::sandbox::kubernetes::access::Right;
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::{Sandbox, serve};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;

/// A sandbox on loopback that lets nobody in but the canaries.
async fn guarded() -> (Sandbox, String) {
    let sandbox = Sandbox::new("canary", 1, "2026-11-22T00:00:17Z".parse().unwrap());
    sandbox.install_velero();
    sandbox.with(|state| {
        state.access.users.clear();
        for source in [
            "secret-token",
            "kubeconfig-token",
            "exec-plugin",
            "made-kubeconfig",
        ] {
            let all = vec![Right::new(&["*"], &["*"])];
            state.access.grant(&canary(source).text, source, all);
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::serve(
        (sandbox.clone(), Server::Kubernetes),
        listener,
        std::future::pending(),
    ));
    (sandbox, address)
}

fn expect(ended: &Ended, code: i32, what: &str) {
    assert_eq!(
        ended.code,
        Some(code),
        "{what}\n{}\n{}",
        ended.stdout,
        ended.stderr
    );
}

fn no_leaks(place: &Place) {
    let leaks = place.leaks();
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

/// Everything that a program may print about a secret that it was given.
fn shout(sources: &[&'static str]) -> String {
    let forms = sources.iter().flat_map(|source| canary(source).forms());
    let mut text: String = forms.map(|form| format!("{}\n", form.text)).collect();
    for source in sources {
        let text_of = canary(source).text;
        for before in ["", "u", "us", "user:"] {
            let engine = base64::engine::general_purpose::STANDARD;
            text += &format!(
                "Basic {}\n",
                engine.encode(format!("{before}{text_of} and more"))
            );
        }
    }
    text
}

#[tokio::test]
async fn runs_from_beginning_to_end() {
    let (sandbox, address) = guarded().await;
    let mut place = Place::new(&address);
    for line in ["validate", "validate -json"] {
        expect(&place.run(line).await, 0, line);
    }
    for line in [
        "plan",
        "plan -json",
        "plan -out=first.plan",
        "show first.plan",
        "show -json first.plan",
    ] {
        expect(&place.run(line).await, 0, line);
    }
    let handed = ["secret-env", "secret-file", "secret-command"];
    place.let_it_fail(Some(&shout(&handed)));
    let failed = place.run("apply -json first.plan").await;
    expect(&failed, 6, "the program fails");
    assert!(
        failed.stdout.contains("exited with 7"),
        "its output is told: {}",
        failed.stdout
    );
    place.let_it_fail(None);
    expect(&place.run("apply -json -auto-approve").await, 0, "apply");
    arrived(&place, &sandbox);
    expect(
        &place.run("plan -detailed-exitcode").await,
        0,
        "nothing is left",
    );
    hand_edit(&sandbox);
    for line in ["drift", "drift -json"] {
        let drift = place.run(line).await;
        expect(&drift, 2, line);
        assert!(
            drift.stdout.contains("kubernetes_secret"),
            "{}",
            drift.stdout
        );
    }
    for line in [
        "plan",
        "apply -auto-approve",
        "runs",
        "schema",
        "version -json",
    ] {
        expect(&place.run(line).await, 0, line);
    }
    let destroyed = place.run("destroy -json -auto-approve").await;
    assert!(
        destroyed.code == Some(0),
        "{}\n{}",
        destroyed.stdout,
        destroyed.stderr
    );
    traced(&mut place, &sandbox);
    no_leaks(&place);
}

/// The server's own log of requests, and what it keeps.
fn traced(place: &mut Place, sandbox: &Sandbox) {
    let stored = sandbox.with(|state| serde_json::to_string(&state.objects).unwrap());
    // Writes of Secrets carry them: that is where they belong, and where they were seen to arrive.
    let log: Vec<_> = sandbox
        .log()
        .into_iter()
        .filter(|entry| !entry.target.contains("/secrets"))
        .collect();
    let log = serde_json::to_string(&log).unwrap();
    for (name, text) in [
        ("objects of the server", stored),
        ("requests to the server", log),
    ] {
        place.traces.push(place::Trace {
            name: name.to_owned(),
            text,
        });
    }
}

/// The server let the tokens in, the programs were given their secrets, the rest was read.
fn arrived(place: &Place, sandbox: &Sandbox) {
    for name in ["by-token", "by-file", "by-plugin"] {
        let there = sandbox.with(|state| state.objects.contains_key(&format!("namespaces/{name}")));
        assert!(there, "the token of {name} did not arrive");
    }
    let stored = sandbox.with(|state| state.objects["secrets/velero/data"].clone());
    let data = canary("secret-data").text;
    assert_eq!(stored["data"]["plain"], encoded(&data), "secret-data");
    assert_eq!(
        stored["data"]["joined"],
        encoded(&format!("[default]\nkey={data}\n"))
    );
    let made = place.environment_of("make-cluster");
    for source in ["secret-env", "secret-file", "secret-command"] {
        assert!(
            made.contains(&canary(source).text),
            "{source} did not arrive:\n{made}"
        );
    }
    assert!(made.contains(&format!("JOINED=user:{}@host", canary("secret-env").text)));
    let plugin = place.environment_of("plugin");
    assert!(
        plugin.contains(&canary("exec-environment").text),
        "{plugin}"
    );
    // Programs are not given variables of the language; that this one was read shows in what is made of it.
    let variable = canary("variable-environment").text;
    for program in ["make-cluster", "plugin", "print-secret"] {
        assert!(
            !place.environment_of(program).contains(&variable),
            "{program}"
        );
    }
    let length = format!("\"value\":{}", variable.len());
    let told = place.traces.iter().any(|trace| {
        trace
            .text
            .replace(char::is_whitespace, "")
            .contains(&length)
    });
    assert!(told, "the variable did not arrive: {length}");
    for program in ["make-cluster", "plugin", "print-secret"] {
        let arguments = fs::read_to_string(place.work.join(format!("argv-of-{program}"))).unwrap();
        assert!(
            arguments.contains("sk-dr"),
            "the arguments of the parent are noted: {arguments}"
        );
    }
    assert!(place.keep.join("made.yaml").exists());
}

fn encoded(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn hand_edit(sandbox: &Sandbox) {
    sandbox.with(|state| {
        let key = "schedules.velero.io/velero/nightly";
        let mut object = state.objects[key].clone();
        object["spec"]["paused"] = true.into();
        state.store(key, object);
        // Somebody changes a value of a Secret: it is seen, and neither side of it is told.
        let key = "secrets/velero/data";
        let mut object = state.objects[key].clone();
        object["data"]["plain"] = encoded(&canary("live-secret").text).into();
        state.store(key, object);
    });
}

#[tokio::test]
async fn killed_and_resumed() {
    let (sandbox, address) = guarded().await;
    let mut place = Place::new(&address);
    let child = place.child.clone();
    let kill = move |_: &http::Request<bytes::Bytes>| {
        let id = i32::try_from(child.load(Ordering::SeqCst)).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    };
    let at = Matching::new("POST", "/schedules");
    sandbox
        .faults
        .kill_at(at, 1, (Moment::After, Arc::new(kill)));
    let killed = place.run("apply -auto-approve").await;
    assert_eq!(killed.code, None, "{}\n{}", killed.stdout, killed.stderr);
    for (line, code) in [
        ("runs", 0),
        ("apply -auto-approve", 4),
        ("resume -json", 0),
        ("plan -detailed-exitcode", 0),
    ] {
        expect(&place.run(line).await, code, line);
    }
    arrived(&place, &sandbox);
    no_leaks(&place);
}

#[tokio::test]
async fn servers_that_echo_credentials() {
    for which in [
        Echoes::Everything,
        Echoes::Lists,
        Echoes::Writes,
        Echoes::Pages,
        Echoes::Broken,
    ] {
        let echo = Echo::start(which).await;
        let mut place = Place::new(&echo.address);
        let mut said = String::new();
        for line in [
            "plan",
            "plan -json",
            "plan -out=p",
            "show p",
            "drift",
            "drift -json",
            "apply -auto-approve",
            "apply -json -auto-approve",
            "apply p",
            "runs",
            "destroy -auto-approve",
        ] {
            let ended = place.run(line).await;
            said += &(ended.stdout + &ended.stderr);
        }
        for source in ["secret-token", "kubeconfig-token", "exec-plugin"] {
            assert!(
                echo.heard(&canary(source)),
                "{source} did not arrive at {which:?}"
            );
        }
        assert!(
            said.contains("(sensitive value)"),
            "{which:?} is not told:\n{said}"
        );
        no_leaks(&place);
    }
}

#[tokio::test]
async fn secrets_that_are_wrong() {
    let (_sandbox, address) = guarded().await;
    let mut place = Place::new(&address);
    let keep = place.keep.display().to_string();
    fs::write(place.keep.join("plugin-fails"), "").unwrap();
    expect(&place.run("plan").await, 1, "the plugin fails");
    fs::remove_file(place.keep.join("plugin-fails")).unwrap();
    // A key that is none, a kubeconfig that is none, a secret used where it may not stand, a variable of another type.
    place.add("key.hcl", &format!("provider \"kubernetes\" {{\n  alias = \"key\"\n  config_path = \"{keep}/kubeconfig-key\"\n}}\nresource \"kubernetes_namespace\" \"key\" {{\n  provider = kubernetes.key\n  metadata {{ name = \"key\" }}\n}}\n"));
    for line in ["plan", "plan -json", "apply -auto-approve"] {
        let ended = place.run(line).await;
        assert!(
            ended.code == Some(1) || ended.code == Some(6),
            "{line}: {}\n{}",
            ended.stdout,
            ended.stderr
        );
    }
    let read = place
        .traces
        .iter()
        .any(|trace| trace.text.contains("127.0.0.1:1"));
    assert!(read, "the kubeconfig with the client key was not read");
    let broken = fs::read_to_string(place.keep.join("kubeconfig-key")).unwrap();
    fs::write(
        place.keep.join("kubeconfig-key"),
        broken.replace("\"users\"", "users: [[\n\"x\""),
    )
    .unwrap();
    place.run("plan").await;
    place.add(
        "key.hcl",
        "resource \"kubernetes_namespace\" \"wrong\" {\n  metadata { name = secret.token }\n}\n",
    );
    expect(&place.run("validate").await, 1, "a secret as a name");
    place.add("key.hcl", "resource \"kubernetes_namespace\" \"wrong\" {\n  metadata {\n    name = \"x\"\n    labels = { phrase = var.phrase }\n  }\n}\noutput \"wrong\" {\n  value = var.phrase\n}\n");
    for line in ["validate", "validate -json", "plan"] {
        expect(&place.run(line).await, 1, "a sensitive variable in a label");
    }
    let main = fs::read_to_string(place.work.join("main.hcl")).unwrap();
    for wrong in [
        "type = number",
        "type = list(string)",
        "type = string\n  validation {\n    condition     = length(var.phrase) > 1000\n    error_message = \"too short\"\n  }",
    ] {
        place.add("main.hcl", &main.replacen("type      = string", wrong, 1));
        place.add("key.hcl", "");
        for line in ["validate", "validate -json"] {
            expect(&place.run(line).await, 1, wrong);
        }
    }
    place.add("main.hcl", &main);
    place.add("key.hcl", "provider \"kubernetes\" {\n  alias = \"phrase\"\n  host  = \"http://127.0.0.1:1\"\n  token = var.phrase\n}\nresource \"kubernetes_namespace\" \"phrase\" {\n  provider = kubernetes.phrase\n  metadata { name = \"phrase\" }\n}\n");
    for line in [
        "validate",
        "plan -out=phrase.plan",
        "plan -json",
        "show phrase.plan",
    ] {
        place.run(line).await;
    }
    no_leaks(&place);
}

#[test]
fn every_form_of_every_canary_is_found() {
    for source in SOURCES {
        let canary = canary(source);
        assert_eq!(canary.forms().len(), FORMS.len());
        for form in canary.forms() {
            let text = format!("before{}after", form.text);
            assert!(
                canary.found_in(&text).contains(&form.name),
                "{source} {form:?}"
            );
        }
        assert!(canary.found_in("nothing of it").is_empty());
        // What is around it changes nothing.
        for before in ["", "x", "xy", "xyz"] {
            let engine = base64::engine::general_purpose::STANDARD;
            let text = engine.encode(format!("{before}{}after", canary.text));
            assert!(
                !canary.found_in(&text).is_empty(),
                "{source} after {before:?}"
            );
        }
        let others = SOURCES.iter().filter(|other| *other != source);
        for other in others {
            let other: Canary = place::canary(other);
            assert!(other.found_in(&canary.text).is_empty());
        }
    }
}

/// A leak that is there turns the search red: the form of a canary stands in a label, and so in plans, journal and server.
#[tokio::test]
async fn a_planted_leak_is_found_in_every_form() {
    let (_sandbox, address) = guarded().await;
    let forms = canary("secret-token").forms();
    let mut place = Place::new(&address);
    // An output quotes what is planted: what is quoted twice is planted quoted once.
    let planted = forms.iter().filter(|form| form.name != "JSON twice");
    for (number, form) in planted.enumerate() {
        let text = serde_json::Value::from(form.text.as_str()).to_string();
        place.add("leak.hcl", &format!("resource \"velero_schedule\" \"leak\" {{\n  name = \"leak\"\n  schedule = \"0 1 * * *\"\n  annotations = {{ planted = {text} }}\n}}\n"));
        place.traces.clear();
        let _ = place.run(&format!("plan -out=leak-{number}.plan")).await;
        let file =
            fs::read_to_string(place.work.join(format!("leak-{number}.plan"))).unwrap_or_default();
        fs::remove_file(place.work.join("leak.hcl")).unwrap();
        let leaks = place.leaks();
        assert!(
            leaks.iter().any(|leak| leak.contains("stdout of")),
            "{form:?} is not found in the output: {leaks:?}"
        );
        assert!(
            leaks
                .iter()
                .any(|leak| leak.contains(&format!("leak-{number}.plan"))),
            "{form:?} is not found in the plan: {file}"
        );
        fs::remove_file(place.work.join(format!("leak-{number}.plan"))).unwrap();
    }
}
