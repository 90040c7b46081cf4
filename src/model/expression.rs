//! Closed expressions: what a plan stores where a value is not known yet (R30). Apply substitutes holes and secrets,
//! nothing else. Must not know how a value is obtained.

use super::address::Address;
use super::json_path;
use super::secret::SecretName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Type of a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleType {
    /// A text.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
}

/// What a hole waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleSource {
    /// A computed attribute of a resource: bound by that resource's finished step.
    Resource {
        /// The resource instance.
        address: Address,
        /// Attribute path in the language: `metadata[0].uid`.
        attribute: String,
    },
    /// Identity (kube-system's UID) of a provider whose cluster this plan makes: bound by `provider_identified` (R31).
    ProviderIdentity(super::identity::ProviderRef),
    /// Id of the run that carries the plan out: bound when the run opens.
    Run,
}

/// A value that exists only after apply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hole {
    /// What it waits for.
    pub source: HoleSource,
    /// Its type.
    #[serde(rename = "type")]
    pub hole_type: HoleType,
}

/// A closed, pure expression over holes and secrets. A subtree without any is one `Value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// Known.
    Value(serde_json::Value),
    /// An object with at least one member that is not known.
    Object(BTreeMap<String, Expr>),
    /// A list with at least one member that is not known.
    List(Vec<Expr>),
    /// Known after apply. Few values are: boxed, so that the others stay small.
    Hole(Box<Hole>),
    /// Read at the moment of use.
    Secret(SecretName),
    /// Texts joined.
    Concat(Vec<Expr>),
    /// A pure function of the language's registry applied at apply.
    Call {
        /// Its name.
        function: String,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
}

