//! An objective that the schedules cannot meet.

use super::names::length;
use super::scene::{Declared, SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::address::Address;
use crate::model::cron::Cron;
use crate::model::duration::GoDuration;
use jiff::SignedDuration;
use std::collections::BTreeMap;

pub(super) const LINT: Lint = Lint {
    code: "objective-missed",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "Objective will be missed",
    cause: "A resource declares how old its newest backup may be (`rpo`), and its schedules leave longer gaps, counted over \
            nine years with leap days and, where the expression names a time zone, the changes of the clocks.",
    cure: "Run it more often, or declare the objective that is really meant.",
    blind: "How long a backup takes is not known before it ran; it comes on top.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let mut schedules: BTreeMap<&Address, Vec<&Declared<'_>>> = BTreeMap::new();
    for schedule in scene.of(SCHEDULE) {
        let of_owner = schedules.entry(&schedule.owner.address).or_default();
        of_owner.push(schedule);
    }
    schedules
        .into_values()
        .filter_map(|schedules| {
            let owner = schedules.first()?.owner;
            let objective = owner.text("rpo")?;
            let rpo: GoDuration = objective.parse().ok()?;
            let rhythm = rhythm(&schedules)?;
            (rhythm.as_nanos() > i128::from(rpo.nanoseconds())).then(|| {
                let detail = format!(
                    "It declares rpo = {objective}, its schedule runs every {}.",
                    length(rhythm)
                );
                schedules.first().map(|first| first.hit("rpo", detail))
            })?
        })
        .collect()
}

/// The longest time without a run of the most frequent schedule. `None` where one is not known, or none runs.
fn rhythm(schedules: &[&Declared<'_>]) -> Option<SignedDuration> {
    let running = schedules.iter().filter(|schedule| schedule.runs());
    let gaps: Option<Vec<SignedDuration>> = running
        .map(|schedule| {
            let cron: Cron = schedule.text("schedule")?.parse().ok()?;
            Some(cron.longest_gap().unwrap_or(SignedDuration::MAX))
        })
        .collect();
    gaps?.into_iter().min()
}
