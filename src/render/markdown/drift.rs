//! Drift as the body of an issue or a comment: the sum, what happened with who and when, then each resource behind a fold.
//! Must not know where it is posted.

use super::super::drift::fingerprint;
use super::super::text::Drift;
use super::super::text::parts::{
    Standing, change_texts, drifted, held_alone, ignored_text, phrase, rule_text, standing,
    sum_words,
};
use super::budget::{Part, Rank, fit};
use super::inline::{at_margin, code, code_of_name, collapsed, fenced, prose, titled};
use super::sections::{
    self, TAGGED, blocked_entry, findings, folded, providers, section, unreached,
};
use crate::plan::document::{Node, Plan};
use crate::plan::drift::{Drifted, Ignored};

/// The hidden line that an issue is found by: one per stack.
pub fn marker(stack: &str) -> String {
    sections::marker("drift", stack)
}

/// The drift in at most `budget` bytes, at least [`super::LEAST_BUDGET`]. Ends in a newline.
pub fn drift(found: &Drifted, budget: usize) -> String {
    let plan = &found.plan;
    let mut parts = vec![Part::Fixed(head(found))];
    parts.extend(unreached(plan));
    parts.extend(list(plan, Standing::Missing, "Missing"));
    parts.extend(list(plan, Standing::Changed, "Changed"));
    parts.extend(list(plan, Standing::Undeclared, "Not in configuration"));
    parts.extend(list(plan, Standing::Unknown, "Cannot be told"));
    parts.extend(ignored(&found.ignored));
    parts.extend(folded(details(plan)));
    parts.extend(findings(plan));
    parts.extend(providers(plan));
    parts.push(Part::Fixed(format!(
        "Checked at {}.\n",
        plan.made_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    )));
    fit(&parts, budget)
}

fn head(found: &Drifted) -> String {
    let plan = &found.plan;
    let drift = Drift::of(plan);
    let is_nothing = drift == Drift::default() && found.ignored.is_empty();
    let sum = match (is_nothing, sections::seen(plan)) {
        (true, Ok(seen)) => format!("none{seen}"),
        (true, Err(blind)) => blind.to_owned(),
        (false, Ok(_)) => sum_words(drift, found.ignored.len()),
        (false, Err(blind)) => format!("{}, {blind}", sum_words(drift, found.ignored.len())),
    };
    format!(
        "{}\n<!-- sk-dr:fingerprint:{} -->\n## Drift in {}: {sum}\n\n",
        marker(&plan.stack),
        fingerprint(found),
        code_of_name(&plan.stack)
    )
}

fn list(plan: &Plan, wanted: Standing, heading: &str) -> Vec<Part> {
    let entry = |node: &Node| {
        let address = code(&node.address.to_string());
        match wanted {
            Standing::Unknown => blocked_entry(node),
            Standing::Missing | Standing::Undeclared => format!("- {address}\n"),
            Standing::Changed => {
                let mut text = format!("- {address}\n");
                for change in change_texts(node) {
                    text.push_str(&format!("  - {}\n", prose(&change)));
                }
                text
            }
        }
    };
    let nodes = plan.nodes.iter().filter(|node| !plan.is_unreached(node));
    let nodes = nodes.filter(|node| standing(node) == wanted);
    let mut entries: Vec<String> = nodes.map(entry).collect();
    if wanted == Standing::Undeclared {
        entries.extend(
            held_alone(plan).map(|held| format!("- {}\n", code(&held.address.to_string()))),
        );
    }
    section(heading, Rank::Serious, entries)
}

fn ignored(ignored: &[Ignored]) -> Vec<Part> {
    let entry = |one: &Ignored| {
        format!(
            "- {}: {} ({})\n",
            code(&one.address.to_string()),
            prose(&ignored_text(one)),
            prose(&rule_text(one))
        )
    };
    section(
        "Ignored, as rules of the configuration say",
        Rank::Listed,
        ignored.iter().map(entry).collect(),
    )
}

fn details(plan: &Plan) -> Vec<String> {
    let told = plan.nodes.iter();
    told.filter(|node| standing(node) != Standing::Unknown)
        .map(|node| {
            collapsed(
                &titled(&node.address, phrase(node)),
                &fenced("diff", &at_margin(drifted(node, TAGGED))),
            )
        })
        .collect()
}
