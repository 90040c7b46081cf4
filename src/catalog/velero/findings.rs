//! What is wrong in a bucket beside what a backup's own validity tells. Must not know how it is shown.

use super::backup::Phase;
use super::catalog::{Catalog, Held};
use super::directory::{File, foreign};
use super::point::Point;
use crate::model::address::Address;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

/// How long after the last write plugins may take where a backup does not say.
const OPERATIONS: SignedDuration = SignedDuration::from_hours(4);
/// On top, for Velero to notice.
const NOTICED: SignedDuration = SignedDuration::from_hours(1);

/// Something wrong at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The location.
    pub location: Address,
    /// What.
    pub what: What,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A directory without `velero-backup.json`.
    NoMetadata(String),
    /// A backup that cannot be read.
    Unreadable {
        /// Its name.
        backup: String,
        /// Why.
        why: String,
    },
    /// A backup without objects.
    EmptyTarball(String),
    /// A backup whose tarball is not there.
    NoTarball(String),
    /// A backup that no server goes on with.
    Stuck {
        /// Its name.
        backup: String,
        /// Its phase.
        phase: Phase,
        /// When it was written last.
        since: Timestamp,
    },
    /// A name that another location holds too.
    SameName {
        /// The name.
        backup: String,
        /// The other location.
        other: Address,
    },
    /// Folders that Velero does not know.
    Foreign(Vec<String>),
    /// Keys that are in no backup.
    Strays(usize),
    /// Backups that Velero may delete at any moment.
    Expired {
        /// How many of those that were read.
        count: usize,
        /// The first of them.
        backup: String,
    },
    /// Volume data whose repository is not there.
    NoRepository {
        /// A backup that needs it.
        backup: String,
        /// The namespace.
        namespace: String,
    },
    /// It cannot be told which folders there are.
    NotLooked(String),
}

