//! The documents of a journal as bytes: names, versions, damage. The same wherever they are kept. Pure; must not know what
//! records mean.

use super::record::{Record, VERSION};
use super::store::StoreError;
use crate::model::inventory::Inventory;
use crate::plan::document::Plan;
use crate::plan::document::reading::{self, Unread};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What to do about a journal of another version.
pub(super) const USE_IT: &str = "use the program that wrote it";
/// Name of the runs in a journal.
pub(super) const RUNS: &str = "runs";
/// Name of the inventories.
pub(super) const INVENTORY: &str = "inventory";
/// Name of the empty file beside the records of a closed run. Runs of earlier versions have none.
pub(super) const CLOSED: &str = "closed";

/// An inventory as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InventoryFile {
    pub(super) version: u32,
    pub(super) inventory: Inventory,
}

/// What every document says of itself.
#[derive(Deserialize)]
struct Head {
    version: Option<Json>,
}

/// A run id comes from the command line: `../..` must not lead out of the journal.
pub(super) fn is_run_id(run: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !run.is_empty() && run.chars().all(allowed)
}

/// # Errors
/// Where it is none.
pub(super) fn check_run_id(place: &str, run: &str) -> Result<(), StoreError> {
    if is_run_id(run) {
        return Ok(());
    }
    Err(StoreError::unusable(
        place,
        format!("`{run}` is not a run id"),
    ))
}

/// There is no such run.
pub(super) fn no_run(place: &str, run: &str) -> StoreError {
    StoreError::unusable(place, format!("there is no run `{run}`"))
}

/// Name of a record's document.
pub(super) fn file_name(serial: u64) -> String {
    format!("{serial:08}.json")
}

/// The serial that a name stands for; none where it is no record's.
pub(super) fn number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".json")?.parse::<u64>().ok()?;
    (file_name(number) == *name).then_some(number)
}

/// # Errors
/// Where there is a gap before it.
pub(super) fn check_next(place: &str, serial: u64, next: u64) -> Result<(), StoreError> {
    if serial == next {
        return Ok(());
    }
    Err(StoreError::unusable(
        place,
        format!("record {next} before it is missing"),
    ))
}

/// Reads a record.
///
/// # Errors
/// Where it is damaged, of another version or another one.
pub(super) fn record(
    place: &str,
    bytes: &[u8],
    (run, serial): (&str, u64),
) -> Result<Record, StoreError> {
    let record: Record = decode(place, bytes)?;
    if record.run != run || record.serial != serial {
        let message = format!(
            "it says that it is record {} of run `{}`",
            record.serial, record.run
        );
        return Err(StoreError::unusable(place, message));
    }
    Ok(record)
}

/// Reads a plan.
///
/// # Errors
/// Where it is damaged or of another version.
pub(super) fn plan(place: &str, bytes: &[u8]) -> Result<Plan, StoreError> {
    reading::decode(bytes).map_err(|unread| {
        let message = match unread {
            another @ (Unread::AnotherVersion { .. } | Unread::AnotherBuild { .. }) => {
                format!("{another}; {USE_IT}")
            }
            damaged @ (Unread::NoJson
            | Unread::Early
            | Unread::AnotherSort
            | Unread::Shown
            | Unread::Damaged(_)) => damaged.to_string(),
        };
        StoreError::unusable(place, message)
    })
}

/// Reads a document of ours, from its bytes: on the way through a tree of JSON `-0` would become `0`.
///
/// # Errors
/// Where it is damaged or of another version.
pub(super) fn decode<T: DeserializeOwned>(place: &str, bytes: &[u8]) -> Result<T, StoreError> {
    let head: Result<Head, _> = serde_json::from_slice(bytes);
    check_version(place, head.ok().and_then(|head| head.version))?;
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!(
            "it is damaged, or another version of sk-dr made it: {error}; in the second case {USE_IT}"
        );
        StoreError::unusable(place, message)
    })
}

fn check_version(place: &str, version: Option<Json>) -> Result<(), StoreError> {
    let message = match version {
        Some(version) if version.as_u64() == Some(u64::from(VERSION)) => return Ok(()),
        Some(version) => {
            format!("its version is {version}, this program reads {VERSION}; {USE_IT}")
        }
        None => "it is damaged: it has no version".to_owned(),
    };
    Err(StoreError::unusable(place, message))
}

/// Writes a document as bytes.
///
/// # Errors
/// Where it cannot be written as JSON.
pub(super) fn encode(place: &str, document: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(document).map_err(|error| damaged(place, &error))
}

/// A document that is no JSON.
pub(super) fn damaged(place: &str, error: &serde_json::Error) -> StoreError {
    StoreError::unusable(place, format!("it is damaged: {error}"))
}
