//! Replacements (R29): an object whose mark names a declared address, and whose key is not the declared one, is what that
//! resource was before. It goes only once what takes its place is done, and stays where that is not made. The mark tells,
//! nothing is guessed. Must not know how objects are found.

use super::decision::{Resolution, blocker, field_changes, reason};
use super::declared::Context;
use super::document::{
    Action, Blocker, FieldChange, Former, HeldBack, NodeState, Parting, ReasonCode, ReplaceOrder,
};
use super::former;
use super::input::Confirmation;
use crate::kinds::{self, Kind, Writing, sensitive};
use crate::model::address::Address;
use crate::model::condition::{Judgement, judge};
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::{Key, address_label};
use crate::model::resource::{Configuration, Resource};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The remark behind an attribute that forces a replacement; Terraform's words, which tools look for.
pub const FORCES: &str = "forces replacement";

/// Declared addresses by the labels that their objects carry or carried.
pub struct Heirs {
    by_label: BTreeMap<String, Address>,
}

impl Heirs {
    /// Of everything declared: its own label, and those that `moved` blocks say it had.
    pub fn of(configuration: &Configuration) -> Self {
        let mut by_label = BTreeMap::new();
        for resource in &configuration.resources {
            for label in former::labels(&configuration.moves, &resource.address) {
                by_label.entry(label).or_insert(resource.address.clone());
            }
        }
        for resource in &configuration.resources {
            by_label.insert(address_label(&resource.address), resource.address.clone());
        }
        Self { by_label }
    }

    /// The declared resource that an object with this label was.
    pub fn of_label(&self, label: &str) -> Option<&Address> {
        self.by_label.get(label)
    }
}

/// What a declared resource with another key was before stays until that resource is done: where it is blocked, held back
/// or not ready, and where its lifecycle forbids that anything of it is destroyed.
pub fn hold(context: &Context<'_>, resolutions: &mut [Resolution<'_>]) {
    for at in 0..resolutions.len() {
        let Some(heir) = resolutions.get(at).and_then(|one| one.heir.clone()) else {
            continue;
        };
        let Some(resource) = declared(context.input.configuration, &heir) else {
            continue;
        };
        let place = resolutions.binary_search_by(|one| one.node.address.cmp(&heir));
        let is_protected = resource.lifecycle.prevent_destroy;
        let joins = place.ok().filter(|place| {
            let pair = (resolutions.get(*place), resolutions.get(at));
            matches!(pair, (Some(new), Some(old)) if is_pair(new, old))
        });
        if let (true, Some(new)) = (is_protected, joins.and_then(|at| resolutions.get_mut(at)))
            && stands(new.node.state)
        {
            new.hold_back(held(
                &heir,
                Action::Replace,
                "its lifecycle says prevent_destroy".to_owned(),
            ));
        }
        let why = match place.ok().and_then(|place| resolutions.get(place)) {
            _ if is_protected => Some(format!("the lifecycle of {heir} says prevent_destroy")),
            Some(new) => not_done(&heir, new.node.state),
            None => not_ready(context, resource),
        };
        if let (Some(why), Some(old)) = (why, resolutions.get_mut(at))
            && stands(old.node.state)
        {
            let (address, action) = (old.node.address.clone(), old.node.action);
            old.hold_back(held(&address, action, why));
        }
    }
}

fn held(address: &Address, action: Action, reason: String) -> HeldBack {
    HeldBack {
        address: address.clone(),
        action,
        reason,
        losses: Vec::new(),
        consent: None,
    }
}

const fn stands(state: NodeState) -> bool {
    match state {
        NodeState::Planned | NodeState::Deferred => true,
        NodeState::Blocked | NodeState::HeldBack => false,
    }
}

fn declared<'a>(configuration: &'a Configuration, address: &Address) -> Option<&'a Resource> {
    let resources = &configuration.resources;
    let found = resources.binary_search_by(|resource| resource.address.cmp(address));
    found.ok().and_then(|at| resources.get(at))
}

fn not_done(heir: &Address, state: NodeState) -> Option<String> {
    match state {
        NodeState::Planned | NodeState::Deferred => None,
        NodeState::Blocked => Some(format!("{heir} takes its place and is blocked")),
        NodeState::HeldBack => Some(format!("{heir} takes its place and is held back")),
    }
}

/// Nothing is to be done to what takes its place: then it must be well already.
fn not_ready(context: &Context<'_>, resource: &Resource) -> Option<String> {
    kinds::parts(resource).iter().find_map(|part| {
        let wait = part.kind.wait(Some(&part.resource), Writing::Create)?;
        let key = part.kind.key(&part.resource)?;
        let provider = resource.provider.as_ref();
        let live = provider.and_then(|provider| context.objects.present(provider, &key));
        // Said at any time: what is there was written by an earlier run.
        match judge(&wait.condition, live, Timestamp::UNIX_EPOCH) {
            Judgement::Ready => None,
            Judgement::Pending(why) | Judgement::Failed(why) => Some(format!(
                "{} takes its place and is not ready: {why}",
                resource.address
            )),
        }
    })
}

