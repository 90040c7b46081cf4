//! Objects that one resource of a composite kind would make become that one resource. Recognised only where the resource,
//! expanded again, is those objects and nothing else: without a difference in any of them. Pure.

use super::choice::Candidate;
use crate::diag::{FileId, Span};
use crate::kinds::composite::{Composite, LivePart};
use crate::kinds::{self, Kind, sayable};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::{Key, ProviderRef};
use crate::model::resource::{Lifecycle, Resource};
use crate::model::schema::{Field, Presence, Shape};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that are one resource.
pub(super) struct Profile {
    /// The composite kind.
    pub(super) kind: &'static dyn Kind,
    /// Its body; nothing could be left out of it that does not follow from the address.
    pub(super) body: Json,
    /// Natural key of the resource.
    pub(super) key: Key,
    /// Keys of the objects.
    pub(super) keys: BTreeSet<Key>,
}

/// The profiles among these objects. No object is in two of them.
pub(super) fn profiles(candidates: &[Candidate<'_>]) -> Vec<Profile> {
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for kind in kinds::KINDS.iter().copied() {
        let Some(composite) = kind.composite() else {
            continue;
        };
        for group in groups(composite, candidates) {
            let profile = recognised(kind, composite, &group);
            found.extend(
                profile
                    .filter(|profile| profile.keys.is_disjoint(&taken))
                    .inspect(|profile| taken.extend(profile.keys.iter().cloned())),
            );
        }
    }
    found
}

/// The same body without what follows from the address that it got.
pub(super) fn least(profile: &Profile, address: &Address, group: &[&Candidate<'_>]) -> Json {
    let Some(composite) = profile.kind.composite() else {
        return profile.body.clone();
    };
    let is_same = |body: &Json| is_group(composite, &resource(address, body.clone()), group);
    shortened(profile.kind.schema().fields, profile.body.clone(), &is_same)
}

/// Objects that would belong to the same resource if each of them were one by itself.
fn groups<'a>(
    composite: &dyn Composite,
    candidates: &'a [Candidate<'a>],
) -> Vec<Vec<&'a Candidate<'a>>> {
    let is_part = |one: &&Candidate<'_>| {
        let name = one.kind.schema().kind;
        composite
            .part_kinds()
            .iter()
            .any(|kind| kind.schema().kind == name)
    };
    let mut groups: BTreeMap<Key, Vec<&Candidate<'_>>> = BTreeMap::new();
    for one in candidates.iter().filter(is_part) {
        let alone = composite.read(&[part(one)]);
        groups
            .entry(composite.reading_key(&alone))
            .or_default()
            .push(one);
    }
    groups.into_values().collect()
}

fn part<'a>(candidate: &Candidate<'a>) -> LivePart<'a> {
    LivePart {
        kind: candidate.kind,
        live: candidate.live,
    }
}

fn recognised(
    kind: &'static dyn Kind,
    composite: &dyn Composite,
    group: &[&Candidate<'_>],
) -> Option<Profile> {
    let parts: Vec<LivePart<'_>> = group.iter().map(|one| part(one)).collect();
    let reading = composite.read(&parts);
    let body = kinds::least::declaration(kind, &reading);
    // Whatever the address will be, it says nothing as long as the body says it all.
    let address = Address::new(kind.schema().kind, "main");
    let declared = resource(&address, body.clone());
    let key = composite.key(&declared)?;
    let profile = is_group(composite, &declared, group).then(|| Profile {
        kind,
        body,
        key,
        keys: group.iter().map(|one| one.key.clone()).collect(),
    })?;
    let is_valid = |body: &Json| sayable::is_valid(kind, body);
    (is_valid(&profile.body) || is_valid(&least(&profile, &address, group))).then_some(profile)
}

/// Whether a resource is these objects and nothing else.
fn is_group(composite: &dyn Composite, resource: &Resource, group: &[&Candidate<'_>]) -> bool {
    let parts = composite.parts(resource);
    parts.len() == group.len()
        && parts.iter().all(|part| {
            let key = part.kind.key(&part.resource);
            let one = group.iter().find(|one| Some(one.key) == key.as_ref());
            one.is_some_and(|one| part.kind.differences(&part.resource, one.live).is_empty())
        })
}

/// The body without each argument that may be missing and without which it is still the same.
fn shortened(fields: &[Field], mut body: Json, is_same: &dyn Fn(&Json) -> bool) -> Json {
    for field in fields {
        let may_be_missing = match field.presence {
            Presence::Optional | Presence::Default(_) => true,
            Presence::Required | Presence::Computed | Presence::Rejected(_) => false,
        };
        let Some(value) = body.get(field.name).cloned() else {
            continue;
        };
        let mut without = body.clone();
        if let Json::Object(members) = &mut without {
            members.remove(field.name);
        }
        if may_be_missing && is_same(&without) {
            body = without;
        } else if let (Shape::Block(inner), Some(block)) = (&field.shape, value.get(0)) {
            let around = |block: &Json| {
                let mut whole = body.clone();
                whole[field.name][0] = block.clone();
                whole
            };
            let block = shortened(inner, block.clone(), &|block| is_same(&around(block)));
            body = around(&block);
        }
    }
    body
}

fn resource(address: &Address, body: Json) -> Resource {
    let nowhere = Span {
        file: FileId(0),
        start: 0,
        end: 0,
    };
    Resource {
        address: address.clone(),
        provider: Some(ProviderRef {
            provider: "kubernetes".to_owned(),
            alias: None,
        }),
        body: Expr::Value(body),
        sensitive: BTreeSet::new(),
        references: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        span: nowhere,
        spans: BTreeMap::new(),
        served_as: crate::model::resource::ServedAs::default(),
    }
}
