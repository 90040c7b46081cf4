//! The end of a run: what was done, failed, left, and what is in doubt. Must not know how statuses are found.

use super::super::style::{Dress, Role, clean, wrap};
use super::event::plural;
use super::summary::Counts;
use crate::plan::document::{Action, GoalMode, Node, Plan, StepId};
use std::collections::BTreeMap;

/// Standing of one step when the run ended. A step without an entry was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// Done.
    Done,
    /// Certainly not done, with the reason.
    Failed(String),
    /// Carried out, but what it should have led to was not seen, with the reason: its object is there.
    Unready(String),
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
    all.extend(standing(plan, outcome));
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

/// What is on the servers and not counted, because nobody has seen it work.
fn standing(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    let unready = |step: &StepId| matches!(outcome.get(step), Some(StepOutcome::Unready(_)));
    let nodes = plan.nodes.iter().filter(|node| {
        let mut steps = plan.steps.iter();
        steps.any(|step| step.node == node.address && unready(&step.id))
    });
    let lines: Vec<String> = nodes
        .map(|node| format!("  {} {}.", node.address, stands(node.action)))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    [String::new(), "Not counted, though carried out:".to_owned()]
        .into_iter()
        .chain(lines)
        .collect()
}

fn stands(action: Action) -> &'static str {
    match action {
        Action::Create => "was created and exists, but is not ready",
        Action::Update => "was changed, but is not ready",
        Action::Delete => "is being deleted, but is not gone yet",
        Action::Forget => "was released, which was not seen to hold",
        Action::NoOp => "is not ready",
    }
}

fn left(plan: &Plan, outcome: &Outcome, dress: Dress) -> Vec<String> {
    let count = |wanted: fn(&StepOutcome) -> bool| {
        outcome.values().filter(|standing| wanted(standing)).count()
    };
    let done = count(|standing| matches!(standing, StepOutcome::Done));
    let doubt = count(|standing| matches!(standing, StepOutcome::InDoubt(_)));
    let failed =
        count(|standing| matches!(standing, StepOutcome::Failed(_) | StepOutcome::Unready(_)));
    let todo = plan.steps.len().saturating_sub(done + doubt + failed);
    let mut all = vec![
        String::new(),
        format!("  {}", tally(done, doubt, failed, todo)),
    ];
    for step in &plan.steps {
        let (word, text) = match outcome.get(&step.id) {
            None | Some(StepOutcome::Done) => continue,
            Some(StepOutcome::Failed(text) | StepOutcome::Unready(text)) => {
                ("failed", text.as_str())
            }
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
