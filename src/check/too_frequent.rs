//! Runs that come faster than a backup can end.

use super::names::length;
use super::scene::{SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::cron::Cron;
use jiff::SignedDuration;

pub(super) const LINT: Lint = Lint {
    code: "too-frequent",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Schedule runs very often",
    cause: "Velero takes one backup after the other and looks at its schedules once a minute. A run is left out while the last \
            backup of its schedule has not ended, and backups of other schedules wait in between.",
    cure: "Run it every quarter of an hour at most; a database wants its write-ahead log archived instead.",
    blind: "How long a backup takes is not known before it ran.",
    check,
};

/// Below this a backup of files has seldom ended.
const SHORTEST: SignedDuration = SignedDuration::from_mins(15);

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(SCHEDULE)
        .filter_map(|schedule| {
            let cron: Cron = schedule.text("schedule")?.parse().ok()?;
            let shortest = cron.shortest_gap()?;
            (shortest < SHORTEST).then(|| {
                let detail = format!(
                    "It runs {} after the run before; a backup that has not ended by then makes it skip.",
                    length(shortest)
                );
                schedule.hit("schedule", detail)
            })
        })
        .collect()
}
