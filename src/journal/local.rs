//! The journal in a directory, `.sk-dr/` beside the configuration: `runs/<id>/plan.json`, `runs/<id>/00000001.json`, ...,
//! `runs/<id>/closed`, `inventory/<n>.json`. A record is written whole under a temporary name, made durable, and linked to its serial, which
//! fails where the serial is taken (R42). Must not know what records mean, but for a take-over that explains a torn one.

use super::record::{Entry, Record, VERSION};
use super::store::{Append, Listed, Store, StoreError};
use crate::model::inventory::Inventory;
use crate::plan::document::Plan;
use crate::plan::document::reading::{self, Unread};
use crate::world::local::files::{
    self, Boundary, Created, DOCUMENT_BYTES, FileError, Folder, Kind, Made, Readers,
};
use async_trait::async_trait;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// What to do about a journal of another version.
const USE_IT: &str = "use the program that wrote it";
/// Name of the runs in the directory.
const RUNS: &str = "runs";
/// Name of the inventories.
const INVENTORY: &str = "inventory";
/// Name of a run's plan.
const PLAN: &str = "plan.json";
/// Name of the empty file beside the records of a closed run. Runs of earlier versions have none.
const CLOSED: &str = "closed";

/// Runs and inventories in a directory. Making one touches nothing.
#[derive(Clone, Debug)]
pub struct LocalStore {
    directory: PathBuf,
    boundary: Boundary,
}

/// An inventory file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InventoryFile {
    version: u32,
    inventory: Inventory,
}

/// What a numbered file turned out to be.
enum Found {
    Whole(Vec<u8>),
    /// No JSON: cut short when the machine went down.
    Torn,
}

impl LocalStore {
    /// The store in this directory, which need not exist.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self::within(directory, Boundary::Machine)
    }

    /// The same, where the path must not lead out of a boundary (R47).
    pub fn within(directory: impl Into<PathBuf>, boundary: Boundary) -> Self {
        Self {
            directory: directory.into(),
            boundary,
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether there is a journal.
    ///
    /// # Errors
    /// Where what is there cannot be one.
    pub fn is_there(&self) -> Result<bool, StoreError> {
        Ok(self.opened()?.is_some())
    }

    /// Makes the directory, for its owner only, with a `.gitignore` of its own.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn prepare(&self) -> Result<Folder, StoreError> {
        self.unshared_above()?;
        let folder = Folder::open_or_make(&self.boundary, &self.directory);
        let folder = unshared(folder.map_err(|error| failed(&self.directory, &error))?)?;
        let ignore = ".gitignore";
        let written = match folder.kind(ignore) {
            Ok(_) => Ok(()),
            Err(FileError::Missing) => {
                let created = folder.create(ignore, b"*\n", Readers::Usual);
                created.map(|_| ())
            }
            Err(error) => Err(error),
        };
        written.map_err(|error| failed(&self.directory.join(ignore), &error))?;
        Ok(folder)
    }

    /// Somebody who may write above a journal could put another one in its place (R43).
    fn unshared_above(&self) -> Result<(), StoreError> {
        files::unshared_above(&self.directory).map_err(|error| failed(&self.directory, &error))
    }

    /// The directory; none where there is none.
    fn opened(&self) -> Result<Option<Folder>, StoreError> {
        self.unshared_above()?;
        present(
            Folder::open(&self.boundary, &self.directory),
            &self.directory,
        )
    }

    /// A directory in it; none where there is none.
    fn part(&self, name: &str) -> Result<Option<Folder>, StoreError> {
        match self.opened()? {
            None => Ok(None),
            Some(folder) => below(&folder, name),
        }
    }

    /// The directory of a run.
    fn run(&self, run: &str) -> Result<Folder, StoreError> {
        self.check_id(run)?;
        let runs = self.part(RUNS)?;
        let found = match &runs {
            None => None,
            Some(runs) => below(runs, run)?,
        };
        found.ok_or_else(|| StoreError {
            place: self.shown(),
            message: format!("there is no run `{run}`"),
        })
    }

    fn check_id(&self, run: &str) -> Result<(), StoreError> {
        if is_run_id(run) {
            return Ok(());
        }
        Err(StoreError {
            place: self.shown(),
            message: format!("`{run}` is not a run id"),
        })
    }

    fn shown(&self) -> String {
        self.directory.display().to_string()
    }
}

/// A run id comes from the command line: `../..` must not lead out of the directory.
fn is_run_id(run: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !run.is_empty() && run.chars().all(allowed)
}

/// Somebody who may write in a journal could forge what was done (R43).
fn unshared(folder: Folder) -> Result<Folder, StoreError> {
    match folder.unshared() {
        Ok(()) => Ok(folder),
        Err(error) => Err(failed(folder.path(), &error)),
    }
}

