//! Status of a run: a fold over its records with one transition function. A journal that tells something impossible is
//! reported, never guessed at. Pure. Must not know where records are kept or how a step is performed.

mod again;

pub use again::Retry;

use super::record::{Entry, Holder, Record, RunOutcome, VERSION};
use crate::model::expression::{Bindings, HoleSource};
use crate::model::identity::ProviderRef;
use crate::model::inventory::Inventory;
use crate::plan::document::{Plan, Step, StepId};
use crate::world::query::FailureClass;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepStatus {
    /// Never started.
    Todo,
    /// Started and not ended: its effect may be there or not. Asked about before anything else is done.
    InDoubt,
    /// The effect is there and its wait is over. Final.
    Done,
    /// Ended without being done, and that is certain.
    Failed,
    /// Not tried.
    Skipped,
}

impl fmt::Display for StepStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StepStatus::Todo => "to do",
            StepStatus::InDoubt => "in doubt",
            StepStatus::Done => "done",
            StepStatus::Failed => "failed",
            StepStatus::Skipped => "skipped",
        })
    }
}

/// An entry that cannot follow a status.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` cannot follow a step that is {status}")]
pub struct IllegalTransition {
    status: StepStatus,
    entry: &'static str,
}

impl StepStatus {
    /// The only place that says which entry may follow which status. An entry about the whole run is asked of every step.
    ///
    /// # Errors
    /// Where the entry cannot follow: done is final, done and failed need what they end, a closed run leaves no doubt
    /// unless a person closed it (R44).
    pub fn next(self, entry: &Entry) -> Result<StepStatus, IllegalTransition> {
        use StepStatus::{Done, Failed, InDoubt, Skipped, Todo};
        let illegal = Err(IllegalTransition {
            status: self,
            entry: entry_name(entry),
        });
        match (self, entry) {
            (Todo, Entry::RunOpened { .. }) => Ok(Todo),
            (InDoubt | Done | Failed | Skipped, Entry::RunOpened { .. }) => illegal,
            (same, Entry::ProviderIdentified { .. } | Entry::TakenOver { .. }) => Ok(same),
            // A resumed run tries again what failed or was skipped, and repeats what proved not to be there.
            (Todo | InDoubt | Failed | Skipped, Entry::StepStarted { .. }) => Ok(InDoubt),
            (InDoubt, Entry::StepDone { .. }) => Ok(Done),
            (Todo | Done | Failed | Skipped, Entry::StepDone { .. }) => illegal,
            // Without a start: the ground had moved, or a value was missing, before anything was sent.
            (Todo | InDoubt | Failed | Skipped, Entry::StepFailed { .. }) => Ok(Failed),
            (Todo | Skipped, Entry::StepSkipped { .. }) => Ok(Skipped),
            (InDoubt | Done | Failed, Entry::StepSkipped { .. }) => illegal,
            (Done, Entry::StepStarted { .. } | Entry::StepFailed { .. }) => illegal,
            // By consent: also what was done, since what it made goes.
            (Todo | Done | Failed | Skipped, Entry::Retried { .. }) => Ok(Todo),
            (InDoubt, Entry::Retried { .. }) => illegal,
            // What is looked at behind it was not begun.
            (Failed | Skipped, Entry::Accepted { .. }) => Ok(Done),
            (Todo | InDoubt | Done, Entry::Accepted { .. }) => illegal,
            (status, Entry::RunClosed { outcome, .. }) => match (outcome, status) {
                (RunOutcome::Complete, Done)
                | (RunOutcome::Partial, Done | Failed | Skipped)
                | (RunOutcome::Abandoned, Todo | InDoubt | Done | Failed | Skipped) => Ok(status),
                (RunOutcome::Complete, Todo | InDoubt | Failed | Skipped)
                | (RunOutcome::Partial, Todo | InDoubt) => illegal,
            },
        }
    }
}

