//! What lints look at: every declared object, also those that a resource of several objects consists of, and what the
//! plan's questions found. Must not know any one lint.

use crate::kinds::{self, Home, Kind};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::model::object_store::Store;
use crate::model::resource::{Configuration, Resource};
use crate::plan::document::Node;
use crate::plan::found::{Found, Objects};
use crate::world::query::Query;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Resource type of schedules.
pub(super) const SCHEDULE: &str = "velero_schedule";
/// Resource type of locations.
pub(super) const LOCATION: &str = "velero_backup_storage_location";
/// Resource type of volume snapshot locations.
pub(super) const SNAPSHOT_LOCATION: &str = "velero_volume_snapshot_location";
/// Resource type of objects of any type.
pub(super) const MANIFEST: &str = "kubernetes_manifest";
/// Resource type of annotations on what others make.
pub(super) const ANNOTATIONS: &str = "kubernetes_annotations";

/// Everything that lints look at.
pub struct Scene<'a> {
    /// What is declared.
    pub configuration: &'a Configuration,
    objects: Vec<Declared<'a>>,
    live: Option<&'a Objects<'a>>,
    nodes: Vec<&'a Node>,
}

/// One declared object.
pub(super) struct Declared<'a> {
    /// The resource that declares it.
    pub(super) owner: &'a Resource,
    /// Its kind.
    pub(super) kind: &'static dyn Kind,
    /// As it would be declared by itself.
    pub(super) resource: Cow<'a, Resource>,
    key: Option<Key>,
}

impl<'a> Scene<'a> {
    /// A configuration alone.
    pub fn declared(configuration: &'a Configuration) -> Self {
        let objects = configuration.resources.iter().flat_map(|owner| {
            kinds::parts(owner).into_iter().map(move |part| Declared {
                owner,
                kind: part.kind,
                key: part.kind.key(&part.resource),
                resource: part.resource,
            })
        });
        Self {
            configuration,
            objects: objects.collect(),
            live: None,
            nodes: Vec::new(),
        }
    }

    /// With what is live, and what a plan makes of both.
    pub fn planned(
        configuration: &'a Configuration,
        live: &'a Objects<'a>,
        nodes: Vec<&'a Node>,
    ) -> Self {
        Self {
            live: Some(live),
            nodes,
            ..Self::declared(configuration)
        }
    }

    /// The resource of an address.
    pub fn owner(&self, address: &Address) -> Option<&'a Resource> {
        let resources = &self.configuration.resources;
        resources
            .iter()
            .find(|resource| resource.address == *address)
    }

    /// Nodes of the plan, none where there is no plan.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().copied()
    }

    /// Every declared object.
    pub(super) fn all(&self) -> impl Iterator<Item = &Declared<'a>> {
        self.objects.iter()
    }

    /// Declared objects of one kind.
    pub(super) fn of(&self, kind: &'static str) -> impl Iterator<Item = &Declared<'a>> {
        self.objects
            .iter()
            .filter(move |object| object.kind.schema().kind == kind)
    }

    /// The live object of a declared one, where it is known to be there.
    pub(super) fn live(&self, declared: &Declared<'_>) -> Option<&'a Json> {
        let provider = declared.resource.provider.as_ref()?;
        self.live?.present(provider, declared.key()?)
    }

    /// Live objects of one kind that no resource declares, with the provider that found them.
    pub(super) fn undeclared(&self, kind: &'static str) -> Vec<(&'a ProviderRef, &'a Json)> {
        let home = kinds::find(kind).map(Kind::home);
        // A manifest may be of a type that has a kind of its own.
        let is_of_kind = |declared: &&Declared<'_>| match declared.key() {
            Some(Key::Kube { resource, .. }) => match &home {
                Some(Home::Kube(home)) => {
                    resource.group == home.group && resource.kind == home.kind
                }
                Some(Home::Declared | Home::Command | Home::Parts) | None => false,
            },
            Some(Key::Cluster { .. } | Key::Composite { .. }) | None => false,
        };
        let declared: BTreeSet<(Option<&str>, &str)> = self
            .all()
            .filter(is_of_kind)
            .filter_map(Declared::place)
            .collect();
        let is_new = |object: &Json| {
            let text = |member: &str| object["metadata"][member].as_str();
            !declared.contains(&(text("namespace"), text("name").unwrap_or_default()))
        };
        self.listed(|resource| home == Some(Home::Kube(resource.clone())))
            .into_iter()
            .filter(|(_, _, object)| is_new(object))
            .map(|(provider, _, object)| (provider, object))
            .collect()
    }

    /// What is known of one live object.
    pub(super) fn find(
        &self,
        provider: &ProviderRef,
        resource: &KubeResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Found<'a> {
        let live = self.live;
        live.map_or(Found::NotAsked, |live| {
            live.find(provider, resource, namespace, name)
        })
    }

    /// Live objects of some types, with the provider that found them and their type.
    pub(super) fn listed(
        &self,
        is_wanted: impl Fn(&KubeResource) -> bool,
    ) -> Vec<(&'a ProviderRef, &'a KubeResource, &'a Json)> {
        let lists = self.live.into_iter().flat_map(Objects::lists);
        lists
            .filter_map(|(query, objects)| match query {
                Query::List {
                    provider, resource, ..
                } if is_wanted(resource) => {
                    Some(objects.map(move |object| (provider, resource, object)))
                }
                Query::List { .. }
                | Query::Marked { .. }
                | Query::Get { .. }
                | Query::Identity { .. }
                | Query::Types { .. }
                | Query::Blobs { .. }
                | Query::Blob { .. }
                | Query::Cluster { .. } => None,
            })
            .flatten()
            .collect()
    }

    /// Whether something declared says that the cluster runs at Hetzner: its object storage.
    pub(super) fn at_hetzner(&self) -> bool {
        self.of(LOCATION)
            .filter_map(|location| location.setting("s3Url"))
            .any(|url| Store::of(Some(&url), None).is_at_hetzner())
    }
}

