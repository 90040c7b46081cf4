//! A run before a user: events as lines while it goes on, Ctrl-C twice, what came of it at the end. Used by `apply`,
//! `destroy` and `resume`.

use super::again;
use super::exit::Exit;
use super::journal;
use super::making;
use super::process::{ColourFlag, Form, Process, Trouble};
use super::reporter::Reporter;
use super::{stream, typed};
use crate::apply::engine::{self, Job};
use crate::apply::outcome::{ApplyError, RunReport};
use crate::apply::stop::{Stopper, stop_pair};
use crate::journal::record::Holder;
use crate::journal::status::RunState;
use crate::journal::store::{Fault, Store, StoreError};
use crate::model::advice::Advice;
use crate::model::command_line::JournalLine;
use crate::model::expression::Bindings;
use crate::plan::document::{Plan, PlannedOutput};
use crate::plan::event::Event;
use crate::render;
use crate::render::text::{self, Outcome, StepOutcome, Sums};
use crate::world::query::FailureClass;
use std::borrow::Cow;
use std::cell::RefCell;
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
    pub(crate) store: &'a dyn Store,
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
    let world = making::world(process, plan.secrets.clone());
    let directory = process.directory.display().to_string();
    let (stopper, stop) = stop_pair();
    let interrupts = process.interrupts.listen();
    let reporter = RefCell::new(Reporter::new(process, plan, colour));
    let mut events = |event: Event| reporter.borrow_mut().tell(&event);
    let job = Job {
        outside: &world,
        store,
        plan,
        state,
        parallelism: usize::from(parallelism),
        events: &mut events,
        stop,
        run: id,
        directory,
        holder,
    };
    let work = interruptible(engine::run(job), interrupts, &stopper);
    let report = redrawing(work, &reporter).await;
    reporter.into_inner().end();
    let line = typed::journal(process);
    tell(
        process,
        plan,
        report.map_err(|error| failed(&error, &line))?,
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

/// The future's output; what stands on a terminal is drawn anew meanwhile, because its times go on.
async fn redrawing<T>(work: impl Future<Output = T>, reporter: &RefCell<Reporter<'_>>) -> T {
    let Some(every) = reporter.borrow().redraws_every() else {
        return work.await;
    };
    let mut work = std::pin::pin!(work);
    let mut clock = tokio::time::interval(every);
    loop {
        tokio::select! {
            biased;
            output = &mut work => return output,
            _ = clock.tick() => reporter.borrow_mut().redraw(),
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
    let run = report.run.clone();
    let plan = with_outputs(plan, &report.bindings);
    tell_outcome(process, &plan, (&outcome(report), Some(&run)), colour);
    match exit {
        Exit::Done => Ok(exit),
        Exit::Error
        | Exit::Changes
        | Exit::Stale
        | Exit::Locked
        | Exit::Breached
        | Exit::Partial => Err(unfinished(exit)),
    }
}

/// The plan with the outputs that the run made known. Borrowed where none was open.
fn with_outputs<'p>(plan: &'p Plan, bindings: &Bindings) -> Cow<'p, Plan> {
    let is_open = |output: &PlannedOutput| output.value.known().is_none();
    if !plan.outputs.values().any(is_open) {
        return Cow::Borrowed(plan);
    }
    let mut told = plan.clone();
    for output in told.outputs.values_mut() {
        output.value = output.value.bound(bindings);
    }
    Cow::Owned(told)
}

/// The end of a run (none where there was nothing to do), as text or as messages of the stream.
pub(crate) fn tell_outcome(
    process: &mut Process,
    plan: &Plan,
    (outcome, run): (&Outcome, Option<&str>),
    colour: ColourFlag,
) {
    let sums = Sums::of(plan, outcome);
    if process.stdout.form() == Form::Stream {
        let messages = render::json::stream::outcome(plan, &sums, run);
        stream::tell_all(process, &messages);
        return;
    }
    let dress = process.dress(colour);
    let resume = run.map(|run| Advice::resume(&typed::journal(process), run));
    let ending = text::outcome(plan, outcome, (resume.as_ref(), dress));
    process.stdout.print(&format!("\n{ending}"));
    let ways = run.map(|run| again::ways(process, plan, outcome, run));
    process.stdout.print(&ways.unwrap_or_default());
    let outputs = text::outputs(&plan.outputs);
    if run.is_some() && sums.open() == 0 && !outputs.is_empty() {
        process.stdout.print(&format!("\n{outputs}"));
    }
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
            | FailureClass::Untrusted
            | FailureClass::Unavailable
            | FailureClass::Malformed
            | FailureClass::Invalid
            | FailureClass::Unsupported
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
pub(crate) fn failed(error: &ApplyError, line: &JournalLine) -> Trouble {
    let summary = match error {
        ApplyError::Plan(_) => "Plan not carried out",
        ApplyError::WrongIdentity { .. } => "Another cluster",
        ApplyError::LostAnswers { .. } => "The lost cluster answers",
        ApplyError::NotBare { .. } => "The new cluster is not empty",
        ApplyError::Provider { .. } => "Cluster not reached",
        ApplyError::TakenOver { .. } => "Run taken over",
        ApplyError::Journal { .. } => "Journal not written",
    };
    let words = match error {
        ApplyError::Journal {
            run, begun: true, ..
        } => format!("{error}, go on with `{}`", Advice::resume(line, run)),
        ApplyError::Journal {
            begun: false,
            error:
                StoreError {
                    fault: Fault::Overtaken,
                    ..
                },
            ..
        } => format!("{error}. Nothing was done: see `{}`", Advice::runs(line)),
        ApplyError::Journal { begun: false, .. } => {
            format!("{error}. Nothing was done: apply again once it can be written")
        }
        ApplyError::LostAnswers { provider, .. } => format!(
            "{error}. If it lives, nothing has to be rebuilt. Else point provider {provider} at the cluster that takes its place"
        ),
        ApplyError::NotBare { .. } => format!(
            "{error}. Take an empty cluster, or name in `may_exist` of the recovery which of its namespaces may be there"
        ),
        ApplyError::Plan(_)
        | ApplyError::WrongIdentity { .. }
        | ApplyError::Provider { .. }
        | ApplyError::TakenOver { .. } => error.to_string(),
    };
    Trouble::of(summary, &words).with_exit(Exit::of_code(error.exit_code()))
}
