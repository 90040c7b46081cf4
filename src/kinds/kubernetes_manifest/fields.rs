//! Which fields of an object were declared when we last wrote it, as it is noted on the object, and when two values are
//! one to the server. Must not know what a manifest is.

use crate::model::expression::Expr;
use crate::model::field_path::FieldPath;
use crate::model::identity::{
    FIELD_MANAGER, FIELDS_ANNOTATION, MANAGED_BY_LABEL, MARK_PREFIX, MarkPlace, mark_place,
};
use crate::model::json_path::JsonPath;
use crate::model::number;
use crate::model::quantity;
use serde_json::{Map, Value as Json};
use sha2::Digest;
use std::collections::BTreeMap;

/// Members of `metadata` that only the server writes.
pub(super) const SERVERS_METADATA: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Digits of the digest by which a list is known again.
const DIGITS: usize = 10;

/// Members under which the server rewrites amounts.
const AMOUNTS: &[&str] = &[
    "requests",
    "limits",
    "capacity",
    "hard",
    "max",
    "min",
    "default",
    "defaultRequest",
    "sizeLimit",
    "divisor",
    "averageValue",
    "storage",
    "cpu",
    "memory",
    "ephemeral-storage",
];

/// What is noted on a live object: places with, for lists, their digest. Nothing where nothing is noted, or no note of ours.
/// Where no note may stand, what our field manager holds.
pub(super) fn recorded(live: &Json) -> BTreeMap<JsonPath, String> {
    let note = JsonPath::dotted("metadata.annotations").child(FIELDS_ANNOTATION);
    let note = note.get(live).and_then(Json::as_str);
    if note.is_none() && is_copied(live) {
        return held(live);
    }
    let text = note.unwrap_or_default();
    let read: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
    read.into_iter()
        .filter_map(|(pointer, digest)| Some((from_pointer(&pointer)?, digest)))
        .collect()
}

/// Whether annotations of an object travel to what is made of it, so that no note may stand there.
fn is_copied(live: &Json) -> bool {
    let text = |member: &str| live.get(member).and_then(Json::as_str).unwrap_or_default();
    let group = text("apiVersion")
        .split_once('/')
        .map_or("", |(group, _)| group);
    mark_place(group, text("kind")) == MarkPlace::Labels
}

/// Fields that our field manager holds by any operation, but for marks.
fn held(live: &Json) -> BTreeMap<JsonPath, String> {
    let entries = JsonPath::dotted("metadata.managedFields");
    let entries = entries.get(live).and_then(Json::as_array);
    let ours = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("manager").and_then(Json::as_str) == Some(FIELD_MANAGER));
    let mut found = BTreeMap::new();
    for fields in ours.filter_map(|entry| entry.get("fieldsV1")) {
        held_below(fields, &JsonPath(Vec::new()), &mut found);
    }
    found.retain(|place, _| !place.0.last().is_some_and(|name| is_mark(name)));
    found
}

fn is_mark(name: &str) -> bool {
    name.starts_with(MARK_PREFIX) || name == MANAGED_BY_LABEL
}

fn held_below(fields: &Json, place: &JsonPath, found: &mut BTreeMap<JsonPath, String>) {
    let members = fields.as_object().into_iter().flatten();
    let members: Vec<_> = members
        .filter_map(|(name, below)| Some((name.strip_prefix("f:")?, below)))
        .collect();
    if members.is_empty() && !place.0.is_empty() {
        found.insert(place.clone(), String::new());
    }
    for (name, below) in members {
        held_below(below, &place.child(name), found);
    }
}

/// The note for these fields.
pub(super) fn written(fields: &BTreeMap<JsonPath, Expr>) -> String {
    let note: Map<String, Json> = fields
        .iter()
        .map(|(place, value)| (to_pointer(place), digest(value).into()))
        .collect();
    Json::Object(note).to_string()
}

/// Whether a list is another than the noted one. No value of a secret stands in a manifest, so that its digest tells none.
pub(super) fn is_another(noted: &str, declared: &Expr) -> bool {
    let digest = digest(declared);
    !noted.is_empty() && !digest.is_empty() && noted != digest
}

/// Only of lists, in which a member that is no longer declared leaves no other trace; and only of known ones.
fn digest(value: &Expr) -> String {
    match value.known() {
        Some(list @ Json::Array(_)) => {
            let digest = sha2::Sha256::digest(list.to_string().as_bytes());
            hex::encode(digest).chars().take(DIGITS).collect()
        }
        Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_))
        | None => String::new(),
    }
}

fn to_pointer(place: &JsonPath) -> String {
    let escaped = |member: &String| format!("/{}", member.replace('~', "~0").replace('/', "~1"));
    place.0.iter().map(escaped).collect()
}

fn from_pointer(pointer: &str) -> Option<JsonPath> {
    let members = pointer.strip_prefix('/')?.split('/');
    let members = members.map(|member| member.replace("~1", "/").replace("~0", "~"));
    Some(JsonPath(members.collect()))
}

/// A place as `computed_fields` names it; `None` where it is none, which was reported.
pub(super) fn place(text: &str) -> Option<Vec<String>> {
    text.parse::<FieldPath>().ok()?.members()
}

/// Whether a live value is the declared one, with what the server fills in besides. Lists have the same length and the
/// same order. `name`: the member that holds them.
pub(super) fn same(declared: &Json, live: &Json, name: Option<&String>) -> bool {
    match (declared, live) {
        (Json::Object(declared), Json::Object(live)) => {
            declared.iter().all(|(member, declared)| {
                let below = amounts_name(name, member);
                match live.get(member) {
                    Some(live) => same(declared, live, below),
                    None => is_empty(declared),
                }
            })
        }
        (Json::Array(declared), Json::Array(live)) => {
            declared.len() == live.len()
                && declared
                    .iter()
                    .zip(live)
                    .all(|(declared, live)| same(declared, live, name))
        }
        (Json::Number(declared), Json::Number(live)) => number::same_to_server(declared, live),
        _ if declared == live => true,
        (Json::String(_) | Json::Number(_), Json::String(live)) if is_amount(name) => {
            let declared = declared
                .as_str()
                .map_or_else(|| declared.to_string(), str::to_owned);
            quantity::same(&declared, live)
        }
        (declared, live) => is_empty(declared) && is_empty(live),
    }
}

/// Below `requests` everything is an amount, whatever its name.
fn amounts_name<'a>(above: Option<&'a String>, name: &'a String) -> Option<&'a String> {
    above.filter(|above| is_amount(Some(above))).or(Some(name))
}

fn is_amount(name: Option<&String>) -> bool {
    name.is_some_and(|name| AMOUNTS.contains(&name.as_str()))
}

/// What a Go program leaves out when it writes: no difference to what is missing.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(flag) => !flag,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(members) => members.is_empty(),
        Json::Object(members) => members.values().all(is_empty),
    }
}
