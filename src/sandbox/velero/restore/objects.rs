//! Makes the objects of a restore in the cluster: what is stripped, what is put there, and what becomes of an object that
//! is there already. Must not know the phases.

use super::super::bucket::Place;
use super::super::files::unzipped;
use super::super::text;
use super::changes::{self, Changes};
use super::files::{Held, held};
use super::{Action, Outcome, items, volumes};
use crate::sandbox::kubernetes::create::create;
use crate::sandbox::kubernetes::resources::{self, Resource};
use crate::sandbox::kubernetes::routes::{Parameters, served_resources};
use crate::sandbox::kubernetes::write::{Target, merge_patch};
use crate::sandbox::state::State;
use serde_json::{Map, Value, json};
use sha2::Digest;
use std::collections::BTreeMap;

/// Metadata that no object brings along.
const STRIPPED: &[&str] = &[
    "generateName",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
];
/// What binds a claim to its volume.
const BOUND: &[&str] = &[
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
];

/// Makes what a restore takes of its backup; returns how many volumes are to be filled too.
///
/// # Errors
/// Its backup cannot be read.
pub fn make(state: &mut State, restore: &Value) -> Result<(Outcome, usize), String> {
    let backup = text(restore, "/spec/backupName").to_owned();
    let place = super::place(state, restore).ok_or("error getting backup info")?;
    let tarball = place.read(state, &backup, &format!("{backup}.tar.gz"));
    let tarball = tarball.map_err(|why| format!("error downloading backup: {why}"))?;
    let mut outcome = Outcome::default();
    let held = match held(&tarball) {
        Ok(held) => held,
        Err(why) => {
            outcome.said.errors.velero.push(why);
            return Ok((outcome, 0));
        }
    };
    let methods = methods(state, &place, &backup);
    let changes = changes::of(state, restore)?;
    let mut run = Run {
        state,
        restore,
        backup: &backup,
        held: &held,
        methods,
        changes,
        outcome,
        volumes: 0,
    };
    if held.is_empty() {
        let message = "zero items to be restored: directory \"resources\" does not exist";
        let warnings = &mut run.outcome.said.warnings;
        warnings.velero.push(message.to_owned());
    }
    for item in items::chosen(restore, &held) {
        run.take(item);
    }
    Ok((run.outcome, run.volumes))
}

/// How the data of each volume were backed up, by the volume's name.
fn methods(state: &State, place: &Place, backup: &str) -> BTreeMap<String, String> {
    let file = place.read(state, backup, &format!("{backup}-volumeinfo.json.gz"));
    let list = file.ok().and_then(|bytes| unzipped(&bytes));
    let list = list.as_ref().and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|info| {
            let of = |member: &str| text(info, member).to_owned();
            (of("/pvName"), of("/backupMethod"))
        })
        .collect()
}

/// A restore at work.
struct Run<'a> {
    state: &'a mut State,
    restore: &'a Value,
    backup: &'a str,
    held: &'a [Held],
    methods: BTreeMap<String, String>,
    changes: Changes,
    outcome: Outcome,
    volumes: usize,
}

