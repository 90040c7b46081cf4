//! Parts that a plan and a drift share. Must not know which of them it is.

use super::super::style::{Dress, Speaker, Style};
use super::super::text::parts::place;
use super::super::text::{blocks, reason};
use super::budget::{Part, Rank};
use super::inline::{cell, code, fenced, prose};
use crate::plan::document::{Finding, FindingSeverity, Node, Plan, Sight};
use crate::plan::readiness::NOT_READY;

/// The comment in the text that CI looks for to update it: one per stack.
pub(crate) fn marker(what: &str, stack: &str) -> String {
    let plain: String = stack
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(63)
        .collect();
    format!("<!-- sk-dr:{what}:{plain} -->")
}

/// A heading in bold and a list under it; nothing where the list is empty.
pub(crate) fn section(heading: &str, rank: Rank, entries: Vec<String>) -> Vec<Part> {
    if entries.is_empty() {
        return Vec::new();
    }
    vec![
        Part::Fixed(format!("**{heading}**\n\n")),
        Part::Entries {
            rank,
            entries,
            left_out: |count| format!("- and {count} more, left out to keep within the budget\n"),
            end: "\n",
        },
    ]
}

/// Marks are found again and moved to the margin.
pub(crate) const TAGGED: Dress = Dress {
    style: Style::Tagged,
    width: None,
    speaker: Speaker::SkDr,
};

/// The rest of a sentence, behind something else.
pub(crate) fn prose_after(rest: &str) -> String {
    format!(" {}", prose(rest.trim_start()))
}

/// What stops a resource, and what would mend it.
pub(crate) fn blocked_entry(node: &Node) -> String {
    let mut reasons = Vec::new();
    let mut blocks = String::new();
    if node.blockers.is_empty() {
        reasons.push(prose(&node.reason.text));
    }
    for blocker in &node.blockers {
        let (cure, block) = blocker.cure.split_once('\n').unwrap_or((&blocker.cure, ""));
        reasons.extend([prose(&blocker.text), prose(cure)]);
        if !block.is_empty() {
            let lines: Vec<String> = block.lines().map(str::to_owned).collect();
            let whole = fenced("hcl", &lines);
            // Inside of the list item.
            blocks.extend(whole.lines().map(|line| format!("  {line}\n")));
        }
    }
    reasons.retain(|text| !text.is_empty());
    format!(
        "- {}: {}\n{blocks}",
        code(&node.address.to_string()),
        reasons.join(" ")
    )
}

/// What is said where nothing differs: how far it was looked.
pub(crate) fn seen(plan: &Plan) -> Result<&'static str, &'static str> {
    let is_ready = |one: &Finding| one.code != NOT_READY;
    match plan.sight() {
        Sight::Whole(_) | Sight::Part(_) if !plan.findings.iter().all(is_ready) => {
            Ok(", but not all of it is ready")
        }
        Sight::Whole(_) => Ok(""),
        Sight::Part(_) => Ok(" in what was looked at"),
        Sight::Nowhere => Ok(", nothing was asked"),
        Sight::Blind(_) => Err("not everything was compared"),
    }
}

/// Providers of which nothing was seen.
pub(crate) fn unreached(plan: &Plan) -> Vec<Part> {
    let entries = plan.unreached().map(|(place, nodes)| {
        format!(
            "- provider {}: {}. {}. {}\n",
            code(&place.provider.to_string()),
            prose(&reason(place)),
            prose(&blocks(&nodes)),
            prose(&place.next)
        )
    });
    section("Not reached", Rank::Serious, entries.collect())
}

/// Resources in detail, each behind its fold.
pub(crate) fn folded(entries: Vec<String>) -> Vec<Part> {
    if entries.is_empty() {
        return Vec::new();
    }
    vec![Part::Entries {
        rank: Rank::Detail,
        entries,
        left_out: |count| {
            format!(
                "*{} not shown in detail, the largest first, to keep within the budget.*\n\n",
                match count {
                    1 => "1 resource is".to_owned(),
                    count => format!("{count} resources are"),
                }
            )
        },
        end: "",
    }]
}

/// Findings and what was not swept, as a table.
pub(crate) fn findings(plan: &Plan) -> Vec<Part> {
    let finding = plan.findings.iter().map(|finding| {
        let subject = finding
            .address
            .as_ref()
            .map(|address| cell(&code(&address.to_string())))
            .unwrap_or_default();
        let danger = match finding.severity {
            FindingSeverity::Danger => ", **danger**",
            FindingSeverity::Warning => "",
        };
        format!(
            "| {} {}{danger} | {subject} | {} |\n",
            prose(&finding.summary),
            cell(&code(&finding.code)),
            prose(&finding.detail)
        )
    });
    let places = plan.unswept.iter().filter_map(|place| {
        let resource = place.resource.as_deref();
        // A provider of which nothing was seen has its own heading.
        (!place.hides() || resource.is_some()).then_some((place, resource.unwrap_or("everything")))
    });
    let unswept = places.map(|(place, resource)| {
        format!(
            "| Not swept for orphans | {} | provider {}: {} |\n",
            cell(&code(resource)),
            cell(&code(&place.provider.to_string())),
            prose(&place.reason)
        )
    });
    let entries: Vec<String> = finding.chain(unswept).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    vec![
        Part::Fixed("| finding | about | detail |\n| --- | --- | --- |\n".to_owned()),
        Part::Entries {
            rank: Rank::Finding,
            entries,
            left_out: |count| {
                format!("| and {count} more, left out to keep within the budget | | |\n")
            },
            end: "\n",
        },
    ]
}

/// Where it was looked.
pub(crate) fn providers(plan: &Plan) -> Vec<Part> {
    let entries: Vec<String> = plan
        .providers
        .iter()
        .map(|(name, provider)| {
            format!(
                "Provider {}: {}\n\n",
                code(&name.to_string()),
                prose(&place(provider))
            )
        })
        .collect();
    vec![Part::Entries {
        rank: Rank::Finding,
        entries,
        left_out: |count| format!("And {count} more providers.\n\n"),
        end: "",
    }]
}
