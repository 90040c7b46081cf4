//! Every object of a tarball by name, with what decides whether it comes back and what becomes of its data. Kept only where
//! a recovery asks for it: it grows with the tarball. No value of an object is kept, but of what stands before Services.

use super::restoring;
use super::volumes::Claim;
use crate::model::identity::KubeResource;
use crate::model::recovery::Turn;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Annotation of a Pod that a kubelet made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";
/// Type of a Secret whose value a controller writes.
const TOKEN: &str = "kubernetes.io/service-account-token";

/// An object among those of its type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Its namespace; none where it is cluster-scoped.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{namespace}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Whether its disk outlives it.
    pub is_retained: bool,
    /// The disk, in the words of its driver; empty where it is none of a driver.
    pub handle: String,
    /// Its size, as Kubernetes writes it.
    pub size: String,
}

/// An object that hands requests to Services: whole, since it comes back by itself once they answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeServices {
    /// The object, without what the API server wrote into it.
    pub body: Json,
    /// Its Services.
    pub services: BTreeSet<Item>,
}

/// Objects of a tarball.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// By type (`deployments.apps`).
    pub names: BTreeMap<String, BTreeSet<Item>>,
    /// What each of these types is in the API, as its first object says.
    pub types: BTreeMap<String, KubeResource>,
    /// Those that do not come back although their type does: ended and mirror Pods, tokens, what an excluded label is on.
    pub left_out: BTreeSet<(String, Item)>,
    /// Claims, and the PersistentVolume of each.
    pub claims: BTreeMap<Claim, String>,
    /// PersistentVolumes by name.
    pub disks: BTreeMap<String, Disk>,
    /// Services whose address somebody outside of the cluster gives them.
    pub balancers: BTreeSet<Item>,
    /// Controllers that act on what others own, by namespace.
    pub controllers: BTreeMap<String, &'static str>,
    /// CronJobs that are not suspended: the clock makes Jobs of them.
    pub cron_jobs: BTreeSet<Item>,
    /// What stands before Services, by type and name: an APIService of the API server's own is none of these.
    pub before_services: BTreeMap<(String, String), BeforeServices>,
    /// Pods with a command that Velero runs in them after the restore, and waits for without limit.
    pub endless_hooks: BTreeSet<Item>,
}