impl What {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            What::NoMetadata(_) => "no-metadata",
            What::Unreadable { .. } => "unreadable-backup",
            What::EmptyTarball(_) => "empty-tarball",
            What::NoTarball(_) => "no-tarball",
            What::Stuck { .. } => "stuck-phase",
            What::SameName { .. } => "same-name",
            What::Foreign(_) => "foreign-folder",
            What::Strays(_) => "stray-object",
            What::Expired { .. } => "expired",
            What::NoRepository { .. } => "repository-missing",
            What::NotLooked(_) => "not-examined",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NoMetadata(backup) => write!(
                out,
                "backups/{backup}/ has no velero-backup.json: Velero does not see it. A backup that is being made looks like this too"
            ),
            What::Unreadable { backup, why } => write!(out, "{backup}: {why}"),
            What::EmptyTarball(backup) => write!(out, "{backup}: its tarball is empty"),
            What::NoTarball(backup) => write!(out, "{backup}: its tarball is not there"),
            What::Stuck {
                backup,
                phase,
                since,
            } => write!(
                out,
                "{backup} is {phase} and was written last at {since:.0}: no Velero goes on with it"
            ),
            What::SameName { backup, other } => write!(
                out,
                "{backup} is in {other} too: a cluster with both locations sees only one of them"
            ),
            What::Foreign(names) => write!(
                out,
                "Velero does not know {} here and makes the location Unavailable: give it a prefix of its own",
                names
                    .iter()
                    .map(|name| format!("{name}/"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            What::Strays(count) => {
                write!(out, "objects below backups/ that are in no backup: {count}")
            }
            What::Expired { count, backup } => write!(
                out,
                "expired backups: {count}, the first is {backup}; a Velero that may write here deletes them with their data"
            ),
            What::NoRepository { backup, namespace } => write!(
                out,
                "{backup} has volume data of namespace {namespace}, and kopia/{namespace}/ is not there: the data cannot be restored"
            ),
            What::NotLooked(why) => write!(out, "the folders at its root are unknown: {why}"),
        }
    }
}

/// Everything wrong, location by location.
pub fn findings(catalog: &Catalog, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for held in &catalog.held {
        let mut all = of_directory(held);
        all.extend(of_points(held, now));
        all.extend(same_names(catalog, held));
        found.extend(all.into_iter().map(|what| Finding {
            location: held.location.address.clone(),
            what,
        }));
    }
    found
}

fn of_directory(held: &Held) -> Vec<What> {
    let Ok(listing) = &held.listing else {
        return Vec::new();
    };
    let directory = &listing.directory;
    let mut found = Vec::new();
    match &listing.roots {
        Ok(roots) => {
            let foreign: Vec<String> = foreign(roots).map(str::to_owned).collect();
            if !foreign.is_empty() {
                found.push(What::Foreign(foreign));
            }
        }
        Err(why) => found.push(What::NotLooked(why.clone())),
    }
    for (name, files) in &directory.backups {
        let tarball = files.known.get(&File::Tarball);
        if !files.known.contains_key(&File::Metadata) {
            found.push(What::NoMetadata(name.clone()));
        } else if tarball.is_none() {
            found.push(What::NoTarball(name.clone()));
        } else if tarball.is_some_and(|tarball| tarball.size == 0) {
            found.push(What::EmptyTarball(name.clone()));
        }
    }
    if !directory.strays.is_empty() {
        found.push(What::Strays(directory.strays.len()));
    }
    found
}

fn of_points(held: &Held, now: Timestamp) -> Vec<What> {
    let mut found = Vec::new();
    let mut expired = Vec::new();
    for (name, point) in &held.points {
        match point {
            Err(why) => found.push(What::Unreadable {
                backup: name.clone(),
                why: why.clone(),
            }),
            Ok(point) => {
                found.extend(stuck(name, point, now));
                found.extend(no_repositories(held, name, point));
                if let Some(at) = point.backup.expires.filter(|at| *at < now) {
                    expired.push((at, name));
                }
            }
        }
    }
    if let Some((_, backup)) = expired.iter().min() {
        found.push(What::Expired {
            count: expired.len(),
            backup: (*backup).clone(),
        });
    }
    found
}

fn stuck(name: &str, point: &Point, now: Timestamp) -> Option<What> {
    let since = point.files.modified?;
    let timeout = point
        .backup
        .operation_timeout
        .map(|timeout| SignedDuration::from_nanos(timeout.nanoseconds()))
        .filter(|timeout| timeout.is_positive());
    let allowed = timeout.unwrap_or(OPERATIONS).saturating_add(NOTICED);
    let is_stuck = point.backup.phase.is_passing() && now.duration_since(since) > allowed;
    is_stuck.then(|| What::Stuck {
        backup: name.to_owned(),
        phase: point.backup.phase.clone(),
        since,
    })
}

fn no_repositories(held: &Held, name: &str, point: &Point) -> Vec<What> {
    let (Ok(listing), Ok(told)) = (&held.listing, &point.told) else {
        return Vec::new();
    };
    let Ok(there) = &listing.repositories else {
        return Vec::new();
    };
    let needed: std::collections::BTreeSet<&str> = told.repositories().collect();
    let missing = needed
        .into_iter()
        .filter(|namespace| !there.contains(*namespace));
    missing
        .map(|namespace| What::NoRepository {
            backup: name.to_owned(),
            namespace: namespace.to_owned(),
        })
        .collect()
}

/// Names that a location shares with one before it.
fn same_names(catalog: &Catalog, held: &Held) -> Vec<What> {
    let mut others: BTreeMap<&String, &Address> = BTreeMap::new();
    let before = catalog.held.iter();
    let before = before.take_while(|other| other.location.address != held.location.address);
    for other in before.filter(|other| other.location.installation == held.location.installation) {
        if let Ok(listing) = &other.listing {
            let names = listing.directory.backups.keys();
            others.extend(names.map(|name| (name, &other.location.address)));
        }
    }
    let Ok(listing) = &held.listing else {
        return Vec::new();
    };
    let names = listing.directory.backups.keys();
    names
        .filter_map(|name| {
            Some(What::SameName {
                backup: name.clone(),
                other: (*others.get(name)?).clone(),
            })
        })
        .collect()
}
