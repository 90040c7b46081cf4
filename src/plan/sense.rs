//! Whether a plan makes sense. People read its nodes, apply carries out its steps: both must say the same, whoever wrote
//! the file. A digest is no signature (R37), so this is asked of every plan that is read. Pure. Must not know files, nor
//! what is live.

mod content;
mod form;

use super::document::{
    Action, FORMAT, Former, Node, NodeState, Plan, ReplaceOrder, Step, StepId, VERSION,
};
use super::recovery::{self, part::part};
use super::steps::step_id;
use crate::goal::GoalMode;
use crate::kinds::{self, Home, Kind};
use crate::model::address::Address;
use crate::model::expression::{Expr, HoleSource};
use crate::model::identity::{Key, ProviderRef};
use crate::world::op::{KubeVerb, Op};
use std::collections::{BTreeMap, BTreeSet};

/// What in a plan contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan contradicts itself: {about}: {what}; no planner of this program wrote it")]
pub struct Nonsense {
    /// A resource, or a step.
    about: String,
    /// What is wrong with it.
    what: String,
}

fn nonsense(about: impl ToString, what: impl Into<String>) -> Nonsense {
    Nonsense {
        about: about.to_string(),
        what: what.into(),
    }
}

/// One object of a node, and what the node says is done to it.
struct Said<'a> {
    kind: &'static dyn Kind,
    key: &'a Key,
    action: Action,
}

/// A node with its steps, in their order.
struct Told<'a> {
    node: &'a Node,
    said: Vec<Said<'a>>,
    steps: Vec<&'a Step>,
}

impl Told<'_> {
    fn makes_cluster(&self) -> bool {
        let mut said = self.said.iter();
        said.any(|said| said.kind.home() == Home::Command)
    }
}

/// Holds the steps of a plan against its nodes.
///
/// # Errors
/// The first contradiction.
pub fn check(plan: &Plan) -> Result<(), Nonsense> {
    if plan.format != FORMAT || plan.version != VERSION {
        return Err(nonsense("its format", "it is another one"));
    }
    let mut told: BTreeMap<&Address, Told<'_>> = BTreeMap::new();
    for node in &plan.nodes {
        let said = check_node(plan, node)?;
        let one = Told {
            node,
            said,
            steps: Vec::new(),
        };
        if told.insert(&node.address, one).is_some() {
            return Err(nonsense(&node.address, "it is listed twice"));
        }
    }
    check_lists(plan, &told)?;
    check_order(plan)?;
    for step in &plan.steps {
        let Some(node) = told.get_mut(&step.node) else {
            return Err(nonsense(&step.id, "no resource of the plan has this step"));
        };
        node.steps.push(step);
        if step.id != step_id(&step.node, node.steps.len()) {
            return Err(nonsense(&step.id, "its number is not the next one"));
        }
        check_step(plan, node, step)?;
    }
    for node in told.values() {
        check_whole(plan, node)?;
    }
    check_holes(plan)
}

/// What a node says of each of its objects.
fn check_node<'a>(plan: &Plan, node: &'a Node) -> Result<Vec<Said<'a>>, Nonsense> {
    let wrong = |what: &str| nonsense(&node.address, what);
    // A recovery stands beside the resources: every step of it is judged by itself.
    if node.kind == recovery::KIND && plan.goal.mode == GoalMode::Recover {
        return Ok(Vec::new());
    }
    let kind = kinds::find(&node.kind).ok_or_else(|| wrong("this program knows no such kind"))?;
    if node.kind != node.address.kind {
        return Err(wrong("its kind is not that of its address"));
    }
    if let Some(provider) = &node.provider
        && !plan.providers.contains_key(provider)
    {
        return Err(wrong("its provider is not in the plan"));
    }
    if !fits(kind, &node.key) {
        return Err(wrong("its key is not one of its kind"));
    }
    let former = match (node.action, &node.former) {
        (Action::Replace, Some(former)) if former.key == node.key || !fits(kind, &former.key) => {
            return Err(wrong("what it replaces is not another object of its kind"));
        }
        (Action::Replace, Some(former)) => Some(former),
        (Action::Replace, None) => return Err(wrong("it replaces nothing")),
        (
            Action::Create | Action::Update | Action::Delete | Action::Forget | Action::NoOp,
            Some(_),
        ) => {
            return Err(wrong("it replaces something and says that it does not"));
        }
        (
            Action::Create | Action::Update | Action::Delete | Action::Forget | Action::NoOp,
            None,
        ) => None,
    };
    match kind.composite() {
        Some(_) => said_of_parts(node, kind),
        None if !node.parts.is_empty() => Err(wrong("it is one object and has parts")),
        None => Ok(said_of_one(node, kind, former)),
    }
}

