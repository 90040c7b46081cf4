//! The summary of a plan: Terraform's line with counts, and under it the addresses (counts are resources: R40).

use super::super::style::{Role, Style};
use super::node::moved_only;
use crate::plan::document::{Action, Node, NodeState, Plan};

/// Resources per action. What is blocked or held back is not counted (R45).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Adopted; those with a difference are counted as changed too, as Terraform does with imports.
    pub import: usize,
    /// Made.
    pub add: usize,
    /// Changed in place, renamed ones among them: the mark is written.
    pub change: usize,
    /// Deleted.
    pub destroy: usize,
    /// Released.
    pub forget: usize,
}

impl Counts {
    /// Of the nodes of a plan that are done.
    pub fn of(plan: &Plan) -> Self {
        Self::among(plan.nodes.iter().filter(|node| is_done(node)))
    }
    /// Of these nodes.
    pub(crate) fn among<'a>(nodes: impl Iterator<Item = &'a Node>) -> Self {
        let mut counts = Self::default();
        for node in nodes {
            for action in node.halves() {
                counts.count(node, action);
            }
        }
        counts
    }
    /// One more, for what is done to a node or for half of it.
    pub(crate) fn count(&mut self, node: &Node, action: Action) {
        self.import += usize::from(node.importing);
        match action {
            Action::Create => self.add += 1,
            Action::Update => self.change += usize::from(!node.importing || !node.is_same()),
            Action::Delete => self.destroy += 1,
            Action::Forget => self.forget += 1,
            // Its halves are counted.
            Action::Replace | Action::NoOp => {}
        }
    }
    /// The words of a plan's summary.
    pub(crate) fn planned_words(self) -> String {
        self.words([
            "to import",
            "to add",
            "to change",
            "to destroy",
            "to forget",
        ])
    }
    /// `1 to import, 2 to add, 3 to change, 4 to destroy, 5 to forget`: import and forget only where there are any.
    pub(crate) fn words(self, words: [&str; 5]) -> String {
        let [import, add, change, destroy, forget] = words;
        let mut parts = Vec::new();
        if self.import > 0 {
            parts.push(format!("{} {import}", self.import));
        }
        parts.push(format!("{} {add}", self.add));
        parts.push(format!("{} {change}", self.change));
        parts.push(format!("{} {destroy}", self.destroy));
        if self.forget > 0 {
            parts.push(format!("{} {forget}", self.forget));
        }
        parts.join(", ")
    }
}

/// Whether apply does something with this node.
pub(crate) fn is_done(node: &Node) -> bool {
    match node.state {
        NodeState::Planned | NodeState::Deferred => node.action != Action::NoOp || node.importing,
        NodeState::Blocked | NodeState::HeldBack => false,
    }
}

/// The line with counts and the addresses under it.
pub(crate) fn lines(plan: &Plan, style: Style) -> Vec<String> {
    let counts = Counts::of(plan).planned_words();
    let mut all = vec![format!("{} {counts}.", style.paint(Role::Strong, "Plan:"))];
    for (word, subjects) in done_by_word(plan) {
        all.extend(subjects.iter().map(|subject| entry(word, subject)));
    }
    all.extend(
        plan.held_back
            .iter()
            .map(|held| entry("held back", &held.address.to_string())),
    );
    let blocked = plan.stuck();
    all.extend(blocked.map(|node| entry("blocked", &node.address.to_string())));
    let unreached = plan.unreached().filter(|(_, nodes)| !nodes.is_empty());
    all.extend(unreached.map(|(place, nodes)| {
        let resources = match nodes.len() {
            1 => "1 resource".to_owned(),
            count => format!("{count} resources"),
        };
        entry(
            "blocked",
            &format!("{resources} of provider {}", place.provider),
        )
    }));
    let width = all
        .iter()
        .skip(1)
        .filter_map(|line| line.find('\u{0}'))
        .max()
        .unwrap_or(0);
    all.into_iter().map(|line| align(&line, width)).collect()
}

/// What is done, each word with the resources it is done to; words without any are left out.
pub(crate) fn done_by_word(plan: &Plan) -> Vec<(&'static str, Vec<String>)> {
    let done = |wanted: Verb| -> Vec<String> {
        plan.nodes
            .iter()
            .filter(|node| is_done(node) && verb(node) == wanted)
            .map(subject)
            .collect()
    };
    [
        Verb::Adopt,
        Verb::Add,
        Verb::Change,
        Verb::Move,
        Verb::Replace,
        Verb::Destroy,
        Verb::Release,
    ]
    .into_iter()
    .map(|wanted| (wanted.word(), done(wanted)))
    .filter(|(_, subjects)| !subjects.is_empty())
    .collect()
}

/// What is done, in the words under the summary.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Adopt,
    Add,
    Change,
    Move,
    Replace,
    Destroy,
    Release,
}

impl Verb {
    const fn word(self) -> &'static str {
        match self {
            Verb::Adopt => "import",
            Verb::Add => "add",
            Verb::Change => "change",
            Verb::Move => "move",
            Verb::Replace => "replace",
            Verb::Destroy => "destroy",
            Verb::Release => "forget",
        }
    }
}

fn verb(node: &Node) -> Verb {
    match node.action {
        _ if node.importing => Verb::Adopt,
        Action::Create => Verb::Add,
        Action::Update | Action::NoOp if moved_only(node).is_some() => Verb::Move,
        Action::Update | Action::NoOp => Verb::Change,
        Action::Replace => Verb::Replace,
        Action::Delete => Verb::Destroy,
        Action::Forget => Verb::Release,
    }
}

fn subject(node: &Node) -> String {
    match moved_only(node) {
        Some(previous) => format!("{previous} -> {}", node.address),
        None => node.address.to_string(),
    }
}

fn entry(word: &str, subject: &str) -> String {
    format!("  {word}\u{0}{subject}")
}

/// A NUL marks where the column of addresses begins; no address has one.
fn align(line: &str, width: usize) -> String {
    match line.split_once('\u{0}') {
        None => line.to_owned(),
        Some((word, subject)) => format!("{word:<width$}  {subject}"),
    }
}
