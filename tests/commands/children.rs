//! What only a child process can show: signals, closed pipes, terminals that are none, the sandbox and the demo.

use crate::directories::copy;
use crate::root;
use crate::s3;
use jiff::Timestamp;
use rustix::process::{Pid, Signal};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Fault, Matching};
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// A platform to protect, and the sandbox that it is protected in, on loopback.
pub struct Served {
    pub directory: tempfile::TempDir,
    pub sandbox: Sandbox,
}

impl Served {
    pub async fn new() -> Self {
        let served = Self::empty();
        served.sandbox.add_bucket("acme-backups");
        copy(&root().join("fixtures/demo"), served.directory.path());
        served.serve("kubeconfig").await;
        served
    }

    /// An empty directory, and a sandbox with Velero that is not served yet.
    pub fn empty() -> Self {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let sandbox = Sandbox::new("children", 1, now);
        sandbox.install_velero();
        let directory = tempfile::tempdir().unwrap();
        Self { directory, sandbox }
    }

    /// Serves the sandbox and writes the way to it into this file.
    pub async fn serve(&self, kubeconfig_file: &str) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "s",
            "clusters": [{"name": "s", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "s", "user": {"token": ADMIN_TOKEN}}],
            "contexts": [{"name": "s", "context": {"cluster": "s", "user": "s"}}],
        });
        let path = self.directory.path().join(kubeconfig_file);
        fs::write(path, kubeconfig.to_string()).unwrap();
        let forever = std::future::pending::<()>();
        let serving = sk_dr::sandbox::serve::serve(
            (self.sandbox.clone(), Server::Kubernetes),
            listener,
            forever,
        );
        tokio::spawn(serving);
    }

    fn start(&self, arguments: &str) -> Child {
        command(self.directory.path(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs a command: its code, and both streams.
    pub async fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let output = self.start(arguments).wait_with_output().await.unwrap();
        (output.status.code(), text(&output))
    }

    /// Runs a command that must end with this code; both streams.
    pub async fn expect(&self, arguments: &str, code: i32) -> String {
        let (found, told) = self.run(arguments).await;
        assert_eq!(found, Some(code), "sk-dr {arguments}\n{told}");
        told
    }

    /// Creates that reached the server, answered or not.
    fn creates(&self) -> usize {
        let log = self.sandbox.log();
        let creates = log.iter().filter(|entry| entry.method == "POST");
        creates.filter(|entry| entry.is_effect()).count()
    }
}

pub fn command(directory: &Path, arguments: &str) -> Command {
    // A shell lets what it starts in the background ignore SIGINT, and children inherit that: here it counts again.
    let mut command = Command::new("/usr/bin/env");
    command
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_sk-dr")])
        .args(arguments.split(' '))
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory)
        .env("TMPDIR", directory)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Reads lines until one holds the words.
async fn until(child: &mut Child, words: &str) {
    let stdout = child.stdout.as_mut().unwrap();
    let mut lines = BufReader::with_capacity(1, stdout).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(words) {
            return;
        }
    }
    panic!("the program never said {words:?}");
}

fn interrupt(child: &Child) {
    let number = i32::try_from(child.id().unwrap()).unwrap();
    rustix::process::kill_process(Pid::from_raw(number).unwrap(), Signal::INT).unwrap();
}

/// The request with the fault has arrived: before that a step is only being prepared, and an interrupt leaves it undone.
pub async fn on_its_way(served: &Served) {
    while served.sandbox.faults.hits().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub const APPLY: &str = "apply -auto-approve -adopt=kubernetes_namespace.velero";

/// The first Ctrl-C lets what is in flight finish and begins nothing more; the next apply goes on.
#[tokio::test]
async fn one_interrupt_finishes_what_is_in_flight() {
    let served = Served::new().await;
    let slow = Matching::new("POST", "/backupstoragelocations");
    served
        .sandbox
        .faults
        .script(slow, 1, Fault::Delay { seconds: 2 });
    let child = served.start(APPLY);
    on_its_way(&served).await;
    interrupt(&child);
    let output = child.wait_with_output().await.unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(6), "{told}");
    assert!(
        told.contains("Stopping: finishing velero_backup_storage_location.main;"),
        "{told}"
    );
    assert!(
        told.contains("velero_backup_storage_location.main: Creation complete"),
        "{told}"
    );
    assert!(told.contains("Nothing is in doubt."), "{told}");
    assert_eq!(served.creates(), 1, "no schedule was begun");
    let (code, told) = served.run("apply -auto-approve").await;
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(served.creates(), 4);
}

