//! How a run ended, and the exit code that says so (R46). Pure.

use crate::journal::record::RunOutcome;
use crate::journal::status::{RunState, StepStatus};
use crate::journal::store::{Fault, StoreError};
use crate::model::expression::Bindings;
use crate::model::identity::ProviderRef;
use crate::plan::document::{Plan, StepId};
use crate::world::query::{FailureClass, Why};
use std::collections::BTreeMap;

/// All done.
pub const DONE: u8 = 0;
/// An error, before anything was changed.
pub const ERROR: u8 = 1;
/// Stale plan, wrong ground or wrong cluster, before anything was changed.
pub const STALE: u8 = 3;
/// Lock, open run, or taken over, before anything was changed.
pub const LOCKED: u8 = 4;
/// Something was changed and not all is done.
pub const PARTIAL: u8 = 6;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// Its id.
    pub run: String,
    /// Steps done, in the plan's order.
    pub done: Vec<StepId>,
    /// Steps that failed.
    pub failed: Vec<Failed>,
    /// Steps not tried, and why.
    pub skipped: Vec<(StepId, String)>,
    /// Steps that may or may not have had their effect, and why that cannot be told.
    pub in_doubt: Vec<(StepId, String)>,
    /// Steps never reached, because something is in doubt, or a recovery stays open.
    pub todo: Vec<StepId>,
    /// How it was closed; `None`: it stays open, because something is in doubt, or is left of a recovery.
    pub outcome: Option<RunOutcome>,
    /// Whether the outside may have been changed by this run.
    pub had_effect: bool,
    /// Values that its finished steps made known; never a secret.
    pub bindings: Bindings,
    /// What else a user should hear: the inventory could not be read or written.
    pub warnings: Vec<String>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The step.
    pub step: StepId,
    /// Class.
    pub class: FailureClass,
    /// Words.
    pub message: String,
}

impl RunReport {
    /// The report of a state. `doubts` says why what is in doubt stayed so.
    pub fn of(run: &str, plan: &Plan, state: &RunState, doubts: &BTreeMap<StepId, String>) -> Self {
        let list = |status| state.of_status(plan, status).cloned().collect::<Vec<_>>();
        let failed = |step: StepId| {
            let failure = state
                .steps
                .get(&step)
                .and_then(|known| known.failure.clone());
            let (class, message) = failure.unwrap_or((FailureClass::Malformed, String::new()));
            Failed {
                step,
                class,
                message,
            }
        };
        let skipped = |step: StepId| {
            let because = state
                .steps
                .get(&step)
                .and_then(|known| known.because.clone())
                .unwrap_or_default();
            (step, because)
        };
        let in_doubt = |step: StepId| {
            let because = doubts
                .get(&step)
                .cloned()
                .unwrap_or_else(|| "it was sent, no answer was recorded".to_owned());
            (step, because)
        };
        Self {
            run: run.to_owned(),
            done: list(StepStatus::Done),
            failed: list(StepStatus::Failed).into_iter().map(failed).collect(),
            skipped: list(StepStatus::Skipped).into_iter().map(skipped).collect(),
            in_doubt: list(StepStatus::InDoubt)
                .into_iter()
                .map(in_doubt)
                .collect(),
            todo: list(StepStatus::Todo),
            outcome: state.outcome,
            had_effect: state.had_effect(),
            bindings: state.bindings.clone(),
            warnings: Vec::new(),
        }
    }

    /// All done 0; something changed and not all done 6; refused before the first effect 3 where the ground moved, else 1.
    pub fn exit_code(&self) -> u8 {
        let stale = |failed: &Failed| {
            matches!(
                failed.class,
                FailureClass::Ground | FailureClass::WrongIdentity
            )
        };
        if self.outcome == Some(RunOutcome::Complete) {
            DONE
        } else if self.had_effect {
            PARTIAL
        } else if self.failed.iter().any(stale) {
            STALE
        } else {
            ERROR
        }
    }
}

/// Why a run stopped without a report.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan is not one that can be carried out.
    #[error("the plan cannot be carried out: {0}")]
    Plan(String),
    /// The cluster that answers is another one (R21).
    #[error(
        "provider `{provider}` ({title}) is another cluster: the plan was made for {expected}, {found} answers; nothing was changed"
    )]
    WrongIdentity {
        /// The provider.
        provider: ProviderRef,
        /// Context and server.
        title: String,
        /// UID that the plan was made for.
        expected: String,
        /// UID that answers.
        found: String,
    },
    /// The cluster that was declared lost answers (R1).
    #[error(
        "provider `{provider}` was declared lost, and the lost cluster answers: {found} is its identity; nothing was changed"
    )]
    LostAnswers {
        /// The provider.
        provider: ProviderRef,
        /// Its identity.
        found: String,
    },
    /// What takes the place of a lost cluster is not empty (R31).
    #[error("the cluster behind provider `{provider}` is to take the place of a lost one, and is not empty: {}; nothing was changed", .found.join("; "))]
    NotBare {
        /// The provider.
        provider: ProviderRef,
        /// Everything that is there and must not be.
        found: Vec<String>,
    },
    /// A provider cannot be asked.
    #[error("provider `{provider}` cannot be asked which cluster it is: {}; nothing was changed", .why.message)]
    Provider {
        /// The provider.
        provider: ProviderRef,
        /// Why.
        why: Why,
    },
    /// Another process goes on with this run.
    #[error(
        "run {run} was taken over by another process, which wrote record {serial}; stopped before the next effect"
    )]
    TakenOver {
        /// The run.
        run: String,
        /// The serial that was lost.
        serial: u64,
        /// Whether the outside may have been changed.
        had_effect: bool,
    },
    /// The journal cannot be written, so nothing more may be done.
    #[error("{error}; stopped before the next effect")]
    Journal {
        /// The run.
        run: String,
        /// Whether anything of the run stands in the journal: without that there is nothing to go on with.
        begun: bool,
        /// Why.
        error: StoreError,
        /// Whether the outside may have been changed.
        had_effect: bool,
    },
}

impl ApplyError {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            ApplyError::TakenOver {
                had_effect: true, ..
            }
            | ApplyError::Journal {
                had_effect: true, ..
            } => PARTIAL,
            ApplyError::TakenOver {
                had_effect: false, ..
            } => LOCKED,
            ApplyError::Journal {
                had_effect: false,
                error:
                    StoreError {
                        fault: Fault::Overtaken,
                        ..
                    },
                ..
            } => LOCKED,
            ApplyError::WrongIdentity { .. }
            | ApplyError::LostAnswers { .. }
            | ApplyError::NotBare { .. } => STALE,
            ApplyError::Plan(_)
            | ApplyError::Provider { .. }
            | ApplyError::Journal {
                had_effect: false, ..
            } => ERROR,
        }
    }
}
