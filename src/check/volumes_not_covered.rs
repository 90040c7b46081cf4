//! Snapshots are asked for, and nothing can take them.

use super::scene::{Declared, SCHEDULE, SNAPSHOT_LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use std::collections::BTreeSet;

/// What annotates workloads.
const ANNOTATIONS: &str = "kubernetes_annotations";
/// Names the volumes of a pod that are copied file by file, where not all are.
const OPT_IN: &str = "backup.velero.io/backup-volumes";

pub(super) const LINT: Lint = Lint {
    code: "volumes-not-covered",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "No method covers the volumes",
    cause: "The schedule asks for snapshots of volumes, there is no volume snapshot location, and file-system backup is not \
            on: the backup ends as Completed, and the volumes are not in it. A declared annotation \
            `backup.velero.io/backup-volumes` on a workload of its namespaces is a method.",
    cure: "Set `default_volumes_to_fs_backup = true`, or declare a `velero_volume_snapshot_location`.",
    blind: "A CSI driver with a VolumeSnapshotClass covers its volumes by itself, and pods can opt in by an annotation \
            that is not declared here: allow it where that is meant.",
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
        .filter(|schedule| !opted_in(scene, schedule))
        .map(|schedule| {
            schedule.hit(
                "snapshot_volumes",
                "It asks for snapshots, and there is no volume snapshot location.",
            )
        })
        .collect()
}

/// Whether a workload of a namespace that is backed up names volumes to be copied file by file.
fn opted_in(scene: &Scene<'_>, schedule: &Declared<'_>) -> bool {
    let included = schedule.texts("included_namespaces").unwrap_or_default();
    let takes = |namespace: &String| {
        included.is_empty() || included.iter().any(|one| one == "*" || one == namespace)
    };
    scene
        .of(ANNOTATIONS)
        .filter(|workload| takes(&workload.namespace()))
        .any(|workload| {
            let annotations = workload.resource.body.member("template_annotations");
            let volumes = annotations.and_then(|all| all.member(OPT_IN));
            volumes.is_some_and(|volumes| !volumes.known().is_some_and(|text| *text == ""))
        })
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
