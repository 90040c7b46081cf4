//! The table of `velero_application`: one backup profile of an application. Places are those of its reading, which has
//! the form of the attributes.

use crate::kinds::velero;
use crate::kinds::velero_schedule::schema::{HOOK, LABEL_SELECTOR, RESOURCE_POLICY, UPLOADER};
use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// Volumes: file by file, unless a pod names those to leave out.
pub(super) const FILE_SYSTEM: &str = "file_system";
/// Volumes: file by file, those that a pod names.
pub(super) const FILE_SYSTEM_OPT_IN: &str = "file_system_opt_in";
/// Volumes: by snapshots.
pub(super) const SNAPSHOT: &str = "snapshot";
/// Volumes or cluster-scoped resources: none.
pub(super) const NONE: &str = "none";
/// Volumes: as the server is set up.
pub(super) const SERVER: &str = "server";
/// Cluster-scoped resources: all.
pub(super) const ALL: &str = "all";
/// Cluster-scoped resources: those that the chosen objects need.
pub(super) const RELATED: &str = "related";

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "velero_application",
    provider: Some("kubernetes"),
    summary: "One backup profile of an application: up to three Schedules, `NAME-PROFILE-daily`, `-monthly` and `-yearly`, each keeping its backups for as many periods as `retention` says. Counted as one resource; several profiles of an application are several resources. Removing it leaves the backups in the bucket.",
    example: r#"resource "velero_application" "nextcloud" {
  namespaces       = ["nextcloud"]
  storage_location = "default"
  volumes          = "file_system"
  rpo              = "26h"

  retention {
    daily   = 30
    monthly = 6
    yearly  = 2
  }

  ready_hook {
    use          = "postgres"
    match_labels = { app = "nextcloud-database" }
    container    = "postgres"
    path         = "/backup/all.sql"
  }

  restore {
    order = 20
  }
}
"#,
    fields: &[
        Field::new("schedules", Shape::TextList, "Names of its Schedules. They follow from the configuration and are known at plan.")
            .computed()
            .at("schedules"),
        Field::new("name", Shape::Text, "Name of the application: start of the names of its Schedules, and their label `application`. Where it is not set: the key of `for_each`, else the resource's own name; set it before renaming the resource, since other names are other Schedules.")
            .values(Values::Static)
            .at("name"),
        Field::new("profile", Shape::Text, "Name of the profile: follows the application's in the names, and is their label `profile`.")
            .default(Literal::Text("default"))
            .values(Values::Static)
            .at("profile"),
        Field::new("namespace", Shape::Text, "Namespace that the Velero server runs in.")
            .default(Literal::Text("velero"))
            .values(Values::Static)
            .at("namespace"),
        Field::new("labels", Shape::TextMap, "More labels of the Schedules and of their backups.")
            .values(Values::Static)
            .at("labels")
            .compare(Compare::MapExact),
        Field::new("annotations", Shape::TextMap, "Annotations of the Schedules; Velero copies them to their backups. Keys that others set are left alone.")
            .at("annotations")
            .compare(Compare::MapOwnedKeys),
        Field::new("retention", Shape::Block(RETENTION), "How many backups of each period are kept, by their age; zero: no Schedule of that period. At least one is not zero.")
            .required()
            .at("retention")
            .compare(Compare::Never),
        Field::new("schedule", Shape::Block(SCHEDULE), "When backups of each period are made.")
            .at("schedule")
            .compare(Compare::Never),
        Field::new("paused", Shape::Bool, "Whether no backups are made. Unpausing does not make up for missed runs.")
            .default(Literal::Bool(false))
            .at("paused")
            .compare(Compare::FalseAbsent),
        Field::new("use_owner_references_in_backup", Shape::Bool, "Whether Backup objects go when a Schedule is deleted by somebody. Velero's sync brings them back, so leave it false.")
            .at("use_owner_references_in_backup")
            .compare(Compare::FalseAbsent),
        names("namespaces", "Namespaces to back up: where none are named, that of the application's name; `[\"*\"]`: all."),
        names("excluded_namespaces", "Namespaces not to back up."),
        names("included_resources", "Resources to back up; all where none are named. Not together with the `*_scoped_resources` arguments.").compare(Compare::IncludeSet),
        names("excluded_resources", "Resources not to back up, beside those of `default_exclusions`. Not together with the `*_scoped_resources` arguments.").values(Values::Static),
        Field::new("default_exclusions", Shape::Bool, "Whether the cluster-scoped types that are not an application's are left out; true where it is not set, unless one of the `*_scoped_resources` arguments is: `apiservices.apiregistration.k8s.io`, `castemplates.openebs.io`, `certificatesigningrequests.certificates.k8s.io`, `clusterrolebindings.rbac.authorization.k8s.io`, `clusterroles.rbac.authorization.k8s.io`, `csinodes.storage.k8s.io`, `customresourcedefinitions.apiextensions.k8s.io`, `nodes`, `priorityclasses.scheduling.k8s.io`, `storageclasses.storage.k8s.io`, `storagepools.openebs.io`, `validatingwebhookconfigurations.admissionregistration.k8s.io`.")
            .values(Values::Static)
            .at("default_exclusions"),
        Field::new("cluster_resources", Shape::Choice(&[ALL, RELATED, NONE]), "Cluster-scoped resources: `all` that are not excluded, so that volumes are taken; `related`: those that the chosen objects need; or `none`. Where it is not set `all`, or `related` with one of the `*_scoped_resources` arguments.")
            .values(Values::Static)
            .at("cluster_resources"),
        names("included_cluster_scoped_resources", "Cluster-scoped resources to back up; only related ones where none are named, all with `[\"*\"]`.").values(Values::Static),
        names("excluded_cluster_scoped_resources", "Cluster-scoped resources not to back up.").values(Values::Static),
        names("included_namespace_scoped_resources", "Namespaced resources to back up; all where none are named.").compare(Compare::IncludeSet).values(Values::Static),
        names("excluded_namespace_scoped_resources", "Namespaced resources not to back up.").values(Values::Static),
        Field::new("label_selector", Shape::Block(LABEL_SELECTOR), "Only objects with these labels. Not together with `or_label_selector`.")
            .at("label_selector"),
        Field::new("or_label_selector", Shape::Blocks(LABEL_SELECTOR), "Only objects that one of these selectors takes.")
            .at("or_label_selector")
            .compare(Compare::Ordered),
        Field::new("storage_location", Shape::Text, "Name of the location to store backups in; the server's default where it is not set.")
            .at("storage_location"),
        Field::new("volumes", Shape::Choice(&[FILE_SYSTEM, FILE_SYSTEM_OPT_IN, SNAPSHOT, NONE, SERVER]), "How volumes are backed up. `file_system`: file by file, but for those that a pod names in its annotation `backup.velero.io/backup-volumes-excludes`. `file_system_opt_in`: file by file, those that a pod names in `backup.velero.io/backup-volumes` (and all, where the server is set up so); put the annotation on the workload's pod template, since one on the pod is lost at restart (`kubernetes_annotations` does it where a chart makes the workload). `snapshot`: by snapshots. `none`: no data of volumes, but for those that a pod names. `server`: as the server is set up. Where it is not set `file_system`, unless one of the next two is set.")
            .values(Values::Static)
            .at("volumes"),
        flag("default_volumes_to_fs_backup", "Whether volumes are backed up file by file unless a pod says otherwise; unset, as the server is set up. Not together with `volumes`, which names the usual pairs of this and the next.").values(Values::Static),
        flag("snapshot_volumes", "Whether to snapshot volumes; unset, as the server is set up. Not together with `volumes`.").values(Values::Static),
        names("volume_snapshot_locations", "Names of volume snapshot locations, at most one for each provider."),
        flag("snapshot_move_data", "Whether the data of snapshots is moved to the location; unset, as the server is set up."),
        Field::new("datamover", Shape::Text, "Data mover; Velero's own where it is not set.")
            .at("datamover")
            .compare(Compare::AbsentIs("velero")),
        Field::new("volume_group_snapshot_label_key", Shape::Text, "Label by which volumes are snapshotted as one group; `velero.io/volume-group` where it is not set.")
            .at("volume_group_snapshot_label_key"),
        duration("csi_snapshot_timeout", "For a CSI snapshot to become ready; `10m` where it is not set."),
        duration("item_operation_timeout", "For operations of plugins; `4h` where it is not set."),
        Field::new("uploader_config", Shape::Block(UPLOADER), "Settings of the uploader.").at("uploader_config"),
        Field::new("ordered_resources", Shape::TextMap, "Order of backup by resource: `pods = \"shop/a,shop/b\"`. It is not the order of restore.")
            .at("ordered_resources")
            .compare(Compare::MapExact),
        Field::new("resource_policy", Shape::Block(RESOURCE_POLICY), "ConfigMap with volume policies.").at("resource_policy"),
        Field::new("ready_hook", Shape::Blocks(READY_HOOK), "A hook that is known by name, with its commands; runs before the hooks of `hook`.")
            .compare(Compare::Never),
        Field::new("hook", Shape::Blocks(HOOK), "Commands to run in pods before and after they are backed up, in order.")
            .at("hook")
            .compare(Compare::Ordered),
        Field::new("rpo", Shape::Duration, "Objective: how old the newest backup may be. A finding where the Schedules cannot give it.")
            .compare(Compare::Never),
        Field::new("databases", Shape::TextList, "Not supported.").rejected(DATABASES),
        Field::new("restore", Shape::Block(RESTORE), "How a recovery restores it.")
            .compare(Compare::Never),
        velero::TIMEOUTS,
    ],
};

