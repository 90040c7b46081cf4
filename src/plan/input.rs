//! All that a plan is made of, as one value. Nothing is asked while a plan is made.

use super::document::{Blocker, Finding, Pinned};
use super::secrets::Comparisons;
use crate::goal::Goal;
use crate::model::address::{Address, Target};
use crate::model::identity::{Instance, Key, ProviderRef};
use crate::model::inventory::Inventory;
use crate::model::recovery::Recovery;
use crate::model::resource::Configuration;
use crate::model::secret::SecretName;
use crate::world::query::{FailureClass, Live, Query};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is done with fields that another Apply manager (Argo CD, Flux) holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// The node is blocked.
    Block,
    /// They are taken: `-force-conflicts`.
    Force,
}

/// A provider as it was found before planning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundProvider {
    /// Which real thing.
    pub instance: Instance,
    /// Context and server, for people; empty where it came not so far.
    pub title: String,
    /// Class of what kept it from being reached.
    pub failure: Option<FailureClass>,
}

/// What the server said to a dry-run of an update (R36).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// It would make of it what was declared.
    Confirmed,
    /// It would make something else of these fields.
    Changed(Vec<String>),
    /// It was not asked, or may not be asked: the plan stands, with a word.
    NotConfirmed(String),
    /// It would refuse it.
    Refused(String),
}

/// Whether what must hold beside an object is among the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    /// Not asked yet, or never: nothing will be written.
    Unasked,
    /// Asked: what is not answered stops what it guards.
    Asked,
}

/// What the server said, by address and key of the object.
pub type Confirmations = BTreeMap<(Address, Key), Confirmation>;

/// A recovery whose points are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovering {
    /// What is declared.
    pub block: Recovery,
    /// Which recovery of this name it is: eight hex digits, in the names of everything that it makes.
    pub incarnation: String,
    /// The points, sorted by whose they are.
    pub pins: Vec<Pinned>,
    /// Names of all backups of each location that holds one of them, as they were listed: a later one is another writer's.
    pub known: BTreeMap<Address, BTreeSet<String>>,
    /// What stops an address, because of its points.
    pub blockers: BTreeMap<Address, Vec<Blocker>>,
    /// What will not come back, one line each.
    pub not_restored: Vec<String>,
    /// What deserves a word about the points.
    pub findings: Vec<Finding>,
}

/// Input of a plan.
pub struct Input<'a> {
    /// What is to be made first: what is declared, but for what a recovery begins with.
    pub configuration: &'a Configuration,
    /// What is declared.
    pub declared: &'a Configuration,
    /// What the plan is for.
    pub goal: &'a Goal,
    /// Every answer.
    pub live: &'a Live,
    /// Every provider used.
    pub providers: &'a BTreeMap<ProviderRef, FoundProvider>,
    /// Evidence of earlier runs (R26).
    pub inventory: Option<&'a Inventory>,
    /// `-adopt`.
    pub adopt: &'a [Target],
    /// `-consent`.
    pub consents: &'a [String],
    /// `-force-conflicts`.
    pub conflicts: Conflicts,
    /// What the server said to dry-runs; empty before they are sent.
    pub confirmations: &'a Confirmations,
    /// Whether guards are judged.
    pub guards: Guards,
    /// What came of holding declared secrets against live values; what is not in it was not compared.
    pub comparisons: &'a Comparisons,
    /// Secrets that are not where they should be, and why.
    pub unreadable: &'a BTreeMap<SecretName, String>,
    /// The question what backups are there, for each location whose bucket can be asked.
    pub buckets: &'a BTreeMap<Address, Query>,
    /// The recovery, where the goal is one.
    pub recovery: Option<&'a Recovering>,
    /// Now.
    pub made_at: Timestamp,
}
