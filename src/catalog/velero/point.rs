//! One backup and what it is worth (R8): *present*, *complete*, *data-covered*, and why it is not higher. Must not know
//! whose it is.

use super::backup::{Backup, Phase};
use super::contents::Contents;
use super::directory::{File, Files};
use super::files::Operations;
use super::tar::Broken;
use super::volumes::{Coverage, Told, Volume};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// How far two clocks may differ (R7): those of a Velero server and of its store before nobody can say which backup is the
/// newest, and those of a server and of this machine before nobody can say how old one is.
pub(super) const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// What is known, or why it is not: unknown never reads as empty.
pub type Known<T> = Result<T, String>;

/// A backup, read as far as its small files tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its files.
    pub files: Files,
    /// The Backup object.
    pub backup: Backup,
    /// What the bucket says of its volumes.
    pub told: Known<Told>,
    /// What plugins did afterwards.
    pub operations: Known<Operations>,
}

/// How far a tarball was read.
#[derive(Clone, Copy, Debug)]
pub enum Tarball<'a> {
    /// Not at all.
    NotRead,
    /// To its end.
    Read(&'a Contents),
    /// Not to its end.
    Broken(&'a Broken),
    /// The store did not hand it over, and why.
    Unknown(&'a str),
}

/// Levels of validity; each one holds what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// The Backup object is there and can be read.
    Present,
    /// Completed, with a tarball, and every plugin ended well.
    Complete,
    /// The tarball reads to its end, and every volume that its Pods mount is covered.
    DataCovered,
}

impl Validity {
    /// As it is written everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Validity::Present => "present",
            Validity::Complete => "complete",
            Validity::DataCovered => "data-covered",
        }
    }
}

/// Why a backup is not on a higher level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// Its phase.
    Phase(Phase),
    /// There is no tarball.
    NoTarball,
    /// There is one without a byte.
    EmptyTarball,
    /// The tarball cannot be read to its end.
    BrokenTarball(Broken),
    /// The store did not hand it over.
    UnknownTarball(String),
    /// Nobody looked into it.
    TarballNotRead,
    /// Plugins did not end, or not well.
    Operations(Operations),
    /// It cannot be told how plugins ended.
    OperationsUnknown(String),
    /// So many of so many volumes are not covered.
    Volumes {
        /// Titles of those.
        missing: Vec<String>,
        /// Of so many.
        of: usize,
    },
    /// It cannot be told which volumes are covered.
    VolumesUnknown(String),
    /// The declared password does not open the repositories of these namespaces.
    Locked(Vec<String>),
    /// It cannot be told whether it opens that of a namespace.
    LockUnknown {
        /// The namespace.
        namespace: String,
        /// Why.
        why: String,
    },
    /// Two clocks differ by so much.
    Clock(SignedDuration),
    /// It holds under half the items of the backup before it.
    Shrunk {
        /// Its own items.
        items: u64,
        /// Items of the one before.
        before: u64,
    },
    /// A namespace of it is another one than in the backup before it, and was made after that.
    NewNamespace {
        /// The namespace.
        namespace: String,
        /// When it was made.
        created: Timestamp,
    },
}

