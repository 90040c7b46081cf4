//! Objects that manifests declare, and those that a plan found beside them: what each says, by place, as declared and else
//! as it is live. Must not know any one lint.

use super::Hit;
use super::names::lets_through;
use super::scene::{ANNOTATIONS, Declared, MANIFEST, SCHEDULE, Scene};
use super::view::View;
use crate::model::identity::{ProviderRef, STACK_LABEL};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A type: group and kind.
pub(super) type Type = (&'static str, &'static str);

/// Types whose objects run pods until somebody stops them.
pub(super) const SERVERS: &[Type] = &[
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
];

/// Types whose objects run pods that end.
pub(super) const JOBS: &[Type] = &[("batch", "CronJob"), ("batch", "Job")];

/// An object of a cluster.
pub(super) struct Object<'a> {
    /// Where the cluster is reached.
    pub(super) provider: &'a ProviderRef,
    /// Its kind.
    pub(super) kind: &'a str,
    /// Its namespace; empty where it has none.
    pub(super) namespace: &'a str,
    /// Its name.
    pub(super) name: &'a str,
    declared: Option<(&'a Declared<'a>, View<'a>)>,
    /// Bodies of resources that add annotations to it.
    annotating: Vec<View<'a>>,
    live: Option<&'a Json>,
}

/// Provider, kind, namespace and name.
type Identity<'a> = (&'a ProviderRef, &'a str, &'a str, &'a str);

/// Objects of these types: those that are declared, then those that are only live. What has an owner goes and comes with
/// it, and what bears the mark of a stack is looked at where that stack declares it, or is about to go.
pub(super) fn objects<'s>(scene: &'s Scene<'_>, types: &[Type]) -> Vec<Object<'s>> {
    let declared = scene
        .of(MANIFEST)
        .filter_map(|declared| Object::declared(scene, declared, types));
    let declared: Vec<Object<'s>> = declared.collect();
    let known: BTreeSet<_> = declared.iter().map(Object::identity).collect();
    let listed = scene.listed(|resource| {
        let is_it = |(group, kind): &Type| resource.group == *group && resource.kind == *kind;
        types.iter().any(is_it)
    });
    let found: Vec<Object<'s>> = listed
        .into_iter()
        .filter_map(|(provider, resource, live)| Object::found(provider, &resource.kind, live))
        .filter(|object| !known.contains(&object.identity()))
        .collect();
    let annotating = annotating(scene);
    let all = declared.into_iter().chain(found);
    all.map(|object| Object {
        annotating: annotating
            .get(&object.identity())
            .cloned()
            .unwrap_or_default(),
        ..object
    })
    .collect()
}

/// Bodies of resources that add annotations, by the object.
fn annotating<'s>(scene: &'s Scene<'_>) -> BTreeMap<Identity<'s>, Vec<View<'s>>> {
    let mut found: BTreeMap<Identity<'s>, Vec<View<'s>>> = BTreeMap::new();
    let all = scene.of(ANNOTATIONS).filter_map(|declared| {
        let body = View::of(&declared.resource.body);
        let metadata = body.member("metadata")?.items().into_iter().next()?;
        let namespace = metadata.member("namespace").and_then(View::text);
        let identity = (
            declared.resource.provider.as_ref()?,
            body.member("kind")?.text()?,
            namespace.unwrap_or("default"),
            metadata.member("name")?.text()?,
        );
        Some((identity, body))
    });
    for (identity, body) in all {
        found.entry(identity).or_default().push(body);
    }
    found
}

impl<'a> Object<'a> {
    fn declared(scene: &'a Scene<'_>, declared: &'a Declared<'_>, types: &[Type]) -> Option<Self> {
        let manifest = View::of(&declared.resource.body).member("manifest")?;
        let text = |path: &[&str]| manifest.at(path).and_then(View::text);
        let version = text(&["apiVersion"])?;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let kind = text(&["kind"])?;
        types.contains(&(group, kind)).then_some(())?;
        Some(Self {
            provider: declared.resource.provider.as_ref()?,
            kind,
            namespace: text(&["metadata", "namespace"]).unwrap_or_default(),
            name: text(&["metadata", "name"])?,
            declared: Some((declared, manifest)),
            annotating: Vec::new(),
            live: scene.live(declared),
        })
    }

