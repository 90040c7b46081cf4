//! Going on with a run: plan and records come from the journal alone, no configuration is read (R44). A run is found, and
//! then taken over by writing that into its journal; whoever held it loses the next serial and stops (R42).

use super::admission::{Refusal, check_whole};
use super::outcome::{ERROR, LOCKED};
use crate::journal::lock::Lock;
use crate::journal::record::{Entry, Holder, Record, RunOutcome, VERSION};
use crate::journal::runs::{Standing, earlier, load};
use crate::journal::status::{JournalError, RunState};
use crate::journal::store::{Append, Store, StoreError};
use crate::plan::document::Plan;
use jiff::Timestamp;

/// Who asks for a run, and on what ground.
pub struct Request<'a> {
    /// `-takeover=N`: the serial that whoever asks has seen as the last.
    pub takeover: Option<u64>,
    /// Who goes on.
    pub holder: &'a Holder,
    /// Its lock, where it has one; without it nothing proves that the last holder is dead.
    pub lock: Option<&'a Lock>,
    /// Now.
    pub now: Timestamp,
}

/// A run that has not ended: as found nothing is written yet, once taken over it is ready for [`super::engine::run`] or
/// [`super::close::close`].
#[derive(Debug)]
pub struct Resumed {
    /// The run.
    pub run: String,
    /// Its plan.
    pub plan: Plan,
    /// Where it stands.
    pub state: RunState,
}

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// No run is open.
    #[error("no run is open: there is nothing to go on with")]
    NothingOpen,
    /// More than one is.
    #[error("more than one run is open: {}; name one", .0.join(", "))]
    SeveralOpen(Vec<String>),
    /// It ended.
    #[error("run {run} is closed ({}): plan and apply again", outcome_name(*.outcome))]
    Closed {
        /// The run.
        run: String,
        /// How.
        outcome: RunOutcome,
    },
    /// Its journal was never begun.
    #[error("run {run} never began, nothing of it was done: plan and apply again")]
    NeverOpened {
        /// The run.
        run: String,
    },
    /// Its holder may be alive.
    #[error("run {run} is held by process {} on {}, last heard of at serial {serial}", .holder.pid, .holder.host)]
    Held {
        /// The run.
        run: String,
        /// Who.
        holder: Holder,
        /// What to name.
        serial: u64,
    },
    /// It went on since whoever asks looked.
    #[error("run {run} is at serial {serial}, not {asked}: somebody goes on with it")]
    Moved {
        /// The run.
        run: String,
        /// As asked.
        asked: u64,
        /// As it is.
        serial: u64,
    },
    /// Its plan is not whole.
    #[error("run {run}: {refusal}")]
    Plan {
        /// The run.
        run: String,
        /// Why.
        refusal: Refusal,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn outcome_name(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Complete => "complete",
        RunOutcome::Partial => "partial",
        RunOutcome::Abandoned => "abandoned",
    }
}

impl ResumeError {
    /// The exit code: nothing was done by this process.
    pub fn exit_code(&self) -> u8 {
        match self {
            ResumeError::Held { .. } | ResumeError::Moved { .. } => LOCKED,
            ResumeError::NothingOpen
            | ResumeError::SeveralOpen(_)
            | ResumeError::Closed { .. }
            | ResumeError::NeverOpened { .. }
            | ResumeError::Plan { .. }
            | ResumeError::Store(_) => ERROR,
        }
    }
}

/// Finds a run that can be gone on with: the one named, else the open one. Writes nothing.
///
/// # Errors
/// Where there is none, it ended, or its journal cannot be read.
pub async fn find(store: &dyn Store, run: Option<&str>) -> Result<Resumed, ResumeError> {
    let run = match run {
        Some(run) => run.to_owned(),
        None => the_open_run(store).await?,
    };
    let (plan, state) = load(store, &run).await?;
    if let Some(outcome) = state.outcome {
        return Err(ResumeError::Closed { run, outcome });
    }
    if state.opened.is_none() {
        return Err(ResumeError::NeverOpened { run });
    }
    check_whole(&plan).map_err(|refusal| ResumeError::Plan {
        run: run.clone(),
        refusal,
    })?;
    Ok(Resumed { run, plan, state })
}

/// Takes over a run that was found.
///
/// # Errors
/// Where its holder may be alive, it went on meanwhile, or its journal cannot be written.
pub async fn take_over(
    store: &dyn Store,
    found: Resumed,
    request: &Request<'_>,
) -> Result<Resumed, ResumeError> {
    let Resumed {
        run,
        plan,
        mut state,
    } = found;
    let Some(holder) = state.holder.clone() else {
        return Err(ResumeError::NeverOpened { run });
    };
    let serial = state.last_serial;
    match request.takeover {
        Some(asked) if asked != serial => return Err(ResumeError::Moved { run, asked, serial }),
        Some(_) => {}
        None if request.lock.is_some_and(|lock| lock.proves_dead(&holder)) => {}
        None => {
            return Err(ResumeError::Held {
                run,
                holder,
                serial,
            });
        }
    }
    let record = Record {
        version: VERSION,
        run: run.clone(),
        serial: state.next_serial,
        at: request.now,
        holder: request.holder.clone(),
        entries: vec![Entry::TakenOver {
            from_serial: serial,
        }],
    };
    let impossible =
        |error: JournalError| StoreError::unusable(format!("of run {run}"), error.to_string());
    state.take_record(&plan, &record).map_err(impossible)?;
    match store.append(&record).await? {
        Append::Written => Ok(Resumed { run, plan, state }),
        Append::SerialTaken => Err(ResumeError::Moved {
            asked: serial,
            serial: record.serial,
            run,
        }),
    }
}

async fn the_open_run(store: &dyn Store) -> Result<String, ResumeError> {
    let mut open = Vec::new();
    for summary in earlier(store).await?.open {
        match summary.standing {
            Standing::Open => open.push(summary.run),
            Standing::Damaged(message) => {
                let place = format!("of run {}", summary.run);
                return Err(StoreError::unusable(place, message).into());
            }
            Standing::NeverOpened | Standing::Closed(_) => {}
        }
    }
    match open.len() {
        0 => Err(ResumeError::NothingOpen),
        1 => open.pop().ok_or(ResumeError::NothingOpen),
        _ => Err(ResumeError::SeveralOpen(open)),
    }
}
