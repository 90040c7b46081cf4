//! `runs -follow`: a run as its journal tells it, record by record, from any machine that reads the journal. Takes no lock,
//! writes nothing and asks nothing but the journal.

use super::arguments::JournalFlags;
use super::exit::Exit;
use super::process::{Process, Trouble};
use super::{journal, resume};
use crate::journal::record::{Entry, Record, RunOutcome};
use crate::journal::runs::load;
use crate::journal::store::{Store, StoreError};
use crate::plan::document::{Plan, StepId};
use crate::render::style::clean_line;
use crate::render::text::parts::plural;
use std::time::Duration;

/// How often the journal is read.
const PERIOD: Duration = Duration::from_secs(2);

/// Tells every record of a run, those to come too, until it is closed or somebody interrupts; without a name, of the newest
/// run.
///
/// # Errors
/// Where there is no such run, or its journal cannot be read.
pub(crate) async fn follow(
    process: &mut Process,
    flags: &JournalFlags,
    run: Option<&str>,
) -> Result<Exit, Trouble> {
    let place = resume::place(process, flags)?;
    let store = journal::open(process, &place, &journal::holder()?).await?;
    let unreadable = journal::unreadable;
    let run = match run {
        Some(run) => run.to_owned(),
        None => newest(store.as_ref()).await.map_err(unreadable)?,
    };
    let mut interrupts = process.interrupts.listen();
    let (plan, _) = load(store.as_ref(), &run).await.map_err(unreadable)?;
    process.stdout.words(&format!(
        "Run {run}, as its journal tells it every {} s. Times are UTC. Ctrl-C ends this and not the run.\n",
        PERIOD.as_secs()
    ));
    let mut told = 0;
    loop {
        for record in newer(store.as_ref(), &run, told)
            .await
            .map_err(unreadable)?
        {
            told = record.serial;
            for entry in &record.entries {
                let at = record.at.strftime("%Y-%m-%d %H:%M:%S");
                process
                    .stdout
                    .words(&format!("{at}  {}", line(&plan, entry, &record)));
            }
            if let Some(Entry::RunClosed { outcome, .. }) = record.entries.last() {
                return Ok(exit(*outcome));
            }
        }
        tokio::select! {
            biased;
            Some(()) = interrupts.recv() => return Ok(Exit::Done),
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

async fn newest(store: &dyn Store) -> Result<String, StoreError> {
    let newest = store.runs(1).await?.pop();
    newest
        .map(|listed| listed.run)
        .ok_or_else(|| StoreError::unusable("", "no run is recorded in it"))
}

/// The records behind a serial. All of them are read only where there are any.
async fn newer(store: &dyn Store, run: &str, told: u64) -> Result<Vec<Record>, StoreError> {
    let last = store.last(run).await?;
    if last.is_some_and(|last| last.serial <= told) {
        return Ok(Vec::new());
    }
    let (mut records, _) = store.records(run).await?;
    records.retain(|record| record.serial > told);
    Ok(records)
}

fn exit(outcome: RunOutcome) -> Exit {
    match outcome {
        RunOutcome::Complete => Exit::Done,
        RunOutcome::Partial | RunOutcome::Abandoned => Exit::Partial,
    }
}

fn line(plan: &Plan, entry: &Entry, record: &Record) -> String {
    let called = |step: &StepId| called(plan, step);
    let text = match entry {
        Entry::RunOpened { .. } => {
            let steps = plan.steps.len();
            format!("begun: {steps} {}", plural(steps, "step"))
        }
        Entry::ProviderIdentified {
            provider,
            kube_system_uid,
        } => format!("provider {provider} is cluster {kube_system_uid}"),
        Entry::StepStarted {
            step, attempt: 1, ..
        } => format!("{}: begun", called(step)),
        Entry::StepStarted { step, attempt, .. } => {
            format!("{}: begun again, attempt {attempt}", called(step))
        }
        Entry::StepDone { step, .. } => format!("{}: done", called(step)),
        Entry::StepFailed { step, message, .. } => {
            format!("{}: failed: {message}", called(step))
        }
        Entry::StepSkipped { step, because } => format!("{}: skipped: {because}", called(step)),
        Entry::Retried { step, attempt, .. } => {
            format!("{}: to be made once more, attempt {attempt}", called(step))
        }
        Entry::Accepted { step, reason } => format!("{}: accepted: {reason}", called(step)),
        Entry::TakenOver { .. } => {
            let holder = &record.holder;
            format!("taken over by process {} on {}", holder.pid, holder.host)
        }
        Entry::RunClosed { outcome, .. } => match outcome {
            RunOutcome::Complete => "complete".to_owned(),
            RunOutcome::Partial => "ended, and not all of it was done".to_owned(),
            RunOutcome::Abandoned => "given up".to_owned(),
        },
    };
    clean_line(&text)
}

/// A step by its resource and its title; by its number where it has none.
fn called(plan: &Plan, id: &StepId) -> String {
    let step = plan.steps.iter().find(|step| step.id == *id);
    match step.and_then(|step| step.title.as_ref().map(|title| (step, title))) {
        Some((step, title)) => format!("{}: {title}", step.node),
        None => id.to_string(),
    }
}
