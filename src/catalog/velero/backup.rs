//! `velero-backup.json`: the Backup object as Velero left it in the bucket. Must not know the files beside it.

use super::files::{Unreadable, or_default, plain};
use crate::model::duration::GoDuration;
use crate::model::identity::STEP_ANNOTATION;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Label with the name of the Schedule that made a backup.
pub const SCHEDULE_LABEL: &str = "velero.io/schedule-name";
/// Annotation with the version of the cluster that was backed up.
const CLUSTER_VERSION: &str = "velero.io/source-cluster-k8s-gitversion";

/// A Backup object, as far as it says what a backup is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name, which is that of its directory.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Version of the cluster that was backed up: `v1.34.4`.
    pub cluster_version: Option<String>,
    /// Made by sk-dr itself, right behind a restore that it had looked over: its namespaces are new, and nothing is wrong
    /// with that. One of a Schedule may carry along what the Schedule bears.
    pub ends_a_recovery: bool,
    /// How far it came.
    pub phase: Phase,
    /// When it began: what changed afterwards may not be in it.
    pub started: Option<Timestamp>,
    /// When it ended, by the clock of the Velero server.
    pub completed: Option<Timestamp>,
    /// When Velero may delete it.
    pub expires: Option<Timestamp>,
    /// Objects in it.
    pub items: Option<u64>,
    /// Errors while it was made.
    pub errors: u64,
    /// Warnings while it was made.
    pub warnings: u64,
    /// Hooks that were run.
    pub hooks_attempted: u64,
    /// Hooks that failed.
    pub hooks_failed: u64,
    /// Why it failed, in Velero's words.
    pub failure: Option<String>,
    /// How volumes were to be backed up.
    pub volumes: VolumeSettings,
    /// Of which namespaces it is.
    pub namespaces: Namespaces,
    /// How long plugins may take after the last item.
    pub operation_timeout: Option<GoDuration>,
}

/// The namespaces that a backup was to take, as its object names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces(Vec<String>);

impl Namespaces {
    /// Whether one may be in it: all are where none is named, and what a pattern takes cannot be told.
    pub fn may_hold(&self, namespace: &str) -> bool {
        let is_open = |name: &String| name == namespace || name.contains(['*', '?', '[']);
        self.0.is_empty() || self.0.iter().any(is_open)
    }
}

/// How a backup was to take volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VolumeSettings {
    /// File by file, unless a pod says otherwise.
    pub all_by_file_system: bool,
    /// `snapshotVolumes: false`: no snapshots.
    pub no_snapshots: bool,
    /// A volume policy decides too.
    pub by_policy: bool,
}

/// Phase of a Backup.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Ended well.
    Completed,
    /// Ended, with errors.
    PartiallyFailed,
    /// Ended, of no use.
    Failed,
    /// Never begun: its settings were refused.
    FailedValidation,
    /// Being removed.
    Deleting,
    /// Waiting for plugins, or being finished.
    Ending(String),
    /// Before that: a bucket never shows it of a server that lives.
    Early(String),
    /// None, or one that is not known here.
    Other(String),
}

impl Phase {
    fn of(text: &str) -> Self {
        match text {
            "Completed" => Phase::Completed,
            "PartiallyFailed" => Phase::PartiallyFailed,
            "Failed" => Phase::Failed,
            "FailedValidation" => Phase::FailedValidation,
            "Deleting" => Phase::Deleting,
            "WaitingForPluginOperations"
            | "WaitingForPluginOperationsPartiallyFailed"
            | "Finalizing"
            | "FinalizingPartiallyFailed" => Phase::Ending(text.to_owned()),
            "New" | "Queued" | "ReadyToStart" | "InProgress" => Phase::Early(text.to_owned()),
            other => Phase::Other(other.to_owned()),
        }
    }

