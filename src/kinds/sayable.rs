//! What of a live object can be declared: the least that declares it, without what the language or the kind would refuse.
//! What is left out is named with its live value and the reason. Must not know any one kind, nor how a block is written.

use super::{Kind, least, table};
use crate::diag::{Diagnostic, FileId, Severity, Span};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::resource::{Lifecycle, Resource, ServedAs};
use crate::model::schema::{Field, Presence, Shape};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// A declaration of a live object.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Body of the block.
    pub body: Json,
    /// What the object holds and the body does not say.
    pub unsaid: Vec<Unsaid>,
    /// Why no block declares the object; `None`: the body does.
    pub obstacle: Option<String>,
}

/// Something that a block cannot say.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsaid {
    /// Attribute path, member names.
    pub path: Vec<String>,
    /// What is live there.
    pub live: Json,
    /// Why it cannot be said: a clause.
    pub why: String,
    /// What a comparison makes of it.
    pub standing: Standing,
}

/// How what is left out stands in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It differs where nothing is declared: left as it is only by `ignore_changes`.
    Differs,
    /// It never differs.
    NoDifference,
}

/// What is wrong with a body, and where.
struct Mistake {
    /// First member of the attribute path; `None`: the whole.
    attribute: Option<String>,
    why: String,
}

/// The declaration of a live object.
pub fn declaration(kind: &dyn Kind, live: &Json) -> Said {
    let mut said = Said {
        body: least::declaration(kind, live),
        unsaid: unreadable(kind, live),
        obstacle: None,
    };
    // Each turn leaves something out.
    while let Some(mistake) = mistakes(kind, &said.body).into_iter().next() {
        let optional = mistake
            .attribute
            .filter(|name| said.body.get(name).is_some() && may_be_missing(kind, name))
            .filter(|name| !is_in_key(kind, &said.body, name));
        match optional {
            Some(attribute) => leave_out(kind, &mut said, &attribute, mistake.why),
            None => {
                said.obstacle = Some(mistake.why);
                break;
            }
        }
    }
    said
}

/// Whether a body is one that a configuration may hold.
pub fn is_valid(kind: &dyn Kind, body: &Json) -> bool {
    mistakes(kind, body).is_empty()
}

/// Bytes that are no text.
fn unreadable(kind: &dyn Kind, live: &Json) -> Vec<Unsaid> {
    let fields = kind.schema().fields.iter();
    fields
        .filter_map(|field| {
            let value = table::find(field, live).filter(|_| !field.place.is_empty())?;
            (!table::can_be_said(field, value)).then(|| Unsaid {
                path: vec![field.name.to_owned()],
                live: value.clone(),
                why: "it holds bytes that are no text".to_owned(),
                standing: Standing::NoDifference,
            })
        })
        .collect()
}

fn may_be_missing(kind: &dyn Kind, name: &str) -> bool {
    let mut fields = kind.schema().fields.iter();
    fields
        .find(|field| field.name == name)
        .is_some_and(|field| match field.presence {
            Presence::Optional | Presence::Default(_) => true,
            Presence::Required | Presence::Computed | Presence::Rejected(_) => false,
        })
}

/// Whether a body without it declares another object: a Schedule whose namespace cannot be said is not one in `velero`.
fn is_in_key(kind: &dyn Kind, body: &Json, name: &str) -> bool {
    let mut without = body.clone();
    if let Json::Object(members) = &mut without {
        members.remove(name);
    }
    kind.key(&resource(kind, body).0) != kind.key(&resource(kind, &without).0)
}

/// Leaves out one entry of a map, where that is all that is wrong with it, else the attribute.
fn leave_out(kind: &dyn Kind, said: &mut Said, attribute: &str, why: String) {
    let count = mistakes(kind, &said.body).len();
    let keys: Vec<String> = match said.body.get(attribute) {
        Some(Json::Object(members)) => members.keys().cloned().collect(),
        Some(_) | None => Vec::new(),
    };
    let without = |key: &String| {
        let mut body = said.body.clone();
        if let Some(Json::Object(members)) = body.get_mut(attribute) {
            members.remove(key);
        }
        body
    };
    let mut keys = keys.iter().filter(|key| is_plain(key));
    let cured = keys.find(|key| {
        let body = without(key);
        let is_left = body.get(attribute).is_some_and(|map| !table::is_empty(map));
        is_left && mistakes(kind, &body).len() < count
    });
    let mut path = vec![attribute.to_owned()];
    path.extend(cured.cloned());
    let place = said.body.get(attribute).cloned().unwrap_or_default();
    let live = cured.map_or(place.clone(), |key| place[key].clone());
    said.body = match cured {
        Some(key) => without(key),
        None => {
            let mut body = said.body.clone();
            if let Json::Object(members) = &mut body {
                members.remove(attribute);
            }
            body
        }
    };
    said.unsaid.push(Unsaid {
        path,
        live,
        why,
        standing: Standing::Differs,
    });
}

/// A key that a traversal can name as it is.
fn is_plain(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    !key.is_empty() && key.chars().all(allowed)
}

