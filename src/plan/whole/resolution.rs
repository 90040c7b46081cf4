//! From what is decided for each object of a resource to what is decided for the resource: one node (R40). What is shown
//! are its own attributes; what these do not explain is shown object by object. Must not know how objects were found.

use super::{Whole, left_alone_part};
use crate::kinds::composite::{Composite, LivePart};
use crate::kinds::{self, Kind, Obstacle, Part, sensitive};
use crate::model::address::Address;
use crate::model::identity::{Key, ProviderRef};
use crate::model::resource::{Fate, Resource};
use crate::plan::cluster_of;
use crate::plan::decision::{
    Decision, Object, Outcome, Resolution, Subject, blocker, field_changes, reason,
};
use crate::plan::declared::{self, Context};
use crate::plan::document::{
    Action, Blocker, FieldChange, HeldBack, Manager, NodePart, NodeState, Parting, Reason,
    ReasonCode,
};
use crate::plan::guards;
use crate::plan::leaving::Leaving;
use crate::plan::losses;
use crate::plan::removal::Removal;
use crate::plan::replacement;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Decides one resource. `None`: a key is not known, which `validate` has reported.
pub fn decide<'a>(
    context: &Context<'a>,
    resource: &'a Resource,
    whole: &'a Whole<'a>,
) -> Option<Outcome<Resolution<'a>>> {
    let mut decisions = Vec::new();
    let mut left_alone = Vec::new();
    let mut leaving = Vec::new();
    let mut unchanged = 0_usize;
    for part in &whole.parts {
        match declared::decide(context, &part.resource, part.kind)? {
            Outcome::Unchanged => unchanged += 1,
            Outcome::Nothing => {}
            Outcome::LeftAlone(why) => left_alone.push((part, why)),
            Outcome::Leaving(how) => {
                left_alone.push((part, "being deleted already".to_owned()));
                leaving.push(how);
            }
            Outcome::Decided(decision) => decisions.push(*decision),
        }
    }
    let cluster_uid = resource
        .provider
        .as_ref()
        .and_then(|provider| cluster_of(context.input, provider));
    let gone = |live: &Json| Leaving::of(live).is_some();
    for left in whole.left.iter().filter(|left| !gone(left.live)) {
        let removal = Removal {
            context,
            kind: left.kind,
            cluster_uid: cluster_uid.unwrap_or_default(),
            live: left.live,
            why: reason(
                ReasonCode::NotInConfiguration,
                format!("{} has no such part any more", resource.address),
            ),
            fate: Fate::Delete,
        };
        let subject = Subject {
            address: resource.address.clone(),
            provider: resource.provider.clone(),
            key: left.key.clone(),
        };
        decisions.push(removal.decide(subject, left.origin));
    }
    consent_as_one(&mut decisions, context.input.consents);
    if decisions.is_empty() && !leaving.is_empty() {
        return Some(Outcome::Leaving(leaving.join(" ")));
    }
    if decisions.is_empty() {
        let whys: BTreeSet<String> = left_alone.into_iter().map(|(_, why)| why).collect();
        return Some(match (unchanged, whys.is_empty()) {
            (0, true) => Outcome::Nothing,
            (_, true) => Outcome::Unchanged,
            (_, false) => Outcome::LeftAlone(whys.into_iter().collect::<Vec<_>>().join("; ")),
        });
    }
    let kept = Kept {
        unchanged: unchanged + left_alone.len(),
        left_alone: left_alone
            .into_iter()
            .filter_map(|(part, why)| left_alone_part(part, &why))
            .collect(),
    };
    Some(Outcome::Decided(Box::new(declared_resolution(
        resource, whole, decisions, kept,
    )?)))
}

/// Parts of a resource to which nothing is done.
#[derive(Default)]
struct Kept {
    unchanged: usize,
    left_alone: Vec<NodePart>,
}

