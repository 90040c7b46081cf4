//! Which backups a location holds, from the names and sizes of its objects alone. Must not know what is in them.

use crate::world::query::BlobEntry;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// Folder of backups below a location's prefix.
pub const BACKUPS: &str = "backups/";
/// Folder of kopia's repositories, one for each namespace.
pub const REPOSITORIES: &str = "kopia/";
/// File of a repository that tells whether a password opens it.
pub const REPOSITORY: &str = "kopia.repository";
/// Folders that Velero knows; with any other one it takes a location for Unavailable.
const KNOWN_ROOTS: [&str; 6] = [
    "backups", "restores", "restic", "kopia", "metadata", "plugins",
];

/// A file of a backup that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// `velero-backup.json`: without it Velero does not see the directory.
    Metadata,
    /// `<b>.tar.gz`.
    Tarball,
    /// `<b>-volumeinfo.json.gz`.
    VolumeInfo,
    /// `<b>-podvolumebackups.json.gz`.
    PodVolumeBackups,
    /// `<b>-itemoperations.json.gz`.
    ItemOperations,
    /// `<b>-resource-list.json.gz`.
    ResourceList,
    /// `<b>-results.gz`.
    Results,
}

impl File {
    /// What tells what a backup is worth, beside its tarball.
    pub const JUDGED: [File; 4] = [
        File::Metadata,
        File::VolumeInfo,
        File::PodVolumeBackups,
        File::ItemOperations,
    ];
    const ALL: [File; 7] = [
        File::Metadata,
        File::Tarball,
        File::VolumeInfo,
        File::PodVolumeBackups,
        File::ItemOperations,
        File::ResourceList,
        File::Results,
    ];

    fn name(self, backup: &str) -> String {
        let suffix = match self {
            File::Metadata => return "velero-backup.json".to_owned(),
            File::Tarball => ".tar.gz",
            File::VolumeInfo => "-volumeinfo.json.gz",
            File::PodVolumeBackups => "-podvolumebackups.json.gz",
            File::ItemOperations => "-itemoperations.json.gz",
            File::ResourceList => "-resource-list.json.gz",
            File::Results => "-results.gz",
        };
        format!("{backup}{suffix}")
    }
}

/// The files of a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Those that are read here.
    pub known: BTreeMap<File, BlobEntry>,
    /// Bytes of all files; what kopia keeps of volumes is elsewhere.
    pub bytes: u64,
    /// When one of them was written last.
    pub modified: Option<Timestamp>,
}

/// What a location holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Backups by name.
    pub backups: BTreeMap<String, Files>,
    /// Keys below `backups/` that are in no directory.
    pub strays: BTreeSet<String>,
}

/// Sorts the objects below `<prefix>backups/`.
pub fn directory(root: &str, objects: Vec<BlobEntry>) -> Directory {
    let below = format!("{root}{BACKUPS}");
    let mut found = Directory::default();
    for object in objects {
        let Some(path) = object.key.strip_prefix(&below) else {
            continue;
        };
        match path.split_once('/') {
            // A console's marker of an empty folder.
            None if path.is_empty() => {}
            None => {
                found.strays.insert(path.to_owned());
            }
            Some((backup, file)) => {
                let files = found.backups.entry(backup.to_owned()).or_default();
                files.bytes = files.bytes.saturating_add(object.size);
                files.modified = files.modified.max(Some(object.modified));
                let known = File::ALL.into_iter();
                let known = known.clone().find(|known| known.name(backup) == file);
                if let Some(known) = known {
                    files.known.insert(known, object);
                }
            }
        }
    }
    found
}

/// Where a location's objects begin: its prefix with one slash at its end, or nothing.
pub fn root(prefix: &str) -> String {
    match prefix.trim_matches('/') {
        "" => String::new(),
        path => format!("{path}/"),
    }
}

/// Of the folders at a location's root those that Velero does not know.
pub fn foreign(roots: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    let names = roots.iter().map(String::as_str);
    names.filter(|name| !KNOWN_ROOTS.contains(name))
}

/// A name as a Schedule gives it: `<stem>-<YYYYMMDDhhmmss>`.
pub fn stamped(name: &str) -> Option<(&str, Timestamp)> {
    let (stem, stamp) = name.rsplit_once('-')?;
    if stem.is_empty() || stamp.len() != 14 || !stamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = DateTime::strptime("%Y%m%d%H%M%S", stamp).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?;
    Some((stem, time.timestamp()))
}
