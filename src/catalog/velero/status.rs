//! Whether declared objectives are met, from what was read. Unknown is neither met nor breached. Must not know how
//! it is shown.

use super::catalog::{Catalog, Entry};
use super::ownership::Owner;
use super::point::CLOCKS;
use crate::model::cron::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How an owner stands.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Who.
    pub owner: &'a Owner,
    /// Its newest usable backup.
    pub good: Option<Entry<'a>>,
    /// How old what is in it is: since when it began.
    pub age: Option<SignedDuration>,
    /// Against its objective.
    pub state: State,
    /// When the next backup is due; a Schedule without a time zone is read as UTC.
    pub next_run: Option<Timestamp>,
}

/// An objective against what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is met.
    Ok,
    /// It is not.
    Breached,
    /// None is declared.
    NoObjective,
    /// It cannot be told, and why.
    Unknown(String),
}

/// How each owner stands at a moment, in the order of the catalog.
pub fn standings(catalog: &Catalog, now: Timestamp) -> Vec<Standing<'_>> {
    let owners = catalog.owners.iter();
    let owners = owners.filter(|owner| catalog.asks(owner));
    owners.map(|owner| standing(catalog, owner, now)).collect()
}

fn standing<'a>(catalog: &'a Catalog, owner: &'a Owner, now: Timestamp) -> Standing<'a> {
    let entries = catalog.entries(owner).into_iter();
    let good = entries.clone().find(|entry| entry.judgement.is_usable());
    let age = good.as_ref().and_then(|good| {
        let backup = &good.point.backup;
        Some(now.duration_since(backup.started.or(backup.completed)?))
    });
    let limit = owner
        .rpo
        .map(|rpo| SignedDuration::from_nanos(rpo.nanoseconds()));
    let is_met = |limit: SignedDuration| age.is_some_and(|age| age <= limit);
    let ahead = good.as_ref().zip(age.filter(|age| *age < -CLOCKS));
    let state = match (ahead, limit) {
        // Against a clock that is wrong every objective is met until the day on which it is right again.
        (Some((good, age)), _) => State::Unknown(format!(
            "backup {} began {} min in the future: the clock of this machine or that of the Velero server is wrong",
            good.point.backup.name,
            age.as_mins().abs()
        )),
        (None, Some(limit)) if is_met(limit) => State::Ok,
        (None, Some(_) | None) => {
            match (unknown(catalog, owner, &entries.collect::<Vec<_>>()), limit) {
                (Some(why), _) => State::Unknown(why),
                (None, Some(_)) => State::Breached,
                (None, None) => State::NoObjective,
            }
        }
    };
    Standing {
        owner,
        good,
        age,
        state,
        next_run: next_run(owner, now),
    }
}

/// Why there may be a newer usable backup of an owner than these, which were found.
pub fn unknown(catalog: &Catalog, owner: &Owner, entries: &[Entry<'_>]) -> Option<String> {
    let held = catalog.held.iter();
    let mut held = held
        .filter(|held| held.location.installation == owner.installation)
        .peekable();
    if held.peek().is_none() {
        let namespace = &owner.installation.namespace;
        return Some(format!(
            "no location in namespace {namespace} of its cluster is declared"
        ));
    }
    for held in held {
        if let Err(why) = &held.listing {
            return Some(format!("{}: {why}", held.location.address));
        }
        let unread = held.points.iter().filter(|(name, _)| owner.expects(name));
        for (name, point) in unread {
            if let Err(why) = point {
                return Some(format!("backup {name}: {why}"));
            }
        }
    }
    let doubtful = entries.iter().find(|entry| entry.judgement.is_unknown())?;
    let why = doubtful.judgement.shortfalls.first()?;
    Some(format!("backup {}: {why}", doubtful.point.backup.name))
}

fn next_run(owner: &Owner, now: Timestamp) -> Option<Timestamp> {
    let running = owner.schedules.iter().filter(|schedule| !schedule.paused);
    let next = running.filter_map(|schedule| {
        let cron: Cron = schedule.cron.as_ref()?.parse().ok()?;
        cron.next(now, &TimeZone::UTC)
    });
    next.min()
}
