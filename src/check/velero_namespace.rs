//! Velero's own namespace inside of a backup.

use super::names::lets_through;
use super::scene::{Declared, SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "velero-namespace",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Velero's namespace is inside of a backup",
    cause: "A backup keeps Secrets as they are: the credentials of the bucket would lie in the bucket. And a restore brings \
            Velero's own Deployment, locations and schedules back over the ones that carry out the restore.",
    cure: "Exclude the namespace, or include only the types that are meant (`included_resources = [\"schedules.velero.io\"]`).",
    blind: "What a label selector leaves over is not known: a schedule with one is passed over.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(SCHEDULE)
        .filter(|schedule| holds(schedule).unwrap_or(false))
        .map(|schedule| {
            let detail = format!(
                "Its backups hold the namespace \"{}\" with the credentials of the bucket.",
                schedule.namespace()
            );
            schedule.hit("included_namespaces", detail)
        })
        .collect()
}

/// Whether the Secrets of Velero's namespace are in its backups; `None`: not known.
fn holds(schedule: &Declared<'_>) -> Option<bool> {
    let through = |included: &str, excluded: &str, name: &str| {
        let (included, excluded) = (schedule.texts(included)?, schedule.texts(excluded)?);
        Some(lets_through(&included, &excluded, name))
    };
    let selects = schedule.says("label_selector") || schedule.says("or_label_selector");
    let namespace = schedule.namespace();
    Some(
        !selects
            && through("included_namespaces", "excluded_namespaces", &namespace)?
            && through("included_resources", "excluded_resources", "secrets")?
            && through(
                "included_namespace_scoped_resources",
                "excluded_namespace_scoped_resources",
                "secrets",
            )?,
    )
}