fn entry_name(entry: &Entry) -> &'static str {
    match entry {
        Entry::RunOpened { .. } => "run_opened",
        Entry::ProviderIdentified { .. } => "provider_identified",
        Entry::StepStarted { .. } => "step_started",
        Entry::StepDone { .. } => "step_done",
        Entry::StepFailed { .. } => "step_failed",
        Entry::StepSkipped { .. } => "step_skipped",
        Entry::TakenOver { .. } => "taken_over",
        Entry::Retried { .. } => "retried",
        Entry::Accepted { .. } => "accepted",
        Entry::RunClosed {
            outcome: RunOutcome::Complete,
            ..
        } => "run_closed complete",
        Entry::RunClosed {
            outcome: RunOutcome::Partial,
            ..
        } => "run_closed partial",
        Entry::RunClosed {
            outcome: RunOutcome::Abandoned,
            ..
        } => "run_closed abandoned",
    }
}

/// What is known of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// Steps it needs.
    pub after: Vec<StepId>,
    /// Steps whose end it waits for.
    pub tried: Vec<StepId>,
    /// Whether it writes anything: what only waits changes nothing outside.
    pub writes: bool,
    /// How often it was started. Zero: nothing of it can be outside.
    pub attempts: u32,
    /// How many of these belong to attempts at a restore that were given up: nothing of them is outside any more.
    pub given_up: u32,
    /// UID of its object, once done.
    pub uid: Option<String>,
    /// Why it failed, the last time it did.
    pub failure: Option<(FailureClass, String)>,
    /// Why it is skipped.
    pub because: Option<String>,
}

/// Where a run was begun: a directory, which is one of that host alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Name of the host.
    pub host: String,
    /// Absolute.
    pub directory: String,
}

/// What a journal says about a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// Every step of the plan.
    pub steps: BTreeMap<StepId, StepState>,
    /// Values of holes bound so far.
    pub bindings: Bindings,
    /// Identities bound at first touch (R31).
    pub identities: BTreeMap<ProviderRef, String>,
    /// Restores that are made once more, by their step.
    pub retries: BTreeMap<StepId, Retry>,
    /// When it was opened; `None`: never, so it had no effect.
    pub opened: Option<Timestamp>,
    /// Where it was begun; `None`: the record does not say.
    pub begun: Option<Begun>,
    /// How it ended, once it did.
    pub outcome: Option<RunOutcome>,
    /// What it recorded at its end.
    pub inventory: Option<Inventory>,
    /// Who holds it, or held it last.
    pub holder: Option<Holder>,
    /// When it last wrote.
    pub last_at: Option<Timestamp>,
    /// Serial of the last whole record; zero before the first.
    pub last_serial: u64,
    /// Serial to write next. The fold says one more than the last; a store knows of a torn record that spent it.
    pub next_serial: u64,
}

/// A journal that tells something impossible.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {serial}: {message}")]
pub struct JournalError {
    /// The record.
    pub serial: u64,
    /// What is impossible about it.
    pub message: String,
}

/// Folds the records of a run.
///
/// # Errors
/// Where they cannot have been written by runs of this plan, one after another.
pub fn fold(plan: &Plan, records: &[Record]) -> Result<RunState, JournalError> {
    let mut state = RunState::fresh(plan);
    for record in records {
        state.take_record(plan, record)?;
    }
    Ok(state)
}

impl RunState {
    /// Nothing was done yet.
    pub fn fresh(plan: &Plan) -> Self {
        let todo = |step: &Step| StepState {
            status: StepStatus::Todo,
            after: step.after.clone(),
            tried: step.tried.clone(),
            writes: step.op.writes(),
            attempts: 0,
            given_up: 0,
            uid: None,
            failure: None,
            because: None,
        };
        Self {
            steps: plan
                .steps
                .iter()
                .map(|step| (step.id.clone(), todo(step)))
                .collect(),
            bindings: Bindings::new(),
            identities: BTreeMap::new(),
            retries: BTreeMap::new(),
            opened: None,
            begun: None,
            outcome: None,
            inventory: None,
            holder: None,
            last_at: None,
            last_serial: 0,
            next_serial: 1,
        }
    }

