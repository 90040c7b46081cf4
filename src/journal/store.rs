//! Where a journal is kept: in a directory or in a bucket.

use super::record::Record;
use crate::model::inventory::Inventory;
use crate::plan::document::Plan;
use async_trait::async_trait;

/// Answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// Durable.
    Written,
    /// The serial is taken: another process goes on with this run; whoever sees this stops before the next effect (R42).
    SerialTaken,
}

/// A run as a listing tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its id.
    pub run: String,
    /// Whether it is [marked](Store::mark_closed) as closed. One that is not may be closed all the same.
    pub is_marked: bool,
}

/// A place that keeps runs. What a method writes is durable when it returns, and each of them returns: a place that is not
/// reached is an error, after a limit of its own.
#[async_trait(?Send)]
pub trait Store {
    /// Makes a run with its plan; its journal is empty.
    ///
    /// # Errors
    /// Where the place cannot be written.
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError>;
    /// Appends by conditional create of `record.serial`.
    ///
    /// # Errors
    /// Where the place cannot be written; the record may or may not be there then.
    async fn append(&self, record: &Record) -> Result<Append, StoreError>;
    /// Marks a run whose last record closes it, so that nobody need read it to know. Once more changes nothing.
    ///
    /// # Errors
    /// Where the place cannot be written.
    async fn mark_closed(&self, run: &str) -> Result<(), StoreError>;
    /// The newest so many runs, sorted by id.
    ///
    /// # Errors
    /// Where the place cannot be read.
    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError>;
    /// The runs among which every one is that has not ended, sorted by id.
    ///
    /// # Errors
    /// Where the place cannot be read.
    async fn recent(&self) -> Result<Vec<Listed>, StoreError>;
    /// What must hold before a run has its first effect; what of it could not be told, in words.
    ///
    /// # Errors
    /// Where the place does not keep what a journal needs.
    async fn check(&self) -> Result<Vec<String>, StoreError>;
    /// The plan of a run.
    ///
    /// # Errors
    /// Where it cannot be read or is damaged.
    async fn plan(&self, run: &str) -> Result<Plan, StoreError>;
    /// Records of a run in order, and the next free serial. A torn last record never happened; its serial is spent.
    ///
    /// # Errors
    /// Where they cannot be read, or one before the last is damaged.
    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError>;
    /// The last record of a run; none where there is none, or where it is torn.
    ///
    /// # Errors
    /// Where it cannot be read or is damaged.
    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError>;
    /// The newest inventory, if there is one.
    ///
    /// # Errors
    /// Where it cannot be read; callers warn and go on (R26).
    async fn inventory(&self) -> Result<Option<Inventory>, StoreError>;
    /// Writes a newer inventory.
    ///
    /// # Errors
    /// Where it cannot be written.
    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError>;
}

/// A journal that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("journal {place}: {message}")]
pub struct StoreError {
    /// Path, as shown.
    pub place: String,
    /// What went wrong.
    pub message: String,
    /// What that says of the journal.
    pub fault: Fault,
}

/// What an error says of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What is there cannot be used: damaged, of another version, out of reach for good.
    Unusable,
    /// It is not reached now, or takes no credentials now: nothing is known of what it holds.
    Unreached,
    /// Another run came first.
    Overtaken,
}

impl StoreError {
    /// What is there cannot be used.
    pub fn unusable(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
            fault: Fault::Unusable,
        }
    }

    /// The same, saying something else of the journal.
    #[must_use]
    pub fn of(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}