/// What is lost with several objects is consented to as one (R40), with one list.
fn consent_as_one(decisions: &mut [Decision<'_>], consents: &[String]) {
    let held: Vec<&HeldBack> = decisions
        .iter()
        .filter_map(|decision| decision.held_back.as_ref())
        .filter(|held| held.consent.is_some())
        .collect();
    let [first, _, ..] = held.as_slice() else {
        return;
    };
    let each: Vec<&str> = held
        .iter()
        .filter_map(|held| held.consent.as_deref())
        .collect();
    let consent = losses::consent_to_all(&each);
    let is_given = consents.contains(&consent);
    let as_one = HeldBack {
        address: first.address.clone(),
        action: first.action,
        reason: match held.iter().all(|held| held.reason == first.reason) {
            true => first.reason.clone(),
            false => "deleting it loses what is in it and of its types".to_owned(),
        },
        losses: held.iter().flat_map(|held| held.losses.clone()).collect(),
        consent: Some(consent),
    };
    for decision in decisions {
        let needs_consent = |held: &HeldBack| held.consent.is_some();
        if !decision.held_back.as_ref().is_some_and(needs_consent) {
            continue;
        }
        if is_given {
            decision.consented();
        } else {
            decision.held_back = Some(as_one.clone());
        }
    }
}

fn declared_resolution<'a>(
    resource: &'a Resource,
    whole: &Whole<'a>,
    decisions: Vec<Decision<'a>>,
    kept: Kept,
) -> Option<Resolution<'a>> {
    let subject = Subject {
        address: resource.address.clone(),
        provider: resource.provider.clone(),
        key: whole.kind.key(resource)?,
    };
    let differences = match &whole.reading {
        Some(reading) => whole.kind.differences(&whole.wanted, reading),
        None => Vec::new(),
    };
    let mut fields = field_changes(&differences, &Json::Null, &sensitive::of(whole.kind, None));
    let mut rest = BTreeMap::new();
    if let Some(read) = whole.as_read() {
        let parts = whole.composite.parts(&read);
        let (left, told): (Vec<_>, Vec<_>) = decisions
            .iter()
            .map(|decision| residue(decision, &parts, !fields.is_empty()))
            .unzip();
        let keys = decisions.iter().map(|decision| decision.node.key.clone());
        rest.extend(keys.zip(left));
        for field in &mut fields {
            let parts = whole.as_read_but(&field.path);
            let parts = parts.map(|read| whole.composite.parts(&read));
            field.by = last_writer(&decisions, &told, &parts.unwrap_or_default());
        }
    }
    let guarded = Guarded {
        composite: whole.composite,
        resource: Some(resource),
    };
    let former = former(whole, &decisions, &kept, &subject.key);
    let mut resolution = merged(subject, whole.kind, decisions, &kept);
    guarded.guard(&mut resolution);
    let obstacle = whole.reading.as_ref();
    let obstacle = obstacle.and_then(|reading| whole.composite.obstacle(&whole.wanted, reading));
    if let Some(Obstacle { text, cure }) = obstacle {
        resolution.block(blocker("obstacle", text, cure));
    }
    resolution.node.sensitive.extend(resource.sensitive.clone());
    if let Some(reading) = &whole.reading {
        resolution.node.before = shown(whole.kind, reading);
    }
    match resolution.node.action {
        Action::Create => resolution.node.after = whole.composite.completed(resource),
        Action::Update | Action::Replace | Action::NoOp => {
            resolution.node.after = whole.composite.completed(resource);
            resolution.node.fields = fields;
        }
        Action::Delete | Action::Forget => {}
    }
    for part in &mut resolution.node.parts {
        part.fields = rest.remove(&part.key).unwrap_or_default();
        if part.action == Action::Delete && resolution.node.action == Action::Update {
            part.note = kinds::find(&part.kind)
                .and_then(Kind::what_stays)
                .map(str::to_owned);
        }
    }
    resolution.node.parts.extend(kept.left_alone);
    if let Some(former) = former {
        replacement::of_whole(&mut resolution, resource, former);
    }
    Some(resolution)
}

