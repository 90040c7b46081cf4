//! Which step is next: the lowest index among those whose needs are done, and what was to be tried before has ended. Linear in steps and edges, so that 10 000 steps
//! cost no more than their sum. Pure.

use crate::plan::document::{Plan, StepId};
use std::collections::{BTreeMap, BTreeSet};

/// The order of a run.
#[derive(Debug)]
pub struct Schedule {
    dependents: Vec<Vec<usize>>,
    /// Who waits for the end of each, however it ends.
    waiters: Vec<Vec<usize>>,
    missing: Vec<usize>,
    ready: BTreeSet<usize>,
}

impl Schedule {
    /// Everything that is not done is to do.
    pub fn new<'p>(plan: &'p Plan, is_done: impl Fn(&StepId) -> bool) -> Self {
        let index: BTreeMap<&StepId, usize> = plan
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| (&step.id, index))
            .collect();
        let mut dependents = vec![Vec::new(); plan.steps.len()];
        let mut waiters = vec![Vec::new(); plan.steps.len()];
        let mut missing = Vec::with_capacity(plan.steps.len());
        let mut ready = BTreeSet::new();
        for (number, step) in plan.steps.iter().enumerate() {
            // What is done waits for nobody, also where something that it only waited for is tried once more.
            if is_done(&step.id) {
                missing.push(0);
                continue;
            }
            let open = |steps: &'p [StepId]| -> BTreeSet<&'p StepId> {
                steps.iter().filter(|step| !is_done(step)).collect()
            };
            let needed = open(&step.after);
            let tried: BTreeSet<&StepId> = open(&step.tried).difference(&needed).copied().collect();
            for (before, behind) in [(&needed, &mut dependents), (&tried, &mut waiters)] {
                let before = before.iter().filter_map(|step| index.get(step));
                for at in before {
                    if let Some(behind) = behind.get_mut(*at) {
                        behind.push(number);
                    }
                }
            }
            let open = needed.len() + tried.len();
            if open == 0 {
                ready.insert(number);
            }
            missing.push(open);
        }
        Self {
            dependents,
            waiters,
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

    /// A step is done: what missed only it becomes ready.
    pub fn done(&mut self, step: usize) {
        let needed = self.dependents.get(step).cloned();
        self.over(needed.unwrap_or_default());
        self.ended(step);
    }

    /// A step has ended without being done: what waited only for its end becomes ready.
    pub fn ended(&mut self, step: usize) {
        let waited = self.waiters.get(step).cloned();
        self.over(waited.unwrap_or_default());
    }

    /// Each of these misses one step less.
    fn over(&mut self, steps: Vec<usize>) {
        for step in steps {
            if let Some(missing) = self.missing.get_mut(step) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    self.ready.insert(step);
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
