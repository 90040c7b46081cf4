//! `resume -retry`, `-accept-restore` and `-accept-kubernetes`: what a person decides about what failed, shown, asked for and
//! written into the journal before the run goes on (R6).

use super::approval;
use super::arguments::ResumeFlags;
use super::carry;
use super::making;
use super::process::{Form, Process, Trouble};
use super::typed;
use crate::apply::retry::{Again, Left, Looking, Refusal, What};
use crate::apply::writer::Writer;
use crate::journal::record::Entry;
use crate::journal::status::RunState;
use crate::model::address::Address;
use crate::model::advice::Advice;
use crate::model::instruction::Instruction;
use crate::plan::document::Plan;
use crate::plan::recovery::part::{Part, part};
use crate::render::style::clean_line;
use crate::render::text::{self, Outcome, StepOutcome};

/// Whether somebody can be asked, before the run is taken.
///
/// # Errors
/// Where nobody can, and nobody need not be.
pub(crate) fn check(flags: &ResumeFlags) -> Result<(), Trouble> {
    match flags.retry {
        Some(_) => approval::check(approval::with_json(flags.approval, flags.json)),
        None => Ok(()),
    }
}

/// Writes what was decided into the journal of a run that this process holds.
///
/// # Errors
/// Where it cannot be done, was not approved, or is not written.
pub(crate) async fn write(
    process: &mut Process,
    flags: &ResumeFlags,
    (plan, state): (&Plan, &mut RunState),
    writer: &Writer<'_>,
) -> Result<(), Trouble> {
    let world = making::world(process, plan.secrets.clone());
    let looking = Looking {
        outside: &world,
        plan,
        state,
    };
    let accepted = |step, reason: &str| Entry::Accepted {
        step,
        reason: reason.to_owned(),
    };
    let entries = match flags.instruction() {
        Instruction::Retry(address) => {
            let again = looking.again(address).await.map_err(|why| refused(&why))?;
            if process.stdout.form() == Form::Text {
                process.stdout.words(&told(address, &again));
            }
            if !again.left.is_empty() {
                let approval = approval::with_json(flags.approval, flags.json);
                approval::ask_again(process, approval)?;
            }
            vec![again.entry()]
        }
        Instruction::Restore(address, reason) => {
            let steps = looking.acceptable(address).await;
            let steps = steps.map_err(|why| refused(&why))?.into_iter();
            steps.map(|step| accepted(step, reason)).collect()
        }
        Instruction::Kubernetes(reason) => {
            let step = looking.unserved();
            vec![accepted(step.map_err(|why| refused(&why))?, reason)]
        }
        Instruction::Nothing => return Ok(()),
    };
    let now = process.clock.now();
    let line = typed::journal(process);
    let failed = |error| carry::failed(&error, &line);
    let written = writer.append(plan, state, entries, now);
    written.map_err(failed)?.await.map_err(failed)
}

fn refused(refusal: &Refusal) -> Trouble {
    Trouble::of("Nothing was changed", refusal)
}

/// What is to come, before it is asked for.
fn told(address: &Address, again: &Again) -> String {
    let Again {
        backup, attempt, ..
    } = again;
    let head = match again.what {
        What::Restore => {
            format!("{address} is restored once more from {backup}: attempt {attempt}.\n")
        }
        What::Rest => {
            return format!(
                "{address} is restored once more from {backup}: attempt {attempt}.\nWhat is there stays: it came without Pods and volumes, and this attempt brings what is missing.\n"
            );
        }
        What::Backup => {
            return format!("{address} is backed up once more, as {backup}-{attempt}.\n");
        }
    };
    if again.left.is_empty() {
        return format!("{head}Nothing of the attempt before is there.\n");
    }
    let mut all = format!("{head}\nWhat the attempt before made goes first:\n");
    for left in &again.left {
        all.push_str(&line(left));
    }
    all
}

fn line(left: &Left) -> String {
    let claims = match left.claims.as_slice() {
        [] => "no claims".to_owned(),
        claims => format!("claims {}", clean_line(&claims.join(", "))),
    };
    let objects = match left.objects {
        1 => "1 object of the backup's types".to_owned(),
        many => format!("{many} objects of the backup's types"),
    };
    format!(
        "  - namespace {}, made {} UTC: {objects}, {claims}\n",
        left.removed.namespace,
        text::time(left.made)
    )
}

/// How what failed of an application's way back is done once more, a line each.
pub(crate) fn ways(process: &Process, plan: &Plan, outcome: &Outcome, run: &str) -> String {
    let line = typed::journal(process);
    let pins = plan.pinned.iter();
    let ways = pins.filter_map(|pin| {
        let what = failed(plan, outcome, &pin.of)?;
        let advice = Advice::retry(&line, run, &pin.of);
        Some(match what {
            What::Restore | What::Rest => format!("To restore {} once more:  {advice}\n", pin.of),
            What::Backup => format!("To back {} up once more:  {advice}\n", pin.of),
        })
    });
    ways.collect()
}

/// What of an application failed, that could be done once more.
fn failed(plan: &Plan, outcome: &Outcome, address: &Address) -> Option<What> {
    let node = plan.nodes.iter().find(|node| node.address == *address)?;
    let mut is_restored = false;
    for step in plan.steps.iter().filter(|step| step.node == *address) {
        let is_done = match outcome.get(&step.id)? {
            StepOutcome::Done => true,
            StepOutcome::Failed(_) | StepOutcome::Unready(_) => false,
            StepOutcome::Skipped(_) | StepOutcome::InDoubt(_) => return None,
        };
        match (part(plan, node, step), is_done) {
            (Some(Part::Restore), true) => is_restored = true,
            (Some(Part::Restore), false) => return Some(What::Restore),
            (Some(Part::Gate), false) if is_restored => return Some(What::Restore),
            (Some(Part::Backup), false) => return Some(What::Backup),
            (_, true) => {}
            (_, false) => return None,
        }
    }
    None
}
