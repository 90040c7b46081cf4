//! What a run leaves as evidence for later plans (R26): everything ever owned, by what its steps came to. Pure.

use super::step::kubeconfig_of;
use crate::journal::status::{RunState, StepStatus};
use crate::model::identity::{Instance, Key};
use crate::model::inventory::{Inventory, OwnedObject};
use crate::plan::document::{Action, Node, NodeState, Plan, Step};
use crate::plan::recovery;
use crate::world::op::Op;
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
        made_clusters.extend(
            steps
                .iter()
                .any(|step| may_be_there(step, state))
                .then(|| made_cluster(node, steps, state))
                .flatten(),
        );
        for (object, action, steps) in objects(node, steps) {
            match action {
                Action::Create | Action::Update
                    if steps.iter().any(|step| may_be_there(step, state)) =>
                {
                    owned.insert(object);
                }
                Action::Delete | Action::Forget
                    if steps
                        .iter()
                        .all(|step| state.status(&step.id) == StepStatus::Done) =>
                {
                    if let Key::Cluster { name } = &object.key {
                        made_clusters.remove(name);
                    }
                    owned.remove(&object);
                }
                Action::Create
                | Action::Update
                | Action::Delete
                | Action::Forget
                | Action::Replace
                | Action::NoOp => {}
            }
        }
    }
    Inventory {
        clusters,
        owned: owned.into_iter().collect(),
        made_clusters,
    }
}

/// The objects of a node with what happens to each and its steps: what is made of parts owns nothing but these.
fn objects<'a>(node: &'a Node, steps: &[&'a Step]) -> Vec<(OwnedObject, Action, Vec<&'a Step>)> {
    let object = |kind: &str, key: &Key| OwnedObject {
        provider: node.provider.clone(),
        kind: kind.to_owned(),
        key: key.clone(),
    };
    let of_key = |key: &Key| {
        let own = steps
            .iter()
            .filter(|step| step.op.key().as_ref() == Some(key));
        own.copied().collect()
    };
    // A recovery records itself; nothing declares that, and nothing is to look for it.
    if node.kind == recovery::KIND {
        return Vec::new();
    }
    match (&node.key, &node.former) {
        (Key::Composite { .. }, _) => node
            .parts
            .iter()
            .map(|part| {
                let own = of_key(&part.key);
                (object(&part.kind, &part.key), part.action, own)
            })
            .collect(),
        (_, Some(former)) => vec![
            (
                object(&node.kind, &node.key),
                Action::Create,
                of_key(&node.key),
            ),
            (
                object(&node.kind, &former.key),
                former.parting.action(),
                of_key(&former.key),
            ),
        ],
        (_, None) => vec![(object(&node.kind, &node.key), node.action, {
            // What is made on the way, a Restore, and what only waits is neither.
            let own = |step: &&&Step| match &step.op {
                Op::Kube(_) => step.op.key().as_ref() == Some(&node.key),
                Op::Local(_) => true,
                Op::Await(_) => false,
            };
            steps.iter().filter(own).copied().collect()
        })],
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

fn made_cluster(node: &Node, steps: &[&Step], state: &RunState) -> Option<(String, String)> {
    let Key::Cluster { name } = &node.key else {
        return None;
    };
    steps.iter().find_map(|step| match &step.op {
        Op::Kube(_) | Op::Await(_) => None,
        Op::Local(op) => Some((name.clone(), kubeconfig_of(op, &state.bindings).ok()?)),
    })
}