/// The second one stops at once and says what is in doubt; resume looks it up.
#[tokio::test]
async fn two_interrupts_stop_at_once_and_leave_doubt() {
    let served = Served::new().await;
    let never = Matching::new("POST", "/backupstoragelocations");
    served.sandbox.faults.script(never, 1, Fault::HangAfter);
    let mut child = served.start(APPLY);
    on_its_way(&served).await;
    interrupt(&child);
    until(&mut child, "Stopping:").await;
    interrupt(&child);
    let output = child.wait_with_output().await.unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(6), "{told}");
    assert!(
        told.contains("in doubt: velero_backup_storage_location.main"),
        "{told}"
    );
    let (code, told) = served.run("apply -auto-approve").await;
    assert_eq!(code, Some(4), "{told}");
    let (code, told) = served.run("resume").await;
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(served.creates(), 4, "nothing was made twice");
}

/// A plan has nothing to finish: an interrupt ends it as it ends any program.
#[tokio::test]
async fn an_interrupt_ends_a_plan() {
    let served = Served::new().await;
    let slow = Matching::new("GET", "/schedules");
    served.sandbox.faults.script(slow, 1, Fault::HangAfter);
    let child = served.start("plan");
    while !served
        .sandbox
        .log()
        .iter()
        .any(|entry| entry.target.contains("/schedules"))
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    interrupt(&child);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.signal(), Some(Signal::INT.as_raw()));
}

/// A plugin has a process group of its own, which the terminal's Ctrl-C does not reach: it ends with the program.
#[tokio::test]
async fn an_interrupt_ends_a_plugin_and_what_it_started() {
    let served = Served::new().await;
    let root = served.directory.path();
    let hangs = "#!/bin/sh\nsleep 1000 &\necho $! > child\necho $$ > itself\nwait\n";
    fs::write(root.join("plugin"), hangs).unwrap();
    let mode: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(root.join("plugin"), mode).unwrap();
    let text = fs::read_to_string(root.join("kubeconfig")).unwrap();
    let mut kubeconfig: serde_json::Value = serde_json::from_str(&text).unwrap();
    kubeconfig["users"][0]["user"] = serde_json::json!({
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin"}
    });
    fs::write(root.join("kubeconfig"), kubeconfig.to_string()).unwrap();
    let child = served.start("plan");
    let id = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
    while !id("itself").ends_with('\n') {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    interrupt(&child);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.signal(), Some(Signal::INT.as_raw()));
    for process in [id("itself"), id("child")] {
        let state = Path::new("/proc").join(process.trim()).join("stat");
        // What has ended and is not waited for yet is a zombie.
        while fs::read_to_string(&state).is_ok_and(|state| !state.contains(") Z ")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// `sk-dr apply | head -1`: the reader is gone, the run is not.
#[tokio::test]
async fn a_closed_pipe_stops_no_run() {
    let served = Served::new().await;
    let mut child = served.start(APPLY);
    until(&mut child, "Provider kubernetes:").await;
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(served.creates(), 4);
    let (code, told) = served.run("plan -detailed-exitcode").await;
    assert_eq!(code, Some(0), "{told}");
}

/// Pipes are no terminals: no colour, unless it is forced; NO_COLOR wins.
#[tokio::test]
async fn pipes_carry_plain_text() {
    let served = Served::new().await;
    let plan = "plan -adopt=kubernetes_namespace.velero";
    let coloured = |environment: &[(&str, &str)]| {
        let mut command = command(served.directory.path(), plan);
        command.envs(environment.iter().copied());
        async move { text(&command.output().await.unwrap()).contains('\u{1b}') }
    };
    assert!(!coloured(&[("TERM", "xterm"), ("COLUMNS", "40")]).await);
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]).await);
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).await);
}

