//! What a schema table alone tells: how a declared body becomes an object, how a live object reads as attributes, and
//! which of its fields the table does not know. Must not know any one kind.

use super::metadata;
use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::model::schema::{Compare, Field, Literal, Presence, Shape};
use base64::Engine;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The whole object of a Kubernetes kind, without marks.
pub(super) fn kube_object(fields: &[Field], body: &Expr, api_version: &str, kind: &str) -> Expr {
    let mut object = object(fields, body);
    object.put(["apiVersion"].into_iter(), Expr::Value(api_version.into()));
    object.put(["kind"].into_iter(), Expr::Value(kind.into()));
    object
}

/// The object that a table makes of a body, and nothing more.
pub(super) fn object(fields: &[Field], body: &Expr) -> Expr {
    let mut object = Expr::object(BTreeMap::new());
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        if let Some(value) = declared(field, body).and_then(|value| written(field, value)) {
            object.put(field.place.split('.'), value);
        }
    }
    object
}

/// What a body says about a field; the table's default stands in where it says nothing. `None`: nothing is said.
pub(super) fn declared(field: &Field, body: &Expr) -> Option<Expr> {
    let said = body
        .member(field.name)
        .filter(|value| *value != Expr::Value(Json::Null));
    match &field.presence {
        Presence::Required | Presence::Optional => said,
        Presence::Default(literal) => said.or_else(|| Some(Expr::Value(literal_json(*literal)))),
        Presence::Computed | Presence::Rejected(_) => None,
    }
}

/// A default as JSON.
pub(super) fn literal_json(literal: Literal) -> Json {
    match literal {
        Literal::Text(text) => text.into(),
        Literal::Bool(value) => value.into(),
        Literal::Integer(value) => value.into(),
    }
}

/// A declared value in the shape of the object; `None` where it is empty, so that nothing is to be written.
pub(super) fn written(field: &Field, value: Expr) -> Option<Expr> {
    match &field.shape {
        Shape::Block(inner) => {
            let block = object(inner, blocks(&value).first()?);
            Some(block).filter(|block| !block.known().is_some_and(is_empty))
        }
        Shape::Blocks(inner) => {
            let members: Vec<Expr> = blocks(&value)
                .iter()
                .map(|block| object(inner, block))
                .collect();
            (!members.is_empty()).then(|| Expr::list(members))
        }
        Shape::Text
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::Cron
        | Shape::Bool
        | Shape::Integer
        | Shape::TextList
        | Shape::TextMap
        | Shape::Any => match value.known() {
            Some(known) if is_empty(known) => None,
            Some(known) if field.compare == Compare::Base64 => Some(Expr::Value(encode(known))),
            None if field.compare == Compare::Base64 => Some(Expr::Call {
                function: "base64encode".to_owned(),
                arguments: vec![value],
            }),
            Some(_) | None => Some(value),
        },
    }
}

/// Members of a list of blocks.
pub(super) fn blocks(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::Value(Json::Array(members)) => members.iter().cloned().map(Expr::Value).collect(),
        Expr::List(members) => members.clone(),
        Expr::Value(_)
        | Expr::Object(_)
        | Expr::Hole(_)
        | Expr::Secret(_)
        | Expr::Concat(_)
        | Expr::Call { .. } => Vec::new(),
    }
}

/// Null, `""`, `[]` and `{}`: what Go leaves out when it writes an object, so that it cannot tell them from absent.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(members) => members.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn encode(value: &Json) -> Json {
    let text = value.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD
        .encode(text)
        .into()
}

fn decode(value: &Json) -> Option<Json> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(value.as_str()?)
        .ok()?;
    String::from_utf8(bytes).ok().map(Json::String)
}

/// Whether the language can say a live value: text stands for bytes only where they are one.
pub(super) fn can_be_said(field: &Field, live: &Json) -> bool {
    match field.compare {
        Compare::Base64 => is_empty(live) || decode(live).is_some(),
        Compare::Never
        | Compare::Exact
        | Compare::NameSet
        | Compare::IncludeSet
        | Compare::Ordered
        | Compare::MapExact
        | Compare::MapOwnedKeys
        | Compare::DurationZeroAbsent
        | Compare::Duration
        | Compare::TriState
        | Compare::FalseAbsent
        | Compare::AbsentIs(_)
        | Compare::AnyCase
        | Compare::PluginName
        | Compare::Prefix => true,
    }
}

