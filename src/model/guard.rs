//! What must hold beside an object when it is written, as data of a plan (R35). Must not know how it is found out.

use super::condition::Condition;
use super::identity::{KubeResource, ProviderRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// A Velero server runs nothing: of these types no object in its namespace is between its first phase and its last. A
    /// server without a ready replica runs nothing, whatever its objects say; else one that does not start could never be
    /// mended.
    Idle {
        /// Its namespace.
        namespace: String,
        /// Name of its Deployment.
        deployment: String,
        /// Types of what it runs.
        runs: Vec<KubeResource>,
    },
    /// This object is there and ready; it is waited for, by apply alone.
    Ready {
        /// Its type.
        resource: KubeResource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// What it is ready by.
        condition: Condition,
        /// Seconds that it is waited for.
        limit_s: u64,
    },
    /// This object is there.
    Exists {
        /// Its type.
        resource: KubeResource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// A restore point is as it was when the plan was made: nothing of these files was written again or went (R6).
    Pinned {
        /// Who reads the bucket.
        store: ProviderRef,
        /// The bucket.
        bucket: String,
        /// What the keys of its files begin with.
        prefix: String,
        /// ETag of each file, by key.
        etags: BTreeMap<String, String>,
    },
    /// Velero has taken a backup over from the bucket, with the records of its volumes. It has another UID than where it was
    /// made, so that name, location and the time it began tell (R6).
    Synced(Synced),
    /// What a restore was to bring is there.
    Restored(Restored),
    /// Somebody answers behind a Service: one of its endpoints is ready. It is waited for, by apply alone.
    Answers {
        /// Namespace of the Service.
        namespace: String,
        /// Its name.
        service: String,
        /// Seconds that it is waited for.
        limit_s: u64,
    },
    /// The API serves these types, each in its version.
    Serves {
        /// The types.
        types: BTreeSet<KubeResource>,
    },
    /// Nobody else writes backups to a location: below it there is no backup that the plan did not see (R19).
    SoleWriter {
        /// Who reads the bucket.
        store: ProviderRef,
        /// The bucket.
        bucket: String,
        /// What the keys of its backups begin with.
        prefix: String,
        /// Names of the backups that the plan saw.
        known: BTreeSet<String>,
    },
}

impl Guard {
    /// The store that it asks, beside the provider of its step.
    pub fn store(&self) -> Option<&ProviderRef> {
        match self {
            Self::Pinned { store, .. } | Self::SoleWriter { store, .. } => Some(store),
            Self::Idle { .. }
            | Self::Ready { .. }
            | Self::Exists { .. }
            | Self::Synced(_)
            | Self::Restored(_)
            | Self::Answers { .. }
            | Self::Serves { .. } => None,
        }
    }
}

/// A backup as Velero is to know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synced {
    /// Namespace of Velero.
    pub namespace: String,
    /// Name of the Backup.
    pub backup: String,
    /// Name of its location.
    pub location: String,
    /// When it began.
    pub started: Timestamp,
    /// PodVolumeBackups that belong to it.
    pub volumes: usize,
}

/// What a restore was to bring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// Name of the Restore.
    pub restore: String,
    /// Namespace of Velero.
    pub namespace: String,
    /// Every object, by type.
    pub objects: Vec<RestoredType>,
    /// Each volume, by namespace and Pod, that has to have come back with this very Restore.
    pub volumes: BTreeSet<RestoredVolume>,
}

/// Objects of one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoredType {
    /// The type.
    pub resource: KubeResource,
    /// Names by namespace; none where it has no namespaces.
    pub names: BTreeMap<String, BTreeSet<String>>,
}

/// A volume of a Pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoredVolume {
    /// Namespace of the Pod.
    pub namespace: String,
    /// Name of the Pod.
    pub pod: String,
    /// The volume, as the Pod names it.
    pub volume: String,
}

/// Last phases of what Velero runs (api/v1 and api/v2alpha1 of 1.18.1). A backup at `Deleting` is taken up again by whoever
/// starts next.
const ENDED: &[&str] = &[
    "Canceled",
    "Completed",
    "Deleting",
    "Failed",
    "FailedValidation",
    "PartiallyFailed",
];

/// Whether an object that Velero runs is still to end. One without a phase waits for its turn.
pub fn is_running(phase: &str) -> bool {
    !ENDED.contains(&phase)
}
