//! Which point of an owner a recovery takes (R7, R8), and what to read next to tell: the newest usable one, its tarball read
//! to its end. What is newer is passed over with a reason; what cannot be told stops the choice, since it may be better.
//! Must not ask anything itself, nor know what is done with the point.

use super::backup::Phase;
use super::catalog::{Catalog, Held, Wanted};
use super::contents::Contents;
use super::ownership::Owner;
use super::point::{Judgement, Lock, Point, Shortfall, Tarball};
use super::tar::Broken;
use crate::model::address::Address;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What came of a tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpacked {
    /// There is none, or not a byte of it.
    Nothing,
    /// Read to its end.
    Whole(Contents),
    /// It cannot be.
    Broken(Broken),
    /// The store did not hand it over.
    Unknown(String),
}

impl Unpacked {
    /// How far it was read.
    pub fn tarball(&self) -> Tarball<'_> {
        match self {
            Unpacked::Nothing => Tarball::NotRead,
            Unpacked::Whole(contents) => Tarball::Read(contents),
            Unpacked::Broken(why) => Tarball::Broken(why),
            Unpacked::Unknown(why) => Tarball::Unknown(why),
        }
    }

    /// What it holds, where it was read to its end.
    pub fn contents(&self) -> Option<&Contents> {
        match self {
            Unpacked::Whole(contents) => Some(contents),
            Unpacked::Nothing | Unpacked::Broken(_) | Unpacked::Unknown(_) => None,
        }
    }
}

/// A backup that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its tarball.
    pub tarball: Unpacked,
    /// The repositories of its volume data.
    pub locks: Vec<Lock>,
}

/// What was read so far.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Locations, owners, and small files.
    pub catalog: &'a Catalog,
    /// Backups that were opened.
    pub opened: &'a BTreeMap<Wanted, Opened>,
    /// Backups of which the store did not hand over every small file: nobody knows what these are worth.
    pub unanswered: &'a BTreeSet<Wanted>,
}

/// Which point is wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// The newest usable one.
    Newest,
    /// The newest usable one that ended then or before.
    By(Timestamp),
    /// This one.
    Named(&'a str),
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read its small files.
    Read(Wanted),
    /// Open it: read its tarball.
    Open(Wanted),
    /// Nothing: this is the point.
    Take(Choice),
    /// Nothing: there is none.
    Stop(Stop),
}

/// The point that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which one.
    pub wanted: Wanted,
    /// What it is worth.
    pub judgement: Judgement,
    /// Newer ones, newest first.
    pub passed: Vec<Passed>,
}

/// A backup that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Its name.
    pub backup: String,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub completed: Option<Timestamp>,
    /// Why not.
    pub reason: String,
}

/// Why there is no point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There is no backup; where some are too new for the wish, how many.
    None(usize),
    /// There are backups, and none is usable; newest first.
    Unusable(Vec<Passed>),
    /// Something could not be read that may be it: what, and why.
    Unknown(String),
    /// Several locations hold the one that was named.
    Several(Vec<Address>),
    /// The one that was named is not there.
    NotThere,
    /// It is there and is of somebody else.
    NotIts,
}

/// What to do next for the point of an owner. Each answer is to be put in before asking again.
pub fn next(seen: Seen<'_>, owner: &Owner, wish: Wish<'_>) -> Next {
    let search = Search { seen, owner };
    match wish {
        Wish::Newest => search.newest(None),
        Wish::By(time) => search.newest(Some(time)),
        Wish::Named(name) => search.named(name),
    }
}

struct Search<'a> {
    seen: Seen<'a>,
    owner: &'a Owner,
}

/// What became of a backup that was looked at.
enum Found {
    /// It needs something first.
    First(Next),
    /// It is usable.
    Good(Judgement),
    /// It is not, because.
    Bad(Passed),
}