/// Whether one is a new object of a resource and the other what that was, in one cluster.
fn is_pair(new: &Resolution<'_>, old: &Resolution<'_>) -> bool {
    let alone = |one: &Resolution<'_>| one.objects.len() == 1 && one.node.parts.is_empty();
    old.heir.as_ref() == Some(&new.node.address)
        && new.node.action == Action::Create
        && new.node.provider == old.node.provider
        && alone(new)
        && alone(old)
}

/// Makes one node of a new object and what it takes the place of. Where there are several of these, the newest is shown
/// with it; the others go by themselves, after it.
pub fn join(context: &Context<'_>, resolutions: &mut Vec<Resolution<'_>>) {
    if resolutions.iter().all(|one| one.heir.is_none()) {
        return;
    }
    let all = std::mem::take(resolutions);
    let (mut former, mut rest): (Vec<Resolution<'_>>, Vec<Resolution<'_>>) =
        all.into_iter().partition(|one| one.heir.is_some());
    former.sort_by_key(|one| Reverse(made_at(one)));
    let mut alone = Vec::new();
    for old in former {
        let place = old.heir.as_ref().and_then(|heir| {
            let found = rest.binary_search_by(|one| one.node.address.cmp(heir));
            found.ok()
        });
        match place.and_then(|place| rest.get_mut(place)) {
            Some(new) if is_pair(new, &old) && go_together(new, &old) => {
                replace(context, new, old);
            }
            Some(new) => {
                if let Some(why) = stands_alone(new, &old) {
                    new.block(two_writers(&old.node.key, &why));
                }
                alone.push(old);
            }
            None => alone.push(old),
        }
    }
    rest.extend(alone);
    rest.sort_by(|one, other| one.node.address.cmp(&other.node.address));
    *resolutions = rest;
}

/// What is held back with what takes its place is shown there; what waits for a consent by itself is not.
fn go_together(new: &Resolution<'_>, old: &Resolution<'_>) -> bool {
    !stands(new.node.state) || stands(old.node.state)
}

/// When an object was made, as the server wrote it, which sorts as time does.
fn made_at(one: &Resolution<'_>) -> Option<String> {
    let live = one.objects.first()?.live?;
    Some(live["metadata"]["creationTimestamp"].as_str()?.to_owned())
}

/// Why a new object must not be made while what it replaces is there.
fn stands_alone(new: &Resolution<'_>, old: &Resolution<'_>) -> Option<String> {
    if new.node.action != Action::Create {
        return None;
    }
    let object = new.objects.first()?;
    let live = old.objects.first()?.live?;
    object.kind.stands_alone(object.resource?, live)
}

fn two_writers(old: &Key, why: &str) -> Blocker {
    blocker(
        "two-writers",
        format!("It may not be made while {old} is there: {why}."),
        format!("Remove {old} first, or give the new one a place of its own."),
    )
}

/// Delete then create only where the server has said to a dry-run that it takes the new one.
fn accepted(context: &Context<'_>, new: &Resolution<'_>) -> Result<(), Blocker> {
    let object = (new.node.address.clone(), new.node.key.clone());
    match context.input.confirmations.get(&object) {
        // Shown to the server before the plan is whole.
        None | Some(Confirmation::Confirmed | Confirmation::Changed(_)) => Ok(()),
        Some(Confirmation::Refused(text)) => Err(blocker(
            "refused",
            format!("The server would refuse the new object: {text}"),
            "Mend the configuration; the words are the server's.",
        )),
        Some(Confirmation::NotConfirmed(text)) => Err(blocker(
            "not-confirmed",
            format!(
                "What it replaces must go first, and whether the server takes the new object cannot be told: {text}"
            ),
            "Plan with the right to create it, or give it a place of its own.",
        )),
    }
}

fn replace<'a>(context: &Context<'_>, new: &mut Resolution<'a>, old: Resolution<'a>) {
    let alone = stands_alone(new, &old);
    let (fields, forced_by) = new
        .objects
        .first()
        .zip(old.objects.first().and_then(|object| object.live))
        .and_then(|(object, live)| Some(differences(object.kind, object.resource?, live, &old)))
        .unwrap_or_default();
    let parting = match old.node.action {
        Action::Forget => Parting::Release,
        Action::Create | Action::Update | Action::Delete | Action::Replace | Action::NoOp => {
            Parting::Delete
        }
    };
    new.node.reason = reason(
        ReasonCode::Replaced,
        format!("it is {} and is to be {}", old.node.key, new.node.key),
    );
    new.node.previous_address = old
        .objects
        .first()
        .and_then(|object| object.live)
        .and_then(|live| {
            let moves = &context.input.configuration.moves;
            former::address(moves, &new.node.address, live)
        })
        .filter(|previous| *previous != new.node.address);
    let order = match &alone {
        None => ReplaceOrder::CreateFirst,
        Some(_) => ReplaceOrder::RemoveFirst,
    };
    let obstacle = match (&alone, parting) {
        (None, _) => None,
        (Some(why), Parting::Release) => {
            let why = format!("{why}; it was adopted, so it would be released and stay");
            Some(two_writers(&old.node.key, &why))
        }
        (Some(_), Parting::Delete) => accepted(context, new).err(),
    };
    new.node.action = Action::Replace;
    new.node.former = Some(Former {
        key: old.node.key,
        parting,
        order,
        forced_by,
    });
    new.node.before = old.node.before;
    new.node.sensitive.extend(old.node.sensitive);
    new.node.fields = fields;
    match order {
        ReplaceOrder::CreateFirst => new.objects.extend(old.objects),
        ReplaceOrder::RemoveFirst => new.objects.splice(..0, old.objects).for_each(drop),
    }
    if let Some(obstacle) = obstacle {
        new.block(obstacle);
    }
}