/// What a whole was, where none of its parts stays and what goes is another whole by its key (R29).
fn former(
    whole: &Whole<'_>,
    decisions: &[Decision<'_>],
    kept: &Kept,
    key: &Key,
) -> Option<(Key, Parting)> {
    let (gone, made): (Vec<&Decision<'_>>, Vec<&Decision<'_>>) =
        decisions.iter().partition(|decision| goes(decision));
    let is_new = made
        .iter()
        .all(|decision| decision.node.action == Action::Create);
    let stays = kept.unchanged > 0 || whole.left.len() != gone.len();
    if !is_new || stays || made.is_empty() || gone.is_empty() {
        return None;
    }
    let live: Vec<LivePart<'_>> = whole
        .left
        .iter()
        .map(|one| LivePart {
            kind: one.kind,
            live: one.live,
        })
        .collect();
    let former = whole.composite.reading_key(&whole.composite.read(&live));
    let is_released = gone
        .iter()
        .all(|decision| decision.node.action == Action::Forget);
    let parting = match is_released {
        true => Parting::Release,
        false => Parting::Delete,
    };
    (former != *key).then_some((former, parting))
}

fn goes(decision: &Decision<'_>) -> bool {
    matches!(decision.node.action, Action::Delete | Action::Forget)
}

/// Differences of an object that the attributes of the whole do not explain, and those that they do: `parts` are what
/// would be declared if the live attributes were.
fn residue(
    decision: &Decision<'_>,
    parts: &[Part<'static>],
    some_differ: bool,
) -> (Vec<FieldChange>, Vec<FieldChange>) {
    let still = differing(decision, parts);
    decision.node.fields.iter().cloned().partition(|field| {
        !some_differ
            || still
                .as_ref()
                .is_none_or(|still| still.contains(&field.path))
    })
}

/// Attributes in which a live object differs from the part of its key; `None` where there is no such part.
fn differing(decision: &Decision<'_>, parts: &[Part<'static>]) -> Option<BTreeSet<Vec<String>>> {
    let part = parts
        .iter()
        .find(|part| part.kind.key(&part.resource).as_ref() == Some(&decision.node.key))?;
    let differences = part.kind.differences(&part.resource, decision.live?);
    Some(differences.into_iter().map(|one| one.attribute).collect())
}

/// Who last wrote what an attribute of the whole tells: among the differences that attributes explain, those of objects
/// that would differ by this attribute alone.
fn last_writer(
    decisions: &[Decision<'_>],
    told: &[Vec<FieldChange>],
    parts: &[Part<'static>],
) -> Option<Manager> {
    let fields = decisions.iter().zip(told).flat_map(|(decision, told)| {
        let differing = differing(decision, parts).unwrap_or_default();
        told.iter()
            .filter(move |field| differing.contains(&field.path))
    });
    fields
        .filter_map(|field| field.by.clone())
        .max_by_key(|by| by.time)
}

/// A composite, declared or not, that says what its parts are guarded by.
struct Guarded<'a> {
    composite: &'static dyn Composite,
    resource: Option<&'a Resource>,
}

impl Guarded<'_> {
    fn guard(&self, resolution: &mut Resolution<'_>) {
        let whole = resolution.node.key.clone();
        for object in &mut resolution.objects {
            object.guards = guards::of_object(object, |part, writing| {
                self.composite.guards(self.resource, &whole, part, writing)
            });
        }
    }
}

/// Objects whose mark names a composite that nothing declares, as one resolution.
pub fn orphaned<'a>(
    address: Address,
    provider: ProviderRef,
    composite: (&'static dyn Kind, &'static dyn Composite),
    mut decisions: Vec<Decision<'a>>,
    consents: &[String],
) -> Resolution<'a> {
    let (kind, composite) = composite;
    consent_as_one(&mut decisions, consents);
    let live: Vec<LivePart<'_>> = decisions
        .iter()
        .filter_map(|decision| {
            let (kind, live) = (decision.kind, decision.live?);
            Some(LivePart { kind, live })
        })
        .collect();
    let reading = composite.read(&live);
    let subject = Subject {
        address,
        provider: Some(provider),
        key: composite.reading_key(&reading),
    };
    let mut resolution = merged(subject, kind, decisions, &Kept::default());
    let resource = None;
    Guarded {
        composite,
        resource,
    }
    .guard(&mut resolution);
    resolution.node.before = shown(kind, &reading);
    resolution
}

fn shown(kind: &dyn Kind, reading: &Json) -> Json {
    sensitive::hidden(kind.attributes(reading), &sensitive::of(kind, None))
}

/// One node of several decisions, without its fields.
fn merged<'a>(
    subject: Subject,
    kind: &'static dyn Kind,
    decisions: Vec<Decision<'a>>,
    kept: &Kept,
) -> Resolution<'a> {
    let action = action(&decisions, kept.unchanged);
    let why = why(&decisions, action);
    let mut node = Decision::new(subject, kind, action, why).node;
    let sensitive: BTreeSet<&Vec<String>> = decisions
        .iter()
        .flat_map(|one| &one.node.sensitive)
        .collect();
    node.sensitive = sensitive.into_iter().cloned().collect();
    node.importing = decisions.iter().any(|one| one.node.importing);
    let previous: BTreeSet<&Address> = decisions
        .iter()
        .filter_map(|one| one.node.previous_address.as_ref())
        .collect();
    if let (1, Some(previous)) = (previous.len(), previous.first()) {
        node.previous_address = Some((*previous).clone());
    }
    node.blockers = blockers(&decisions);
    let has = |state| decisions.iter().any(|one| one.node.state == state);
    node.state = [NodeState::Blocked, NodeState::HeldBack, NodeState::Deferred]
        .into_iter()
        .find(|state| has(*state))
        .unwrap_or(NodeState::Planned);
    let mut held_back = Vec::new();
    for held in decisions.iter().filter_map(|one| one.held_back.clone()) {
        if !held_back.contains(&held) {
            held_back.push(held);
        }
    }
    let decisions = in_order(decisions);
    node.parts = decisions.iter().map(node_part).collect();
    let stands = matches!(node.state, NodeState::Planned | NodeState::Deferred);
    let mut resolution = Resolution {
        node,
        objects: decisions.into_iter().flat_map(objects).collect(),
        held_back,
        heir: None,
    };
    if !stands {
        resolution.rest();
    }
    resolution
}

