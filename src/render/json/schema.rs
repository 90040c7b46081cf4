//! `schema -json`: the tables of all kinds in the form of `terraform providers schema -json`, so that editors and
//! linters that read that form read this. Must not know how a table is used.

use super::plan::provider_name;
use crate::model::schema::{Field, Literal, Presence, Schema, Shape};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The schemas of these kinds.
pub fn schemas<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Json {
    let mut providers: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for schema in schemas {
        let entry = json!({"version": 0, "block": block(schema.fields, schema.summary)});
        let provider = provider_name(schema.provider.unwrap_or("sk-dr"));
        providers
            .entry(provider)
            .or_default()
            .insert(schema.kind.to_owned(), entry);
    }
    let providers: Map<String, Json> = providers
        .into_iter()
        .map(|(name, kinds)| (name, json!({"resource_schemas": kinds})))
        .collect();
    json!({"format_version": "1.0", "provider_schemas": providers})
}

fn block(fields: &[Field], doc: &str) -> Json {
    let mut attributes = Map::new();
    let mut block_types = Map::new();
    for field in fields {
        match field.shape {
            Shape::Block(inner) => {
                block_types.insert(field.name.to_owned(), nested(field, inner, Some(1)))
            }
            Shape::Blocks(inner) => {
                block_types.insert(field.name.to_owned(), nested(field, inner, None))
            }
            Shape::Text
            | Shape::Choice(_)
            | Shape::Duration
            | Shape::Cron
            | Shape::Bool
            | Shape::Integer
            | Shape::TextList
            | Shape::TextMap => {
                attribute(field).and_then(|entry| attributes.insert(field.name.to_owned(), entry))
            }
        };
    }
    json!({"description": doc, "attributes": attributes, "block_types": block_types})
}

fn nested(field: &Field, inner: &[Field], most: Option<u8>) -> Json {
    let mut entry = json!({"nesting_mode": "list", "block": block(inner, field.doc)});
    if let Json::Object(members) = &mut entry {
        if matches!(field.presence, Presence::Required) {
            members.insert("min_items".to_owned(), json!(1));
        }
        if let Some(most) = most {
            members.insert("max_items".to_owned(), json!(most));
        }
    }
    entry
}

/// `None`: an argument that exists only to be refused with its reason.
fn attribute(field: &Field) -> Option<Json> {
    let mut entry = Map::new();
    entry.insert("type".to_owned(), kind_of(&field.shape));
    entry.insert("description".to_owned(), json!(field.doc));
    match &field.presence {
        Presence::Required => entry.insert("required".to_owned(), json!(true)),
        Presence::Optional => entry.insert("optional".to_owned(), json!(true)),
        Presence::Computed => entry.insert("computed".to_owned(), json!(true)),
        Presence::Rejected(_) => return None,
        Presence::Default(literal) => {
            let default = match literal {
                Literal::Text(text) => json!(text),
                Literal::Bool(flag) => json!(flag),
                Literal::Integer(number) => json!(number),
            };
            entry.insert("default".to_owned(), default);
            entry.insert("optional".to_owned(), json!(true))
        }
    };
    if let Shape::Choice(choices) = &field.shape {
        entry.insert("choices".to_owned(), json!(choices));
    }
    Some(Json::Object(entry))
}

fn kind_of(shape: &Shape) -> Json {
    match shape {
        Shape::Text | Shape::Choice(_) | Shape::Duration | Shape::Cron => json!("string"),
        Shape::Bool => json!("bool"),
        Shape::Integer => json!("number"),
        Shape::TextList => json!(["list", "string"]),
        Shape::TextMap => json!(["map", "string"]),
        Shape::Block(_) | Shape::Blocks(_) => json!("dynamic"),
    }
}
