//! A run before a user: events as lines while it goes on, Ctrl-C twice, what came of it at the end. Used by `apply`,
//! `destroy` and `resume`.

use super::exit::Exit;
use super::journal;
use super::making;
use super::process::{ColourFlag, Process, Trouble};
use crate::apply::engine::{self, Job};
use crate::apply::event::Event;
use crate::apply::outcome::{ApplyError, RunReport};
use crate::apply::stop::{Stopper, stop_pair};
use crate::journal::record::Holder;
use crate::journal::status::RunState;
use crate::journal::store::Store;
use crate::plan::document::Plan;
use crate::render::text::{self, EventLines, Outcome, StepOutcome};
use crate::world::query::FailureClass;
use std::path::Path;
use tokio::sync::mpsc::UnboundedReceiver;

/// A run to carry out.
pub(crate) struct Run<'a> {
    /// Its id.
    pub(crate) id: String,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// Where it stands.
    pub(crate) state: RunState,
    /// Its journal.
    pub(crate) store: &'a mut dyn Store,
    /// This process.
    pub(crate) holder: Holder,
    /// `-parallelism`.
    pub(crate) parallelism: u16,
    /// `-no-color`.
    pub(crate) colour: ColourFlag,
}

/// Carries it out.
///
/// # Errors
/// Where it stopped without an end of its own; what was done is in the journal.
pub(crate) async fn out(process: &mut Process, run: Run<'_>) -> Result<Exit, Trouble> {
    let Run {
        id,
        plan,
        state,
        store,
        holder,
        parallelism,
        colour,
    } = run;
    let world = making::world(process, Path::new(&plan.config_dir), plan.secrets.clone());
    let (stopper, stop) = stop_pair();
    let interrupts = process.interrupts.listen();
    let mut lines = EventLines::new(plan);
    let stdout = &mut process.stdout;
    let mut events = |event: Event| {
        if let Some(line) = lines.line(&event) {
            stdout.line(&line);
        }
    };
    let job = Job {
        outside: &world,
        store,
        plan,
        state,
        parallelism: usize::from(parallelism),
        events: &mut events,
        stop,
        run: id,
        holder,
    };
    let report = interruptible(engine::run(job), interrupts, &stopper).await;
    tell(
        process,
        plan,
        report.map_err(|error| failed(&error))?,
        colour,
    )
}

/// The future's output, each interrupt being one more press.
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = T>,
    mut interrupts: UnboundedReceiver<()>,
    stopper: &Stopper,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            output = &mut work => return output,
            Some(()) = interrupts.recv() => stopper.press(),
        }
    }
}

/// Prints what came of a run.
pub(crate) fn tell(
    process: &mut Process,
    plan: &Plan,
    report: RunReport,
    colour: ColourFlag,
) -> Result<Exit, Trouble> {
    let exit = Exit::of_code(report.exit_code());
    for warning in &report.warnings {
        journal::warn(process, "Run recorded in part", warning);
    }
    let dress = process.dress(colour);
    process.stdout.print(&format!(
        "\n{}",
        text::outcome(plan, &outcome(report), dress)
    ));
    if exit == Exit::Done {
        let outputs = text::outputs(&plan.outputs);
        if !outputs.is_empty() {
            process.stdout.print(&format!("\n{outputs}"));
        }
        return Ok(exit);
    }
    Err(unfinished(exit))
}

fn unfinished(exit: Exit) -> Trouble {
    let (summary, detail) = match exit {
        Exit::Stale => (
            "Plan is stale",
            "What it was made for has changed since, as listed above. Nothing was done: plan again.",
        ),
        Exit::Done
        | Exit::Error
        | Exit::Changes
        | Exit::Locked
        | Exit::Breached
        | Exit::Partial => ("Not everything was done", "What failed is listed above."),
    };
    Trouble::error(summary, detail).with_exit(exit)
}

pub(crate) fn outcome(report: RunReport) -> Outcome {
    let done = report
        .done
        .into_iter()
        .map(|step| (step, StepOutcome::Done));
    let failed = report.failed.into_iter().map(|failed| {
        let outcome = match failed.class {
            FailureClass::Wait => StepOutcome::Unready(failed.message),
            FailureClass::Unauthenticated
            | FailureClass::Forbidden
            | FailureClass::Unreachable
            | FailureClass::Unavailable
            | FailureClass::Malformed
            | FailureClass::Invalid
            | FailureClass::Conflict
            | FailureClass::NotFound
            | FailureClass::Program
            | FailureClass::Value
            | FailureClass::Ground
            | FailureClass::WrongIdentity => StepOutcome::Failed(failed.message),
        };
        (failed.step, outcome)
    });
    let skipped = report
        .skipped
        .into_iter()
        .map(|(step, because)| (step, StepOutcome::Skipped(because)));
    let in_doubt = report
        .in_doubt
        .into_iter()
        .map(|(step, why)| (step, StepOutcome::InDoubt(why)));
    done.chain(failed).chain(skipped).chain(in_doubt).collect()
}

/// An end that is none of the run's own.
pub(crate) fn failed(error: &ApplyError) -> Trouble {
    let summary = match error {
        ApplyError::Plan(_) => "Plan not carried out",
        ApplyError::WrongIdentity { .. } => "Another cluster",
        ApplyError::Provider { .. } => "Cluster not reached",
        ApplyError::TakenOver { .. } => "Run taken over",
        ApplyError::Journal { .. } => "Journal not written",
    };
    Trouble::of(summary, error).with_exit(Exit::of_code(error.exit_code()))
}