impl<'a> Run<'a> {
    fn target_namespace(&self, namespace: &str) -> String {
        let mapping = self.restore.pointer("/spec/namespaceMapping");
        let mapped = mapping.and_then(|mapping| mapping.get(namespace)?.as_str());
        mapped.unwrap_or(namespace).to_owned()
    }
    fn take(&mut self, item: &Held) {
        if item.title == "namespaces" {
            let target = self.target_namespace(&item.name);
            self.ensure_namespace(&item.name, &target);
            return;
        }
        let target = item.namespace.as_deref().map(|namespace| {
            let target = self.target_namespace(namespace);
            self.ensure_namespace(namespace, &target);
            target
        });
        if items::is_finished(item) {
            return;
        }
        let (kind, listed) = names(item, target.as_deref());
        let is_done = self.outcome.items.get(&kind);
        if is_done.is_some_and(|done| done.contains_key(&listed)) {
            return;
        }
        // A claim brings its volume, whose own filters are asked.
        let volume = self.volume_of(item);
        if let Some(volume) = volume {
            self.take(volume);
        }
        let action = self.restore_item(item, target.as_deref());
        self.note(&kind, &listed, action);
    }
    fn volume_of(&self, item: &Held) -> Option<&'a Held> {
        let name = text(&item.object, "/spec/volumeName");
        let wanted = item.title == "persistentvolumeclaims"
            && items::takes_type(self.restore, "persistentvolumes")
            && items::cluster_resources(self.restore) != Some(false);
        self.held
            .iter()
            .find(|one| wanted && one.title == "persistentvolumes" && one.name == name)
    }
    fn note(&mut self, kind: &str, listed: &str, action: Action) {
        let of_kind = self.outcome.items.entry(kind.to_owned()).or_default();
        of_kind.insert(listed.to_owned(), action);
    }
    /// A namespace that is not there is made with the labels and annotations that it had: nothing changes it on its way.
    fn ensure_namespace(&mut self, source: &str, target: &str) {
        if self
            .state
            .objects
            .contains_key(&format!("namespaces/{target}"))
        {
            return;
        }
        let backed = self
            .held
            .iter()
            .find(|item| item.title == "namespaces" && item.name == source);
        let mut metadata = json!({"name": target});
        for member in ["labels", "annotations"] {
            if let Some(given) = backed.and_then(|item| item.object["metadata"].get(member)) {
                metadata[member] = given.clone();
            }
        }
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        match self.create(("namespaces", None), &object) {
            Ok(_) => self.note("v1/Namespace", target, Action::Created),
            Err(why) => self.outcome.said.errors.velero.push(why),
        }
    }
    fn restore_item(&mut self, item: &Held, namespace: Option<&str>) -> Action {
        let annotations = item.object.pointer("/metadata/annotations");
        let is_mirror =
            annotations.is_some_and(|given| given.get("kubernetes.io/config.mirror").is_some());
        if is_mirror || (item.title == "persistentvolumes" && self.is_provisioned(item)) {
            return Action::Skipped;
        }
        let volumes = self.volumes_of(item);
        let object = self.prepared(item, namespace, !volumes.is_empty());
        let object = self.changes.apply(&item.title, object);
        match self.create((&item.title, namespace), &object) {
            Ok(made) => {
                let key = self.key(item, namespace);
                self.keep_managers(&key, &object);
                self.begin_volumes(item, &made, &volumes);
                self.count_hooks(&object);
                Action::Created
            }
            Err(why) => match self.live(item, namespace) {
                Some(live) => self.there_already((item, namespace), &live, &object),
                None => {
                    let id = match namespace {
                        Some(namespace) => format!("{}/{namespace}/{}", item.title, item.name),
                        None => format!("{}/{}", item.title, item.name),
                    };
                    let message = format!("error restoring {id}: {why}");
                    self.outcome.said.errors.add(namespace, message);
                    Action::Failed
                }
            },
        }
    }
    fn key(&self, item: &Held, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) => format!("{}/{namespace}/{}", item.title, item.name),
            None => format!("{}/{}", item.title, item.name),
        }
    }
    fn live(&self, item: &Held, namespace: Option<&str>) -> Option<Value> {
        self.state.objects.get(&self.key(item, namespace)).cloned()
    }
    /// Whether a volume is left to be provisioned anew: its data come from elsewhere, or it is not to be kept.
    fn is_provisioned(&self, item: &Held) -> bool {
        let method = self.methods.get(&item.name).map(String::as_str);
        let policy = text(&item.object, "/spec/persistentVolumeReclaimPolicy");
        matches!(method, Some("PodVolumeBackup" | "CSISnapshot")) || policy == "Delete"
    }
    /// Backed-up volumes of a Pod, unless the restore leaves out claims or volumes.
    fn volumes_of(&self, item: &Held) -> Vec<volumes::Backed> {
        let takes = |title: &str| items::takes_type(self.restore, title);
        let wanted = takes("persistentvolumeclaims") && takes("persistentvolumes");
        match (&item.namespace, item.title.as_str()) {
            (Some(namespace), "pods") if wanted => {
                volumes::backed(self.state, self.backup, (namespace, &item.name))
            }
            _ => Vec::new(),
        }
    }
    fn begin_volumes(&mut self, item: &Held, made: &Value, volumes: &[volumes::Backed]) {
        if volumes.is_empty() {
            return;
        }
        let source = item.namespace.as_deref().unwrap_or_default();
        match volumes::begin(self.state, (self.restore, source), made, volumes) {
            Ok(count) => self.volumes += count,
            Err(why) => self.outcome.said.errors.velero.push(why),
        }
    }
    fn count_hooks(&mut self, object: &Value) {
        let annotations = object.pointer("/metadata/annotations");
        let hook = "post.hook.restore.velero.io/command";
        let has_hook = annotations.is_some_and(|given| given.get(hook).is_some());
        if has_hook && text(object, "/kind") == "Pod" {
            self.outcome.hooks += 1;
        }
    }
    /// The object as it is sent.
    fn prepared(&self, item: &Held, namespace: Option<&str>, waits: bool) -> Value {
        let mut object = bare(&item.object);
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = json!(namespace);
        }
        self.label(&mut object);
        match item.title.as_str() {
            "pods" => {
                if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
                    unschedule(spec, waits);
                }
            }
            "persistentvolumeclaims" if self.was_provisioned(&object) => unbind(&mut object),
            "persistentvolumes" => unclaim(&mut object),
            "services" => {
                if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
                    && spec.get("clusterIP").is_some_and(|given| given != "None")
                {
                    spec.remove("clusterIP");
                    spec.remove("clusterIPs");
                }
            }
            _ => {}
        }
        object
    }
    fn label(&self, object: &mut Value) {
        let restore = text(self.restore, "/metadata/name");
        for (label, name) in [
            ("velero.io/backup-name", self.backup),
            ("velero.io/restore-name", restore),
        ] {
            object["metadata"]["labels"][label] = json!(label_value(name));
        }
    }
    /// Whether the volume of a claim is in the backup, and is provisioned anew.
    fn was_provisioned(&self, claim: &Value) -> bool {
        let name = text(claim, "/spec/volumeName");
        let known = self
            .methods
            .get(name)
            .is_some_and(|method| matches!(method.as_str(), "PodVolumeBackup" | "CSISnapshot"));
        let volume = self
            .held
            .iter()
            .find(|item| item.title == "persistentvolumes" && item.name == name);
        known || volume.is_some_and(|volume| self.is_provisioned(volume))
    }
    fn create(
        &mut self,
        (title, namespace): (&str, Option<&str>),
        object: &Value,
    ) -> Result<Value, String> {
        let resource = self.served(title)?;
        let parameters = Parameters::default();
        let target = target(resource, namespace, &parameters);
        let mut sent = object.clone();
        if let Some(Value::Object(metadata)) = sent.get_mut("metadata") {
            metadata.remove("managedFields");
        }
        let made = create(self.state, &target, sent.to_string().as_bytes());
        made.map_err(|failure| failure.message().to_owned())
    }
    fn served(&self, title: &str) -> Result<&'static Resource, String> {
        let resource = resources::by_title(title).filter(|resource| {
            let mut served = served_resources(self.state);
            served.any(|one| one.title() == resource.title())
        });
        resource.ok_or_else(|| "the server could not find the requested resource".to_owned())
    }
    /// Who owned which field is put back as it was.
    fn keep_managers(&mut self, key: &str, object: &Value) {
        let managers = object.pointer("/metadata/managedFields");
        let managers = managers.filter(|list| list.as_array().is_some_and(|list| !list.is_empty()));
        let live = self.state.objects.get(key).cloned();
        if let (Some(managers), Some(mut live)) = (managers, live) {
            live["metadata"]["managedFields"] = managers.clone();
            self.state.store(key, live);
        }
    }
    /// An object that is there is kept, unless the restore says otherwise; accounts are always merged.
    fn there_already(
        &mut self,
        (item, namespace): (&Held, Option<&str>),
        live: &Value,
        object: &Value,
    ) -> Action {
        let mut current = bare(live);
        self.label(&mut current);
        let kind = text(object, "/kind");
        if current == *object {
            return Action::Skipped;
        }
        let policy = text(self.restore, "/spec/existingResourcePolicy");
        let patch = match (kind, policy) {
            ("ServiceAccount", _) => added(&current, object),
            (_, "update") => Some(object.clone()),
            (_, policy) => {
                let name = match policy {
                    "none" => format!("{kind} {:?}", item.name),
                    _ => format!("{kind}:{}", item.name),
                };
                let message = format!(
                    "could not restore, {name} already exists. Warning: the in-cluster version is different than the backed-up version"
                );
                self.outcome.said.warnings.add(namespace, message);
                return Action::Failed;
            }
        };
        match patch.map(|patch| self.patch(item, namespace, &patch)) {
            None => Action::Skipped,
            Some(Ok(_)) => Action::Updated,
            Some(Err(why)) => {
                self.outcome.said.warnings.add(namespace, why);
                Action::Failed
            }
        }
    }
    fn patch(
        &mut self,
        item: &Held,
        namespace: Option<&str>,
        patch: &Value,
    ) -> Result<Value, String> {
        let resource = self.served(&item.title)?;
        let parameters = Parameters::default();
        let target = Target {
            name: &item.name,
            ..target(resource, namespace, &parameters)
        };
        let body = patch.to_string();
        let patched = merge_patch(self.state, &target, body.as_bytes());
        patched.map_err(|failure| failure.message().to_owned())
    }
}

