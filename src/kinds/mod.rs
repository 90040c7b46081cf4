//! One folder per kind, the same file names in each, one line in the registry below. Pure: a kind turns a declared
//! resource into an object, holds a live object against it, and says what makes it ready. Must not know clients,
//! files, the journal, or how a plan is put together.

mod compare;
pub mod composite;
pub mod document;
pub mod kubernetes_annotations;
pub mod kubernetes_cluster;
pub mod kubernetes_config_map;
pub mod kubernetes_manifest;
pub mod kubernetes_namespace;
pub mod kubernetes_secret;
pub mod least;
mod metadata;
mod metadata_block;
pub mod owners;
#[cfg(test)]
pub(crate) mod properties;
pub mod providers;
pub mod reference;
pub mod sayable;
pub mod sensitive;
mod stored;
mod syntax;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod velero;
pub mod velero_application;
pub mod velero_backup_storage_location;
pub mod velero_schedule;
pub mod velero_server;
pub mod velero_volume_snapshot_location;

use crate::diag::Diagnostic;
use crate::model::address::Address;
use crate::model::condition::Wait;
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::schema::{Field, Schema, Schemas};
use composite::Composite;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Where resources of a kind live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In a Kubernetes API, as this resource type.
    Kube(KubeResource),
    /// In a Kubernetes API, as the resource type that each resource says: its key tells.
    Declared,
    /// Made by a program that sk-dr runs.
    Command,
    /// In several objects of other kinds: [`Kind::composite`].
    Parts,
}

/// Where objects of a kind are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In every namespace that the configuration or the inventory names, and in Velero's.
    Everywhere,
    /// Only in namespaces where one is declared or recorded: nobody should need the right to read Secrets for a plan
    /// that has none.
    WhereKnown,
}

/// What a delete loses beside the object, so that it needs a consent that lists it (R27).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing that cannot be written again.
    Nothing,
    /// Everything in the namespace that is deleted.
    Namespace,
    /// Every object of this type.
    Objects(KubeResource),
    /// This.
    Itself(String),
}

/// How a list that differs is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListWrites {
    /// With everything else: the kind's lists are atomic to the server.
    Apply,
    /// Whole, by a merge patch: an apply would leave members that it does not name in a list with keys.
    Merge,
}

/// What a resource says about fields that another applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakesFields {
    /// They block it, unless the plan is made with `-force-conflicts`.
    AsThePlanSays,
    /// They are taken.
    FromAppliers,
}

/// How an object that a resource writes is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Whole: it carries our mark (R22).
    Marked,
    /// In some fields only, told by field manager: another makes it and owns the rest, and it carries no mark (R25).
    Fields,
}

/// What a write is for, as far as waits differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Making it.
    Create,
    /// Changing it.
    Update,
    /// Removing it.
    Delete,
}

/// What keeps something from being changed, in full sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub text: String,
    /// What to do.
    pub cure: String,
}

/// One difference between declared and live.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Attribute path in the language: member names.
    pub attribute: Vec<String>,
    /// Place in the object.
    pub place: JsonPath,
    /// Attribute-shaped live value; `None`: missing.
    pub before: Option<Json>,
    /// Attribute-shaped declared value; `None`: not declared, so it is to go.
    pub after: Option<Expr>,
    /// Object-shaped value to write at `place`; `None`: to be removed.
    pub write: Option<Expr>,
    /// A remark for the plan.
    pub note: Option<Cow<'static, str>>,
}

