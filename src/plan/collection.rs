//! Garbage collection of backups is a deletion by us where we let it (R3): a change of a server, or of a location, after
//! which Velero deletes what has expired is held back until a person has seen the list. Must not know buckets: what would
//! be deleted are Backups that the cluster knows.

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

/// By what a change lets Velero delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release<'a> {
    /// A server that runs without the collector is to run with it.
    Collector,
    /// A location of this name, which is only read, is to be writable: what is only read is never collected.
    Location(&'a str),
}

impl<'a> Release<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        let changes = |path: &[&str], is: fn(Option<&Json>, Option<&Json>) -> bool| {
            node.fields.iter().any(|field| {
                let after = field.after.as_ref().and_then(|after| after.known());
                field.path == path && is(field.before.as_ref(), after)
            })
        };
        match (node.kind.as_str(), &node.key) {
            ("velero_server", Key::Composite { .. }) => {
                changes(&["args", DISABLED], |before, after| {
                    is_off(before) && !is_off(after)
                })
                .then_some(Release::Collector)
            }
            ("velero_backup_storage_location", Key::Kube { name, .. }) => {
                changes(&["access_mode"], |before, after| {
                    is_read(before) && !is_read(after)
                })
                .then_some(Release::Location(name))
            }
            (_kind, Key::Composite { .. } | Key::Kube { .. } | Key::Cluster { .. }) => None,
        }
    }

    /// Whether a backup is among what it lets go.
    fn takes(self, backup: &Json) -> bool {
        match self {
            Release::Collector => true,
            Release::Location(name) => backup["spec"]["storageLocation"] == name,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Release::Collector => "it turns garbage collection on",
            Release::Location(_) => "it makes the location writable",
        }
    }
}

/// Whether a server runs without the collector.
fn is_off(flag: Option<&Json>) -> bool {
    let text = flag.and_then(Json::as_str).unwrap_or_default();
    of_flag(text).iter().any(|name| name == COLLECTOR)
}

/// Whether a location is only read.
fn is_read(mode: Option<&Json>) -> bool {
    mode.is_some_and(|mode| mode == "ReadOnly")
}

/// The question what Velero would delete, where the node lets it.
pub fn question(node: &Node) -> Option<Query> {
    Release::of(node)?;
    let namespace = match &node.key {
        Key::Composite { namespace, .. } | Key::Kube { namespace, .. } => namespace.as_deref()?,
        Key::Cluster { .. } => return None,
    };
    Some(list_for(node.provider.as_ref()?, &BACKUPS, Some(namespace)))
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
    let (release, query) = (Release::of(node)?, question(node)?);
    let held = |reason: String, losses: Vec<String>, consent: Option<String>| HeldBack {
        address: node.address.clone(),
        action: node.action,
        reason,
        losses,
        consent,
    };
    let (losses, last) = match input.live.answer(&query) {
        Some(Answer::Present(Fact::List(backups))) => expired(backups, release, input.made_at),
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
    // A collector stays off until somebody has looked; a location is held for what it would lose.
    if losses.is_empty() && release != Release::Collector {
        return None;
    }
    let words = release.words();
    if !last.is_empty() {
        let reason = format!(
            "{words}, which would delete the newest backup that is left: {}",
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
        0 => format!("{words}; no backup has expired yet"),
        1 => format!("{words}, which deletes 1 backup that has expired"),
        many => format!("{words}, which deletes {many} backups that have expired"),
    };
    Some(held(reason, losses, consent))
}

/// Backups that have expired, one line each, and those of them that are the newest completed ones of what they are of.
fn expired(backups: &[Json], release: Release<'_>, now: Timestamp) -> (Vec<String>, Vec<String>) {
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
    let gone = backups.iter().filter(is_expired);
    let gone: Vec<&Json> = gone.filter(|backup| release.takes(backup)).collect();
    let line = |backup: &&Json| {
        let until = text(backup, "/status/expiration").unwrap_or_default();
        format!("Backup {} (expired {until})", name(backup))
    };
    (
        gone.iter().map(line).collect(),
        gone.into_iter().filter(is_newest).map(name).collect(),
    )
}
