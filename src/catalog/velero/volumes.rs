//! Which volumes a backup really holds. `Completed` does not tell: Velero lists volumes as skipped without a warning. Two
//! files do, volumeinfo and the PodVolumeBackups, and only the tarball tells which volumes there were (R8).

use super::backup::{Namespaces, VolumeSettings};
use super::contents::{Contents, Mount, Wish};
use super::files::{Unreadable, gzipped, or_default};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl fmt::Display for Claim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

/// A volume as a Pod names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodVolume {
    /// Namespace of the Pod.
    pub namespace: String,
    /// The Pod.
    pub pod: String,
    /// Name of the volume in it.
    pub volume: String,
}

impl fmt::Display for PodVolume {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}/{} volume {}",
            self.namespace, self.pod, self.volume
        )
    }
}

/// A volume of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its claim, or the Pod's volume where no claim is told.
    pub title: String,
    /// Namespace that it is in.
    pub namespace: String,
    /// Whether its data is there.
    pub coverage: Coverage,
    /// Bytes that were read from it.
    pub bytes: Option<u64>,
}

/// Whether the data of a volume is in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// It is, by this method.
    Covered(String),
    /// It is not, because.
    Missing(String),
    /// It is not, and was not to be, because.
    LeftOut(String),
}

/// What the two files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    volumes: Vec<VolumeInfo>,
    copies: Vec<PodVolumeBackup>,
}

/// Of the bytes of volumeinfo and of the PodVolumeBackups; a file that is not there is empty.
///
/// # Errors
/// Where one of them is there and cannot be read.
pub fn told(info: Option<&[u8]>, copies: Option<&[u8]>) -> Result<Told, Unreadable> {
    Ok(Told {
        volumes: info.map(gzipped).transpose()?.unwrap_or_default(),
        copies: copies.map(gzipped).transpose()?.unwrap_or_default(),
    })
}

impl Told {
    /// Volumes as the two files list them; one that neither lists is not among them. A backup with all cluster-scoped objects
    /// lists the disks of every other application as skipped: those are none of its volumes.
    pub fn listed(&self, namespaces: &Namespaces) -> Vec<Volume> {
        let own = self
            .volumes
            .iter()
            .filter(|info| !info.is_of_others(namespaces));
        let infos = own.map(|info| Volume {
            title: info.claim().map_or_else(
                || format!("PersistentVolume {}", info.pv_name),
                |claim| claim.to_string(),
            ),
            namespace: info.pvc_namespace.clone(),
            coverage: self.coverage(info),
            bytes: self.copy_of(info).and_then(|copy| copy.bytes()),
        });
        // A claim that was not Bound at that moment has a copy and no entry.
        let alone = self.copies.iter().filter(|copy| {
            let named = |info: &&VolumeInfo| info.is_by(copy);
            !self.volumes.iter().any(|info| named(&info))
        });
        let alone = alone.map(|copy| Volume {
            title: copy.place().to_string(),
            namespace: copy.spec.pod.namespace.clone(),
            coverage: copy.coverage(),
            bytes: copy.bytes(),
        });
        infos.chain(alone).collect()
    }

    /// Each claim that a Pod of the tarball mounts (R8).
    pub fn declared(&self, contents: &Contents, settings: VolumeSettings) -> Vec<Volume> {
        let mut by_claim: BTreeMap<&Claim, Vec<&Mount>> = BTreeMap::new();
        for mount in &contents.mounts {
            by_claim.entry(&mount.claim).or_default().push(mount);
        }
        let volumes = by_claim
            .into_iter()
            .map(|(claim, mounts)| self.of_claim(claim, &mounts, settings));
        volumes.collect()
    }