impl Items {
    /// Takes an object in.
    ///
    /// # Errors
    /// Where its bytes are no object.
    pub(super) fn take(
        &mut self,
        type_: &str,
        item: Item,
        bytes: &[u8],
    ) -> Result<(), &'static str> {
        let object: Json =
            serde_json::from_slice(bytes).map_err(|_| "an object in it is damaged")?;
        if is_left_out(type_, &object) {
            self.left_out.insert((type_.to_owned(), item.clone()));
        }
        if !self.types.contains_key(type_)
            && let Some(resource) = resource(type_, &item, &object)
        {
            self.types.insert(type_.to_owned(), resource);
        }
        if let Some(namespace) = &item.namespace
            && let Some(controller) = restoring::controller(type_, &object)
        {
            self.controllers.insert(namespace.clone(), controller);
        }
        if restoring::BEFORE_SERVICES.contains(&type_)
            && let Some(before) = before_services(&object)
        {
            let key = (type_.to_owned(), item.name.clone());
            self.before_services.insert(key, before);
        }
        match (type_, &item.namespace) {
            ("persistentvolumeclaims", Some(namespace)) => {
                let claim = Claim {
                    namespace: namespace.clone(),
                    name: item.name.clone(),
                };
                let volume = text(&object, "/spec/volumeName").to_owned();
                self.claims.insert(claim, volume);
            }
            ("persistentvolumes", None) => {
                let disk = Disk {
                    is_retained: text(&object, "/spec/persistentVolumeReclaimPolicy") == "Retain",
                    handle: text(&object, "/spec/csi/volumeHandle").to_owned(),
                    size: text(&object, "/spec/capacity/storage").to_owned(),
                };
                self.disks.insert(item.name.clone(), disk);
            }
            ("cronjobs.batch", Some(_))
                if object.pointer("/spec/suspend") != Some(&Json::Bool(true)) =>
            {
                self.cron_jobs.insert(item.clone());
            }
            ("pods", Some(_)) if waits_without_limit(&object) => {
                self.endless_hooks.insert(item.clone());
            }
            ("services", Some(_)) if text(&object, "/spec/type") == "LoadBalancer" => {
                self.balancers.insert(item.clone());
            }
            (_, Some(_) | None) => {}
        }
        self.names.entry(type_.to_owned()).or_default().insert(item);
        Ok(())
    }

    /// Namespaces that something is in.
    pub fn namespaces(&self) -> BTreeSet<&str> {
        let items = self.names.values().flatten();
        let mut all: BTreeSet<&str> = items.filter_map(|item| item.namespace.as_deref()).collect();
        let objects = self.names.get("namespaces").into_iter().flatten();
        all.extend(objects.map(|item| item.name.as_str()));
        all
    }

    /// What must be there after the Restore of these namespaces at a turn, by type: `namespace/name`, or the name of what
    /// has no namespace.
    pub fn expected(
        &self,
        turn: Turn,
        namespaces: &BTreeSet<String>,
    ) -> BTreeMap<String, Vec<String>> {
        let mut expected = BTreeMap::new();
        for (type_, items) in &self.names {
            let items = items.iter().filter(|item| {
                (is_among(type_, item, namespaces) || is_of_cluster(turn, type_, item))
                    && restoring::is_restored(turn, type_)
                    && restoring::is_awaited(type_, item.namespace.as_deref(), &item.name)
                    && !self.left_out.contains(&(type_.clone(), (*item).clone()))
            });
            let names: Vec<String> = items.map(ToString::to_string).collect();
            if !names.is_empty() {
                expected.insert(type_.clone(), names);
            }
        }
        expected
    }

    /// Databases in these namespaces that have an archive of their own: what a person calls them, and their names.
    pub fn databases(&self, namespaces: &BTreeSet<String>) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (type_, title) in restoring::DATABASES {
            let items = self.names.get(*type_).into_iter().flatten();
            let items = items.filter(|item| is_among(type_, item, namespaces));
            found.extend(items.map(|item| (*title, item.to_string())));
        }
        found
    }

    /// How many cluster-scoped objects there are of each type that are not an application's: of these a Restore of stage
    /// *infra* brings all, and any other none.
    pub fn cluster_scoped(&self) -> Vec<(&str, usize)> {
        let of_types = self.names.iter().filter(|(type_, _)| {
            // A namespace comes with what is in it.
            type_.as_str() != "namespaces" && restoring::is_missed(type_)
        });
        let counts = of_types.map(|(type_, items)| {
            let scoped = items.iter().filter(|item| item.namespace.is_none());
            (type_.as_str(), scoped.count())
        });
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

/// Whether a Restore of these namespaces is about an object.
fn is_among(type_: &str, item: &Item, namespaces: &BTreeSet<String>) -> bool {
    match &item.namespace {
        Some(namespace) => namespaces.contains(namespace),
        None => type_ == "namespaces" && namespaces.contains(&item.name),
    }
}

/// Whether a Restore of stage *infra* brings an object that has no namespace; a Namespace comes with what is in it.
fn is_of_cluster(turn: Turn, type_: &str, item: &Item) -> bool {
    turn == Turn::Infra && item.namespace.is_none() && type_ != "namespaces"
}

/// The type of an object, which the tarball knows by plural and group.
fn resource(type_: &str, item: &Item, object: &Json) -> Option<KubeResource> {
    let (api_version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    let version = match api_version.split_once('/') {
        Some((_group, version)) => version,
        None => api_version,
    };
    let (plural, group) = type_.split_once('.').unwrap_or((type_, ""));
    (!version.is_empty() && !kind.is_empty()).then(|| KubeResource {
        group: group.to_owned().into(),
        version: version.to_owned().into(),
        plural: plural.to_owned().into(),
        kind: kind.to_owned().into(),
        namespaced: item.namespace.is_some(),
    })
}

/// Members of metadata that a person writes.
const WRITTEN: [&str; 3] = ["name", "labels", "annotations"];

/// A webhook configuration or an APIService with the Services that it needs; none of an APIService that has none.
fn before_services(object: &Json) -> Option<BeforeServices> {
    let hooks = object["webhooks"].as_array();
    let clients = hooks
        .into_iter()
        .flatten()
        .map(|hook| &hook["clientConfig"]);
    let named = clients
        .chain([&object["spec"]])
        .map(|client| &client["service"]);
    let services: BTreeSet<Item> = named
        .filter_map(|service| {
            Some(Item {
                namespace: Some(service["namespace"].as_str()?.to_owned()),
                name: service["name"].as_str()?.to_owned(),
            })
        })
        .collect();
    if services.is_empty() && hooks.is_none() {
        return None;
    }
    let mut body = object.clone();
    let members = body.as_object_mut()?;
    members.remove("status");
    if let Some(metadata) = members.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.retain(|name, _| WRITTEN.contains(&name.as_str()));
        for map in ["labels", "annotations"] {
            // A mark that came with a backup is a copy (R23).
            if let Some(map) = metadata.get_mut(map).and_then(Json::as_object_mut) {
                map.retain(|name, _| !name.starts_with("sk-dr.io/"));
            }
        }
    }
    Some(BeforeServices { body, services })
}

/// Whether a Pod names a command to be run in it after the restore, and no limit for it to start.
fn waits_without_limit(pod: &Json) -> bool {
    let annotations = pod.pointer("/metadata/annotations");
    let is_said = |name: &str| annotations.is_some_and(|all| all.get(name).is_some());
    is_said("post.hook.restore.velero.io/command") && !is_said(restoring::HOOK_LIMIT)
}

fn is_left_out(type_: &str, object: &Json) -> bool {
    let labels = object.pointer("/metadata/labels");
    let is_labelled = |label: &&str| labels.is_some_and(|labels| labels.get(*label).is_some());
    let is_of_its_type = match type_ {
        "pods" => {
            let annotations = object.pointer("/metadata/annotations");
            annotations.is_some_and(|annotations| annotations.get(MIRROR).is_some())
                || matches!(text(object, "/status/phase"), "Succeeded" | "Failed")
        }
        "secrets" => text(object, "/type") == TOKEN,
        _other => false,
    };
    is_of_its_type || restoring::EXCLUDED_LABELS.iter().any(is_labelled)
}

fn text<'a>(object: &'a Json, pointer: &str) -> &'a str {
    let value = object.pointer(pointer).and_then(Json::as_str);
    value.unwrap_or_default()
}
