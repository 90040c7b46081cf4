//! Values of a Secret: how declared ones become an object, how they are held against live ones, and that none is shown.

use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::syntax::Checker;
use crate::kinds::{Difference, Obstacle, compare, metadata_block, stored, table};
use crate::model::expression::Expr;
use crate::model::identity::{HOLDS_DATA_ANNOTATION, Key};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::model::secret::HIDDEN;
use base64::Engine;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// Velero's password of all kopia repositories of a cluster: without it no volume can be restored.
const REPOSITORY_PASSWORD: &str = "velero-repo-credentials";

/// One declared value.
struct Entry {
    /// Attribute that it stands in.
    attribute: &'static str,
    /// As declared.
    declared: Expr,
    /// As the object holds it.
    written: Expr,
}

/// Declared values by key; none: the values are not managed.
fn entries(resource: &Resource) -> BTreeMap<String, Entry> {
    let texts = stored::entries(resource, "data").into_iter();
    let texts = texts.map(|(key, declared)| {
        let written = base64(&declared);
        let attribute = "data";
        (
            key,
            Entry {
                attribute,
                declared,
                written,
            },
        )
    });
    let binary = stored::entries(resource, "binary_data").into_iter();
    let binary = binary.map(|(key, declared)| {
        let written = declared.clone();
        let attribute = "binary_data";
        (
            key,
            Entry {
                attribute,
                declared,
                written,
            },
        )
    });
    texts.chain(binary).collect()
}

fn base64(text: &Expr) -> Expr {
    match text.known().and_then(Json::as_str) {
        Some(known) => Expr::Value(
            base64::engine::general_purpose::STANDARD
                .encode(known)
                .into(),
        ),
        None => Expr::Call {
            function: "base64encode".to_owned(),
            arguments: vec![text.clone()],
        },
    }
}

/// The whole object, without marks.
pub(super) fn object(resource: &Resource) -> Expr {
    let mut object = table::kube_object(SCHEMA.fields, &resource.body, "v1", "Secret");
    for (key, entry) in entries(resource) {
        object.put(["data", &key].into_iter(), entry.written);
    }
    object
}

/// Differences; of values only that they differ.
pub(super) fn differences(resource: &Resource, live: &Json) -> Vec<Difference> {
    let mut found = compare::differences(SCHEMA.fields, &resource.body, live);
    let declared = entries(resource);
    if declared.is_empty() {
        return found;
    }
    let place = JsonPath::dotted("data");
    let live = place.get(live).and_then(Json::as_object);
    let live_keys = live
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, _)| key);
    let keys: BTreeSet<&String> = declared.keys().chain(live_keys).collect();
    for key in keys {
        let before = live.and_then(|live| live.get(key));
        let before = before.filter(|before| !before.is_null());
        let entry = declared.get(key);
        let written = entry.map(|entry| &entry.written);
        let same = match (written.map(Expr::known), before) {
            (Some(Some(written)), Some(before)) => written == before,
            (Some(_), _) | (None, Some(_)) => false,
            (None, None) => true,
        };
        if same {
            continue;
        }
        let attribute = entry.map_or("data", |entry| entry.attribute);
        found.push(Difference {
            attribute: vec![attribute.to_owned(), key.clone()],
            place: place.child(key),
            before: before.map(|_| HIDDEN.into()),
            after: entry.map(|entry| hidden(&entry.declared)),
            write: written.cloned(),
            note: None,
        });
    }
    found
}

/// The expression without known values: references to secrets stay, they tell nothing.
fn hidden(declared: &Expr) -> Expr {
    match declared.known() {
        Some(_) => Expr::Value(HIDDEN.into()),
        None => declared.clone(),
    }
}

/// A live object as attributes: which keys it has, never their values.
pub(super) fn attributes(live: &Json) -> Json {
    let mut attributes = table::attributes(SCHEMA.fields, live);
    let keys = live
        .get("data")
        .and_then(Json::as_object)
        .into_iter()
        .flatten();
    let keys: Map<String, Json> = keys.map(|(key, _)| (key.clone(), HIDDEN.into())).collect();
    if let (Json::Object(members), false) = (&mut attributes, keys.is_empty()) {
        members.insert("data".to_owned(), keys.into());
    }
    attributes
}

/// What only data elsewhere that this Secret unlocks would tell: its name, or our own note on the object.
pub(super) fn holds_key(key: &Key, live: &Json) -> bool {
    let noted = live
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"))
        .and_then(|annotations| annotations.get(HOLDS_DATA_ANNOTATION))
        .and_then(Json::as_str);
    let named = match key {
        Key::Kube { name, .. } => name == REPOSITORY_PASSWORD,
        Key::Cluster { .. } | Key::Composite { .. } => false,
    };
    named || noted == Some("true")
}

/// A repository keeps the password that it was made with (Velero #5443), so that another one opens none of them.
pub(super) fn other_password(live: &Json, differences: &[Difference]) -> Option<Obstacle> {
    let name = live.pointer("/metadata/name").and_then(Json::as_str);
    let is_other = |difference: &&Difference| {
        let place = difference.place.0.first().map(String::as_str);
        place == Some("data") && difference.before.is_some()
    };
    let changed = differences.iter().find(is_other);
    (name == Some(REPOSITORY_PASSWORD))
        .then_some(changed)
        .flatten()?;
    Some(Obstacle {
        text: "The password of Velero's repositories cannot be changed: with another one no volume that was backed up could be restored.".to_owned(),
        cure: "Declare the password that is live.".to_owned(),
    })
}

/// Our note on the object, where the resource says something: an orphan is judged by it.
pub(super) fn note(resource: &Resource) -> Option<(JsonPath, Json)> {
    let holds_key = resource.body.member("holds_key")?.known()?.as_bool()?;
    let place = JsonPath::dotted("metadata.annotations").child(HOLDS_DATA_ANNOTATION);
    Some((place, holds_key.to_string().into()))
}

/// Checks a declared Secret.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    metadata_block::validate(&mut checker);
    stored::validate(&mut checker);
    for attribute in ["data", "binary_data"] {
        if resource.sensitive.contains(&vec![attribute.to_owned()]) {
            let detail = format!(
                "`{attribute}` is made of a sensitive variable, and apply would find its value nowhere: no plan stores one"
            );
            let mistake = checker.mistake(
                attribute,
                "sensitive-stored",
                "Sensitive value not allowed here",
                detail,
            );
            checker.add(mistake.hint("a `secret` block is read when the value is used; `nonsensitive(...)` says that a value is none"));
        }
    }
}