/// A live object read through the table: attribute-shaped, defaults filled in, foreign labels left out.
pub(super) fn attributes(fields: &[Field], live: &Json) -> Json {
    read(fields, live, live, &JsonPath(Vec::new()))
}

/// `inside`: the object the fields are places of, which lies at `place` of the whole.
fn read(fields: &[Field], whole: &Json, inside: &Json, place: &JsonPath) -> Json {
    let mut members = Map::new();
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        let at = JsonPath::dotted(field.place);
        let value = at.get(inside);
        let value = match &field.shape {
            Shape::Block(inner) => value.filter(|value| !is_empty(value)).and_then(|value| {
                let block = read(inner, whole, value, &join(place, &at));
                (!is_empty(&block)).then(|| Json::Array(vec![block]))
            }),
            Shape::TextMap if field.compare == Compare::MapOwnedKeys => {
                let path = join(place, &at);
                let ours = metadata::owned_keys(whole, &path);
                let map = value.and_then(Json::as_object).into_iter().flatten();
                let map: Map<String, Json> = map
                    .filter(|(key, _)| ours.contains(*key))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                Some(Json::Object(map)).filter(|map| !is_empty(map))
            }
            Shape::Blocks(_)
            | Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextList
            | Shape::TextMap
            | Shape::Any => attribute(field, value),
        };
        let default = || match &field.presence {
            Presence::Default(literal) => Some(literal_json(*literal)),
            Presence::Required
            | Presence::Optional
            | Presence::Computed
            | Presence::Rejected(_) => None,
        };
        if let Some(value) = value.or_else(default) {
            members.insert(field.name.to_owned(), value);
        }
    }
    Json::Object(members)
}

/// One live value in the shape of its attribute; `None` where it says nothing.
pub(super) fn attribute(field: &Field, value: Option<&Json>) -> Option<Json> {
    let value = value.filter(|value| !is_empty(value))?;
    let inside = |inner: &[Field], value: &Json| read(inner, value, value, &JsonPath(Vec::new()));
    match &field.shape {
        Shape::Block(inner) => Some(Json::Array(vec![inside(inner, value)])),
        Shape::Blocks(inner) => Some(Json::Array(
            value
                .as_array()?
                .iter()
                .map(|member| inside(inner, member))
                .collect(),
        )),
        Shape::Text
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::Cron
        | Shape::Bool
        | Shape::Integer
        | Shape::TextList
        | Shape::TextMap
        | Shape::Any => match field.compare {
            // Bytes that are no text are left out: as base64 they would be declared for what they are the base64 of.
            Compare::Base64 => decode(value),
            Compare::DurationZeroAbsent => {
                super::compare::canonical(field, Some(value)).map(|_| value.clone())
            }
            Compare::Never
            | Compare::Exact
            | Compare::NameSet
            | Compare::IncludeSet
            | Compare::Ordered
            | Compare::MapExact
            | Compare::MapOwnedKeys
            | Compare::Duration
            | Compare::TriState
            | Compare::FalseAbsent
            | Compare::AbsentIs(_)
            | Compare::AnyCase
            | Compare::PluginName
            | Compare::Prefix => Some(value.clone()),
        },
    }
}

/// The value at a field's place in the object that the field is of.
pub(super) fn find<'a>(field: &Field, object: &'a Json) -> Option<&'a Json> {
    let mut members = field.place.split('.');
    members.try_fold(object, |value, member| value.get(member))
}

/// A place below another.
pub(super) fn join(above: &JsonPath, below: &JsonPath) -> JsonPath {
    JsonPath(above.0.iter().chain(&below.0).cloned().collect())
}

/// Live spec fields that the table does not know and that hold something, in the order of the object. `besides` are
/// those that the kind leaves alone on purpose.
pub(super) fn unknown_fields(fields: &[Field], live: &Json, besides: &[&str]) -> Vec<JsonPath> {
    let mut search = Search {
        besides,
        way: vec!["spec"],
        found: BTreeSet::new(),
    };
    if let Some(spec) = live.get("spec") {
        search.look(spec, fields, 0);
    }
    search.found.into_iter().collect()
}

