//! A place for one story: a directory with a configuration, a sandbox behind a socket of its own, and children that run
//! the program there. The sandbox lives in this process, so it outlives every child.

use crate::matrix::Row;
use crate::orders::{Orders, VARIABLE};
use crate::scenario::{Point, Scenario};
use crate::world;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::{Value as Json, json};
use sk_dr::journal::local::LocalStore;
use sk_dr::journal::runs::{RunSummary, list};
use sk_dr::journal::store::Store;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Fault, Matching, Moment};
use sk_dr::sandbox::log::Entry;
use sk_dr::sandbox::serve::serve;
use sk_dr::sandbox::server::Server;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

/// After this a child hangs.
const LIMIT: Duration = Duration::from_secs(90);

/// The place.
pub struct Bench {
    directory: PathBuf,
    sandbox: Sandbox,
    child: Arc<AtomicI32>,
    server: JoinHandle<()>,
}

/// What is to happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Its sender is killed before or after its effect.
    Kill(Moment),
    /// Its answer is lost.
    Lose,
    /// Its answer is lost, and the sender is killed when it asks about the object.
    LoseThenKill,
    /// It arrives twice.
    Double,
}

/// How a child ended.
#[derive(Clone, Debug)]
pub struct Life {
    /// What it was called with.
    pub command: String,
    /// Exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// Both streams.
    pub text: String,
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match (self.code, self.signal) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no end".to_owned(),
        };
        write!(f, "$ sk-dr {}\n{}--- {end}", self.command, self.text)
    }
}

