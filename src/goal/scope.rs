//! `-target` and `-exclude`: which declared resources a plan is about. A target brings what it needs; an exclusion
//! takes what needs it along, else the rest would build on something that is not there.

use super::graph::Graph;
use super::{Goal, GoalMode};
use crate::model::address::{Address, Target};
use crate::model::resource::Configuration;
use std::collections::BTreeSet;

/// Addresses in scope. For destroy the direction turns: what needs a target goes with it, what an excluded one needs stays.
pub fn in_scope(configuration: &Configuration, graph: &Graph, goal: &Goal) -> BTreeSet<Address> {
    let all: BTreeSet<Address> = configuration
        .resources
        .iter()
        .map(|resource| resource.address.clone())
        .collect();
    if goal.target.is_empty() && goal.exclude.is_empty() {
        return all;
    }
    let covered = |given: &[Target]| -> BTreeSet<Address> {
        all.iter()
            .filter(|address| given.iter().any(|one| one.covers(address)))
            .cloned()
            .collect()
    };
    let targets = if goal.target.is_empty() {
        all.clone()
    } else {
        covered(&goal.target)
    };
    let (wanted, unwanted) = match goal.mode {
        GoalMode::Converge | GoalMode::Recover => (
            graph.with_needs(&targets),
            graph.with_dependents(&covered(&goal.exclude)),
        ),
        GoalMode::Destroy => (
            graph.with_dependents(&targets),
            graph.with_needs(&covered(&goal.exclude)),
        ),
    };
    wanted.difference(&unwanted).cloned().collect()
}
