//! Labels and annotations: which keys are ours, as managedFields tells. Must not know any one kind.

use super::table;
use crate::model::expression::Expr;
use crate::model::identity::{
    ADDRESS_LABEL, FIELD_MANAGER, MANAGED_BY, MANAGED_BY_LABEL, MARK_PREFIX, OWNER_ANNOTATION,
    STACK_LABEL, STEP_ANNOTATION,
};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::schema::{Compare, Field, Shape};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Label that the API server puts on every namespace, in the name of whoever made it.
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Keys of the map at `path` that our field manager owns by any operation and that the map holds; marks are left out.
/// A key may have stayed in managedFields of a merge patch long ago, so that only what is there counts.
pub(super) fn owned_keys(live: &Json, path: &JsonPath) -> BTreeSet<String> {
    let Some(map) = path.get(live).and_then(Json::as_object) else {
        return BTreeSet::new();
    };
    let entries = live
        .get("metadata")
        .and_then(|metadata| metadata.get("managedFields"))
        .and_then(Json::as_array);
    entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("manager").and_then(Json::as_str) == Some(FIELD_MANAGER))
        .filter_map(|entry| {
            path.0
                .iter()
                .try_fold(entry.get("fieldsV1")?, |fields, member| {
                    fields.get(format!("f:{member}"))
                })?
                .as_object()
        })
        .flat_map(|fields| fields.keys().filter_map(|key| key.strip_prefix("f:")))
        .filter(|key| map.get(*key).is_some_and(|value| !is_mark(key, value)))
        .map(str::to_owned)
        .collect()
}

/// Keys under which another program notes what it knows of an object: declared here they would be fought over.
const NOTES_OF_PROGRAMS: &[&str] = &[
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "argocd.argoproj.io/",
    "deployment.kubernetes.io/",
    "fleet.cattle.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
];

/// Entries of live labels or annotations that can be declared, whoever set them.
pub(super) fn keys_of_anybody(map: &Json) -> Map<String, Json> {
    let entries = map.as_object().into_iter().flatten();
    let is_note = |key: &str| NOTES_OF_PROGRAMS.iter().any(|note| key.starts_with(note));
    entries
        .filter(|(key, value)| !is_mark(key, value) && !is_note(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Ours, and never declared: whoever declares `managed-by` as something else is asking for a label like any other. The
/// server's own label stands in the managedFields of our POST, and no write takes it away.
fn is_mark(key: &str, value: &Json) -> bool {
    key.starts_with(MARK_PREFIX)
        || key == NAMESPACE_NAME_LABEL
        || (key == MANAGED_BY_LABEL && value == MANAGED_BY)
}

/// What a fingerprint of a Kubernetes object covers: our keys of labels and annotations, the marks, and `spec` whole,
/// where the kind has one, but for fields that belong to the server. Never the status.
pub(super) fn projection(
    fields: &[Field],
    body: Option<&Expr>,
    live: &Json,
    spec: Option<&[&str]>,
) -> Projection {
    let mut include = BTreeSet::new();
    for (map, marks) in [
        (
            "labels",
            &[STACK_LABEL, ADDRESS_LABEL, MANAGED_BY_LABEL][..],
        ),
        ("annotations", &[OWNER_ANNOTATION, STEP_ANNOTATION]),
    ] {
        let map = JsonPath::dotted("metadata").child(map);
        include.extend(marks.iter().map(|key| map.child(key)));
        let foreign_marks = map
            .get(live)
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(|keys| keys.keys());
        include.extend(
            foreign_marks
                .filter(|key| key.starts_with(MARK_PREFIX))
                .map(|key| map.child(key)),
        );
        include.extend(owned_keys(live, &map).iter().map(|key| map.child(key)));
    }
    if let Some(body) = body {
        declared_keys(fields, body, &JsonPath(Vec::new()), &mut include);
    }
    include.extend(spec.map(|_| JsonPath::dotted("spec")));
    let exclude = spec
        .unwrap_or_default()
        .iter()
        .map(|place| JsonPath::dotted(place))
        .collect();
    Projection {
        include: include.into_iter().collect(),
        exclude,
    }
}

fn declared_keys(fields: &[Field], body: &Expr, above: &JsonPath, found: &mut BTreeSet<JsonPath>) {
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        let place = table::join(above, &JsonPath::dotted(field.place));
        let Some(declared) = table::declared(field, body) else {
            continue;
        };
        match (&field.shape, declared) {
            (Shape::Block(inner), declared) => {
                if let Some(block) = table::blocks(&declared).first() {
                    declared_keys(inner, block, &place, found);
                }
            }
            (Shape::TextMap, Expr::Value(Json::Object(keys)))
                if field.compare == Compare::MapOwnedKeys =>
            {
                found.extend(keys.keys().map(|key| place.child(key)));
            }
            (Shape::TextMap, Expr::Object(keys)) if field.compare == Compare::MapOwnedKeys => {
                found.extend(keys.keys().map(|key| place.child(key)));
            }
            _ => {}
        }
    }
}
