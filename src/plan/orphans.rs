//! What carries our mark and is no longer declared (R27). Shown in every plan; never touched under `-target`,
//! `-exclude` or where its LIST is unknown.

use super::cluster_of;
use super::decision::{Decision, Resolution, Subject, reason};
use super::declared::Context;
use super::document::{Finding, FindingSeverity, ReasonCode};
use super::former;
use super::input::Input;
use super::leaving::{self, Leaving};
use super::managers;
use super::ownership::{Bearer, Origin, Standing, standing};
use super::removal::Removal;
use super::replacement::Heirs;
use super::{queries, whole};
use crate::goal::{Goal, GoalMode};
use crate::kinds::composite::Composite;
use crate::kinds::kubernetes_manifest::Manifest;
use crate::kinds::{self, Home, Kind, Ownership};
use crate::model::address::Address;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::model::resource::Fate;
use serde_json::Value as Json;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a sweep found.
#[derive(Default)]
pub struct Swept<'a> {
    /// Orphans to remove.
    pub resolutions: Vec<Resolution<'a>>,
    /// Orphans not touched now, and copies.
    pub findings: Vec<Finding>,
}

/// Sweeps every LIST for objects that are marked as ours and not declared. Two provider blocks may reach one cluster, with
/// other credentials for example: what is declared under the one is no orphan under the other, and an orphan is found once
/// (R21: the identity is the cluster's, not the block's).
pub fn sweep<'a>(
    context: &Context<'a>,
    declared: &BTreeSet<(ProviderRef, Key)>,
    scope: &BTreeSet<Address>,
) -> Swept<'a> {
    let heirs = OnceCell::new();
    let mut swept = Swept::default();
    // What a recovery brings back is declared nowhere, and nothing is removed in one.
    if context.input.goal.mode == GoalMode::Recover {
        return swept;
    }
    let mut parts = Parts::new();
    // By what a key names, whatever version its type is read in: the record may know another than the configuration.
    let mut settled: BTreeSet<(&str, String)> = declared
        .iter()
        .filter_map(|(provider, key)| Some((cluster_of(context.input, provider)?, key.identity())))
        .collect();
    for (query, objects) in context.objects.lists() {
        let Some((provider, resource)) = query.listed() else {
            continue;
        };
        let Some(kind) = listed_kind(context.input, provider, resource) else {
            continue;
        };
        let Some(kube_system_uid) = cluster_of(context.input, provider) else {
            continue;
        };
        let sweeper = Sweeper {
            context,
            provider,
            resource,
            kind,
            cluster_uid: kube_system_uid,
            heirs: &heirs,
            scope,
        };
        for object in objects {
            let key = key_of(resource, object);
            if settled.insert((kube_system_uid, key.identity())) {
                sweeper.judge(object, key, &mut swept, &mut parts);
            }
        }
    }
    for ((provider, address), (composite, heir, decisions)) in parts {
        let whole = whole::orphaned(
            address,
            provider,
            composite,
            decisions,
            context.input.consents,
        );
        swept.resolutions.push(Resolution { heir, ..whole });
    }
    swept
}

