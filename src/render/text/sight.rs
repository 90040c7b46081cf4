//! How far a plan has seen, in words. What was compared is said with the proof of it in hand, and not otherwise.
//! Must not know how it was looked.

use super::super::style::{Dress, Role, clean};
use super::node::{continued_lines, remark_lines};
use crate::goal::GoalMode;
use crate::plan::document::{Compared, Finding, Node, Plan, Sight, Unswept};
use crate::plan::found::class_words;
use crate::plan::leaving;
use crate::plan::readiness::NOT_READY;

/// Addresses named of those that one provider blocks.
const NAMED: usize = 5;

/// `No changes.` and what it is said of, then what it means; of a plan in which nothing happens.
pub(super) struct Nothing {
    /// `No changes.`, where it may be said.
    pub(super) head: Option<&'static str>,
    /// The rest of the first line.
    pub(super) sentence: &'static str,
    /// What it means.
    pub(super) detail: &'static str,
}

/// What is said where nothing is to be done.
pub(super) fn nothing(plan: &Plan) -> Nothing {
    let is_ready = |one: &Finding| one.code != NOT_READY;
    match (plan.sight(), plan.goal.mode) {
        (Sight::Whole(_), GoalMode::Destroy) if is_leaving(plan) => Nothing {
            head: Some("No changes."),
            sentence: "No objects need to be destroyed.",
            detail: "What is left of this stack is being deleted already.",
        },
        (Sight::Whole(_) | Sight::Part(_), GoalMode::Converge | GoalMode::Recover)
            if !plan.findings.iter().all(is_ready) =>
        {
            Nothing {
                head: Some("No changes."),
                sentence: "What is declared is there, but not all of it is ready.",
                detail: "sk-dr has nothing to change. What is not ready is listed below.",
            }
        }
        (Sight::Whole(seen), mode) => whole(seen, mode),
        (Sight::Part(seen), mode) => part(seen, mode),
        (Sight::Nowhere, GoalMode::Converge | GoalMode::Recover) => Nothing {
            head: Some("No changes."),
            sentence: "Nothing was asked of any server.",
            detail: "No resource needs one that can be asked, so there was nothing to compare with.",
        },
        (Sight::Nowhere, GoalMode::Destroy) => Nothing {
            head: None,
            sentence: "Nothing was looked for.",
            detail: "No server was asked, so what this stack made may still be there.",
        },
        (Sight::Blind(_), _) => Nothing {
            head: None,
            sentence: "Not everything was compared.",
            detail: "What sk-dr could not look at may differ, or may still be there: see below.",
        },
    }
}

/// Whether the server is deleting something of it.
fn is_leaving(plan: &Plan) -> bool {
    plan.findings.iter().any(|one| one.code == leaving::CODE)
}

fn whole(_: Compared, mode: GoalMode) -> Nothing {
    let (sentence, detail) = match mode {
        GoalMode::Converge | GoalMode::Recover => (
            "Your infrastructure matches the configuration.",
            "sk-dr has compared what is live with your configuration and found no differences, so no changes are needed.",
        ),
        GoalMode::Destroy => (
            "No objects need to be destroyed.",
            "Nothing of this stack is left.",
        ),
    };
    Nothing {
        head: Some("No changes."),
        sentence,
        detail,
    }
}

fn part(_: Compared, mode: GoalMode) -> Nothing {
    let (sentence, detail) = match mode {
        GoalMode::Converge | GoalMode::Recover => (
            "What was looked at matches the configuration.",
            "sk-dr has compared a part of what is live and found no differences in it. The rest was not looked at.",
        ),
        GoalMode::Destroy => (
            "No objects that were looked at need to be destroyed.",
            "Nothing is left of what was looked at. The rest was not looked at, and may still be there.",
        ),
    };
    Nothing {
        head: Some("No changes."),
        sentence,
        detail,
    }
}

/// Each provider of which nothing was seen, once: why, what to do, and what it blocks.
pub(crate) fn unreached(plan: &Plan, dress: Dress) -> Vec<String> {
    let mut all = Vec::new();
    for (place, nodes) in plan.unreached() {
        let provider = format!("# provider {}", place.provider);
        all.push(format!(
            "  {} {}",
            dress.style.paint(Role::Strong, &provider),
            dress.style.paint(Role::Error, "was not reached")
        ));
        let reason = format!("(because {};", reason(place));
        all.extend(remark_lines(&reason, dress.width));
        let next = format!("{})", place.next.trim_end_matches('.'));
        all.extend(continued_lines(&next, dress.width));
        all.extend(remark_lines(&format!("{}.", blocks(&nodes)), dress.width));
        all.push(String::new());
    }
    all
}

/// `the server did not answer: GET /...: connection refused`.
pub(crate) fn reason(place: &Unswept) -> String {
    let reason = clean(&place.reason);
    match place.class {
        Some(class) => format!("{}: {reason}", class_words(class)),
        None => reason,
    }
}

/// `Nothing was compared there, and it blocks 2 resources: a, b`.
pub(crate) fn blocks(nodes: &[&Node]) -> String {
    let names: Vec<String> = nodes
        .iter()
        .take(NAMED)
        .map(|node| node.address.to_string())
        .collect();
    let more = match nodes.len() > NAMED {
        true => " and others",
        false => "",
    };
    let named = format!("{}{more}", names.join(", "));
    match nodes.len() {
        0 => "Nothing was compared there".to_owned(),
        1 => format!("Nothing was compared there, and it blocks {named}"),
        count => format!("Nothing was compared there, and it blocks {count} resources: {named}"),
    }
}
