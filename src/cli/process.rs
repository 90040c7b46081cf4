//! What the program is handed by the system, as one value: a test hands over another. Nothing below reads the
//! environment, the clock or a stream by itself.

use super::arguments::Compat;
use super::exit::Exit;
use super::printed::{Escapes, printed};
use crate::journal::bucket::BucketStore;
use crate::journal::local::LocalStore;
use crate::journal::store::{Store, StoreError};
use crate::render::style::{Dress, Speaker, Style};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::kube::Wires;
use crate::world::local::files::Boundary;
use crate::world::s3;
use crate::world::waiting::Waiting;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;

/// The process as the commands see it.
pub struct Process {
    /// Arguments without the program's name; once they are read, as clap reads them.
    pub arguments: Vec<OsString>,
    /// A copy of the environment.
    pub environment: BTreeMap<String, String>,
    /// The working directory, absolute.
    pub directory: PathBuf,
    /// Standard input.
    pub stdin: Box<dyn BufRead + Send>,
    /// Standard output: plans, answers.
    pub stdout: Output,
    /// Standard error: error diagnostics, prompts' refusals.
    pub stderr: Output,
    /// Which of the streams are terminals.
    pub terminal: Terminal,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes the wires to Kubernetes APIs.
    pub wires: Arc<dyn Wires>,
    /// Makes the wires to S3 stores.
    pub s3: Arc<dyn s3::Wires>,
    /// Opens journals.
    pub stores: Arc<dyn Stores>,
    /// Ctrl-C and its like.
    pub interrupts: Arc<dyn Interrupts>,
    /// What the configuration may make happen; `-safe` narrows it.
    pub guard: Guard,
    /// Who is told what is waited for, where that is no step.
    pub waiting: Waiting,
}

/// Which of the streams are terminals, and how wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Standard input is one.
    pub stdin: bool,
    /// Standard output is one.
    pub stdout: bool,
    /// Standard error is one.
    pub stderr: bool,
    /// Columns, where they are known.
    pub width: Option<usize>,
}

/// Opens journals. Every write of a command to its journal (`create_run`, `append`, `mark_closed`, `write_inventory`) goes through the
/// store that this hands out, so that a test may wrap the real one to end the process before or after a write, or leave
/// half a record behind. Only the lock file beside the journal is taken past it.
///
/// ```no_run
/// use sk_dr::cli::{process::Stores, system};
/// use sk_dr::journal::{local::LocalStore, store::{Store, StoreError}};
/// use sk_dr::world::local::files::Boundary;
///
/// struct Wrapping;
/// impl Stores for Wrapping {
///     fn open(&self, directory: &std::path::Path, boundary: &Boundary) -> Result<Box<dyn Store>, StoreError> {
///         Ok(Box::new(LocalStore::within(directory, boundary.clone()))) // or a store of the test's own around it
///     }
/// }
///
/// let mut process = system::process().unwrap();
/// process.stores = std::sync::Arc::new(Wrapping);
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// std::process::exit(runtime.block_on(sk_dr::cli::run(process)).into());
/// ```
pub trait Stores: Send + Sync {
    /// The journal in this directory, which need not exist and must not lead out of the boundary; opening touches nothing.
    ///
    /// # Errors
    /// Where it cannot be opened.
    fn open(&self, directory: &Path, boundary: &Boundary) -> Result<Box<dyn Store>, StoreError>;

    /// The journal in a bucket, which is open.
    fn over(&self, store: BucketStore) -> Box<dyn Store> {
        Box::new(store)
    }
}

/// Journals in local directories.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalStores;

impl Stores for LocalStores {
    fn open(&self, directory: &Path, boundary: &Boundary) -> Result<Box<dyn Store>, StoreError> {
        let store = LocalStore::within(directory, boundary.clone());
        Ok(Box::new(store))
    }
}

/// Where interrupts come from.
pub trait Interrupts: Send + Sync {
    /// From now on each interrupt is a message, and does not end the process by itself. Before this is called, it does:
    /// a plan has nothing to finish.
    fn listen(&self) -> UnboundedReceiver<()>;
}

/// A stream that is written to. A reader that goes away (`sk-dr apply | head`) neither stops a run nor changes its exit
/// code: what would have been written is dropped, and effects go on being journaled.
pub struct Output {
    sink: Box<dyn Write + Send>,
    state: Sink,
    form: Form,
}

/// What an output carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Text for people, or one answer in JSON.
    #[default]
    Text,
    /// The stream of `-json`: one message per line and nothing else.
    Stream,
}

enum Sink {
    Open,
    Gone,
    Failed(std::io::Error),
}

impl Output {
    /// Onto this.
    pub fn new(sink: impl Write + Send + 'static) -> Self {
        Self {
            sink: Box::new(sink),
            state: Sink::Open,
            form: Form::Text,
        }
    }

