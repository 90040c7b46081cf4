//! A schedule that leaves the life of its backups to the server.

use super::scene::{SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::duration::GoDuration;

pub(super) const LINT: Lint = Lint {
    code: "default-ttl",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Backups expire by the server's default",
    cause: "Without `ttl` a backup lives as long as `--default-backup-ttl` of the server says, 720h where nobody sets it. \
            Then it is deleted with its data, the last good one too.",
    cure: "Declare `ttl`.",
    blind: "",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(SCHEDULE)
        .filter(|schedule| match schedule.text("ttl") {
            Some(text) => text
                .parse::<GoDuration>()
                .is_ok_and(|length| length.nanoseconds() == 0),
            None => !schedule.says("ttl"),
        })
        .map(|schedule| {
            schedule.hit(
                "ttl",
                "Its backups are deleted after the server's --default-backup-ttl, 720h where nobody set it.",
            )
        })
        .collect()
}
