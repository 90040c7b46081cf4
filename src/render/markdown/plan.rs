//! A plan as a comment on a pull request: the sum, what is dangerous, what is not done and why, what is done, then each
//! resource behind a fold. Must not know how a plan was made.

use super::super::style::Style;
use super::super::text::Counts;
use super::super::text::parts::{
    blocked, consent_flags, done_by_word, output_changes, planned, would,
};
use super::budget::{Part, Rank, fit};
use super::inline::{at_margin, code, code_of_name, collapsed, fenced, prose, resources, titled};
use super::recovery::recovery;
use super::sections::{
    self, TAGGED, blocked_entry, findings, folded, marker, prose_after, providers, section,
    unreached,
};
use crate::model::address::Target;
use crate::model::advice::Advice;
use crate::plan::document::{Action, HeldBack, Node, NodeState, Plan};

/// The plan in at most `budget` bytes, at least [`super::LEAST_BUDGET`]; `file` is what its commands call it. Ends in a newline.
pub fn plan(plan: &Plan, file: &str, budget: usize) -> String {
    let mut parts = vec![Part::Fixed(head(plan))];
    parts.extend(recovery(plan));
    parts.extend(narrowed(plan));
    parts.extend(destroyed(plan));
    parts.extend(held_back(plan));
    parts.extend(unreached(plan));
    parts.extend(blocked_nodes(plan));
    parts.extend(consents(plan));
    parts.extend(done(plan));
    parts.extend(details(plan));
    parts.extend(findings(plan));
    parts.extend(providers(plan));
    parts.push(Part::Fixed(foot(plan, file)));
    fit(&parts, budget)
}

fn head(plan: &Plan) -> String {
    let counts = Counts::of(plan);
    let blocked = plan.nodes.iter();
    let blocked = blocked
        .filter(|node| node.state == NodeState::Blocked)
        .count();
    let mut sums = Vec::new();
    let told = sections::seen(plan);
    if told.is_err() || counts != Counts::default() || (blocked == 0 && plan.held_back.is_empty()) {
        sums.push(match (told, counts == Counts::default()) {
            (Ok(nothing), true) => format!("no changes{nothing}"),
            (Err(blind), true) => blind.to_owned(),
            (Ok(_) | Err(_), false) => counts.words([
                "to import",
                "to add",
                "to change",
                "to destroy",
                "to forget",
            ]),
        });
    }
    if !plan.held_back.is_empty() {
        sums.push(format!("{} held back", plan.held_back.len()));
    }
    if blocked > 0 {
        sums.push(format!("{blocked} blocked"));
    }
    format!(
        "{}\n## sk-dr plan for {}: {}\n\n",
        marker("plan", &plan.stack),
        code_of_name(&plan.stack),
        sums.join(", ")
    )
}

fn narrowed(plan: &Plan) -> Vec<Part> {
    let flag = |flag: &'static str, targets: &[Target]| -> Vec<String> {
        targets
            .iter()
            .map(|target| format!("- {}\n", code(&format!("-{flag}={target}"))))
            .collect()
    };
    let mut entries = flag("target", &plan.goal.target);
    entries.extend(flag("exclude", &plan.goal.exclude));
    section(
        "Narrowed: the rest was not compared and is left as it is, and orphans are not deleted",
        Rank::Finding,
        entries,
    )
}

fn destroyed(plan: &Plan) -> Vec<Part> {
    let nodes: Vec<&Node> = plan
        .nodes
        .iter()
        .filter(|node| node.halves().contains(&Action::Delete))
        .filter(|node| match node.state {
            NodeState::Planned | NodeState::Deferred => true,
            NodeState::Blocked | NodeState::HeldBack => false,
        })
        .collect();
    let entry = |node: &&Node| {
        let subject = node.address.to_string();
        // Reasons are written to stand after "because", and often begin with their subject.
        let reason = node.reason.text.strip_prefix(&subject);
        match reason {
            Some(rest) => format!("- {}{}\n", code(&subject), prose_after(rest)),
            None => format!("- {}: {}\n", code(&subject), prose(&node.reason.text)),
        }
    };
    let entries = nodes.iter().map(entry).collect();
    section(
        &format!("Warning: {} will be destroyed", resources(nodes.len())),
        Rank::Serious,
        entries,
    )
}

fn held_back(plan: &Plan) -> Vec<Part> {
    let entry = |held: &HeldBack| {
        let mut text = format!(
            "- {} {}: {}\n",
            code(&held.address.to_string()),
            would(held.action),
            prose(&held.reason)
        );
        for loss in &held.losses {
            text.push_str(&format!("  - lost with it: {}\n", prose(loss)));
        }
        text.push_str(&match &held.consent {
            Some(consent) => format!(
                "  - to do it, plan again with {}\n",
                code(&consent_flags(consent, plan.goal.mode).to_string())
            ),
            None => "  - no consent lifts this\n".to_owned(),
        });
        text
    };
    section(
        &format!(
            "Held back, not done by this plan: {}",
            resources(plan.held_back.len())
        ),
        Rank::Serious,
        plan.held_back.iter().map(entry).collect(),
    )
}

fn blocked_nodes(plan: &Plan) -> Vec<Part> {
    section(
        &format!(
            "Blocked, so this plan cannot be applied: {}",
            resources(plan.stuck().count())
        ),
        Rank::Serious,
        plan.stuck().map(blocked_entry).collect(),
    )
}

fn consents(plan: &Plan) -> Vec<Part> {
    let entries = plan.consents.iter();
    section(
        "Consents given",
        Rank::Serious,
        entries.map(|hex| format!("- {}\n", code(hex))).collect(),
    )
}

/// Addresses under the word for what is done with them; what is destroyed stands further up.
fn done(plan: &Plan) -> Vec<Part> {
    done_by_word(plan)
        .into_iter()
        .filter(|(word, _)| *word != "destroy")
        .flat_map(|(word, subjects)| {
            let entries = subjects
                .iter()
                .map(|subject| format!("- {}\n", code(subject)));
            section(&capital(word), Rank::Listed, entries.collect())
        })
        .collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// One fold per resource whose change is known.
fn details(plan: &Plan) -> Vec<Part> {
    let mut entries = Vec::new();
    for node in &plan.nodes {
        let (phrase, lines) = match node.state {
            NodeState::HeldBack => continue,
            NodeState::Blocked if plan.is_unreached(node) => continue,
            // All that is known of it is said in its list.
            NodeState::Blocked if node.is_same() && !node.importing => continue,
            NodeState::Blocked => ("is blocked".to_owned(), blocked(node, TAGGED)),
            NodeState::Planned | NodeState::Deferred => planned(node, TAGGED),
        };
        let title = titled(&node.address, &phrase);
        entries.push(collapsed(&title, &fenced("diff", &at_margin(lines))));
    }
    let outputs = output_changes(&plan.outputs, Style::Tagged);
    if !outputs.is_empty() {
        entries.push(collapsed(
            "Changes to outputs",
            &fenced("diff", &at_margin(outputs)),
        ));
    }
    folded(entries)
}

/// What ties an approval to this very plan (R37).
fn foot(plan: &Plan, file: &str) -> String {
    let digest = code_of_name(&plan.digest);
    if !plan.applyable {
        return format!("Digest {digest}. This plan cannot be applied.\n");
    }
    if plan.steps.is_empty() {
        return format!("Digest {digest}. There is nothing to apply.\n");
    }
    let command = Advice::apply_expected(&plan.digest, file);
    format!(
        "Digest {digest}. To apply exactly this plan:\n\n{}",
        fenced("sh", &[command.to_string()])
    )
}
