//! May this plan run? Asked before anything is connected. Pure. Must not know the outside.

use super::outcome::{ERROR, LOCKED, STALE};
use crate::journal::runs::{RunSummary, Standing};
use crate::plan::document::{FORMAT, Plan, StepId, VERSION};
use std::collections::BTreeSet;

/// What a plan is held against.
pub struct Admission<'a> {
    /// Stack of the configuration, where there is one to compare with.
    pub stack: Option<&'a str>,
    /// `-expect=DIGEST`.
    pub expect: Option<&'a str>,
    /// All runs of the journal.
    pub runs: &'a [RunSummary],
}

/// Why a plan may not run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another format or version.
    #[error("the plan is {found}, this program carries out {FORMAT} version {VERSION}; plan again")]
    Format {
        /// What it is.
        found: String,
    },
    /// Its digest does not match its content (R37).
    #[error(
        "the plan is damaged, was edited, or was made by another version of sk-dr: its digest says {written}, its content is {computed}; plan again"
    )]
    Damaged {
        /// As written in it.
        written: String,
        /// As computed.
        computed: String,
    },
    /// Something in it is blocked (R12).
    #[error("the plan is not applyable: something in it is blocked")]
    NotApplyable,
    /// Another stack's plan.
    #[error("the plan is for stack `{plan}`, the configuration is stack `{configuration}`")]
    OtherStack {
        /// The plan's.
        plan: String,
        /// The configuration's.
        configuration: String,
    },
    /// Not what was reviewed.
    #[error("the plan is not the expected one: expected {expected}, it is {found}")]
    Unexpected {
        /// As given.
        expected: String,
        /// As it is.
        found: String,
    },
    /// Its steps do not make an order.
    #[error("the plan is malformed: step `{step}` needs `{needed}`, which does not come before it")]
    Order {
        /// The step.
        step: StepId,
        /// What it needs.
        needed: StepId,
    },
    /// A step occurs twice.
    #[error("the plan is malformed: step `{0}` occurs twice")]
    Twice(StepId),
    /// A run is open (R44).
    #[error("run {run} is open: it was killed or left something in doubt")]
    OpenRun {
        /// The run.
        run: String,
    },
    /// A recovery is (R13).
    #[error(
        "run {run} of recovery \"{recovery}\" is open: until it is done nothing else is applied"
    )]
    OpenRecovery {
        /// The run.
        run: String,
        /// Name of the recovery.
        recovery: String,
    },
    /// A run cannot be read, so what it left cannot be told.
    #[error("run {run} cannot be read, so what it left cannot be told: {reason}")]
    DamagedRun {
        /// The run.
        run: String,
        /// Why.
        reason: String,
    },
}

impl Refusal {
    /// The exit code: nothing was changed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Refusal::Unexpected { .. } => STALE,
            Refusal::OpenRun { .. } | Refusal::OpenRecovery { .. } => LOCKED,
            Refusal::Format { .. }
            | Refusal::Damaged { .. }
            | Refusal::NotApplyable
            | Refusal::OtherStack { .. }
            | Refusal::Order { .. }
            | Refusal::Twice(_)
            | Refusal::DamagedRun { .. } => ERROR,
        }
    }
}

/// Admits a plan.
///
/// # Errors
/// The first reason why it may not run.
pub fn admit(plan: &Plan, against: &Admission<'_>) -> Result<(), Refusal> {
    check_whole(plan)?;
    if let Some(expected) = against.expect.filter(|expected| *expected != plan.digest) {
        return Err(Refusal::Unexpected {
            expected: expected.to_owned(),
            found: plan.digest.clone(),
        });
    }
    if let Some(configuration) = against.stack.filter(|stack| *stack != plan.stack) {
        return Err(Refusal::OtherStack {
            plan: plan.stack.clone(),
            configuration: configuration.to_owned(),
        });
    }
    if !plan.applyable {
        return Err(Refusal::NotApplyable);
    }
    no_open_run(against.runs)
}

/// Format, digest and order of a plan.
///
/// # Errors
/// Where it is not what a planner of this program wrote.
pub fn check_whole(plan: &Plan) -> Result<(), Refusal> {
    if plan.format != FORMAT || plan.version != VERSION {
        return Err(Refusal::Format {
            found: format!("{} version {}", plan.format, plan.version),
        });
    }
    let computed = plan.compute_digest().unwrap_or_default();
    if computed != plan.digest {
        return Err(Refusal::Damaged {
            written: plan.digest.clone(),
            computed,
        });
    }
    let mut before: BTreeSet<&StepId> = BTreeSet::new();
    for step in &plan.steps {
        if let Some(needed) = step.waits_for().find(|needed| !before.contains(needed)) {
            return Err(Refusal::Order {
                step: step.id.clone(),
                needed: needed.clone(),
            });
        }
        if !before.insert(&step.id) {
            return Err(Refusal::Twice(step.id.clone()));
        }
    }
    Ok(())
}

/// Whether a new run may begin beside these.
///
/// # Errors
/// The oldest run that stands in the way.
pub fn no_open_run(runs: &[RunSummary]) -> Result<(), Refusal> {
    for summary in runs {
        let run = summary.run.clone();
        match &summary.standing {
            Standing::Open => {
                return Err(match summary.open_recovery().map(str::to_owned) {
                    Some(recovery) => Refusal::OpenRecovery { run, recovery },
                    None => Refusal::OpenRun { run },
                });
            }
            Standing::Damaged(reason) => {
                return Err(Refusal::DamagedRun {
                    run,
                    reason: reason.clone(),
                });
            }
            Standing::NeverOpened | Standing::Closed(_) => {}
        }
    }
    Ok(())
}
