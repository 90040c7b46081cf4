//! Garbage collection of backups is a deletion by us where we turn it on (R3): a change of a server after which it deletes
//! what has expired is held back until a person has seen the list. Must not know buckets: what a server would delete are
//! the Backups that it knows.

use super::decision::Resolution;
use super::document::{HeldBack, Node, NodeState};
use super::input::Input;
use super::losses::{self, Losing};
use super::queries::list_for;
use super::recovery::first::{COLLECTOR, DISABLED, of_flag};
use super::recovery::objects::BACKUPS;
use crate::model::identity::{Instance, Key};
use crate::world::query::{Answer, Fact, Query};
use jiff::Timestamp;
use serde_json::Value as Json;

/// The question what a server would delete, where the node turns its garbage collection on.
pub fn question(node: &Node) -> Option<Query> {
    let Key::Composite {
        namespace: Some(namespace),
        ..
    } = &node.key
    else {
        return None;
    };
    let provider = node.provider.as_ref()?;
    is_turned_on(node).then(|| list_for(provider, &BACKUPS, Some(namespace)))
}

/// Whether a server that runs without the collector is to run with it.
fn is_turned_on(node: &Node) -> bool {
    let is_off = |value: Option<&Json>| {
        let text = value.and_then(Json::as_str).unwrap_or_default();
        of_flag(text).iter().any(|name| name == COLLECTOR)
    };
    node.kind == "velero_server"
        && node.fields.iter().any(|field| {
            let after = field.after.as_ref().and_then(|after| after.known());
            match field
                .path
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice()
            {
                ["args", name] if *name == DISABLED => {
                    is_off(field.before.as_ref()) && !is_off(after)
                }
                _other => false,
            }
        })
}

/// Holds back what turns garbage collection on, unless its list was consented to.
pub(super) fn hold(resolutions: &mut [Resolution<'_>], input: &Input<'_>) {
    for resolution in resolutions {
        if resolution.node.state != NodeState::Planned {
            continue;
        }
        let Some(held) = held(&resolution.node, input) else {
            continue;
        };
        let is_given = held
            .consent
            .as_ref()
            .is_some_and(|consent| input.consents.contains(consent));
        if !is_given {
            resolution.hold_back(held);
        }
    }
}

fn held(node: &Node, input: &Input<'_>) -> Option<HeldBack> {
    let query = question(node)?;
    let held = |reason: String, losses: Vec<String>, consent: Option<String>| HeldBack {
        address: node.address.clone(),
        action: node.action,
        reason,
        losses,
        consent,
    };
    let (losses, last) = match input.live.answer(&query) {
        Some(Answer::Present(Fact::List(backups))) => expired(backups, input.made_at),
        Some(Answer::Absent | Answer::NotServed) => (Vec::new(), Vec::new()),
        Some(Answer::Unknown(why)) => {
            let reason = format!("which backups have expired cannot be told: {}", why.message);
            return Some(held(reason, Vec::new(), None));
        }
        Some(Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_))) | None => {
            let reason = "which backups have expired was not asked".to_owned();
            return Some(held(reason, Vec::new(), None));
        }
    };
    if !last.is_empty() {
        let reason = format!(
            "it turns garbage collection on, which would delete the newest backup that is left: {}",
            last.join(", ")
        );
        return Some(held(reason, losses, None));
    }
    let consent = input
        .providers
        .get(node.provider.as_ref()?)
        .and_then(|found| {
            let Instance::Known { kube_system_uid } = &found.instance else {
                return None;
            };
            let losing = Losing {
                address: &node.address,
                cluster_uid: kube_system_uid,
                uid: COLLECTOR,
                action: node.action,
            };
            Some(losses::consent(&losing, &losses))
        });
    let reason = match losses.len() {
        0 => "it turns garbage collection on; no backup has expired yet".to_owned(),
        1 => "it turns garbage collection on, which deletes 1 backup that has expired".to_owned(),
        many => format!(
            "it turns garbage collection on, which deletes {many} backups that have expired"
        ),
    };
    Some(held(reason, losses, consent))
}

/// Backups that have expired, one line each, and those of them that are the newest completed ones of what they are of.
fn expired(backups: &[Json], now: Timestamp) -> (Vec<String>, Vec<String>) {
    let text = |backup: &Json, place: &str| {
        let found = backup.pointer(place).and_then(Json::as_str);
        found.map(str::to_owned)
    };
    let time = |backup: &Json, place: &str| text(backup, place)?.parse::<Timestamp>().ok();
    let name = |backup: &Json| text(backup, "/metadata/name").unwrap_or_default();
    let is_expired =
        |backup: &&Json| time(backup, "/status/expiration").is_some_and(|until| until < now);
    let of = |backup: &Json| text(backup, "/metadata/labels/velero.io~1schedule-name");
    let is_newest = |backup: &&Json| {
        let own = time(backup, "/status/completionTimestamp");
        let is_whole = |one: &&Json| text(one, "/status/phase").as_deref() == Some("Completed");
        of(backup).is_some()
            && is_whole(backup)
            && backups
                .iter()
                .filter(is_whole)
                .filter(|other| of(other) == of(backup))
                .all(|other| time(other, "/status/completionTimestamp") <= own)
    };
    let gone: Vec<&Json> = backups.iter().filter(is_expired).collect();
    let line = |backup: &&Json| {
        let until = text(backup, "/status/expiration").unwrap_or_default();
        format!("Backup {} (expired {until})", name(backup))
    };
    (
        gone.iter().map(line).collect(),
        gone.into_iter().filter(is_newest).map(name).collect(),
    )
}
