//! Which objects a backup holds, by the filters of its spec, and where each stands in the tarball. Of what Velero's item
//! actions add, a claim's volume is among them, and an account's roles are not. Must not know the bucket.

use super::text;
use crate::sandbox::kubernetes::resources::{self, RESOURCES, Resource, Scope};
use crate::sandbox::state::State;
use serde_json::Value;
use std::collections::BTreeSet;

/// An object in a backup.
pub struct Item {
    /// Its type.
    pub resource: &'static Resource,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The object as the API tells it.
    pub object: Value,
}

impl Item {
    fn of(resource: &'static Resource, object: &Value) -> Self {
        let namespace = object
            .pointer("/metadata/namespace")
            .and_then(Value::as_str);
        Self {
            resource,
            namespace: namespace.map(str::to_owned),
            name: text(object, "/metadata/name").to_owned(),
            object: object.clone(),
        }
    }
    /// Its two places: one for its type, and one for the version that the API prefers.
    pub fn paths(&self) -> [String; 2] {
        let place = self.namespace.as_ref().map_or_else(
            || format!("cluster/{}.json", self.name),
            |namespace| format!("namespaces/{namespace}/{}.json", self.name),
        );
        let title = self.resource.title();
        [
            format!("resources/{title}/{place}"),
            format!("resources/{title}/v1-preferredversion/{place}"),
        ]
    }
    /// Its type as the resource list has it: `apps/v1/Deployment`.
    pub fn kind(&self) -> String {
        format!("{}/{}", self.resource.api_version(), self.resource.kind)
    }
    /// `namespace/name`, or `name`.
    pub fn listed(&self) -> String {
        self.namespace.as_ref().map_or_else(
            || self.name.clone(),
            |namespace| format!("{namespace}/{}", self.name),
        )
    }
}

/// What a backup with this spec holds now.
pub fn items(state: &State, spec: &Value) -> Vec<Item> {
    let mut items: Vec<Item> = RESOURCES
        .iter()
        .filter(|resource| wants(spec, resource))
        .flat_map(|resource| {
            let objects = state.list(&resource.title(), None);
            objects.map(move |(_, object)| Item::of(resource, object))
        })
        .filter(|item| holds(spec, item))
        .collect();
    items.extend(definitions(state, spec, &items));
    items.extend(bound(state, spec, &items));
    items
}

/// The volumes that claims among the items are bound to, unless they or cluster-scoped objects are left out.
fn bound(state: &State, spec: &Value, items: &[Item]) -> Vec<Item> {
    let is_there = |name: &str| {
        let mut volumes = items
            .iter()
            .filter(|item| item.resource.plural == "persistentvolumes");
        volumes.any(|item| item.name == name)
    };
    let Some(volume) = resources::by_title("persistentvolumes") else {
        return Vec::new();
    };
    let excluded = texts(spec, "excludedResources");
    let is_left_out = excluded
        .iter()
        .any(|entry| is_named(entry, "persistentvolumes"));
    if is_left_out || spec.get("includeClusterResources") == Some(&Value::Bool(false)) {
        return Vec::new();
    }
    let claims = items
        .iter()
        .filter(|item| item.resource.plural == "persistentvolumeclaims");
    let names: BTreeSet<&str> = claims
        .map(|claim| text(&claim.object, "/spec/volumeName"))
        .filter(|name| !is_there(name))
        .collect();
    let objects = names
        .into_iter()
        .filter_map(|name| state.objects.get(&volume.object_key(None, name)));
    objects.map(|object| Item::of(volume, object)).collect()
}

/// The definitions of the custom resources among the items, unless cluster-scoped objects are left out.
fn definitions(state: &State, spec: &Value, items: &[Item]) -> Vec<Item> {
    let Some(definition) = resources::by_title("customresourcedefinitions.apiextensions.k8s.io")
    else {
        return Vec::new();
    };
    if wants(spec, definition) || spec.get("includeClusterResources") == Some(&Value::Bool(false)) {
        return Vec::new();
    }
    let titles: BTreeSet<String> = items.iter().map(|item| item.resource.title()).collect();
    let defined = titles
        .iter()
        .filter_map(|title| state.objects.get(&definition.object_key(None, title)));
    defined.map(|object| Item::of(definition, object)).collect()
}

fn texts<'a>(spec: &'a Value, name: &str) -> Vec<&'a str> {
    let list = spec.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn all_namespaces(spec: &Value) -> bool {
    let included = texts(spec, "includedNamespaces");
    included.is_empty() || included.contains(&"*")
}

