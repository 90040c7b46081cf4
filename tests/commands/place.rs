//! Where a story plays: a directory, a sandbox cluster, and the program as a process made of parts, on a clock that waits
//! for nobody.

use crate::buckets::Buckets;
use crate::directories::copy;
use crate::journals::{Gate, Gated};
use crate::mortal::Crash;
use crate::root;
use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, header};
use jiff::{SignedDuration, Timestamp};
use sk_dr::cli::process::{Captured, Interrupts, Output, Process, Terminal};
use sk_dr::journal::store::StoreError;
use sk_dr::model::server_address::ServerAddress;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Fault, Matching, Moment};
use sk_dr::sandbox::kubernetes::access::Right;
use sk_dr::sandbox::log::{Entry, Outcome};
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use sk_dr::world::Wire;
use sk_dr::world::clock::Clock;
use sk_dr::world::guard::Guard;
use sk_dr::world::kube::{Again, ConnectArguments, Connected, Unsent, Wires};
use sk_dr::world::query::{FailureClass, Why};
use sk_dr::world::s3::{self, Trust};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;

/// Token of the user that `@ user` makes.
const STORY_TOKEN: &str = "story";

/// What a command said; no code after a crash.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    /// Both streams as they were, with what differs from run to run.
    pub raw: String,
    pub code: Option<u8>,
}

/// The place.
pub struct Place {
    directory: tempfile::TempDir,
    sandbox: Sandbox,
    token: &'static str,
    dead: Arc<AtomicBool>,
    environment: BTreeMap<String, String>,
    answer: String,
    terminal: Terminal,
    crash: Crash,
    clock: Option<Timestamp>,
    disk: Disk,
}

/// The cluster's, or one of the machine that stands.
struct PlaceClock(Sandbox, Option<Timestamp>);

impl Clock for PlaceClock {
    fn now(&self) -> Timestamp {
        self.1.unwrap_or_else(|| self.0.now())
    }
}

struct SandboxWires {
    sandbox: Sandbox,
    token: &'static str,
    dead: Arc<AtomicBool>,
    crash: Crash,
}

impl SandboxWires {
    /// The same wire, as long as its server and this process live.
    fn mortal(&self, wire: Wire) -> Wire {
        let (dead, wire) = (self.dead.clone(), self.crash.mortal(wire));
        Wire::new(tower::service_fn(move |request: Request<Bytes>| {
            let (mut wire, dead) = (wire.clone(), dead.load(Ordering::SeqCst));
            async move {
                if dead {
                    let refused = Unsent {
                        class: FailureClass::Unreachable,
                        message: "connection refused".to_owned(),
                        again: Again::Later,
                    };
                    return Err(refused.into());
                }
                tower::Service::call(&mut wire, request).await
            }
        }))
    }
}

#[async_trait]
impl Wires for SandboxWires {
    async fn connect(&self, _: &ConnectArguments) -> Result<Connected, Why> {
        Ok(Connected {
            wire: self.mortal(self.sandbox.wire(self.token)),
            title: "context sandbox (http://sandbox)".to_owned(),
        })
    }
}

impl s3::Wires for SandboxWires {
    fn wire(&self, _: &ServerAddress, _: &Trust) -> Result<Wire, Why> {
        Ok(self.mortal(self.sandbox.s3_wire()))
    }
}

/// A disk that takes so many writes of the journal, and then no more; `None`: it has room.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Option<usize>>>);