fn objects(decision: Decision<'_>) -> Vec<Object<'_>> {
    Resolution::from(decision).objects
}

/// Writes first, makers before users; then what goes, users before what they use.
fn in_order(decisions: Vec<Decision<'_>>) -> Vec<Decision<'_>> {
    let (mut gone, mut all): (Vec<Decision<'_>>, Vec<Decision<'_>>) =
        decisions.into_iter().partition(goes);
    gone.reverse();
    gone.sort_by_key(|decision| decision.kind.teardown_rank(&decision.node.key));
    all.extend(gone);
    all
}

fn node_part(decision: &Decision<'_>) -> NodePart {
    NodePart {
        kind: decision.kind.schema().kind.to_owned(),
        key: decision.node.key.clone(),
        action: decision.node.action,
        importing: decision.node.importing,
        fields: decision.node.fields.clone(),
        note: None,
    }
}

fn action(decisions: &[Decision<'_>], unchanged: usize) -> Action {
    let every = |wanted: &[Action]| {
        decisions
            .iter()
            .all(|decision| wanted.contains(&decision.node.action))
    };
    match unchanged {
        _ if every(&[Action::NoOp]) => Action::NoOp,
        0 if every(&[Action::Create]) => Action::Create,
        0 if every(&[Action::Forget]) => Action::Forget,
        0 if every(&[Action::Delete, Action::Forget]) => Action::Delete,
        _ => Action::Update,
    }
}

/// The reason that all of them have, else that they differ.
fn why(decisions: &[Decision<'_>], action: Action) -> Reason {
    let reasons: Vec<&Reason> = decisions.iter().map(|one| &one.node.reason).collect();
    let of = |code: ReasonCode| reasons.iter().find(|reason| reason.code == code);
    let differs = || reason(ReasonCode::Differs, "it differs from the configuration");
    if let Some(unknown) = of(ReasonCode::Unknown) {
        return (*unknown).clone();
    }
    match (action, of(ReasonCode::Adopted)) {
        (Action::Update, Some(adopted)) => (*adopted).clone(),
        (Action::Create | Action::NoOp | Action::Forget, _) => {
            reasons.first().map_or_else(differs, |one| (*one).clone())
        }
        (Action::Delete, _) => of(ReasonCode::NotInConfiguration)
            .or_else(|| of(ReasonCode::DestroyRequested))
            .or_else(|| reasons.first())
            .map_or_else(differs, |one| (*one).clone()),
        (Action::Update, None) if reasons.iter().all(|one| one.code == ReasonCode::Renamed) => {
            let names: BTreeSet<&str> = reasons
                .iter()
                .map(|one| one.text.trim_start_matches("renamed from "))
                .collect();
            let names: Vec<&str> = names.into_iter().collect();
            reason(
                ReasonCode::Renamed,
                format!("renamed from {}", names.join(", ")),
            )
        }
        (Action::Update | Action::Replace, _) => differs(),
    }
}

/// What stops them, said once where it is the same; with the objects where it does not stop all of them.
fn blockers(decisions: &[Decision<'_>]) -> Vec<Blocker> {
    let mut grouped: Vec<(Blocker, Vec<String>)> = Vec::new();
    for decision in decisions {
        for blocker in &decision.node.blockers {
            let name = decision.node.key.to_string();
            match grouped.iter_mut().find(|(other, _)| other == blocker) {
                Some((_, names)) => names.push(name),
                None => grouped.push((blocker.clone(), vec![name])),
            }
        }
    }
    grouped
        .into_iter()
        .map(|(blocker, names)| {
            if names.len() == decisions.len() {
                return blocker;
            }
            Blocker {
                text: format!("{}: {}", names.join(", "), blocker.text),
                ..blocker
            }
        })
        .collect()
}
