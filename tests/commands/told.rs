//! What is told and takes more than one process, or a server of its own, to be done: see `advice.rs`.

use crate::children::{Served, command};
use crate::root;
use sk_dr::journal::local::LocalStore;
use sk_dr::journal::lock;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

/// The first group, its white space as it is.
#[track_caller]
fn taken(said: &str, pattern: &str) -> String {
    let wanted = regex::Regex::new(&format!("(?m){pattern}")).unwrap();
    let found = wanted.captures(said);
    let found = found.unwrap_or_else(|| panic!("nothing like {pattern} in\n{said}"));
    found[1].to_owned()
}

fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    let texts = streams.map(|stream| String::from_utf8_lossy(stream).into_owned());
    texts.concat()
}

/// The words of a command line behind the program's name, for one that has no spaces inside.
#[track_caller]
fn arguments(line: &str) -> String {
    let words = shlex::split(line).unwrap();
    assert_eq!(words[0], "sk-dr", "{line}");
    words[1..].join(" ")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Programs, what the configuration sets for them, files, and servers: whatever `-safe` refuses it tells how to allow, and what
/// is written as told is all that was missing.
#[tokio::test]
async fn what_is_told_to_allow_allows() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let root = served.directory.path();
    fs::create_dir_all(root.join("repository/.git")).unwrap();
    let program = root.join("a \"tool\"");
    let script = format!(
        "#!/bin/sh\ntest \"$1\" = token && echo {ADMIN_TOKEN} && exit\ncp ../kubeconfig made\n"
    );
    write(&program, &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let kubeconfig: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root.join("kubeconfig")).unwrap()).unwrap();
    let server = &kubeconfig["clusters"][0]["cluster"]["server"];
    let tool = serde_json::Value::from(program.to_str().unwrap());
    let main = format!(
        "sk_dr {{ stack = \"safe\" }}\n\
         secret \"s\" {{ command = [{tool}, \"token\"] }}\n\
         secret \"f\" {{ file = \"../region\" }}\n\
         provider \"kubernetes\" {{\n  host = {server}\n  token = secret.s\n}}\n\
         resource \"kubernetes_namespace\" \"n\" {{\n  metadata {{ name = \"n\" }}\n}}\n\
         resource \"kubernetes_cluster\" \"c\" {{\n  name = \"c\"\n  command = [{tool}]\n  kubeconfig = \"made\"\n  environment = {{ REGION = secret.f }}\n  timeouts {{ create = \"20s\" }}\n}}\n"
    );
    write(&root.join("repository/main.hcl"), &main);
    write(&root.join("region"), "here");
    let allowed = root.join(".config/sk-dr/safe.hcl");
    write(&allowed, "");
    let allowing =
        regex::Regex::new(r"(?m)^ *To allow (?:it|that), write [^\n]*:\n *(.*)$").unwrap();
    let mut told = Vec::new();
    let done = loop {
        let (code, said) = served
            .run("-chdir=repository apply -auto-approve -safe -repository=repository")
            .await;
        let Some(way) = allowing.captures(&said) else {
            break (code, said);
        };
        let text = fs::read_to_string(&allowed).unwrap();
        let way = way[1].to_owned();
        assert!(!told.contains(&way), "told twice: {way}\n{text}\n{said}");
        let text = match way.starts_with("environment") {
            // It is written beside its command.
            true => {
                let command = taken(
                    &text,
                    r#"^program \{ (command = \["(?:[^"\\]|\\.)*"\]) \}$"#,
                );
                text.replace(
                    &format!("program {{ {command} }}"),
                    &format!("program {{\n  {command}\n  {way}\n}}"),
                )
            }
            false => format!("{text}{way}\n"),
        };
        write(&allowed, &text);
        told.push(way);
    };
    assert_eq!(done.0, Some(0), "{told:?}\n{}", done.1);
    let begin = |word: &str| told.iter().filter(|way| way.starts_with(word)).count();
    assert_eq!(
        ["program", "server", "environment", "file"].map(begin),
        [2, 1, 1, 1],
        "{told:?}"
    );
}

/// A lock that somebody holds is waited for.
#[tokio::test]
async fn what_is_told_to_wait_waits() {
    let served = Served::new().await;
    let store = LocalStore::at(served.directory.path().join(".sk-dr"));
    let holder = lock::this_process().unwrap();
    let held = lock::acquire(&store, &holder, Duration::ZERO)
        .await
        .unwrap();
    let apply = "apply -auto-approve -adopt=kubernetes_namespace.velero";
    let told = served.expect(apply, 4).await;
    let runs = arguments(&taken(&told, r"or see `(.*?)`"));
    served.expect(&runs, 0).await;
    let flag = taken(&told, r"with (\S+) for example");
    let child = command(served.directory.path(), &format!("{apply} {flag}"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(held);
    let output = child.wait_with_output().await.unwrap();
    let told = said(&output);
    assert!(
        told.contains("Apply complete! Resources: 1 imported, 4 added"),
        "{told}"
    );
}

/// Where a program stands that answers as Velero's own did.
fn stub() -> PathBuf {
    root().join("src/cli/vendor/stub")
}

async fn run(place: &Path, line: &str, path: &str) -> (Option<i32>, String) {
    let output = command(place, line)
        .env("PATH", path)
        .output()
        .await
        .unwrap();
    (output.status.code(), said(&output))
}

const VENDOR: &str = "vendor velero 1.18.1 -plugin=velero/velero-plugin-for-aws:v1.14.3";

/// Another program that renders, and files that are written over.
#[tokio::test]
async fn what_is_told_of_rendering_renders() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let vendor = format!("{VENDOR} -node-agent");
    let (code, told) = run(place, &vendor, "/usr/bin:/bin").await;
    assert_eq!(code, Some(1), "{told}");
    let flag = taken(&told, r"Name Velero's with (\S+)\.$");
    let program = stub().join("velero").display().to_string();
    let line = format!("{vendor} {}", flag.replace("PATH", &program));
    let (code, told) = run(place, &line, "/usr/bin:/bin").await;
    assert_eq!(code, Some(0), "{told}");
    let file = place.join("vendor/velero-1.18.1/03-namespace-velero.yaml");
    let rendered = fs::read_to_string(&file).unwrap();
    write(&file, "mine");
    let (code, told) = run(place, &line, "/usr/bin:/bin").await;
    assert_eq!(code, Some(1), "{told}");
    let flag = taken(&told, r"With (\S+) it is written over");
    let (code, told) = run(place, &format!("{line} {flag}"), "/usr/bin:/bin").await;
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), rendered);
}

