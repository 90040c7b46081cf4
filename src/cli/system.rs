//! The real process: streams, environment, clock and signals of this machine.

use super::process::{Interrupts, LocalStores, Output, Process, Terminal};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::kube::KubeWires;
use crate::world::local::answering;
use crate::world::s3::StoreWires;
use crate::world::waiting::Waiting;
use jiff::Timestamp;
use signal_hook::low_level::emulate_default_handler;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

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
        s3: Arc::new(StoreWires),
        stores: Arc::new(LocalStores),
        interrupts: Arc::new(Signals::start()),
        guard: Guard::Open,
        waiting: Waiting::told_to(|sentence| {
            Output::new(std::io::stderr()).line(sentence);
        }),
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
struct Signals {
    /// Who takes an interrupt for a message.
    listener: Arc<Mutex<Option<UnboundedSender<()>>>>,
}

impl Signals {
    /// Listens in a thread of its own: the program may be busy or read an answer, and somebody's Ctrl-C ends it all the
    /// same. A plugin has a process group of its own, which the terminal's signal does not reach: it is ended first.
    fn start() -> Self {
        let listener = Arc::new(Mutex::new(None));
        let known = Arc::clone(&listener);
        // Without it a signal ends the process as it always did; the journal stands that (R44).
        if let Ok(ears) = Ears::open() {
            let _ = std::thread::Builder::new()
                .name("signals".to_owned())
                .spawn(move || ears.hear(&known));
        }
        Self { listener }
    }
}

/// The streams of both signals, open before the program starts anything.
struct Ears {
    runtime: tokio::runtime::Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Ears {
    fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let entered = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(entered);
        Ok(Self {
            runtime,
            interrupt,
            terminate,
        })
    }

    fn hear(self, listener: &Mutex<Option<UnboundedSender<()>>>) {
        let Self {
            runtime,
            mut interrupt,
            mut terminate,
        } = self;
        loop {
            let kind = runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => SignalKind::interrupt(),
                    _ = terminate.recv() => SignalKind::terminate(),
                }
            });
            let sender = listener.lock().unwrap_or_else(PoisonError::into_inner);
            let is_heard = sender
                .as_ref()
                .is_some_and(|sender| sender.send(()).is_ok());
            if !is_heard {
                answering::end_all();
                // As if there were no handler: whoever waits for this process sees the signal.
                let _ = emulate_default_handler(kind.as_raw_value());
            }
        }
    }
}

impl Interrupts for Signals {
    fn listen(&self) -> UnboundedReceiver<()> {
        let (sender, receiver) = unbounded_channel();
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }
}
