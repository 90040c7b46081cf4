//! The files of a restore in the bucket: the tarball that it reads and what it leaves, as Velero 1.18.1 writes them.
//! Must not know the cluster.

use super::super::bucket::Place;
use super::super::files::{line, unzipped, zipped};
use super::{Outcome, Said};
use crate::sandbox::s3::store::Refusal;
use crate::sandbox::state::{State, stamp};
use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

/// An object in a tarball.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its type: `deployments.apps`.
    pub title: String,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Itself.
    pub object: Value,
}

/// What a tarball holds, each object once.
///
/// # Errors
/// It cannot be read to its end.
pub fn held(bytes: &[u8]) -> Result<Vec<Held>, String> {
    let said = |error: std::io::Error| format!("error unzipping and extracting: {error}");
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut held = Vec::new();
    for entry in archive.entries().map_err(said)? {
        let mut entry = entry.map_err(said)?;
        let path = entry.path().map_err(said)?.display().to_string();
        let Some((title, namespace, name)) = place_of(&path) else {
            continue;
        };
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(said)?;
        let object = serde_json::from_str(&text)
            .map_err(|error| format!("error decoding {path:?}: {error}"))?;
        held.push(Held {
            title,
            namespace,
            name,
            object,
        });
    }
    Ok(held)
}

/// Type, namespace and name; none of a path that says a version too, and of what is no object.
fn place_of(path: &str) -> Option<(String, Option<String>, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (title, namespace, file) = match parts.as_slice() {
        ["resources", title, "cluster", file] => (title, None, file),
        ["resources", title, "namespaces", namespace, file] => {
            (title, Some((*namespace).to_owned()), file)
        }
        _ => return None,
    };
    let name = file.strip_suffix(".json")?;
    Some(((*title).to_owned(), namespace, name.to_owned()))
}

fn results(restore: &str) -> String {
    format!("restore-{restore}-results.gz")
}

/// Writes the log.
///
/// # Errors
/// The bucket refuses it.
pub fn write_log(state: &mut State, (place, restore): (&Place, &str)) -> Result<(), Refusal> {
    let log = format!(
        "time=\"{}\" level=info msg=\"restore completed\" restore=velero/{restore}\n",
        stamp(state.now)
    );
    put(
        state,
        (place, restore),
        &format!("restore-{restore}-logs.gz"),
        &log,
    )
}

/// Writes the others. One that is refused is not there, and nobody is told.
pub fn write(state: &mut State, (place, restore): (&Place, &str), outcome: &Outcome) {
    let listed: BTreeMap<&String, Vec<String>> = outcome
        .items
        .iter()
        .map(|(kind, items)| {
            let entries = items.iter();
            let entries = entries.map(|(name, action)| format!("{name}({})", action.word()));
            let mut entries: Vec<String> = entries.collect();
            entries.sort();
            (kind, entries)
        })
        .collect();
    for (file, content) in [
        (results(restore), line(&json!(outcome.said))),
        (
            format!("restore-{restore}-resource-list.json.gz"),
            line(&json!(listed)),
        ),
        (
            format!("restore-{restore}-itemoperations.json.gz"),
            line(&json!([])),
        ),
        (format!("{restore}-volumeinfo.json.gz"), line(&json!([]))),
    ] {
        let _ = put(state, (place, restore), &file, &content);
    }
}

/// The results; none where they are not there.
pub fn read_results(state: &State, (place, restore): (&Place, &str)) -> Said {
    let found = place.read_restore(state, restore, &results(restore)).ok();
    found
        .and_then(|bytes| unzipped(&bytes))
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

/// Writes the results once more.
///
/// # Errors
/// The bucket refuses them.
pub fn write_results(
    state: &mut State,
    (place, restore): (&Place, &str),
    said: &Said,
) -> Result<(), Refusal> {
    put(
        state,
        (place, restore),
        &results(restore),
        &line(&json!(said)),
    )
}

fn put(
    state: &mut State,
    (place, restore): (&Place, &str),
    file: &str,
    content: &str,
) -> Result<(), Refusal> {
    // Nothing is written but to memory.
    let bytes = zipped(content.as_bytes()).unwrap_or_else(|_| Bytes::new());
    place.write_restore(state, (restore, file), bytes)
}