impl Declared<'_> {
    /// A hit at one of its attributes.
    pub(super) fn hit(&self, attribute: &'static str, detail: impl Into<String>) -> super::Hit {
        super::Hit {
            address: Some(self.owner.address.clone()),
            attribute,
            detail: detail.into(),
        }
    }

    /// Its natural key.
    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Its namespace and name.
    pub(super) fn place(&self) -> Option<(Option<&str>, &str)> {
        match self.key()? {
            Key::Kube {
                namespace, name, ..
            } => Some((namespace.as_deref(), name)),
            Key::Cluster { .. } | Key::Composite { .. } => None,
        }
    }

    /// Its namespace; empty where it has none.
    pub(super) fn namespace(&self) -> String {
        let place = self.place();
        place
            .and_then(|(namespace, _)| namespace.map(str::to_owned))
            .unwrap_or_default()
    }

    /// A known text.
    pub(super) fn text(&self, attribute: &str) -> Option<String> {
        self.resource.text(attribute)
    }

    /// A known setting of the plugin.
    pub(super) fn setting(&self, key: &str) -> Option<String> {
        let setting = self.resource.body.member("config")?.member(key)?;
        setting.known()?.as_str().map(str::to_owned)
    }

    /// A known truth value.
    pub(super) fn flag(&self, attribute: &str) -> Option<bool> {
        self.resource.body.member(attribute)?.known()?.as_bool()
    }

    /// A list of texts, empty where nothing is said; `None`: not known yet.
    pub(super) fn texts(&self, attribute: &str) -> Option<Vec<String>> {
        let Some(value) = self.resource.body.member(attribute) else {
            return Some(Vec::new());
        };
        let list = value.known()?.as_array().cloned().unwrap_or_default();
        Some(
            list.iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether it says something, be it known or not.
    pub(super) fn says(&self, attribute: &str) -> bool {
        let is_nothing = |value: &Expr| match value.known() {
            Some(Json::Null) => true,
            Some(Json::String(text)) => text.is_empty(),
            Some(Json::Array(members)) => members.is_empty(),
            Some(Json::Object(members)) => members.is_empty(),
            Some(Json::Bool(_) | Json::Number(_)) | None => false,
        };
        let value = self.resource.body.member(attribute);
        value.is_some_and(|value| !is_nothing(&value))
    }

    /// Whether a schedule runs.
    pub(super) fn runs(&self) -> bool {
        self.flag("paused") != Some(true)
    }
}
