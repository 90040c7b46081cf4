//! The restore points that a recovery uses, each resolved once, at plan (R6): whoever applies, resumes or plans again
//! while it is open uses exactly these. Must not know how a point is chosen.

use crate::model::address::Address;
use crate::model::identity::{KubeResource, ProviderRef};
use crate::model::recovery::Turn;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A pinned point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// What is restored from it.
    pub of: Address,
    /// The location that holds it.
    pub location: Address,
    /// That location's name in its cluster.
    pub location_name: String,
    /// The namespace of its Velero server.
    pub velero_namespace: String,
    /// The provider that reads the bucket.
    pub store: ProviderRef,
    /// The bucket.
    pub bucket: String,
    /// What keys begin with: nothing, or `prefix/`.
    pub root: String,
    /// Name of the Backup.
    pub backup: String,
    /// When it began: everything since then is lost. A synced Backup is recognised by it.
    pub started: Timestamp,
    /// When it ended.
    pub completed: Timestamp,
    /// When Velero may delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// `velero-backup.json` and the tarball as they were listed.
    pub files: Vec<PinnedFile>,
    /// What it is worth: `data-covered` and so on.
    pub validity: String,
    /// Version of the Kubernetes that it was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_version: Option<String>,
    /// When it is restored.
    #[serde(default, skip_serializing_if = "Turn::is_usual")]
    pub turn: Turn,
    /// Namespaces to restore, sorted.
    pub namespaces: Vec<String>,
    /// Items that must be there afterwards, by type (`deployments.apps`): `namespace/name`, or a name.
    pub expected: BTreeMap<String, Vec<String>>,
    /// What each of these types is in the API, as the first object of it in the tarball says: group, version and kind, and
    /// whether it has namespaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, KubeResource>,
    /// How many these are.
    pub items: u64,
    /// Bytes: of the files in its directory, and of its volumes.
    pub bytes: u64,
    /// Volumes whose data is restored, one PodVolumeRestore each.
    pub pod_volumes: Vec<PinnedVolume>,
    /// Claims that its Pods mount and whose data it holds.
    pub volumes: u64,
    /// Claims that are bound to the disk that they had, by declaration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<PinnedDisk>,
    /// CronJobs that come back suspended, and are woken at the end: `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cron_jobs: Vec<String>,
    /// Pods whose command after the restore gets a limit: `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endless_hooks: Vec<String>,
    /// What stands before Services, and is put back once somebody answers there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<PinnedObject>,
    /// Backups of the same owner that are newer, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// A file of a pinned point, as it was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    /// Its key.
    pub key: String,
    /// Its ETag.
    pub etag: String,
    /// Its bytes.
    pub size: u64,
}

/// A volume as the Pod of a pinned point names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedVolume {
    /// Namespace of the Pod.
    pub namespace: String,
    /// The Pod.
    pub pod: String,
    /// Name of the volume in it.
    pub volume: String,
}

/// A disk that outlived its cluster: no backup holds what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedDisk {
    /// `NAMESPACE/CLAIM`.
    pub claim: String,
    /// The PersistentVolume that comes back with the claim.
    pub volume: String,
    /// The disk, in the words of its driver.
    pub handle: String,
    /// Its size, as Kubernetes writes it.
    pub size: String,
}

/// A webhook configuration or an APIService as the tarball holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedObject {
    /// Its type.
    pub resource: KubeResource,
    /// Its name.
    pub name: String,
    /// The object.
    pub body: Json,
    /// Services that it needs: `NAMESPACE/NAME`.
    pub services: Vec<String>,
}

/// A newer backup that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassedOver {
    /// Its name.
    pub backup: String,
    /// When it began: with it, everything before this moment would be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Why it was not chosen.
    pub reason: String,
}

impl Pinned {
    /// Whether an object is among what it restores.
    pub fn holds(&self, resource: &str, namespace: Option<&str>, name: &str) -> bool {
        let title = match namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        let names = self.expected.get(resource);
        names.is_some_and(|names| names.contains(&title))
    }
}
