//! `velero_application`: one backup profile of an application, which is up to three Schedules. Each Schedule is as a
//! `velero_schedule` would declare it; what they have in common is said once.

mod hooks;
mod object;
mod reading;
pub mod schema;
#[cfg(test)]
mod tests;
mod validate;

use super::composite::{Composite, LivePart};
use super::{Difference, Kind, Part};
use crate::diag::Diagnostic;
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::resource::Resource;
use crate::model::schema::Schema;
pub(super) use object::restore_order;
use schema::SCHEMA;
use serde_json::Value as Json;

const PARTS: &[&dyn Kind] = &[&super::velero_schedule::Schedule];
const LENGTH_NOTE: &str = "affects future backups only: existing ones keep their expiry";
const STOP_NOTE: &str = "no more are made; existing ones keep their expiry";

/// The kind.
pub struct Application;

impl Composite for Application {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn part_kinds(&self) -> &'static [&'static dyn Kind] {
        PARTS
    }
    fn validate(&self, resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
        validate::validate(resource, diagnostics);
    }
    fn key(&self, resource: &Resource) -> Option<Key> {
        let text = |name: &str, default: &str| {
            let said = resource.text(name);
            said.unwrap_or_else(|| default.to_owned())
        };
        let name = object::name(resource);
        Some(key(
            text("namespace", "velero"),
            &name,
            &text("profile", "default"),
        ))
    }
    fn parts(&self, resource: &Resource) -> Vec<Part<'static>> {
        object::parts(resource)
    }
    fn completed(&self, resource: &Resource) -> Expr {
        object::completed(resource)
    }
    fn read(&self, parts: &[LivePart<'_>]) -> Json {
        reading::read(parts)
    }
    fn reading_key(&self, reading: &Json) -> Key {
        let text = |name: &str| reading[name].as_str().unwrap_or_default().to_owned();
        key(text("namespace"), &text("name"), &text("profile"))
    }
    fn told_together(&self) -> &'static [&'static [&'static str]] {
        &[
            &["hook", "ready_hook"],
            &["excluded_resources", "default_exclusions"],
            &[
                "volumes",
                "default_volumes_to_fs_backup",
                "snapshot_volumes",
            ],
        ]
    }
    fn refined(&self, mut difference: Difference) -> Option<Difference> {
        let attribute: Vec<&str> = difference.attribute.iter().map(String::as_str).collect();
        let count = |value: Option<&Json>| value.and_then(Json::as_i64).unwrap_or_default();
        match attribute.as_slice() {
            // Said by the retention that goes to or comes from zero.
            ["schedule", _] if difference.before.is_none() || difference.after.is_none() => None,
            ["retention", _] => {
                let before = count(difference.before.as_ref());
                let after = count(difference.after.as_ref().and_then(Expr::known));
                difference.note = match (before, after) {
                    (0, _) => None,
                    (_, 0) => Some(STOP_NOTE.into()),
                    _ => Some(LENGTH_NOTE.into()),
                };
                Some(difference)
            }
            _ => Some(difference),
        }
    }
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)> {
        vec![
            ("name", object::name(resource).into()),
            ("schedules", object::names(resource)),
        ]
    }
}

fn key(namespace: String, name: &str, profile: &str) -> Key {
    Key::Composite {
        kind: SCHEMA.kind.to_owned(),
        namespace: Some(namespace),
        name: format!("{name}-{profile}"),
    }
}