/// Whether a key may be one of a kind.
fn fits(kind: &dyn Kind, key: &Key) -> bool {
    match (kind.home(), key) {
        (Home::Kube(home), Key::Kube { resource, .. }) => home == *resource,
        (Home::Declared, Key::Kube { .. })
        | (Home::Command, Key::Cluster { .. })
        | (Home::Parts, Key::Composite { .. }) => true,
        (Home::Kube(_) | Home::Declared, Key::Cluster { .. } | Key::Composite { .. })
        | (Home::Command, Key::Kube { .. } | Key::Composite { .. })
        | (Home::Parts, Key::Kube { .. } | Key::Cluster { .. }) => false,
    }
}

fn said_of_one<'a>(
    node: &'a Node,
    kind: &'static dyn Kind,
    former: Option<&'a Former>,
) -> Vec<Said<'a>> {
    let said = |key, action| Said { kind, key, action };
    match former {
        None => vec![said(&node.key, node.action)],
        Some(former) => {
            let new = said(&node.key, Action::Create);
            let old = said(&former.key, former.parting.action());
            match former.order {
                ReplaceOrder::CreateFirst => vec![new, old],
                ReplaceOrder::RemoveFirst => vec![old, new],
            }
        }
    }
}

fn said_of_parts<'a>(node: &'a Node, kind: &dyn Kind) -> Result<Vec<Said<'a>>, Nonsense> {
    let known = kind.composite().map(|composite| composite.part_kinds());
    let known = known.unwrap_or_default();
    let mut keys = BTreeSet::new();
    let mut said = Vec::new();
    for part in &node.parts {
        let wrong = |what: &str| nonsense(format!("{}, {}", node.address, part.key), what);
        let kind = known
            .iter()
            .copied()
            .find(|kind| kind.schema().kind == part.kind)
            .ok_or_else(|| wrong("its kind has no such part"))?;
        if !fits(kind, &part.key) {
            return Err(wrong("its key is not one of its kind"));
        }
        if !keys.insert(&part.key) {
            return Err(wrong("it is listed twice"));
        }
        if !may_have(node.action, part.action) {
            return Err(wrong("what is done to it is not what is done to the whole"));
        }
        said.push(Said {
            kind,
            key: &part.key,
            action: part.action,
        });
    }
    Ok(said)
}

/// Whether a part may be done this to where that is done to the whole: its sign and its count are those of the whole.
fn may_have(whole: Action, part: Action) -> bool {
    match (whole, part) {
        (_, Action::NoOp) => true,
        (_, Action::Replace) => false,
        (Action::Create, Action::Create)
        | (Action::Delete, Action::Delete | Action::Forget)
        | (Action::Forget, Action::Forget)
        | (Action::Replace, Action::Create | Action::Delete | Action::Forget) => true,
        (Action::Update, Action::Create | Action::Update | Action::Delete | Action::Forget) => true,
        (
            Action::Create | Action::Delete | Action::Forget | Action::Replace | Action::NoOp,
            Action::Create | Action::Update | Action::Delete | Action::Forget,
        ) => false,
    }
}

