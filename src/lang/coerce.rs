//! Conversions between primitive types, as Terraform does them without being asked: number, bool and string.

use crate::model::expression::HoleType;
use crate::model::number::{self, Number};
use crate::model::value::{Data, Value};
use std::sync::Arc;

/// The text that a primitive is.
pub fn text(value: &Value) -> Option<Arc<str>> {
    match &value.data {
        Data::Text(text) => Some(text.clone()),
        Data::Number(number) => Some(number::format(number).into()),
        Data::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Data::Null | Data::Unknown(_) | Data::List(_) | Data::Set(_) | Data::Object(_) => None,
    }
}

/// The number that a primitive is.
pub fn number(value: &Value) -> Option<Arc<Number>> {
    match &value.data {
        Data::Number(number) => Some(number.clone()),
        Data::Text(text) => number::parse(text).ok().map(Arc::new),
        Data::Bool(_)
        | Data::Null
        | Data::Unknown(_)
        | Data::List(_)
        | Data::Set(_)
        | Data::Object(_) => None,
    }
}

/// The boolean that a primitive is.
pub fn boolean(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Bool(value) => Some(*value),
        Data::Text(text) => match text.as_ref() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        Data::Number(_)
        | Data::Null
        | Data::Unknown(_)
        | Data::List(_)
        | Data::Set(_)
        | Data::Object(_) => None,
    }
}

/// Whether a value that comes later may stand where this type is wanted.
pub fn fits(hole: HoleType, wanted: HoleType) -> bool {
    // Anything can be written as text; whether a text spells a number shows only at apply.
    hole == wanted || wanted == HoleType::String || hole == HoleType::String
}
