//! All that a run tells while it carries out a plan. Reporters in `cli` turn events into lines. Must not know how they are told.

use super::document::{Action, StepId};
use crate::model::address::Address;
use std::time::Duration;

/// One thing worth telling while a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The run is recorded and may be resumed under this id.
    RunOpened {
        /// Run id.
        run: String,
        /// Steps to do (all, or those left on a resume).
        steps: usize,
    },
    /// A provider's cluster was reached for the first time.
    ProviderIdentified {
        /// Provider.
        provider: String,
        /// kube-system's UID.
        kube_system_uid: String,
    },
    /// Something was found before the first effect that stops nothing.
    Noticed {
        /// What.
        text: String,
    },
    /// A step in doubt was asked about.
    DoubtResolved {
        /// The step.
        step: StepId,
        /// What was found: "the effect is there", "nothing was done, doing it again".
        finding: String,
    },
    /// Another run has done what a step was to do: it is done, and nothing is sent.
    AlreadyDone {
        /// The step.
        step: StepId,
        /// The run that did it, where the object tells.
        by: Option<String>,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// What it does.
        action: Action,
    },
    /// A step still waits.
    StepWaiting {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// For what and why.
        text: String,
        /// Since when.
        elapsed: Duration,
        /// Limit.
        limit: Duration,
    },
    /// A request is tried again.
    Retrying {
        /// The step.
        step: StepId,
        /// Why.
        text: String,
    },
    /// A step is done.
    StepDone {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// What it did.
        action: Action,
        /// How long it took.
        elapsed: Duration,
    },
    /// A step failed.
    StepFailed {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// Words.
        message: String,
        /// For how long it was tried.
        elapsed: Duration,
    },
    /// A step stays in doubt: it was begun, and whether it had its effect could not be told.
    StepInDoubt {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// Why it cannot be told.
        because: String,
    },
    /// A step will not be tried.
    StepSkipped {
        /// The step.
        step: StepId,
        /// Its node.
        address: Address,
        /// Why.
        because: String,
    },
    /// First Ctrl-C: what is in flight is finished, nothing new begins.
    Stopping {
        /// Steps in flight.
        in_flight: Vec<StepId>,
    },
}
