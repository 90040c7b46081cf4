//! `resume`: go on with a run that was killed, here or on another machine. Needs the journal and the credentials, no
//! `*.hcl` (R44).

use super::again;
use super::arguments::{JournalFlags, ResumeFlags, VariableFlags};
use super::carry::{self, Run};
use super::exit::Exit;
use super::journal::{self, Place};
use super::load;
use super::process::{Process, Trouble};
use super::typed;
use crate::apply::attempts;
use crate::apply::resume::{self, Request, ResumeError, Resumed};
use crate::apply::writer::Writer;
use crate::journal::lock::Lock;
use crate::journal::record::Holder;
use crate::journal::status::Begun;
use crate::journal::store::Store;
use crate::lang::Missing;
use crate::model::advice::Advice;
use crate::model::command_line::JournalLine;
use crate::model::instruction::Instruction;
use crate::plan::sense;
use crate::world::local::files;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs it.
///
/// # Errors
/// Where there is nothing to go on with, somebody else may be at work, or not everything was done.
pub(crate) async fn run(process: &mut Process, flags: &ResumeFlags) -> Result<Exit, Trouble> {
    again::check(flags)?;
    let place = place(process, &flags.journal)?;
    let taken = take(
        process,
        place,
        (flags.id.as_deref(), flags.takeover),
        (Purpose::Resume(flags.instruction()), flags.run.lock_timeout),
    )
    .await?;
    let Resumed {
        run,
        plan,
        mut state,
    } = taken.resumed;
    let writer = Writer {
        store: taken.store.as_ref(),
        run: run.clone(),
        holder: taken.holder.clone(),
    };
    again::write(process, flags, (&plan, &mut state), &writer).await?;
    let plan = attempts::at_attempts(plan, &state);
    let run = Run {
        id: run,
        plan: &plan,
        state,
        store: taken.store.as_ref(),
        holder: taken.holder,
        parallelism: flags.run.parallelism,
        colour: flags.colour.flag(),
    };
    carry::out(process, run).await
}

/// What a run is taken for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// Its holder stops. Nothing that the plan names is read.
    Unlock,
    /// It goes on, with what is decided about it.
    Resume(Instruction<'a>),
    /// It is given up: what is in doubt is asked about.
    Close,
}

/// The directory that relative paths of a run's plan lead from: the one that `-chdir` names, else the one in which the run
/// was begun, on the host on which it was. A path of another host may lead to other credentials here, so no other is
/// taken in silence. A request that may be anybody's writes the journal of its repository and chooses no directory (R47).
///
/// # Errors
/// Where neither is had: why.
fn lead_from(process: &Process, begun: Option<&Begun>, this: &Holder) -> Result<PathBuf, String> {
    if typed::names_directory(process) {
        return Ok(process.directory.clone());
    }
    let Some(Begun { host, directory }) = begun else {
        return Err("its journal does not say in which directory it was begun".to_owned());
    };
    if *host != this.host {
        let here = &this.host;
        return Err(format!(
            "it was begun on {host} in {directory}, and this is {here}"
        ));
    }
    let found = files::directory_without_links(Path::new(directory))
        .map_err(|_| format!("it was begun in {directory}, which is no directory now"))?;
    let is_chosen = process.guard.is_open() || found == process.directory;
    if !is_chosen {
        return Err(format!(
            "it was begun in {directory}, and -safe lets no journal choose a directory"
        ));
    }
    Ok(found)
}

/// A run whose paths lead nowhere: what to type.
fn elsewhere(
    process: &Process,
    place: &Place,
    (run, why): (&str, &str),
    purpose: Purpose<'_>,
) -> Trouble {
    let line = JournalLine {
        line: typed::here(process).flag("chdir", "DIRECTORY"),
        journal: Some(place.to_string()),
    };
    let advice = match purpose {
        Purpose::Close => Advice::close(&line, run),
        Purpose::Resume(_) | Purpose::Unlock => Advice::resume(&line, run),
    };
    let detail = format!(
        "Run {run}: {why}. Name the directory that relative paths of its plan lead from, which is that of its configuration: `{advice}`."
    );
    Trouble::error("Run not taken", detail)
}

/// The journal of the working directory: `-journal`, else as its configuration says, else the usual place. A
/// configuration that cannot be read is no reason not to go on.
///
/// # Errors
/// Where `-journal` names none.
pub(crate) fn place(process: &Process, flags: &JournalFlags) -> Result<Place, Trouble> {
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

/// Takes a run over: the lock proves a dead holder, else its serial must be named (R42). Whatever stands in the way of its
/// purpose is said before it is taken, so that a run is not left with a process that cannot go on.
///
/// # Errors
/// Where it may not be taken.
pub(crate) async fn take(
    process: &mut Process,
    place: Place,
    (run, takeover): (Option<&str>, Option<u64>),
    (purpose, timeout): (Purpose<'_>, Duration),
) -> Result<Taken, Trouble> {
    if !place.is_there()? {
        let detail = format!(
            "There is no journal in {}. Name it with {}.",
            place,
            Advice::journal()
        );
        return Err(Trouble::error("No journal", detail));
    }
    let holder = journal::holder()?;
    let lock = match (
        journal::lock(process, &place, &holder, timeout).await,
        takeover,
    ) {
        (Ok(lock), _) => lock,
        // The holder lives and is overtaken on purpose: it loses the next serial and stops (R42).
        (Err(trouble), Some(_)) if trouble.exit == Exit::Locked => None,
        (Err(trouble), _) => return Err(trouble),
    };
    let store = journal::open(process, &place, &holder).await?;
    let found = resume::find(store.as_ref(), run)
        .await
        .map_err(|error| refused(process, &error, purpose))?;
    // The journal's copy of the plan is a file that others may be able to write (R37).
    sense::check(&found.plan).map_err(|error| {
        let summary = "Run not taken";
        Trouble::error(summary, format!("run {}: {error}.", found.run))
    })?;
    let directory = match purpose {
        Purpose::Unlock => process.directory.clone(),
        Purpose::Resume(_) | Purpose::Close => {
            lead_from(process, found.state.begun.as_ref(), &holder)
                .map_err(|why| elsewhere(process, &place, (&found.run, &why), purpose))?
        }
    };
    match purpose {
        Purpose::Resume(_) => journal::check(process, store.as_ref()).await?,
        Purpose::Unlock | Purpose::Close => {}
    }
    let request = Request {
        takeover,
        holder: &holder,
        lock: lock.as_ref(),
        now: process.clock.now(),
    };
    let resumed = resume::take_over(store.as_ref(), found, &request)
        .await
        .map_err(|error| refused(process, &error, purpose))?;
    process.directory = directory;
    Ok(Taken {
        resumed,
        store,
        holder,
        _lock: lock,
    })
}

fn refused(process: &Process, error: &ResumeError, purpose: Purpose<'_>) -> Trouble {
    let line = typed::journal(process);
    let words = match error {
        ResumeError::Held { run, serial, .. } => {
            let instruction = match purpose {
                Purpose::Resume(instruction) => instruction,
                Purpose::Unlock | Purpose::Close => Instruction::Nothing,
            };
            let over = Advice::take_over(&line, run, *serial, instruction);
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
