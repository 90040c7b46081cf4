//! What a plan does not do: blocked nodes with what would mend them, and what is held back with what would be lost.
//! None of the phrases of an action stand here, so that no tool counts these (R45).

use super::super::style::{Dress, Role, clean};
use super::layout::Mark;
use super::node::{body, continued_lines, remark_lines, replace_mark};
use crate::goal::GoalMode;
use crate::model::advice::Advice;
use crate::plan::document::{Action, HeldBack, Node};

/// Header, reasons and, where the change is known, the block of a blocked node.
pub(crate) fn blocked(node: &Node, dress: Dress) -> Vec<String> {
    let subject = dress
        .style
        .paint(Role::Strong, &format!("# {}", node.address));
    let mut all = vec![format!(
        "  {subject} {}",
        dress.style.paint(Role::Error, "is blocked")
    )];
    for blocker in &node.blockers {
        all.extend(reason(&blocker.text, &blocker.cure, dress));
    }
    if node.blockers.is_empty() {
        all.extend(remark_lines(
            &format!("(because {})", clean(&node.reason.text)),
            dress.width,
        ));
    }
    if node.importing || !node.is_same() {
        let mark = match node.action {
            Action::Replace => replace_mark(node),
            Action::Create | Action::Update | Action::Delete | Action::Forget | Action::NoOp
                if node.is_same() =>
            {
                Mark::Keep
            }
            Action::Create | Action::Update | Action::Delete | Action::Forget | Action::NoOp => {
                Mark::Change
            }
        };
        all.extend(body(node, mark, dress.style));
    }
    all
}

/// `# (because TEXT;` and `#  CURE)`.
fn reason(text: &str, cure: &str, dress: Dress) -> Vec<String> {
    let text = clean(&clause(text));
    if cure.is_empty() {
        return remark_lines(&format!("(because {text})"), dress.width);
    }
    let mut all = remark_lines(&format!("(because {text};"), dress.width);
    let (cure, block) = cure.split_once('\n').unwrap_or((cure, ""));
    all.extend(continued_lines(
        &format!("{})", clean(&clause(cure))),
        dress.width,
    ));
    // What is to be written stands as it is to be written.
    let block = clean(block);
    let lines = block.lines().map(|line| format!("  #      {line}"));
    all.extend(lines);
    all
}

/// Words that lose their capital inside a sentence. Others keep it: "Velero" and "LIST" are names.
const LOWERED: &[&str] = &[
    "A", "An", "It", "Its", "No", "Nothing", "The", "There", "This", "What", "Whether",
];

/// A sentence as it stands inside another.
fn clause(sentence: &str) -> String {
    let text = sentence.trim_end().trim_end_matches('.');
    match text.split_once(' ') {
        Some((first, rest)) if LOWERED.contains(&first) => {
            format!("{} {rest}", first.to_lowercase())
        }
        Some(_) | None => text.to_owned(),
    }
}

/// The flags of a plan that does what is held back.
pub(crate) fn consent_flags(consent: &str, mode: GoalMode) -> Advice {
    match mode {
        GoalMode::Converge | GoalMode::Recover => Advice::consent(consent),
        GoalMode::Destroy => Advice::consent_to_destroy(consent),
    }
}

/// One thing held back in a plan of this mode.
pub(crate) fn held_back(held: &HeldBack, mode: GoalMode, dress: Dress) -> Vec<String> {
    let subject = dress
        .style
        .paint(Role::Strong, &format!("# {}", held.address));
    let mut all = vec![format!("  {subject} {}", would(held.action))];
    if !held.reason.is_empty() {
        all.extend(remark_lines(
            &format!("(because {})", clean(&held.reason)),
            dress.width,
        ));
    }
    if !held.losses.is_empty() {
        all.push("  # lost with it:".to_owned());
        all.extend(
            held.losses
                .iter()
                .map(|loss| format!("  #   {}", clean(loss).replace('\n', " "))),
        );
    }
    match &held.consent {
        Some(consent) => all.push(format!(
            "  # consent {consent}: to do it, plan again with {}",
            consent_flags(consent, mode)
        )),
        None => all.push("  # no consent lifts this".to_owned()),
    }
    all
}

/// What is held back, as the end of a sentence about it.
pub(crate) fn would(action: Action) -> &'static str {
    match action {
        Action::Create => "would be created",
        Action::Update => "would be updated",
        Action::Delete => "would be destroyed",
        Action::Forget => "would be released",
        Action::Replace => "would be replaced",
        Action::NoOp => "would be left",
    }
}