/// A directory that another sandbox or demo has, a port that another has.
#[tokio::test]
async fn another_place_and_another_port_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let path = "/usr/bin:/bin";
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = port.local_addr().unwrap().port();
    let mut flags = Vec::new();
    for taken_port in ["port", "s3-port"] {
        let line = format!("sandbox -{taken_port}={number}");
        let (code, told) = run(place, &line, path).await;
        assert_eq!(code, Some(1), "{told}");
        flags.push(taken(&told, r"Take another with (\S+)\.$").replace('N', "0"));
    }
    let flag = flags.join(" ");
    let mut first = serving(place, &format!("sandbox {flag}")).await;
    let (code, told) = run(place, "sandbox", path).await;
    assert_eq!(code, Some(1), "{told}");
    let flag = taken(&told, r"take another directory with (\S+)\.$").replace("DIR", "box");
    let mut second = serving(place, &format!("sandbox {flag}")).await;
    first.kill().await.unwrap();
    second.kill().await.unwrap();
    write(&place.join("full/file"), "");
    let (code, told) = run(place, "demo -dir=full", path).await;
    assert_eq!(code, Some(1), "{told}");
    let flag = taken(&told, r"Name another directory with (\S+)\.$").replace("DIR", "stage");
    let (code, told) = run(place, &format!("demo {flag}"), path).await;
    assert_eq!(code, Some(0), "{told}");
}

/// A sandbox once it serves.
async fn serving(place: &Path, line: &str) -> Child {
    let mut child = command(place, line)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::with_capacity(1, child.stdout.as_mut().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("it serves");
        if line.contains("Ctrl-C ends it.") {
            return child;
        }
    }
}

/// A server that declares a node agent and has none among its manifests: they are rendered anew as it is told.
#[tokio::test]
async fn a_node_agent_is_rendered_as_told() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    crate::directories::copy(&root().join("fixtures/server"), place);
    let vendored = place.join("vendor/velero-1.18.1");
    fs::remove_file(vendored.join("07-daemonset-node-agent.yaml")).unwrap();
    let index = fs::read_to_string(vendored.join("vendor.json")).unwrap();
    let mut index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let files = index["files"].as_object_mut().unwrap();
    files.remove("07-daemonset-node-agent.yaml").unwrap();
    write(&vendored.join("vendor.json"), &index.to_string());
    let main = fs::read_to_string(place.join("main.hcl")).unwrap();
    let main = main.replace(
        "  args = var.args\n",
        "  args = var.args\n  node_agent {}\n",
    );
    write(&place.join("main.hcl"), &main);
    let path = format!("{}:/usr/bin:/bin", stub().display());
    let run = async |line: &str| run(place, line, &path).await;
    let (code, told) = run("validate").await;
    assert_eq!(code, Some(1), "{told}");
    let line = arguments(&taken(&told, r"`(sk-dr vendor .*?)` renders one"));
    let flags = taken(&told, r"renders one with `(.*?)`");
    assert!(VENDOR.starts_with(&line), "{line}");
    let (code, told) = run(&format!("{VENDOR} {flags}")).await;
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = run("validate").await;
    assert_eq!(code, Some(0), "{told}");
}

/// What the demo tells at its end: the sandbox is served again, and what was made in it is destroyed.
#[tokio::test]
async fn what_the_demo_tells_goes_on_there() {
    let directory = tempfile::tempdir().unwrap();
    let demo = command(directory.path(), "demo -dir=stage")
        .output()
        .await
        .unwrap();
    let told = said(&demo);
    let sandbox = arguments(&taken(&told, r"^  (sk-dr sandbox \S+)"));
    let destroy = arguments(&taken(&told, r"^  (sk-dr -chdir=\S+ destroy)"));
    let mut served = command(directory.path(), &sandbox)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut welcome = String::new();
    let mut lines = BufReader::with_capacity(1, served.stdout.as_mut().unwrap()).lines();
    while !welcome.contains("Ctrl-C ends it.") {
        welcome.push_str(&lines.next_line().await.unwrap().expect("it serves"));
        welcome.push('\n');
    }
    let mut child = command(directory.path(), &destroy)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"yes\n")
        .await
        .unwrap();
    let told = said(&child.wait_with_output().await.unwrap());
    assert!(
        told.contains("Destroy complete! Resources: 7 destroyed, 1 forgotten."),
        "{told}"
    );

    // What a sandbox says at its beginning: its namespace is nobody's by now, and becomes ours.
    let stage = shlex::split(&taken(&welcome, r"^  cd (.*)$"))
        .unwrap()
        .remove(0);
    let plan = arguments(&taken(&welcome, r"^  (sk-dr plan .*)$"));
    let planned = command(&directory.path().join(stage), &plan)
        .output()
        .await
        .unwrap();
    let told = said(&planned);
    assert!(told.contains("Plan: 1 to import"), "{told}");
}
