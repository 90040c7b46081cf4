//! Whether a step writes what its node shows: the object that its kind makes of the shown attributes, with our marks.
//! What is shown to nobody, the values of a Secret, is not compared. Pure.

use crate::diag::{FileId, Span};
use crate::kinds::{self, Home, Kind, Ownership, Part, sensitive};
use crate::model::expression::Expr;
use crate::model::identity::Instance;
use crate::model::json_path::JsonPath;
use crate::model::resource::{Lifecycle, Resource, ServedAs};
use crate::plan::document::{Action, Node, Plan, Step};
use crate::plan::marks::{self, Marked};
use crate::plan::steps;
use crate::world::op::{KubeOp, KubeVerb, LocalOp};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Holds what is written against what is shown.
///
/// # Errors
/// What differs, in words.
pub fn check(
    plan: &Plan,
    node: &Node,
    (kind, action): (&'static dyn Kind, Action),
    (step, op): (&Step, &KubeOp),
) -> Result<(), String> {
    match op.verb {
        KubeVerb::Delete | KubeVerb::Release => return Ok(()),
        KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove => {}
    }
    let shown = shown(node, ServedAs::Type(op.resource.clone()));
    let Some(part) = part(&shown, kind, step) else {
        // A whole whose objects are rendered elsewhere shows what they are, not what is in them.
        if op.verb == KubeVerb::Remove {
            return Ok(());
        }
        let marks = marks_of(plan, node, kind, op)?;
        let expected = marks.iter().fold(op.body.clone(), |body, (place, value)| {
            body.with(&place.0, value.clone())
        });
        return same_at(marks.iter().map(|(place, _)| place), op, &expected);
    };
    let mut expected = part.kind.object(&part.resource);
    // A whole that leaves something as it is live shows what is declared, and of a Secret only the names are shown.
    let is_alone = kinds::find(&node.kind).is_some_and(|kind| kind.composite().is_none());
    let is_shown = match step.op.key() {
        Some(key) => sensitive::of_key(part.kind, &key).is_empty(),
        None => false,
    };
    let is_exact = is_shown && (is_alone || node.action == Action::Create);
    let records = part.kind.records(&part.resource).into_iter();
    let noted: Vec<(JsonPath, Expr)> = records
        .filter(|_| is_exact)
        .map(|(place, value)| (place, Expr::Value(value)))
        .chain(marks_of(plan, node, part.kind, op)?)
        .chain(match op.verb {
            KubeVerb::Create => marks::creation(&op.resource, &step.id),
            KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release => Vec::new(),
        })
        .collect();
    for (place, value) in &noted {
        expected = expected.with(&place.0, value.clone());
    }
    match (op.verb, action) {
        (KubeVerb::Create, _) if is_exact && op.body != expected => {
            Err("it makes something else than its resource shows".to_owned())
        }
        (KubeVerb::Create, _) => same_at(noted.iter().map(|(place, _)| place), op, &expected),
        (KubeVerb::Apply, _) => {
            let is_told = |place: &&JsonPath| {
                let is_label = place.0.get(1).is_some_and(|second| second == "labels");
                is_exact || is_label
            };
            let taken = op.takes.iter().filter(is_told);
            let all = taken.chain(noted.iter().map(|(place, _)| place));
            same_at(all, op, &expected)?;
            match is_exact {
                true => nothing_else(node, &part, op, &expected),
                false => Ok(()),
            }
        }
        (KubeVerb::Remove, _) if is_exact => {
            let is_same = |place: &JsonPath| match op.body.at(&place.0) {
                None | Some(Expr::Value(Json::Null)) => is_nothing(expected.at(&place.0)),
                list => list == expected.at(&place.0),
            };
            match op.takes.iter().all(is_same) {
                true => Ok(()),
                false => Err("it takes off something that its resource shows".to_owned()),
            }
        }
        (KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release, _) => Ok(()),
    }
}

/// The resource as the node shows it.
fn shown(node: &Node, served_as: ServedAs) -> Resource {
    Resource {
        address: node.address.clone(),
        provider: node.provider.clone(),
        body: node.after.clone(),
        sensitive: BTreeSet::new(),
        references: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        served_as,
        span: Span {
            file: FileId(0),
            start: 0,
            end: 0,
        },
        spans: BTreeMap::new(),
    }
}

/// The object of a resource that a step writes.
fn part<'a>(shown: &'a Resource, kind: &'static dyn Kind, step: &Step) -> Option<Part<'a>> {
    let whole = kinds::find(&shown.address.kind)?;
    match whole.composite() {
        None => Some(Part {
            kind,
            resource: Cow::Borrowed(shown),
        }),
        Some(composite) => composite
            .parts(shown)
            .into_iter()
            .find(|part| part.kind.key(&part.resource) == step.op.key()),
    }
}

/// The marks of an object that is ours whole.
fn marks_of(
    plan: &Plan,
    node: &Node,
    kind: &dyn Kind,
    op: &KubeOp,
) -> Result<Vec<(JsonPath, Expr)>, String> {
    match (kind.ownership(), op.verb) {
        (Ownership::Fields, KubeVerb::Create) => {
            return Err("it makes what is not ours to make".to_owned());
        }
        (Ownership::Fields, _) => return Ok(Vec::new()),
        (Ownership::Marked, _) => {}
    }
    let planned = plan.providers.get(&op.provider);
    let instance = planned.map_or(
        Instance::Unknown {
            reason: String::new(),
        },
        |planned| planned.instance.clone(),
    );
    Ok(marks::ownership(&Marked {
        stack: &plan.stack,
        address: &node.address,
        provider: &op.provider,
        instance: &instance,
        resource: &op.resource,
        namespace: op.namespace.as_deref(),
        name: &op.name,
    }))
}

/// What is written at these places is what is shown there.
fn same_at<'p>(
    places: impl Iterator<Item = &'p JsonPath>,
    op: &KubeOp,
    expected: &Expr,
) -> Result<(), String> {
    for place in places {
        if op.body.at(&place.0) != expected.at(&place.0) {
            return Err(format!(
                "it writes something else at {} than its resource shows",
                place.0.join(".")
            ));
        }
    }
    Ok(())
}

