//! What happened outside of sk-dr, read from a plan: the same differences, seen from the declared side (R36).
//! Must not know how drift is acted upon.

use super::super::style::{Dress, Role, clean_line};
use super::super::view::{Sensitive, View};
use super::blocked::blocked;
use super::body::changed;
use super::layout::Mark;
use super::node::{Side, changes, enclose, manager, part_title, parts, remark_lines, whole_of};
use super::plan::{providers, warnings};
use super::sight;
use crate::model::advice::Advice;
use crate::model::ignore::attribute_text;
use crate::model::text::quote;
use crate::plan::document::{Action, FieldChange, HeldBack, Node, NodeState, Plan};
use crate::plan::drift::{Drifted, Ignored};

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
            match standing(node) {
                Standing::Changed => drift.changed += 1,
                Standing::Missing => drift.missing += 1,
                Standing::Undeclared => drift.undeclared += 1,
                Standing::Unknown => drift.unknown += 1,
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

/// What is to be said of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It differs.
    Changed,
    /// It is declared and not there.
    Missing,
    /// It carries our mark and is not declared.
    Undeclared,
    /// Whether it differs cannot be told, or is not ours to tell.
    Unknown,
}

/// Of a node.
pub(crate) fn standing(node: &Node) -> Standing {
    match node.action {
        _ if node.state == NodeState::Blocked => Standing::Unknown,
        Action::Create => Standing::Missing,
        Action::Update | Action::Replace => Standing::Changed,
        Action::Delete | Action::Forget => Standing::Undeclared,
        Action::NoOp if node.importing => Standing::Changed,
        Action::NoOp => Standing::Unknown,
    }
}

/// Held-back entries whose node is not listed beside them.
pub(crate) fn held_alone(plan: &Plan) -> impl Iterator<Item = &HeldBack> {
    plan.held_back
        .iter()
        .filter(|held| !plan.nodes.iter().any(|node| node.address == held.address))
}

/// The drift as text, ending in a newline.
pub fn drift(drifted: &Drifted, dress: Dress) -> String {
    let plan = &drifted.plan;
    let mut all = providers(plan, dress.style);
    let drift = Drift::of(plan);
    if drift == Drift::default() {
        let nothing = sight::nothing(plan);
        all.push(match nothing.head {
            Some(head) => {
                let head = dress.style.paint(Role::Good, head);
                format!("{head} {}", nothing.sentence)
            }
            None => dress.style.paint(Role::Error, nothing.sentence),
        });
        let unreached = sight::unreached(plan, dress);
        if !unreached.is_empty() {
            all.push(String::new());
            all.extend(unreached);
            all.pop();
        }
        if !drifted.ignored.is_empty() {
            all.push(String::new());
            all.extend(ignored(&drifted.ignored, dress));
            all.push(format!("Drift: none, {} ignored.", drifted.ignored.len()));
        }
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
        all.extend(sight::unreached(plan, dress));
        for node in plan.nodes.iter().filter(|node| !plan.is_unreached(node)) {
            all.extend(resource(node, dress));
            all.push(String::new());
        }
        for held in held_alone(plan) {
            all.extend([
                format!("  # {} is not in configuration", held.address),
                String::new(),
            ]);
        }
        if drift.is_there() {
            all.push(format!(
                "Unless you have made equivalent changes to your configuration, {} would undo these.",
                Advice::undo()
            ));
            all.push(String::new());
        }
        all.extend(ignored(&drifted.ignored, dress));
        all.push(sum(drift, drifted.ignored.len()));
    }
    all.extend(warnings(plan, dress));
    all.push(String::new());
    all.join("\n")
}

/// What rules bear, each with its rule.
fn ignored(ignored: &[Ignored], dress: Dress) -> Vec<String> {
    if ignored.is_empty() {
        return Vec::new();
    }
    let mut all = vec![
        "Ignored, as rules of the configuration say:".to_owned(),
        String::new(),
    ];
    for one in ignored {
        let subject = dress
            .style
            .paint(Role::Strong, &format!("# {}", one.address));
        all.push(format!("  {subject} has changed: {}", ignored_text(one)));
        all.extend(remark_lines(&format!("({})", rule_text(one)), dress.width));
        all.push(String::new());
    }
    all
}

