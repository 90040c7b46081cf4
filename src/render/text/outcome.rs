//! The end of a run: what was done, failed, left, and what is in doubt. Must not know how statuses are found.

use super::super::style::{Dress, Role, clean, wrap};
use super::event::plural;
use super::summary::Counts;
use crate::goal::GoalMode;
use crate::model::advice::Advice;
use crate::plan::document::{Action, Node, Plan, Step, StepId};
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

/// A run's end in numbers: resources that are whole, and steps by their standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Resources all of whose steps are done.
    pub counts: Counts,
    /// Steps done.
    pub done: usize,
    /// Steps in doubt.
    pub in_doubt: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps not begun.
    pub to_do: usize,
}

impl Sums {
    /// Of a run of this plan.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Self {
        let whole = |node: &Node, action: Action| {
            let mut steps = plan
                .steps
                .iter()
                .filter(|step| step.node == node.address && node.doing(step) == action)
                .peekable();
            steps.peek().is_some()
                && steps.all(|step| outcome.get(&step.id) == Some(&StepOutcome::Done))
        };
        let mut counts = Counts::default();
        for node in &plan.nodes {
            for action in node.halves() {
                if whole(node, action) {
                    counts.count(node, action);
                }
            }
        }
        let count = |wanted: fn(&StepOutcome) -> bool| {
            outcome.values().filter(|standing| wanted(standing)).count()
        };
        let done = count(|standing| matches!(standing, StepOutcome::Done));
        let in_doubt = count(|standing| matches!(standing, StepOutcome::InDoubt(_)));
        let failed =
            count(|standing| matches!(standing, StepOutcome::Failed(_) | StepOutcome::Unready(_)));
        Self {
            counts,
            done,
            in_doubt,
            failed,
            to_do: plan.steps.len().saturating_sub(done + in_doubt + failed),
        }
    }
    /// Steps that are not done.
    pub const fn open(&self) -> usize {
        self.in_doubt + self.failed + self.to_do
    }
}

/// The closing lines of an apply or resume, ending in a newline.
pub fn outcome(
    plan: &Plan,
    outcome: &Outcome,
    (resume, dress): (Option<&Advice>, Dress),
) -> String {
    let sums = Sums::of(plan, outcome);
    let role = if sums.open() == 0 {
        Role::Good
    } else {
        Role::Error
    };
    let mut all = vec![dress.style.paint(role, &headline(plan, &sums).0)];
    all.extend(standing(plan, outcome));
    if sums.open() > 0 {
        all.extend(left(plan, outcome, &sums, (resume, dress)));
    }
    all.push(String::new());
    all.join("\n")
}

/// `Apply complete! Resources: ...`, and what was done in the words of Terraform's stream: `apply`, `destroy`.
pub(crate) fn headline(plan: &Plan, sums: &Sums) -> (String, &'static str) {
    let counts = sums.counts;
    let words = ["imported", "added", "changed", "destroyed", "forgotten"];
    let (subject, operation, words) = match plan.goal.mode {
        GoalMode::Converge => ("Apply", "apply", counts.words(words)),
        GoalMode::Recover => ("Recovery", "apply", counts.words(words)),
        GoalMode::Destroy if counts.forget == 0 => (
            "Destroy",
            "destroy",
            format!("{} destroyed", counts.destroy),
        ),
        GoalMode::Destroy => (
            "Destroy",
            "destroy",
            format!("{} destroyed, {} forgotten", counts.destroy, counts.forget),
        ),
    };
    let end = if sums.open() == 0 {
        "complete!"
    } else {
        "incomplete."
    };
    (format!("{subject} {end} Resources: {words}."), operation)
}

/// What is on the servers and not counted, because nobody has seen it work.
fn standing(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    let unready = |step: &StepId| matches!(outcome.get(step), Some(StepOutcome::Unready(_)));
    // What a recovery does for a resource beside making it has a title of its own.
    let makes = |step: &Step| step.title.is_none();
    let lines: Vec<String> = plan
        .nodes
        .iter()
        .filter_map(|node| {
            let mut steps = plan.steps.iter();
            let step =
                steps.find(|step| step.node == node.address && makes(step) && unready(&step.id))?;
            Some(format!("  {} {}.", node.address, stands(node.doing(step))))
        })
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
        Action::Replace | Action::NoOp => "is not ready",
    }
}

fn left(
    plan: &Plan,
    outcome: &Outcome,
    sums: &Sums,
    (resume, dress): (Option<&Advice>, Dress),
) -> Vec<String> {
    let doubt = sums.in_doubt;
    let mut all = vec![
        String::new(),
        format!(
            "  {}",
            tally(sums.done, sums.in_doubt, sums.failed, sums.to_do)
        ),
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
        let lines = wrap(&format!("{word}: {}: {}", called(step), clean(text)), width);
        all.extend(
            lines
                .iter()
                .enumerate()
                .map(|(at, line)| format!("{}{line}", if at == 0 { "  " } else { "    " })),
        );
    }
    all.push(String::new());
    let is_open_recovery = plan.goal.mode == GoalMode::Recover && had_effect(plan, outcome);
    all.push(match doubt {
        0 if is_open_recovery => {
            let open = "Nothing is in doubt. The recovery stays open.";
            match resume {
                Some(resume) => format!("{open} Mend what failed, then go on with: {resume}"),
                None => open.to_owned(),
            }
        }
        0 => "Nothing is in doubt. Mend what failed, then plan and apply again.".to_owned(),
        count => {
            let doubt = format!("{count} {} in doubt.", plural(count, "step"));
            match resume {
                Some(resume) => format!("{doubt} To go on: {resume}"),
                None => doubt,
            }
        }
    });
    all
}

/// Whether something was changed: a proof that was had, or a wait, is nothing that a run would be left open for.
fn had_effect(plan: &Plan, outcome: &Outcome) -> bool {
    let mut writers = plan.steps.iter().filter(|step| step.op.writes());
    writers.any(|step| {
        let standing = outcome.get(&step.id);
        matches!(standing, Some(StepOutcome::Done | StepOutcome::Unready(_)))
    })
}

/// A step by its resource, and by its title where it has one.
fn called(step: &Step) -> String {
    match &step.title {
        Some(title) => format!("{}: {}", step.node, clean(title)),
        None => step.node.to_string(),
    }
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