fn target<'a>(
    resource: &'static Resource,
    namespace: Option<&'a str>,
    parameters: &'a Parameters,
) -> Target<'a> {
    Target {
        resource,
        namespace,
        name: "",
        parameters,
        agent: "velero-server",
    }
}

/// Type and name as the list of restored objects has them.
fn names(item: &Held, namespace: Option<&str>) -> (String, String) {
    let version = text(&item.object, "/apiVersion");
    let kind = format!("{version}/{}", text(&item.object, "/kind"));
    let name = &item.name;
    let listed = namespace.map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}"));
    (kind, listed)
}

/// An object without what belongs to one cluster, and without its status.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Value::Object(members) = &mut object {
        members.remove("status");
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|member, _| !STRIPPED.contains(&member.as_str()));
    }
    object
}

/// A Pod is scheduled anew, and held back where volumes are to be filled first.
fn unschedule(spec: &mut Map<String, Value>, waits: bool) {
    spec.remove("nodeName");
    spec.remove("priority");
    if !waits {
        return;
    }
    let waiter = json!({"name": volumes::WAITER, "image": "velero/velero:v1.18.1"});
    let mut containers = vec![waiter];
    if let Some(Value::Array(given)) = spec.remove("initContainers") {
        let is_other = |one: &Value| text(one, "/name") != volumes::WAITER;
        containers.extend(given.into_iter().filter(is_other));
    }
    spec.insert("initContainers".to_owned(), Value::Array(containers));
}