    fn of_claim(&self, claim: &Claim, mounts: &[&Mount], settings: VolumeSettings) -> Volume {
        let info = self
            .volumes
            .iter()
            .find(|info| info.claim().as_ref() == Some(claim));
        let copies = self.copies.iter();
        let mut copies = copies.filter(|copy| {
            let place = copy.place();
            mounts.iter().any(|mount| mount.volume == place)
        });
        let whole = copies.find(|copy| copy.is_whole());
        let coverage = match (info.map(|info| self.coverage(info)), whole) {
            (Some(Coverage::Covered(method)), _) => Coverage::Covered(method),
            (_, Some(_)) => {
                Coverage::Covered("file-system backup, without an entry of its own".to_owned())
            }
            (Some(Coverage::LeftOut(why)), None) => Coverage::LeftOut(why),
            (Some(Coverage::Missing(why)), None) => wished(mounts, settings)
                .filter(|_| info.is_some_and(|info| info.skipped))
                .map_or(Coverage::Missing(why), Coverage::LeftOut),
            (None, None) => wished(mounts, settings).map_or_else(
                || Coverage::Missing("a Pod mounts it, and no file holds its data".to_owned()),
                Coverage::LeftOut,
            ),
        };
        Volume {
            title: claim.to_string(),
            namespace: claim.namespace.clone(),
            coverage,
            bytes: whole.and_then(|copy| copy.bytes()),
        }
    }

    fn copy_of(&self, info: &VolumeInfo) -> Option<&PodVolumeBackup> {
        self.copies.iter().find(|copy| info.is_by(copy))
    }

    fn coverage(&self, info: &VolumeInfo) -> Coverage {
        if info.skipped {
            let reason = &info.skipped_reason;
            // Velero's words where somebody wished it: "matched action is 'skip' in chosen resource policies", "podvolume:
            // opted out due to annotation in pod web-0;volumeSnapshot: no applicable volumesnapshotter found;".
            return if reason.contains("resource policies") {
                Coverage::LeftOut(format!("left out by a volume policy ({reason})"))
            } else if reason.contains("opted out due to annotation") {
                Coverage::LeftOut("left out by an annotation of its Pod".to_owned())
            } else if reason.is_empty() {
                Coverage::Missing("skipped".to_owned())
            } else {
                Coverage::Missing(format!("skipped: {reason}"))
            };
        }
        match (info.backup_method.as_str(), info.result.as_str()) {
            ("", _) => Coverage::Missing("no method was chosen for it".to_owned()),
            ("PodVolumeBackup", _) => self.copy_of(info).map_or_else(
                || Coverage::Missing("its PodVolumeBackup is not in the bucket".to_owned()),
                PodVolumeBackup::coverage,
            ),
            (method, "succeeded") => Coverage::Covered(title(method)),
            (method, "") => Coverage::Missing(format!(
                "{}, of which the bucket does not say how it ended",
                title(method)
            )),
            (method, result) => Coverage::Missing(format!("{} {result}", title(method))),
        }
    }
}

/// Why a volume was not to be backed up, in the words of those who said so.
fn wished(mounts: &[&Mount], settings: VolumeSettings) -> Option<String> {
    if mounts.iter().any(|mount| mount.wish == Wish::Named) {
        return None;
    }
    if mounts.iter().any(|mount| mount.wish == Wish::LeftOut) {
        return settings
            .no_snapshots
            .then(|| "left out by an annotation of its Pod".to_owned());
    }
    (!settings.all_by_file_system && settings.no_snapshots && !settings.by_policy).then(|| {
        "left out: no Pod names it, and this backup takes only volumes that are named".to_owned()
    })
}

