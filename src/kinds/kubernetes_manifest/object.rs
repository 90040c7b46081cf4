//! A manifest as declared: its head, the object it becomes, the fields that are ours in it, and how they are held against
//! a live object. Lists are fields of their own: compared whole, item by item in order, and written whole.

use super::fields;
use crate::kinds::{Difference, compare, metadata};
use crate::model::expression::Expr;
use crate::model::identity::{
    FIELDS_ANNOTATION, Key, KubeResource, MARK_PREFIX, MarkPlace, mark_place,
};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::{Resource, ServedAs};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// What names an object.
pub(super) struct Head {
    /// `apiVersion`.
    pub(super) api_version: String,
    /// `kind`.
    pub(super) kind: String,
    /// `metadata.name`.
    pub(super) name: String,
    /// `metadata.namespace`.
    pub(super) namespace: Option<String>,
}

impl Head {
    /// `apps/v1` as group and version; the core group is empty.
    pub(super) fn group_version(&self) -> (&str, &str) {
        self.api_version
            .split_once('/')
            .unwrap_or(("", &self.api_version))
    }

    /// Whether it defines a type.
    pub(super) fn is_definition(&self) -> bool {
        self.group_version().0 == super::types::DEFINITIONS
            && self.kind == "CustomResourceDefinition"
    }
}

/// The declared manifest without nulls, which say nothing.
pub(super) fn manifest(resource: &Resource) -> Option<Expr> {
    resource.body.member("manifest").map(without_nulls)
}

fn without_nulls(expr: Expr) -> Expr {
    match expr {
        Expr::Value(value) => Expr::Value(dense(value)),
        Expr::Object(members) => {
            let members = members.into_iter();
            let said = members.filter(|(_, member)| *member != Expr::Value(Json::Null));
            Expr::object(
                said.map(|(name, member)| (name, without_nulls(member)))
                    .collect(),
            )
        }
        Expr::List(members) => Expr::list(members.into_iter().map(without_nulls).collect()),
        Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => expr,
    }
}

fn dense(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            let members = members.into_iter();
            let said = members.filter(|(_, member)| !member.is_null());
            Json::Object(said.map(|(name, member)| (name, dense(member))).collect())
        }
        Json::Array(members) => members.into_iter().map(dense).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value,
    }
}

/// The head of a declared manifest; `None` where a part of it is missing or not known, which was reported.
pub(super) fn head(resource: &Resource) -> Option<Head> {
    let manifest = resource.body.member("manifest")?;
    let text = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let found = manifest.at(&path)?.known()?.as_str().map(str::to_owned);
        found.filter(|text| !text.is_empty())
    };
    Some(Head {
        api_version: text(&["apiVersion"])?,
        kind: text(&["kind"])?,
        name: text(&["metadata", "name"])?,
        namespace: text(&["metadata", "namespace"]),
    })
}

/// Its type. Until that is known it is one without a plural, of which no object is ever found.
pub(super) fn type_of(resource: &Resource, head: &Head) -> KubeResource {
    let (group, version) = head.group_version();
    match (&resource.served_as, super::types::built_in(head)) {
        (ServedAs::Type(known), _) => known.clone(),
        (_, Some(known)) => known,
        (ServedAs::Unasked | ServedAs::Nothing(_) | ServedAs::Unknown(_), None) => KubeResource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: "".into(),
            kind: head.kind.clone().into(),
            namespaced: head.namespace.is_some(),
        },
    }
}

/// Its key.
pub(super) fn key(resource: &Resource) -> Option<Key> {
    let head = head(resource)?;
    let type_ = type_of(resource, &head);
    Some(Key::Kube {
        namespace: head.namespace.filter(|_| type_.namespaced),
        resource: type_,
        name: head.name,
    })
}

/// Fields that are ours, by place: leaves of the declared manifest but for its head. Empty objects and lists say nothing.
pub(super) fn declared_fields(resource: &Resource) -> BTreeMap<JsonPath, Expr> {
    let mut found = BTreeMap::new();
    let Some(manifest) = manifest(resource) else {
        return found;
    };
    leaves(&manifest, &JsonPath(Vec::new()), &mut found);
    let heads = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];
    for head in heads.map(JsonPath::dotted) {
        found.remove(&head);
    }
    found
}

