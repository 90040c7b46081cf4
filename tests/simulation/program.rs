//! The whole program in this process, over a sandbox at the wire and on its clock: arguments in, bytes and exit code out.

use crate::journals::{Gate, Gated};
use crate::mortal::Crash;
use async_trait::async_trait;
use sk_dr::cli::process::{Interrupts, Output, Process, Terminal};
use sk_dr::journal::store::StoreError;
use sk_dr::model::server_address::ServerAddress;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use sk_dr::world::Wire;
use sk_dr::world::clock::Clock;
use sk_dr::world::guard::Guard;
use sk_dr::world::kube::{ConnectArguments, Connected, Wires};
use sk_dr::world::query::Why;
use sk_dr::world::s3::{self, Trust};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; none where it was killed.
    pub code: Option<u8>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// When, at a write of the journal, the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is not there.
    Before,
    /// The first half of it is there: the machine went down.
    Torn,
    /// It is there.
    After,
}

/// The write of a journal at which the process is killed, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtWrite(pub u64, pub Moment);

/// A directory from which the program is run, its environment, and the servers that it reaches.
pub struct Machine {
    pub sandbox: Sandbox,
    pub directory: PathBuf,
    pub environment: BTreeMap<String, String>,
}

struct Inside {
    sandbox: Sandbox,
    crash: Crash,
}

impl Clock for Inside {
    fn now(&self) -> jiff::Timestamp {
        self.sandbox.now()
    }
}

#[async_trait]
impl Wires for Inside {
    async fn connect(&self, _: &ConnectArguments) -> Result<Connected, Why> {
        Ok(Connected {
            wire: self.crash.mortal(self.sandbox.wire(ADMIN_TOKEN)),
            title: "sandbox".to_owned(),
        })
    }
}

impl s3::Wires for Inside {
    fn wire(&self, _: &ServerAddress, _: &Trust) -> Result<Wire, Why> {
        Ok(self.crash.mortal(self.sandbox.s3_wire()))
    }
}

impl Interrupts for Inside {
    fn listen(&self) -> UnboundedReceiver<()> {
        tokio::sync::mpsc::unbounded_channel().1
    }
}

/// Kills at a write.
#[derive(Clone)]
struct Killer {
    directory: PathBuf,
    crash: Crash,
    /// The write, and what it would have been: counted down.
    at: Arc<Mutex<Option<AtWrite>>>,
}

impl Killer {
    async fn kill(&self) {
        self.crash.happens();
        std::future::pending().await
    }

    fn count_down(&self) -> Option<Moment> {
        let mut at = self.at.lock().unwrap();
        let AtWrite(left, moment) = at.as_mut()?;
        *left = left.saturating_sub(1);
        (*left == 0).then_some(*moment)
    }
}

#[async_trait(?Send)]
impl Gate for Killer {
    async fn enter(&self, file: &str) -> Result<(), StoreError> {
        match self.count_down() {
            Some(Moment::Before) => self.kill().await,
            Some(Moment::Torn) => {
                // A marker has nothing in it, and an inventory that cannot be read is of no consequence.
                if file.ends_with(".json") {
                    let path = self.directory.join(file);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, "{\"version\":").unwrap();
                }
                self.kill().await;
            }
            Some(Moment::After) | None => {}
        }
        Ok(())
    }

    async fn leave(&self) {
        let is_after = |at: &AtWrite| *at == AtWrite(0, Moment::After);
        if self.at.lock().unwrap().as_ref().is_some_and(is_after) {
            self.kill().await;
        }
    }
}

impl Machine {
    /// Runs a command line.
    pub async fn run(&self, line: &str) -> Ended {
        self.run_until(line, &Crash::default(), None).await
    }

    /// Runs a command line until it ends or is killed: by whoever has the crash, or at a write of its journal.
    pub async fn run_until(&self, line: &str, crash: &Crash, at: Option<AtWrite>) -> Ended {
        let inside = Arc::new(Inside {
            sandbox: self.sandbox.clone(),
            crash: crash.clone(),
        });
        let killer = Killer {
            directory: self.directory.join(".sk-dr"),
            crash: crash.clone(),
            at: Arc::new(Mutex::new(at)),
        };
        let (stdout, out) = Output::captured();
        let (stderr, err) = Output::captured();
        let automation = ("SKDR_IN_AUTOMATION".to_owned(), "1".to_owned());
        let process = Process {
            waiting: sk_dr::world::waiting::Waiting::default(),
            arguments: words(line),
            environment: self
                .environment
                .clone()
                .into_iter()
                .chain([automation])
                .collect(),
            directory: self.directory.clone(),
            stdin: Box::new(std::io::empty()),
            stdout,
            stderr,
            terminal: Terminal::default(),
            clock: inside.clone(),
            wires: inside.clone(),
            s3: inside.clone(),
            stores: Arc::new(Gated(killer)),
            interrupts: inside,
            guard: Guard::Open,
        };
        let code = crash.or_ends(Box::pin(sk_dr::cli::run(process))).await;
        Ended {
            code,
            stdout: out.text(),
            stderr: err.text(),
        }
    }
}

fn words(line: &str) -> Vec<OsString> {
    let words = shlex::split(line).unwrap();
    words.into_iter().map(OsString::from).collect()
}
