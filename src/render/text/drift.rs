//! What happened outside of sk-dr, read from a plan: the same differences, seen from the declared side (R36).
//! Must not know how drift is acted upon.

use super::super::style::{Dress, Role};
use super::super::view::{Sensitive, View};
use super::blocked::blocked;
use super::body::changed;
use super::layout::Mark;
use super::node::{Side, changes, enclose, parts, whole_of};
use super::plan::{providers, warnings};
use crate::plan::document::{Action, HeldBack, Node, NodeState, Plan};

/// What a plan tells about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Objects that differ.
    pub changed: usize,
    /// Declared objects that are not there.
    pub missing: usize,
    /// Objects with our mark that are not declared.
    pub undeclared: usize,
    /// Objects of which nothing can be told.
    pub unknown: usize,
}

impl Drift {
    /// Counts of a plan. What is held back or would be adopted differs all the same.
    pub fn of(plan: &Plan) -> Self {
        let mut drift = Self::default();
        for node in &plan.nodes {
            match sort(node) {
                Sort::Changed => drift.changed += 1,
                Sort::Missing => drift.missing += 1,
                Sort::Undeclared => drift.undeclared += 1,
                Sort::Unknown => drift.unknown += 1,
            }
        }
        drift.undeclared += held_alone(plan).count();
        drift
    }
    /// Whether anything differs.
    pub fn is_there(self) -> bool {
        self.changed + self.missing + self.undeclared > 0
    }
}

enum Sort {
    Changed,
    Missing,
    Undeclared,
    Unknown,
}

fn sort(node: &Node) -> Sort {
    match node.action {
        _ if node.state == NodeState::Blocked => Sort::Unknown,
        Action::Create => Sort::Missing,
        Action::Update => Sort::Changed,
        Action::Delete | Action::Forget => Sort::Undeclared,
        Action::NoOp if node.importing => Sort::Changed,
        Action::NoOp => Sort::Unknown,
    }
}

/// Held-back entries whose node is not listed beside them.
fn held_alone(plan: &Plan) -> impl Iterator<Item = &HeldBack> {
    plan.held_back
        .iter()
        .filter(|held| !plan.nodes.iter().any(|node| node.address == held.address))
}

/// The drift of a plan as text, ending in a newline.
pub fn drift(plan: &Plan, dress: Dress) -> String {
    let mut all = providers(plan, dress.style);
    let drift = Drift::of(plan);
    if drift == Drift::default() {
        all.push(format!(
            "{} Your infrastructure matches the configuration.",
            dress.style.paint(Role::Good, "No changes.")
        ));
    } else {
        if drift.is_there() {
            let note = dress.style.paint(Role::Note, "Note:");
            all.extend([
                format!(
                    "{note} Objects have changed outside of {}",
                    dress.speaker.name()
                ),
                String::new(),
            ]);
        }
        for node in &plan.nodes {
            all.extend(drifted(node, dress));
            all.push(String::new());
        }
        for held in held_alone(plan) {
            all.extend([
                format!("  # {} is not in configuration", held.address),
                String::new(),
            ]);
        }
        if drift.is_there() {
            all.push("Unless you have made equivalent changes to your configuration, sk-dr apply would undo these.".to_owned());
            all.push(String::new());
        }
        all.push(sum(drift));
    }
    all.extend(warnings(plan, dress));
    all.push(String::new());
    all.join("\n")
}

fn sum(drift: Drift) -> String {
    let mut line = format!(
        "Drift: {} changed, {} missing, {} not in configuration",
        drift.changed, drift.missing, drift.undeclared
    );
    if drift.unknown > 0 {
        line.push_str(&format!(", {} that cannot be told", drift.unknown));
    }
    line.push('.');
    line
}

fn drifted(node: &Node, dress: Dress) -> Vec<String> {
    let (phrase, mark) = match sort(node) {
        Sort::Unknown if node.state == NodeState::Blocked => return blocked(node, dress),
        Sort::Unknown => ("cannot be told", Mark::Keep),
        Sort::Changed => ("has changed", Mark::Change),
        Sort::Missing => ("is missing", Mark::Remove),
        Sort::Undeclared => ("is not in configuration", Mark::Add),
    };
    let mut all = vec![format!(
        "  {} {phrase}",
        dress
            .style
            .paint(Role::Strong, &format!("# {}", node.address))
    )];
    if let Some(previous) = &node.previous_address {
        all.push(format!("  # (its mark names {previous})"));
    }
    // The plan's reason says why it would go; here the question is why it is told at all.
    if mark == Mark::Add {
        all.push("  # (it carries the mark of this stack)".to_owned());
    }
    let sensitive = Sensitive::new(&node.sensitive);
    let live = View::of_json(&node.before, &mut Vec::new(), sensitive);
    let declared = View::of_expr(&node.after, &mut Vec::new(), sensitive);
    let inner = match mark {
        Mark::Add => whole_of(&live, Mark::Add, dress.style),
        Mark::Remove => whole_of(&declared, Mark::Remove, dress.style),
        Mark::Change | Mark::Keep | Mark::Release => {
            let differences = changes(&node.fields, sensitive, Side::Drifted);
            let mut inner = changed(&declared, &live, &differences, dress.style);
            inner.extend(parts(&node.parts, sensitive, Side::Drifted, dress.style));
            inner
        }
    };
    all.extend(enclose(&node.address, mark, inner, dress.style));
    all
}
