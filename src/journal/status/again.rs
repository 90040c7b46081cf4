//! A restore that is made once more (R6): it and whatever comes after it are to do again, as if they had never been begun.
//! Must not know what is removed, nor who asked for it.

use super::RunState;
use crate::journal::record::{Entry, Removed};
use crate::plan::document::StepId;
use std::collections::BTreeSet;

/// The newest attempt at a restore beyond the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Which one it is, from 2.
    pub attempt: u32,
    /// What goes before it.
    pub removed: Vec<Removed>,
}

impl RunState {
    /// Whether something of a step may be outside.
    pub fn is_begun(&self, step: &StepId) -> bool {
        let state = self.steps.get(step);
        state.is_some_and(|state| state.attempts > state.given_up)
    }

    /// Whatever comes after a restore: its own gates, what is converged behind it, and what waits for those.
    pub fn behind(&self, step: &StepId) -> BTreeSet<StepId> {
        let mut all = BTreeSet::from([step.clone()]);
        loop {
            let more = self.steps.iter().filter(|(id, state)| {
                !all.contains(*id) && state.after.iter().any(|needed| all.contains(needed))
            });
            let more: Vec<StepId> = more.map(|(id, _)| id.clone()).collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    pub(super) fn retry(
        &mut self,
        step: &StepId,
        entry: &Entry,
        (attempt, removed): (u32, &[Removed]),
    ) -> Result<(), String> {
        let last = self.retries.get(step).map_or(1, |retry| retry.attempt);
        if last + 1 != attempt {
            return Err(format!(
                "`{step}` begins attempt {attempt}, but {last} were made"
            ));
        }
        for id in self.behind(step) {
            let state = self.step(&id, entry)?;
            state.given_up = state.attempts;
            (state.uid, state.failure, state.because) = (None, None, None);
        }
        let removed = removed.to_vec();
        self.retries
            .insert(step.clone(), Retry { attempt, removed });
        Ok(())
    }
}
