//! Conversions between types, marks, and what is tried.

use super::{
    Context, Function, FunctionError, Implementation, Inside, Result_, Special, argument, exactly,
    row, wrong,
};
use crate::lang::types::{Type, convert};
use crate::model::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "can",
        parameters: "expression",
        least: 1,
        most: Some(1),
        inside: Inside::Any,
        doc: "Whether an expression has a value.",
        implementation: Implementation::Special(Special::Can),
    },
    row(
        "issensitive",
        "value",
        exactly(1),
        "Whether a value is marked sensitive.",
        issensitive,
    )
    .any(),
    row(
        "nonsensitive",
        "value",
        exactly(1),
        "The value without its sensitive mark.",
        nonsensitive,
    )
    .any(),
    row(
        "sensitive",
        "value",
        exactly(1),
        "The value marked sensitive: it is not shown.",
        sensitive,
    )
    .any(),
    row(
        "tobool",
        "value",
        exactly(1),
        "The value as a bool.",
        tobool,
    ),
    row(
        "tolist",
        "value",
        exactly(1),
        "The value as a list of elements of one type.",
        tolist,
    )
    .opaque(),
    row("tomap", "value", exactly(1), "The value as a map.", tomap).opaque(),
    row(
        "tonumber",
        "value",
        exactly(1),
        "The value as a number.",
        tonumber,
    ),
    row("toset", "value", exactly(1), "The value as a set.", toset),
    row(
        "tostring",
        "value",
        exactly(1),
        "The value as a string.",
        tostring,
    )
    .any(),
    Function {
        name: "try",
        parameters: "expressions...",
        least: 1,
        most: None,
        inside: Inside::Any,
        doc: "The first expression that has a value.",
        implementation: Implementation::Special(Special::Try),
    },
    row(
        "type",
        "value",
        exactly(1),
        "The name of a value's type.",
        type_name,
    ),
];

fn issensitive(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(argument(arguments, 0).sensitive.into())
}

fn sensitive(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(argument(arguments, 0).clone().marked(true))
}

fn nonsensitive(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let value = argument(arguments, 0);
    Ok(Value {
        sensitive: false,
        data: value.data.clone(),
    })
}

fn to(arguments: &[Value], wanted: &Type) -> Result_<Value> {
    let value = argument(arguments, 0);
    if value.is_null() {
        return Ok(Value::NULL);
    }
    convert(value, wanted).map_err(|mismatch| FunctionError::Argument(0, mismatch.to_string()))
}

fn tobool(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    to(arguments, &Type::Bool)
}

fn tonumber(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    to(arguments, &Type::Number)
}

fn tostring(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    to(arguments, &Type::Text)
}

fn tolist(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    context.values(argument(arguments, 0).as_items().map_or(1, <[Value]>::len))?;
    to(arguments, &Type::List(Box::new(Type::Any)))
}

fn toset(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    to(arguments, &Type::Set(Box::new(Type::Any)))
}

fn tomap(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    context.values(
        argument(arguments, 0)
            .as_members()
            .map_or(1, std::collections::BTreeMap::len),
    )?;
    to(arguments, &Type::Map(Box::new(Type::Any)))
}

fn type_name(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let value = argument(arguments, 0);
    Ok(match &value.data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Number(_) => "number",
        Data::Text(_) => "string",
        Data::List(_) => "list",
        Data::Set(_) => "set",
        Data::Object(_) => "object",
        Data::Unknown(_) => return wrong(0, "the value is not known"),
    }
    .into())
}