/// What is listed beside the nodes.
fn check_lists(plan: &Plan, told: &BTreeMap<&Address, Told<'_>>) -> Result<(), Nonsense> {
    if let Some(address) = plan.unchanged.iter().find(|one| told.contains_key(one)) {
        return Err(nonsense(
            address,
            "it is unchanged and has something done to it",
        ));
    }
    for held in &plan.held_back {
        let state = told.get(&held.address).map(|told| told.node.state);
        match state {
            // Where something else stops it too, that is what it is.
            Some(NodeState::HeldBack | NodeState::Blocked) => {}
            Some(NodeState::Planned | NodeState::Deferred) | None => {
                return Err(nonsense(&held.address, "it is held back and is not"));
            }
        }
    }
    let mut is_blocked = false;
    for node in &plan.nodes {
        match node.state {
            NodeState::HeldBack => {
                if !plan
                    .held_back
                    .iter()
                    .any(|held| held.address == node.address)
                {
                    return Err(nonsense(&node.address, "nothing says why it is held back"));
                }
            }
            NodeState::Blocked => is_blocked = true,
            NodeState::Planned | NodeState::Deferred => {}
        }
    }
    // Other reasons may forbid it too; what is blocked always does.
    if plan.applyable && is_blocked {
        return Err(nonsense(
            "what is blocked",
            "whether it can be applied is not what its resources say",
        ));
    }
    Ok(())
}

/// Steps stand behind what they wait for, so that there is no circle among them.
fn check_order(plan: &Plan) -> Result<(), Nonsense> {
    let mut before: BTreeSet<&StepId> = BTreeSet::new();
    for step in &plan.steps {
        if let Some(needed) = step.waits_for().find(|needed| !before.contains(needed)) {
            return Err(nonsense(
                &step.id,
                format!("it needs {needed}, which does not come before it"),
            ));
        }
        if !before.insert(&step.id) {
            return Err(nonsense(&step.id, "it occurs twice"));
        }
    }
    Ok(())
}

fn check_step(plan: &Plan, told: &Told<'_>, step: &Step) -> Result<(), Nonsense> {
    let wrong = |what: &str| nonsense(&step.id, what);
    match told.node.state {
        NodeState::Planned | NodeState::Deferred => {}
        NodeState::Blocked => return Err(wrong("its resource is blocked")),
        NodeState::HeldBack => return Err(wrong("its resource is held back")),
    }
    if !step.alternatives.is_empty() {
        return Err(wrong("this program knows no alternatives"));
    }
    // The steps of a resource follow one another: what goes waits for what takes its place.
    let previous = told.steps.iter().rev().nth(1);
    if previous.is_some_and(|previous| !step.after.contains(&previous.id)) {
        return Err(wrong("it does not wait for the step before it"));
    }
    let op = match &step.op {
        Op::Local(op) if told.makes_cluster() => {
            return content::check_command(told.node, op).map_err(|what| wrong(&what));
        }
        Op::Local(_) => return Err(wrong("it runs a program for what none makes")),
        Op::Await(gate) => return form::check_await(plan, step, gate).map_err(wrong),
        Op::Kube(op) => op,
    };
    if part(plan, told.node, step).is_some() {
        return form::check(plan, step, op).map_err(wrong);
    }
    if Some(&op.provider) != told.node.provider.as_ref() {
        return Err(wrong("it writes to another provider than its resource's"));
    }
    let key = step.op.key();
    let Some(said) = told.said.iter().find(|said| Some(said.key) == key.as_ref()) else {
        return Err(wrong("it writes another object than its resource's"));
    };
    if !does(op.verb, said.action) {
        return Err(wrong("it does something else than its resource says"));
    }
    form::check(plan, step, op).map_err(wrong)?;
    content::check(plan, told.node, (said.kind, said.action), (step, op))
        .map_err(|what| wrong(&what))
}

