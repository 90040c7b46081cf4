//! What Secrets and ConfigMaps share: values by key that the server stores without a look, and may be told to keep for
//! good. Must not know what is secret.

use super::syntax::Checker;
use super::{Difference, Obstacle, Writing, compare};
use crate::diag::Diagnostic;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::text::quote;
use base64::Engine;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const DELETE_LIMIT_S: u64 = 60;
/// What the server takes as a key: 253 characters of these.
const KEY_LIMIT: usize = 253;

/// Declared values of a map by key; none where nothing is declared or its keys are a mistake that was reported.
pub(super) fn entries(resource: &Resource, attribute: &str) -> BTreeMap<String, Expr> {
    resource
        .body
        .member(attribute)
        .and_then(|map| compare::entries(&map))
        .unwrap_or_default()
}

/// Checks keys and base64.
pub(super) fn validate(checker: &mut Checker<'_>) {
    let data = entries(checker.resource, "data");
    let binary = entries(checker.resource, "binary_data");
    for (attribute, map) in [("data", &data), ("binary_data", &binary)] {
        for (key, value) in map {
            if let Some(why) = key_mistake(key) {
                let detail = format!("{} is no key that Kubernetes takes: {why}", quote(key));
                checker.add(checker.mistake(attribute, "invalid-key", "Invalid key", detail));
            }
            if attribute == "binary_data" && value.known().is_some_and(is_no_base64) {
                let detail = format!("the value of {} is no base64", quote(key));
                let mistake =
                    checker.mistake(attribute, "invalid-base64", "Invalid base64", detail);
                checker.add(base64_advice(mistake));
            }
        }
    }
    for key in binary.keys().filter(|key| data.contains_key(*key)) {
        let detail = format!(
            "{} stands in `data` too; the object has it once",
            quote(key)
        );
        checker.add(checker.mistake("binary_data", "duplicate", "Declared twice", detail));
    }
}

fn base64_advice(mistake: Diagnostic) -> Diagnostic {
    mistake.hint("`filebase64(path)` reads a file as base64; a text goes to `data` as it is")
}

fn is_no_base64(value: &Json) -> bool {
    let text = value.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .is_err()
}

fn key_mistake(key: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || key.len() > KEY_LIMIT {
        return Some(format!("it has 1 to {KEY_LIMIT} characters"));
    }
    if key == "." || key.starts_with("..") {
        return Some("it may become the name of a file".to_owned());
    }
    let other = key.chars().find(|c| !allowed(*c))?;
    Some(format!(
        "`{other}` is neither a letter, a digit, `-`, `_` nor `.`"
    ))
}

/// They are stored as soon as they are written.
pub(super) fn wait(_resource: Option<&Resource>, writing: Writing) -> Option<Wait> {
    match writing {
        Writing::Create | Writing::Update => None,
        Writing::Delete => Some(Wait {
            condition: Condition::Gone,
            limit_s: DELETE_LIMIT_S,
        }),
    }
}

/// An immutable object takes no other data, and never becomes mutable again.
pub(super) fn cannot_change(live: &Json, differences: &[Difference]) -> Option<Obstacle> {
    let is_immutable = live.get("immutable") == Some(&Json::Bool(true));
    let fixed = ["data", "binaryData", "immutable"];
    let touched = differences.iter().find(|difference| {
        difference
            .place
            .0
            .first()
            .is_some_and(|first| fixed.contains(&first.as_str()))
    })?;
    let touched = touched.attribute.join(".");
    is_immutable.then(|| {
        only_anew(format!(
            "The live object is immutable, and {touched} would change."
        ))
    })
}

/// What can only be had by a new object.
pub(super) fn only_anew(text: String) -> Obstacle {
    let cure =
        "Take the resource out, apply, and put it back: that deletes the object and makes it anew.";
    Obstacle {
        text,
        cure: cure.to_owned(),
    }
}
