//! What a `recovery` block declares (R17): what is lost, what is rebuilt, and from which points. Must not know what is in
//! any bucket, nor how anything is rebuilt.

use super::address::{Address, Target};
use super::duration::GoDuration;
use super::identity::ProviderRef;
use crate::diag::Span;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A `recovery` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Its label, which is only a name.
    pub name: String,
    /// What kind of recovery it is.
    pub mode: Mode,
    /// What is recovered; everything that is declared where it names nothing.
    pub scope: Vec<Target>,
    /// Providers whose clusters are gone, by declaration (R1).
    pub lost: BTreeSet<ProviderRef>,
    /// How new the points may be.
    pub at: At,
    /// Points that are chosen by name, by the address whose they are.
    pub points: BTreeMap<Address, String>,
    /// Other moments than [`Recovery::at`], by address.
    pub moments: BTreeMap<Address, Timestamp>,
    /// What may start without data where there is no point (R9).
    pub fresh: Vec<Target>,
    /// Applications that come back when all others are back, because they act on others (R4).
    pub quiesce: Vec<Target>,
    /// Namespaces that a new cluster may hold already.
    pub may_exist: BTreeSet<String>,
    /// What becomes of claims whose data no backup holds and whose disk outlives its cluster, by `NAMESPACE/CLAIM` (R8).
    pub volumes: BTreeMap<String, VolumeUse>,
    /// How old the points may be; told as breached where one is older.
    pub rpo: Option<GoDuration>,
    /// For people.
    pub description: Option<String>,
    /// The header.
    pub span: Span,
    /// Where what it names stands: an argument, or `point ADDRESS`.
    pub spans: BTreeMap<String, Span>,
}

/// What kind of recovery it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The same platform again, in place of what is gone.
    Rebuild,
}

/// When an application is restored (R4, R18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Before all others, which need it: with what belongs to the whole cluster, and without what runs or holds data.
    Infra,
    /// One after another.
    #[default]
    Applications,
    /// Once all others are back: it acts on them.
    Quiet,
}

impl Turn {
    /// Whether it is that of most applications.
    pub fn is_usual(&self) -> bool {
        *self == Turn::Applications
    }
}

/// What becomes of a claim whose disk outlives its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeUse {
    /// It is bound to that disk again, with what is on it.
    Adopt,
}

/// How new the points of a recovery may be (R7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Each one's newest usable point.
    Latest,
    /// Completed at this moment or before it.
    Time(Timestamp),
}

impl Recovery {
    /// Name in [`Recovery::spans`] of the point of an address.
    pub fn point_span(address: &Address) -> String {
        format!("point {address}")
    }
    /// How new the point of an address may be.
    pub fn at_of(&self, address: &Address) -> At {
        self.moments
            .get(address)
            .map_or(self.at, |time| At::Time(*time))
    }
    /// Whether an address is recovered.
    pub fn covers(&self, address: &Address) -> bool {
        self.scope.is_empty() || self.scope.iter().any(|target| target.covers(address))
    }
    /// Whether an address may start without data.
    pub fn is_fresh(&self, address: &Address) -> bool {
        self.fresh.iter().any(|target| target.covers(address))
    }
    /// Whether an address comes back when all others are back.
    pub fn is_quiesced(&self, address: &Address) -> bool {
        self.quiesce.iter().any(|target| target.covers(address))
    }
    /// Where an argument stands, else the header.
    pub fn span_of(&self, argument: &str) -> Span {
        self.spans.get(argument).copied().unwrap_or(self.span)
    }
}
