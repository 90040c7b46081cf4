//! The table of `velero_schedule`: a Schedule and the BackupSpec of Velero 1.18.1 that it holds.

use crate::kinds::velero;
use crate::model::schema::{Compare, Field, Literal, Schema, Shape};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "velero_schedule",
    provider: Some("kubernetes"),
    summary: "Backups at set times: a Velero Schedule. Removing it leaves the backups it made in the bucket.",
    example: r#"resource "velero_schedule" "shop" {
  name                         = "shop"
  schedule                     = "0 1 * * *"
  ttl                          = "720h"
  storage_location             = "default"
  included_namespaces          = ["shop"]
  default_volumes_to_fs_backup = true

  hook {
    name                = "flush"
    included_namespaces = ["shop"]
    label_selector {
      match_labels = { app = "database" }
    }
    pre {
      exec {
        container = "database"
        command   = ["/bin/sync"]
        on_error  = "Fail"
        timeout   = "1m"
      }
    }
  }
}
"#,
    fields: &[
        velero::ID,
        velero::UID,
        velero::NAME,
        velero::NAMESPACE,
        velero::LABELS,
        velero::ANNOTATIONS,
        Field::new("schedule", Shape::Cron, "When to run: a cron expression of five fields in the server's time zone, `@daily`, `@every 6h`, or with `CRON_TZ=Europe/Berlin ` before it.")
            .required()
            .at("spec.schedule"),
        Field::new("paused", Shape::Bool, "Whether no backups are made. Unpausing does not make up for missed runs: sk-dr sets `skipImmediately` in the same write.")
            .default(Literal::Bool(false))
            .at("spec.paused")
            .compare(Compare::FalseAbsent),
        Field::new("skip_immediately", Shape::Bool, "Not supported.").rejected(
            "it is an action, not a setting: Velero clears it at once; sk-dr sets it in the write that unpauses the schedule",
        ),
        Field::new("use_owner_references_in_backup", Shape::Bool, "Whether Backup objects go when the Schedule is deleted by somebody. Velero's sync brings them back, so leave it false.")
            .default(Literal::Bool(false))
            .at("spec.useOwnerReferencesInBackup")
            .compare(Compare::FalseAbsent),
        Field::new("backup_labels", Shape::TextMap, "Labels of the Backups. Where none are set, sk-dr writes `velero.io/schedule-name`, which Velero sets anyway: without any, Velero would copy the labels of the Schedule, ownership marks too.")
            .at("spec.template.metadata.labels")
            .compare(Compare::MapExact),
        names("included_namespaces", "spec.template.includedNamespaces", "Namespaces to back up; all where none are named. Globs `*`, `?` and `[a-z]` are allowed.").compare(Compare::IncludeSet),
        names("excluded_namespaces", "spec.template.excludedNamespaces", "Namespaces not to back up."),
        names("included_resources", "spec.template.includedResources", "Resources to back up; all where none are named. Not together with the `*_scoped_resources` arguments.").compare(Compare::IncludeSet),
        names("excluded_resources", "spec.template.excludedResources", "Resources not to back up. Not together with the `*_scoped_resources` arguments."),
        tri_state("include_cluster_resources", "spec.template.includeClusterResources", "Cluster-scoped resources: true all, false none; unset, those that the chosen namespaces need. Not together with the `*_scoped_resources` arguments."),
        names("included_cluster_scoped_resources", "spec.template.includedClusterScopedResources", "Cluster-scoped resources to back up; only related ones where none are named, all with `[\"*\"]`."),
        names("excluded_cluster_scoped_resources", "spec.template.excludedClusterScopedResources", "Cluster-scoped resources not to back up."),
        names("included_namespace_scoped_resources", "spec.template.includedNamespaceScopedResources", "Namespaced resources to back up; all where none are named.").compare(Compare::IncludeSet),
        names("excluded_namespace_scoped_resources", "spec.template.excludedNamespaceScopedResources", "Namespaced resources not to back up."),
        Field::new("label_selector", Shape::Block(LABEL_SELECTOR), "Only objects with these labels. Not together with `or_label_selector`.")
            .at("spec.template.labelSelector"),
        Field::new("or_label_selector", Shape::Blocks(LABEL_SELECTOR), "Only objects that one of these selectors takes.")
            .at("spec.template.orLabelSelectors")
            .compare(Compare::Ordered),
        tri_state("snapshot_volumes", "spec.template.snapshotVolumes", "Whether to snapshot volumes; unset, as the server is set up."),
        tri_state("default_volumes_to_fs_backup", "spec.template.defaultVolumesToFsBackup", "Whether volumes are backed up file by file unless a pod says otherwise; unset, as the server is set up."),
        Field::new("default_volumes_to_restic", Shape::Bool, "Not supported.")
            .rejected("Velero renamed it: write `default_volumes_to_fs_backup`")
            .at("spec.template.defaultVolumesToRestic")
            .compare(Compare::TriState),
        tri_state("snapshot_move_data", "spec.template.snapshotMoveData", "Whether the data of snapshots is moved to the location; unset, as the server is set up."),
        Field::new("datamover", Shape::Text, "Data mover; Velero's own where it is not set.")
            .at("spec.template.datamover")
            .compare(Compare::AbsentIs("velero")),
        Field::new("uploader_config", Shape::Block(UPLOADER), "Settings of the uploader.").at("spec.template.uploaderConfig"),
        duration("ttl", "spec.template.ttl", "How long a backup is kept; `720h` where it is not set. A change affects future backups only: existing ones keep their expiry."),
        Field::new("storage_location", Shape::Text, "Name of the location to store backups in; the server's default where it is not set.")
            .at("spec.template.storageLocation"),
        names("volume_snapshot_locations", "spec.template.volumeSnapshotLocations", "Names of volume snapshot locations, at most one for each provider."),
        duration("csi_snapshot_timeout", "spec.template.csiSnapshotTimeout", "For a CSI snapshot to become ready; `10m` where it is not set."),
        duration("item_operation_timeout", "spec.template.itemOperationTimeout", "For operations of plugins; `4h` where it is not set."),
        Field::new("volume_group_snapshot_label_key", Shape::Text, "Label by which volumes are snapshotted as one group; `velero.io/volume-group` where it is not set.")
            .at("spec.template.volumeGroupSnapshotLabelKey"),
        Field::new("ordered_resources", Shape::TextMap, "Order of backup by resource: `pods = \"shop/a,shop/b\"`. It is not the order of restore.")
            .at("spec.template.orderedResources")
            .compare(Compare::MapExact),
        Field::new("resource_policy", Shape::Block(RESOURCE_POLICY), "ConfigMap with volume policies.").at("spec.template.resourcePolicy"),
        Field::new("hook", Shape::Blocks(HOOK), "Commands to run in pods before and after they are backed up, in order.")
            .at("spec.template.hooks.resources")
            .compare(Compare::Ordered),
        velero::TIMEOUTS,
    ],
};

