//! Snapshots are asked for, and nothing can take them.

use super::scene::{Declared, SCHEDULE, SNAPSHOT_LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use std::collections::BTreeSet;

pub(super) const LINT: Lint = Lint {
    code: "volumes-not-covered",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "No method covers the volumes",
    cause: "The schedule asks for snapshots of volumes, there is no volume snapshot location, and file-system backup is not \
            on: the backup ends as Completed, and the volumes are not in it.",
    cure: "Set `default_volumes_to_fs_backup = true`, or declare a `velero_volume_snapshot_location`.",
    blind: "A CSI driver with a VolumeSnapshotClass covers its volumes by itself, and pods can opt in by the annotation \
            `backup.velero.io/backup-volumes`: allow it where that is meant.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let live = scene.undeclared(SNAPSHOT_LOCATION).into_iter();
    let live = live.filter_map(|(_, live)| live["metadata"]["namespace"].as_str());
    let declared = scene.of(SNAPSHOT_LOCATION).map(Declared::namespace);
    let covered: BTreeSet<String> = live.map(str::to_owned).chain(declared).collect();
    scene
        .of(SCHEDULE)
        .filter(|schedule| asks_in_vain(schedule))
        .filter(|schedule| !covered.contains(&schedule.namespace()))
        .map(|schedule| {
            schedule.hit(
                "snapshot_volumes",
                "It asks for snapshots, and there is no volume snapshot location.",
            )
        })
        .collect()
}

fn asks_in_vain(schedule: &Declared<'_>) -> bool {
    let is_open = |attribute: &str| schedule.says(attribute) && schedule.flag(attribute).is_none();
    schedule.flag("snapshot_volumes") == Some(true)
        && schedule.flag("default_volumes_to_fs_backup") != Some(true)
        && schedule.flag("snapshot_move_data") != Some(true)
        && !is_open("default_volumes_to_fs_backup")
        && !is_open("snapshot_move_data")
        && !schedule.says("resource_policy")
        && !schedule.says("volume_snapshot_locations")
}
