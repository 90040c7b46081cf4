//! What stands before Services (webhook configurations, APIServices): of stage *infra* it comes back once somebody answers
//! there, since before that it refuses what Velero makes. One whose Service nobody brings back stays away.

use super::{Chosen, Points};
use crate::catalog::velero::items::{BeforeServices, Item};
use crate::kinds;
use crate::model::identity::Key;
use crate::model::recovery::Turn;
use crate::plan::document::PinnedObject;
use crate::plan::input::Recovering;
use std::collections::BTreeSet;

/// Title of the type of Services.
const SERVICES: &str = "services";

/// What a point of stage *infra* holds, and is not declared.
pub(super) fn held(points: &Points<'_>, chosen: &Chosen<'_>) -> Vec<PinnedObject> {
    match chosen.turn {
        Turn::Infra => {}
        Turn::Applications | Turn::Quiet => return Vec::new(),
    }
    let declared = keys(points);
    let all = chosen.items.before_services.iter();
    let all =
        all.filter(|((type_, name), _)| !declared.contains(&(type_.clone(), None, name.clone())));
    let object = |((type_, name), before): (&(String, String), &BeforeServices)| {
        let resource = chosen.items.types.get(type_)?.clone();
        Some(PinnedObject {
            resource,
            name: name.clone(),
            body: before.body.clone(),
            services: before.services.iter().map(Item::to_string).collect(),
        })
    };
    all.filter_map(object).collect()
}

/// Once all points are known: each object once, and none whose Service comes from no backup and no configuration. Returns
/// what stays away, with the reason.
pub(super) fn settle(points: &Points<'_>, all: &mut Recovering) -> Vec<String> {
    let declared = keys(points);
    let restored: BTreeSet<String> = all
        .pins
        .iter()
        .filter_map(|pin| pin.expected.get(SERVICES))
        .flatten()
        .cloned()
        .collect();
    let is_there = |service: &String| {
        let (namespace, name) = service.split_once('/').unwrap_or(("", service));
        let key = (
            SERVICES.to_owned(),
            Some(namespace.to_owned()),
            name.to_owned(),
        );
        restored.contains(service) || declared.contains(&key)
    };
    let mut known = BTreeSet::new();
    let mut away = Vec::new();
    for pin in &mut all.pins {
        let of = pin.of.clone();
        pin.afterwards.retain(|object| {
            let missing = object.services.iter().find(|service| !is_there(service));
            if let Some(service) = missing {
                away.push(format!(
                    "{of}: {} {}, since its Service {service} comes back with no application and is not declared",
                    object.resource.kind, object.name
                ));
            }
            missing.is_none() && known.insert((object.resource.title(), object.name.clone()))
        });
    }
    away
}

/// Type, namespace and name of every object that is declared.
fn keys(points: &Points<'_>) -> BTreeSet<(String, Option<String>, String)> {
    let resources = points.configuration.resources.iter();
    let keys = resources.flat_map(kinds::keys);
    keys.filter_map(|key| match key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => Some((resource.title(), namespace, name)),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    })
    .collect()
}
