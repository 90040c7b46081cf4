//! `velero_server`: a Velero server, made of objects that were rendered beforehand (R48). Each object is as a
//! `kubernetes_manifest` or `kubernetes_secret` would declare it; version, flags and amounts are said once.

mod flags;
mod guards;
mod object;
mod reading;
mod release;
pub mod schema;
#[cfg(test)]
pub(crate) mod tests;
mod validate;
mod workload;

use super::composite::{Composite, LivePart};
use super::{Difference, Kind, Obstacle, Part, Writing};
use crate::diag::Diagnostic;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::Key;
use crate::model::quantity;
use crate::model::resource::Resource;
use crate::model::schema::Schema;
use release::Release;
use schema::SCHEMA;
use serde_json::Value as Json;

const PARTS: &[&dyn Kind] = &[
    &super::kubernetes_manifest::Manifest,
    &super::kubernetes_namespace::Namespace,
    &super::kubernetes_secret::Secret,
];

/// The kind.
pub struct Server;

impl Composite for Server {
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
        Some(object::key(object::namespace(resource)))
    }
    fn parts(&self, resource: &Resource) -> Vec<Part<'static>> {
        object::parts(resource)
    }
    fn completed(&self, resource: &Resource) -> Expr {
        object::completed(resource)
    }
    fn read(&self, parts: &[LivePart<'_>]) -> Json {
        let is_rendered = |part: &&LivePart<'_>| part.live["kind"] != "Secret";
        let objects: Vec<Json> = parts
            .iter()
            .filter(is_rendered)
            .map(|part| part.live.clone())
            .collect();
        reading::of(&objects)
    }
    fn reading_key(&self, reading: &Json) -> Key {
        let namespace = reading["namespace"].as_str().unwrap_or_default();
        object::key(namespace.to_owned())
    }
    fn refined(&self, difference: Difference) -> Option<Difference> {
        let text = |value: Option<&Json>| value.and_then(Json::as_str).map(str::to_owned);
        let before = text(difference.before.as_ref());
        let after = text(difference.after.as_ref().and_then(Expr::known));
        let is_amount = difference.attribute.iter().any(|name| name == "resources");
        match (before, after) {
            // The server writes `1` for `1000m`.
            (Some(before), Some(after)) if is_amount && quantity::same(&before, &after) => None,
            (_, _) => Some(difference),
        }
    }
    fn guards(
        &self,
        resource: Option<&Resource>,
        whole: &Key,
        part: &Key,
        writing: Writing,
    ) -> Vec<Guard> {
        guards::of(resource, whole, part, writing)
    }
    fn obstacle(&self, resource: &Resource, reading: &Json) -> Option<Obstacle> {
        let text = |version: Option<&str>| version.and_then(Release::parse);
        let runs = text(reading["version"].as_str())?;
        let declared = text(resource.text("version").as_deref())?;
        let why = declared.cannot_follow(runs)?;
        Some(Obstacle {
            text: format!("{runs} runs and {declared} is declared: {why}."),
            cure: match declared < runs {
                true => format!("Declare {runs}, or a later one."),
                false => format!("Go by way of {}.", runs.next()),
            },
        })
    }
    fn uses(&self, resource: &Resource) -> Vec<Key> {
        object::secrets_of_others(resource)
    }
    fn derived(&self, resource: &Resource) -> Vec<(&'static str, Json)> {
        vec![("namespace", object::namespace(resource).into())]
    }
}
