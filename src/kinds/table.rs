//! What a schema table alone tells: how a declared body becomes an object, how a live object reads as attributes, and
//! which of its fields the table does not know. Must not know any one kind.

use super::metadata;
use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::model::schema::{Compare, Field, Literal, Presence, Shape};
use base64::Engine;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// An object being put together: leaves at dotted places.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

enum Node {
    Leaf(Expr),
    Branch(Tree),
}

impl Tree {
    /// Puts a value at a place, over whatever stood there.
    pub(super) fn put(&mut self, place: &[String], value: Expr) {
        match place {
            [] => {}
            [last] => {
                self.0.insert(last.clone(), Node::Leaf(value));
            }
            [first, rest @ ..] => {
                let node = self
                    .0
                    .entry(first.clone())
                    .or_insert_with(|| Node::Branch(Self::default()));
                if let Node::Leaf(_) = node {
                    *node = Node::Branch(Self::default());
                }
                if let Node::Branch(branch) = node {
                    branch.put(rest, value);
                }
            }
        }
    }

    /// The object; one known value where nothing in it is open.
    pub(super) fn into_expr(self) -> Expr {
        let members = self.0.into_iter().map(|(name, node)| match node {
            Node::Leaf(leaf) => (name, leaf),
            Node::Branch(branch) => (name, branch.into_expr()),
        });
        Expr::object(members.collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The whole object of a Kubernetes kind, without marks.
pub(super) fn kube_object(fields: &[Field], body: &Expr, api_version: &str, kind: &str) -> Tree {
    let mut tree = tree(fields, body);
    tree.put(&["apiVersion".to_owned()], Expr::Value(api_version.into()));
    tree.put(&["kind".to_owned()], Expr::Value(kind.into()));
    tree
}

/// The object that a table makes of a body, and nothing more.
pub(super) fn object(fields: &[Field], body: &Expr) -> Expr {
    tree(fields, body).into_expr()
}

fn tree(fields: &[Field], body: &Expr) -> Tree {
    let mut tree = Tree::default();
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        if let Some(value) = declared(field, body)
            .as_ref()
            .and_then(|value| written(field, value))
        {
            tree.put(&JsonPath::dotted(field.place).0, value);
        }
    }
    tree
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
pub(super) fn written(field: &Field, value: &Expr) -> Option<Expr> {
    match &field.shape {
        Shape::Block(inner) => {
            let tree = tree(inner, blocks(value).first()?);
            (!tree.is_empty()).then(|| tree.into_expr())
        }
        Shape::Blocks(inner) => {
            let members: Vec<Expr> = blocks(value)
                .iter()
                .map(|block| tree(inner, block).into_expr())
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
                arguments: vec![value.clone()],
            }),
            Some(_) | None => Some(value.clone()),
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
            Compare::Base64 => decode(value).or_else(|| Some(value.clone())),
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

/// A place below another.
pub(super) fn join(above: &JsonPath, below: &JsonPath) -> JsonPath {
    JsonPath(above.0.iter().chain(&below.0).cloned().collect())
}

/// Live spec fields that the table does not know and that hold something, in the order of the object. `besides` are
/// those that the kind leaves alone on purpose.
pub(super) fn unknown_fields(fields: &[Field], live: &Json, besides: &[&str]) -> Vec<JsonPath> {
    let mut known = BTreeMap::new();
    collect(fields, &JsonPath(Vec::new()), &mut known);
    for place in besides {
        known.insert(JsonPath::dotted(place), &[] as &[Field]);
    }
    let mut found = BTreeSet::new();
    let spec = JsonPath(vec!["spec".to_owned()]);
    if let Some(value) = spec.get(live) {
        look(value, &spec, &known, &mut found);
    }
    found.into_iter().collect()
}

/// Places of a table, each with the table of its members where it is a list of blocks.
type Known<'a> = BTreeMap<JsonPath, &'a [Field]>;

fn collect<'a>(fields: &'a [Field], above: &JsonPath, known: &mut Known<'a>) {
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        let place = join(above, &JsonPath::dotted(field.place));
        match &field.shape {
            Shape::Block(inner) => collect(inner, &place, known),
            Shape::Blocks(inner) => {
                known.insert(place, inner);
            }
            Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextList
            | Shape::TextMap
            | Shape::Any => {
                known.insert(place, &[]);
            }
        }
    }
}

fn look(value: &Json, place: &JsonPath, known: &Known<'_>, found: &mut BTreeSet<JsonPath>) {
    if let Some(inner) = known.get(place) {
        let mut members = BTreeMap::new();
        collect(inner, place, &mut members);
        for member in value
            .as_array()
            .filter(|_| !inner.is_empty())
            .into_iter()
            .flatten()
        {
            look(member, place, &members, found);
        }
        return;
    }
    let leads_on = known
        .keys()
        .any(|path| path.0.len() > place.0.len() && path.0.starts_with(&place.0));
    match value {
        Json::Object(members) if leads_on => {
            for (name, member) in members {
                look(member, &place.child(name), known, found);
            }
        }
        _ if is_empty(value) => {}
        Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::String(_)
        | Json::Array(_)
        | Json::Object(_) => {
            found.insert(place.clone());
        }
    }
}
