//! Values of the language: what an expression evaluates to. Shared, never copied per reference; each container knows
//! its weight, depth and marks, so that nobody has to walk it to find out. Must not know expressions or files.

use super::expression::{Expr, Hole, HoleType};
use super::number::{self, Number};
use super::secret::SecretName;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Members of an object or map.
pub type Members = BTreeMap<Arc<str>, Value>;

/// A value with its own mark.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Marked sensitive itself. What is inside a container carries its own mark.
    pub sensitive: bool,
}

/// What a value is. Lists and tuples are one, so are objects and maps: a type constraint converts where it matters.
#[derive(Clone, Debug)]
pub enum Data {
    /// Nothing.
    Null,
    /// Known after apply, or a secret.
    Unknown(Arc<Unknown>),
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Arc<Number>),
    /// A text.
    Text(Arc<str>),
    /// A list or tuple.
    List(Arc<Sequence>),
    /// A set: sorted, each once.
    Set(Arc<Sequence>),
    /// An object or map.
    Object(Arc<Object>),
}

/// What is known about everything inside a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// About how many values, counting long texts by their length. Saturates.
    pub weight: u64,
    /// Levels of containers. Saturates.
    pub depth: u16,
    /// Something inside is marked sensitive.
    pub sensitive: bool,
    /// Something inside is known after apply or secret.
    pub unknown: bool,
    /// Something inside is secret.
    pub secret: bool,
    /// An object inside has the key [`RESERVED_KEY`].
    pub reserved: bool,
}

/// By this key serde_json knows a number that keeps its digits: an object that has it is not read back as an object.
pub const RESERVED_KEY: &str = "$serde_json::private::Number";

impl Shape {
    fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let mut shape = Shape {
            weight: 1,
            depth: 0,
            ..Shape::default()
        };
        for value in values {
            let inner = value.shape();
            shape.weight = shape.weight.saturating_add(inner.weight);
            shape.depth = shape.depth.max(inner.depth);
            shape.sensitive |= inner.sensitive;
            shape.unknown |= inner.unknown;
            shape.secret |= inner.secret;
            shape.reserved |= inner.reserved;
        }
        shape.depth = shape.depth.saturating_add(1);
        shape
    }
}

/// Items of a list or set.
#[derive(Debug)]
pub struct Sequence {
    /// The items.
    pub items: Vec<Value>,
    shape: Shape,
}

/// Members of an object.
#[derive(Debug)]
pub struct Object {
    /// The members.
    pub members: Members,
    shape: Shape,
}

/// A value that exists later: a closed expression over holes and secrets.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The expression.
    pub expression: Expr,
    /// The type it will have.
    pub hole_type: HoleType,
    /// Whether a secret is in it.
    pub secret: bool,
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Value {
            data,
            sensitive: false,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Data::Bool(value).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Data::Text(text.into()).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Data::Text(text.into()).into()
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Data::Number(Arc::new(value)).into()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Number::from(value).into()
    }
}

impl Value {
    /// Nothing.
    pub const NULL: Value = Value {
        data: Data::Null,
        sensitive: false,
    };

    /// A list.
    pub fn list(items: Vec<Value>) -> Self {
        let shape = Shape::of(items.iter());
        Data::List(Arc::new(Sequence { items, shape })).into()
    }

    /// A set: sorted, each once.
    pub fn set(mut items: Vec<Value>) -> Self {
        items.sort_by(Value::compare);
        items.dedup_by(|left, right| {
            let same = left.compare(right) == Ordering::Equal;
            // The kept one speaks for both, so a mark of either stays.
            right.sensitive |= same && left.sensitive;
            same
        });
        let shape = Shape::of(items.iter());
        Data::Set(Arc::new(Sequence { items, shape })).into()
    }

    /// An object or map.
    pub fn object(members: Members) -> Self {
        let mut shape = Shape::of(members.values());
        shape.reserved |= members.contains_key(RESERVED_KEY);
        Data::Object(Arc::new(Object { members, shape })).into()
    }

    /// Known after apply.
    pub fn hole(hole: Hole) -> Self {
        let hole_type = hole.hole_type;
        Value::unknown(Expr::Hole(Box::new(hole)), hole_type)
    }

    /// A secret.
    pub fn secret(name: SecretName) -> Self {
        Value::unknown(Expr::Secret(name), HoleType::String)
    }

    /// A closed expression over holes and secrets.
    pub fn unknown(expression: Expr, hole_type: HoleType) -> Self {
        let secret = !expression.secrets().is_empty();
        Data::Unknown(Arc::new(Unknown {
            expression,
            hole_type,
            secret,
        }))
        .into()
    }

    /// The same, marked sensitive if `sensitive` is true. Never takes a mark away.
    #[must_use]
    pub fn marked(mut self, sensitive: bool) -> Self {
        self.sensitive |= sensitive;
        self
    }