/// Makes a replacement of a resource of several objects, which go and are made one by one.
pub fn of_whole(new: &mut Resolution<'_>, resource: &Resource, (key, parting): (Key, Parting)) {
    let (mut fields, forced_by) = forced(&new.node.before, resource);
    let is_said = |field: &FieldChange| fields.iter().any(|said| said.path == field.path);
    let others: Vec<FieldChange> = std::mem::take(&mut new.node.fields)
        .into_iter()
        .filter(|one| !is_said(one))
        .collect();
    fields.extend(others);
    new.node.reason = reason(
        ReasonCode::Replaced,
        format!("it is {key} and is to be {}", new.node.key),
    );
    new.node.action = Action::Replace;
    new.node.former = Some(Former {
        key,
        parting,
        order: ReplaceOrder::CreateFirst,
        forced_by,
    });
    new.node.fields = fields;
    if resource.lifecycle.prevent_destroy && stands(new.node.state) {
        let address = new.node.address.clone();
        let why = "its lifecycle says prevent_destroy".to_owned();
        new.hold_back(held(&address, Action::Replace, why));
    }
}

/// Attributes that a key is made of: of flat kinds, of those with a `metadata` block, and of manifests.
const KEY_PATHS: &[&[&str]] = &[
    &["name"],
    &["namespace"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["manifest", "metadata", "name"],
    &["manifest", "metadata", "namespace"],
    &["manifest", "kind"],
    &["manifest", "apiVersion"],
];

/// The attributes that force a replacement.
fn forced(before: &Json, resource: &Resource) -> (Vec<FieldChange>, Vec<Vec<String>>) {
    let mut fields = Vec::new();
    let mut forced_by = Vec::new();
    for path in KEY_PATHS {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let (before, after) = (at(before, &path), at_declared(resource, &path));
        // What is not declared is as it is by default: then the key tells, not the attribute.
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        if after.known() == Some(&before) {
            continue;
        }
        forced_by.push(path.clone());
        fields.push(FieldChange {
            path,
            before: Some(before),
            after: Some(after),
            by: None,
            note: Some(FORCES.to_owned()),
        });
    }
    (fields, forced_by)
}

/// What differs between what a resource was and what it is to be, what forces the replacement first.
fn differences(
    kind: &'static dyn Kind,
    resource: &Resource,
    live: &Json,
    old: &Resolution<'_>,
) -> (Vec<FieldChange>, Vec<Vec<String>>) {
    let (mut fields, forced_by) = forced(&old.node.before, resource);
    for name in kind
        .computed()
        .into_keys()
        .filter(|name| !name.contains('.'))
    {
        if let Some(before) = old.node.before.get(name) {
            fields.push(FieldChange {
                path: vec![name.to_owned()],
                before: Some(before.clone()),
                after: Some(Expr::Hole(Box::new(Hole {
                    source: HoleSource::Resource {
                        address: resource.address.clone(),
                        attribute: name.to_owned(),
                    },
                    hole_type: HoleType::String,
                }))),
                by: None,
                note: None,
            });
        }
    }
    let hidden = sensitive::of_key(kind, &old.node.key);
    let others = field_changes(&kind.differences(resource, live), live, &hidden);
    let is_said = |field: &FieldChange| fields.iter().any(|said| said.path == field.path);
    let others: Vec<FieldChange> = others.into_iter().filter(|one| !is_said(one)).collect();
    fields.extend(others);
    (fields, forced_by)
}

/// The value at a path; a block is a list of one.
fn at(value: &Json, path: &[String]) -> Option<Json> {
    path.iter()
        .try_fold(value, |value, name| match value {
            Json::Array(blocks) => blocks.first()?.get(name),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
                value.get(name)
            }
        })
        .filter(|value| !value.is_null())
        .cloned()
}

fn at_declared(resource: &Resource, path: &[String]) -> Option<Expr> {
    match path {
        [block, name] if block == "metadata" => resource.in_block(block, name),
        path => resource.body.at(path),
    }
    .filter(|value| value.known() != Some(&Json::Null))
}