/// What a table says about a place.
#[derive(Clone, Copy)]
enum Standing<'t> {
    /// Nothing.
    Unknown,
    /// It knows places below.
    LeadsOn,
    /// It is a field, with the table of its members where it is a list of blocks.
    Field(&'t [Field]),
}

/// The search for what a table does not know. Every live object is searched at every plan, so that nothing is built for
/// what is known.
struct Search<'a> {
    besides: &'a [&'a str],
    /// Member names from the root.
    way: Vec<&'a str>,
    found: BTreeSet<JsonPath>,
}

impl<'a> Search<'a> {
    /// Looks at the value at the end of the way; `fields` are places below its first `depth` members.
    fn look(&mut self, value: &'a Json, fields: &[Field], depth: usize) {
        match (self.standing(fields, depth), value) {
            (Standing::Field([]), _) => {}
            (Standing::Field(inner), Json::Array(members)) => {
                let depth = self.way.len();
                for member in members {
                    self.look(member, inner, depth);
                }
            }
            (
                Standing::Field(_),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_),
            ) => {}
            (Standing::LeadsOn, Json::Object(members)) => {
                for (name, member) in members {
                    self.way.push(name);
                    self.look(member, fields, depth);
                    self.way.pop();
                }
            }
            (Standing::LeadsOn | Standing::Unknown, value) => {
                if !is_empty(value) {
                    let way = self.way.iter().map(|name| (*name).to_owned());
                    self.found.insert(JsonPath(way.collect()));
                }
            }
        }
    }

    fn standing<'t>(&self, fields: &'t [Field], depth: usize) -> Standing<'t> {
        let way = self.way.get(depth..).unwrap_or_default();
        if way.is_empty() {
            return Standing::LeadsOn;
        }
        let mut standing = in_table(fields, way);
        for place in self.besides {
            match steps(place, &self.way) {
                Steps::There => return Standing::Field(&[]),
                Steps::Below => standing = standing.or(Standing::LeadsOn),
                Steps::Past(_) | Steps::Elsewhere => {}
            }
        }
        standing
    }
}

impl Standing<'_> {
    fn or(self, other: Self) -> Self {
        match self {
            Standing::Unknown => other,
            Standing::LeadsOn | Standing::Field(_) => self,
        }
    }
}

fn in_table<'t>(fields: &'t [Field], way: &[&str]) -> Standing<'t> {
    let mut standing = Standing::Unknown;
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        let here = match (steps(field.place, way), &field.shape) {
            (Steps::Elsewhere, _) => Standing::Unknown,
            (Steps::Below, _) => Standing::LeadsOn,
            (Steps::There, Shape::Block(_)) => Standing::LeadsOn,
            (Steps::There, Shape::Blocks(inner)) => Standing::Field(inner),
            (
                Steps::There,
                Shape::Text
                | Shape::Choice(_)
                | Shape::Duration
                | Shape::Cron
                | Shape::Bool
                | Shape::Integer
                | Shape::TextList
                | Shape::TextMap
                | Shape::Any,
            ) => Standing::Field(&[]),
            (Steps::Past(rest), Shape::Block(inner)) => in_table(inner, rest),
            (Steps::Past(_), _) => Standing::Unknown,
        };
        match here {
            Standing::Field(_) => return here,
            Standing::LeadsOn | Standing::Unknown => standing = standing.or(here),
        }
    }
    standing
}

/// How a way lies to a dotted place.
enum Steps<'w> {
    /// It leads somewhere else.
    Elsewhere,
    /// The place is below it.
    Below,
    /// It is the place.
    There,
    /// It goes these steps beyond the place.
    Past(&'w [&'w str]),
}

fn steps<'w>(place: &str, way: &'w [&'w str]) -> Steps<'w> {
    let mut left = way.iter();
    for member in place.split('.') {
        match left.next() {
            None => return Steps::Below,
            Some(name) if *name == member => {}
            Some(_) => return Steps::Elsewhere,
        }
    }
    match left.as_slice() {
        [] => Steps::There,
        beyond => Steps::Past(beyond),
    }
}
