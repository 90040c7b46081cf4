//! Resources that are several objects: what each expands to, and what of it is live. Must not know any one kind.

mod resolution;

use super::cluster_of;
use super::document::{Action, NodePart};
use super::former;
use super::found::Objects;
use super::input::Input;
use super::orphans::{key_of, listed_kind};
use super::ownership::{Bearer, Origin, Standing, standing};
use crate::kinds::composite::{Composite, LivePart, with_ignored};
use crate::kinds::{self, Kind, Part};
use crate::model::address::Address;
use crate::model::identity::{Key, ProviderRef, address_label};
use crate::model::resource::{IgnoreChanges, Resource};
pub use resolution::{decide, orphaned};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A live object with our mark.
#[derive(Clone)]
pub struct Marked<'a> {
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its key.
    pub key: Key,
    /// The object.
    pub live: &'a Json,
    /// Created by us or adopted.
    pub origin: Origin,
}

/// A declared resource that is several objects, with what is live of it.
pub struct Whole<'a> {
    kind: &'static dyn Kind,
    composite: &'static dyn Composite,
    /// As it should be: what `ignore_changes` names is as it is live.
    wanted: Resource,
    parts: Vec<Part<'static>>,
    /// Marked as its, and not among its parts any more.
    left: Vec<Marked<'a>>,
    /// `None`: nothing of it is there.
    reading: Option<Json>,
}

/// The declared resources that are several objects.
pub struct Wholes<'a> {
    by_address: BTreeMap<Address, Whole<'a>>,
    /// Cluster and address label of each.
    labels: BTreeSet<(&'a str, String)>,
}

type MarkedBy<'a> = BTreeMap<(&'a ProviderRef, String), Vec<Marked<'a>>>;

impl<'a> Wholes<'a> {
    /// Expands every declared composite, and finds what is live of it.
    pub fn of(input: &Input<'a>, objects: &Objects<'a>) -> Self {
        let declared: Vec<(&Resource, &'static dyn Kind, &'static dyn Composite)> = input
            .configuration
            .resources
            .iter()
            .filter_map(|resource| {
                let kind = kinds::find(&resource.address.kind)?;
                Some((resource, kind, kind.composite()?))
            })
            .collect();
        let marked = if declared.is_empty() {
            MarkedBy::new()
        } else {
            marked(input, objects)
        };
        let by_address = declared
            .iter()
            .map(|(resource, kind, composite)| {
                let labels = labels(input, resource);
                let whole = Whole::of(objects, (&marked, &labels), (resource, *kind, *composite));
                (resource.address.clone(), whole)
            })
            .collect();
        let labels = declared
            .iter()
            .filter_map(|(resource, _, _)| {
                let cluster_uid = cluster_of(input, resource.provider.as_ref()?)?;
                Some((cluster_uid, labels(input, resource)))
            })
            .flat_map(|(cluster_uid, labels)| {
                labels.into_iter().map(move |label| (cluster_uid, label))
            })
            .collect();
        Self { by_address, labels }
    }

    /// The one at an address.
    pub fn get(&self, address: &Address) -> Option<&Whole<'a>> {
        self.by_address.get(address)
    }

    /// Whether a label names one in this cluster: its objects are no orphans, it decides on them itself.
    pub fn is_label(&self, cluster_uid: &'a str, label: &str) -> bool {
        self.labels.contains(&(cluster_uid, label.to_owned()))
    }
}

/// Labels of the objects of a resource: of its address, and of those that `moved` blocks say it had.
fn labels(input: &Input<'_>, resource: &Resource) -> Vec<String> {
    let former = former::labels(&input.configuration.moves, &resource.address);
    std::iter::once(address_label(&resource.address))
        .chain(former)
        .collect()
}

/// Every live object with our mark, by provider and address label.
fn marked<'a>(input: &Input<'a>, objects: &Objects<'a>) -> MarkedBy<'a> {
    let mut found = MarkedBy::new();
    for (query, listed) in objects.lists() {
        let Some((provider, resource)) = query.listed() else {
            continue;
        };
        let (Some(kind), Some(cluster_uid)) = (
            listed_kind(input, provider, resource),
            cluster_of(input, provider),
        ) else {
            continue;
        };
        for live in listed {
            let bearer = Bearer {
                cluster_uid,
                resource,
                live,
            };
            if let Standing::Ours {
                address_label,
                origin,
            } = standing(&bearer, &input.configuration.settings.stack)
            {
                let key = key_of(resource, live);
                let one = Marked {
                    kind,
                    key,
                    live,
                    origin,
                };
                found
                    .entry((provider, address_label))
                    .or_default()
                    .push(one);
            }
        }
    }
    found
}

impl<'a> Whole<'a> {
    fn of(
        objects: &Objects<'a>,
        (marked, labels): (&MarkedBy<'a>, &[String]),
        (resource, kind, composite): (&Resource, &'static dyn Kind, &'static dyn Composite),
    ) -> Self {
        let parts = composite.parts(resource);
        let keys = keys(&parts);
        let own: Vec<&Marked<'a>> = resource
            .provider
            .iter()
            .flat_map(|provider| labels.iter().map(move |label| (provider, label.clone())))
            .filter_map(|place| marked.get(&place))
            .flatten()
            .collect();
        let mut live: Vec<LivePart<'a>> = parts
            .iter()
            .filter_map(|part| {
                let (_, live) = objects.live_of(part)?;
                let kind = part.kind;
                Some(LivePart { kind, live })
            })
            .collect();
        let others = own.iter().filter(|one| !keys.contains(&one.key));
        live.extend(others.map(|one| LivePart {
            kind: one.kind,
            live: one.live,
        }));
        let reading = (!live.is_empty()).then(|| composite.read(&live));
        let wanted = match &reading {
            Some(reading) => with_ignored(kind, resource, reading),
            None => resource.clone(),
        };
        let parts = match resource.lifecycle.ignore_changes {
            IgnoreChanges::Nothing => parts,
            IgnoreChanges::All | IgnoreChanges::Paths(_) => composite.parts(&wanted),
        };
        let keys = self::keys(&parts);
        let left = own
            .into_iter()
            .filter(|one| !keys.contains(&one.key))
            .cloned()
            .collect();
        Self {
            kind,
            composite,
            wanted,
            parts,
            left,
            reading,
        }
    }

    /// What would be declared if the live attributes were.
    fn as_read(&self) -> Option<Resource> {
        let mut declared = self.wanted.clone();
        declared.lifecycle.ignore_changes = IgnoreChanges::All;
        Some(with_ignored(self.kind, &declared, self.reading.as_ref()?))
    }

    /// The same, but for one attribute that is as it is declared; `None` where its value is not known yet.
    fn as_read_but(&self, attribute: &[String]) -> Option<Resource> {
        let mut read = self.as_read()?;
        let declared = self.kind.object(&self.wanted).into_known()?;
        read.lifecycle.ignore_changes = IgnoreChanges::Paths(vec![attribute.to_vec()]);
        Some(with_ignored(self.kind, &read, &declared))
    }
}

fn keys(parts: &[Part<'_>]) -> BTreeSet<Key> {
    parts
        .iter()
        .filter_map(|part| part.kind.key(&part.resource))
        .collect()
}

/// A part to which nothing is done, and why.
fn left_alone_part(part: &Part<'_>, why: &str) -> Option<NodePart> {
    Some(NodePart {
        kind: part.kind.schema().kind.to_owned(),
        key: part.kind.key(&part.resource)?,
        action: Action::NoOp,
        importing: false,
        fields: Vec::new(),
        note: Some(format!("left alone: {why}")),
    })
}
