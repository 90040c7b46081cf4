//! Which live objects become blocks, which are left out, and what is to be said of either. Pure.

use crate::kinds::owners::{self, Hand};
use crate::kinds::sayable::{self, Said, Unsaid};
use crate::kinds::{self, Home, Kind};
use crate::model::address::Address;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::model::ignore::attribute_text;
use crate::model::resource::Configuration;
use crate::plan::ownership::{Bearer, Standing, standing};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Who is looking.
pub(super) struct Viewer<'a> {
    /// The stack; empty where there is no configuration.
    pub(super) stack: &'a str,
    /// The cluster.
    pub(super) cluster_uid: &'a str,
    /// What is declared under the provider.
    pub(super) declared: BTreeMap<Key, Address>,
}

/// An object that becomes a block.
pub(super) struct Candidate<'a> {
    /// Its kind.
    pub(super) kind: &'static dyn Kind,
    /// Its key.
    pub(super) key: &'a Key,
    /// The object.
    pub(super) live: &'a Json,
    /// Whether it is to be adopted; what carries this stack's mark is not.
    pub(super) adoption: Adoption,
    /// What a reader should know of it.
    pub(super) remarks: Vec<String>,
    /// What declares it.
    pub(super) said: Said,
}

/// Whether an object has to be adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adoption {
    /// It has no mark of this stack.
    Needed,
    /// It is ours.
    NotNeeded,
}

/// What becomes of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A block, with remarks.
    Take(Vec<String>),
    /// No block; `None`: nobody asks why.
    Leave(Option<String>),
}

/// Keys that are declared under a provider, and where.
pub(super) fn declared(
    configuration: &Configuration,
    provider: &ProviderRef,
) -> BTreeMap<Key, Address> {
    let resources = configuration.resources.iter();
    resources
        .filter(|resource| resource.provider.as_ref() == Some(provider))
        .flat_map(|resource| {
            let keys = kinds::keys(resource).into_iter();
            keys.map(|key| (key, resource.address.clone()))
        })
        .collect()
}

/// Key of a live object.
pub(super) fn key(resource: &KubeResource, live: &Json) -> Option<Key> {
    let metadata = &live["metadata"];
    Some(Key::Kube {
        resource: resource.clone(),
        namespace: metadata["namespace"].as_str().map(str::to_owned),
        name: metadata["name"].as_str()?.to_owned(),
    })
}

/// Decides for one object.
pub(super) fn judge(kind: &dyn Kind, key: &Key, live: &Json, viewer: &Viewer<'_>) -> Verdict {
    let Home::Kube(resource) = kind.home() else {
        return Verdict::Leave(None);
    };
    // What is never deleted belongs to Kubernetes itself.
    if viewer.declared.contains_key(key) || kind.never_deleted(key).is_some() {
        return Verdict::Leave(None);
    }
    if live["metadata"]["deletionTimestamp"].is_string() {
        return Verdict::Leave(Some("it is being deleted".to_owned()));
    }
    if let Some(maker) = maker(live) {
        return Verdict::Leave(Some(format!("{maker} makes it")));
    }
    let bearer = Bearer {
        cluster_uid: viewer.cluster_uid,
        resource: &resource,
        live,
    };
    let mut remarks = match standing(&bearer, viewer.stack) {
        Standing::OtherStack(other) => {
            return Verdict::Leave(Some(format!("it carries the mark of stack \"{other}\"")));
        }
        Standing::Ours { .. } => vec!["It carries the mark of this stack already.".to_owned()],
        Standing::Unmarked => Vec::new(),
        Standing::Copy(copied) => vec![format!("A copy: its mark {copied}.")],
        Standing::Damaged => vec!["Its mark is damaged and proves nothing.".to_owned()],
    };
    remarks.extend(kind.sensitive().first().map(|name| {
        format!("Its values are not shown and stay as they are; to manage them declare `{name}`.")
    }));
    let unknown = kind.unknown_fields(live).into_iter();
    remarks.extend(unknown.map(|place| format!("Not managed: {}", place.0.join("."))));
    remarks.extend(writer(live).map(|who| {
        format!("{who} writes it too: what is changed here may be set back from there.")
    }));
    Verdict::Take(remarks)
}