/// Decisions on objects that are parts of what nothing declares.
type Parts<'a> =
    BTreeMap<(ProviderRef, Address), (CompositeKind, Option<Address>, Vec<Decision<'a>>)>;

type CompositeKind = (&'static dyn Kind, &'static dyn Composite);

/// Key of a live object.
pub fn key_of(resource: &KubeResource, object: &Json) -> Key {
    Key::Kube {
        resource: resource.clone(),
        namespace: object["metadata"]["namespace"].as_str().map(str::to_owned),
        name: object["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// The kind of a resource type.
pub fn kind_of(resource: &KubeResource) -> Option<&'static dyn Kind> {
    kinds::KINDS.iter().copied().find(|kind| match kind.home() {
        Home::Kube(home) => home == *resource,
        Home::Command | Home::Parts | Home::Declared => false,
    })
}

/// The kind of a type that was listed: its own, else that of any type, where one of it is declared or was ever owned.
pub fn listed_kind(
    input: &Input<'_>,
    provider: &ProviderRef,
    resource: &KubeResource,
) -> Option<&'static dyn Kind> {
    let is_concerned =
        || queries::is_concerned(input.configuration, provider, resource, input.inventory);
    kind_of(resource).or_else(|| is_concerned().then_some(&Manifest as &'static dyn Kind))
}

/// What nothing declares any more.
struct Orphan {
    kind: &'static dyn Kind,
    address: Address,
    key: Key,
    origin: Origin,
    /// The declared resource that it was.
    heir: Option<Address>,
}

struct Sweeper<'a, 'c> {
    context: &'c Context<'a>,
    provider: &'c ProviderRef,
    resource: &'c KubeResource,
    kind: &'static dyn Kind,
    cluster_uid: &'c str,
    /// Made once something is found that nothing declares.
    heirs: &'c OnceCell<Heirs>,
    scope: &'c BTreeSet<Address>,
}

impl<'a> Sweeper<'a, '_> {
    fn judge(&self, object: &'a Json, key: Key, swept: &mut Swept<'a>, parts: &mut Parts<'a>) {
        let stack = &self.context.input.configuration.settings.stack;
        let bearer = Bearer {
            cluster_uid: self.cluster_uid,
            resource: self.resource,
            live: object,
        };
        match standing(&bearer, stack) {
            Standing::OtherStack(_) => {}
            Standing::Unmarked => {
                if let Some(kind) = self.shared(&key, object) {
                    let address = kinds::orphan_address(kind.schema().kind, &key);
                    let orphan = Orphan { kind, address, key, origin: Origin::Created, heir: None };
                    swept.resolutions.extend(self.removed(object, orphan, &mut swept.findings).map(Into::into));
                }
            }
            Standing::Copy(copied) => swept.findings.push(self.finding(
                "copy",
                "A copy of an owned object",
                format!(
                    "{} {key} carries a mark that {copied}. It is not ours and is left alone.",
                    self.resource.kind
                ),
                None,
            )),
            Standing::Damaged => swept.findings.push(self.finding(
                "damaged-mark",
                "A damaged mark",
                format!("{} {key} carries only a part of our mark; it proves nothing and the object is left alone.", self.resource.kind),
                None,
            )),
            // A declared composite decides by itself what it has no use for any more.
            Standing::Ours { address_label, .. } if self.context.wholes.is_label(self.cluster_uid, &address_label) => {}
            Standing::Ours { origin, address_label } => {
                let kind = kind_by_mark(self.kind, object);
                let (mut address, composite) = orphan_address(kind, object, &key);
                let heir = self.heir(&address_label);
                // Declared with another name or in another cluster: what was there before goes once that is done.
                if heir.is_some() {
                    let name = composite.map_or(kind, |(kind, _)| kind).schema().kind;
                    address = match composite {
                        Some(_) => kinds::orphan_named(name, &address.to_string()),
                        None => kinds::orphan_address(name, &key),
                    };
                }
                let heir = match self.context.input.goal.mode {
                    GoalMode::Converge | GoalMode::Recover => heir.cloned(),
                    GoalMode::Destroy => None,
                };
                let orphan = Orphan { kind, address: address.clone(), key, origin, heir: heir.clone() };
                let Some(decision) = self.removed(object, orphan, &mut swept.findings) else {
                    return;
                };
                match composite {
                    None => swept.resolutions.push(Resolution { heir, ..decision.into() }),
                    Some(composite) => {
                        let place = (self.provider.clone(), address);
                        let whole = parts.entry(place).or_insert_with(|| (composite, heir, Vec::new()));
                        whole.2.push(decision);
                    }
                }
            }
        }
    }

    /// What is to become of an orphan; `None` where this plan does not touch any, which is a finding.
    fn removed(
        &self,
        object: &'a Json,
        orphan: Orphan,
        findings: &mut Vec<Finding>,
    ) -> Option<Decision<'a>> {
        let Orphan {
            kind,
            address,
            key,
            origin,
            heir,
        } = orphan;
        if let Some(leaving) = Leaving::of(object) {
            findings.push(leaving::finding(address, &leaving.words()));
            return None;
        }
        let is_wanted = heir.as_ref().is_some_and(|heir| self.scope.contains(heir));
        if is_narrowed(self.context.input.goal) && !is_wanted {
            findings.push(self.finding(
                "orphan-left",
                "An orphan is left for a full plan",
                match &heir {
                    None => format!("{} {key} is not in the configuration; with -target or -exclude orphans are not touched.", self.resource.kind),
                    Some(heir) => format!("{} {key} is what {heir} was, which this plan leaves out.", self.resource.kind),
                },
                Some(address),
            ));
            return None;
        }
        let why = match (self.context.input.goal.mode, &heir) {
            (GoalMode::Converge | GoalMode::Recover, Some(heir)) => reason(
                ReasonCode::Replaced,
                format!("another object is {heir} now{}", self.remark()),
            ),
            (GoalMode::Converge | GoalMode::Recover, None) => reason(
                ReasonCode::NotInConfiguration,
                format!("{address} is not in configuration{}", self.remark()),
            ),
            (GoalMode::Destroy, _) => reason(ReasonCode::DestroyRequested, "destroy was asked for"),
        };
        let removal = Removal {
            context: self.context,
            kind,
            cluster_uid: self.cluster_uid,
            live: object,
            why,
            fate: self.fate(&address),
        };
        let subject = Subject {
            address,
            provider: Some(self.provider.clone()),
            key,
        };
        Some(removal.decide(subject, origin))
    }

    /// The kind of which an unmarked object has fields (R25): no mark tells, but the record and the object's managers do.
    fn shared(&self, key: &Key, object: &Json) -> Option<&'static dyn Kind> {
        let mut owned = self.context.input.inventory?.owned.iter();
        let recorded = owned.find(|owned| {
            owned.provider.as_ref() == Some(self.provider) && owned.key.identity() == key.identity()
        })?;
        let kind = kinds::find(&recorded.kind)?;
        (kind.ownership() == Ownership::Fields && managers::holds_ours(object)).then_some(kind)
    }

    /// What a `removed` block says; without one it is deleted.
    fn fate(&self, address: &Address) -> Fate {
        let removed = &self.context.input.configuration.removed;
        let removed = removed.iter().find(|removed| removed.from.covers(address));
        removed.map_or(Fate::Delete, |removed| removed.fate)
    }

    /// The declared resource that an object with this label was.
    fn heir(&self, label: &str) -> Option<&Address> {
        let configuration = self.context.input.configuration;
        let heirs = self.heirs.get_or_init(|| Heirs::of(configuration));
        heirs.of_label(label)
    }

    fn remark(&self) -> String {
        let stays = self.kind.what_stays();
        stays.map_or_else(String::new, |stays| format!("; {stays}"))
    }

    fn finding(
        &self,
        code: &str,
        summary: &str,
        detail: String,
        address: Option<Address>,
    ) -> Finding {
        Finding {
            code: code.to_owned(),
            severity: FindingSeverity::Warning,
            address,
            summary: summary.to_owned(),
            detail,
        }
    }
}

/// The kind that declared an object: a manifest may be of a type that has a kind of its own.
fn kind_by_mark(kind: &'static dyn Kind, live: &Json) -> &'static dyn Kind {
    match former::marked(live) {
        Some(address) if address.kind == Manifest.schema().kind => &Manifest,
        Some(_) | None => kind,
    }
}

/// The address in the mark where it can be read, else one made of the key; and the composite that the object is part of.
fn orphan_address(
    kind: &'static dyn Kind,
    live: &Json,
    key: &Key,
) -> (Address, Option<CompositeKind>) {
    let name = kind.schema().kind;
    match former::marked(live) {
        Some(address) if address.kind == name => (address, None),
        Some(address) => match composite_of(&address, kind) {
            Some(composite) => (address, Some(composite)),
            None => (kinds::orphan_address(name, key), None),
        },
        None => (kinds::orphan_address(name, key), None),
    }
}

/// The composite kind of an address, where it has parts of a kind.
fn composite_of(address: &Address, part: &'static dyn Kind) -> Option<CompositeKind> {
    let kind = kinds::find(&address.kind)?;
    let composite = kind.composite()?;
    composite
        .part_kinds()
        .iter()
        .any(|kind| kind.schema().kind == part.schema().kind)
        .then_some((kind, composite))
}

/// Whether a goal leaves parts alone: then orphans are not deleted, and nothing is missed where none were looked for.
pub fn is_narrowed(goal: &Goal) -> bool {
    !goal.target.is_empty() || !goal.exclude.is_empty()
}
