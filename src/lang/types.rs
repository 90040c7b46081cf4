//! Type constraints: `string`, `list(...)`, `object({...})`, and conversion of values to them.

use super::coerce;
use super::syntax::{Call, Expression, Spread, Term};
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::model::expression::HoleType;
use crate::model::value::{Data, Members, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type constraint.
#[derive(Clone, Debug)]
pub enum Type {
    /// Whatever.
    Any,
    /// `string`.
    Text,
    /// `number`.
    Number,
    /// `bool`.
    Bool,
    /// `secret`: a reference to one, or a text with one in it.
    Secret,
    /// `list(element)`.
    List(Box<Type>),
    /// `set(element)`.
    Set(Box<Type>),
    /// `map(element)`.
    Map(Box<Type>),
    /// `tuple([...])`.
    Tuple(Vec<Type>),
    /// `object({...})`.
    Object(BTreeMap<Arc<str>, Member>),
}

/// A member of an object type.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its type.
    pub member_type: Type,
    /// Whether it may be missing, and what it is then.
    pub presence: MemberPresence,
}

/// Whether a member of an object type may be missing.
#[derive(Clone, Debug)]
pub enum MemberPresence {
    /// It may not.
    Required,
    /// It is this then.
    Optional(Option<Value>),
}

/// A value that does not fit a type, with the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    path: String,
    message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl Mismatch {
    fn of(wanted: &str, value: &Value) -> Self {
        // The text of a sensitive value is not shown, neither is any other: it may be long.
        Self {
            path: String::new(),
            message: format!("{wanted} is needed, this is {}", value.title()),
        }
    }

    fn inside(mut self, step: &str) -> Self {
        self.path = format!("{step}{}", self.path);
        self
    }
}

/// The value as that type. Null fits every type.
pub fn convert(value: &Value, wanted: &Type) -> Result<Value, Mismatch> {
    if value.is_null() {
        return Ok(value.clone());
    }
    let converted = match wanted {
        Type::Any => return Ok(value.clone()),
        Type::Text => primitive(
            value,
            HoleType::String,
            "a string",
            coerce::text(value).map(|text| Data::Text(text).into()),
        ),
        Type::Number => primitive(
            value,
            HoleType::Number,
            "a number",
            coerce::number(value).map(|number| Data::Number(number).into()),
        ),
        Type::Bool => primitive(
            value,
            HoleType::Bool,
            "a bool",
            coerce::boolean(value).map(Value::from),
        ),
        Type::Secret => secret(value),
        Type::List(element) => Ok(Value::list(elements(value, element, "a list")?)),
        Type::Set(element) => Ok(Value::set(elements(value, element, "a set")?)),
        Type::Map(element) => map(value, element),
        Type::Tuple(types) => tuple(value, types),
        Type::Object(members) => object(value, members),
    }?;
    Ok(converted.marked(value.sensitive))
}

fn primitive(
    value: &Value,
    hole: HoleType,
    wanted: &str,
    converted: Option<Value>,
) -> Result<Value, Mismatch> {
    if let Data::Unknown(unknown) = &value.data
        && coerce::fits(unknown.hole_type, hole)
    {
        return Ok(value.clone());
    }
    converted.ok_or_else(|| match value.as_text() {
        Some(_) => Mismatch {
            path: String::new(),
            message: format!("{wanted} is needed, this string spells none"),
        },
        None => Mismatch::of(wanted, value),
    })
}

fn secret(value: &Value) -> Result<Value, Mismatch> {
    if value.shape().secret && matches!(value.data, Data::Unknown(_)) {
        return Ok(value.clone());
    }
    let message = format!(
        "a secret is needed, such as secret.NAME, this is {}",
        value.title()
    );
    let path = String::new();
    Err(Mismatch { path, message })
}

fn elements(value: &Value, element: &Type, wanted: &str) -> Result<Vec<Value>, Mismatch> {
    let items = value
        .as_items()
        .ok_or_else(|| Mismatch::of(wanted, value))?;
    let converted: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            convert(item, element).map_err(|mismatch| mismatch.inside(&format!("[{at}]")))
        })
        .collect::<Result<_, _>>()?;
    Ok(if matches!(element, Type::Any) {
        unified(converted)
    } else {
        converted
    })
}

