//! Whether what is declared and there does what it is for: a gate that held once is judged again at every plan. What is
//! not ready is a finding, and what needs it waits for it at apply. Must not know how an object is found.

use super::cluster_of;
use super::document::{Finding, FindingSeverity, Step};
use super::input::Input;
use super::ownership::{Bearer, Standing, standing};
use crate::goal::GoalMode;
use crate::goal::graph::Graph;
use crate::kinds::{Part, Writing};
use crate::model::address::Address;
use crate::model::condition::{Judgement, Wait, judge};
use crate::model::guard::Guard;
use crate::model::identity::Key;
use crate::world::op::{KubeVerb, Op};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Code of the finding.
pub const NOT_READY: &str = "not-ready";

/// An object that is there, ours, and not ready.
pub struct Unready {
    /// The resource that declares it.
    pub address: Address,
    key: Key,
    wait: Wait,
    why: String,
}

/// Judges a live object of a resource; `None`: it is ready, or nobody waits for it.
pub fn unready(
    input: &Input<'_>,
    address: &Address,
    part: &Part<'_>,
    (key, live): (&Key, &Json),
) -> Option<Unready> {
    match input.goal.mode {
        GoalMode::Converge | GoalMode::Recover => {}
        GoalMode::Destroy => return None,
    }
    let wait = part
        .kind
        .wait(Some(part.resource.as_ref()), Writing::Create)?;
    // When it was validated is what a step waits for: here a mark that was written since would be an alarm for nothing.
    let written_at = Timestamp::UNIX_EPOCH;
    let why = match judge(&wait.condition, Some(live), written_at) {
        Judgement::Ready => return None,
        Judgement::Pending(why) | Judgement::Failed(why) => why,
    };
    // Asked last: mostly all is ready.
    if !is_ours(input, part, (key, live)) {
        return None;
    }
    Some(Unready {
        address: address.clone(),
        key: key.clone(),
        wait,
        why,
    })
}

/// A copy of ours, or what is not adopted yet, is nobody's promise.
fn is_ours(input: &Input<'_>, part: &Part<'_>, (key, live): (&Key, &Json)) -> bool {
    let provider = part.resource.provider.as_ref();
    let cluster_uid = provider.and_then(|provider| cluster_of(input, provider));
    let (Some(cluster_uid), Key::Kube { resource, .. }) = (cluster_uid, key) else {
        return false;
    };
    let bearer = Bearer {
        cluster_uid,
        resource,
        live,
    };
    let whose = standing(&bearer, &input.configuration.settings.stack);
    matches!(whose, Standing::Ours { .. })
}

/// What is said of each; of what backups are made by, as a danger.
pub fn findings(unready: &[Unready]) -> impl Iterator<Item = Finding> {
    unready.iter().map(|one| {
        let is_about_backups = one.address.kind.starts_with("velero_");
        Finding {
            code: NOT_READY.to_owned(),
            severity: match is_about_backups {
                true => FindingSeverity::Danger,
                false => FindingSeverity::Warning,
            },
            address: Some(one.address.clone()),
            summary: "Declared, there, and not ready".to_owned(),
            detail: format!(
                "{} ({}): {}. What needs it waits for it at apply, {}s at most.",
                one.address, one.key, one.why, one.wait.limit_s
            ),
        }
    })
}

/// Lets each step wait for what its node needs and is not ready. Where a step of the same plan writes that, its own wait
/// is the gate.
pub fn gate(steps: &mut [Step], unready: &[Unready], graph: &Graph) {
    if unready.is_empty() {
        return;
    }
    let written: BTreeSet<Address> = steps.iter().map(|step| step.node.clone()).collect();
    let mut gates: BTreeMap<&Address, Vec<Guard>> = BTreeMap::new();
    for one in unready.iter().filter(|one| !written.contains(&one.address)) {
        gates.entry(&one.address).or_default().extend(guard(one));
    }
    for step in steps.iter_mut().filter(|step| makes(&step.op)) {
        let needs = graph.with_needs(&BTreeSet::from([step.node.clone()]));
        let needed = needs.iter().filter(|need| **need != step.node);
        let guards = needed.filter_map(|need| gates.get(need)).flatten();
        step.guards.extend(guards.cloned());
    }
}

fn guard(unready: &Unready) -> Option<Guard> {
    match &unready.key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => Some(Guard::Ready {
            resource: resource.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            condition: unready.wait.condition.clone(),
            limit_s: unready.wait.limit_s,
        }),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    }
}

/// Whether a step makes or changes something; what goes needs nothing to be ready.
fn makes(op: &Op) -> bool {
    match op {
        Op::Kube(op) => match op.verb {
            KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove => true,
            KubeVerb::Delete | KubeVerb::Release => false,
        },
        Op::Local(_) | Op::Await(_) => false,
    }
}