    /// Whether it will become another one while Velero works.
    pub fn is_passing(&self) -> bool {
        match self {
            Phase::Deleting | Phase::Ending(_) | Phase::Early(_) => true,
            Phase::Completed
            | Phase::PartiallyFailed
            | Phase::Failed
            | Phase::FailedValidation
            | Phase::Other(_) => false,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Phase::Completed => "Completed",
            Phase::PartiallyFailed => "PartiallyFailed",
            Phase::Failed => "Failed",
            Phase::FailedValidation => "FailedValidation",
            Phase::Deleting => "Deleting",
            Phase::Other(text) if text.is_empty() => "none",
            Phase::Ending(text) | Phase::Early(text) | Phase::Other(text) => text,
        })
    }
}

/// Of the bytes of `velero-backup.json` in the directory of a backup.
///
/// # Errors
/// Where it is not the Backup of that name, or of another format than 1.
pub fn backup(directory: &str, bytes: &[u8]) -> Result<Backup, Unreadable> {
    let Object {
        metadata,
        spec,
        status,
    } = plain(bytes)?;
    if metadata.name != directory {
        return Err(Unreadable::OtherName(metadata.name));
    }
    // Up to 1.3 it was the number 1 in `version`.
    let format = match (status.format_version.as_str(), status.version) {
        ("", Some(version)) => version.to_string(),
        (text, _) => text.to_owned(),
    };
    if format.split('.').next() != Some("1") {
        return Err(Unreadable::Format(format));
    }
    Ok(Backup {
        name: metadata.name,
        cluster_version: metadata.annotations.get(CLUSTER_VERSION).cloned(),
        ends_a_recovery: !metadata.labels.contains_key(SCHEDULE_LABEL)
            && metadata.annotations.contains_key(STEP_ANNOTATION),
        labels: metadata.labels,
        phase: Phase::of(&status.phase),
        started: status.start_timestamp,
        completed: status.completion_timestamp,
        expires: status.expiration,
        items: status.progress.and_then(|progress| progress.total_items),
        errors: status.errors,
        warnings: status.warnings,
        hooks_attempted: status.hook_status.hooks_attempted,
        hooks_failed: status.hook_status.hooks_failed,
        failure: Some(status.failure_reason).filter(|text| !text.is_empty()),
        volumes: VolumeSettings {
            all_by_file_system: spec
                .default_volumes_to_fs_backup
                .or(spec.default_volumes_to_restic)
                .unwrap_or_default(),
            no_snapshots: spec.snapshot_volumes == Some(false),
            by_policy: spec.resource_policy.is_some(),
        },
        namespaces: Namespaces(spec.included_namespaces),
        operation_timeout: spec.item_operation_timeout.parse().ok(),
    })
}

#[derive(Deserialize)]
struct Object {
    #[serde(default, deserialize_with = "or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    spec: Spec,
    #[serde(default, deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    annotations: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    default_volumes_to_fs_backup: Option<bool>,
    default_volumes_to_restic: Option<bool>,
    snapshot_volumes: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    included_namespaces: Vec<String>,
    resource_policy: Option<serde::de::IgnoredAny>,
    #[serde(deserialize_with = "or_default")]
    item_operation_timeout: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    version: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    format_version: String,
    #[serde(deserialize_with = "or_default")]
    phase: String,
    start_timestamp: Option<Timestamp>,
    completion_timestamp: Option<Timestamp>,
    expiration: Option<Timestamp>,
    progress: Option<Progress>,
    #[serde(deserialize_with = "or_default")]
    errors: u64,
    #[serde(deserialize_with = "or_default")]
    warnings: u64,
    #[serde(deserialize_with = "or_default")]
    hook_status: HookStatus,
    #[serde(deserialize_with = "or_default")]
    failure_reason: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Progress {
    total_items: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HookStatus {
    #[serde(deserialize_with = "or_default")]
    hooks_attempted: u64,
    #[serde(deserialize_with = "or_default")]
    hooks_failed: u64,
}