/// Objects that become blocks.
pub(super) fn candidates<'a>(
    objects: &'a BTreeMap<(&'static str, Key), Json>,
    viewer: &Viewer<'_>,
) -> Vec<Candidate<'a>> {
    let judged = objects.iter().filter_map(|((kind, key), live)| {
        let kind = kinds::find(kind)?;
        match judge(kind, key, live, viewer) {
            Verdict::Take(mut remarks) => {
                let said = sayable::declaration(kind, live);
                remarks.extend(said.unsaid.iter().map(left_as_it_is));
                let adoption = adoption(kind, live, viewer);
                let mut candidate = Candidate {
                    kind,
                    key,
                    live,
                    adoption,
                    remarks,
                    said,
                };
                candidate.remarks.extend(candidate.obstacle());
                Some(candidate)
            }
            Verdict::Leave(_) => None,
        }
    });
    judged.collect()
}

impl Candidate<'_> {
    /// Why there is no block for it.
    pub(super) fn obstacle(&self) -> Option<String> {
        let why = self.said.obstacle.as_ref()?;
        let (kind, key) = (self.kind.schema().kind, self.key);
        Some(format!(
            "Left out: {kind} {key}, since no block can declare it: {why}."
        ))
    }
}

/// What its block does not say.
fn left_as_it_is(unsaid: &Unsaid) -> String {
    let (place, live, why) = (attribute_text(&unsaid.path), &unsaid.live, &unsaid.why);
    format!("Left out and left as it is, since {why}: {place} = {live}")
}

/// Those that a block declares, and those that none can.
pub(super) fn parted<'a>(all: Vec<Candidate<'a>>) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    all.into_iter()
        .partition(|candidate| candidate.said.obstacle.is_none())
}

fn adoption(kind: &dyn Kind, live: &Json, viewer: &Viewer<'_>) -> Adoption {
    let Home::Kube(resource) = kind.home() else {
        return Adoption::Needed;
    };
    let bearer = Bearer {
        cluster_uid: viewer.cluster_uid,
        resource: &resource,
        live,
    };
    match standing(&bearer, viewer.stack) {
        Standing::Ours { .. } => Adoption::NotNeeded,
        Standing::Unmarked | Standing::OtherStack(_) | Standing::Copy(_) | Standing::Damaged => {
            Adoption::Needed
        }
    }
}

/// A line for each object that somebody might miss.
pub(super) fn left_out(
    objects: &BTreeMap<(&'static str, Key), Json>,
    viewer: &Viewer<'_>,
) -> Vec<String> {
    let judged = objects.iter().filter_map(|((kind, key), live)| {
        match judge(kinds::find(kind)?, key, live, viewer) {
            Verdict::Leave(Some(why)) => Some(format!("Left out: {kind} {key}: {why}.")),
            Verdict::Leave(None) | Verdict::Take(_) => None,
        }
    });
    judged.collect()
}

/// The controller that makes an object anew whenever it is gone.
fn maker(live: &Json) -> Option<String> {
    let owners = live["metadata"]["ownerReferences"].as_array()?;
    let owner = owners.iter().find(|owner| owner["controller"] == true)?;
    let text = |member: &str| owner[member].as_str().unwrap_or_default().to_owned();
    Some(format!("{} {}", text("kind"), text("name")))
}

/// Who made it, as the beginning of a sentence.
fn writer(live: &Json) -> Option<String> {
    let owner = owners::owners(live).into_iter().next()?;
    Some(match (owner.hand, owner.name) {
        (Hand::Helm, Some(release)) => format!("Helm release {release}"),
        (Hand::Helm, None) => "A Helm release".to_owned(),
        (Hand::ArgoCd, _) => "Argo CD".to_owned(),
        (Hand::Flux, _) => "Flux".to_owned(),
        (Hand::Fleet, _) => "Fleet".to_owned(),
    })
}