/// A kind.
pub trait Kind: Sync {
    /// Its schema.
    fn schema(&self) -> &'static Schema;
    /// Where its resources live.
    fn home(&self) -> Home;
    /// Mistakes that the schema alone cannot tell.
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>);
    /// Natural key; `None` only where `validate` found an error in its parts.
    fn key(&self, resource: &Resource) -> Option<Key>;
    /// The whole object as a create writes it, without marks. For [`Home::Command`]: `Value(null)`.
    fn object(&self, resource: &Resource) -> Expr;
    /// Differences, in schema order. A declared value that is not known yet differs from everything.
    /// Takes the live object; metadata keys owned by our manager but not declared are found in its managedFields.
    fn differences(&self, resource: &Resource, live: &Json) -> Vec<Difference>;
    /// Attribute-shaped state of a live object, for "before" and for orphans.
    fn attributes(&self, live: &Json) -> Json;
    /// The fields that are ours in this live object: what a fingerprint covers. `resource` is `None` for an orphan.
    fn owned(&self, resource: Option<&Resource>, live: &Json) -> Projection;
    /// What must hold for the write to be done.
    fn wait(&self, resource: Option<&Resource>, writing: Writing) -> Option<Wait>;
    /// Computed attributes: path in the language (`metadata[0].uid`) -> place in the object.
    fn computed(&self) -> BTreeMap<&'static str, JsonPath>;
    /// Keys of objects that must exist before this one and go after it, which are named by plain text (R18's edges):
    /// the namespace it is in, the location it uses.
    fn needs(&self, resource: &Resource) -> Vec<Key>;
    /// The same, read from a live object (for orphans and destroy).
    fn live_needs(&self, live: &Json) -> Vec<Key>;
    /// Order of deletion where nothing else says: lower goes first (R29).
    fn teardown_rank(&self, key: &Key) -> u8;
    /// What a delete of this object loses (R27).
    fn loss(&self, key: &Key, live: &Json) -> Loss;
    /// Fields written once with a write, where the write is this one: unpausing carries `skipImmediately: true`.
    fn actions(&self, differences: &[Difference], live: &Json) -> Vec<(JsonPath, Json)>;
    /// Live spec fields that hold something and that the schema does not know: shown in adoption and drift ("not
    /// managed: spec.template.newField"), never compared and never removed. Members of a list are named once, without index.
    fn unknown_fields(&self, live: &Json) -> Vec<JsonPath>;
    /// What stays where it is when one is deleted, as a clause for the plan's reason; `None`: nothing worth a word.
    fn what_stays(&self) -> Option<&'static str> {
        None
    }
    /// Types whose objects name one of its own and are of no use without it: asked for where one goes.
    fn users(&self) -> Vec<KubeResource> {
        Vec::new()
    }
    /// Where its objects are looked for.
    fn reach(&self) -> Reach {
        Reach::Everywhere
    }
    /// Attributes whose values are never shown, live or declared.
    fn sensitive(&self) -> &'static [&'static str] {
        &[]
    }
    /// Annotations under our own prefix that the kind keeps on its objects, written with every write: what must be known
    /// of an object once nothing declares it any more.
    fn records(&self, _resource: &Resource) -> Vec<(JsonPath, Json)> {
        Vec::new()
    }
    /// Attribute paths that are written with a new object and left to others then.
    fn left_to_others(&self, _resource: &Resource) -> Vec<Vec<String>> {
        Vec::new()
    }
    /// How its lists are written.
    fn list_writes(&self) -> ListWrites {
        ListWrites::Apply
    }
    /// How its objects are ours.
    fn ownership(&self) -> Ownership {
        Ownership::Marked
    }
    /// Whether a resource takes fields that others apply.
    fn takes_fields(&self, _resource: &Resource) -> TakesFields {
        TakesFields::AsThePlanSays
    }
    /// Why these differences cannot be written to this object; `None`: they can.
    fn cannot_change(&self, _live: &Json, _differences: &[Difference]) -> Option<Obstacle> {
        None
    }
    /// Why a new object of this resource must not stand beside this live one of its kind: both would write to one place
    /// (R29); `None`: it may.
    fn stands_alone(&self, _resource: &Resource, _live: &Json) -> Option<String> {
        None
    }
    /// Why the object of this key is never deleted, whatever is consented to; `None`: it may be. It is released instead.
    fn never_deleted(&self, _key: &Key) -> Option<&'static str> {
        None
    }
    /// For [`Home::Parts`]: what it is made of.
    fn composite(&self) -> Option<&dyn Composite> {
        None
    }
    /// Attributes that follow from a declaration alone, so that others may refer to them where only a known value does.
    fn derived(&self, _resource: &Resource) -> Vec<(&'static str, Json)> {
        Vec::new()
    }
}