    fn found(provider: &'a ProviderRef, kind: &'a str, live: &'a Json) -> Option<Self> {
        let metadata = &live["metadata"];
        let owners = metadata["ownerReferences"].as_array();
        let is_marked = metadata["labels"][STACK_LABEL].is_string();
        (owners.is_none_or(Vec::is_empty) && !is_marked).then_some(())?;
        Some(Self {
            provider,
            kind,
            namespace: metadata["namespace"].as_str().unwrap_or_default(),
            name: metadata["name"].as_str()?,
            declared: None,
            annotating: Vec::new(),
            live: Some(live),
        })
    }

    fn place(&self) -> (&'a ProviderRef, &'a str) {
        (self.provider, self.namespace)
    }

    fn identity(&self) -> Identity<'a> {
        (self.provider, self.kind, self.namespace, self.name)
    }

    /// What stands at a path: as declared, where nothing is declared there as it is live.
    pub(super) fn at(&self, path: &[&str]) -> Option<View<'a>> {
        let declared = self.declared.and_then(|(_, manifest)| manifest.at(path));
        declared
            .or_else(|| self.annotation(path))
            .or_else(|| View::Known(self.live?).at(path))
    }

    /// What is added at the place of an annotation.
    fn annotation(&self, path: &[&str]) -> Option<View<'a>> {
        let (attribute, key) = match path {
            ["metadata", "annotations", key] => ("annotations", key),
            ["spec", "template", "metadata", "annotations", key] => ("template_annotations", key),
            _elsewhere => return None,
        };
        let mut bodies = self.annotating.iter();
        bodies.find_map(|body| body.at(&[attribute, key]))
    }

    /// What stands at a path of its pods' template, or of itself where it is a pod.
    pub(super) fn in_pod(&self, path: &[&str]) -> Option<View<'a>> {
        let template: &[&str] = match self.kind {
            "Pod" => &[],
            "CronJob" => &["spec", "jobTemplate", "spec", "template"],
            _workload => &["spec", "template"],
        };
        self.at(&[template, path].concat())
    }

    /// Members of a list in its pods' template.
    pub(super) fn list_in_pod(&self, path: &[&str]) -> Vec<View<'a>> {
        self.in_pod(path).map(View::items).unwrap_or_default()
    }

    /// Members of a list.
    pub(super) fn list(&self, path: &[&str]) -> Vec<View<'a>> {
        self.at(path).map(View::items).unwrap_or_default()
    }

    /// `StatefulSet shop/database`.
    pub(super) fn title(&self) -> String {
        match self.namespace {
            "" => format!("{} {}", self.kind, self.name),
            namespace => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }

    /// A hit at its manifest; one that is not declared is about no resource.
    pub(super) fn hit(&self, detail: String) -> Hit {
        match self.declared {
            Some((declared, _)) => declared.hit("manifest", detail),
            None => Hit {
                address: None,
                attribute: "",
                detail,
            },
        }
    }
}

/// Of some objects those that matter here: what is declared, and what is only live in a namespace that is backed up.
pub(super) fn protected<'a>(scene: &Scene<'_>, objects: Vec<Object<'a>>) -> Vec<Object<'a>> {
    let is_live_only = |object: &&Object<'a>| object.declared.is_none();
    let places = objects.iter().filter(is_live_only);
    let places: BTreeSet<_> = places.map(Object::place).collect();
    if places.is_empty() {
        return objects;
    }
    let schedules = scene.of(SCHEDULE).filter(|schedule| schedule.runs());
    let reached: Vec<(&ProviderRef, Reached)> = schedules
        .filter_map(|schedule| {
            let provider = schedule.resource.provider.as_ref()?;
            Some((provider, Reached::of(schedule)?))
        })
        .collect();
    let is_covered = |(provider, namespace): &(&ProviderRef, &str)| {
        let mut reached = reached.iter();
        reached.any(|(of, reached)| of == provider && reached.has(namespace))
    };
    let covered: BTreeSet<_> = places.into_iter().filter(is_covered).collect();
    let matters = |object: &Object<'a>| !is_live_only(&object) || covered.contains(&object.place());
    objects.into_iter().filter(matters).collect()
}

/// Namespaces that a schedule backs up.
pub(super) struct Reached {
    included: Vec<String>,
    excluded: Vec<String>,
}

impl Reached {
    /// Of a schedule; `None`: not known.
    pub(super) fn of(schedule: &Declared<'_>) -> Option<Self> {
        Some(Self {
            included: schedule.texts("included_namespaces")?,
            excluded: schedule.texts("excluded_namespaces")?,
        })
    }

    /// Whether a namespace is among them.
    pub(super) fn has(&self, namespace: &str) -> bool {
        lets_through(&self.included, &self.excluded, namespace)
    }
}