    /// Into memory, for tests.
    pub fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        (Self::new(captured.clone()), captured)
    }

    /// Writes a text of ours, which may be coloured; what others put into it does nothing to a terminal.
    pub fn print(&mut self, text: &str) {
        self.write(&printed(text, Escapes::Ours));
    }

    /// Writes a line of ours.
    pub fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Writes a line that is never coloured: names of others stand in it.
    pub fn words(&mut self, text: &str) {
        self.write(&format!("{}\n", printed(text, Escapes::None)));
    }

    fn write(&mut self, text: &str) {
        if !matches!(self.state, Sink::Open) {
            return;
        }
        if let Err(error) = self
            .sink
            .write_all(text.as_bytes())
            .and_then(|()| self.sink.flush())
        {
            let gone = error.kind() == std::io::ErrorKind::BrokenPipe;
            self.state = if gone {
                Sink::Gone
            } else {
                Sink::Failed(error)
            };
        }
    }

    /// What kept the stream from being written, where that was not its reader: a full disk loses a plan.
    pub fn failure(&self) -> Option<&std::io::Error> {
        match &self.state {
            Sink::Open | Sink::Gone => None,
            Sink::Failed(error) => Some(error),
        }
    }

    /// What it carries.
    pub fn form(&self) -> Form {
        self.form
    }

    /// From here on it carries messages.
    pub(crate) fn begin_stream(&mut self) {
        self.form = Form::Stream;
    }
}

/// What was written to a captured stream.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// As text.
    pub fn text(&self) -> String {
        let bytes = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether the user forbade colour by a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourFlag {
    /// No flag.
    #[default]
    Auto,
    /// `-no-color`.
    Never,
}

impl Process {
    /// A variable of the environment that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// How standard output is dressed. `-no-color` wins over NO_COLOR, that over CLICOLOR_FORCE, that over the terminal.
    pub fn dress(&self, flag: ColourFlag) -> Dress {
        self.dress_of(self.terminal.stdout, flag)
    }

    /// The same for a plan or drift, in which `-compat`, else SKDR_COMPAT, says whose words tools look for. Never guessed
    /// from where the program runs.
    ///
    /// # Errors
    /// Where the variable holds another word than `terraform`.
    pub fn spoken_dress(&self, flag: ColourFlag, compat: Option<Compat>) -> Result<Dress, Trouble> {
        let speaker = match (compat, self.variable("SKDR_COMPAT")) {
            (Some(Compat::Terraform), _) | (None, Some("terraform")) => Speaker::Terraform,
            (None, None) => Speaker::SkDr,
            (None, Some(other)) => {
                return Err(Trouble::error(
                    "Invalid value",
                    format!("SKDR_COMPAT is {other:?}. It may be terraform, or not be set."),
                ));
            }
        };
        Ok(Dress {
            speaker,
            ..self.dress(flag)
        })
    }

    /// How standard error is dressed.
    pub fn error_dress(&self, flag: ColourFlag) -> Dress {
        self.dress_of(self.terminal.stderr, flag)
    }

    fn dress_of(&self, is_terminal: bool, flag: ColourFlag) -> Dress {
        let forbidden = flag == ColourFlag::Never || self.variable("NO_COLOR").is_some();
        let forced = self
            .variable("CLICOLOR_FORCE")
            .is_some_and(|value| value != "0");
        let natural = is_terminal
            && self.variable("TERM") != Some("dumb")
            && self.variable("CLICOLOR") != Some("0");
        let style = if !forbidden && (forced || natural) {
            Style::Colour
        } else {
            Style::Plain
        };
        let columns = || {
            self.variable("COLUMNS")
                .and_then(|value| value.parse().ok())
                .or(self.terminal.width)
        };
        Dress {
            style,
            width: if is_terminal { columns() } else { None },
            speaker: Speaker::SkDr,
        }
    }

    /// Whether somebody watches standard output on a terminal that can be drawn on. In CI a terminal is a log.
    pub fn is_watched(&self) -> bool {
        self.terminal.stdout
            && self.variable("TERM") != Some("dumb")
            && self.variable("CI").is_none()
    }

    /// Whether the user's next steps are worth a line: not where a program reads.
    pub fn hints(&self) -> bool {
        self.variable("SKDR_IN_AUTOMATION")
            .or(self.variable("TF_IN_AUTOMATION"))
            .is_none()
    }
}

/// Why a command did not do what it should: words for standard error, and the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The exit code.
    pub exit: Exit,
    /// A fixed phrase: "Not a plan file".
    pub summary: String,
    /// Full sentences; what to do last.
    pub detail: String,
}

impl Trouble {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            exit: Exit::Error,
            summary: summary.into(),
            detail: detail.into(),
        }
    }

    /// What the engine says of itself, as a sentence: its errors begin in lower case, as a part of one.
    pub fn of(summary: impl Into<String>, words: &dyn std::fmt::Display) -> Self {
        let words = words.to_string();
        let mut letters = words.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let detail: String = first.chain(letters).chain(['.']).collect();
        Self::error(summary, detail)
    }

    /// A command that has told by itself what is wrong, as diagnostics with their source.
    pub fn told(exit: Exit) -> Self {
        Self {
            exit,
            summary: String::new(),
            detail: String::new(),
        }
    }

    /// The same, ending the command with another code.
    #[must_use]
    pub fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}
