//! The journal in a directory, `.sk-dr/` beside the configuration: `runs/<id>/plan.json`, `runs/<id>/00000001.json`, ...,
//! `runs/<id>/closed`, `inventory/<n>.json`. A record is written whole under a temporary name, made durable, and linked to its serial, which
//! fails where the serial is taken (R42). Must not know what records mean, but for a take-over that explains a torn one.

use super::document::{
    self, CLOSED, INVENTORY, InventoryFile, RUNS, check_next, check_run_id, damaged, decode,
    file_name, is_run_id, no_run, number, record,
};
use super::record::{Entry, Record, VERSION};
use super::store::{Append, Listed, Store, StoreError};
use crate::model::inventory::Inventory;
use crate::plan::document::Plan;
use crate::world::local::files::{
    self, Boundary, Created, DOCUMENT_BYTES, FileError, Folder, Kind, Made, Readers,
};
use async_trait::async_trait;
use serde::de::IgnoredAny;
use std::path::{Path, PathBuf};

/// Name of a run's plan.
const PLAN: &str = "plan.json";
/// Runs and inventories in a directory. Making one touches nothing.
#[derive(Clone, Debug)]
pub struct LocalStore {
    directory: PathBuf,
    boundary: Boundary,
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
        check_run_id(&self.shown(), run)?;
        let runs = self.part(RUNS)?;
        let found = match &runs {
            None => None,
            Some(runs) => below(runs, run)?,
        };
        found.ok_or_else(|| no_run(&self.shown(), run))
    }

    fn shown(&self) -> String {
        self.directory.display().to_string()
    }
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
        check_run_id(&self.shown(), run)?;
        let (runs, _) = make_below(&self.prepare()?, RUNS)?;
        let (folder, made) = make_below(&runs, run)?;
        let exists = |path: &Path| StoreError::unusable(shown(path), "it exists");
        if made == Made::There {
            return Err(exists(folder.path()));
        }
        let path = folder.path().join(PLAN);
        let text =
            serde_json::to_vec_pretty(plan).map_err(|error| damaged(&shown(&path), &error))?;
        match write_whole(&folder, PLAN, &text)? {
            Append::Written => runs.sync().map_err(|error| failed(runs.path(), &error)),
            Append::SerialTaken => Err(exists(&path)),
        }
    }

    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        let folder = self.run(&record.run)?;
        let name = file_name(record.serial);
        let text = document::encode(&shown(&folder.path().join(&name)), record)?;
        write_whole(&folder, &name, &text)
    }

    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        write_whole(&self.run(run)?, CLOSED, b"").map(|_| ())
    }

    async fn recent(&self) -> Result<Vec<Listed>, StoreError> {
        self.runs(usize::MAX).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError> {
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
        Ok(runs.split_off(runs.len().saturating_sub(most)))
    }

    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        let folder = self.run(run)?;
        let path = folder.path().join(PLAN);
        match read(&folder, PLAN)? {
            Found::Whole(bytes) => document::plan(&shown(&path), &bytes),
            Found::Torn => Err(StoreError::unusable(
                shown(&path),
                "it is damaged: it is no JSON",
            )),
        }
    }

    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        let folder = self.run(run)?;
        let mut records: Vec<Record> = Vec::new();
        let mut torn: Option<PathBuf> = None;
        let mut next = 1;
        for serial in numbers(&folder)? {
            let name = file_name(serial);
            let path = folder.path().join(&name);
            check_next(&shown(&path), serial, next)?;
            next = serial + 1;
            match read(&folder, &name)? {
                Found::Torn => torn = torn.or(Some(path)),
                Found::Whole(bytes) => {
                    let record = record(&shown(&path), &bytes, (run, serial))?;
                    if let Some(torn) = torn.take_if(|_| !explains_gap(&record, &records)) {
                        let message = "it is damaged: it is no JSON, and whole records follow it";
                        return Err(StoreError::unusable(shown(&torn), message));
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
                record(&shown(&folder.path().join(&name)), &bytes, (run, serial)).map(Some)
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
            let file: InventoryFile = decode(&shown(&path), &bytes)?;
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
                .map_err(|error| damaged(&shown(&folder.path().join(&name)), &error))?;
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

/// Numbers of the numbered files, ascending. Everything else, such as what an interrupted write left, is passed over.
fn numbers(folder: &Folder) -> Result<Vec<u64>, StoreError> {
    let names = names(folder)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
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
    StoreError::unusable(shown(path), error.to_string())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
