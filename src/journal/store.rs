//! Where a journal is kept. The local directory is one implementation; a bucket will be another.

use super::record::{Inventory, Record};
use crate::plan::document::Plan;

/// Answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// Durable.
    Written,
    /// The serial is taken: another process goes on with this run; whoever sees this stops before the next effect (R42).
    SerialTaken,
}

/// A place that keeps runs. All methods are durable when they return.
pub trait Store: Send {
    /// Makes a run with its plan; its journal is empty.
    ///
    /// # Errors
    /// Where the place cannot be written.
    fn create_run(&mut self, run: &str, plan: &Plan) -> Result<(), StoreError>;
    /// Appends by conditional create of `record.serial`.
    ///
    /// # Errors
    /// Where the place cannot be written; the record may or may not be there then.
    fn append(&mut self, record: &Record) -> Result<Append, StoreError>;
    /// Ids of all runs, oldest first.
    ///
    /// # Errors
    /// Where the place cannot be read.
    fn runs(&self) -> Result<Vec<String>, StoreError>;
    /// The plan of a run.
    ///
    /// # Errors
    /// Where it cannot be read or is damaged.
    fn plan(&self, run: &str) -> Result<Plan, StoreError>;
    /// Records of a run in order, and the next free serial. A torn last record never happened; its serial is spent.
    ///
    /// # Errors
    /// Where they cannot be read, or one before the last is damaged.
    fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError>;
    /// The newest inventory, if there is one.
    ///
    /// # Errors
    /// Where it cannot be read; callers warn and go on (R26).
    fn inventory(&self) -> Result<Option<Inventory>, StoreError>;
    /// Writes a newer inventory.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn write_inventory(&mut self, inventory: &Inventory) -> Result<(), StoreError>;
}

/// A journal that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("journal {place}: {message}")]
pub struct StoreError {
    /// Path, as shown.
    pub place: String,
    /// What went wrong.
    pub message: String,
}