fn unbind(claim: &mut Value) {
    if let Some(Value::Object(spec)) = claim.get_mut("spec") {
        spec.remove("volumeName");
    }
    if let Some(Value::Object(annotations)) = claim.pointer_mut("/metadata/annotations") {
        annotations.retain(|name, _| !BOUND.contains(&name.as_str()));
    }
}

fn unclaim(volume: &mut Value) {
    if let Some(Value::Object(claim)) = volume.pointer_mut("/spec/claimRef") {
        claim.remove("uid");
        claim.remove("resourceVersion");
    }
    if let Some(Value::Object(annotations)) = volume.pointer_mut("/metadata/annotations") {
        annotations.retain(|name, _| !BOUND.contains(&name.as_str()));
    }
}

/// Labels and annotations of an account that the one in the cluster does not have.
fn added(current: &Value, object: &Value) -> Option<Value> {
    let mut metadata = Map::new();
    for member in ["labels", "annotations"] {
        let (has, wants) = (&current["metadata"][member], &object["metadata"][member]);
        let missing: Map<String, Value> = wants
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| has.get(name.as_str()).is_none())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !missing.is_empty() {
            metadata.insert(member.to_owned(), Value::Object(missing));
        }
    }
    (!metadata.is_empty()).then(|| json!({"metadata": metadata}))
}

/// A name as a label's value: one that is too long ends with six digits of its digest.
fn label_value(name: &str) -> String {
    if name.len() <= 63 {
        return name.to_owned();
    }
    let digest = hex::encode(sha2::Sha256::digest(name));
    let cut = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    format!("{}{}", cut(name, 57), cut(&digest, 6))
}