/// An apply carries everything that is declared; what it carries beside is as it is live.
fn nothing_else(node: &Node, part: &Part<'_>, op: &KubeOp, expected: &Expr) -> Result<(), String> {
    // What is not known yet is the same on both sides, or differs as any other value does.
    let body = &stand_in(&op.body);
    let expected = &Expr::Value(stand_in(expected));
    let resource = Resource {
        body: Expr::Value(stand_in(&node.after)),
        ..part.resource.clone().into_owned()
    };
    let as_it_is = |attribute: &[String], value: Option<&Json>| {
        value.is_none_or(Json::is_null) || at(&node.before, attribute) == value
    };
    let differences = part.kind.differences(&resource, body);
    let strange = differences
        .iter()
        .find(|one| !as_it_is(&one.attribute, one.before.as_ref()));
    if let Some(strange) = strange {
        return Err(format!(
            "it writes {}, which its resource does not show",
            strange.attribute.join(".")
        ));
    }
    // What names the object, and what stands beside its spec, is told by no comparison.
    let is_live = |place: &JsonPath| {
        let live = at(&node.before, &place.0).or_else(|| at(&node.before, place.0.get(1..)?));
        live.is_some() && live == place.get(body)
    };
    let is_known =
        |place: &JsonPath| expected.at(&place.0).as_ref().and_then(Expr::known) == place.get(body);
    let is_compared = |place: &JsonPath| {
        let first = place.0.first();
        let mut compared = differences.iter();
        first.is_some_and(|first| first == "spec" || expected.member(first).is_some())
            || compared.any(|one| one.place.0.first() == first)
    };
    let is_strange = |place: &JsonPath| match place.0.first().map(String::as_str) {
        Some("kind" | "apiVersion" | "metadata") => !is_known(place) && !is_live(place),
        Some(_) | None => !is_compared(place),
    };
    if let Some(place) = leaves(body).iter().find(|place| is_strange(place)) {
        return Err(format!(
            "it writes {}, which its resource does not show",
            place.0.join(".")
        ));
    }
    let mut extra = part.kind.unknown_fields(body);
    if part.kind.home() == Home::Declared {
        let manifest = |place: &JsonPath| {
            let mut path = vec!["manifest".to_owned()];
            path.extend(place.0.iter().cloned());
            path
        };
        extra = leaves(body)
            .into_iter()
            .filter(|place| is_nothing(expected.at(&place.0)))
            .filter(|place| at(&node.before, &manifest(place)) != place.get(body))
            .collect();
    }
    match extra.first() {
        None => Ok(()),
        Some(place) => Err(format!(
            "it writes {}, which its resource does not show",
            place.0.join(".")
        )),
    }
}

/// A value with a text in place of everything that is not known yet.
fn stand_in(expr: &Expr) -> Json {
    match expr {
        Expr::Value(value) => value.clone(),
        Expr::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), stand_in(member)))
            .collect(),
        Expr::List(members) => members.iter().map(stand_in).collect(),
        Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => {
            Json::String(format!("{expr:?}"))
        }
    }
}

fn is_nothing(value: Option<Expr>) -> bool {
    value.is_none_or(|value| value == Expr::Value(Json::Null))
}

/// The value at an attribute path; a block is a list of one.
fn at<'a>(value: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(value, |value, name| match value {
        Json::Array(blocks) => blocks.first()?.get(name),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
            value.get(name)
        }
    })
}

/// Places of everything in an object that is no object; lists are taken whole.
fn leaves(value: &Json) -> Vec<JsonPath> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Json::Object(members) => {
                for (name, member) in members {
                    let mut path: Vec<String> = path.clone();
                    path.push(name.clone());
                    open.push((path, member));
                }
            }
            Json::Null => {}
            Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                found.push(JsonPath(path));
            }
        }
    }
    found
}

/// A cluster's command is the one that is shown.
///
/// # Errors
/// What differs, in words.
pub fn check_command(node: &Node, op: &LocalOp) -> Result<(), String> {
    if node.action != Action::Create {
        return Err("it does something else than its resource says".to_owned());
    }
    let shown = shown(node, ServedAs::Unasked);
    match steps::command(&shown) {
        Some(expected) if expected == *op => Ok(()),
        Some(_) | None => Err("it runs something else than its resource shows".to_owned()),
    }
}
