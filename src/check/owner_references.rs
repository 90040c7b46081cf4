//! Backups that go with their schedule.

use super::scene::{SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "owner-references",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Backups go with their schedule",
    cause: "`use_owner_references_in_backup` makes the Schedule own its Backup objects: deleting it deletes them, and at the \
            next sync they come back from the bucket, without an owner. `sk-dr` deletes a schedule so that they stay; \
            kubectl and GitOps tools do not.",
    cure: "Leave it false.",
    blind: "",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(SCHEDULE)
        .filter(|schedule| schedule.flag("use_owner_references_in_backup") == Some(true))
        .map(|schedule| {
            schedule.hit(
                "use_owner_references_in_backup",
                "Whoever deletes the Schedule deletes the Backup objects it made.",
            )
        })
        .collect()
}
