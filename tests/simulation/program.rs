//! The whole program in this process, over a sandbox at the wire and on its clock: arguments in, bytes and exit code out.

use async_trait::async_trait;
use sk_dr::cli::process::{Captured, Interrupts, LocalStores, Output, Process, Stores, Terminal};
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
use std::path::Path;
use std::sync::Arc;
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

/// What the program reaches.
pub struct Inside {
    pub sandbox: Sandbox,
    /// To the Kubernetes API.
    pub wire: Wire,
    /// To the buckets.
    pub s3: Wire,
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
            wire: self.wire.clone(),
            title: "sandbox".to_owned(),
        })
    }
}

impl s3::Wires for Inside {
    fn wire(&self, _: &ServerAddress, _: &Trust) -> Result<Wire, Why> {
        Ok(self.s3.clone())
    }
}

impl Interrupts for Inside {
    fn listen(&self) -> UnboundedReceiver<()> {
        tokio::sync::mpsc::unbounded_channel().1
    }
}

/// What a process says.
pub struct Said(Captured, Captured);

impl Said {
    /// All of it, once it ended.
    pub fn ended(&self, code: Option<u8>) -> Ended {
        Ended {
            code,
            stdout: self.0.text(),
            stderr: self.1.text(),
        }
    }
}

/// Runs a command line in a directory.
pub async fn run(sandbox: &Sandbox, directory: &Path, line: &str) -> Ended {
    run_over(sandbox, sandbox.wire(ADMIN_TOKEN), directory, line).await
}

/// The same over another wire than the sandbox's own.
pub async fn run_over(sandbox: &Sandbox, wire: Wire, directory: &Path, line: &str) -> Ended {
    let inside = Inside {
        sandbox: sandbox.clone(),
        wire,
        s3: sandbox.s3_wire(),
    };
    let place = (directory, &BTreeMap::new());
    let (process, said) = process(inside, place, Arc::new(LocalStores), line);
    let code = sk_dr::cli::run(process).await;
    said.ended(Some(code))
}

/// A process with a command line in a directory, and an environment.
pub fn process(
    inside: Inside,
    (directory, environment): (&Path, &BTreeMap<String, String>),
    stores: Arc<dyn Stores>,
    line: &str,
) -> (Process, Said) {
    let inside = Arc::new(inside);
    let (stdout, out) = Output::captured();
    let (stderr, err) = Output::captured();
    let automation = ("SKDR_IN_AUTOMATION".to_owned(), "1".to_owned());
    let process = Process {
        waiting: sk_dr::world::waiting::Waiting::default(),
        arguments: words(line),
        environment: environment
            .clone()
            .into_iter()
            .chain([automation])
            .collect(),
        directory: directory.to_owned(),
        stdin: Box::new(std::io::empty()),
        stdout,
        stderr,
        terminal: Terminal::default(),
        clock: inside.clone(),
        wires: inside.clone(),
        s3: inside.clone(),
        stores,
        interrupts: inside,
        guard: Guard::Open,
    };
    (process, Said(out, err))
}

fn words(line: &str) -> Vec<OsString> {
    let words = shlex::split(line).unwrap();
    words.into_iter().map(OsString::from).collect()
}
