//! The files that a backup leaves in its bucket, with their contents, as Velero 1.18.1 writes them. Must not know
//! the store.

use super::contents::Item;
use super::text;
use super::volumes::Copied;
use crate::sandbox::state::stamp;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Name of the file that makes a directory a backup.
pub const METADATA: &str = "velero-backup.json";

/// Name of the file that lists the PodVolumeBackups of a backup.
pub fn pod_volume_backups(backup: &str) -> String {
    format!("{backup}-podvolumebackups.json.gz")
}

/// What a gzip file holds, as JSON; none where it is neither.
pub fn unzipped(bytes: &[u8]) -> Option<Value> {
    serde_json::from_reader(GzDecoder::new(bytes)).ok()
}

/// Names below the backup's directory, with contents, in the order in which they are written.
///
/// # Errors
/// Never in practice: all is written to memory.
pub fn all(
    backup: &Value,
    (items, volumes): (&[Item], &Copied),
    now: Timestamp,
) -> io::Result<Vec<(String, Bytes)>> {
    let name = text(backup, "/metadata/name");
    let log = format!(
        "time=\"{}\" level=info msg=\"Backed up a total of {} items\" backup=velero/{name}\n",
        stamp(now),
        items.len()
    );
    // Of snapshots and operations it has none, which Go writes in two ways.
    let nothing = || zipped(b"null\n");
    let empty = || zipped(b"[]\n");
    let copies = if volumes.copies.is_empty() {
        Value::Null
    } else {
        json!(volumes.copies)
    };
    let mut results = json!({"errors": {}, "warnings": {}});
    if !volumes.errors.is_empty() {
        results["errors"]["velero"] = json!(volumes.errors);
    }
    Ok(vec![
        (format!("{name}-logs.gz"), zipped(log.as_bytes())?),
        (METADATA.to_owned(), Bytes::from(line(backup))),
        (format!("{name}.tar.gz"), tarball(items, now)?),
        (pod_volume_backups(name), zipped(line(&copies).as_bytes())?),
        (format!("{name}-volumesnapshots.json.gz"), nothing()?),
        (format!("{name}-itemoperations.json.gz"), empty()?),
        (
            format!("{name}-resource-list.json.gz"),
            zipped(line(&list(items)).as_bytes())?,
        ),
        (
            format!("{name}-results.gz"),
            zipped(line(&results).as_bytes())?,
        ),
        (
            format!("{name}-volumeinfo.json.gz"),
            zipped(line(&json!(volumes.infos)).as_bytes())?,
        ),
    ])
}

/// JSON as Go's encoder ends it.
pub(super) fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn list(items: &[Item]) -> Value {
    let mut list: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        list.entry(item.kind()).or_default().push(item.listed());
    }
    for names in list.values_mut() {
        names.sort();
    }
    json!(list)
}

/// Bytes, gzipped.
///
/// # Errors
/// Never in practice: all is written to memory.
pub(super) fn zipped(bytes: &[u8]) -> io::Result<Bytes> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes)?;
    to.finish().map(Bytes::from)
}

fn tarball(items: &[Item], now: Timestamp) -> io::Result<Bytes> {
    let to = GzEncoder::new(Vec::new(), Compression::default());
    let mut archive = tar::Builder::new(to);
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        header.set_mtime(u64::try_from(now.as_second()).unwrap_or(0));
        archive.append_data(&mut header, path, bytes)
    };
    add("metadata/version", b"1.1.0\n")?;
    for item in items {
        let bytes = item.object.to_string();
        for path in item.paths() {
            add(&path, bytes.as_bytes())?;
        }
    }
    archive.into_inner()?.finish().map(Bytes::from)
}
