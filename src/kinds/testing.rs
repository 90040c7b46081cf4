//! For the tests of kinds: resources from JSON bodies, and checks that read as one line for each finding.

use super::{Difference, Kind, find};
use crate::diag::{FileId, Severity, Span};
use crate::model::address::Address;
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::identity::ProviderRef;
use crate::model::resource::{Lifecycle, Resource, ServedAs};
use crate::model::schema::{Field, Presence, Shape};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A member of this form in a body stands for a value that is known after apply.
const HOLE: &str = "<hole>";

/// A resource as the language hands it over: defaults filled in, a span of its own for each attribute.
pub fn resource(kind: &str, body: Json) -> Resource {
    let schema = find(kind).unwrap().schema();
    let body = with_defaults(schema.fields, body);
    let mut spans = BTreeMap::new();
    name_spans(&body, "", &mut spans);
    Resource {
        address: Address::new(kind, "main"),
        provider: schema.provider.map(|provider| ProviderRef {
            provider: provider.to_owned(),
            alias: None,
        }),
        body: open(body),
        sensitive: BTreeSet::new(),
        references: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        served_as: ServedAs::default(),
        span: span(0),
        spans,
    }
}

fn span(start: usize) -> Span {
    Span {
        file: FileId(0),
        start,
        end: start + 1,
    }
}

fn with_defaults(fields: &[Field], body: Json) -> Json {
    let Json::Object(mut members) = body else {
        return body;
    };
    for field in fields {
        if let (Presence::Default(literal), false) =
            (&field.presence, members.contains_key(field.name))
        {
            members.insert(field.name.to_owned(), super::table::literal_json(*literal));
        }
        if let (Shape::Block(inner) | Shape::Blocks(inner), Some(Json::Array(blocks))) =
            (&field.shape, members.get_mut(field.name))
        {
            for block in blocks {
                *block = with_defaults(inner, block.take());
            }
        }
    }
    Json::Object(members)
}

fn name_spans(value: &Json, above: &str, spans: &mut BTreeMap<String, Span>) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                let path = if above.is_empty() {
                    name.clone()
                } else {
                    format!("{above}.{name}")
                };
                let start = spans.len() + 1;
                spans.entry(path.clone()).or_insert_with(|| span(start));
                name_spans(member, &path, spans);
            }
        }
        Json::Array(members) => members
            .iter()
            .for_each(|member| name_spans(member, above, spans)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn open(value: Json) -> Expr {
    match value {
        Json::String(text) if text == HOLE => hole(),
        Json::Object(members) => Expr::object(
            members
                .into_iter()
                .map(|(name, member)| (name, open(member)))
                .collect(),
        ),
        Json::Array(members) => Expr::list(members.into_iter().map(open).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Expr::Value(value),
    }
}

fn hole() -> Expr {
    let source = HoleSource::Resource {
        address: Address::new("a", "b"),
        attribute: "c".to_owned(),
    };
    Expr::Hole(Box::new(Hole {
        source,
        hole_type: HoleType::String,
    }))
}

fn print(expr: &Expr) -> String {
    match expr {
        Expr::Value(value) => value.to_string(),
        Expr::Hole(_) => HOLE.to_owned(),
        Expr::Call { function, .. } => format!("{function}(...)"),
        Expr::Object(_) | Expr::List(_) | Expr::Secret(_) | Expr::Concat(_) => {
            "(partly known)".to_owned()
        }
    }
}

/// `ttl: "24h" -> "48h" [spec.template.ttl = "48h"] # note`.
pub fn line(difference: &Difference) -> String {
    let absent = || "absent".to_owned();
    let before = difference
        .before
        .as_ref()
        .map_or_else(absent, Json::to_string);
    let after = difference.after.as_ref().map_or_else(absent, print);
    let place = difference.place.0.join(".");
    let write = difference.write.as_ref().map_or_else(
        || format!("{place} removed"),
        |write| format!("{place} = {}", print(write)),
    );
    let note = difference
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!(" # {note}"));
    format!(
        "{}: {before} -> {after} [{write}]{note}",
        difference.attribute.join(".")
    )
}

/// Differences of a body and a live object, as lines.
pub fn check_differences(kind: &str, body: Json, live: &Json, wanted: &[&str]) {
    let found = find(kind)
        .unwrap()
        .differences(&resource(kind, body.clone()), live);
    let lines: Vec<String> = found.iter().map(line).collect();
    assert_eq!(lines, wanted, "{kind} {body} against {live}");
}

/// Diagnostics of a body: `error code attribute: detail (hint; hint)`, the attribute as its span tells.
pub fn check_validate(kind: &str, body: Json, wanted: &[&str]) {
    let resource = resource(kind, body.clone());
    let mut diagnostics = Vec::new();
    find(kind).unwrap().validate(&resource, &mut diagnostics);
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let severity = if diagnostic.severity == Severity::Error {
                "error"
            } else {
                "warning"
            };
            let at = resource
                .spans
                .iter()
                .find(|(_, span)| Some(**span) == diagnostic.span);
            let at = at.map_or("(header)", |(attribute, _)| attribute);
            let hints: Vec<&str> = diagnostic
                .hints
                .iter()
                .map(|hint| hint.message.as_str())
                .collect();
            let hints = if hints.is_empty() {
                String::new()
            } else {
                format!(" ({})", hints.join("; "))
            };
            format!(
                "{severity} {} {at}: {}{hints}",
                diagnostic.code, diagnostic.detail
            )
        })
        .collect();
    assert_eq!(lines, wanted, "{kind} {body}");
}

/// The object of a body, which holds nothing open.
pub fn object(kind: &str, body: Json) -> Json {
    let object = find(kind).unwrap().object(&resource(kind, body));
    object.into_known().unwrap()
}

/// The kind of that name.
pub fn kind(name: &str) -> &'static dyn Kind {
    find(name).unwrap()
}
