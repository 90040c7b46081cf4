//! The real process: streams, environment, clock and signals of this machine.

use super::process::{Interrupts, LocalStores, Output, Process, Terminal};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::kube::KubeWires;
use jiff::Timestamp;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// This process, with every door the real one. A test's child process may replace some of them.
///
/// # Errors
/// Where there is no working directory.
pub fn process() -> std::io::Result<Process> {
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let width = rustix::termios::tcgetwinsize(&stdout)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|width| *width > 0);
    let terminal = Terminal {
        stdin: stdin.is_terminal(),
        stdout: stdout.is_terminal(),
        stderr: stderr.is_terminal(),
        width,
    };
    Ok(Process {
        arguments: std::env::args_os().skip(1).collect(),
        // A variable that is no text cannot be one of ours.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        directory: std::env::current_dir()?,
        stdin: Box::new(std::io::BufReader::new(stdin)),
        stdout: Output::new(stdout),
        stderr: Output::new(stderr),
        terminal,
        clock: Arc::new(SystemClock),
        wires: Arc::new(KubeWires),
        stores: Arc::new(LocalStores),
        interrupts: Arc::new(Signals),
        guard: Guard::Open,
    })
}

/// The file of this program, for those that start it again: what the demo shows is what the user's shell would start.
///
/// # Errors
/// Where the system does not tell.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// The machine's clock.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is injected everywhere else"
    )]
    fn now(&self) -> Timestamp {
        // A machine whose clock is broken stands beyond what a calendar can say.
        let now = std::time::SystemTime::now();
        Timestamp::try_from(now).unwrap_or(if now < std::time::UNIX_EPOCH {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

/// SIGINT and SIGTERM. GitHub sends the one, then the other after 7.5 s: two interrupts, as a user's second Ctrl-C.
struct Signals;

impl Interrupts for Signals {
    fn listen(&self) -> UnboundedReceiver<()> {
        let (sender, receiver) = unbounded_channel();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Without a handler the signal ends the process as it always did; the journal stands that (R44).
            let Ok(mut stream) = signal(kind) else {
                continue;
            };
            let sender = sender.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    if sender.send(()).is_err() {
                        return;
                    }
                }
            });
        }
        receiver
    }
}
