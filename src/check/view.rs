//! Values that may be known in part, read where they stand, without a copy. Must not know what they mean.

use crate::model::expression::Expr;
use serde_json::Value as Json;

/// A declared or live value.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    /// Known through and through.
    Known(&'a Json),
    /// With something in it that is not known yet.
    Partly(&'a Expr),
}

impl<'a> View<'a> {
    /// Of a declared value.
    pub(super) fn of(value: &'a Expr) -> Self {
        match value {
            Expr::Value(known) => View::Known(known),
            Expr::Object(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => View::Partly(value),
        }
    }

    /// A member that says something; what is not known has members that are not known.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let member = match self {
            View::Known(value) => value.get(name).map(View::Known),
            View::Partly(Expr::Object(members)) => members.get(name).map(View::of),
            View::Partly(_) if self.is_open() => Some(self),
            View::Partly(_) => None,
        };
        member.filter(|member| !matches!(member, View::Known(Json::Null)))
    }

    /// The same down a path.
    pub(super) fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |value, name| value.member(name))
    }

    /// A known text.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            View::Known(value) => value.as_str(),
            View::Partly(_) => None,
        }
    }

    /// Members of a list; none where it is no list, or not known.
    pub(super) fn items(self) -> Vec<View<'a>> {
        match self {
            View::Known(value) => {
                let items = value.as_array().into_iter().flatten();
                items.map(View::Known).collect()
            }
            View::Partly(Expr::List(items)) => items.iter().map(View::of).collect(),
            View::Partly(_) => Vec::new(),
        }
    }

    /// Members of an object by name; none where it is none, or not known.
    pub(super) fn entries(self) -> Vec<(&'a str, View<'a>)> {
        match self {
            View::Known(value) => {
                let members = value.as_object().into_iter().flatten();
                members
                    .map(|(name, member)| (name.as_str(), View::Known(member)))
                    .collect()
            }
            View::Partly(Expr::Object(members)) => members
                .iter()
                .map(|(name, member)| (name.as_str(), View::of(member)))
                .collect(),
            View::Partly(_) => Vec::new(),
        }
    }

    /// Whether it is not known at all.
    pub(super) fn is_open(self) -> bool {
        match self {
            View::Known(_) | View::Partly(Expr::Value(_) | Expr::Object(_) | Expr::List(_)) => {
                false
            }
            View::Partly(Expr::Hole(_) | Expr::Secret(_) | Expr::Concat(_) | Expr::Call { .. }) => {
                true
            }
        }
    }
}
