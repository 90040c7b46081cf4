//! Several volume snapshot locations of one plugin, and backups that do not choose.

use super::scene::{Declared, SCHEDULE, SNAPSHOT_LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use std::collections::BTreeMap;

pub(super) const LINT: Lint = Lint {
    code: "several-snapshot-locations",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "Several snapshot locations of one plugin",
    cause: "Where a plugin has more than one volume snapshot location and a backup names none of them, Velero refuses the \
            backup, also one that takes no snapshot at all.",
    cure: "Name one in `volume_snapshot_locations` of every schedule, or keep one.",
    blind: "The server may choose by `--default-volume-snapshot-locations`.",
    check,
};

/// Namespace, and plugin with its usual prefix dropped.
type Place = (String, String);

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let declared = scene.of(SNAPSHOT_LOCATION).filter_map(|location| {
        let plugin = plugin(&location.text("provider_name")?);
        Some(((location.namespace(), plugin), location.text("name")?))
    });
    let live = scene
        .undeclared(SNAPSHOT_LOCATION)
        .into_iter()
        .filter_map(|(_, live)| {
            let namespace = live["metadata"]["namespace"].as_str()?.to_owned();
            let plugin = plugin(live["spec"]["provider"].as_str()?);
            Some((
                (namespace, plugin),
                live["metadata"]["name"].as_str()?.to_owned(),
            ))
        });
    let mut names: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for (place, name) in declared.chain(live) {
        names.entry(place).or_default().push(name);
    }
    names
        .into_iter()
        .filter(|(_, names)| names.len() > 1)
        .flat_map(|((namespace, plugin), names)| {
            scene
                .of(SCHEDULE)
                .filter(move |schedule| schedule.runs() && schedule.namespace() == namespace)
                .filter(move |schedule| !chooses(schedule, &names))
                .map(move |schedule| {
                    let detail = format!(
                        "It names none of the several snapshot locations of {plugin}: Velero refuses its backups."
                    );
                    schedule.hit("volume_snapshot_locations", detail)
                })
        })
        .collect()
}

fn plugin(name: &str) -> String {
    name.strip_prefix("velero.io/").unwrap_or(name).to_owned()
}

/// Whether a schedule names one of them; what is not known yet may.
fn chooses(schedule: &Declared<'_>, names: &[String]) -> bool {
    let chosen = schedule.texts("volume_snapshot_locations");
    chosen.is_none_or(|chosen| chosen.iter().any(|name| names.contains(name)))
}
