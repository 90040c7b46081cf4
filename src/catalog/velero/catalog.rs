//! All locations and owners together: what to read next, so that little is read, and whose is what was read. Must not ask
//! anything itself, nor know how it is shown.

use super::directory::{Directory, File, Files, stamped};
use super::files::Unreadable;
use super::ownership::{Installation, Owner};
use super::point::{Judgement, Known, Point, Tarball};
use super::{backup, files, volumes};
use crate::model::address::{Address, Target};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A place that holds backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its address.
    pub address: Address,
    /// Its name in its cluster.
    pub name: String,
    /// The server that uses it.
    pub installation: Installation,
    /// For people: bucket, prefix and store.
    pub title: String,
}

/// A location and what was found there.
#[derive(Clone, Debug)]
pub struct Held {
    /// The location.
    pub location: Location,
    /// What it holds.
    pub listing: Known<Listing>,
    /// What was read of its backups, by name.
    pub points: BTreeMap<String, Known<Point>>,
}

/// Names and sizes at a location.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its backups.
    pub directory: Directory,
    /// Folders at its root.
    pub roots: Known<BTreeSet<String>>,
    /// Namespaces with a kopia repository.
    pub repositories: Known<BTreeSet<String>>,
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The newest usable backup of each owner, and what is newer than it.
    Newest,
    /// Every backup.
    All,
}

/// A backup to be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Place of its location in [`Catalog::held`].
    pub location: usize,
    /// Its name.
    pub name: String,
}

/// A backup of an owner.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Where it is.
    pub held: &'a Held,
    /// What was read of it.
    pub point: &'a Point,
    /// What it is worth, its tarball not read.
    pub judgement: Judgement,
}

/// Locations and owners.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Locations.
    pub held: Vec<Held>,
    /// Owners.
    pub owners: Vec<Owner>,
    /// The owners that are asked about; all, and what is nobody's, where none is named.
    pub only: Vec<Target>,
}

/// Bytes of the files of one backup; one that is not in the bucket is not among them.
pub type Bytes = BTreeMap<File, Known<bytes::Bytes>>;

/// A backup from the bytes of its files.
///
/// # Errors
/// Where its `velero-backup.json` was not handed over or cannot be read.
pub fn point(name: &str, listed: &Files, bytes: &Bytes) -> Known<Point> {
    let of = |file: File| -> Known<Option<&[u8]>> {
        match bytes.get(&file) {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(why)) => Err(why.clone()),
        }
    };
    let words = |error: Unreadable| error.to_string();
    let metadata = of(File::Metadata)?.ok_or("velero-backup.json is not there")?;
    let metadata = backup::backup(name, metadata)
        .map_err(|error| format!("velero-backup.json cannot be read: {error}"))?;
    let told = of(File::VolumeInfo).and_then(|info| {
        let copies = of(File::PodVolumeBackups)?;
        volumes::told(info, copies).map_err(words)
    });
    let operations = of(File::ItemOperations).and_then(|operations| match operations {
        None => Ok(files::Operations::default()),
        Some(bytes) => files::operations(bytes).map_err(words),
    });
    Ok(Point {
        files: listed.clone(),
        backup: metadata,
        told,
        operations,
    })
}

/// What is read together: the newest is looked for among these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Series {
    /// Of the owner at this place.
    Owner(usize),
    /// Of nobody that is declared, by location and common start of the names.
    Unclaimed(usize, String),
}

impl Catalog {
    /// What to read next; nothing where enough was read. Each answer is to be [put](Catalog::put) before asking again.
    pub fn next(&self, extent: Extent) -> Vec<Wanted> {
        match extent {
            Extent::All => {
                let unread = self.names().filter(|wanted| !self.is_read(wanted));
                unread
                    .filter(|wanted| self.is_asked_about(wanted))
                    .collect()
            }
            Extent::Newest => {
                let series = self.series();
                let next = series.iter().filter_map(|(series, names)| match series {
                    Series::Owner(owner) => {
                        let owner = self.owners.get(*owner)?;
                        self.asks(owner).then(|| self.next_of(owner, names))?
                    }
                    Series::Unclaimed(..) => {
                        let newest = names.first()?;
                        (!self.is_read(newest)).then(|| newest.clone())
                    }
                });
                next.collect::<BTreeSet<Wanted>>().into_iter().collect()
            }
        }
    }

    /// Whether an owner is asked about.
    pub fn asks(&self, owner: &Owner) -> bool {
        let covers = |target: &Target| target.covers(&owner.address);
        self.only.is_empty() || self.only.iter().any(covers)
    }

    /// Whether a name may be of one that is asked about: only labels tell, so that what nobody expects is.
    fn is_asked_about(&self, wanted: &Wanted) -> bool {
        let owner = self.expecting(wanted);
        owner.is_none_or(|(_, owner)| self.asks(owner))
    }

    /// Takes in what was read.
    pub fn put(&mut self, wanted: Wanted, point: Known<Point>) {
        if let Some(held) = self.held.get_mut(wanted.location) {
            held.points.insert(wanted.name, point);
        }
    }

    /// The files of a backup, as listed.
    pub fn files(&self, wanted: &Wanted) -> Option<&Files> {
        let listing = self.held.get(wanted.location)?.listing.as_ref().ok()?;
        listing.directory.backups.get(&wanted.name)
    }