/// The registry of kinds, sorted by name. One line each.
pub const KINDS: &[&dyn Kind] = &[
    &kubernetes_annotations::Annotations,
    &kubernetes_cluster::Cluster,
    &kubernetes_config_map::ConfigMap,
    &kubernetes_manifest::Manifest,
    &kubernetes_namespace::Namespace,
    &kubernetes_secret::Secret,
    &velero_application::Application,
    &velero_backup_storage_location::BackupStorageLocation,
    &velero_schedule::Schedule,
    &velero_server::Server,
    &velero_volume_snapshot_location::VolumeSnapshotLocation,
];

/// The schemas of [`KINDS`] and of the providers, as a configuration is checked against them.
pub struct Registry;

impl Schemas for Registry {
    fn schema(&self, kind: &str) -> Option<&'static Schema> {
        find(kind).map(Kind::schema)
    }
    fn kinds(&self) -> Vec<&'static str> {
        KINDS.iter().map(|kind| kind.schema().kind).collect()
    }
    fn provider(&self, provider: &str) -> Option<&'static [Field]> {
        providers::arguments(provider)
    }
    fn providers(&self) -> Vec<&'static str> {
        providers::PROVIDERS.iter().map(|one| one.name).collect()
    }
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)> {
        find(&resource.address.kind)
            .map(|kind| kind.derived(resource))
            .unwrap_or_default()
    }
}

/// The kind of a resource type.
pub fn find(kind: &str) -> Option<&'static dyn Kind> {
    KINDS
        .iter()
        .copied()
        .find(|candidate| candidate.schema().kind == kind)
}

/// One object of a resource.
#[derive(Clone)]
pub struct Part<'a> {
    /// Its kind, which lives in an API.
    pub kind: &'static dyn Kind,
    /// As it would be declared by itself, under the address of the resource.
    pub resource: Cow<'a, Resource>,
}

/// The objects that a resource is, makers before users: itself, or what a composite kind expands it to.
pub fn parts(resource: &Resource) -> Vec<Part<'_>> {
    let Some(kind) = find(&resource.address.kind) else {
        return Vec::new();
    };
    match kind.composite() {
        Some(composite) => composite.parts(resource),
        None => vec![Part {
            kind,
            resource: Cow::Borrowed(resource),
        }],
    }
}

/// Place of an application in the queue of a recovery: lower ones first, those below 0 before everything else (R18).
pub fn restore_order(resource: &Resource) -> i64 {
    velero_application::restore_order(&resource.body)
}

/// Every key that a resource takes: its own, and those of its parts.
pub fn keys(resource: &Resource) -> Vec<Key> {
    let Some(kind) = find(&resource.address.kind) else {
        return Vec::new();
    };
    let parts = kind
        .composite()
        .map(|composite| composite.parts(resource))
        .unwrap_or_default();
    kind.key(resource)
        .into_iter()
        .chain(
            parts
                .iter()
                .filter_map(|part| part.kind.key(&part.resource)),
        )
        .collect()
}

/// Keys of what a live object of a key uses: what its kind says, and the CRD of its type.
pub fn used(kind: &dyn Kind, key: &Key, live: &Json) -> Vec<Key> {
    let definition = match key {
        Key::Kube { resource, .. } => kubernetes_manifest::definition_of(resource),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    };
    kind.live_needs(live)
        .into_iter()
        .chain(definition)
        .collect()
}

/// Keys of what a declared resource needs: what its kind says, and the CRDs of its types.
pub fn needed(resource: &Resource) -> Vec<Key> {
    let Some(kind) = find(&resource.address.kind) else {
        return Vec::new();
    };
    let definitions = keys(resource).into_iter().filter_map(|key| match key {
        Key::Kube { resource, .. } => kubernetes_manifest::definition_of(&resource),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    });
    kind.needs(resource)
        .into_iter()
        .chain(definitions)
        .collect()
}

/// Address that an orphan is shown under when its own address label is a digest.
pub fn orphan_address(kind: &str, key: &Key) -> Address {
    orphan_named(kind, &key.to_string())
}

/// The same, of any text that tells it from others.
pub fn orphan_named(kind: &str, text: &str) -> Address {
    let name: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    Address::new(kind, format!("orphan_{name}"))
}