/// Elements of one type: where strings stand beside numbers or bools, all become strings.
fn unified(items: Vec<Value>) -> Vec<Value> {
    let rank = |value: &Value| match &value.data {
        Data::Bool(_) => Some(1u8),
        Data::Number(_) => Some(2),
        Data::Text(_) => Some(3),
        Data::Null | Data::Unknown(_) | Data::List(_) | Data::Set(_) | Data::Object(_) => None,
    };
    let first = items.iter().find_map(rank);
    if items
        .iter()
        .filter_map(rank)
        .all(|other| Some(other) == first)
    {
        return items;
    }
    let as_text = |item: Value| {
        coerce::text(&item).map_or(item.clone(), |text| {
            Value::from(Data::Text(text)).marked(item.sensitive)
        })
    };
    items.into_iter().map(as_text).collect()
}

fn map(value: &Value, element: &Type) -> Result<Value, Mismatch> {
    let members = value
        .as_members()
        .ok_or_else(|| Mismatch::of("a map", value))?;
    let mut converted = Members::new();
    for (name, member) in members {
        let inside =
            |mismatch: Mismatch| mismatch.inside(&format!("[{}]", crate::model::text::quote(name)));
        converted.insert(name.clone(), convert(member, element).map_err(inside)?);
    }
    if matches!(element, Type::Any) {
        let (names, values): (Vec<Arc<str>>, Vec<Value>) = converted.into_iter().unzip();
        converted = names.into_iter().zip(unified(values)).collect();
    }
    Ok(Value::object(converted))
}

fn tuple(value: &Value, types: &[Type]) -> Result<Value, Mismatch> {
    let items = value
        .as_items()
        .ok_or_else(|| Mismatch::of("a tuple", value))?;
    if items.len() != types.len() {
        let message = format!(
            "{} elements are needed, there are {}",
            types.len(),
            items.len()
        );
        return Err(Mismatch {
            path: String::new(),
            message,
        });
    }
    let one = |(at, (item, wanted)): (usize, (&Value, &Type))| {
        convert(item, wanted).map_err(|mismatch| mismatch.inside(&format!("[{at}]")))
    };
    Ok(Value::list(
        items
            .iter()
            .zip(types)
            .enumerate()
            .map(one)
            .collect::<Result<_, _>>()?,
    ))
}