    /// Backups of an owner that were read, newest first. One that holds much less than the one before it is marked.
    pub fn entries(&self, owner: &Owner) -> Vec<Entry<'_>> {
        let mut entries = self.claimed(|installation, point| {
            owner.installation == *installation && owner.claims(&point.backup.labels)
        });
        for newer in 0..entries.len() {
            let (newer, older) = entries.split_at_mut(newer + 1);
            let before = older.iter().find(|one| one.point.is_ended());
            if let (Some(entry), Some(before)) = (newer.last_mut(), before) {
                let shrunk = entry.point.shrunk(before.point);
                entry.judgement.shortfalls.extend(shrunk);
            }
        }
        entries
    }

    /// Backups that were read and are nobody's, newest first; none where certain owners are asked about.
    pub fn unclaimed(&self) -> Vec<Entry<'_>> {
        if !self.only.is_empty() {
            return Vec::new();
        }
        self.claimed(|installation, point| {
            let is_of = |owner: &Owner| {
                owner.installation == *installation && owner.claims(&point.backup.labels)
            };
            !self.owners.iter().any(is_of)
        })
    }

    /// How many backups are there by name and were not read: each owner that is asked about with those that are likely its,
    /// and those of nobody.
    pub fn unread(&self) -> (Vec<(&Owner, usize)>, usize) {
        let mut of_owners = vec![0; self.owners.len()];
        let mut of_nobody = 0;
        for wanted in self.names().filter(|wanted| !self.is_read(wanted)) {
            let owner = self.expecting(&wanted);
            match owner.and_then(|(at, _)| of_owners.get_mut(at)) {
                Some(count) => *count += 1,
                None => of_nobody += 1,
            }
        }
        let owners = self.owners.iter().zip(of_owners);
        (
            owners.filter(|(owner, _)| self.asks(owner)).collect(),
            of_nobody,
        )
    }

    /// Every backup that Velero would see.
    pub(super) fn names(&self) -> impl Iterator<Item = Wanted> {
        self.held.iter().enumerate().flat_map(|(location, held)| {
            let listing = held.listing.as_ref().ok();
            let backups = listing.map(|listing| &listing.directory.backups);
            let seen = backups
                .into_iter()
                .flatten()
                .filter(|(_, files)| files.known.contains_key(&File::Metadata));
            seen.map(move |(name, _)| Wanted {
                location,
                name: name.clone(),
            })
        })
    }

    /// What was read of a backup.
    pub(super) fn read(&self, wanted: &Wanted) -> Option<&Known<Point>> {
        self.held.get(wanted.location)?.points.get(&wanted.name)
    }

    fn is_read(&self, wanted: &Wanted) -> bool {
        self.read(wanted).is_some()
    }

    fn expecting(&self, wanted: &Wanted) -> Option<(usize, &Owner)> {
        let held = self.held.get(wanted.location)?;
        let mut owners = self.owners.iter().enumerate();
        owners.find(|(_, owner)| {
            owner.installation == held.location.installation && owner.expects(&wanted.name)
        })
    }

    /// Names by who is likely to own them, newest first.
    fn series(&self) -> BTreeMap<Series, Vec<Wanted>> {
        let mut all: BTreeMap<Series, Vec<Wanted>> = BTreeMap::new();
        for wanted in self.names() {
            let series = match self.expecting(&wanted) {
                Some((owner, _)) => Series::Owner(owner),
                None => {
                    let stem = stamped(&wanted.name).map_or(wanted.name.as_str(), |(stem, _)| stem);
                    Series::Unclaimed(wanted.location, stem.to_owned())
                }
            };
            all.entry(series).or_default().push(wanted);
        }
        for names in all.values_mut() {
            names.sort_by_cached_key(|wanted| std::cmp::Reverse(self.likely_time(wanted)));
        }
        all
    }

    /// When a backup was made, from its name, else from its files.
    pub(super) fn likely_time(&self, wanted: &Wanted) -> Option<Timestamp> {
        match stamped(&wanted.name) {
            Some((_, time)) => Some(time),
            None => self.files(wanted)?.modified,
        }
    }

    /// The next one to read of an owner's names, newest first: each one until one is usable. Where that one is much smaller
    /// than the one before, that is read too: only the number of items tells whether it is suspicious.
    fn next_of(&self, owner: &Owner, names: &[Wanted]) -> Option<Wanted> {
        let entries = self.entries(owner);
        for (at, wanted) in names.iter().enumerate() {
            if !self.is_read(wanted) {
                return Some(wanted.clone());
            }
            let held = self.held.get(wanted.location)?;
            let entry = entries.iter().find(|entry| {
                entry.point.backup.name == wanted.name
                    && entry.held.location.address == held.location.address
            });
            if !entry.is_some_and(|entry| entry.judgement.is_usable()) {
                continue;
            }
            let before = names.get(at + 1)?;
            let is_small = self
                .tarball(wanted)
                .zip(self.tarball(before))
                .is_some_and(|(size, before)| size.saturating_mul(2) < before);
            return (is_small && !self.is_read(before)).then(|| before.clone());
        }
        None
    }

    fn tarball(&self, wanted: &Wanted) -> Option<u64> {
        let files = &self.files(wanted)?.known;
        files.get(&File::Tarball).map(|file| file.size)
    }

    fn claimed(&self, is_wanted: impl Fn(&Installation, &Point) -> bool) -> Vec<Entry<'_>> {
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for held in &self.held {
            let points = held.points.values().filter_map(|point| point.as_ref().ok());
            let points = points.filter(|point| is_wanted(&held.location.installation, point));
            entries.extend(points.map(|point| Entry {
                held,
                point,
                judgement: point.judge(Tarball::NotRead),
            }));
        }
        // Of two that ended together the name tells: it is the time of the Schedule.
        entries.sort_by(|one, other| {
            let order = |entry: &Entry<'_>| (entry.point.at(), entry.point.backup.name.clone());
            order(other).cmp(&order(one))
        });
        entries
    }
}
