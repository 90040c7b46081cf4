//! A run at an hour that does not exist once a year.

use super::scene::{SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::cron::Cron;

pub(super) const LINT: Lint = Lint {
    code: "skipped-run",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "A run is skipped when the clocks go forward",
    cause: "The expression names a time zone (`CRON_TZ=`), and fires in an hour that the clocks skip once a year. Velero does \
            not make up for it: on that day there is no backup.",
    cure: "Choose an hour that exists on every day, or leave the zone out.",
    blind: "An expression without a zone runs in the server's, which is usually UTC and is not known here.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(SCHEDULE)
        .filter_map(|schedule| {
            let cron: Cron = schedule.text("schedule")?.parse().ok()?;
            let run = cron.skipped_run()?;
            let detail =
                format!("The run of {run} does not happen: the clocks go forward over it.");
            Some(schedule.hit("schedule", detail))
        })
        .collect()
}
