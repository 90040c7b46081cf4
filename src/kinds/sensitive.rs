//! What of a live object is shown to nobody, whatever kind reads it: plans, drift and `import` ask here. Of a Secret that is
//! all but its names (its own, its labels, the names of its keys): `kubectl apply` leaves the whole object behind in an
//! annotation, and whoever writes an annotation may write there what they wrote into the data. Pure.

use super::Kind;
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::secret::HIDDEN;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Attributes that hold what is in a Secret, of every kind that may be about one.
const OF_SECRETS: &[&[&str]] = &[
    &["data"],
    &["binary_data"],
    &["annotations"],
    &["metadata", "annotations"],
    &["manifest", "data"],
    &["manifest", "stringData"],
    &["manifest", "metadata", "annotations"],
];

/// Paths of attributes whose values are never shown, of an object under this key.
pub fn of_key(kind: &dyn Kind, key: &Key) -> BTreeSet<Vec<String>> {
    match key {
        Key::Kube { resource, .. } => of(kind, Some(resource)),
        Key::Cluster { .. } | Key::Composite { .. } => of(kind, None),
    }
}

/// The same, of an object of this type.
pub fn of(kind: &dyn Kind, resource: Option<&KubeResource>) -> BTreeSet<Vec<String>> {
    let own = kind.sensitive().iter().map(|name| vec![(*name).to_owned()]);
    let is_secret = resource.is_some_and(is_secret);
    let path = |path: &&[&str]| path.iter().map(|member| (*member).to_owned()).collect();
    let secrets = OF_SECRETS.iter().filter(|_| is_secret).map(path);
    own.chain(secrets).collect()
}

/// What of an object may be in a fingerprint: of a Secret none of what is never shown (R33), but our own marks.
pub fn in_fingerprint(mut projection: Projection, key: &Key) -> Projection {
    let is_hidden = |path: &JsonPath| match path.0.as_slice() {
        [first, ..] if first == "data" || first == "stringData" => true,
        [first, second, rest @ ..] if first == "metadata" && second == "annotations" => {
            !rest.first().is_some_and(|key| key.starts_with("sk-dr.io/"))
        }
        _ => false,
    };
    let is_secret = match key {
        Key::Kube { resource, .. } => is_secret(resource),
        Key::Cluster { .. } | Key::Composite { .. } => false,
    };
    projection
        .include
        .retain(|path| !(is_secret && is_hidden(path)));
    projection
}

fn is_secret(resource: &KubeResource) -> bool {
    resource.group.is_empty() && resource.kind.as_ref() == "Secret"
}

/// Live attributes with what stands under these paths hidden; names of members stay.
pub fn hidden(attributes: Json, paths: &BTreeSet<Vec<String>>) -> Json {
    paths
        .iter()
        .fold(attributes, |attributes, path| hide(attributes, path))
}

/// The same of declared ones. References to secrets tell nothing and stay.
pub fn hidden_expr(attributes: Expr, paths: &BTreeSet<Vec<String>>) -> Expr {
    paths
        .iter()
        .fold(attributes, |attributes, path| hide_expr(attributes, path))
}

/// The part of each path below an attribute; nothing where none leads into it or to it.
pub fn below(paths: &BTreeSet<Vec<String>>, attribute: &[String]) -> BTreeSet<Vec<String>> {
    let rest = |path: &Vec<String>| {
        let reaches = attribute.starts_with(path) || path.starts_with(attribute);
        reaches.then(|| path.get(attribute.len()..).unwrap_or_default().to_vec())
    };
    paths.iter().filter_map(rest).collect()
}

/// Live attributes without what stands under these paths.
pub fn without(attributes: Json, paths: &BTreeSet<Vec<String>>) -> Json {
    paths.iter().fold(attributes, |mut attributes, path| {
        remove(&mut attributes, path);
        attributes
    })
}

fn hide(value: Json, path: &[String]) -> Json {
    match (value, path.split_first()) {
        (Json::Array(members), Some(_)) => members
            .into_iter()
            .map(|member| hide(member, path))
            .collect(),
        (Json::Object(mut members), Some((name, rest))) => {
            if let Some(member) = members.get_mut(name) {
                *member = hide(member.take(), rest);
            }
            Json::Object(members)
        }
        (Json::Object(members), None) => members
            .into_iter()
            .map(|(name, member)| (name, hide(member, &[])))
            .collect(),
        (Json::Null, _) => Json::Null,
        (_, None) => HIDDEN.into(),
        (other @ (Json::Bool(_) | Json::Number(_) | Json::String(_)), Some(_)) => other,
    }
}

fn hide_expr(expr: Expr, path: &[String]) -> Expr {
    match (expr, path.split_first()) {
        (Expr::Value(value), _) => Expr::Value(hide(value, path)),
        (Expr::List(members), _) => Expr::List(
            members
                .into_iter()
                .map(|member| hide_expr(member, path))
                .collect(),
        ),
        (Expr::Object(members), None) => Expr::Object(
            members
                .into_iter()
                .map(|(name, member)| (name, hide_expr(member, &[])))
                .collect(),
        ),
        (Expr::Object(mut members), Some((name, rest))) => {
            if let Some((name, member)) = members.remove_entry(name) {
                members.insert(name, hide_expr(member, rest));
            }
            Expr::Object(members)
        }
        (Expr::Concat(parts), None) => {
            Expr::Concat(parts.into_iter().map(|part| hide_expr(part, &[])).collect())
        }
        (other @ (Expr::Hole(_) | Expr::Secret(_) | Expr::Call { .. } | Expr::Concat(_)), _) => {
            other
        }
    }
}

fn remove(value: &mut Json, path: &[String]) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    match value {
        Json::Array(members) => members.iter_mut().for_each(|member| remove(member, path)),
        Json::Object(members) if rest.is_empty() => {
            members.remove(name);
        }
        Json::Object(members) => members
            .get_mut(name)
            .into_iter()
            .for_each(|member| remove(member, rest)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
