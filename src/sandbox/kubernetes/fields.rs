//! Field ownership: sets of paths, what an update or an apply does to them, and their wire form `fieldsV1`.
//! A port of structured-merge-diff for maps and atomic lists only. Must not know requests, errors or storage.

use super::schema::Shape;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of paths. Each element is in wire form: `f:name`, or `v:"item"` in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path up to here is itself in the set.
    pub member: bool,
    /// Deeper paths.
    pub children: BTreeMap<String, FieldSet>,
}

/// Paths below `metadata`, and at the root, that nobody owns.
const UNOWNED: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// Path element of a member.
pub fn element(name: &str) -> String {
    format!("f:{name}")
}

/// Path element of an item of a set.
pub fn item_element(item: &Value) -> String {
    format!("v:{item}")
}

impl FieldSet {
    fn leaf() -> Self {
        Self {
            member: true,
            children: BTreeMap::new(),
        }
    }
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(FieldSet::is_empty)
    }
    fn compact(mut self) -> Self {
        self.children = self
            .children
            .into_iter()
            .map(|(k, v)| (k, v.compact()))
            .filter(|(_, v)| !v.is_empty())
            .collect();
        self
    }
    /// Paths of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.member |= other.member;
        for (key, child) in &other.children {
            let merged = result
                .children
                .get(key)
                .map_or_else(|| child.clone(), |mine| mine.union(child));
            result.children.insert(key.clone(), merged);
        }
        result
    }
    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = FieldSet::default();
        let children = self
            .children
            .iter()
            .map(|(key, child)| {
                (
                    key.clone(),
                    child.combine(other.children.get(key).unwrap_or(&nothing), keep),
                )
            })
            .collect();
        Self {
            member: keep(self.member, other.member),
            children,
        }
        .compact()
    }
    /// Paths that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && !theirs)
    }
    /// Paths in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && theirs)
    }
    /// With the containers of every named field: owning `a.b` owns `a`.
    #[must_use]
    pub fn with_named_containers(&self, shape: Shape) -> Self {
        let mut result = Self {
            member: self.member,
            children: BTreeMap::new(),
        };
        for (key, child) in &self.children {
            let name = key.strip_prefix("f:").unwrap_or(key);
            let inner = shape.member(name).unwrap_or(Shape::Open);
            let mut deeper = child.with_named_containers(inner);
            deeper.member |= shape.names(name);
            result.children.insert(key.clone(), deeper);
        }
        result
    }
    /// Without what nobody owns: names, versions, the containers of those.
    #[must_use]
    pub fn stripped(mut self) -> Self {
        self.member = false;
        self.children.remove("f:apiVersion");
        self.children.remove("f:kind");
        if let Some(metadata) = self.children.get_mut("f:metadata") {
            metadata.member = false;
            for name in UNOWNED {
                metadata.children.remove(&element(name));
            }
        }
        self.compact()
    }
    /// Each path as `.spec.schedule`.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(String::new(), &mut found);
        found
    }
    fn collect(&self, prefix: String, found: &mut Vec<String>) {
        if self.member {
            found.push(prefix.clone());
        }
        for (key, child) in &self.children {
            let next = match key.strip_prefix("f:") {
                Some(name) => format!("{prefix}.{name}"),
                None => format!("{prefix}[={}]", key.trim_start_matches("v:")),
            };
            child.collect(next, found);
        }
    }
    /// Wire form.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        if self.member && !self.children.is_empty() {
            members.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (key, child) in &self.children {
            members.insert(key.clone(), child.to_json());
        }
        Value::Object(members)
    }
    /// From wire form: an element without children is a member.
    pub fn from_json(value: &Value) -> Self {
        let mut set = Self::default();
        let Value::Object(members) = value else {
            return set;
        };
        for (key, child) in members {
            if key == "." {
                set.member = true;
                continue;
            }
            let mut deeper = Self::from_json(child);
            deeper.member |= deeper.children.is_empty();
            set.children.insert(key.clone(), deeper);
        }
        set
    }
}

/// What an applied configuration owns: its leaves. An empty or null container is a leaf, a filled one is not.
pub fn applied_set(value: &Value, shape: Shape) -> FieldSet {
    match (value, shape) {
        (Value::Object(members), shape) if shape.granular() && !members.is_empty() => {
            let children = members
                .iter()
                .map(|(name, member)| {
                    let mut child = applied_set(member, shape.member(name).unwrap_or(Shape::Open));
                    // Keys of a free map are owned even if their value is a map.
                    child.member |= !shape.names(name);
                    (element(name), child)
                })
                .collect();
            FieldSet {
                member: false,
                children,
            }
        }
        (Value::Array(items), Shape::Set) => {
            let children = items
                .iter()
                .map(|item| (item_element(item), FieldSet::leaf()))
                .collect();
            FieldSet {
                member: false,
                children,
            }
        }
        _ => FieldSet::leaf(),
    }
}