fn present(opened: Result<Folder, FileError>, path: &Path) -> Result<Option<Folder>, StoreError> {
    match opened {
        Ok(folder) => unshared(folder).map(Some),
        Err(FileError::Missing) => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

/// A directory in a directory; none where there is none.
fn below(folder: &Folder, name: &str) -> Result<Option<Folder>, StoreError> {
    present(folder.folder(name), &folder.path().join(name))
}

/// A directory in a directory, made where there is none.
fn make_below(folder: &Folder, name: &str) -> Result<(Folder, Made), StoreError> {
    let path = folder.path().join(name);
    let made = folder.make(name).map_err(|error| failed(&path, &error))?;
    let opened = folder.folder(name).map_err(|error| failed(&path, &error))?;
    Ok((unshared(opened)?, made))
}

#[async_trait(?Send)]
impl Store for LocalStore {
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        self.check_id(run)?;
        let (runs, _) = make_below(&self.prepare()?, RUNS)?;
        let (folder, made) = make_below(&runs, run)?;
        let exists = |path: &Path| StoreError {
            place: path.display().to_string(),
            message: "it exists".to_owned(),
        };
        if made == Made::There {
            return Err(exists(folder.path()));
        }
        let path = folder.path().join(PLAN);
        let text = serde_json::to_vec_pretty(plan).map_err(|error| damaged(&path, &error))?;
        match write_whole(&folder, PLAN, &text)? {
            Append::Written => runs.sync().map_err(|error| failed(runs.path(), &error)),
            Append::SerialTaken => Err(exists(&path)),
        }
    }

    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        let folder = self.run(&record.run)?;
        let name = file_name(record.serial);
        let text = serde_json::to_vec(record)
            .map_err(|error| damaged(&folder.path().join(&name), &error))?;
        write_whole(&folder, &name, &text)
    }

    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        write_whole(&self.run(run)?, CLOSED, b"").map(|_| ())
    }

    async fn runs(&self) -> Result<Vec<Listed>, StoreError> {
        let Some(folder) = self.part(RUNS)? else {
            return Ok(Vec::new());
        };
        let mut runs = Vec::new();
        for name in names(&folder)? {
            let is_directory = || matches!(folder.kind(&name), Ok(Kind::Directory));
            if !is_run_id(&name) || !is_directory() {
                continue;
            }
            let Some(run) = below(&folder, &name)? else {
                continue;
            };
            let is_marked = matches!(run.kind(CLOSED), Ok(Kind::File));
            // Killed between making the directory and writing the plan: such a run never was.
            if is_marked || run.kind(PLAN).is_ok() || !numbers(&run)?.is_empty() {
                runs.push(Listed {
                    run: name,
                    is_marked,
                });
            }
        }
        runs.sort();
        Ok(runs)
    }

    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        let folder = self.run(run)?;
        let path = folder.path().join(PLAN);
        let Found::Whole(bytes) = read(&folder, PLAN)? else {
            return Err(StoreError {
                place: path.display().to_string(),
                message: "it is damaged: it is no JSON".to_owned(),
            });
        };
        reading::decode(&bytes).map_err(|unread| StoreError {
            place: path.display().to_string(),
            message: match unread {
                another @ (Unread::AnotherVersion { .. } | Unread::AnotherBuild { .. }) => {
                    format!("{another}; {USE_IT}")
                }
                damaged @ (Unread::NoJson
                | Unread::Early
                | Unread::AnotherSort
                | Unread::Shown
                | Unread::Damaged(_)) => damaged.to_string(),
            },
        })
    }

    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        let folder = self.run(run)?;
        let mut records: Vec<Record> = Vec::new();
        let mut torn: Option<PathBuf> = None;
        let mut next = 1;
        for serial in numbers(&folder)? {
            let name = file_name(serial);
            let path = folder.path().join(&name);
            if serial != next {
                return Err(StoreError {
                    place: path.display().to_string(),
                    message: format!("record {next} before it is missing"),
                });
            }
            next = serial + 1;
            match read(&folder, &name)? {
                Found::Torn => torn = torn.or(Some(path)),
                Found::Whole(bytes) => {
                    let record = record(&path, &bytes, run, serial)?;
                    if let Some(torn) = torn.take_if(|_| !explains_gap(&record, &records)) {
                        let message =
                            "it is damaged: it is no JSON, and whole records follow it".to_owned();
                        return Err(StoreError {
                            place: torn.display().to_string(),
                            message,
                        });
                    }
                    torn = None;
                    records.push(record);
                }
            }
        }
        Ok((records, next))
    }

    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError> {
        let folder = self.run(run)?;
        let Some(serial) = numbers(&folder)?.pop() else {
            return Ok(None);
        };
        let name = file_name(serial);
        match read(&folder, &name)? {
            Found::Torn => Ok(None),
            Found::Whole(bytes) => {
                record(&folder.path().join(&name), &bytes, run, serial).map(Some)
            }
        }
    }

    async fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        let Some(folder) = self.part(INVENTORY)? else {
            return Ok(None);
        };
        for newest in numbers(&folder)?.into_iter().rev() {
            let name = file_name(newest);
            let path = folder.path().join(&name);
            // Torn when the machine went down: its run is still open and writes it again; the one before it counts.
            let Found::Whole(bytes) = read(&folder, &name)? else {
                continue;
            };
            let file: InventoryFile = decode(&path, &bytes)?;
            return Ok(Some(file.inventory));
        }
        Ok(None)
    }

    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError> {
        let (folder, _) = make_below(&self.prepare()?, INVENTORY)?;
        loop {
            let next = numbers(&folder)?.pop().unwrap_or(0) + 1;
            let name = file_name(next);
            let file = InventoryFile {
                version: VERSION,
                inventory: inventory.clone(),
            };
            let text = serde_json::to_vec_pretty(&file)
                .map_err(|error| damaged(&folder.path().join(&name), &error))?;
            // Taken: another run ended at the same moment; ours is the newer one then.
            if write_whole(&folder, &name, &text)? == Append::Written {
                return Ok(());
            }
        }
    }
}

