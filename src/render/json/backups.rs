//! `backups -json` and `status -json`: formats of their own, each with its name and version. Times are absolute and in UTC,
//! sizes in bytes, lengths of time in seconds.

use super::super::text::{Backups, Shown};
use crate::catalog::velero::catalog::{Entry, Held};
use crate::catalog::velero::files::Messages;
use crate::catalog::velero::point::{Judgement, Lock, Point, Shortfall};
use crate::catalog::velero::status::{Standing, State};
use crate::catalog::velero::volumes::{Coverage, Volume};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Of both formats.
const VERSION: u64 = 1;

/// What `backups` found.
pub fn backups(found: &Backups<'_>, stack: &str, at: Timestamp) -> Json {
    let (unread, of_nobody) = found.catalog.unread();
    let applications: Vec<Json> = unread
        .into_iter()
        .map(|(owner, unread)| {
            let entries = found.catalog.entries(owner);
            json!({
                "address": owner.address,
                "backups": entries.iter().map(entry).collect::<Vec<_>>(),
                "unread": unread,
            })
        })
        .collect();
    let unclaimed = found.catalog.unclaimed();
    let findings = found.findings.iter().map(|finding| {
        json!({
            "location": finding.location,
            "code": finding.what.code(),
            "text": finding.what.to_string(),
        })
    });
    json!({
        "format": "sk-dr-backups",
        "version": VERSION,
        "stack": stack,
        "at": second(at),
        "locations": found.catalog.held.iter().map(location).collect::<Vec<_>>(),
        "applications": applications,
        "unclaimed": {
            "backups": unclaimed.iter().map(entry).collect::<Vec<_>>(),
            "unread": of_nobody,
        },
        "findings": findings.collect::<Vec<_>>(),
    })
}

/// When it was looked, to the second.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn location(held: &Held) -> Json {
    let location = &held.location;
    let backups = held
        .listing
        .as_ref()
        .map(|listing| listing.directory.backups.len());
    json!({
        "address": location.address,
        "name": location.name,
        "title": location.title,
        "state": if held.listing.is_ok() { "read" } else { "unknown" },
        "reason": held.listing.as_ref().err(),
        "backups": backups.ok(),
    })
}

fn entry(entry: &Entry<'_>) -> Json {
    facts(entry.held, entry.point, &entry.judgement)
}

fn facts(held: &Held, point: &Point, judged: &Judgement) -> Json {
    let backup = &point.backup;
    let mut json = judgement(judged);
    if let Json::Object(members) = &mut json {
        let more = json!({
            "name": backup.name,
            "location": held.location.address,
            "phase": backup.phase.to_string(),
            "started": backup.started,
            "completed": backup.completed,
            "expires": backup.expires,
            "items": backup.items,
            "errors": backup.errors,
            "warnings": backup.warnings,
            "bytes": point.files.bytes,
            "labels": backup.labels,
        });
        if let Json::Object(more) = more {
            members.extend(more);
        }
    }
    json
}

/// What `backups show` found.
pub fn backup(shown: &Shown<'_>, stack: &str, at: Timestamp) -> Json {
    let counts = shown.counts.as_ref().ok();
    let objects = counts.map(|counts| {
        let each = counts.iter().flat_map(|(type_, of_type)| {
            let of_type = of_type.iter();
            of_type.map(move |(namespace, count)| {
                json!({"type": type_, "namespace": namespace, "count": count})
            })
        });
        each.collect::<Vec<_>>()
    });
    let namespaces = shown.contents.map(|contents| {
        let each = contents.namespaces.iter();
        let each = each.map(
            |(name, object)| json!({"name": name, "uid": object.uid, "created": object.created}),
        );
        each.collect::<Vec<_>>()
    });
    let told = |messages: &Messages| {
        let each = messages.all();
        let each = each.map(|(namespace, text)| json!({"namespace": namespace, "text": text}));
        each.collect::<Vec<_>>()
    };
    let results = shown.results.as_ref().ok();
    let backup = &shown.point.backup;
    json!({
        "format": "sk-dr-backup",
        "version": VERSION,
        "stack": stack,
        "at": second(at),
        "of": shown.owners,
        "backup": facts(shown.held, shown.point, shown.judgement),
        "cluster_version": backup.cluster_version,
        "failure": backup.failure,
        "hooks": {"attempted": backup.hooks_attempted, "failed": backup.hooks_failed},
        "objects": objects,
        "namespaces": namespaces,
        "repositories": shown.locks.iter().map(lock).collect::<Vec<_>>(),
        "errors": results.map(|results| told(&results.errors)),
        "warnings": results.map(|results| told(&results.warnings)),
    })
}

/// Whether the declared password opens a repository; `null` where that cannot be told.
fn lock(lock: &Lock) -> Json {
    json!({"namespace": lock.namespace, "opens": lock.opens.as_ref().ok(), "reason": lock.opens.as_ref().err()})
}

/// What a backup is worth.
fn judgement(judgement: &Judgement) -> Json {
    let shortfall = |one: &Shortfall| json!({"code": one.code(), "text": one.to_string()});
    let (covered, of) = judgement.covered().unzip();
    let listed = judgement.volumes.as_ref().ok();
    json!({
        "validity": judgement.validity.name(),
        "usable": judgement.is_usable(),
        "not_higher": judgement.shortfalls.iter().map(shortfall).collect::<Vec<_>>(),
        "volumes_covered": covered,
        "volumes": of,
        "volume_list": listed.map(|volumes| volumes.iter().map(volume).collect::<Vec<_>>()),
    })
}

fn volume(volume: &Volume) -> Json {
    let (state, text) = match &volume.coverage {
        Coverage::Covered(method) => ("covered", method),
        Coverage::Missing(why) => ("missing", why),
        Coverage::LeftOut(why) => ("left_out", why),
    };
    json!({"name": volume.title, "state": state, "text": text, "bytes": volume.bytes})
}

/// How objectives stand.
pub fn status(standings: &[Standing<'_>], stack: &str, at: Timestamp) -> Json {
    let objectives = standings.iter().map(|standing| {
        let good = standing.good.as_ref();
        let seconds = |length: jiff::SignedDuration| length.as_secs();
        json!({
            "address": standing.owner.address,
            "state": state(&standing.state),
            "reason": match &standing.state {
                State::Unknown(why) => Some(why),
                State::Ok | State::Breached | State::NoObjective => None,
            },
            "rpo_seconds": standing.owner.rpo.map(|rpo| rpo.nanoseconds() / 1_000_000_000),
            "age_seconds": standing.age.map(seconds),
            "last_good": good.map(entry),
            "next_run": standing.next_run,
        })
    });
    json!({
        "format": "sk-dr-status",
        "version": VERSION,
        "stack": stack,
        "at": second(at),
        "objectives": objectives.collect::<Vec<_>>(),
    })
}

/// For programs.
pub(in crate::render) const fn state(state: &State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Breached => "breached",
        State::NoObjective => "no_objective",
        State::Unknown(_) => "unknown",
    }
}
