//! Order of steps: makers before users, users' removal before what they used, teardown ranks where nothing else says.
//! Derived, never kept in a list; what a maker of steps says of them beside that stands.

use super::decision::{Object, Resolution};
use super::document::{ReplaceOrder, Step, StepId};
use crate::goal::graph::Graph;
use crate::kinds;
use crate::model::address::Address;
use crate::model::identity::{Key, ProviderRef};
use std::collections::{BTreeMap, BTreeSet};

/// A node with its steps.
pub struct Planned<'a> {
    /// Its resolution.
    pub resolution: &'a Resolution<'a>,
    /// The steps of each of its objects, in order.
    pub steps: Vec<Vec<Step>>,
}

/// Steps that wait for each other in a circle: the addresses in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle(pub Vec<Address>);

/// All steps with their `after`, in an order that respects it and is otherwise by address.
///
/// # Errors
/// Where steps wait for each other in a circle.
pub fn ordered(planned: Vec<Planned<'_>>, graph: &Graph) -> Result<Vec<Step>, Circle> {
    let last: BTreeMap<&Address, StepId> = planned
        .iter()
        .filter_map(|one| Some((&one.resolution.node.address, last_step(one)?.clone())))
        .collect();
    let removals = Removals::of(&planned);
    let mut steps = Vec::new();
    for one in planned {
        let node = &one.resolution.node;
        let removes_first = node
            .former
            .as_ref()
            .is_some_and(|former| former.order == ReplaceOrder::RemoveFirst);
        let mut previous: Option<StepId> = None;
        let mut is_written = false;
        for (object, own) in one.resolution.objects.iter().zip(one.steps) {
            for (at, step) in own.into_iter().enumerate() {
                let mut after: BTreeSet<StepId> = previous.iter().cloned().collect();
                if previous.is_none() {
                    let heir = one.resolution.heir.as_ref();
                    after.extend(heir.and_then(|heir| last.get(heir)).cloned());
                }
                if object.removes() && removes_first {
                    // Its users turn to what takes its place, which comes after it; what that needs comes before both.
                    after.extend(makers(&node.address, graph, &last));
                } else if object.removes() {
                    if at == 0 {
                        after.extend(removals.before(node.provider.as_ref(), object));
                    }
                } else if !is_written {
                    after.extend(makers(&node.address, graph, &last));
                    is_written = true;
                }
                after.extend(step.after.iter().cloned());
                after.remove(&step.id);
                previous = Some(step.id.clone());
                steps.push(Step {
                    after: after.into_iter().collect(),
                    ..step
                });
            }
        }
    }
    sorted(steps)
}

/// The step after which a resource is there: what it was before may still be going.
fn last_step<'p>(one: &'p Planned<'_>) -> Option<&'p StepId> {
    let of = |removes: bool| {
        let objects = one.resolution.objects.iter().zip(&one.steps);
        let steps = objects.filter(move |(object, _)| object.removes() == removes);
        steps.flat_map(|(_, steps)| steps).last()
    };
    of(false).or_else(|| of(true)).map(|step| &step.id)
}

fn makers(address: &Address, graph: &Graph, last: &BTreeMap<&Address, StepId>) -> BTreeSet<StepId> {
    let needs = graph.needs.get(address);
    needs
        .into_iter()
        .flatten()
        .filter_map(|need| last.get(need).cloned())
        .collect()
}

type Place<'a> = (Option<&'a ProviderRef>, Key);

/// Who must be gone, or let go, before an object is removed.
struct Removals<'a> {
    users: BTreeMap<Place<'a>, BTreeSet<StepId>>,
    ranks: BTreeMap<(Option<&'a ProviderRef>, u8), BTreeSet<StepId>>,
}

impl<'a> Removals<'a> {
    fn of(planned: &[Planned<'a>]) -> Self {
        let mut users: BTreeMap<Place<'a>, BTreeSet<StepId>> = BTreeMap::new();
        let mut ranks: BTreeMap<(Option<&ProviderRef>, u8), BTreeSet<StepId>> = BTreeMap::new();
        for one in planned {
            let provider = one.resolution.node.provider.as_ref();
            for (object, steps) in one.resolution.objects.iter().zip(&one.steps) {
                let (Some(live), Some(last)) = (object.live, steps.last()) else {
                    continue;
                };
                for key in kinds::used(object.kind, &object.key, live) {
                    users
                        .entry((provider, key))
                        .or_default()
                        .insert(last.id.clone());
                }
                if object.removes() {
                    ranks
                        .entry((provider, object.kind.teardown_rank(&object.key)))
                        .or_default()
                        .insert(last.id.clone());
                }
            }
        }
        Self { users, ranks }
    }

    /// Steps of objects that use this one (removed, or changed to use another), and removals of lower rank.
    fn before(&self, provider: Option<&'a ProviderRef>, object: &Object<'_>) -> BTreeSet<StepId> {
        let users = self
            .users
            .get(&(provider, object.key.clone()))
            .into_iter()
            .flatten();
        let lower = self
            .ranks
            .range((provider, 0)..(provider, object.kind.teardown_rank(&object.key)))
            .flat_map(|(_, ids)| ids);
        users.chain(lower).cloned().collect()
    }
}

/// Kahn's algorithm; among ready steps the first by position, so that the order is the same for the same input.
pub(super) fn sorted(steps: Vec<Step>) -> Result<Vec<Step>, Circle> {
    let position: BTreeMap<StepId, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.clone(), at))
        .collect();
    let mut waiting: Vec<usize> = Vec::with_capacity(steps.len());
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let before: BTreeSet<usize> = step
            .waits_for()
            .filter_map(|id| position.get(id).copied())
            .collect();
        waiting.push(before.len());
        for earlier in before {
            if let Some(list) = followers.get_mut(earlier) {
                list.push(at);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..steps.len())
        .filter(|at| waiting.get(*at) == Some(&0))
        .collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for follower in followers.get(at).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*follower) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*follower);
                }
            }
        }
    }
    if order.len() < steps.len() {
        let done: BTreeSet<usize> = order.into_iter().collect();
        let left = steps
            .iter()
            .enumerate()
            .filter(|(at, _)| !done.contains(at))
            .map(|(_, step)| step.node.clone());
        return Err(Circle(left.collect::<BTreeSet<_>>().into_iter().collect()));
    }
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|at| slots.get_mut(at)?.take())
        .collect())
}