/// Whether an entry of a filter names a type.
pub(super) fn is_named(entry: &str, title: &str) -> bool {
    let known = resources::by_title(title).is_some_and(|resource| {
        entry == resource.plural
            || entry == resource.singular
            || resource.short_names.contains(&entry)
    });
    entry == "*" || entry == title || known
}

/// Whether objects of a type are wanted: by the old pair of lists, or by the new pair of the type's scope.
fn wants(spec: &Value, resource: &Resource) -> bool {
    let named = |list: &str| {
        let list = texts(spec, list);
        let title = resource.title();
        let names = |entry: &&str| is_named(entry, &title);
        (list.is_empty(), list.iter().any(names))
    };
    let (old, new) = match resource.scope {
        Scope::Cluster => (
            ["includedResources", "excludedResources"],
            [
                "includedClusterScopedResources",
                "excludedClusterScopedResources",
            ],
        ),
        Scope::Namespaced => (
            ["includedResources", "excludedResources"],
            [
                "includedNamespaceScopedResources",
                "excludedNamespaceScopedResources",
            ],
        ),
    };
    let passes = |[included, excluded]: [&str; 2]| {
        let (all, is_included) = named(included);
        (all || is_included) && !named(excluded).1
    };
    if !passes(old) || !passes(new) {
        return false;
    }
    match resource.scope {
        Scope::Namespaced => true,
        // The namespaces themselves go with what is in them.
        Scope::Cluster if resource.plural == "namespaces" => true,
        Scope::Cluster => match spec.get("includeClusterResources").and_then(Value::as_bool) {
            Some(wanted) => wanted,
            None => all_namespaces(spec) || named("includedClusterScopedResources").1,
        },
    }
}

/// Whether an object passes the filters of namespaces and labels.
fn holds(spec: &Value, item: &Item) -> bool {
    let namespace = match (&item.namespace, item.resource.plural) {
        (Some(namespace), _) => Some(namespace),
        (None, "namespaces") => Some(&item.name),
        (None, _) => None,
    };
    let included = namespace.is_none_or(|namespace| {
        let within = |list: &str| {
            let patterns = texts(spec, list);
            patterns
                .iter()
                .any(|pattern| is_like(pattern.as_bytes(), namespace.as_bytes()))
        };
        (all_namespaces(spec) || within("includedNamespaces")) && !within("excludedNamespaces")
    });
    let label = |name: &str| {
        let labels = item.object.pointer("/metadata/labels")?;
        labels.get(name)?.as_str()
    };
    included
        && label("velero.io/exclude-from-backup") != Some("true")
        && (item.resource.plural == "namespaces" || selected(spec, &label))
}

/// Whether labels are those of the spec's one selector, or of one of several.
pub(super) fn selected<'a>(spec: &Value, label: &impl Fn(&str) -> Option<&'a str>) -> bool {
    let one = spec
        .get("labelSelector")
        .filter(|selector| !selector.is_null());
    let any = spec.get("orLabelSelectors").and_then(Value::as_array);
    one.is_none_or(|selector| matches(selector, label))
        && any
            .is_none_or(|any| any.is_empty() || any.iter().any(|selector| matches(selector, label)))
}

fn matches<'a>(selector: &Value, label: &impl Fn(&str) -> Option<&'a str>) -> bool {
    let labels = selector.get("matchLabels").and_then(Value::as_object);
    let equal = labels
        .into_iter()
        .flatten()
        .all(|(name, value)| label(name) == value.as_str());
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    equal
        && expressions.into_iter().flatten().all(|expression| {
            let found = label(text(expression, "/key"));
            let values = texts(expression, "values");
            match text(expression, "/operator") {
                "In" => found.is_some_and(|found| values.contains(&found)),
                "NotIn" => found.is_none_or(|found| !values.contains(&found)),
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                _ => false,
            }
        })
}

/// `*` is any text, `?` any character.
pub(super) fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => is_like(rest, name),
        (Some((b'*', rest)), Some((_, left))) => is_like(rest, name) || is_like(pattern, left),
        (Some((b'?', rest)), Some((_, left))) => is_like(rest, left),
        (Some((wanted, rest)), Some((found, left))) => wanted == found && is_like(rest, left),
        (None, Some(_)) | (Some(_), None) => false,
    }
}