impl Expr {
    /// The value, where nothing in it is open.
    pub fn known(&self) -> Option<&serde_json::Value> {
        match self {
            Expr::Value(value) => Some(value),
            Expr::Object(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => None,
        }
    }

    /// An object; one `Value` where all members are known.
    pub fn object(members: BTreeMap<String, Expr>) -> Expr {
        if members.values().all(|member| member.known().is_some()) {
            Expr::Value(serde_json::Value::Object(
                members
                    .into_iter()
                    .filter_map(|(name, member)| Some((name, member.into_known()?)))
                    .collect(),
            ))
        } else {
            Expr::Object(members)
        }
    }

    /// A list; one `Value` where all members are known.
    pub fn list(members: Vec<Expr>) -> Expr {
        if members.iter().all(|member| member.known().is_some()) {
            Expr::Value(serde_json::Value::Array(
                members.into_iter().filter_map(Expr::into_known).collect(),
            ))
        } else {
            Expr::List(members)
        }
    }

    /// The value, taken, where nothing in it is open.
    pub fn into_known(self) -> Option<serde_json::Value> {
        match self {
            Expr::Value(value) => Some(value),
            Expr::Object(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => None,
        }
    }

    /// Member `name` of an object.
    pub fn member(&self, name: &str) -> Option<Expr> {
        match self {
            Expr::Value(value) => value.get(name).cloned().map(Expr::Value),
            Expr::Object(members) => members.get(name).cloned(),
            Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => None,
        }
    }

    /// The same with `value` at a member path, making objects on the way. What is no object there is replaced.
    #[must_use]
    pub fn with(mut self, path: &[String], value: Expr) -> Expr {
        self.put(path.iter().map(String::as_str), value);
        self
    }

    /// Puts `value` at a member path, as [`Expr::with`] does.
    pub fn put<'p>(&mut self, mut path: impl Iterator<Item = &'p str>, value: Expr) {
        match (&mut *self, value) {
            // Known stays known, and most bodies are: nothing is taken apart.
            (Expr::Value(whole), Expr::Value(value)) => json_path::put(whole, path, value),
            (_, value) => {
                let Some(first) = path.next() else {
                    *self = value;
                    return;
                };
                let nothing = Expr::Value(serde_json::Value::Null);
                let mut members = std::mem::replace(self, nothing).into_members();
                let inner = members
                    .entry(first.to_owned())
                    .or_insert_with(|| Expr::object(BTreeMap::new()));
                // A path of one type at every depth, or the compiler would never come to an end of it.
                let rest: &mut dyn Iterator<Item = &'p str> = &mut path;
                inner.put(rest, value);
                *self = Expr::object(members);
            }
        }
    }

    /// The same without the member at a path.
    #[must_use]
    pub fn without(self, path: &[String]) -> Expr {
        let [first, rest @ ..] = path else {
            return self;
        };
        let mut members = self.into_members();
        if rest.is_empty() {
            members.remove(first);
        } else if let Some(inner) = members.remove(first) {
            members.insert(first.clone(), inner.without(rest));
        }
        Expr::object(members)
    }

    /// Members of an object; none where it is no object.
    pub fn into_members(self) -> BTreeMap<String, Expr> {
        match self {
            Expr::Object(members) => members,
            Expr::Value(serde_json::Value::Object(members)) => members
                .into_iter()
                .map(|(name, member)| (name, Expr::Value(member)))
                .collect(),
            Expr::Value(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => BTreeMap::new(),
        }
    }

    /// What stands at a member path.
    pub fn at(&self, path: &[String]) -> Option<Expr> {
        match path {
            [] => Some(self.clone()),
            [first, rest @ ..] => self.member(first)?.at(rest),
        }
    }

    /// The same with the values of holes that are known by now; a text of known parts becomes one.
    #[must_use]
    pub fn bound(&self, bindings: &Bindings) -> Expr {
        let all = |members: &[Expr]| {
            members
                .iter()
                .map(|member| member.bound(bindings))
                .collect()
        };
        match self {
            Expr::Value(_) | Expr::Secret(_) => self.clone(),
            Expr::Object(members) => Expr::object(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), member.bound(bindings)))
                    .collect(),
            ),
            Expr::List(members) => Expr::list(all(members)),
            Expr::Hole(hole) => bindings
                .get(&hole.source)
                .map_or_else(|| self.clone(), |value| Expr::Value(value.clone())),
            Expr::Concat(parts) => joined(all(parts)),
            Expr::Call {
                function,
                arguments,
            } => Expr::Call {
                function: function.clone(),
                arguments: all(arguments),
            },
        }
    }

    /// The same without the members that hold a secret; a list that holds one goes whole.
    #[must_use]
    pub fn without_secrets(&self) -> Expr {
        match self {
            Expr::Object(members) => Expr::object(
                members
                    .iter()
                    .filter(|(_, member)| {
                        matches!(member, Expr::Object(_)) || member.secrets().is_empty()
                    })
                    .map(|(name, member)| (name.clone(), member.without_secrets()))
                    .collect(),
            ),
            Expr::Value(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => self.clone(),
        }
    }

    /// Every hole in it.
    pub fn holes(&self) -> BTreeSet<&Hole> {
        let mut holes = BTreeSet::new();
        self.visit(&mut |expr| {
            if let Expr::Hole(hole) = expr {
                holes.insert(hole.as_ref());
            }
        });
        holes
    }

    /// Every secret in it.
    pub fn secrets(&self) -> BTreeSet<&SecretName> {
        let mut secrets = BTreeSet::new();
        self.visit(&mut |expr| {
            if let Expr::Secret(name) = expr {
                secrets.insert(name);
            }
        });
        secrets
    }

    fn visit<'a>(&'a self, seen: &mut impl FnMut(&'a Expr)) {
        seen(self);
        match self {
            Expr::Value(_) | Expr::Hole(_) | Expr::Secret(_) => {}
            Expr::Object(members) => members.values().for_each(|member| member.visit(seen)),
            Expr::List(members) | Expr::Concat(members) => {
                members.iter().for_each(|member| member.visit(seen))
            }
            Expr::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| argument.visit(seen))
            }
        }
    }
}

/// Texts joined, where all of them are known; else as they are.
fn joined(parts: Vec<Expr>) -> Expr {
    let text = |part: &Expr| match part.known()? {
        serde_json::Value::String(text) => Some(text.clone()),
        scalar @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => {
            Some(scalar.to_string())
        }
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            None
        }
    };
    match parts.iter().map(text).collect::<Option<String>>() {
        Some(text) => Expr::Value(text.into()),
        None => Expr::Concat(parts),
    }
}

/// Values of holes, collected while a run goes on. Secrets are never among them.
pub type Bindings = BTreeMap<HoleSource, serde_json::Value>;