fn title(method: &str) -> String {
    match method {
        "PodVolumeBackup" => "file-system backup".to_owned(),
        "CSISnapshot" => "CSI snapshot".to_owned(),
        "NativeSnapshot" => "snapshot".to_owned(),
        other => other.to_owned(),
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeInfo {
    #[serde(deserialize_with = "or_default")]
    pvc_name: String,
    #[serde(deserialize_with = "or_default")]
    pvc_namespace: String,
    #[serde(deserialize_with = "or_default")]
    pv_name: String,
    #[serde(deserialize_with = "or_default")]
    backup_method: String,
    #[serde(deserialize_with = "or_default")]
    skipped: bool,
    #[serde(deserialize_with = "or_default")]
    skipped_reason: String,
    #[serde(deserialize_with = "or_default")]
    result: String,
    #[serde(deserialize_with = "or_default")]
    pvb_info: PvbInfo,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PvbInfo {
    #[serde(deserialize_with = "or_default")]
    snapshot_handle: String,
    #[serde(deserialize_with = "or_default")]
    volume_name: String,
    #[serde(deserialize_with = "or_default")]
    pod_name: String,
    #[serde(deserialize_with = "or_default")]
    pod_namespace: String,
}

impl VolumeInfo {
    /// Whether it only came along: skipped, and bound to a claim elsewhere or to none.
    fn is_of_others(&self, namespaces: &Namespaces) -> bool {
        self.skipped
            && !self
                .claim()
                .is_some_and(|claim| namespaces.may_hold(&claim.namespace))
    }

    fn claim(&self) -> Option<Claim> {
        (!self.pvc_name.is_empty()).then(|| Claim {
            namespace: self.pvc_namespace.clone(),
            name: self.pvc_name.clone(),
        })
    }

    /// Whether that copy is of this volume.
    fn is_by(&self, copy: &PodVolumeBackup) -> bool {
        let info = &self.pvb_info;
        let place = PodVolume {
            namespace: info.pod_namespace.clone(),
            pod: info.pod_name.clone(),
            volume: info.volume_name.clone(),
        };
        self.backup_method == "PodVolumeBackup"
            && (place == copy.place()
                || (!info.snapshot_handle.is_empty()
                    && info.snapshot_handle == copy.status.snapshot_id))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct PodVolumeBackup {
    #[serde(deserialize_with = "or_default")]
    spec: CopySpec,
    #[serde(deserialize_with = "or_default")]
    status: CopyStatus,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct CopySpec {
    #[serde(deserialize_with = "or_default")]
    pod: PodReference,
    #[serde(deserialize_with = "or_default")]
    volume: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct PodReference {
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CopyStatus {
    #[serde(alias = "Phase", deserialize_with = "or_default")]
    phase: String,
    #[serde(rename = "snapshotID", deserialize_with = "or_default")]
    snapshot_id: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "or_default")]
    progress: CopyProgress,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CopyProgress {
    total_bytes: Option<u64>,
}

impl PodVolumeBackup {
    fn place(&self) -> PodVolume {
        PodVolume {
            namespace: self.spec.pod.namespace.clone(),
            pod: self.spec.pod.name.clone(),
            volume: self.spec.volume.clone(),
        }
    }

    fn bytes(&self) -> Option<u64> {
        self.status.progress.total_bytes
    }

    fn is_whole(&self) -> bool {
        self.status.phase == "Completed" && !self.status.snapshot_id.is_empty()
    }

    fn coverage(&self) -> Coverage {
        if self.is_whole() {
            return Coverage::Covered(title("PodVolumeBackup"));
        }
        let status = &self.status;
        Coverage::Missing(match (status.phase.as_str(), status.message.as_str()) {
            ("Completed", _) => "its file-system backup names no snapshot".to_owned(),
            ("", _) => "its file-system backup did not end".to_owned(),
            (phase, "") => format!("its file-system backup is {phase}"),
            (phase, message) => format!("its file-system backup is {phase}: {message}"),
        })
    }
}

impl Told {
    /// Volumes whose data was copied whole, file by file, with its bytes: one PodVolumeRestore each.
    pub fn whole_copies(&self) -> impl Iterator<Item = (PodVolume, Option<u64>)> {
        let whole = self.copies.iter().filter(|copy| copy.is_whole());
        whole.map(|copy| (copy.place(), copy.bytes()))
    }

    /// Namespaces whose kopia repository must be there.
    pub fn repositories(&self) -> impl Iterator<Item = &str> {
        let whole = self.copies.iter().filter(|copy| copy.is_whole());
        whole.map(|copy| copy.spec.pod.namespace.as_str())
    }
}
