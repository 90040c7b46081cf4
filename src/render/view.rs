//! One shape for both sides of a difference: live JSON and planned expressions, with sensitive parts already hidden.
//! What is hidden here can be printed by nobody below. Must not know how it is printed.

use crate::model::expression::Expr;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A value to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View<'a> {
    /// Missing or null.
    Null,
    /// A text.
    Text(&'a str),
    /// A number or boolean, as JSON writes it.
    Plain(String),
    /// A list of scalars or lists.
    List(Vec<View<'a>>),
    /// A list of objects: nested blocks.
    Blocks(Vec<View<'a>>),
    /// An object: a map.
    Map(BTreeMap<&'a str, View<'a>>),
    /// `(known after apply)`.
    Unknown,
    /// `(sensitive value)`.
    Hidden,
}

/// Attribute paths whose value is never shown.
#[derive(Clone, Copy)]
pub(crate) struct Sensitive<'a> {
    paths: &'a BTreeSet<Vec<String>>,
}

impl<'a> Sensitive<'a> {
    /// These paths and all below them.
    pub(crate) fn new(paths: &'a BTreeSet<Vec<String>>) -> Self {
        Self { paths }
    }
    fn hides(self, path: &[&str]) -> bool {
        self.paths.iter().any(|hidden| {
            !hidden.is_empty()
                && hidden.len() <= path.len()
                && hidden.iter().zip(path).all(|(member, name)| member == name)
        })
    }
}

impl<'a> View<'a> {
    /// A live value.
    pub(crate) fn of_json(
        value: &'a Json,
        path: &mut Vec<&'a str>,
        sensitive: Sensitive<'_>,
    ) -> View<'a> {
        if sensitive.hides(path) {
            return if value.is_null() {
                View::Null
            } else {
                View::Hidden
            };
        }
        match value {
            Json::Null => View::Null,
            Json::Bool(flag) => View::Plain(flag.to_string()),
            Json::Number(number) => View::Plain(number.to_string()),
            Json::String(text) => View::Text(text),
            Json::Array(members) => Self::list(
                members
                    .iter()
                    .map(|member| Self::of_json(member, path, sensitive))
                    .collect(),
            ),
            Json::Object(members) => View::Map(
                members
                    .iter()
                    .map(|(name, member)| {
                        path.push(name);
                        let view = Self::of_json(member, path, sensitive);
                        path.pop();
                        (name.as_str(), view)
                    })
                    .collect(),
            ),
        }
    }

    /// A planned value.
    pub(crate) fn of_expr(
        expr: &'a Expr,
        path: &mut Vec<&'a str>,
        sensitive: Sensitive<'_>,
    ) -> View<'a> {
        match expr {
            Expr::Value(value) => Self::of_json(value, path, sensitive),
            _ if sensitive.hides(path) || matches!(expr, Expr::Secret(_)) => View::Hidden,
            Expr::Object(members) => View::Map(
                members
                    .iter()
                    .map(|(name, member)| {
                        path.push(name);
                        let view = Self::of_expr(member, path, sensitive);
                        path.pop();
                        (name.as_str(), view)
                    })
                    .collect(),
            ),
            Expr::List(members) => Self::list(
                members
                    .iter()
                    .map(|member| Self::of_expr(member, path, sensitive))
                    .collect(),
            ),
            // A text made of a secret is as secret as the secret; one made of a hole is not known.
            Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. } => {
                if expr.secrets().is_empty() {
                    View::Unknown
                } else {
                    View::Hidden
                }
            }
        }
    }

    fn list(members: Vec<View<'a>>) -> View<'a> {
        if !members.is_empty() && members.iter().all(|member| matches!(member, View::Map(_))) {
            View::Blocks(members)
        } else {
            View::List(members)
        }
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, View::Null)
    }

    /// Member of an object, or of the only block of a list.
    pub(crate) fn members(&self) -> Option<&BTreeMap<&'a str, View<'a>>> {
        match self {
            View::Map(members) => Some(members),
            View::Blocks(blocks) => blocks.first().and_then(View::members),
            View::Null
            | View::Text(_)
            | View::Plain(_)
            | View::List(_)
            | View::Unknown
            | View::Hidden => None,
        }
    }
}
