//! A schedule that writes where nothing may be written.

use super::scene::{Declared, LOCATION, SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use std::collections::BTreeMap;

pub(super) const LINT: Lint = Lint {
    code: "read-only-location",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "Schedule writes to a read-only location",
    cause: "Velero makes no backup in a location that is ReadOnly: each run of the schedule ends as FailedValidation, and \
            nobody has a backup.",
    cure: "Pause the schedule, or make the location ReadWrite.",
    blind: "A location that is not declared is known where a plan has listed it. Which one a schedule without \
            `storage_location` uses is set up at the server.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let declared = scene
        .of(LOCATION)
        .filter_map(|location| Some((location.place()?, location.text("access_mode")?)));
    let live = scene
        .undeclared(LOCATION)
        .into_iter()
        .filter_map(|(_, live)| {
            let text = |member: &str| live["metadata"][member].as_str();
            let mode = live["spec"]["accessMode"].as_str()?.to_owned();
            Some(((text("namespace"), text("name")?), mode))
        });
    let modes: BTreeMap<(Option<&str>, &str), String> = live.chain(declared).collect();
    let is_read_only = |schedule: &Declared<'_>, name: &str| {
        let namespace = schedule.namespace();
        let place = (Some(namespace.as_str()), name);
        modes.get(&place).is_some_and(|mode| mode == "ReadOnly")
    };
    scene
        .of(SCHEDULE)
        .filter(|schedule| schedule.runs())
        .filter_map(|schedule| {
            let name = schedule.text("storage_location")?;
            is_read_only(schedule, &name).then(|| {
                let detail = format!(
                    "The location \"{name}\" is ReadOnly: every run ends as FailedValidation."
                );
                schedule.hit("storage_location", detail)
            })
        })
        .collect()
}