const fn names(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::TextList, doc)
        .at(name)
        .compare(Compare::NameSet)
}

const fn flag(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Bool, doc)
        .at(name)
        .compare(Compare::TriState)
}

const fn duration(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Duration, doc)
        .at(name)
        .compare(Compare::DurationZeroAbsent)
}

const fn count(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Integer, doc)
        .default(Literal::Integer(0))
        .values(Values::Static)
        .at(name)
}

const RETENTION: &[Field] = &[
    count("daily", "Daily backups: each is kept for 24h times this."),
    count(
        "monthly",
        "Monthly backups: each is kept for 31 days times this.",
    ),
    count(
        "yearly",
        "Yearly backups: each is kept for 365 days times this.",
    ),
];

const SCHEDULE: &[Field] = &[
    Field::new(
        "daily",
        Shape::Cron,
        "Daily; `0 1 * * *` where it is not set.",
    )
    .at("daily"),
    Field::new(
        "monthly",
        Shape::Cron,
        "Monthly; `0 3 1 * *` where it is not set.",
    )
    .at("monthly"),
    Field::new(
        "yearly",
        Shape::Cron,
        "Yearly; `0 5 1 1 *` where it is not set.",
    )
    .at("yearly"),
];

const READY_HOOK: &[Field] = &[
    Field::new("use", Shape::Choice(super::hooks::NAMES), super::hooks::DOC)
        .required()
        .values(Values::Static)
        .compare(Compare::Never),
    Field::new(
        "match_labels",
        Shape::TextMap,
        "Labels of the pods that it runs in, among those that are backed up.",
    )
    .required()
    .compare(Compare::Never),
    Field::new(
        "container",
        Shape::Text,
        "Container; the pod's first where it is not set.",
    )
    .compare(Compare::Never),
    Field::new(
        "path",
        Shape::Text,
        "With `fsfreeze` where the volume is mounted; else the file that is written, on a volume that is backed up.",
    )
    .required()
    .values(Values::Static)
    .compare(Compare::Never),
    Field::new(
        "timeout",
        Shape::Duration,
        "For each command to end; `10m` where it is not set.",
    )
    .compare(Compare::Never),
];

const RESTORE: &[Field] = &[
    Field::new(
        "order",
        Shape::Integer,
        "Place in the queue: lower numbers are restored first, and of one number the smallest backup. Below 0 it is of stage *infra*: all of it is back before any other application is begun, with every cluster-scoped object of its backup (set `default_exclusions = false`, or CustomResourceDefinitions and ClusterRoles are not in it) and without Pods, ReplicaSets and volumes.",
    )
    .default(Literal::Integer(0))
    .values(Values::Static)
    .compare(Compare::Never),
    Field::new("gate", Shape::Blocks(&[]), "Not supported.").rejected(GATE),
];

/// A gate that nobody waits at would be worse than none.
const GATE: &str = "it comes later: a recovery looks whether every object and volume is back, and waits for nothing beyond that. Leave it out";
/// Nothing of it may be taken before something is done with it.
const DATABASES: &str = "it comes later: no database has a restore point of its own yet, and a backup that holds one with an archive of its own stops a recovery of the application. Leave it out";