impl Search<'_> {
    fn newest(&self, by: Option<Timestamp>) -> Next {
        if let Some(why) = self.unlisted() {
            return Next::Stop(Stop::Unknown(why));
        }
        let all = self.candidates();
        let (too_new, candidates): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|wanted| by.is_some_and(|by| self.is_after(wanted, by)));
        let mut passed = Vec::new();
        for (at, wanted) in candidates.iter().enumerate() {
            match self.look(wanted, candidates.get(at + 1)) {
                Found::First(next) => return next,
                Found::Good(judgement) => {
                    return Next::Take(Choice {
                        wanted: wanted.clone(),
                        judgement,
                        passed,
                    });
                }
                Found::Bad(one) => passed.push(one),
            }
        }
        Next::Stop(match passed.is_empty() {
            true => Stop::None(too_new.len()),
            false => Stop::Unusable(passed),
        })
    }

    fn named(&self, name: &str) -> Next {
        let catalog = self.seen.catalog;
        let is_its = |wanted: &Wanted| {
            let held = catalog.held.get(wanted.location);
            held.is_some_and(|held| held.location.installation == self.owner.installation)
        };
        let named = catalog.names().filter(|wanted| wanted.name == name);
        let named: Vec<Wanted> = named.filter(is_its).collect();
        let wanted = match named.as_slice() {
            [one] => one,
            [] => {
                return Next::Stop(self.unlisted().map_or(Stop::NotThere, Stop::Unknown));
            }
            several => {
                let held = several
                    .iter()
                    .filter_map(|one| catalog.held.get(one.location));
                let places = held.map(|held| held.location.address.clone());
                return Next::Stop(Stop::Several(places.collect()));
            }
        };
        let point = match self.point(wanted) {
            Ok(point) => point,
            Err(Found::First(next)) => return next,
            Err(Found::Bad(passed)) => return Next::Stop(Stop::Unusable(vec![passed])),
            Err(Found::Good(_)) => return Next::Stop(Stop::NotThere),
        };
        if !self.owner.claims(&point.backup.labels) {
            return Next::Stop(Stop::NotIts);
        }
        let Some(opened) = self.seen.opened.get(wanted) else {
            return Next::Open(wanted.clone());
        };
        let judgement = judge(point, opened);
        let against = judgement.shortfalls.iter().find(|one| !is_borne(one));
        match against {
            None if judgement.is_unknown() => Next::Stop(unknown(point, &judgement)),
            None => Next::Take(Choice {
                wanted: wanted.clone(),
                judgement,
                passed: Vec::new(),
            }),
            Some(_) if judgement.is_unknown() => Next::Stop(unknown(point, &judgement)),
            Some(why) => Next::Stop(Stop::Unusable(vec![passed(point, why.to_string())])),
        }
    }

    /// Why it cannot be told which backups there are.
    fn unlisted(&self) -> Option<String> {
        let held = self.seen.catalog.held.iter();
        let mut own = held
            .filter(|held| held.location.installation == self.owner.installation)
            .peekable();
        if own.peek().is_none() {
            let namespace = &self.owner.installation.namespace;
            return Some(format!(
                "no location in namespace {namespace} of its cluster is declared"
            ));
        }
        own.find_map(|held| {
            let why = held.listing.as_ref().err()?;
            Some(format!("{}: {why}", held.location.address))
        })
    }

    /// Backups that are its or may be, newest first.
    fn candidates(&self) -> Vec<Wanted> {
        let catalog = self.seen.catalog;
        let may_be = |wanted: &Wanted, held: &Held| match held.points.get(&wanted.name) {
            Some(Ok(point)) => self.owner.claims(&point.backup.labels),
            Some(Err(_)) | None => self.owner.expects(&wanted.name),
        };
        let names = catalog.names().filter(|wanted| {
            let held = catalog.held.get(wanted.location);
            held.is_some_and(|held| {
                held.location.installation == self.owner.installation && may_be(wanted, held)
            })
        });
        let mut all: Vec<Wanted> = names.collect();
        all.sort_by_cached_key(|wanted| {
            std::cmp::Reverse((self.time(wanted), wanted.name.clone()))
        });
        all
    }

    /// When it began, else when its name or its files say.
    fn time(&self, wanted: &Wanted) -> Option<Timestamp> {
        let point = self.seen.catalog.read(wanted);
        let started = point.and_then(|point| point.as_ref().ok()?.backup.started);
        started.or_else(|| self.seen.catalog.likely_time(wanted))
    }

    /// Whether it ended behind a moment: what began then certainly did.
    fn is_after(&self, wanted: &Wanted, by: Timestamp) -> bool {
        match self.seen.catalog.read(wanted) {
            Some(Ok(point)) => point.at().is_none_or(|at| at > by),
            Some(Err(_)) | None => self.time(wanted).is_some_and(|time| time > by),
        }
    }

    /// A backup whose small files were read and are in order.
    fn point(&self, wanted: &Wanted) -> Result<&Point, Found> {
        let unreadable = |why: &str| {
            let why = format!("backup {}: {why}", wanted.name);
            Found::First(Next::Stop(Stop::Unknown(why)))
        };
        match self.seen.catalog.read(wanted) {
            None => Err(Found::First(Next::Read(wanted.clone()))),
            Some(Err(why)) if self.seen.unanswered.contains(wanted) => Err(unreadable(why)),
            Some(Err(why)) => Err(Found::Bad(Passed {
                backup: wanted.name.clone(),
                started: None,
                completed: None,
                reason: why.clone(),
            })),
            Some(Ok(point)) => Ok(point),
        }
    }

    /// What becomes of a backup, with the one before it to hold it against.
    fn look(&self, wanted: &Wanted, before: Option<&Wanted>) -> Found {
        let point = match self.point(wanted) {
            Ok(point) => point,
            Err(found) => return found,
        };
        let early = point.judge(Tarball::NotRead);
        if early.is_unknown() && self.seen.unanswered.contains(wanted) {
            return Found::First(Next::Stop(unknown(point, &early)));
        }
        if let Some(why) = against(point, &early) {
            return Found::Bad(passed(point, why));
        }
        let before = match before.map(|before| (before, self.point(before))) {
            Some((_, Err(Found::First(Next::Read(first))))) => {
                return Found::First(Next::Read(first));
            }
            Some((before, Ok(point))) if point.is_ended() => Some((before, point)),
            // What cannot be read tells nothing about the one behind it.
            Some((_, Ok(_) | Err(_))) | None => None,
        };
        if let Some(shrunk) = before.and_then(|(_, before)| point.shrunk(before)) {
            return Found::Bad(passed(point, shrunk.to_string()));
        }
        let Some(opened) = self.seen.opened.get(wanted) else {
            return Found::First(Next::Open(wanted.clone()));
        };
        let judgement = judge(point, opened);
        if judgement.is_unknown() {
            return Found::First(Next::Stop(unknown(point, &judgement)));
        }
        if let Some(why) = against(point, &judgement) {
            return Found::Bad(passed(point, why));
        }
        let Some((before, older)) = before.filter(|_| !point.backup.ends_a_recovery) else {
            return Found::Good(judgement);
        };
        let Some(former) = self.seen.opened.get(before) else {
            return Found::First(Next::Open(before.clone()));
        };
        let contents = opened.tarball.contents().zip(former.tarball.contents());
        match contents.and_then(|(contents, former)| contents.new_namespace(former, older)) {
            Some(new) => Found::Bad(passed(point, new.to_string())),
            None => Found::Good(judgement),
        }
    }
}

