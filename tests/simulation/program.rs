//! The whole program in this process, over a sandbox at the wire and on its clock: arguments in, bytes and exit code out.

use async_trait::async_trait;
use sk_dr::cli::process::{Interrupts, LocalStores, Output, Process, Terminal};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use sk_dr::world::Wire;
use sk_dr::world::clock::Clock;
use sk_dr::world::guard::Guard;
use sk_dr::world::kube::{ConnectArguments, Connected, Wires};
use sk_dr::world::query::Why;
use sk_dr::world::s3::StoreWires;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

struct Inside(Sandbox, Wire);

impl Clock for Inside {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
}

#[async_trait]
impl Wires for Inside {
    async fn connect(&self, _: &ConnectArguments) -> Result<Connected, Why> {
        Ok(Connected {
            wire: self.1.clone(),
            title: "sandbox".to_owned(),
        })
    }
}

impl Interrupts for Inside {
    fn listen(&self) -> UnboundedReceiver<()> {
        tokio::sync::mpsc::unbounded_channel().1
    }
}

/// Runs a command line in a directory.
pub async fn run(sandbox: &Sandbox, directory: &Path, line: &str) -> Ended {
    run_over(sandbox, sandbox.wire(ADMIN_TOKEN), directory, line).await
}

/// The same over another wire than the sandbox's own.
pub async fn run_over(sandbox: &Sandbox, wire: Wire, directory: &Path, line: &str) -> Ended {
    let inside = Arc::new(Inside(sandbox.clone(), wire));
    let (stdout, out) = Output::captured();
    let (stderr, err) = Output::captured();
    let process = Process {
        waiting: sk_dr::world::waiting::Waiting::default(),
        arguments: line.split_whitespace().map(OsString::from).collect(),
        environment: [("SKDR_IN_AUTOMATION".to_owned(), "1".to_owned())].into(),
        directory: directory.to_owned(),
        stdin: Box::new(std::io::empty()),
        stdout,
        stderr,
        terminal: Terminal::default(),
        clock: inside.clone(),
        wires: inside.clone(),
        s3: Arc::new(StoreWires),
        stores: Arc::new(LocalStores),
        interrupts: inside,
        guard: Guard::Open,
    };
    let code = sk_dr::cli::run(process).await;
    Ended {
        code,
        stdout: out.text(),
        stderr: err.text(),
    }
}