/// A torn record never happened, which whoever went on with the run says by taking over from the one before it.
fn explains_gap(record: &Record, before: &[Record]) -> bool {
    let last = before.last().map_or(0, |record| record.serial);
    matches!(record.entries.first(), Some(Entry::TakenOver { from_serial }) if *from_serial == last)
}

fn record(path: &Path, bytes: &[u8], run: &str, serial: u64) -> Result<Record, StoreError> {
    let record: Record = decode(path, bytes)?;
    if record.run != run || record.serial != serial {
        let message = format!(
            "it says that it is record {} of run `{}`",
            record.serial, record.run
        );
        return Err(StoreError {
            place: path.display().to_string(),
            message,
        });
    }
    Ok(record)
}

/// Reads a document of ours, from its bytes: on the way through a tree of JSON `-0` would become `0`.
fn decode<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, StoreError> {
    let head: Result<Head, _> = serde_json::from_slice(bytes);
    check_version(path, head.ok().and_then(|head| head.version))?;
    serde_json::from_slice(bytes).map_err(|error| StoreError {
        place: path.display().to_string(),
        message: format!(
            "it is damaged, or another version of sk-dr made it: {error}; in the second case {USE_IT}"
        ),
    })
}

/// What every document says of itself.
#[derive(Deserialize)]
struct Head {
    version: Option<Json>,
}

fn check_version(path: &Path, version: Option<Json>) -> Result<(), StoreError> {
    let message = match version {
        Some(version) if version.as_u64() == Some(u64::from(VERSION)) => return Ok(()),
        Some(version) => {
            format!("its version is {version}, this program reads {VERSION}; {USE_IT}")
        }
        None => "it is damaged: it has no version".to_owned(),
    };
    Err(StoreError {
        place: path.display().to_string(),
        message,
    })
}

fn file_name(serial: u64) -> String {
    format!("{serial:08}.json")
}

/// Numbers of the numbered files, ascending. Everything else, such as what an interrupted write left, is passed over.
fn numbers(folder: &Folder) -> Result<Vec<u64>, StoreError> {
    let number = |name: &String| {
        let number = name.strip_suffix(".json")?.parse::<u64>().ok()?;
        (file_name(number) == *name).then_some(number)
    };
    let mut numbers: Vec<u64> = names(folder)?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Names in a directory.
fn names(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let names = folder
        .names()
        .map_err(|error| failed(folder.path(), &error))?;
    let texts = names.into_iter().flat_map(|name| name.into_string());
    Ok(texts.collect())
}

fn read(folder: &Folder, name: &str) -> Result<Found, StoreError> {
    let bytes = folder
        .read(name, DOCUMENT_BYTES)
        .map_err(|error| failed(&folder.path().join(name), &error))?;
    let is_json = serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
    Ok(if is_json {
        Found::Whole(bytes)
    } else {
        Found::Torn
    })
}

/// Writes a file that is there whole and durable, or not at all. A taken name stays as it is.
fn write_whole(folder: &Folder, name: &str, bytes: &[u8]) -> Result<Append, StoreError> {
    match folder.create(name, bytes, Readers::Owner) {
        Ok(Created::Whole) => Ok(Append::Written),
        Ok(Created::Taken) => Ok(Append::SerialTaken),
        Err(error) => Err(failed(&folder.path().join(name), &error)),
    }
}

fn failed(path: &Path, error: &FileError) -> StoreError {
    StoreError {
        place: path.display().to_string(),
        message: error.to_string(),
    }
}

fn damaged(path: &Path, error: &serde_json::Error) -> StoreError {
    StoreError {
        place: path.display().to_string(),
        message: format!("it is damaged: {error}"),
    }
}