impl Shortfall {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Shortfall::Phase(_) => "phase",
            Shortfall::NoTarball => "no-tarball",
            Shortfall::EmptyTarball => "empty-tarball",
            Shortfall::BrokenTarball(_) => "broken-tarball",
            Shortfall::UnknownTarball(_) => "tarball-unknown",
            Shortfall::TarballNotRead => "tarball-not-read",
            Shortfall::Operations(_) => "operations",
            Shortfall::OperationsUnknown(_) => "operations-unknown",
            Shortfall::Volumes { .. } => "volumes",
            Shortfall::VolumesUnknown(_) => "volumes-unknown",
            Shortfall::Locked(_) => "repository-locked",
            Shortfall::LockUnknown { .. } => "repository-unknown",
            Shortfall::Clock(_) => "clock-doubtful",
            Shortfall::Shrunk { .. } | Shortfall::NewNamespace { .. } => "suspicious",
        }
    }

    /// Whether it is that something was not handed over.
    pub const fn is_unknown(&self) -> bool {
        match self {
            Shortfall::UnknownTarball(_)
            | Shortfall::OperationsUnknown(_)
            | Shortfall::VolumesUnknown(_)
            | Shortfall::LockUnknown { .. } => true,
            Shortfall::Phase(_)
            | Shortfall::NoTarball
            | Shortfall::EmptyTarball
            | Shortfall::BrokenTarball(_)
            | Shortfall::TarballNotRead
            | Shortfall::Operations(_)
            | Shortfall::Volumes { .. }
            | Shortfall::Locked(_)
            | Shortfall::Clock(_)
            | Shortfall::Shrunk { .. }
            | Shortfall::NewNamespace { .. } => false,
        }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shortfall::Phase(phase) => write!(out, "its phase is {phase}"),
            Shortfall::NoTarball => write!(out, "its tarball is not in the bucket"),
            Shortfall::EmptyTarball => write!(out, "its tarball is empty"),
            Shortfall::BrokenTarball(why) => {
                write!(out, "its tarball cannot be read to its end: {why}")
            }
            Shortfall::UnknownTarball(why) => write!(out, "its tarball is unknown: {why}"),
            Shortfall::TarballNotRead => write!(out, "tarball not read"),
            Shortfall::Operations(operations) => write!(
                out,
                "{} of {} operations of plugins failed, {} did not end",
                operations.failed,
                operations.failed + operations.open + operations.completed,
                operations.open
            ),
            Shortfall::OperationsUnknown(why) => {
                write!(out, "how its operations of plugins ended is unknown: {why}")
            }
            Shortfall::Volumes { missing, of } => write!(
                out,
                "{} of {of} volumes not covered: {}",
                missing.len(),
                missing.join(", ")
            ),
            Shortfall::VolumesUnknown(why) => {
                write!(out, "which volumes it covers is unknown: {why}")
            }
            Shortfall::Locked(namespaces) => write!(
                out,
                "the declared repository password does not open the volume data of {}",
                namespaces.join(", ")
            ),
            Shortfall::LockUnknown { namespace, why } => write!(
                out,
                "whether the declared repository password opens the volume data of {namespace} is unknown: {why}"
            ),
            Shortfall::Clock(by) => write!(
                out,
                "clock doubtful: the store wrote it {} min {} Velero says it ended (a copied bucket looks like this too)",
                by.as_mins().abs(),
                if by.is_negative() { "before" } else { "after" }
            ),
            Shortfall::Shrunk { items, before } => write!(
                out,
                "suspicious: it holds {items} items, the backup before it {before}"
            ),
            Shortfall::NewNamespace { namespace, created } => write!(
                out,
                "suspicious: its namespace {namespace} was new, made at {created:.0}, after the backup before it"
            ),
        }
    }
}

/// What a backup is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its level.
    pub validity: Validity,
    /// Why it is not higher: what keeps it from the next level first.
    pub shortfalls: Vec<Shortfall>,
    /// Its volumes: those that the tarball declares where it was read, else those that the bucket lists.
    pub volumes: Known<Vec<Volume>>,
}

impl Judgement {
    /// How many volumes are covered, of how many that were to be.
    pub fn covered(&self) -> Option<(usize, usize)> {
        let volumes = self.volumes.as_ref().ok()?;
        let count = |is: fn(&Coverage) -> bool| {
            let of_these = volumes.iter().filter(|volume| is(&volume.coverage));
            of_these.count()
        };
        let covered = count(|coverage| matches!(coverage, Coverage::Covered(_)));
        let missing = count(|coverage| matches!(coverage, Coverage::Missing(_)));
        Some((covered, covered + missing))
    }

    /// Whether it can be restored from, as far as it was read: Completed or PartiallyFailed, nothing of it known to be
    /// missing, nothing suspicious (R8). That its tarball was not read is no reason against it here.
    pub fn is_usable(&self) -> bool {
        self.shortfalls.iter().all(|one| match one {
            Shortfall::Phase(phase) => *phase == Phase::PartiallyFailed,
            Shortfall::TarballNotRead => true,
            Shortfall::NoTarball
            | Shortfall::EmptyTarball
            | Shortfall::BrokenTarball(_)
            | Shortfall::UnknownTarball(_)
            | Shortfall::Operations(_)
            | Shortfall::OperationsUnknown(_)
            | Shortfall::Volumes { .. }
            | Shortfall::VolumesUnknown(_)
            | Shortfall::Locked(_)
            | Shortfall::LockUnknown { .. }
            | Shortfall::Clock(_)
            | Shortfall::Shrunk { .. }
            | Shortfall::NewNamespace { .. } => false,
        })
    }

    /// Whether it cannot be told what it is worth, because something of it was not handed over.
    pub fn is_unknown(&self) -> bool {
        self.shortfalls.iter().any(Shortfall::is_unknown)
    }

    /// The same, with what is known of the repositories that its volume data is in: data that nobody can decrypt is none.
    #[must_use]
    pub fn with_locks(mut self, locks: &[Lock]) -> Self {
        let locked = locks.iter().filter(|lock| lock.opens == Ok(false));
        let locked: Vec<String> = locked.map(|lock| lock.namespace.clone()).collect();
        let unknown = locks.iter().filter_map(|lock| {
            Some(Shortfall::LockUnknown {
                namespace: lock.namespace.clone(),
                why: lock.opens.as_ref().err()?.clone(),
            })
        });
        let mut doubts: Vec<Shortfall> = unknown.collect();
        if !locked.is_empty() {
            doubts.push(Shortfall::Locked(locked));
        }
        if !doubts.is_empty() {
            self.validity = self.validity.min(Validity::Complete);
        }
        self.shortfalls.extend(doubts);
        self
    }
}

