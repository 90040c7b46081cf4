//! Which step is next: the lowest index among those whose needs are done. Linear in steps and edges, so that 10 000 steps
//! cost no more than their sum. Pure.

use crate::plan::document::{Plan, StepId};
use std::collections::{BTreeMap, BTreeSet};

/// The order of a run.
#[derive(Debug)]
pub struct Schedule {
    dependents: Vec<Vec<usize>>,
    missing: Vec<usize>,
    ready: BTreeSet<usize>,
}

impl Schedule {
    /// Everything that is not done is to do.
    pub fn new(plan: &Plan, is_done: impl Fn(&StepId) -> bool) -> Self {
        let index: BTreeMap<&StepId, usize> = plan
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| (&step.id, index))
            .collect();
        let mut dependents = vec![Vec::new(); plan.steps.len()];
        let mut missing = Vec::with_capacity(plan.steps.len());
        let mut ready = BTreeSet::new();
        for (number, step) in plan.steps.iter().enumerate() {
            let needed: BTreeSet<&StepId> = step
                .after
                .iter()
                .filter(|needed| !is_done(needed))
                .collect();
            for needed in &needed {
                if let Some(below) = index
                    .get(needed)
                    .and_then(|index| dependents.get_mut(*index))
                {
                    below.push(number);
                }
            }
            if needed.is_empty() && !is_done(&step.id) {
                ready.insert(number);
            }
            missing.push(needed.len());
        }
        Self {
            dependents,
            missing,
            ready,
        }
    }

    /// Takes the next ready step.
    pub fn take(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// Gives back steps that were taken but not begun.
    pub fn give_back(&mut self, steps: impl IntoIterator<Item = usize>) {
        self.ready.extend(steps);
    }

    /// A step is done: what needed only it becomes ready.
    pub fn done(&mut self, step: usize) {
        for dependent in self.dependents.get(step).into_iter().flatten() {
            if let Some(missing) = self.missing.get_mut(*dependent) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    self.ready.insert(*dependent);
                }
            }
        }
    }

    /// Everything that needs a step, directly or through others, in the plan's order.
    pub fn below(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            open.extend(
                self.dependents
                    .get(step)
                    .into_iter()
                    .flatten()
                    .filter(|dependent| found.insert(**dependent)),
            );
        }
        found
    }
}
