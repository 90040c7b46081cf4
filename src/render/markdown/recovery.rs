//! What a recovery's plan says beyond any plan's: from which points, what is lost with them, what stays away, and the order.
//! Must not know how a point was chosen.

use super::super::recovery::{disk, lost, remarks, sentence, stages};
use super::super::style::clean_line;
use super::super::text::parts::plural;
use super::super::text::{size, time};
use super::budget::{Part, Rank};
use super::inline::{code, code_of_name, collapsed, prose};
use super::sections::section;
use crate::plan::document::{Pinned, Plan};

/// Its parts; none for a plan that is no recovery.
pub(crate) fn recovery(plan: &Plan) -> Vec<Part> {
    let Some(recovery) = &plan.goal.recovery else {
        return Vec::new();
    };
    let mut parts = vec![Part::Fixed(format!(
        "Recovery {}: {}.\n\n",
        code_of_name(&recovery.name),
        prose(&shortened(&sentence(recovery)))
    ))];
    let points = plan.pinned.iter().map(point).collect();
    parts.extend(section(
        "Restore points; apply uses exactly these",
        Rank::Serious,
        points,
    ));
    let losses = plan.pinned.iter().map(|pin| entry(&lost(pin)));
    parts.extend(section("Lost", Rank::Serious, losses.collect()));
    let disks = plan.pinned.iter();
    let disks = disks.flat_map(|pin| pin.disks.iter().map(|one| entry(&disk(pin, one))));
    parts.extend(section("Disks", Rank::Serious, disks.collect()));
    let away = plan.not_restored.iter().map(|text| entry(text));
    parts.extend(section("Not restored", Rank::Finding, away.collect()));
    parts.extend(order(plan));
    parts
}

/// Names that somebody wrote have no longest length, and a part that is always there has.
fn shortened(sentence: &str) -> String {
    sentence.chars().take(500).collect()
}

fn entry(text: &str) -> String {
    // Four spaces behind the mark would begin a block of code.
    format!("- {}\n", prose(clean_line(text).trim()))
}

fn point(pin: &Pinned) -> String {
    let mut text = format!(
        "- {} from {}, completed {} UTC: {}, {}, {}\n",
        code(&pin.of.to_string()),
        code(&pin.backup),
        time(pin.completed),
        count(pin.items, "object"),
        count(pin.volumes, "volume"),
        size(pin.bytes)
    );
    for remark in remarks(pin) {
        text.push_str(&format!("  - {}\n", prose(&remark)));
    }
    text
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {}", plural(number as usize, what))
}

/// The stages behind one fold each.
fn order(plan: &Plan) -> Vec<Part> {
    let folds = stages(&plan.steps).into_iter().enumerate();
    let fold = |(at, (stage, lines)): (usize, (&str, Vec<String>))| {
        let title = format!("{} {}", at + 1, prose(&clean_line(stage)));
        let body: String = lines.iter().map(|line| entry(line)).collect();
        collapsed(&title, &body)
    };
    let entries: Vec<String> = folds.map(fold).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    vec![
        Part::Fixed("**In this order**\n\n".to_owned()),
        Part::Entries {
            rank: Rank::Listed,
            entries,
            left_out: |count| {
                format!(
                    "*{} left out to keep within the budget.*\n\n",
                    match count {
                        1 => "1 stage is".to_owned(),
                        count => format!("{count} stages are"),
                    }
                )
            },
            end: "",
        },
    ]
}