/// Everything that a configuration with this body would be refused for.
fn mistakes(kind: &dyn Kind, body: &Json) -> Vec<Mistake> {
    let schema = kind.schema();
    let misfits: Vec<Mistake> = misfits(schema.fields, body).collect();
    if !misfits.is_empty() {
        return misfits;
    }
    let (resource, attributes) = resource(kind, body);
    let mut found: Vec<Diagnostic> = Vec::new();
    kind.validate(&resource, &mut found);
    let errors = found
        .into_iter()
        .filter(|found| found.severity == Severity::Error);
    errors
        .map(|error| Mistake {
            attribute: error
                .span
                .and_then(|span| attributes.get(&span.start).cloned()),
            why: error.detail,
        })
        .collect()
}

/// Values that are not of their argument's shape.
fn misfits<'a>(fields: &'a [Field], body: &'a Json) -> impl Iterator<Item = Mistake> + 'a {
    fields.iter().filter_map(move |field| {
        let why = match (body.get(field.name), &field.presence) {
            (Some(value), _) => misfit(field, value)?,
            (None, Presence::Required) => format!("`{}` is missing", field.name),
            (
                None,
                Presence::Optional
                | Presence::Default(_)
                | Presence::Computed
                | Presence::Rejected(_),
            ) => return None,
        };
        Some(Mistake {
            attribute: Some(field.name.to_owned()),
            why,
        })
    })
}

fn misfit(field: &Field, value: &Json) -> Option<String> {
    let texts = |mut members: Box<dyn Iterator<Item = &Json> + '_>| members.all(Json::is_string);
    let (fits, wanted) = match &field.shape {
        Shape::Text | Shape::Duration | Shape::Cron => (value.is_string(), "a text"),
        Shape::Choice(choices) => {
            let fits = value.as_str().is_some_and(|text| choices.contains(&text));
            (fits, "one of the values that Velero knows")
        }
        Shape::Bool => (value.is_boolean(), "true or false"),
        Shape::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
        Shape::TextList => {
            let members = value.as_array();
            let fits = members.is_some_and(|members| texts(Box::new(members.iter())));
            (fits, "a list of texts")
        }
        Shape::TextMap => {
            let members = value.as_object();
            let fits = members.is_some_and(|members| texts(Box::new(members.values())));
            (fits, "a map of texts")
        }
        Shape::Any => (true, ""),
        Shape::Block(inner) | Shape::Blocks(inner) => {
            let Some(blocks) = value.as_array() else {
                return Some(format!("`{}` is no list of blocks", field.name));
            };
            let mut wrong = blocks.iter().flat_map(|block| misfits(inner, block));
            return wrong.next().map(|mistake| mistake.why);
        }
    };
    (!fits).then(|| format!("`{}` is not {wanted}", field.name))
}

/// The resource with this body, each attribute at a place of its own; and which attribute stands where.
fn resource(kind: &dyn Kind, body: &Json) -> (Resource, BTreeMap<usize, String>) {
    let schema = kind.schema();
    let at = |start: usize| Span {
        file: FileId(0),
        start,
        end: start,
    };
    let (mut spans, mut attributes) = (BTreeMap::new(), BTreeMap::new());
    for path in paths(body) {
        let start = spans.len() + 1;
        let attribute = path.split('.').next().unwrap_or_default().to_owned();
        attributes.insert(start, attribute);
        spans.insert(path, at(start));
    }
    let resource = Resource {
        address: Address::new(schema.kind, "main"),
        provider: schema.provider.map(|provider| ProviderRef {
            provider: provider.to_owned(),
            alias: None,
        }),
        body: Expr::Value(with_defaults(schema.fields, body.clone())),
        sensitive: BTreeSet::new(),
        references: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        served_as: ServedAs::default(),
        span: at(0),
        spans,
    };
    (resource, attributes)
}

/// Attribute paths in a body, members of lists under one path.
fn paths(body: &Json) -> BTreeSet<String> {
    fn below(value: &Json, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Json::Object(members) => {
                for (name, member) in members {
                    let path = match path {
                        "" => name.clone(),
                        above => format!("{above}.{name}"),
                    };
                    found.insert(path.clone());
                    below(member, &path, found);
                }
            }
            Json::Array(members) => members.iter().for_each(|member| below(member, path, found)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    below(body, "", &mut found);
    found
}

fn with_defaults(fields: &[Field], body: Json) -> Json {
    let Json::Object(mut members) = body else {
        return body;
    };
    for field in fields {
        if let (Presence::Default(literal), None) = (&field.presence, members.get(field.name)) {
            members.insert(field.name.to_owned(), table::literal_json(*literal));
        }
        if let (Shape::Block(inner) | Shape::Blocks(inner), Some(Json::Array(blocks))) =
            (&field.shape, members.get_mut(field.name))
        {
            for block in blocks {
                *block = with_defaults(inner, block.take());
            }
        }
    }
    Json::Object(members.into_iter().collect::<Map<String, Json>>())
}
