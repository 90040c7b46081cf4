//! What is said of a recovery's plan in every form: sentences and lists, without layout. Must not know how a point was chosen
//! nor where the text stands.

use super::style::clean_line;
use super::text::time;
use crate::goal::Recover;
use crate::model::address::Address;
use crate::model::recovery::Turn;
use crate::plan::document::{PassedOver, Pinned, PinnedDisk, Step};
use std::collections::BTreeSet;

/// What is lost, and which attempt at it this is.
pub(crate) fn sentence(recovery: &Recover) -> String {
    let lost: Vec<String> = recovery.lost.keys().map(ToString::to_string).collect();
    let (is, it) = match lost.len() {
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    format!(
        "{} {is} lost by declaration, and nothing was asked of {it}; incarnation {}",
        lost.join(", "),
        clean_line(&recovery.incarnation)
    )
}

/// What is lost with a point.
pub(crate) fn lost(pin: &Pinned) -> String {
    format!("{}: everything since {} UTC", pin.of, time(pin.started))
}

/// A disk that comes back with its claim.
pub(crate) fn disk(pin: &Pinned, disk: &PinnedDisk) -> String {
    format!(
        "{}: claim {} gets its disk {} back ({}, PersistentVolume {}), with what is on it: see that nothing else writes to it",
        pin.of, disk.claim, disk.handle, disk.size, disk.volume
    )
}

/// What is said of a point: why it is not restored where its size would put it, and what is newer and was not chosen.
pub(crate) fn remarks(pin: &Pinned) -> Vec<String> {
    let turn = match pin.turn {
        Turn::Infra => Some("comes back first: all others need it"),
        Turn::Applications => None,
        Turn::Quiet => Some("comes back last: it acts on what others own"),
    };
    let passed = pin.passed_over.iter().map(passed);
    turn.map(str::to_owned).into_iter().chain(passed).collect()
}

/// A newer point that was not chosen, and what choosing it would keep.
fn passed(passed: &PassedOver) -> String {
    let saves = passed.started.map_or_else(String::new, |started| {
        format!("; it would keep everything until {} UTC", time(started))
    });
    format!("passed over {}: {}{saves}", passed.backup, passed.reason)
}

/// Headings in their order, and under each its steps: what is called something by its title, the rest by address, once.
pub(crate) fn stages(steps: &[Step]) -> Vec<(&str, Vec<String>)> {
    let mut stages: Vec<(&str, Vec<&Step>)> = Vec::new();
    for step in steps {
        let Some(stage) = step.stage.as_deref() else {
            continue;
        };
        match stages.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, steps)) => steps.push(step),
            None => stages.push((stage, vec![step])),
        }
    }
    let lines = |(stage, steps): (_, Vec<&Step>)| (stage, lines(&steps));
    stages.into_iter().map(lines).collect()
}

fn lines(steps: &[&Step]) -> Vec<String> {
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    let mut all = Vec::new();
    for step in steps {
        match &step.title {
            Some(title) => all.push(format!("{}: {}", step.node, clean_line(title))),
            None if told.insert(&step.node) => all.push(step.node.to_string()),
            None => {}
        }
    }
    all
}