fn object(value: &Value, wanted: &BTreeMap<Arc<str>, Member>) -> Result<Value, Mismatch> {
    let members = value
        .as_members()
        .ok_or_else(|| Mismatch::of("an object", value))?;
    let mut converted = Members::new();
    for (name, member) in wanted {
        let inside = |mismatch: Mismatch| mismatch.inside(&format!(".{name}"));
        let given = members.get(name).filter(|given| {
            !given.is_null() || matches!(member.presence, MemberPresence::Required)
        });
        let value = match (given, &member.presence) {
            (Some(given), _) => convert(given, &member.member_type).map_err(inside)?,
            (None, MemberPresence::Optional(None)) => Value::NULL,
            (None, MemberPresence::Optional(Some(default))) => {
                convert(default, &member.member_type).map_err(inside)?
            }
            (None, MemberPresence::Required) => {
                let near = suggest::nearest(name, members.keys().map(AsRef::as_ref));
                let near = near.map_or_else(String::new, |near| format!(" (there is `{near}`)"));
                return Err(Mismatch {
                    path: String::new(),
                    message: format!("the member `{name}` is missing{near}"),
                });
            }
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::object(converted))
}

/// Evaluates the default of an `optional()` member: a constant.
pub type Constant<'c> = &'c mut dyn FnMut(&Expression) -> Option<Value>;

/// The type that an expression spells.
pub fn read(expression: &Expression, constant: Constant<'_>) -> Result<Type, Diagnostic> {
    match &expression.term {
        Term::Variable(name) => match name.as_ref() {
            "any" => Ok(Type::Any),
            "string" => Ok(Type::Text),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "list" => Ok(Type::List(Box::new(Type::Any))),
            "set" => Ok(Type::Set(Box::new(Type::Any))),
            "map" => Ok(Type::Map(Box::new(Type::Any))),
            "secret" => Ok(Type::Secret),
            other => Err(unknown_type(other, expression.span)),
        },
        Term::Call(call) => read_call(call, expression.span, constant),
        Term::Literal(value) => {
            let written = value
                .as_text()
                .map(|text| format!(": write {text} without quotes"))
                .unwrap_or_default();
            Err(unreadable(
                &format!("a type is a word, such as string or list(string){written}"),
                expression.span,
            ))
        }
        Term::Template(_)
        | Term::List(_)
        | Term::Object(_)
        | Term::Traversal(_)
        | Term::Conditional(_)
        | Term::Unary(..)
        | Term::Binary(_)
        | Term::For(_) => Err(unreadable(
            "a type is a word, such as string or list(string)",
            expression.span,
        )),
    }
}

fn read_call(call: &Call, span: Span, constant: Constant<'_>) -> Result<Type, Diagnostic> {
    let ([argument], Spread::None) = (call.arguments.as_slice(), call.spread) else {
        return Err(unreadable(
            &format!("`{}` takes one argument", call.name.text),
            span,
        ));
    };
    match call.name.text.as_ref() {
        "list" => Ok(Type::List(Box::new(read(argument, constant)?))),
        "set" => Ok(Type::Set(Box::new(read(argument, constant)?))),
        "map" => Ok(Type::Map(Box::new(read(argument, constant)?))),
        "tuple" => {
            let Term::List(types) = &argument.term else {
                let detail = "`tuple` takes a list of types: tuple([string, number])";
                return Err(unreadable(detail, argument.span));
            };
            let types = types.iter().map(|item| read(item, constant));
            Ok(Type::Tuple(types.collect::<Result<_, _>>()?))
        }
        "object" => {
            let Term::Object(members) = &argument.term else {
                let detail = "`object` takes members with types: object({ name = string })";
                return Err(unreadable(detail, argument.span));
            };
            read_object(members, constant)
        }
        "optional" => Err(unreadable("`optional` stands only in an object type", span)),
        other => Err(unknown_type(other, call.name.span)),
    }
}

fn read_object(
    members: &[(Expression, Expression)],
    constant: Constant<'_>,
) -> Result<Type, Diagnostic> {
    let mut types = BTreeMap::new();
    for (key, member) in members {
        let Some(name) = key.literal_text() else {
            return Err(unreadable("the name of a member is a word", key.span));
        };
        let optional = match &member.term {
            Term::Call(call) if call.name.text.as_ref() == "optional" => Some(call),
            Term::Call(_)
            | Term::Literal(_)
            | Term::Template(_)
            | Term::List(_)
            | Term::Object(_)
            | Term::Variable(_)
            | Term::Traversal(_)
            | Term::Conditional(_)
            | Term::Unary(..)
            | Term::Binary(_)
            | Term::For(_) => None,
        };
        let member = match optional {
            Some(call) => read_optional(call, member.span, constant)?,
            None => Member {
                member_type: read(member, constant)?,
                presence: MemberPresence::Required,
            },
        };
        types.insert(name.clone(), member);
    }
    Ok(Type::Object(types))
}

fn read_optional(call: &Call, span: Span, constant: Constant<'_>) -> Result<Member, Diagnostic> {
    let (of, default) = match call.arguments.as_slice() {
        [of] => (of, None),
        [of, default] => (of, Some(default)),
        [] | [_, _, ..] => {
            return Err(unreadable(
                "`optional` takes a type and, if wanted, a default",
                span,
            ));
        }
    };
    let member_type = read(of, constant)?;
    let default = match default {
        None => None,
        Some(default) => {
            let value = constant(default).ok_or_else(|| {
                unreadable("the default of `optional` is a constant", default.span)
            })?;
            Some(
                convert(&value, &member_type)
                    .map_err(|mismatch| unreadable(&mismatch.to_string(), default.span))?,
            )
        }
    };
    Ok(Member {
        member_type,
        presence: MemberPresence::Optional(default),
    })
}

fn unreadable(detail: &str, span: Span) -> Diagnostic {
    Diagnostic::error("invalid-type", "Invalid type", detail).at(span)
}

fn unknown_type(name: &str, span: Span) -> Diagnostic {
    let known = [
        "any", "string", "number", "bool", "secret", "list", "set", "map", "tuple", "object",
        "optional",
    ];
    let diagnostic = unreadable(&format!("there is no type `{name}`"), span);
    let meant = match name {
        "str" | "text" => Some("string"),
        "int" | "integer" | "float" => Some("number"),
        "boolean" => Some("bool"),
        other => suggest::nearest(other, known),
    };
    match meant {
        Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), Patch { span, text: meant.to_owned() }),
        None => diagnostic.hint("types are string, number, bool, secret, list(...), set(...), map(...), object({...}), tuple([...]), any"),
    }
}