#[async_trait(?Send)]
impl Gate for Disk {
    async fn enter(&self, _: &str) -> Result<(), StoreError> {
        match &mut *self.0.lock().unwrap() {
            None => Ok(()),
            Some(0) => Err(StoreError::unusable(
                "of this place",
                "No space left on device",
            )),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

struct Nobody;

impl Interrupts for Nobody {
    fn listen(&self) -> UnboundedReceiver<()> {
        tokio::sync::mpsc::unbounded_channel().1
    }
}

impl Place {
    /// An empty directory, and a cluster with Velero and a bucket.
    pub fn new() -> Self {
        let sandbox = Sandbox::new("story", 1, "2026-11-21T09:00:00Z".parse().unwrap());
        sandbox.install_velero();
        sandbox.add_bucket("acme-backups");
        Self {
            directory: tempfile::tempdir().unwrap(),
            sandbox,
            token: ADMIN_TOKEN,
            dead: Arc::default(),
            environment: BTreeMap::new(),
            answer: String::new(),
            terminal: Terminal::default(),
            crash: Crash::default(),
            disk: Disk::default(),
            clock: None,
        }
    }

    /// The same on a machine whose clock stands here.
    pub fn at(clock: Timestamp) -> Self {
        Self {
            clock: Some(clock),
            ..Self::new()
        }
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its cluster.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Its buckets.
    pub fn buckets(&self) -> Buckets {
        Buckets(self.sandbox.clone())
    }

    /// Namespaces hold from now on what those of a real cluster do.
    pub fn furnish_namespaces(&self) {
        self.sandbox.furnish_namespaces();
    }

    /// Another one just like it, which goes its own way from here.
    pub fn again(&self) -> Self {
        let sandbox = Sandbox::from_json(&self.sandbox.to_json().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        copy(self.directory(), directory.path());
        Self {
            directory,
            sandbox,
            environment: self.environment.clone(),
            ..Self::new()
        }
    }

    /// Objects of a type, such as `schedules.velero.io`, as they are stored.
    pub fn objects(&self, of: &str) -> Vec<serde_json::Value> {
        crate::lost::objects(&self.sandbox, of)
    }

    fn process(&self, arguments: Vec<OsString>) -> (Process, Captured, Captured) {
        let (stdout, out) = Output::captured();
        let (stderr, err) = Output::captured();
        let wires = Arc::new(SandboxWires {
            sandbox: self.sandbox.clone(),
            token: self.token,
            dead: self.dead.clone(),
            crash: self.crash.clone(),
        });
        let process = Process {
            waiting: sk_dr::world::waiting::Waiting::default(),
            arguments,
            environment: self.environment.clone(),
            directory: self.directory().canonicalize().unwrap(),
            stdin: Box::new(std::io::Cursor::new(self.answer.clone())),
            stdout,
            stderr,
            terminal: self.terminal,
            clock: Arc::new(PlaceClock(self.sandbox.clone(), self.clock)),
            wires: wires.clone(),
            s3: wires,
            stores: Arc::new(Gated(self.disk.clone())),
            interrupts: Arc::new(Nobody),
            guard: Guard::Open,
        };
        (process, out, err)
    }

    /// Runs a command line, words as a shell splits them.
    pub async fn run(&mut self, line: &str) -> Said {
        let (line, is_quiet) = match line.strip_suffix(" >/dev/null") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let words = words(&line.replace("RUN", &self.last_run()));
        assert_eq!(words.first().map(String::as_str), Some("sk-dr"), "{line}");
        let (process, out, err) =
            self.process(words.into_iter().skip(1).map(OsString::from).collect());
        let code = self.crash.or_ends(Box::pin(sk_dr::cli::run(process))).await;
        self.crash = Crash::default();
        self.answer.clear();
        self.terminal = Terminal::default();
        Said {
            stdout: if is_quiet {
                String::new()
            } else {
                self.redacted(&out.text())
            },
            stderr: self.redacted(&err.text()),
            raw: format!("{}{}", out.text(), err.text()),
            code,
        }
    }

    /// Id of the newest run, for command lines that name `RUN`.
    fn last_run(&self) -> String {
        let runs = fs::read_dir(self.directory().join(".sk-dr/runs"));
        let names = runs.into_iter().flatten().flatten();
        let newest = names.map(|entry| entry.file_name().into_string().unwrap());
        newest.max().unwrap_or_default()
    }

    /// What differs from machine to machine and from run to run.
    pub fn redacted(&self, text: &str) -> String {
        let directory = self.directory().canonicalize().unwrap();
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let mut text = text
            .replace(&*directory.to_string_lossy(), "DIR")
            .replace('\u{1b}', "\\e");
        for (pattern, word) in [
            (
                r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{4}".to_owned(),
                "RUN",
            ),
            (r"\b[0-9a-f]{64}\b".to_owned(), "DIGEST"),
            (r"process \d+".to_owned(), "process PID"),
            (format!(r"\b{}\b *", regex::escape(&host)), "HOST "),
            ("HOLDER +".to_owned(), "HOLDER "),
        ] {
            text = regex::Regex::new(&pattern)
                .unwrap()
                .replace_all(&text, word)
                .into_owned();
        }
        text
    }

    /// Does what stands behind an `@`; what there is to show.
    pub async fn act(&mut self, act: &str, body: &str) -> String {
        let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
        let file = self.directory().join(rest);
        match verb {
            "copy" => copy(&root().join(rest), self.directory()),
            "write" => {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, body).unwrap();
            }
            "mv" => {
                let names = words(rest);
                fs::rename(
                    self.directory().join(&names[0]),
                    self.directory().join(&names[1]),
                )
                .unwrap();
            }
            "remove" => fs::remove_file(&file).unwrap(),
            "host" => {
                let names = words(rest);
                written_on(&self.directory().join(&names[0]).join("runs"), &names[1]);
            }
            "mode" => {
                let mode = fs::metadata(&file).unwrap().permissions().mode();
                return format!("{:04o}", mode & 0o7777);
            }
            "answer" => self.answer = format!("{rest}\n"),
            "env" => {
                match rest.split_once('=') {
                    Some((name, value)) => {
                        self.environment.insert(name.to_owned(), value.to_owned())
                    }
                    None => self.environment.remove(rest),
                };
            }
            "terminal" => {
                self.terminal = Terminal {
                    stdin: true,
                    stdout: true,
                    stderr: true,
                    width: Some(rest.parse().unwrap()),
                }
            }
            "full" => *self.disk.0.lock().unwrap() = rest.parse().ok(),
            "dead" => self.dead.store(true, Ordering::SeqCst),
            "store" => return self.buckets().act(rest, body),
            "alive" => self.dead.store(false, Ordering::SeqCst),
            _ => return self.act_on_cluster(verb, rest),
        }
        String::new()
    }

    fn act_on_cluster(&mut self, verb: &str, rest: &str) -> String {
        let parts = |count| -> Vec<&str> { rest.splitn(count, ' ').collect() };
        match verb {
            "edit" => {
                let parts = parts(3);
                let target = format!("{}?fieldManager={}", parts[0], parts[1]);
                let merge = "application/merge-patch+json";
                self.send(Method::PATCH, &target, (merge, parts[2]));
            }
            "apply" => {
                let parts = parts(3);
                let target = format!("{}?fieldManager={}&force=true", parts[0], parts[1]);
                let apply = "application/apply-patch+yaml";
                self.send(Method::PATCH, &target, (apply, parts[2]));
            }
            "create" => {
                let parts = parts(2);
                self.send(Method::POST, parts[0], ("application/json", parts[1]));
            }
            "delete" => self.send(Method::DELETE, rest, ("application/json", "")),
            "user" if rest == "admin" => self.token = ADMIN_TOKEN,
            "user" if rest == "expired" => self.token = "expired",
            "user" => {
                let (verbs, types) = rest.split_once(' ').unwrap();
                let verbs: Vec<&str> = verbs.split(',').collect();
                let types: Vec<&str> = types.split(',').collect();
                let right = Right::new(&verbs, &types);
                let reads = Right::new(&["get"], &["namespaces"]);
                self.sandbox.with(|state| {
                    state
                        .access
                        .grant(STORY_TOKEN, "operator", vec![right, reads]);
                });
                self.token = STORY_TOKEN;
            }
            "velero" if rest == "stop" => self.sandbox.with(sk_dr::sandbox::velero::stop),
            "velero" if rest == "restart" => self.sandbox.with(sk_dr::sandbox::velero::restart),
            "velero" if rest == "remove" => self.sandbox.with(|state| {
                state.objects.retain(|key, _| !key.contains("velero.io"));
                state.velero = None;
            }),
            "velero" if rest == "install" => self.sandbox.install_velero(),
            "wipe" => {
                self.sandbox.wipe();
                self.sandbox.install_velero();
            }
            "lose" => self.sandbox.wipe(),
            "pass" => self
                .sandbox
                .advance(rest.parse::<SignedDuration>().unwrap()),
            "writes" => return self.writes(),
            _ => self.act_on_wire(verb, rest),
        }
        String::new()
    }

    fn act_on_wire(&self, verb: &str, rest: &str) {
        let parts = |count| -> Vec<&str> { rest.splitn(count, ' ').collect() };
        match verb {
            "fault" => {
                let parts = parts(4);
                let fault: Fault = serde_json::from_str(parts[3]).unwrap();
                let matching = real(parts[0], parts[1]);
                self.sandbox
                    .faults
                    .script(matching, parts[2].parse().unwrap(), fault);
            }
            "crash" => {
                let parts = parts(3);
                let crash = self.crash.clone();
                let callback = Arc::new(move |_: &Request<Bytes>| crash.happens());
                let matching = real(parts[0], parts[1]);
                let point = (Moment::After, callback as _);
                self.sandbox
                    .faults
                    .kill_at(matching, parts[2].parse().unwrap(), point);
            }
            other => panic!("no such act: {other} {rest}"),
        }
    }

    /// At the first such request that counts the connection breaks, and another cluster with Velero stands there.
    pub fn changes_at(&self, method: &str, target: &str) {
        let sandbox = self.sandbox.clone();
        let callback = Arc::new(move |_: &Request<Bytes>| {
            sandbox.wipe();
            sandbox.install_velero();
        });
        let point = (Moment::Before, callback as _);
        self.sandbox.faults.kill_at(real(method, target), 1, point);
    }

    fn send(&self, method: Method, target: &str, (content_type, body): (&str, &str)) {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"))
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let answer = self.sandbox.answer(Server::Kubernetes, &request);
        assert!(
            answer.status().is_success(),
            "{target}: {} {:?}",
            answer.status(),
            answer.body()
        );
    }

    fn writes(&self) -> String {
        let log = self.sandbox.log();
        self.sandbox.clear_log();
        assert!(!log.is_empty(), "nothing was asked at all");
        let mut lines: Vec<String> = log
            .iter()
            .filter(|entry| entry.method != "GET")
            .map(line)
            .collect();
        lines.sort();
        if lines.is_empty() {
            "none".to_owned()
        } else {
            lines.join("\n")
        }
    }
}

/// Requests that store something.
fn real(method: &str, target: &str) -> Matching {
    Matching {
        not_target: "dryRun=".to_owned(),
        ..Matching::new(method, target)
    }
}

fn line(entry: &Entry) -> String {
    let path = entry.target.split('?').next().unwrap_or_default();
    let rehearsed = if entry.target.contains("dryRun=") {
        " dry-run"
    } else {
        ""
    };
    let outcome = match entry.outcome {
        Outcome::Answered(code) => code.to_string(),
        Outcome::Refused(code) => format!("refused {code}"),
        Outcome::Lost => "lost".to_owned(),
    };
    format!("{}{rehearsed} {path} {outcome}", entry.method)
}

/// Words as a shell splits them.
pub fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| panic!("no shell would take this: {line}"))
}

/// Every record of a journal as if another host had written it.
fn written_on(runs: &Path, host: &str) {
    for run in fs::read_dir(runs).unwrap() {
        for file in fs::read_dir(run.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let mut record: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            if let Some(holder) = record.get_mut("holder") {
                holder["host"] = host.into();
                fs::write(&path, record.to_string()).unwrap();
            }
        }
    }
}
