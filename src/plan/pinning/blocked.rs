//! What stops an application because of its point: none that can be restored, what it holds and must not start, two points
//! that get into each other's way.

use super::super::document::Blocker;
use super::super::input::Recovering;
use super::{Chosen, Points, disks};
use crate::catalog::velero::choice::{Passed, Stop};
use crate::catalog::velero::point::Judgement;
use crate::catalog::velero::restoring::SYSTEM_NAMESPACES;
use crate::catalog::velero::volumes::{Claim, Coverage};
use crate::model::address::Address;
use crate::model::recovery::{At, Turn};
use crate::model::resource::Resource;
use crate::model::text::quote;
use std::collections::BTreeMap;

/// How many backups that are of no use are told one by one.
const TOLD: usize = 3;

fn blocker(code: &str, text: String, cure: String) -> Blocker {
    Blocker {
        code: code.to_owned(),
        text,
        cure,
    }
}

/// What was chosen and was not read: nobody knows what it holds.
pub(super) fn unread(address: &Address) -> Blocker {
    blocker(
        "unknown-point",
        format!("The restore point of {address} was chosen and cannot be read."),
        "Plan again.".to_owned(),
    )
}

/// Nothing to restore from. Where an application may start without data only what cannot be told stops it.
pub(super) fn stopped(points: &Points<'_>, resource: &Resource, stop: &Stop) -> Vec<Blocker> {
    let address = &resource.address;
    let is_fresh = points.block.is_fresh(address);
    let named = points.block.points.get(address);
    let named = named.map_or_else(String::new, |name| quote(name));
    let name_another = || {
        format!(
            "Name a backup of {address} that is there in its `point` block, or leave the block out."
        )
    };
    let without = || without(address);
    vec![match stop {
        Stop::None(_) | Stop::Unusable(_) if is_fresh => return Vec::new(),
        Stop::None(0) => blocker(
            "no-point",
            format!("There is no backup of {address} in any location of its Velero server."),
            without(),
        ),
        Stop::None(newer) => {
            let by = match points.block.at_of(address) {
                At::Latest => String::new(),
                At::Time(time) => format!(" at {time} or before"),
            };
            blocker(
                "no-point",
                format!("No backup of {address} ended{by}; there are {newer} newer ones."),
                format!("Choose a later moment. {}", without()),
            )
        }
        Stop::Unusable(passed) => blocker(
            "no-point",
            format!(
                "No backup of {address} can be restored from.\n{}",
                reasons(passed)
            ),
            without(),
        ),
        Stop::Unknown(why) => blocker(
            "unknown-point",
            format!(
                "Which backup of {address} is the newest that can be restored cannot be told: {why}."
            ),
            format!(
                "See to it that it can be read and plan again, or name the backup to restore in a `point` block of {address}."
            ),
        ),
        Stop::Several(places) => blocker(
            "same-name",
            format!(
                "Backup {named} is in several locations, of which a cluster sees one only: {}.",
                list(places.iter().map(ToString::to_string))
            ),
            name_another(),
        ),
        Stop::NotThere => blocker(
            "no-point",
            format!(
                "There is no backup {named} in any location of the Velero server of {address}."
            ),
            name_another(),
        ),
        Stop::NotIts => blocker(
            "no-point",
            format!("Backup {named} is not of {address}: its labels name another application."),
            name_another(),
        ),
    }]
}