    /// What is known about it and everything inside.
    pub fn shape(&self) -> Shape {
        let mut shape = match &self.data {
            Data::Null | Data::Bool(_) | Data::Number(_) => Shape {
                weight: 1,
                ..Shape::default()
            },
            Data::Unknown(unknown) => Shape {
                weight: 2,
                unknown: true,
                secret: unknown.secret,
                ..Shape::default()
            },
            Data::Text(text) => Shape {
                weight: 1 + text.len() as u64 / 16,
                ..Shape::default()
            },
            Data::List(sequence) | Data::Set(sequence) => sequence.shape,
            Data::Object(object) => object.shape,
        };
        shape.sensitive |= self.sensitive;
        shape
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        if let Data::Text(text) = &self.data {
            Some(text)
        } else {
            None
        }
    }

    /// The items, where it is a list or set.
    pub fn as_items(&self) -> Option<&[Value]> {
        if let Data::List(sequence) | Data::Set(sequence) = &self.data {
            Some(&sequence.items)
        } else {
            None
        }
    }

    /// The members, where it is an object.
    pub fn as_members(&self) -> Option<&Members> {
        if let Data::Object(object) = &self.data {
            Some(&object.members)
        } else {
            None
        }
    }

    /// What it is, with an article, for messages.
    pub fn title(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Unknown(unknown) if unknown.secret => "a secret",
            Data::Unknown(_) => "a value known after apply",
            Data::Bool(_) => "a bool",
            Data::Number(_) => "a number",
            Data::Text(_) => "a string",
            Data::List(_) => "a list",
            Data::Set(_) => "a set",
            Data::Object(_) => "an object",
        }
    }

    fn rank(&self) -> u8 {
        match &self.data {
            Data::Null => 0,
            Data::Bool(_) => 1,
            Data::Number(_) => 2,
            Data::Text(_) => 3,
            Data::List(_) => 4,
            Data::Set(_) => 5,
            Data::Object(_) => 6,
            Data::Unknown(_) => 7,
        }
    }

    /// A total order: by type, then by value. Marks do not count. Numbers compare by value.
    pub fn compare(&self, other: &Value) -> Ordering {
        match (&self.data, &other.data) {
            (Data::Bool(left), Data::Bool(right)) => left.cmp(right),
            (Data::Number(left), Data::Number(right)) => left.cmp(right),
            (Data::Text(left), Data::Text(right)) => left.cmp(right),
            (Data::List(left), Data::List(right)) | (Data::Set(left), Data::Set(right)) => {
                compare_all(left.items.iter(), right.items.iter())
            }
            (Data::Object(left), Data::Object(right)) => left
                .members
                .keys()
                .cmp(right.members.keys())
                .then_with(|| compare_all(left.members.values(), right.members.values())),
            (Data::Unknown(left), Data::Unknown(right)) => {
                format!("{:?}", left.expression).cmp(&format!("{:?}", right.expression))
            }
            (_, _) => self.rank().cmp(&other.rank()),
        }
    }

    /// From JSON.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::NULL,
            serde_json::Value::Bool(value) => (*value).into(),
            serde_json::Value::Number(value) => {
                number::from_json(value).map_or(Value::NULL, Value::from)
            }
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Array(items) => {
                Value::list(items.iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(members) => Value::object(
                members
                    .iter()
                    .map(|(name, member)| (name.as_str().into(), Value::from_json(member)))
                    .collect(),
            ),
        }
    }

    /// As a closed expression: one `Value` where everything inside is known.
    pub fn to_expr(&self) -> Expr {
        match &self.data {
            Data::Null => Expr::Value(serde_json::Value::Null),
            Data::Bool(value) => Expr::Value((*value).into()),
            Data::Number(value) => Expr::Value(number::to_json(value)),
            Data::Text(text) => Expr::Value(text.as_ref().into()),
            Data::Unknown(unknown) => unknown.expression.clone(),
            Data::List(sequence) | Data::Set(sequence) => {
                Expr::list(sequence.items.iter().map(Value::to_expr).collect())
            }
            Data::Object(object) => Expr::object(
                object
                    .members
                    .iter()
                    .map(|(name, member)| (name.as_ref().to_owned(), member.to_expr()))
                    .collect(),
            ),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

fn compare_all<'a>(
    left: impl Iterator<Item = &'a Value>,
    right: impl Iterator<Item = &'a Value>,
) -> Ordering {
    let mut right = right;
    for one in left {
        let Some(other) = right.next() else {
            return Ordering::Greater;
        };
        let order = one.compare(other);
        if order != Ordering::Equal {
            return order;
        }
    }
    if right.next().is_some() {
        Ordering::Less
    } else {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_each_once_and_keeps_marks() {
        let set = Value::set(vec!["b".into(), "a".into(), Value::from("b").marked(true)]);
        let items = set.as_items().unwrap();
        assert_eq!(items.len(), 2);
        assert!(set.shape().sensitive);
    }

    #[test]
    fn a_container_knows_what_is_inside() {
        let secret = Value::secret(SecretName("token".into()));
        let list = Value::list(vec![Value::list(vec![secret]), "x".repeat(160).into()]);
        let shape = list.shape();
        assert!(shape.secret && shape.unknown && !shape.sensitive);
        assert_eq!((shape.depth, shape.weight), (2, 15));
        assert!(matches!(list.to_expr(), Expr::List(_)));
    }
}