/// Every node of a value, containers included.
fn all_nodes(value: &Value, shape: Shape) -> FieldSet {
    match (value, shape) {
        (Value::Object(members), shape) if shape.granular() => FieldSet {
            member: true,
            children: members
                .iter()
                .map(|(name, member)| {
                    (
                        element(name),
                        all_nodes(member, shape.member(name).unwrap_or(Shape::Open)),
                    )
                })
                .collect(),
        },
        (Value::Array(items), Shape::Set) => FieldSet {
            member: true,
            children: items
                .iter()
                .map(|item| (item_element(item), FieldSet::leaf()))
                .collect(),
        },
        _ => FieldSet::leaf(),
    }
}

/// What differs between two objects.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Nodes that only the new one has.
    pub added: FieldSet,
    /// Leaves whose value differs.
    pub modified: FieldSet,
    /// Nodes that only the old one had.
    pub removed: FieldSet,
}

/// Compares two objects node by node.
pub fn compare(old: &Value, new: &Value, shape: Shape) -> Comparison {
    match (old, new, shape) {
        (Value::Object(before), Value::Object(after), shape) if shape.granular() => {
            let mut result = Comparison::default();
            for (name, old) in before {
                let inner = shape.member(name).unwrap_or(Shape::Open);
                match after.get(name) {
                    None => {
                        result
                            .removed
                            .children
                            .insert(element(name), all_nodes(old, inner));
                    }
                    Some(new) => {
                        let deeper = compare(old, new, inner);
                        result.added.children.insert(element(name), deeper.added);
                        result
                            .modified
                            .children
                            .insert(element(name), deeper.modified);
                        result
                            .removed
                            .children
                            .insert(element(name), deeper.removed);
                    }
                }
            }
            for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                let inner = shape.member(name).unwrap_or(Shape::Open);
                result
                    .added
                    .children
                    .insert(element(name), all_nodes(new, inner));
            }
            Comparison {
                added: result.added.compact(),
                modified: result.modified.compact(),
                removed: result.removed.compact(),
            }
        }
        (Value::Array(_), Value::Array(_), Shape::Set) => {
            let (before, after) = (all_nodes(old, shape), all_nodes(new, shape));
            Comparison {
                added: after.difference(&before),
                modified: FieldSet::default(),
                removed: before.difference(&after),
            }
        }
        _ if old == new => Comparison::default(),
        _ => Comparison {
            modified: FieldSet::leaf(),
            ..Comparison::default()
        },
    }
}

/// The live object with a configuration laid over it.
pub fn merge(live: &Value, configuration: &Value, shape: Shape) -> Value {
    match (live, configuration, shape) {
        (Value::Object(before), Value::Object(laid), shape) if shape.granular() => {
            let mut result = before.clone();
            for (name, value) in laid {
                let inner = shape.member(name).unwrap_or(Shape::Open);
                let merged = before
                    .get(name)
                    .map_or_else(|| value.clone(), |old| merge(old, value, inner));
                result.insert(name.clone(), merged);
            }
            Value::Object(result)
        }
        (Value::Array(before), Value::Array(laid), Shape::Set) => {
            let new = laid.iter().filter(|item| !before.contains(item));
            Value::Array(before.iter().chain(new).cloned().collect())
        }
        _ => configuration.clone(),
    }
}

/// Takes out what the last apply owned and nobody owns now. A container that must stay but lost everything becomes
/// null: the real server does so, and then refuses the object.
pub fn prune(merged: &Value, last: &FieldSet, owned_now: &FieldSet, shape: Shape) -> Value {
    let last = last.with_named_containers(shape);
    let owned_now = owned_now.with_named_containers(shape);
    let going = all_nodes(merged, shape)
        .intersection(&last)
        .difference(&owned_now);
    remove(merged, &going)
}

fn remove(value: &Value, going: &FieldSet) -> Value {
    match value {
        Value::Object(members) => {
            let mut left = Map::new();
            for (name, member) in members {
                match going.children.get(&element(name)) {
                    Some(child) if child.member => {}
                    Some(child) => {
                        left.insert(name.clone(), remove(member, child));
                    }
                    None => {
                        left.insert(name.clone(), member.clone());
                    }
                }
            }
            if left.is_empty() {
                Value::Null
            } else {
                Value::Object(left)
            }
        }
        Value::Array(items) => {
            let left: Vec<Value> = items
                .iter()
                .filter(|item| !going.children.contains_key(&item_element(item)))
                .cloned()
                .collect();
            if left.is_empty() {
                Value::Null
            } else {
                Value::Array(left)
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
