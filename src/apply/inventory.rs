//! What a run leaves as evidence for later plans (R26): everything ever owned, by what its steps came to. Pure.

use super::step::kubeconfig_of;
use crate::journal::record::{Inventory, OwnedObject};
use crate::journal::status::{RunState, StepStatus};
use crate::model::identity::{Instance, Key};
use crate::plan::document::{Action, Node, NodeState, Op, Plan, Step};
use crate::world::query::FailureClass;
use std::collections::{BTreeMap, BTreeSet};

/// The inventory after a run.
pub fn after_run(previous: &Inventory, plan: &Plan, state: &RunState) -> Inventory {
    let mut clusters = previous.clusters.clone();
    for (provider, planned) in &plan.providers {
        if let Instance::Known { kube_system_uid } = &planned.instance {
            clusters.insert(provider.clone(), kube_system_uid.clone());
        }
    }
    clusters.extend(
        state
            .identities
            .iter()
            .map(|(provider, uid)| (provider.clone(), uid.clone())),
    );
    let mut owned: BTreeSet<OwnedObject> = previous.owned.iter().cloned().collect();
    let mut made_clusters = previous.made_clusters.clone();
    let mut steps: BTreeMap<&crate::model::address::Address, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        steps.entry(&step.node).or_default().push(step);
    }
    for node in &plan.nodes {
        match node.state {
            NodeState::Planned | NodeState::Deferred => {}
            NodeState::Blocked | NodeState::HeldBack => continue,
        }
        let steps = steps
            .get(&node.address)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let object = OwnedObject {
            provider: node.provider.clone(),
            kind: node.kind.clone(),
            key: node.key.clone(),
        };
        match node.action {
            Action::Create | Action::Update
                if steps.iter().any(|step| may_be_there(step, state)) =>
            {
                made_clusters.extend(made_cluster(node, steps, plan, state));
                owned.insert(object);
            }
            Action::Delete | Action::Forget
                if steps
                    .iter()
                    .all(|step| state.status(&step.id) == StepStatus::Done) =>
            {
                owned.remove(&object);
                if let Key::Cluster { name } = &node.key {
                    made_clusters.remove(name);
                }
            }
            Action::Create | Action::Update | Action::Delete | Action::Forget | Action::NoOp => {}
        }
    }
    Inventory {
        clusters,
        owned: owned.into_iter().collect(),
        made_clusters,
    }
}

/// A wait that failed, or a doubt, leaves an object that later plans should look for.
fn may_be_there(step: &Step, state: &RunState) -> bool {
    let Some(known) = state.steps.get(&step.id) else {
        return false;
    };
    match known.status {
        StepStatus::Done | StepStatus::InDoubt => true,
        StepStatus::Failed => matches!(known.failure, Some((FailureClass::Wait, _))),
        StepStatus::Todo | StepStatus::Skipped => false,
    }
}

fn made_cluster(
    node: &Node,
    steps: &[&Step],
    plan: &Plan,
    state: &RunState,
) -> Option<(String, String)> {
    let Key::Cluster { name } = &node.key else {
        return None;
    };
    steps.iter().find_map(|step| match &step.op {
        Op::Kube(_) => None,
        Op::Local(op) => Some((name.clone(), kubeconfig_of(plan, op, &state.bindings).ok()?)),
    })
}