/// The repository that the volume data of a namespace is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The namespace.
    pub namespace: String,
    /// Whether the declared password opens it.
    pub opens: Known<bool>,
}

impl Point {
    /// When it ended; of one that did not, when it was written last.
    pub fn at(&self) -> Option<Timestamp> {
        self.backup.completed.or(self.files.modified)
    }

    /// Whether it came to its end, so that another can be held against it.
    pub fn is_ended(&self) -> bool {
        matches!(self.backup.phase, Phase::Completed | Phase::PartiallyFailed)
    }

    /// Whether it holds so much less than the one before that the cluster may have been another one: under half the items.
    pub fn shrunk(&self, before: &Point) -> Option<Shortfall> {
        let (items, before) = (self.backup.items?, before.backup.items?);
        (items.saturating_mul(2) < before).then_some(Shortfall::Shrunk { items, before })
    }

    /// By how much the clocks of store and server differ, where that is too much.
    pub fn clock_doubt(&self) -> Option<SignedDuration> {
        let written = self.files.known.get(&File::Metadata)?.modified;
        let by = written.duration_since(self.backup.completed?);
        (by.abs() > CLOCKS).then_some(by)
    }

    /// What it is worth.
    pub fn judge(&self, tarball: Tarball<'_>) -> Judgement {
        let mut incomplete = Vec::new();
        if self.backup.phase != Phase::Completed {
            incomplete.push(Shortfall::Phase(self.backup.phase.clone()));
        }
        match self.files.known.get(&File::Tarball).map(|file| file.size) {
            None => incomplete.push(Shortfall::NoTarball),
            Some(0) => incomplete.push(Shortfall::EmptyTarball),
            Some(_) => {}
        }
        match &self.operations {
            Ok(operations) if operations.failed + operations.open > 0 => {
                incomplete.push(Shortfall::Operations(*operations));
            }
            Ok(_) => {}
            Err(why) => incomplete.push(Shortfall::OperationsUnknown(why.clone())),
        }
        // One that waits for plugins is no lie of a clock.
        if let Some(by) = self
            .clock_doubt()
            .filter(|_| !self.backup.phase.is_passing())
        {
            incomplete.push(Shortfall::Clock(by));
        }
        let has_tarball = self
            .files
            .known
            .get(&File::Tarball)
            .is_some_and(|file| file.size > 0);
        let volumes = match (&self.told, tarball) {
            (Err(why), _) => Err(why.clone()),
            (Ok(told), Tarball::Read(contents)) => Ok(told.declared(contents, self.backup.volumes)),
            (Ok(told), Tarball::NotRead | Tarball::Broken(_) | Tarball::Unknown(_)) => {
                Ok(told.listed(&self.backup.namespaces))
            }
        };
        match tarball {
            Tarball::Read(_) | Tarball::NotRead => {}
            Tarball::Broken(why) => incomplete.push(Shortfall::BrokenTarball(why.clone())),
            Tarball::Unknown(why) => incomplete.push(Shortfall::UnknownTarball(why.to_owned())),
        }
        let mut uncovered: Vec<Shortfall> = uncovered_volumes(&volumes).into_iter().collect();
        if matches!(tarball, Tarball::NotRead) && has_tarball {
            uncovered.push(Shortfall::TarballNotRead);
        }
        let validity = match (incomplete.is_empty(), uncovered.is_empty()) {
            (false, _) => Validity::Present,
            (true, false) => Validity::Complete,
            (true, true) => Validity::DataCovered,
        };
        incomplete.extend(uncovered);
        Judgement {
            validity,
            shortfalls: incomplete,
            volumes,
        }
    }
}

fn uncovered_volumes(volumes: &Known<Vec<Volume>>) -> Option<Shortfall> {
    let volumes = match volumes {
        Ok(volumes) => volumes,
        Err(why) => return Some(Shortfall::VolumesUnknown(why.clone())),
    };
    let mut counted = 0;
    let mut missing = Vec::new();
    for volume in volumes {
        match &volume.coverage {
            Coverage::Covered(_) => counted += 1,
            Coverage::Missing(why) => {
                counted += 1;
                missing.push(format!("{} ({why})", volume.title));
            }
            Coverage::LeftOut(_) => {}
        }
    }
    (!missing.is_empty()).then_some(Shortfall::Volumes {
        missing,
        of: counted,
    })
}
