//! The head of a recovery's plan: what it is, from which points, what is lost with them, in which order, what stays away.
//! Must not know how a point was chosen.

use super::super::style::{Dress, Role, clean, clean_line, wrap};
use super::backups::{size, time};
use super::table::{Row, table};
use crate::goal::Recover;
use crate::model::address::Address;
use crate::plan::document::{PassedOver, Pinned, Plan, Step};
use std::collections::BTreeSet;

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
    let lost: Vec<String> = recovery.lost.keys().map(ToString::to_string).collect();
    let words = format!(
        "{} {} lost by declaration, and nothing was asked of {}; incarnation {}",
        lost.join(", "),
        if lost.len() == 1 { "is" } else { "are" },
        if lost.len() == 1 { "it" } else { "them" },
        clean_line(&recovery.incarnation)
    );
    vec![
        format!("{} {words}", dress.style.paint(Role::Strong, &name)),
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
    let lost: Vec<String> = plan
        .pinned
        .iter()
        .map(|pin| format!("{}: everything since {} UTC", pin.of, time(pin.started)))
        .collect();
    all.extend(listed("Lost", &lost, dress));
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
        remarks: pin.passed_over.iter().map(passed).collect(),
    }
}

fn passed(passed: &PassedOver) -> String {
    let saves = passed.started.map_or_else(String::new, |started| {
        format!("; it would keep everything until {} UTC", time(started))
    });
    format!("passed over {}: {}{saves}", passed.backup, passed.reason)
}

/// Steps under their headings, each once: what is called something by its title, the rest by address.
fn order(plan: &Plan, dress: Dress) -> Vec<String> {
    let mut stages: Vec<(&str, Vec<&Step>)> = Vec::new();
    for step in &plan.steps {
        let Some(stage) = step.stage.as_deref() else {
            continue;
        };
        match stages.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, steps)) => steps.push(step),
            None => stages.push((stage, vec![step])),
        }
    }
    if stages.is_empty() {
        return Vec::new();
    }
    let mut all = vec!["In this order:".to_owned()];
    for (at, (stage, steps)) in stages.iter().enumerate() {
        let head = format!("{} {}", at + 1, clean_line(stage));
        all.push(format!("  {}", dress.style.paint(Role::Strong, &head)));
        all.extend(of_stage(steps, dress));
    }
    all.push(String::new());
    all
}

fn of_stage(steps: &[&Step], dress: Dress) -> Vec<String> {
    let width = dress.width.map(|width| width.saturating_sub(4));
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    let mut all = Vec::new();
    for step in steps {
        let text = match &step.title {
            Some(title) => format!("{}: {}", step.node, clean_line(title)),
            None if told.insert(&step.node) => step.node.to_string(),
            None => continue,
        };
        all.extend(wrap(&text, width).iter().map(|line| format!("    {line}")));
    }
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