fn leaves(expr: &Expr, place: &JsonPath, found: &mut BTreeMap<JsonPath, Expr>) {
    match compare::entries(expr) {
        Some(members) => {
            for (name, member) in members {
                leaves(&member, &place.child(&name), found);
            }
        }
        None if expr.known().is_some_and(is_nothing) => {}
        None => {
            found.insert(place.clone(), expr.clone());
        }
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(members) => members.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// Differences in the order of their places: what is declared and not so, and what was declared and is no more.
pub(super) fn differences(resource: &Resource, live: &Json) -> Vec<Difference> {
    let declared = declared_fields(resource);
    let recorded = fields::recorded(live);
    let mut found: BTreeMap<JsonPath, Difference> = BTreeMap::new();
    for (place, after) in &declared {
        let before = place.get(live).filter(|before| !is_nothing(before));
        let is_shorter = recorded
            .get(place)
            .is_some_and(|digest| fields::is_another(digest, after));
        let same = match (after.known(), before) {
            (Some(after), Some(before)) => {
                fields::same(after, before, place.0.last()) && !is_shorter
            }
            (Some(_) | None, _) => false,
        };
        if !same {
            found.insert(
                place.clone(),
                Difference {
                    attribute: attribute(place),
                    place: place.clone(),
                    before: before.cloned(),
                    after: Some(after.clone()),
                    write: Some(after.clone()),
                    note: None,
                },
            );
        }
    }
    for place in let_go(&declared, &recorded) {
        if let Some(before) = place.get(live).filter(|before| !is_nothing(before)) {
            let difference = Difference {
                attribute: attribute(place),
                place: place.clone(),
                before: Some(before.clone()),
                after: None,
                write: None,
                note: Some("no longer declared".into()),
            };
            found.insert(place.clone(), difference);
        }
    }
    found.into_values().collect()
}

/// Places that were declared when we last wrote and are not now, nor lie above or below one that is.
fn let_go<'a>(
    declared: &BTreeMap<JsonPath, Expr>,
    recorded: &'a BTreeMap<JsonPath, String>,
) -> Vec<&'a JsonPath> {
    let touches = |one: &JsonPath, other: &JsonPath| {
        one.0.starts_with(&other.0) || other.0.starts_with(&one.0)
    };
    recorded
        .keys()
        .filter(|place| !declared.keys().any(|other| touches(place, other)))
        .collect()
}

fn attribute(place: &JsonPath) -> Vec<String> {
    std::iter::once("manifest".to_owned())
        .chain(place.0.iter().cloned())
        .collect()
}

/// A live object as attributes: of one that we wrote what was declared then, of another all but what the server keeps.
pub(super) fn attributes(live: &Json) -> Json {
    let recorded = fields::recorded(live);
    let shown = if recorded.is_empty() {
        without_servers_part(live.clone())
    } else {
        let mut shown = Json::Object(Map::new());
        let heads = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];
        let heads = heads.map(JsonPath::dotted);
        for place in heads.iter().chain(recorded.keys()) {
            if let Some(value) = place.get(live) {
                place.set(&mut shown, value.clone());
            }
        }
        shown
    };
    let mut attributes = Map::new();
    attributes.insert("manifest".to_owned(), shown);
    Json::Object(attributes)
}

fn without_servers_part(mut live: Json) -> Json {
    let is_secret = live.get("kind").and_then(Json::as_str) == Some("Secret");
    if let Json::Object(members) = &mut live {
        members.remove("status");
        if is_secret {
            members.remove("data");
            members.remove("stringData");
        }
    }
    if let Some(Json::Object(metadata)) = live.get_mut("metadata") {
        for name in fields::SERVERS_METADATA {
            metadata.remove(*name);
        }
        for map in ["labels", "annotations"] {
            if let Some(Json::Object(map)) = metadata.get_mut(map) {
                map.retain(|key, _| !key.starts_with(MARK_PREFIX));
            }
        }
    }
    live
}

/// What a fingerprint covers: our fields, those that were ours when we last wrote, and the marks.
pub(super) fn owned(resource: Option<&Resource>, live: &Json) -> Projection {
    let mut include: BTreeSet<JsonPath> = metadata::projection(&[], None, live, None)
        .include
        .into_iter()
        .collect();
    include.extend(fields::recorded(live).into_keys());
    let left = resource.map(left_to_server).unwrap_or_default();
    if let Some(resource) = resource {
        include.extend(declared_fields(resource).into_keys());
    }
    Projection {
        include: include.into_iter().collect(),
        exclude: left.into_iter().map(JsonPath).collect(),
    }
}

/// Places in the object that `computed_fields` leaves to the server.
pub(super) fn left_to_server(resource: &Resource) -> Vec<Vec<String>> {
    let listed = resource
        .body
        .member("computed_fields")
        .and_then(Expr::into_known);
    let listed = listed.as_ref().and_then(Json::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .filter_map(fields::place)
        .collect()
}

/// What we note on the object: which fields were declared, so that one that is no more is taken off. `None`: a note would
/// travel, and its managed fields tell.
pub(super) fn record(resource: &Resource) -> Option<(JsonPath, Json)> {
    let head = head(resource)?;
    if mark_place(head.group_version().0, &head.kind) == MarkPlace::Labels {
        return None;
    }
    let place = JsonPath::dotted("metadata.annotations").child(FIELDS_ANNOTATION);
    let text = fields::written(&declared_fields(resource));
    Some((place, text.into()))
}

/// The whole object, without marks.
pub(super) fn object(resource: &Resource) -> Expr {
    manifest(resource).unwrap_or_else(nothing)
}

fn nothing() -> Expr {
    Expr::object(BTreeMap::new())
}
