//! Which object is annotated, what is ours in it, and what a change of its pod template does. Must not know who makes it.

use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::kubernetes_manifest::part_of_kubernetes;
use crate::kinds::syntax::{Checker, dns_label, dns_subdomain, known_text};
use crate::kinds::{Difference, compare, metadata, table};
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource, OWNER_ANNOTATION, STACK_LABEL};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::resource::Resource;
use crate::model::text::quote;
use serde_json::Value as Json;

/// Where the maps are; of the second a change rolls the workload.
const MAPS: [&str; 2] = ["metadata.annotations", TEMPLATE];
const TEMPLATE: &str = "spec.template.metadata.annotations";

/// What replaces its pods where their template changes.
const WORKLOADS: [&str; 3] = ["DaemonSet", "Deployment", "StatefulSet"];

fn type_of(resource: &Resource) -> Option<KubeResource> {
    part_of_kubernetes(&resource.text("api_version")?, &resource.text("kind")?)
}

fn in_metadata(resource: &Resource, attribute: &str) -> Option<String> {
    let value = resource.in_block("metadata", attribute)?;
    known_text(&value).filter(|text| !text.is_empty())
}

/// Key of the object.
pub(super) fn key(resource: &Resource) -> Option<Key> {
    let type_ = type_of(resource)?;
    let namespace = in_metadata(resource, "namespace");
    Some(Key::Kube {
        name: in_metadata(resource, "name")?,
        namespace: type_
            .namespaced
            .then(|| namespace.unwrap_or_else(|| "default".to_owned())),
        resource: type_,
    })
}

/// The object with the declared keys and its name, nothing else.
pub(super) fn object(resource: &Resource) -> Expr {
    let keys = table::object(SCHEMA.fields, &resource.body);
    ["name", "namespace"].iter().fold(keys, |object, member| {
        match resource.in_block("metadata", member) {
            Some(value) if value != Expr::Value(Json::Null) => {
                object.with(&JsonPath::dotted("metadata").child(member).0, value)
            }
            Some(_) | None => object,
        }
    })
}

/// Differences; those of the template say what they do.
pub(super) fn differences(resource: &Resource, live: &Json) -> Vec<Difference> {
    let mut found = compare::differences(SCHEMA.fields, &resource.body, live);
    let kind = resource.text("kind").unwrap_or_default();
    let rolls = key(resource).map(|key| format!("rolls {kind} {key}"));
    for difference in &mut found {
        if difference
            .place
            .0
            .starts_with(&JsonPath::dotted(TEMPLATE).0)
        {
            difference.note = rolls.clone().map(Into::into);
        }
    }
    found
}

/// The declared keys and those that our field manager holds; and whether another resource has marked the object since.
pub(super) fn owned(resource: Option<&Resource>, live: &Json) -> Projection {
    let body = resource.map(|resource| &resource.body);
    let mut include = vec![
        JsonPath::dotted("metadata.labels").child(STACK_LABEL),
        JsonPath::dotted("metadata.annotations").child(OWNER_ANNOTATION),
    ];
    for map in MAPS.map(JsonPath::dotted) {
        let declared = SCHEMA
            .fields
            .iter()
            .find(|field| JsonPath::dotted(field.place) == map)
            .and_then(|field| table::declared(field, body?));
        let declared = declared.map(Expr::into_members).unwrap_or_default();
        let mut keys = metadata::owned_keys(live, &map);
        keys.extend(declared.into_keys());
        include.extend(keys.iter().map(|key| map.child(key)));
    }
    Projection {
        include,
        exclude: Vec::new(),
    }
}

/// Whether a write is done only once the pods are replaced.
pub(super) fn waits_for_rollout(resource: &Resource) -> bool {
    let is_off = resource.body.member("wait_for_rollout") == Some(Expr::Value(false.into()));
    says(resource, "template_annotations") && !is_off
}

fn says(resource: &Resource, attribute: &str) -> bool {
    resource
        .body
        .member(attribute)
        .is_some_and(|value| value != Expr::Value(Json::Null))
}

/// Checks a declaration.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    let name = in_metadata(resource, "name").unwrap_or_default();
    checker.name("metadata.name", Some(&name), dns_subdomain);
    let namespace = in_metadata(resource, "namespace");
    checker.name("metadata.namespace", namespace.as_deref(), dns_label);
    let (version, kind) = (resource.text("api_version"), resource.text("kind"));
    let (version, kind) = (version.unwrap_or_default(), kind.unwrap_or_default());
    match type_of(resource) {
        None => {
            let detail = format!(
                "{} {} is no type that is part of Kubernetes",
                quote(&version),
                quote(&kind)
            );
            let mistake = checker.mistake("kind", "unknown-type", "Unknown type", detail);
            checker.add(mistake.hint("`api_version = \"apps/v1\"` and `kind = \"Deployment\"`; an object of another type is declared as a `kubernetes_manifest`"));
        }
        Some(type_) if !type_.namespaced && namespace.is_some() => {
            let detail = format!("a {kind} lives in no namespace");
            let place = "metadata.namespace";
            checker.add(checker.mistake(place, "no-namespace", "Namespace without need", detail));
        }
        Some(_) => {}
    }
    if says(resource, "template_annotations") && !WORKLOADS.contains(&kind.as_str()) {
        let detail = format!(
            "a {kind} does not replace its pods where their template changes; only a Deployment, StatefulSet or DaemonSet does"
        );
        let place = "template_annotations";
        checker.add(checker.mistake(place, "no-template", "No pod template", detail));
    }
    if !says(resource, "template_annotations") && !says(resource, "annotations") {
        let detail = "it declares neither `annotations` nor `template_annotations`".to_owned();
        checker.add(checker.mistake("metadata", "no-annotations", "Nothing to annotate", detail));
    }
}