/// Only the user may read what a run leaves behind.
#[tokio::test]
async fn what_is_written_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let served = Served::new().await;
    let (code, told) = served
        .run("plan -adopt=kubernetes_namespace.velero -out=acme.plan")
        .await;
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = served.run("apply acme.plan").await;
    assert_eq!(code, Some(0), "{told}");
    let mut waiting = vec![served.directory.path().join(".sk-dr")];
    let mut files = vec![served.directory.path().join("acme.plan")];
    while let Some(directory) = waiting.pop() {
        let mode = fs::metadata(&directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().unwrap() != ".gitignore" {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

/// The sandbox serves until it is interrupted, and goes on where it stopped.
#[tokio::test]
async fn the_sandbox_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut identities = Vec::new();
    for arguments in [APPLY, "plan -detailed-exitcode"] {
        let mut child = command(directory.path(), "sandbox -dir=box")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        until(&mut child, "Ctrl-C ends it.").await;
        let inside = directory.path().join("box");
        let output = command(&inside, arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let told = text(&output);
        let identity = told.lines().find_map(|line| line.split_once(", cluster "));
        identities.push(identity.unwrap().1.to_owned());
        interrupt(&child);
        assert_eq!(child.wait().await.unwrap().code(), Some(0));
    }
    assert_eq!(identities[0], identities[1]);
}

/// What happened in a sandbox outlives its death, and its directory belongs to one at a time.
#[tokio::test]
async fn a_killed_sandbox_is_kept_and_two_do_not_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("box");
    let mut child = command(directory.path(), "sandbox -dir=box")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until(&mut child, "Ctrl-C ends it.").await;
    let second = command(directory.path(), "sandbox -dir=box")
        .output()
        .await
        .unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", text(&second));
    assert!(text(&second).contains("Another sandbox runs in "));
    let output = command(&inside, APPLY).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let last_made = ["shop-daily", "shop-monthly", "wiki-daily"].map(|name| format!("\"{name}\""));
    let written = async {
        let holds_all = |state: String| last_made.iter().all(|name| state.contains(name));
        while !fs::read_to_string(inside.join("sandbox.json")).is_ok_and(holds_all) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), written)
        .await
        .unwrap();
    child.kill().await.unwrap();
    let mut child = command(directory.path(), "sandbox -dir=box")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until(&mut child, "Ctrl-C ends it.").await;
    let output = command(&inside, "plan -detailed-exitcode")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    interrupt(&child);
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

/// Whoever reads `s3.env` finds the buckets, and what is put there outlives the death of the sandbox.
#[tokio::test]
async fn what_is_in_a_bucket_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("box");
    let start = async || {
        let mut child = command(directory.path(), "sandbox -dir=box -bucket=mine")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        until(&mut child, "Ctrl-C ends it.").await;
        let shell = Command::new("sh")
            .arg("-c")
            .arg(". ./s3.env; echo $AWS_ENDPOINT_URL_S3 $AWS_REGION $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY")
            .current_dir(&inside)
            .output();
        let told = text(&shell.await.unwrap());
        let mut words = told.split_whitespace();
        let [endpoint, "us-east-1", id, key] = [(); 4].map(|()| words.next().unwrap()) else {
            panic!("{told}");
        };
        (child, s3::client(s3::over_http(), endpoint, (id, key)))
    };
    let (mut child, client) = start().await;
    let put = client.put_object().bucket("mine").key("a/key");
    put.body(b"kept".to_vec().into()).send().await.unwrap();
    let state = inside.join("sandbox.json");
    let written = async {
        while !fs::read_to_string(&state).is_ok_and(|state| state.contains("a/key")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), written)
        .await
        .unwrap();
    child.kill().await.unwrap();
    let (mut child, client) = start().await;
    let got = client.get_object().bucket("mine").key("a/key").send().await;
    let body = got.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(&body[..], b"kept");
    child.kill().await.unwrap();
}

/// The whole story, by a child that may reach nothing but itself.
#[tokio::test]
async fn the_demo_tells_its_story() {
    let directory = tempfile::tempdir().unwrap();
    let output = command(directory.path(), "demo -dir=stage")
        .output()
        .await
        .unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let story = [
        "$ sk-dr apply velero.plan\n",
        "Apply complete! Resources: 1 imported, 0 added, 1 changed, 0 destroyed.",
        "$ sk-dr apply acme.plan\n",
        "Apply complete! Resources: 4 added, 0 changed, 0 destroyed.",
        "No changes.",
        "<!-- sk-dr:plan:acme-prod -->\n## sk-dr plan for `acme-prod`: 0 to add, 1 to change, 0 to destroy",
        "$ sk-dr apply wiki.plan\n",
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.",
        "# by kubectl-edit, ",
        "[exit code 2]",
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.",
        "Killed",
        "in doubt: it was sent, and no answer is recorded; the effect is there",
        "3 creates were asked for, 3 were done.",
        "No changes.",
        "Restore points; apply uses exactly these:",
        "velero_application.app[\"shop\"]",
        "Killed",
        "in doubt: it was sent, and no answer is recorded; the effect is there",
        "2 creates were asked for, 2 were done.",
        "GET /api/v1/namespaces/shop/configmaps/prices: {\"tea\":\"3\"}",
        "held back  velero_server.main",
        "sk-dr sandbox -dir=",
    ];
    // A scene is seen at once.
    let caption = regex::Regex::new(r"(?m)^\d+\. ").unwrap();
    for scene in caption.split(&told) {
        assert!(scene.lines().count() <= 50, "{scene}");
    }
    let mut rest = told.as_str();
    for words in story {
        let found = rest.split_once(words);
        rest = found
            .unwrap_or_else(|| panic!("{words:?} is missing in\n{rest}"))
            .1;
    }
    let again = command(directory.path(), "demo -dir=stage")
        .output()
        .await
        .unwrap();
    assert_eq!(
        again.status.code(),
        Some(1),
        "a directory that is not empty is left alone"
    );
}
