//! What a child process is told: where it ends itself, and which mistake it plays. Handed over as JSON in one variable.

use serde::{Deserialize, Serialize};

/// The variable that makes this program a child.
pub const VARIABLE: &str = "SK_DR_KILL_CHILD";

/// Orders of one child.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// Where it ends itself, by SIGKILL.
    pub kill: Option<Kill>,
    /// The mistake that it plays, to prove that the matrix sees it.
    pub bug: Option<Bug>,
}

/// A point at one write of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// Which write.
    pub write: Write,
    /// Where at it.
    pub moment: Moment,
}

/// A write of the journal, by what it says: how many there are before it depends on what ended together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// The plan beside the journal.
    Plan,
    /// The record that opens the run.
    Opened,
    /// The record that names a cluster met for the first time.
    Identified,
    /// The record with the intent of this step.
    Started(String),
    /// The record with the result of this step.
    Done(String),
    /// The record by which a run is taken over.
    TakenOver,
    /// The inventory.
    Inventory,
    /// The record that closes the run.
    Closed,
}

/// Where at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// Nothing of it is on disk.
    Before,
    /// Half of it is, under its final name: what a machine without power may leave.
    Torn,
    /// It is durable.
    After,
}

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bug {
    /// An intent is acknowledged and written only before the next record.
    IntentWrittenBehind,
    /// A torn last record makes the journal unreadable.
    TornIsAnError,
    /// A step that was started counts as done.
    StartedIsDone,
    /// A step that was started counts as never started.
    StartedIsForgotten,
    /// A write whose answer is lost counts as never sent.
    LostIsRefused,
    /// A write whose answer is lost is sent again at once.
    LostIsSentAgain,
    /// A conflict counts as a refusal of what was written.
    ConflictIsInvalid,
    /// The last result is not read back.
    LastDoneIsForgotten,
    /// A run that was taken over once cannot be taken over again.
    TakenOverOnlyOnce,
}

/// Every mistake.
pub const BUGS: &[Bug] = &[
    Bug::IntentWrittenBehind,
    Bug::TornIsAnError,
    Bug::StartedIsDone,
    Bug::StartedIsForgotten,
    Bug::LostIsRefused,
    Bug::LostIsSentAgain,
    Bug::ConflictIsInvalid,
    Bug::LastDoneIsForgotten,
    Bug::TakenOverOnlyOnce,
];