const fn names(name: &'static str, place: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::TextList, doc)
        .at(place)
        .compare(Compare::NameSet)
}

const fn tri_state(name: &'static str, place: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Bool, doc)
        .at(place)
        .compare(Compare::TriState)
}

const fn duration(name: &'static str, place: &'static str, doc: &'static str) -> Field {
    Field::new(name, Shape::Duration, doc)
        .at(place)
        .compare(Compare::DurationZeroAbsent)
}

pub(in crate::kinds) const LABEL_SELECTOR: &[Field] = &[
    Field::new(
        "match_labels",
        Shape::TextMap,
        "Labels with just these values.",
    )
    .at("matchLabels")
    .compare(Compare::MapExact),
    Field::new(
        "match_expression",
        Shape::Blocks(MATCH_EXPRESSION),
        "Conditions that must all hold.",
    )
    .at("matchExpressions")
    .compare(Compare::Ordered),
];

const MATCH_EXPRESSION: &[Field] = &[
    Field::new("key", Shape::Text, "Key of the label.")
        .required()
        .at("key"),
    Field::new(
        "operator",
        Shape::Choice(&["In", "NotIn", "Exists", "DoesNotExist"]),
        "What must hold.",
    )
    .required()
    .at("operator"),
    names("values", "values", "Values, with `In` and `NotIn`."),
];

pub(in crate::kinds) const UPLOADER: &[Field] = &[Field::new(
    "parallel_files_upload",
    Shape::Integer,
    "Files uploaded at once.",
)
.at("parallelFilesUpload")];

pub(in crate::kinds) const RESOURCE_POLICY: &[Field] = &[
    Field::new(
        "kind",
        Shape::Text,
        "Kind of the object; Velero knows ConfigMaps only.",
    )
    .default(Literal::Text("configmap"))
    .at("kind")
    .compare(Compare::AnyCase),
    Field::new(
        "name",
        Shape::Text,
        "Name of the ConfigMap, in Velero's namespace.",
    )
    .required()
    .at("name"),
];

pub(in crate::kinds) const HOOK: &[Field] = &[
    Field::new("name", Shape::Text, "Name, for messages.")
        .required()
        .at("name"),
    names(
        "included_namespaces",
        "includedNamespaces",
        "Namespaces it runs in; all where none are named.",
    )
    .compare(Compare::IncludeSet),
    names(
        "excluded_namespaces",
        "excludedNamespaces",
        "Namespaces it does not run in.",
    ),
    names(
        "included_resources",
        "includedResources",
        "Resources it runs for; all where none are named.",
    )
    .compare(Compare::IncludeSet),
    names(
        "excluded_resources",
        "excludedResources",
        "Resources it does not run for.",
    ),
    Field::new(
        "label_selector",
        Shape::Block(LABEL_SELECTOR),
        "Only pods with these labels.",
    )
    .at("labelSelector"),
    Field::new(
        "pre",
        Shape::Blocks(STEP),
        "Commands before the pod is backed up, in order.",
    )
    .at("pre")
    .compare(Compare::Ordered),
    Field::new(
        "post",
        Shape::Blocks(STEP),
        "Commands after the pod is backed up, in order.",
    )
    .at("post")
    .compare(Compare::Ordered),
];

const STEP: &[Field] = &[
    Field::new("exec", Shape::Block(EXEC), "Command in a container.")
        .required()
        .at("exec"),
];

const EXEC: &[Field] = &[
    Field::new(
        "container",
        Shape::Text,
        "Container; the pod's first where it is not set.",
    )
    .at("container"),
    Field::new(
        "command",
        Shape::TextList,
        "Program and arguments; no shell.",
    )
    .required()
    .at("command")
    .compare(Compare::Ordered),
    Field::new(
        "on_error",
        Shape::Choice(&["Continue", "Fail"]),
        "What a failure does to the backup.",
    )
    .at("onError"),
    duration(
        "timeout",
        "timeout",
        "For the command to end; `30s` where it is not set.",
    ),
];
