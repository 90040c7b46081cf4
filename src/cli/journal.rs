//! Where the journal is, and the lock beside it (R42, R43).

use super::arguments::JournalFlags;
use super::exit::Exit;
use super::process::{Form, Process, Trouble};
use super::{stream, typed};
use crate::diag::Severity;
use crate::journal::local::LocalStore;
use crate::journal::lock::{self, Lock, LockError};
use crate::journal::record::{Holder, Inventory};
use crate::journal::store::{Store, StoreError};
use crate::model::advice::Advice;
use crate::model::resource::Configuration;
use crate::plan::document::Plan;
use crate::render::json;
use crate::world::guard::Guard;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the journal directory where nothing else is said.
const DEFAULT: &str = ".sk-dr";

/// The journal of a configuration in the working directory.
pub(crate) fn of_configuration(
    process: &Process,
    flags: &JournalFlags,
    configuration: &Configuration,
) -> PathBuf {
    directory(
        process,
        flags,
        &process.directory,
        configuration.settings.journal_path.as_deref(),
    )
}

/// Whether the journal that a configuration names may be read and written: under `-safe` only in its repository (R47).
///
/// # Errors
/// Where it lies elsewhere.
pub(crate) fn within_reach(
    process: &Process,
    configuration: &Configuration,
) -> Result<(), Trouble> {
    let Guard::Safe(permissions) = &process.guard else {
        return Ok(());
    };
    let declared = configuration.settings.journal_path.as_deref();
    let declared = declared.unwrap_or(DEFAULT);
    let path = process.directory.join(declared);
    // The journal need not exist yet: its nearest directory that does decides where links lead.
    let existing = path.ancestors().find_map(|part| part.canonicalize().ok());
    let leads_out = existing.is_none_or(|part| !part.starts_with(&permissions.repository));
    if leads_out || declared.split('/').any(|part| part == "..") {
        let detail = format!(
            "The configuration keeps its journal at {declared}, which leads out of its repository. Keep it inside, or leave out -safe for what you trust."
        );
        return Err(Trouble::error("Journal out of reach", detail));
    }
    Ok(())
}

/// The journal of a plan, found without its configuration (R44).
pub(crate) fn of_plan(process: &Process, flags: &JournalFlags, plan: &Plan) -> PathBuf {
    directory(
        process,
        flags,
        Path::new(&plan.config_dir),
        plan.journal.as_deref(),
    )
}

fn directory(
    process: &Process,
    flags: &JournalFlags,
    beside: &Path,
    declared: Option<&str>,
) -> PathBuf {
    match &flags.journal {
        Some(given) => process.directory.join(given),
        None => beside.join(declared.unwrap_or(DEFAULT)),
    }
}

/// Opens a journal.
///
/// # Errors
/// Where it cannot be opened.
pub(crate) fn open(process: &Process, directory: &Path) -> Result<Box<dyn Store>, Trouble> {
    process.stores.open(directory).map_err(unreadable)
}

/// The newest inventory. It is evidence only: where it cannot be read there is a warning, no more (R26).
pub(crate) fn inventory(process: &mut Process, store: &dyn Store) -> Option<Inventory> {
    match store.inventory() {
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
    directory: &Path,
    holder: &Holder,
    timeout: Duration,
) -> Result<Lock, Trouble> {
    let runs = Advice::runs(&typed::journal(process));
    lock::acquire(&LocalStore::at(directory), holder, timeout)
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