    /// Status of a step; a step that the plan does not have is to do.
    pub fn status(&self, step: &StepId) -> StepStatus {
        self.steps
            .get(step)
            .map_or(StepStatus::Todo, |state| state.status)
    }

    /// How often a step was started.
    pub fn attempts(&self, step: &StepId) -> u32 {
        self.steps.get(step).map_or(0, |state| state.attempts)
    }

    /// Steps of a status, in the plan's order.
    pub fn of_status<'a>(
        &'a self,
        plan: &'a Plan,
        status: StepStatus,
    ) -> impl Iterator<Item = &'a StepId> {
        plan.steps
            .iter()
            .map(|step| &step.id)
            .filter(move |step| self.status(step) == status)
    }

    /// Whether the outside may have been changed by this run.
    pub fn had_effect(&self) -> bool {
        let mut writers = self.steps.values().filter(|step| step.writes);
        writers.any(|step| match step.status {
            StepStatus::Done | StepStatus::InDoubt => true,
            // A wait ends after the effect; every other class of failure says that it certainly is not there.
            StepStatus::Failed => {
                step.attempts > 0 && matches!(step.failure, Some((FailureClass::Wait, _)))
            }
            StepStatus::Todo | StepStatus::Skipped => false,
        })
    }

    /// Takes one record.
    ///
    /// # Errors
    /// Where it cannot follow.
    pub fn take_record(&mut self, plan: &Plan, record: &Record) -> Result<(), JournalError> {
        let fail = |message: String| JournalError {
            serial: record.serial,
            message,
        };
        if record.version != VERSION {
            return Err(fail(format!(
                "its version is {}, this program reads {VERSION}",
                record.version
            )));
        }
        let takes_over = match record.entries.first() {
            None => return Err(fail("it has no entries".to_owned())),
            Some(Entry::TakenOver { from_serial }) => Some(*from_serial),
            Some(_) => None,
        };
        match takes_over {
            Some(from_serial)
                if from_serial != self.last_serial || record.serial <= from_serial =>
            {
                return Err(fail(format!(
                    "it takes over from record {from_serial}, but follows record {}",
                    self.last_serial
                )));
            }
            Some(_) => {}
            None if record.serial != self.last_serial + 1 => {
                return Err(fail(format!(
                    "it follows record {} without a take-over that explains the gap",
                    self.last_serial
                )));
            }
            None if self
                .holder
                .as_ref()
                .is_some_and(|holder| *holder != record.holder) =>
            {
                return Err(fail(
                    "another process wrote it without taking over".to_owned(),
                ));
            }
            None => {}
        }
        for (index, entry) in record.entries.iter().enumerate() {
            if index > 0 && matches!(entry, Entry::TakenOver { .. }) {
                return Err(fail("it takes over in its middle".to_owned()));
            }
            self.take(plan, entry, record).map_err(fail)?;
        }
        self.holder = Some(record.holder.clone());
        self.last_at = Some(record.at);
        self.last_serial = record.serial;
        self.next_serial = record.serial + 1;
        Ok(())
    }

    fn take(&mut self, plan: &Plan, entry: &Entry, record: &Record) -> Result<(), String> {
        if self.outcome.is_some() {
            return Err(format!(
                "`{}` follows the end of the run",
                entry_name(entry)
            ));
        }
        let begins = matches!(entry, Entry::RunOpened { .. }) || record.gives_up_unbegun();
        if self.opened.is_none() && !begins {
            return Err(format!(
                "`{}` comes before the run is opened",
                entry_name(entry)
            ));
        }
        match entry {
            Entry::RunOpened {
                plan_digest,
                directory,
            } => {
                self.open(plan, plan_digest, record.at)?;
                self.begun = directory.clone().map(|directory| Begun {
                    host: record.holder.host.clone(),
                    directory,
                });
            }
            Entry::ProviderIdentified {
                provider,
                kube_system_uid,
            } => self.identify(plan, provider, kube_system_uid)?,
            Entry::StepStarted { step, attempt, .. } => self.start(step, entry, *attempt)?,
            Entry::StepDone {
                step,
                bindings,
                uid,
            } => {
                self.step(step, entry)?.uid.clone_from(uid);
                self.bindings.extend(
                    bindings
                        .iter()
                        .map(|binding| (binding.hole.clone(), binding.value.clone())),
                );
            }
            Entry::StepFailed {
                step,
                class,
                message,
            } => self.step(step, entry)?.failure = Some((*class, message.clone())),
            Entry::StepSkipped { step, because } => {
                self.step(step, entry)?.because = Some(because.clone())
            }
            Entry::TakenOver { .. } => {}
            Entry::Retried {
                step,
                attempt,
                removed,
            } => self.retry(step, entry, (*attempt, removed))?,
            Entry::Accepted { step, .. } => {
                self.step(step, entry)?;
            }
            Entry::RunClosed { outcome, inventory } => {
                for (step, state) in &self.steps {
                    state
                        .status
                        .next(entry)
                        .map_err(|illegal| format!("`{step}`: {illegal}"))?;
                }
                self.outcome = Some(*outcome);
                self.inventory = Some(inventory.clone());
            }
        }
        Ok(())
    }

    fn open(&mut self, plan: &Plan, plan_digest: &str, at: Timestamp) -> Result<(), String> {
        if self.opened.is_some() {
            return Err("the run is opened twice".to_owned());
        }
        if plan.digest != plan_digest {
            return Err(format!(
                "the run was opened for plan {plan_digest}, beside it lies plan {}",
                plan.digest
            ));
        }
        self.opened = Some(at);
        Ok(())
    }

    fn identify(
        &mut self,
        plan: &Plan,
        provider: &ProviderRef,
        kube_system_uid: &str,
    ) -> Result<(), String> {
        if !plan.providers.contains_key(provider) {
            return Err(format!("the plan has no provider `{provider}`"));
        }
        if self
            .identities
            .insert(provider.clone(), kube_system_uid.to_owned())
            .is_some()
        {
            return Err(format!("provider `{provider}` is identified twice"));
        }
        self.bindings.insert(
            HoleSource::ProviderIdentity(provider.clone()),
            kube_system_uid.into(),
        );
        Ok(())
    }

    fn start(&mut self, step: &StepId, entry: &Entry, attempt: u32) -> Result<(), String> {
        let state = self.step(step, entry)?;
        if state.attempts + 1 != attempt {
            return Err(format!(
                "`{step}` starts attempt {attempt}, but {} were made",
                state.attempts
            ));
        }
        state.attempts = attempt;
        let (after, tried) = (state.after.clone(), state.tried.clone());
        let is_open = |step: &&StepId| match self.status(step) {
            StepStatus::Todo | StepStatus::InDoubt => true,
            StepStatus::Done | StepStatus::Failed | StepStatus::Skipped => false,
        };
        if let Some(open) = tried.iter().find(is_open) {
            return Err(format!(
                "`{step}` starts, but `{open}`, which was to be tried before, is {}",
                self.status(open)
            ));
        }
        match after
            .iter()
            .find(|needed| self.status(needed) != StepStatus::Done)
        {
            None => Ok(()),
            Some(needed) => Err(format!(
                "`{step}` starts, but `{needed}`, which it needs, is {}",
                self.status(needed)
            )),
        }
    }

    /// The step of an entry, moved to its next status.
    fn step(&mut self, step: &StepId, entry: &Entry) -> Result<&mut StepState, String> {
        let state = self
            .steps
            .get_mut(step)
            .ok_or_else(|| format!("the plan has no step `{step}`"))?;
        state.status = state
            .status
            .next(entry)
            .map_err(|illegal| format!("`{step}`: {illegal}"))?;
        Ok(state)
    }
}
