//! The schema of a kind for people: what may stand in a block, indented as it would be written.

use super::value::spaces;
use crate::model::schema::{Field, Literal, Presence, Schema, Shape};
use crate::model::text::quote;

/// All kinds, one line each, ending in a newline.
pub fn kinds<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> String {
    schemas
        .into_iter()
        .map(|schema| format!("{:<34} {}\n", schema.kind, schema.summary))
        .collect()
}

/// One kind with its fields and its example, ending in a newline.
pub fn kind(schema: &Schema) -> String {
    let mut all = vec![
        format!("{}: {}", schema.kind, schema.summary),
        String::new(),
    ];
    fields(schema.fields, 2, &mut all);
    all.extend([
        String::new(),
        schema.example.trim().to_owned(),
        String::new(),
    ]);
    all.join("\n")
}

fn fields(table: &[Field], indent: usize, all: &mut Vec<String>) {
    for field in table {
        if matches!(field.presence, Presence::Rejected(_)) {
            continue;
        }
        all.push(format!(
            "{}{} ({}{}): {}",
            spaces(indent),
            field.name,
            shape(&field.shape),
            presence(&field.presence),
            field.doc
        ));
        match field.shape {
            Shape::Block(inner) | Shape::Blocks(inner) => fields(inner, indent + 2, all),
            Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextList
            | Shape::TextMap
            | Shape::Any => {}
        }
    }
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Choice(choices) => choices
            .iter()
            .map(|choice| quote(choice))
            .collect::<Vec<_>>()
            .join(" or "),
        Shape::Duration => "duration".to_owned(),
        Shape::Cron => "cron".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::Integer => "whole number".to_owned(),
        Shape::TextList => "list of texts".to_owned(),
        Shape::TextMap => "map of texts".to_owned(),
        Shape::Any => "any value".to_owned(),
        Shape::Block(_) => "block".to_owned(),
        Shape::Blocks(_) => "blocks".to_owned(),
    }
}

fn presence(presence: &Presence) -> String {
    match presence {
        Presence::Required => ", required".to_owned(),
        Presence::Optional | Presence::Rejected(_) => String::new(),
        Presence::Computed => ", known after apply".to_owned(),
        Presence::Default(Literal::Text(text)) => format!(", default {}", quote(text)),
        Presence::Default(Literal::Bool(flag)) => format!(", default {flag}"),
        Presence::Default(Literal::Integer(number)) => format!(", default {number}"),
    }
}
