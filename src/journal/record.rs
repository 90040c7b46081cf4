//! Records and entries of a run's journal: an intent log, not a debug log. Intent is written before the effect.

use crate::model::expression::HoleSource;
use crate::model::identity::ProviderRef;
use crate::model::inventory::Inventory;
use crate::plan::document::StepId;
use crate::world::query::FailureClass;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Version written; readers take this and the one before (there is none before 1).
pub const VERSION: u32 = 1;

/// One durable record: a group of entries under one serial. Appending is a conditional create of the serial (R42).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`VERSION`].
    pub version: u32,
    /// Run id.
    pub run: String,
    /// Serial, from 1 without gaps (a torn record's serial is spent).
    pub serial: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub holder: Holder,
    /// What.
    pub entries: Vec<Entry>,
}

impl Record {
    /// Whether it closes its run. Nothing is written after that.
    pub fn is_end(&self) -> bool {
        matches!(self.entries.last(), Some(Entry::RunClosed { .. }))
    }

    /// Whether it gives up a run that was never begun, so that its maker cannot begin it any more.
    pub fn gives_up_unbegun(&self) -> bool {
        let entries = self.entries.as_slice();
        matches!(
            entries,
            [
                Entry::TakenOver { from_serial: 0 },
                Entry::RunClosed {
                    outcome: RunOutcome::Abandoned,
                    ..
                }
            ]
        )
    }
}

/// The process that holds a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Host name.
    pub host: String,
    /// Kernel's boot id: another one means that every process of then is dead.
    pub boot: String,
    /// Process id.
    pub pid: u32,
    /// Drawn by the process: two containers may be alike in all else, and in a bucket only what nobody else writes tells
    /// whose a record is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// One thing that happened or is about to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The run begins; the plan is stored beside the journal.
    RunOpened {
        /// Its digest.
        plan_digest: String,
        /// Where it was begun, absolute: relative paths of the plan are those of this directory for whoever goes on with
        /// the run on the same machine and names no other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        directory: Option<String>,
    },
    /// First touch of a provider whose cluster this plan makes: its identity is bound (R31).
    ProviderIdentified {
        /// The provider.
        provider: ProviderRef,
        /// kube-system's UID.
        kube_system_uid: String,
    },
    /// Intent: the step's effect may follow at any moment.
    StepStarted {
        /// The step.
        step: StepId,
        /// From 1.
        attempt: u32,
        /// Which alternative (R34), 0 for the step's own op.
        alternative: u32,
    },
    /// The effect is there and its wait is over.
    StepDone {
        /// The step.
        step: StepId,
        /// Holes it bound; never secrets.
        bindings: Vec<Binding>,
        /// UID of the object, where there is one.
        uid: Option<String>,
    },
    /// The step ended without being done, and that is certain.
    StepFailed {
        /// The step.
        step: StepId,
        /// Class.
        class: FailureClass,
        /// Words.
        message: String,
    },
    /// The step is not tried: something it needs failed, or the run was stopped.
    StepSkipped {
        /// The step.
        step: StepId,
        /// Why.
        because: String,
    },
    /// A restore is made once more, by consent (R6): it and whatever comes after it are to do again.
    Retried {
        /// The step of the restore.
        step: StepId,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// What the last attempt made, and what goes before the next one.
        removed: Vec<Removed>,
    },
    /// A person goes on past a step that failed.
    Accepted {
        /// The step.
        step: StepId,
        /// Why, in that person's words.
        reason: String,
    },
    /// Another process goes on with the run.
    TakenOver {
        /// Last serial it saw.
        from_serial: u64,
    },
    /// The run ends.
    RunClosed {
        /// How.
        outcome: RunOutcome,
        /// Evidence for later plans (R26).
        inventory: Inventory,
    },
}

/// A namespace that goes before a restore is made once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its name.
    pub namespace: String,
    /// Its UID: another one of its name stays.
    pub uid: String,
}

/// A bound hole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The hole.
    pub hole: HoleSource,
    /// Its value.
    pub value: Json,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All steps done.
    Complete,
    /// Some steps failed or were skipped, none in doubt.
    Partial,
    /// Closed by a person with `runs close`.
    Abandoned,
}