fn reasons(passed: &[Passed]) -> String {
    let mut lines: Vec<String> = passed
        .iter()
        .take(TOLD)
        .map(|one| format!("{}: {}", one.backup, one.reason))
        .collect();
    if passed.len() > TOLD {
        lines.push(format!("and {} older ones", passed.len() - TOLD));
    }
    lines.join("\n")
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What a point holds that stops its application.
pub(super) fn by_contents(points: &Points<'_>, chosen: &Chosen<'_>) -> Vec<Blocker> {
    let address = &chosen.resource.address;
    let backup = &chosen.point.backup.name;
    let leave_out = format!("leave {address} out with `scope`");
    let mut all = Vec::new();
    if holds_nothing(chosen) && !points.block.is_fresh(address) {
        all.push(blocker(
            "empty-point",
            format!("Backup {backup} holds no namespace of {address}: it would come back empty."),
            without(address),
        ));
    }
    for (title, name) in chosen.items.databases(&chosen.namespaces) {
        all.push(blocker(
            "database-in-backup",
            format!(
                "Backup {backup} holds the database {name} of {title}. Restored without its own archive it would start empty on a repository that is in use, and expire what that holds."
            ),
            format!("Restore the database by its own means, and {leave_out} until then."),
        ));
    }
    all.extend(disks::undecided(points.block, chosen));
    all.extend(controllers(chosen));
    all.extend(infra_claims(chosen));
    all
}

/// Controllers that act on others come back last (R4): what shares an application with one would have to wait with it.
fn controllers(chosen: &Chosen<'_>) -> Vec<Blocker> {
    match chosen.turn {
        Turn::Quiet => return Vec::new(),
        Turn::Infra | Turn::Applications => {}
    }
    let address = &chosen.resource.address;
    let backup = &chosen.point.backup.name;
    let controllers = chosen.items.controllers.iter();
    let controllers = controllers.filter(|(namespace, _)| chosen.namespaces.contains(*namespace));
    let stop = |(namespace, who): (&String, &&str)| {
        let (beside, cure) = match chosen.turn {
            Turn::Infra => (
                format!("and {address} is restored before all others"),
                format!("Back namespace {namespace} up as an application of its own."),
            ),
            Turn::Applications | Turn::Quiet => (
                "next to namespaces without it".to_owned(),
                format!(
                    "Back namespace {namespace} up as an application of its own; or list {address} in `quiesce`, and all of it comes back last."
                ),
            ),
        };
        let text = format!(
            "Backup {backup} holds {who} in namespace {namespace}, {beside}. It acts on what others own: if it runs before everything is back, it makes anew, and empty, what is still to come."
        );
        blocker("controller-among-others", text, cure)
    };
    controllers.map(stop).collect()
}

/// Stage *infra* brings no volumes: a claim in it would stay away without a word.
fn infra_claims(chosen: &Chosen<'_>) -> Vec<Blocker> {
    match chosen.turn {
        Turn::Infra => {}
        Turn::Applications | Turn::Quiet => return Vec::new(),
    }
    let claims = chosen.items.claims.keys();
    let claims = claims.filter(|claim| chosen.namespaces.contains(&claim.namespace));
    let stop = |claim: &Claim| {
        blocker(
            "claim-in-infra",
            format!(
                "Backup {} holds claim {claim}, and what is restored before all others (`restore {{ order }}` below 0) comes back without volumes.",
                chosen.point.backup.name
            ),
            format!(
                "Back namespace {} up as an application of its own, with `order` 0 or more.",
                claim.namespace
            ),
        )
    };
    claims.map(stop).collect()
}

/// Nothing of it would be restored, and not because all of it is the cluster's own or Velero's.
fn holds_nothing(chosen: &Chosen<'_>) -> bool {
    let velero = &chosen.held.location.installation.namespace;
    let is_of_the_platform = |name: &&str| SYSTEM_NAMESPACES.contains(name) || name == velero;
    let mut namespaces = chosen.items.namespaces().into_iter();
    chosen.namespaces.is_empty() && !namespaces.any(|name| is_of_the_platform(&name))
}

/// What to do where there is nothing to restore from.
fn without(address: &Address) -> String {
    format!(
        "List {address} in `fresh` if it may start without data, leave it out with `scope`, or name a backup in a `point` block."
    )
}

pub(super) fn is_covered(judgement: &Judgement, claim: &Claim) -> bool {
    let title = claim.to_string();
    let volumes = judgement.volumes.as_ref().ok();
    volumes
        .into_iter()
        .flatten()
        .any(|volume| volume.title == title && matches!(volume.coverage, Coverage::Covered(_)))
}

/// Points that get into each other's way: one name in two locations (a cluster sees one of them), one namespace twice (Velero
/// gives Pods that are there no data).
pub(super) fn between(all: &mut Recovering) {
    let mut names: BTreeMap<(&str, &str), (&Address, &Address)> = BTreeMap::new();
    let mut namespaces: BTreeMap<&str, &Address> = BTreeMap::new();
    let mut found: Vec<(Address, Blocker)> = Vec::new();
    for pin in &all.pins {
        let name = (pin.velero_namespace.as_str(), pin.backup.as_str());
        let other = names.insert(name, (&pin.of, &pin.location));
        if let Some((other, place)) = other.filter(|(_, place)| **place != pin.location) {
            let text = format!(
                "The backup {} of {} is in {}, and that of {other}, in {place}, has the same name: a cluster sees one only.",
                pin.backup, pin.of, pin.location
            );
            let cure = format!("Name another backup in the `point` block of {}.", pin.of);
            found.push((pin.of.clone(), blocker("same-name", text, cure)));
        }
        for namespace in &pin.namespaces {
            let Some(other) = namespaces.insert(namespace, &pin.of) else {
                continue;
            };
            let text = format!(
                "{} and {other} both restore namespace {namespace}: Velero gives Pods that are there already no data.",
                pin.of
            );
            let cure = format!(
                "Let one of them back the namespace up, or leave {} out with `scope`.",
                pin.of
            );
            found.push((pin.of.clone(), blocker("same-namespace", text, cure)));
        }
    }
    for (address, blocker) in found {
        all.blockers.entry(address).or_default().push(blocker);
    }
}