fn judge(point: &Point, opened: &Opened) -> Judgement {
    point
        .judge(opened.tarball.tarball())
        .with_locks(&opened.locks)
}

/// Why a backup is not taken by itself.
fn against(point: &Point, judgement: &Judgement) -> Option<String> {
    let backup = &point.backup;
    if !judgement.is_usable() {
        let worst = judgement.shortfalls.iter();
        let mut worst = worst.filter(|one| !matches!(one, Shortfall::TarballNotRead));
        return worst.find(|one| !is_partial(one)).map(ToString::to_string);
    }
    let is_dated = backup.started.is_some() && backup.completed.is_some();
    (!is_dated).then(|| "it does not say when it began and ended".to_owned())
}

fn is_partial(shortfall: &Shortfall) -> bool {
    *shortfall == Shortfall::Phase(Phase::PartiallyFailed)
}

/// What a person who names a backup may overrule: doubts, and errors that Velero counted. Never that something is missing.
fn is_borne(shortfall: &Shortfall) -> bool {
    match shortfall {
        Shortfall::Phase(phase) => *phase == Phase::PartiallyFailed,
        Shortfall::Clock(_) | Shortfall::Shrunk { .. } | Shortfall::NewNamespace { .. } => true,
        Shortfall::NoTarball
        | Shortfall::EmptyTarball
        | Shortfall::BrokenTarball(_)
        | Shortfall::UnknownTarball(_)
        | Shortfall::TarballNotRead
        | Shortfall::Operations(_)
        | Shortfall::OperationsUnknown(_)
        | Shortfall::Volumes { .. }
        | Shortfall::VolumesUnknown(_)
        | Shortfall::Locked(_)
        | Shortfall::LockUnknown { .. } => false,
    }
}

fn unknown(point: &Point, judgement: &Judgement) -> Stop {
    let why = judgement.shortfalls.iter().find(|one| one.is_unknown());
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    Stop::Unknown(format!("backup {}{why}", point.backup.name))
}

fn passed(point: &Point, reason: String) -> Passed {
    Passed {
        backup: point.backup.name.clone(),
        started: point.backup.started,
        completed: point.backup.completed,
        reason,
    }
}
