//! The head of a recovery's plan: what it is, from which points, what is lost with them, in which order, what stays away.
//! Must not know how a point was chosen.

use super::super::recovery::{disk, lost, remarks, sentence, stages};
use super::super::style::{Dress, Role, clean, clean_line, wrap};
use super::backups::{size, time};
use super::table::{Row, table};
use crate::goal::Recover;
use crate::plan::document::{Pinned, Plan};

const HEAD: [&str; 6] = [
    "RESTORED",
    "FROM",
    "COMPLETED (UTC)",
    "OBJECTS",
    "VOLUMES",
    "SIZE",
];

/// The head; nothing for a plan that is no recovery.
pub(crate) fn head(plan: &Plan, dress: Dress) -> Vec<String> {
    let Some(recovery) = &plan.goal.recovery else {
        return Vec::new();
    };
    let mut all = title(recovery, dress);
    all.extend(points(plan, dress));
    all.extend(order(plan, dress));
    all.extend(listed("Not restored", &plan.not_restored, dress));
    all
}

fn title(recovery: &Recover, dress: Dress) -> Vec<String> {
    let name = format!("Recovery {}:", clean_line(&recovery.name));
    vec![
        format!(
            "{} {}",
            dress.style.paint(Role::Strong, &name),
            sentence(recovery)
        ),
        String::new(),
    ]
}

fn points(plan: &Plan, dress: Dress) -> Vec<String> {
    if plan.pinned.is_empty() {
        return vec![
            "Nothing is restored from a backup.".to_owned(),
            String::new(),
        ];
    }
    let mut all = vec!["Restore points; apply uses exactly these:".to_owned()];
    let rows = plan.pinned.iter().map(row).collect();
    let text = table(&HEAD, rows, dress);
    all.extend(text.lines().map(str::to_owned));
    all.push(String::new());
    let losses: Vec<String> = plan.pinned.iter().map(lost).collect();
    all.extend(listed("Lost", &losses, dress));
    let disks = plan.pinned.iter();
    let disks = disks.flat_map(|pin| pin.disks.iter().map(|one| disk(pin, one)));
    all.extend(listed("Disks", &disks.collect::<Vec<_>>(), dress));
    all
}

fn row(pin: &Pinned) -> Row {
    Row {
        cells: vec![
            pin.of.to_string(),
            pin.backup.clone(),
            time(pin.completed),
            pin.items.to_string(),
            pin.volumes.to_string(),
            size(pin.bytes),
        ],
        remarks: remarks(pin),
    }
}

/// Steps under their headings.
fn order(plan: &Plan, dress: Dress) -> Vec<String> {
    let stages = stages(&plan.steps);
    if stages.is_empty() {
        return Vec::new();
    }
    let width = dress.width.map(|width| width.saturating_sub(4));
    let mut all = vec!["In this order:".to_owned()];
    for (at, (stage, lines)) in stages.iter().enumerate() {
        let head = format!("{} {}", at + 1, clean_line(stage));
        all.push(format!("  {}", dress.style.paint(Role::Strong, &head)));
        let wrapped = lines.iter().flat_map(|line| wrap(line, width));
        all.extend(wrapped.map(|line| format!("    {line}")));
    }
    all.push(String::new());
    all
}

fn listed(heading: &str, lines: &[String], dress: Dress) -> Vec<String> {
    if lines.is_empty() {
        return Vec::new();
    }
    let width = dress.width.map(|width| width.saturating_sub(2));
    let mut all = vec![format!("{heading}:")];
    for line in lines {
        all.extend(
            wrap(&clean(line), width)
                .iter()
                .map(|line| format!("  {line}")),
        );
    }
    all.push(String::new());
    all
}