/// Whether a write is one of those that an action is made of.
fn does(verb: KubeVerb, action: Action) -> bool {
    match (verb, action) {
        (KubeVerb::Create, Action::Create)
        | (KubeVerb::Apply | KubeVerb::Remove, Action::Update)
        | (KubeVerb::Delete, Action::Delete)
        | (KubeVerb::Release, Action::Forget) => true,
        (
            KubeVerb::Create
            | KubeVerb::Apply
            | KubeVerb::Remove
            | KubeVerb::Delete
            | KubeVerb::Release,
            Action::Create
            | Action::Update
            | Action::Delete
            | Action::Forget
            | Action::Replace
            | Action::NoOp,
        ) => false,
    }
}

/// Each object has the steps that its action needs, writes stand before removals, unless what goes must go first.
fn check_whole(plan: &Plan, told: &Told<'_>) -> Result<(), Nonsense> {
    let node = told.node;
    let acts = match node.state {
        NodeState::Planned | NodeState::Deferred => true,
        NodeState::Blocked | NodeState::HeldBack => false,
    };
    if !acts {
        return Ok(());
    }
    let steps = told.steps.iter();
    let steps: Vec<&&Step> = steps
        .filter(|step| part(plan, node, step).is_none())
        .collect();
    for said in &told.said {
        let own: Vec<KubeVerb> = steps
            .iter()
            .filter_map(|step| match &step.op {
                Op::Kube(op) if step.op.key().as_ref() == Some(said.key) => Some(op.verb),
                Op::Kube(_) | Op::Local(_) | Op::Await(_) => None,
            })
            .collect();
        let is_whole = match said.action {
            Action::NoOp => own.is_empty(),
            Action::Update => matches!(
                own.as_slice(),
                [KubeVerb::Remove] | [KubeVerb::Apply] | [KubeVerb::Remove, KubeVerb::Apply]
            ),
            Action::Create if said.kind.home() == Home::Command => steps.len() == 1,
            Action::Create | Action::Delete | Action::Forget => own.len() == 1,
            Action::Replace => false,
        };
        if !is_whole {
            let what = format!("its steps do not do to {} what it says", said.key);
            return Err(nonsense(&node.address, what));
        }
    }
    let removes_first = node
        .former
        .as_ref()
        .is_some_and(|former| former.order == ReplaceOrder::RemoveFirst);
    let order: Vec<bool> = steps
        .iter()
        .filter_map(|step| match &step.op {
            Op::Kube(op) => Some(removes(op.verb) != removes_first),
            Op::Local(_) | Op::Await(_) => None,
        })
        .collect();
    match order.is_sorted() {
        true => Ok(()),
        false => Err(nonsense(
            &node.address,
            "something of it goes before what takes its place",
        )),
    }
}

const fn removes(verb: KubeVerb) -> bool {
    match verb {
        KubeVerb::Delete | KubeVerb::Release => true,
        KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove => false,
    }
}

/// What is known after apply only is bound by a step that stands before the one that needs it.
fn check_holes(plan: &Plan) -> Result<(), Nonsense> {
    let mut bound: BTreeSet<(&Address, &str)> = BTreeSet::new();
    for step in &plan.steps {
        for hole in needed(&step.op) {
            let is_bound = match hole {
                HoleSource::Run => true,
                HoleSource::ProviderIdentity(provider) => is_provider(plan, provider),
                HoleSource::Resource { address, attribute } => {
                    bound.contains(&(address, attribute.as_str()))
                }
            };
            if !is_bound {
                return Err(nonsense(
                    &step.id,
                    "it needs a value that no step before it tells",
                ));
            }
        }
        let names = step.binds.keys().map(|name| (&step.node, name.as_str()));
        bound.extend(names);
    }
    Ok(())
}

fn is_provider(plan: &Plan, provider: &ProviderRef) -> bool {
    plan.providers.contains_key(provider)
}

fn needed(op: &Op) -> Vec<&HoleSource> {
    let holes = op.expressions().into_iter().flat_map(Expr::holes);
    holes.map(|hole| &hole.source).collect()
}
