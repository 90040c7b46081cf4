//! `runs`: the journal's runs; `runs close`: give one up. Listing takes no lock and writes nothing.

use super::arguments::{CloseFlags, JournalFlags, RunsAction, RunsFlags};
use super::exit::Exit;
use super::process::{ColourFlag, Process, Trouble};
use super::resume::{self, Purpose, Taken};
use super::{carry, follow, journal, making, typed};
use crate::apply::attempts;
use crate::apply::close::{self, Closing};
use crate::journal::record::{Holder, RunOutcome};
use crate::journal::runs::{self, RunSummary, Standing};
use crate::plan::event::Event;
use crate::render::text::{self, EventLines, RunRow, RunState};
use crate::world::local::files;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// Runs that are told where nobody asks for all.
const SHOWN: usize = 50;

/// Runs it.
///
/// # Errors
/// Where the journal cannot be read, or the run cannot be closed.
pub(crate) async fn run(process: &mut Process, flags: &RunsFlags) -> Result<Exit, Trouble> {
    if let (Some(_), Some(_)) = (&flags.follow, &flags.action) {
        let detail = "`-follow` tells the records of a run: it goes with no other command on runs.";
        return Err(Trouble::error("Flag without effect", detail));
    }
    if let Some(run) = &flags.follow {
        return follow::follow(process, &flags.journal, run.as_deref()).await;
    }
    match &flags.action {
        None => list(process, &flags.journal, most(flags.all)).await,
        Some(RunsAction::List(inner)) => {
            let journal = either(&inner.journal, &flags.journal);
            list(process, journal, most(flags.all || inner.all)).await
        }
        Some(RunsAction::Close(inner)) => {
            let journal = either(&inner.journal, &flags.journal).clone();
            close_run(process, inner, &journal).await
        }
    }
}

/// `runs -journal=X list` and `runs list -journal=X` are the same.
fn either<'a>(inner: &'a JournalFlags, outer: &'a JournalFlags) -> &'a JournalFlags {
    if inner.journal.is_some() {
        inner
    } else {
        outer
    }
}

/// How many runs are told.
fn most(all: bool) -> usize {
    if all { usize::MAX } else { SHOWN }
}

async fn list(process: &mut Process, flags: &JournalFlags, most: usize) -> Result<Exit, Trouble> {
    let place = resume::place(process, flags)?;
    let this = journal::holder()?;
    let store = journal::open(process, &place, &this).await?;
    let now = process.clock.now();
    let summaries = runs::list(store.as_ref(), most)
        .await
        .map_err(journal::unreadable)?;
    let line = typed::journal(process);
    let rows: Vec<RunRow> = summaries
        .iter()
        .map(|summary| row(summary, &this, now))
        .collect();
    process.stdout.print(&text::runs(&rows));
    if rows.len() == SHOWN && most == SHOWN {
        process.stdout.print(&format!(
            "\nThese are the newest {SHOWN}; older ones are left out.\n"
        ));
    }
    for row in rows.iter().filter(|row| {
        matches!(
            row.state,
            RunState::Held | RunState::Killed | RunState::Open
        )
    }) {
        process
            .stdout
            .print(&format!("\n{}", text::held(row, &line)));
    }
    for summary in &summaries {
        if let Standing::Damaged(why) = &summary.standing {
            process
                .stdout
                .print(&format!("\nRun {} cannot be read: {why}\n", summary.run));
        }
    }
    Ok(Exit::Done)
}

fn row(summary: &RunSummary, this: &Holder, now: Timestamp) -> RunRow {
    let facts = summary.facts.as_ref();
    let holder = facts.and_then(|facts| facts.holder.as_ref());
    let state = match &summary.standing {
        Standing::NeverOpened => RunState::NeverBegun,
        Standing::Damaged(_) => RunState::Damaged,
        Standing::Closed(RunOutcome::Complete) => RunState::Complete,
        Standing::Closed(RunOutcome::Partial) => RunState::Partial,
        Standing::Closed(RunOutcome::Abandoned) => RunState::Abandoned,
        Standing::Open if holder.is_some_and(|holder| is_dead(holder, this)) => {
            match facts.is_some_and(|facts| facts.recovery.is_some() && facts.in_doubt == 0) {
                true => RunState::Open,
                false => RunState::Killed,
            }
        }
        Standing::Open => RunState::Held,
    };
    let silent = facts
        .and_then(|facts| facts.last_at)
        .map(|last| now.duration_since(last));
    let count = |of: fn(&runs::RunFacts) -> usize| facts.map(of).unwrap_or_default();
    RunRow {
        run: summary.run.clone(),
        recovery: facts.and_then(|facts| facts.recovery.clone()),
        state,
        holder: holder.map(|holder| holder.host.clone()).unwrap_or_default(),
        silent_for: silent
            .and_then(|silent| Duration::try_from(silent).ok())
            .unwrap_or_default(),
        serial: facts.map(|facts| facts.last_serial).unwrap_or_default(),
        done: count(|facts| facts.done),
        in_doubt: count(|facts| facts.in_doubt),
        failed: count(|facts| facts.failed),
        to_do: count(|facts| facts.todo + facts.skipped),
    }
}

/// Whether a holder of this host and boot is gone. Only wording: whether a run may be taken is decided by the lock.
fn is_dead(holder: &Holder, this: &Holder) -> bool {
    holder.host == this.host
        && holder.boot == this.boot
        && !files::is_anything(&Path::new("/proc").join(holder.pid.to_string()))
}

async fn close_run(
    process: &mut Process,
    flags: &CloseFlags,
    journal: &JournalFlags,
) -> Result<Exit, Trouble> {
    let place = resume::place(process, journal)?;
    let which = (Some(flags.id.as_str()), flags.takeover);
    let Taken {
        mut resumed,
        store,
        holder,
        ..
    } = resume::take(process, place, which, (Purpose::Close, Duration::ZERO)).await?;
    let plan = attempts::at_attempts(resumed.plan, &resumed.state);
    resumed.plan = plan.clone();
    let world = making::world(process, plan.secrets.clone());
    let line = typed::journal(process);
    let mut lines = EventLines::new(&plan);
    let stdout = &mut process.stdout;
    let mut events = |event: Event| {
        if let Some(text) = lines.line(&event) {
            stdout.line(&text);
        }
    };
    let closing = Closing {
        outside: &world,
        store: store.as_ref(),
        resumed,
        events: &mut events,
        holder,
    };
    let report = close::close(closing)
        .await
        .map_err(|error| carry::failed(&error, &line))?;
    let id = report.run.clone();
    let dress = process.dress(ColourFlag::Auto);
    let ending = text::outcome(&plan, &carry::outcome(report), (None, dress));
    process.stdout.print(&format!(
        "\n{ending}\nRun {id} is closed. The next plan shows what is left to do.\n"
    ));
    Ok(Exit::Done)
}
