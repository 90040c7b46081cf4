//! The end of a run: what was done, failed, left, and what is in doubt. Must not know how statuses are found.

use super::super::style::{Dress, Role, clean, wrap};
use super::event::plural;
use super::summary::Counts;
use crate::plan::document::{GoalMode, Node, Plan, StepId};
use std::collections::BTreeMap;

/// Standing of one step when the run ended. A step without an entry was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// Done.
    Done,
    /// Certainly not done, with the reason.
    Failed(String),
    /// Not tried, with the reason.
    Skipped(String),
    /// Begun; whether it had its effect is not known, with the reason.
    InDoubt(String),
}

/// Standing of every step when the run ended.
pub type Outcome = BTreeMap<StepId, StepOutcome>;

/// The closing lines of an apply or resume, ending in a newline.
pub fn outcome(plan: &Plan, outcome: &Outcome, dress: Dress) -> String {
    let done = |node: &&Node| {
        let mut steps = plan
            .steps
            .iter()
            .filter(|step| step.node == node.address)
            .peekable();
        steps.peek().is_some()
            && steps.all(|step| outcome.get(&step.id) == Some(&StepOutcome::Done))
    };
    let counts = Counts::among(plan.nodes.iter().filter(done));
    let open = plan
        .steps
        .iter()
        .filter(|step| outcome.get(&step.id) != Some(&StepOutcome::Done))
        .count();
    let mut all = vec![headline(plan, counts, open == 0, dress)];
    if open > 0 {
        all.extend(left(plan, outcome, dress));
    }
    all.push(String::new());
    all.join("\n")
}

fn headline(plan: &Plan, counts: Counts, complete: bool, dress: Dress) -> String {
    let words = ["imported", "added", "changed", "destroyed", "forgotten"];
    let (subject, words) = match plan.goal.mode {
        GoalMode::Converge => ("Apply", counts.words(words)),
        GoalMode::Destroy if counts.forget == 0 => {
            ("Destroy", format!("{} destroyed", counts.destroy))
        }
        GoalMode::Destroy => (
            "Destroy",
            format!("{} destroyed, {} forgotten", counts.destroy, counts.forget),
        ),
    };
    if complete {
        dress.style.paint(
            Role::Good,
            &format!("{subject} complete! Resources: {words}."),
        )
    } else {
        dress.style.paint(
            Role::Error,
            &format!("{subject} incomplete. Resources: {words}."),
        )
    }
}

fn left(plan: &Plan, outcome: &Outcome, dress: Dress) -> Vec<String> {
    let count = |wanted: fn(&StepOutcome) -> bool| {
        outcome.values().filter(|standing| wanted(standing)).count()
    };
    let done = count(|standing| matches!(standing, StepOutcome::Done));
    let doubt = count(|standing| matches!(standing, StepOutcome::InDoubt(_)));
    let failed = count(|standing| matches!(standing, StepOutcome::Failed(_)));
    let todo = plan.steps.len().saturating_sub(done + doubt + failed);
    let mut all = vec![
        String::new(),
        format!("  {}", tally(done, doubt, failed, todo)),
    ];
    for step in &plan.steps {
        let (word, text) = match outcome.get(&step.id) {
            None | Some(StepOutcome::Done) => continue,
            Some(StepOutcome::Failed(text)) => ("failed", text.as_str()),
            Some(StepOutcome::Skipped(text)) => ("skipped", text.as_str()),
            Some(StepOutcome::InDoubt(_)) => {
                ("in doubt", "begun; whether it had its effect is not known")
            }
        };
        let width = dress.width.map(|width| width.saturating_sub(4));
        let lines = wrap(&format!("{word}: {}: {}", step.node, clean(text)), width);
        all.extend(
            lines
                .iter()
                .enumerate()
                .map(|(at, line)| format!("{}{line}", if at == 0 { "  " } else { "    " })),
        );
    }
    all.push(String::new());
    all.push(match doubt {
        0 => "Nothing is in doubt. Mend what failed, then plan and apply again.".to_owned(),
        count => format!(
            "{count} {} in doubt. To go on: sk-dr resume",
            plural(count, "step")
        ),
    });
    all
}

/// `done 16 · in doubt 1 · failed 1 · to do 14`; without failures that part is left out.
pub(crate) fn tally(done: usize, doubt: usize, failed: usize, todo: usize) -> String {
    let failed = if failed == 0 {
        String::new()
    } else {
        format!(" · failed {failed}")
    };
    format!("done {done} · in doubt {doubt}{failed} · to do {todo}")
}