/// `rule "maintenance" until 2026-12-31: the shop moves`.
pub(crate) fn rule_text(one: &Ignored) -> String {
    format!(
        "rule {} until {}: {}",
        quote(&one.rule),
        one.until,
        clean_line(&one.reason)
    )
}

/// Everything that changed in a resource, each as one line.
pub(crate) fn change_texts(node: &Node) -> Vec<String> {
    let mut all: Vec<String> = node.fields.iter().map(change_text).collect();
    for part in &node.parts {
        let title = part_title(part);
        match part.action {
            Action::Create => all.push(format!("{title} is missing")),
            Action::Delete | Action::Forget => {
                all.push(format!("{title} is not in configuration"));
            }
            Action::Update | Action::Replace | Action::NoOp => {
                let fields = part.fields.iter();
                all.extend(fields.map(|field| format!("{title}: {}", change_text(field))));
            }
        }
    }
    all
}

/// What a rule bears, in one line.
pub(crate) fn ignored_text(one: &Ignored) -> String {
    match &one.part {
        Some(part) => format!("{}: {}", clean_line(part), change_text(&one.change)),
        None => change_text(&one.change),
    }
}

/// `paused by kubectl-edit, 2026-11-20 16:02:11 UTC`: what changed, who changed it and when. No value.
fn change_text(change: &FieldChange) -> String {
    let attribute = clean_line(&attribute_text(&change.path));
    match &change.by {
        Some(by) => format!("{attribute} {}", manager(by)),
        None => attribute,
    }
}

/// The sum in words: `1 changed, 0 missing, 0 not in configuration`.
pub(crate) fn sum_words(drift: Drift, ignored: usize) -> String {
    let mut words = format!(
        "{} changed, {} missing, {} not in configuration",
        drift.changed, drift.missing, drift.undeclared
    );
    if drift.unknown > 0 {
        words.push_str(&format!(", {} that cannot be told", drift.unknown));
    }
    if ignored > 0 {
        words.push_str(&format!(", {ignored} ignored"));
    }
    words
}

fn sum(drift: Drift, ignored: usize) -> String {
    format!("Drift: {}.", sum_words(drift, ignored))
}

/// What the first line says of a resource.
pub(crate) fn phrase(node: &Node) -> &'static str {
    match standing(node) {
        Standing::Unknown if node.state == NodeState::Blocked => "is blocked",
        Standing::Unknown => "cannot be told",
        Standing::Changed => "has changed",
        Standing::Missing => "is missing",
        Standing::Undeclared => "is not in configuration",
    }
}

/// One resource, all its lines.
pub(crate) fn resource(node: &Node, dress: Dress) -> Vec<String> {
    let mark = match standing(node) {
        Standing::Unknown if node.state == NodeState::Blocked => return blocked(node, dress),
        Standing::Unknown => Mark::Keep,
        Standing::Changed => Mark::Change,
        Standing::Missing => Mark::Remove,
        Standing::Undeclared => Mark::Add,
    };
    let mut all = vec![format!(
        "  {} {}",
        dress
            .style
            .paint(Role::Strong, &format!("# {}", node.address)),
        phrase(node)
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
        Mark::Change
        | Mark::Keep
        | Mark::Release
        | Mark::CreateThenRemove
        | Mark::CreateThenRelease
        | Mark::RemoveThenCreate
        | Mark::ReleaseThenCreate => {
            let differences = changes(&node.fields, sensitive, Side::Drifted)
                .into_iter()
                // What a replacement will be given by the server has not changed outside.
                .filter(|change| node.former.is_none() || change.before != View::Unknown)
                .collect::<Vec<_>>();
            let mut inner = changed(&declared, &live, &differences, dress.style);
            inner.extend(parts(&node.parts, sensitive, Side::Drifted, dress.style));
            inner
        }
    };
    all.extend(enclose(&node.address, mark, inner, dress.style));
    all
}
