//! The small files beside a tarball: unpacked within a limit and read leniently, since versions of Velero differ in what
//! they write. Must not know what a backup is worth.

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::io::Read;

/// Bytes that a file may unpack to: a list of a hundred thousand names takes about a tenth of it.
pub const MOST: u64 = 64 * 1024 * 1024;

/// Why a file cannot be read. It is there, so that it is never taken for an empty one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Cut, or not gzip.
    #[error("it is no whole gzip file: {0}")]
    Gzip(String),
    /// It unpacks to more than [`MOST`].
    #[error("it unpacks to more than {} MiB", MOST / (1024 * 1024))]
    TooLarge,
    /// Not the JSON that Velero writes.
    #[error("it is not what Velero writes: {0}")]
    Json(String),
    /// `velero-backup.json` of another directory.
    #[error("it describes a backup of another name, {0:?}")]
    OtherName(String),
    /// `velero-backup.json` of a layout that nobody knows here.
    #[error("its format version is {0:?}, and this version of sk-dr reads version 1")]
    Format(String),
}

/// The value in a gzipped JSON file; `null` is an empty one.
///
/// # Errors
/// Where it cannot be read whole.
pub fn gzipped<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Unreadable> {
    let mut text = Vec::new();
    GzDecoder::new(bytes)
        .take(MOST + 1)
        .read_to_end(&mut text)
        .map_err(|error| Unreadable::Gzip(error.to_string()))?;
    if text.len() as u64 > MOST {
        return Err(Unreadable::TooLarge);
    }
    plain::<Option<T>>(&text).map(Option::unwrap_or_default)
}

/// The value in a JSON file.
///
/// # Errors
/// Where it is another one.
pub fn plain<T: DeserializeOwned>(text: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(text).map_err(|error| Unreadable::Json(error.to_string()))
}

/// Go writes `null` for an empty list or map.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// What plugins do after the backup of an item: uploads of snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Done.
    pub completed: usize,
    /// Failed or cancelled.
    pub failed: usize,
    /// Not ended.
    pub open: usize,
}

#[derive(Deserialize)]
struct Operation {
    #[serde(default, deserialize_with = "or_default")]
    status: OperationStatus,
}

#[derive(Default, Deserialize)]
struct OperationStatus {
    #[serde(default, alias = "Phase", deserialize_with = "or_default")]
    phase: String,
}

/// Of the bytes of `<b>-itemoperations.json.gz`.
///
/// # Errors
/// Where they cannot be read.
pub fn operations(bytes: &[u8]) -> Result<Operations, Unreadable> {
    let mut counts = Operations::default();
    for operation in gzipped::<Vec<Operation>>(bytes)? {
        match operation.status.phase.as_str() {
            "Completed" => counts.completed += 1,
            "Failed" | "Canceled" => counts.failed += 1,
            _open => counts.open += 1,
        }
    }
    Ok(counts)
}

/// Objects by type, as Velero names types here (`apps/v1/Deployment`): `namespace/name`, or a name.
pub type ResourceList = BTreeMap<String, Vec<String>>;

/// Of the bytes of `<b>-resource-list.json.gz`.
///
/// # Errors
/// Where they cannot be read.
pub fn resource_list(bytes: &[u8]) -> Result<ResourceList, Unreadable> {
    let lists: BTreeMap<String, Option<Vec<String>>> = gzipped(bytes)?;
    let lists = lists.into_iter();
    Ok(lists
        .map(|(type_, names)| (type_, names.unwrap_or_default()))
        .collect())
}

/// Objects by type and namespace; a cluster-scoped one has none.
pub type Counts = BTreeMap<String, BTreeMap<Option<String>, u64>>;

/// How many objects of which type are where.
pub fn counts(list: &ResourceList) -> Counts {
    let mut counts = Counts::new();
    for (type_, names) in list {
        let of_type = counts.entry(type_.clone()).or_default();
        for name in names {
            let namespace = name.split_once('/').map(|(namespace, _)| namespace);
            *of_type.entry(namespace.map(str::to_owned)).or_default() += 1;
        }
    }
    counts
}

/// What went wrong while a backup was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Results {
    /// Errors.
    #[serde(default, deserialize_with = "or_default")]
    pub errors: Messages,
    /// Warnings.
    #[serde(default, deserialize_with = "or_default")]
    pub warnings: Messages,
}

/// Messages by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Messages {
    /// About Velero itself.
    #[serde(default, deserialize_with = "or_default")]
    pub velero: Vec<String>,
    /// About cluster-scoped objects.
    #[serde(default, deserialize_with = "or_default")]
    pub cluster: Vec<String>,
    /// About objects in namespaces.
    #[serde(default, deserialize_with = "or_default")]
    pub namespaces: BTreeMap<String, Vec<String>>,
}

impl Messages {
    /// Each with the namespace that it is about.
    pub fn all(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let general = self.velero.iter().chain(&self.cluster);
        let spaced = self.namespaces.iter().flat_map(|(namespace, messages)| {
            messages
                .iter()
                .map(move |message| (Some(namespace.as_str()), message.as_str()))
        });
        general
            .map(|message| (None, message.as_str()))
            .chain(spaced)
    }
}