impl Bench {
    /// Opens one under `root`.
    pub async fn open(scenario: &Scenario, root: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = root.join(format!("{}-{number}", scenario.name));
        for inner in ["home", "elsewhere"] {
            fs::create_dir_all(directory.join(inner)).unwrap();
        }
        let home = directory.join("home");
        for (name, text) in &scenario.files {
            fs::write(home.join(name), text).unwrap();
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        fs::write(home.join(scenario.kubeconfig), kubeconfig(&address)).unwrap();
        let sandbox = Sandbox::from_json(&scenario.state).unwrap();
        let server = tokio::spawn({
            let sandbox = sandbox.clone();
            async move {
                serve(
                    (sandbox, Server::Kubernetes),
                    listener,
                    std::future::pending(),
                )
                .await
                .unwrap();
            }
        });
        Self {
            directory,
            sandbox,
            child: Arc::default(),
            server,
        }
    }
    /// Where the configuration is.
    pub fn home(&self) -> PathBuf {
        self.directory.join("home")
    }
    /// Where it is not.
    pub fn elsewhere(&self) -> PathBuf {
        self.directory.join("elsewhere")
    }
    /// Ends it and leaves nothing.
    pub fn close(self) {
        self.server.abort();
        fs::remove_dir_all(&self.directory).unwrap();
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn run(
        &self,
        directory: &Path,
        arguments: &[&str],
        orders: &Orders,
    ) -> Result<Life, String> {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory)
            .env(VARIABLE, serde_json::to_string(orders).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let id = child.id().and_then(|id| i32::try_from(id).ok()).unwrap();
        self.child.store(id, Ordering::SeqCst);
        let command = arguments.join(" ");
        let output = tokio::time::timeout(LIMIT, child.wait_with_output())
            .await
            .map_err(|_| format!("`sk-dr {command}` did not end within {LIMIT:?}"))?
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Life {
            command,
            code: output.status.code(),
            signal: output.status.signal(),
            text: text(&output.stdout) + &text(&output.stderr),
        })
    }
    /// Runs it undisturbed; panics unless it ends with this code.
    pub async fn must(&self, directory: PathBuf, arguments: &[&str], code: i32) {
        let life = self
            .run(&directory, arguments, &Orders::default())
            .await
            .unwrap();
        assert_eq!(life.code, Some(code), "{life}\n{}", directory.display());
    }

    /// Sets a trap for the write of a step.
    pub fn trap(&self, trap: Trap, point: &Point) {
        let faults = &self.sandbox.faults;
        let (matching, nth) = (point.matching.clone(), point.nth);
        match trap {
            Trap::Kill(moment) => faults.kill_at(matching, nth, (moment, self.killer())),
            // A kill that kills nobody: it lets a refused request through, and a plain fault would not.
            Trap::Lose => faults.kill_at(matching, nth, (Moment::After, Arc::new(|_| {}))),
            Trap::Double => faults.script(matching, nth, Fault::Duplicate),
            Trap::LoseThenKill => {
                let (faults, killer) = (faults.clone(), self.killer());
                let question = Matching::new("GET", &point.path);
                let arm = move |_: &http::Request<bytes::Bytes>| {
                    faults.kill_at(question.clone(), 1, (Moment::Before, killer.clone()));
                };
                self.sandbox
                    .faults
                    .kill_at(matching, nth, (Moment::After, Arc::new(arm)));
            }
        }
    }
    /// Kills the next child that asks which cluster this is.
    pub fn trap_identity(&self) {
        let question = Matching::new("GET", "/api/v1/namespaces/kube-system");
        self.sandbox
            .faults
            .kill_at(question, 1, (Moment::Before, self.killer()));
    }
    fn killer(&self) -> sk_dr::sandbox::faults::Callback {
        let child = self.child.clone();
        Arc::new(move |_| {
            let Some(pid) = Pid::from_raw(child.load(Ordering::SeqCst)) else {
                return;
            };
            let _ = kill_process(pid, Signal::KILL);
            // Until it is dead: it must not see the connection break. It stays to be reaped by whoever waits for it.
            let _ = waitid(
                WaitId::Pid(pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            );
        })
    }
    /// Traps that nothing fell into are taken away.
    pub fn disarm(&self) {
        self.sandbox.faults.clear();
    }
    /// Tells the program that makes the cluster what to do, once.
    pub fn deed(&self, deed: &str) {
        fs::write(self.home().join("deed"), deed).unwrap();
    }
    /// How often that program was started, and how often it made something.
    pub fn program(&self) -> (usize, usize) {
        let lines = |name: &str| {
            fs::read_to_string(self.home().join(name)).map_or(0, |text| text.lines().count())
        };
        (lines("starts"), lines("made"))
    }

    /// Every request so far.
    pub fn log(&self) -> Vec<Entry> {
        self.sandbox.log()
    }
    /// The world, once the controllers have nothing left to do.
    pub fn world(&self) -> BTreeMap<String, Json> {
        self.sandbox.advance(jiff::SignedDuration::from_secs(3));
        self.sandbox.with(|state| world::world(&state.objects))
    }
    /// The sandbox as text.
    pub fn state(&self) -> String {
        self.sandbox.to_json().unwrap()
    }
    /// Every run in the journal.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, String> {
        list(&self.store(), usize::MAX)
            .await
            .map_err(|error| error.to_string())
    }
    /// The newest inventory.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn inventory(&self) -> Result<Json, String> {
        let inventory = self
            .store()
            .inventory()
            .await
            .map_err(|error| error.to_string())?;
        let text = serde_json::to_string(&inventory).unwrap();
        // A path of this bench stands in it.
        let text = text.replace(&self.home().display().to_string(), "HOME");
        Ok(serde_json::from_str(&text).unwrap())
    }
    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.home().join(".sk-dr")
    }
    fn store(&self) -> LocalStore {
        LocalStore::at(self.journal())
    }
    /// The directory, for a message.
    pub fn place(&self) -> &Path {
        &self.directory
    }
}

impl Point {
    /// The one write of a row that is no step.
    pub fn of_write(row: Row) -> Self {
        Self {
            row,
            step: String::new(),
            path: String::new(),
            matching: Matching::default(),
            nth: 1,
            content_type: "",
            is_last: true,
        }
    }
}

fn kubeconfig(address: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": {"server": address}}],
        "users": [{"name": "sandbox", "user": {"token": ADMIN_TOKEN}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
    })
    .to_string()
}
