//! The journal in a directory, `.sk-dr/` beside the configuration: `runs/<id>/plan.json`, `runs/<id>/00000001.json`, ...,
//! `inventory/<n>.json`. A record is written whole under a temporary name, made durable, and linked to its serial, which
//! fails where the serial is taken (R42). Must not know what records mean, but for a take-over that explains a torn one.

use super::record::{Entry, Inventory, Record, VERSION};
use super::store::{Append, Store, StoreError};
use crate::plan::document::{self, Plan};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs and inventories in a directory. Making one touches nothing.
#[derive(Clone, Debug)]
pub struct LocalStore {
    directory: PathBuf,
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
        Self {
            directory: directory.into(),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes the directory, for its owner only, with a `.gitignore` of its own.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn prepare(&self) -> Result<(), StoreError> {
        make_directory(&self.directory)?;
        let ignore = self.directory.join(".gitignore");
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&ignore)
        {
            Ok(mut file) => file
                .write_all(b"*\n")
                .map_err(|error| failed(&ignore, &error)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failed(&ignore, &error)),
        }
    }

    fn run_directory(&self, run: &str) -> Result<PathBuf, StoreError> {
        // A run id comes from the command line: `../..` must not lead out of the directory.
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if run.is_empty() || !run.chars().all(allowed) {
            return Err(StoreError {
                place: self.shown(),
                message: format!("`{run}` is not a run id"),
            });
        }
        Ok(self.directory.join("runs").join(run))
    }

    fn shown(&self) -> String {
        self.directory.display().to_string()
    }

    fn inventories(&self) -> PathBuf {
        self.directory.join("inventory")
    }
}

impl Store for LocalStore {
    fn create_run(&mut self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        let directory = self.run_directory(run)?;
        self.prepare()?;
        make_directory(&self.directory.join("runs"))?;
        DirBuilder::new()
            .mode(0o700)
            .create(&directory)
            .map_err(|error| failed(&directory, &error))?;
        let path = directory.join("plan.json");
        let text = serde_json::to_vec_pretty(plan).map_err(|error| damaged(&path, &error))?;
        match write_whole(&path, &text)? {
            Append::Written => sync_directory(&self.directory.join("runs")),
            Append::SerialTaken => Err(StoreError {
                place: path.display().to_string(),
                message: "it exists".to_owned(),
            }),
        }
    }

    fn append(&mut self, record: &Record) -> Result<Append, StoreError> {
        let path = self
            .run_directory(&record.run)?
            .join(file_name(record.serial));
        let text = serde_json::to_vec(record).map_err(|error| damaged(&path, &error))?;
        write_whole(&path, &text)
    }

    fn runs(&self) -> Result<Vec<String>, StoreError> {
        let directory = self.directory.join("runs");
        let mut runs = Vec::new();
        for name in names(&directory)? {
            let Ok(run) = self.run_directory(&name) else {
                continue;
            };
            // Killed between making the directory and writing the plan: such a run never was.
            if run.join("plan.json").exists() || !numbers(&run)?.is_empty() {
                runs.push(name);
            }
        }
        runs.sort();
        Ok(runs)
    }

    fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        let path = self.run_directory(run)?.join("plan.json");
        let Found::Whole(bytes) = read(&path)? else {
            return Err(StoreError {
                place: path.display().to_string(),
                message: "it is damaged: it is no JSON".to_owned(),
            });
        };
        decode(&path, &bytes, document::VERSION)
    }

    fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        let directory = self.run_directory(run)?;
        if !directory.is_dir() {
            return Err(StoreError {
                place: self.shown(),
                message: format!("there is no run `{run}`"),
            });
        }
        let mut records: Vec<Record> = Vec::new();
        let mut torn: Option<PathBuf> = None;
        let mut next = 1;
        for serial in numbers(&directory)? {
            let path = directory.join(file_name(serial));
            if serial != next {
                return Err(StoreError {
                    place: path.display().to_string(),
                    message: format!("record {next} before it is missing"),
                });
            }
            next = serial + 1;
            match read(&path)? {
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

    fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        for newest in numbers(&self.inventories())?.into_iter().rev() {
            let path = self.inventories().join(file_name(newest));
            // Torn when the machine went down: its run is still open and writes it again; the one before it counts.
            let Found::Whole(bytes) = read(&path)? else {
                continue;
            };
            let file: InventoryFile = decode(&path, &bytes, VERSION)?;
            return Ok(Some(file.inventory));
        }
        Ok(None)
    }

    fn write_inventory(&mut self, inventory: &Inventory) -> Result<(), StoreError> {
        self.prepare()?;
        let directory = self.inventories();
        make_directory(&directory)?;
        loop {
            let next = numbers(&directory)?.pop().unwrap_or(0) + 1;
            let path = directory.join(file_name(next));
            let file = InventoryFile {
                version: VERSION,
                inventory: inventory.clone(),
            };
            let text = serde_json::to_vec_pretty(&file).map_err(|error| damaged(&path, &error))?;
            // Taken: another run ended at the same moment; ours is the newer one then.
            if write_whole(&path, &text)? == Append::Written {
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
    let record: Record = decode(path, bytes, VERSION)?;
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
fn decode<T: DeserializeOwned>(path: &Path, bytes: &[u8], version: u32) -> Result<T, StoreError> {
    let head: Result<Head, _> = serde_json::from_slice(bytes);
    check_version(path, head.ok().and_then(|head| head.version), version)?;
    serde_json::from_slice(bytes).map_err(|error| damaged(path, &error))
}

/// What every document says of itself.
#[derive(Deserialize)]
struct Head {
    version: Option<Json>,
}

fn check_version(path: &Path, version: Option<Json>, ours: u32) -> Result<(), StoreError> {
    let message = match version {
        Some(version) if version.as_u64() == Some(u64::from(ours)) => return Ok(()),
        Some(version) => format!(
            "its version is {version}, this program reads {ours}; use the program that wrote it"
        ),
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
fn numbers(directory: &Path) -> Result<Vec<u64>, StoreError> {
    let number = |name: &String| {
        let number = name.strip_suffix(".json")?.parse::<u64>().ok()?;
        (file_name(number) == *name).then_some(number)
    };
    let mut numbers: Vec<u64> = names(directory)?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Names in a directory; none where it does not exist.
fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(directory, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(directory, &error))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Found, StoreError> {
    let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
    let is_json = serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
    Ok(if is_json {
        Found::Whole(bytes)
    } else {
        Found::Torn
    })
}

/// Writes a file that is there whole and durable, or not at all. A taken name stays as it is.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<Append, StoreError> {
    // Two writers in one process, as in a test of the fence, must not share a temporary file.
    static TEMPORARY: AtomicU64 = AtomicU64::new(0);
    let directory = path.parent().unwrap_or(Path::new("."));
    let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!(".{}-{number}.tmp", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| failed(&temporary, &error))?;
    let linked = fs::hard_link(&temporary, path);
    // What is left of a failed removal is passed over by every reader.
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => sync_directory(directory).map(|()| Append::Written),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Append::SerialTaken),
        Err(error) => Err(failed(path, &error)),
    }
}

fn make_directory(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| failed(path, &error))
}

fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
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
