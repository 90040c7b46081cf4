//! `resume`: go on with a run that was killed, here or on another machine. Needs the journal and the credentials, no
//! `*.hcl` (R44).

use super::arguments::{JournalFlags, ResumeFlags, VariableFlags};
use super::carry::{self, Run};
use super::exit::Exit;
use super::journal::{self, Place};
use super::load;
use super::process::{Process, Trouble};
use super::typed;
use crate::apply::resume::{self, Request, ResumeError, Resumed};
use crate::journal::lock::Lock;
use crate::journal::record::Holder;
use crate::journal::store::Store;
use crate::lang::Missing;
use crate::model::advice::Advice;
use crate::plan::sense;
use crate::world::local::files;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs it.
///
/// # Errors
/// Where there is nothing to go on with, somebody else may be at work, or not everything was done.
pub(crate) async fn run(process: &mut Process, flags: &ResumeFlags) -> Result<Exit, Trouble> {
    let place = place(process, &flags.journal);
    let mut taken = take(
        process,
        place,
        (flags.id.as_deref(), flags.takeover),
        flags.run.lock_timeout,
    )
    .await?;
    let Resumed { run, plan, state } = taken.resumed;
    let run = Run {
        id: run,
        plan: &plan,
        state,
        store: taken.store.as_mut(),
        holder: taken.holder,
        parallelism: flags.run.parallelism,
        colour: flags.colour.flag(),
    };
    carry::out(process, run).await
}

/// Where the run was begun: its plan's relative paths lead from there, unless `-chdir` says from where. A request that may
/// be anybody's writes the journal of its repository and chooses no directory (R47).
fn begun_in(process: &Process, recorded: Option<&str>) -> Option<PathBuf> {
    if typed::names_directory(process) || !process.guard.is_open() {
        return None;
    }
    files::directory_without_links(Path::new(recorded?)).ok()
}

/// The journal of the working directory: `-journal`, else as its configuration says, else the usual place. A
/// configuration that cannot be read is no reason not to go on.
pub(crate) fn place(process: &Process, flags: &JournalFlags) -> Place {
    let configuration = match flags.journal {
        Some(_) => None,
        None => {
            Some(load::load(process, &VariableFlags::default(), Missing::LeaveOut).configuration)
        }
    };
    let configuration = configuration.unwrap_or_default();
    journal::of_configuration(process, flags, &configuration)
}

/// A run that this process holds now.
pub(crate) struct Taken {
    /// The run.
    pub(crate) resumed: Resumed,
    /// Its journal.
    pub(crate) store: Box<dyn Store>,
    /// This process.
    pub(crate) holder: Holder,
    /// Held until this is dropped; none where the run was taken from a holder that may be alive.
    _lock: Option<Lock>,
}

/// Takes a run over: the lock proves a dead holder, else its serial must be named (R42).
///
/// # Errors
/// Where it may not be taken.
pub(crate) async fn take(
    process: &mut Process,
    place: Place,
    (run, takeover): (Option<&str>, Option<u64>),
    timeout: Duration,
) -> Result<Taken, Trouble> {
    if !place.is_there()? {
        let detail = format!(
            "There is no journal in {}. Name it with {}.",
            place.display(),
            Advice::journal()
        );
        return Err(Trouble::error("No journal", detail));
    }
    let holder = journal::holder()?;
    let lock = match (
        journal::lock(process, &place, &holder, timeout).await,
        takeover,
    ) {
        (Ok(lock), _) => Some(lock),
        // The holder lives and is overtaken on purpose: it loses the next serial and stops (R42).
        (Err(trouble), Some(_)) if trouble.exit == Exit::Locked => None,
        (Err(trouble), _) => return Err(trouble),
    };
    let mut store = journal::open(process, &place)?;
    let request = Request {
        run,
        takeover,
        holder: &holder,
        lock: lock.as_ref(),
        now: process.clock.now(),
    };
    let resumed =
        resume::resume(store.as_mut(), &request).map_err(|error| refused(process, &error))?;
    // The journal's copy of the plan is a file that others may be able to write (R37).
    sense::check(&resumed.plan).map_err(|error| {
        let summary = "Run not taken";
        Trouble::error(summary, format!("run {}: {error}.", resumed.run))
    })?;
    if let Some(begun) = begun_in(process, resumed.state.directory.as_deref()) {
        process.directory = begun;
    }
    Ok(Taken {
        resumed,
        store,
        holder,
        _lock: lock,
    })
}

fn refused(process: &Process, error: &ResumeError) -> Trouble {
    let line = typed::journal(process);
    let words = match error {
        ResumeError::Held { run, serial, .. } => {
            let over = Advice::take_over(&line, run, *serial);
            format!("{error}\nTo take it over: {over}")
        }
        ResumeError::Moved { .. } => {
            format!("{error}, look again with `{}`", Advice::runs(&line))
        }
        ResumeError::NothingOpen
        | ResumeError::SeveralOpen(_)
        | ResumeError::Closed { .. }
        | ResumeError::NeverOpened { .. }
        | ResumeError::Plan { .. }
        | ResumeError::Store(_) => error.to_string(),
    };
    Trouble::of("Run not taken", &words).with_exit(Exit::of_code(error.exit_code()))
}
