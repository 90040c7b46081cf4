//! Where the journal is, and the lock beside it (R42, R43).

use super::arguments::JournalFlags;
use super::exit::Exit;
use super::process::{Form, Process, Trouble};
use super::{stream, typed};
use crate::diag::Severity;
use crate::journal::local::LocalStore;
use crate::journal::lock::{self, Lock, LockError};
use crate::journal::record::Holder;
use crate::journal::runs;
use crate::journal::store::{Store, StoreError};
use crate::model::advice::Advice;
use crate::model::inventory::Inventory;
use crate::model::resource::Configuration;
use crate::plan::document::Plan;
use crate::render::json;
use crate::world::local::files::Boundary;
use std::path::PathBuf;
use std::time::Duration;

/// Name of the journal directory where nothing else is said.
const DEFAULT: &str = ".sk-dr";

/// Where a journal is, and how far the path may lead: one that the command line names is the operator's, one that a
/// configuration or a plan names stays in the repository under `-safe` (R47).
#[derive(Clone, Debug)]
pub(crate) struct Place {
    directory: PathBuf,
    boundary: Boundary,
}

impl Place {
    /// As shown.
    pub(crate) fn display(&self) -> std::path::Display<'_> {
        self.directory.display()
    }

    fn store(&self) -> LocalStore {
        LocalStore::within(&self.directory, self.boundary.clone())
    }

    /// Whether there is a journal.
    ///
    /// # Errors
    /// Where what is there cannot be used as one.
    pub(crate) fn is_there(&self) -> Result<bool, Trouble> {
        self.store().is_there().map_err(unreadable)
    }
}

/// The journal of a configuration in the working directory.
pub(crate) fn of_configuration(
    process: &Process,
    flags: &JournalFlags,
    configuration: &Configuration,
) -> Place {
    let declared = configuration.settings.journal_path.as_deref();
    place(process, flags, declared)
}

/// The journal of a plan, found without its configuration (R44): beside where apply runs, not where the plan was made.
pub(crate) fn of_plan(process: &Process, flags: &JournalFlags, plan: &Plan) -> Place {
    place(process, flags, plan.journal.as_deref())
}

fn place(process: &Process, flags: &JournalFlags, declared: Option<&str>) -> Place {
    let boundary = process.guard.boundary();
    match &flags.journal {
        Some(given) => {
            let directory = process.directory.join(given);
            Place {
                boundary: boundary.of_named(&directory),
                directory,
            }
        }
        None => Place {
            directory: process.directory.join(declared.unwrap_or(DEFAULT)),
            boundary,
        },
    }
}

/// Opens a journal, which need not be there yet.
///
/// # Errors
/// Where it cannot be opened, is out of reach, or may be written by others.
pub(crate) fn open(process: &Process, place: &Place) -> Result<Box<dyn Store>, Trouble> {
    place.is_there()?;
    let opened = process.stores.open(&place.directory, &place.boundary);
    opened.map_err(unreadable)
}

/// The newest inventory. It is evidence only: where it cannot be read there is a warning, no more (R26).
pub(crate) async fn inventory(process: &mut Process, store: &dyn Store) -> Option<Inventory> {
    match store.inventory().await {
        Ok(inventory) => inventory,
        Err(error) => {
            warn(
                process,
                "Inventory not read",
                &format!("{error}. Orphans of types no longer declared may be missed."),
            );
            None
        }
    }
}

/// This process, as the journal names it.
///
/// # Errors
/// Where the kernel does not tell.
pub(crate) fn holder() -> Result<Holder, Trouble> {
    lock::this_process().map_err(unreadable)
}

/// Takes the lock, so that no other process writes.
///
/// # Errors
/// Where somebody holds it: exit 4.
pub(crate) async fn lock(
    process: &Process,
    place: &Place,
    holder: &Holder,
    timeout: Duration,
) -> Result<Lock, Trouble> {
    let runs = Advice::runs(&typed::journal(process));
    lock::acquire(&place.store(), holder, timeout)
        .await
        .map_err(|error| match error {
            LockError::Store(error) => unreadable(error),
            held @ LockError::Held { .. } => Trouble::error(
                "Somebody is at work",
                format!(
                    "{held}. Wait for it, with {} for example, or see `{runs}`.",
                    Advice::wait()
                ),
            )
            .with_exit(Exit::Locked),
        })
}

/// A run elsewhere leaves its journal on that machine: in CI it is gone with the job (R43).
pub(crate) fn warn_in_ci(process: &mut Process, flags: &JournalFlags, declared: Option<&str>) {
    if flags.journal.is_none() && declared.is_none() && process.variable("CI").is_some() {
        warn(
            process,
            "The journal is local",
            "Without `journal { path }` in the sk_dr block runs are recorded beside the configuration, and are lost with this \
             CI job: a killed run could not be resumed.",
        );
    }
}

/// A recovery that is open is worth a word wherever something is planned (R13): what is declared is on its way back.
/// Evidence only: a journal that cannot be read says nothing here.
pub(crate) async fn warn_of_recovery(process: &mut Process, store: &dyn Store) {
    let Ok(earlier) = runs::earlier(store).await else {
        return;
    };
    for run in &earlier.open {
        if let Some(recovery) = run.open_recovery() {
            let detail = format!(
                "Run {} of recovery \"{recovery}\" is not done, and nothing else can be applied before: {}.",
                run.run,
                go_on(process, &run.run)
            );
            warn(process, "A recovery is open", &detail);
        }
    }
}

/// Tells a warning: on standard error, or as a message of the stream.
pub(crate) fn warn(process: &mut Process, summary: &str, detail: &str) {
    if process.stdout.form() == Form::Stream {
        stream::tell(
            process,
            &json::stream::words(Severity::Warning, summary, detail),
        );
        return;
    }
    process
        .stderr
        .print(&format!("Warning: {summary}\n\n  {detail}\n\n"));
}

/// What may be done with an open run, as the end of a sentence.
pub(crate) fn go_on(process: &Process, run: &str) -> String {
    let line = typed::journal(process);
    format!(
        "go on with `{}`, or give it up with `{}`",
        Advice::resume(&line, run),
        Advice::close(&line, run)
    )
}

/// A journal that cannot be used.
pub(crate) fn unreadable(error: StoreError) -> Trouble {
    Trouble::of("Journal not usable", &error)
}
