//! The schemas of all kinds and providers as one JSON document, in the form of `terraform providers schema -json`, so
//! that editors and linters that read that form can read this. Pure.

use super::{KINDS, providers, table};
use crate::model::schema::{Field, Presence, Shape};
use serde_json::{Map, Value as Json, json};

/// Version of Terraform's form.
const FORMAT_VERSION: &str = "1.0";
/// Under this name stand the kinds that need no provider.
const NO_PROVIDER: &str = "sk_dr";

/// The document.
pub fn document() -> Json {
    let providers = providers::PROVIDERS.iter().copied().map(Some);
    let schemas: Map<String, Json> = providers
        .chain([None])
        .map(|provider| {
            let arguments = provider.map_or(&[][..], |provider| provider.arguments);
            let provider = provider.map(|provider| provider.name);
            let resources: Map<String, Json> = KINDS
                .iter()
                .map(|kind| kind.schema())
                .filter(|schema| schema.provider == provider)
                .map(|schema| (schema.kind.to_owned(), versioned(block(schema.fields, Some(schema.summary)))))
                .collect();
            let schema = json!({"provider": versioned(block(arguments, None)), "resource_schemas": resources});
            (provider.unwrap_or(NO_PROVIDER).to_owned(), schema)
        })
        .collect();
    json!({"format_version": FORMAT_VERSION, "provider_schemas": schemas})
}

fn versioned(block: Json) -> Json {
    json!({"version": 0, "block": block})
}

fn block(fields: &[Field], description: Option<&str>) -> Json {
    let (mut attributes, mut blocks) = (Map::new(), Map::new());
    for field in fields
        .iter()
        .filter(|field| !matches!(field.presence, Presence::Rejected(_)))
    {
        let is_required = matches!(field.presence, Presence::Required);
        match &field.shape {
            Shape::Block(inner) => {
                let mut nested = json!({"nesting_mode": "list", "block": block(inner, Some(field.doc)), "max_items": 1});
                if is_required {
                    nested["min_items"] = 1.into();
                }
                blocks.insert(field.name.to_owned(), nested);
            }
            Shape::Blocks(inner) => {
                let nested =
                    json!({"nesting_mode": "list", "block": block(inner, Some(field.doc))});
                blocks.insert(field.name.to_owned(), nested);
            }
            Shape::Text | Shape::Choice(_) | Shape::Duration | Shape::Cron => {
                attributes.insert(field.name.to_owned(), attribute(field, "string".into()));
            }
            Shape::Bool => {
                attributes.insert(field.name.to_owned(), attribute(field, "bool".into()));
            }
            Shape::Integer => {
                attributes.insert(field.name.to_owned(), attribute(field, "number".into()));
            }
            Shape::TextList => {
                attributes.insert(
                    field.name.to_owned(),
                    attribute(field, json!(["list", "string"])),
                );
            }
            Shape::Any => {
                attributes.insert(field.name.to_owned(), attribute(field, "dynamic".into()));
            }
            Shape::TextMap => {
                attributes.insert(
                    field.name.to_owned(),
                    attribute(field, json!(["map", "string"])),
                );
            }
        }
    }
    let mut whole = Map::new();
    if !attributes.is_empty() {
        whole.insert("attributes".to_owned(), attributes.into());
    }
    if !blocks.is_empty() {
        whole.insert("block_types".to_owned(), blocks.into());
    }
    if let Some(description) = description {
        whole.insert("description".to_owned(), description.into());
    }
    whole.insert("description_kind".to_owned(), "plain".into());
    whole.into()
}

fn attribute(field: &Field, type_: Json) -> Json {
    let standing = match field.presence {
        Presence::Required => "required",
        Presence::Optional | Presence::Default(_) | Presence::Rejected(_) => "optional",
        Presence::Computed => "computed",
    };
    let mut attribute = json!({"type": type_, "description": field.doc, "description_kind": "plain", standing: true});
    // Terraform's form has no place for a default or for a choice; readers of that form skip what they do not know.
    if let Presence::Default(literal) = field.presence {
        attribute["default"] = table::literal_json(literal);
    }
    if let Shape::Choice(texts) = field.shape {
        attribute["one_of"] = json!(texts);
    }
    attribute
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pointer: &str, wanted: Json) {
        assert_eq!(document().pointer(pointer), Some(&wanted), "{pointer}");
    }

    #[test]
    fn describes_kinds_and_providers() {
        let schedule = "/provider_schemas/kubernetes/resource_schemas/velero_schedule/block";
        check(&format!("{schedule}/attributes/ttl/type"), json!("string"));
        check(
            &format!("{schedule}/attributes/schedule/required"),
            json!(true),
        );
        check(
            &format!("{schedule}/attributes/paused/default"),
            json!(false),
        );
        check(
            &format!("{schedule}/attributes/included_namespaces/type"),
            json!(["list", "string"]),
        );
        check(
            &format!("{schedule}/block_types/label_selector/max_items"),
            json!(1),
        );
        check(
            &format!(
                "{schedule}/block_types/hook/block/block_types/pre/block/block_types/exec/min_items"
            ),
            json!(1),
        );
        check(
            "/provider_schemas/sk_dr/resource_schemas/kubernetes_cluster/block/attributes/command/required",
            json!(true),
        );
        check(
            "/provider_schemas/kubernetes/provider/block/attributes/token/optional",
            json!(true),
        );
        check(
            "/provider_schemas/kubernetes/resource_schemas/kubernetes_namespace/block/attributes/id/computed",
            json!(true),
        );
    }

    #[test]
    fn leaves_out_what_is_refused() {
        let schedule = "/provider_schemas/kubernetes/resource_schemas/velero_schedule/block/attributes/skip_immediately";
        assert_eq!(document().pointer(schedule), None);
    }
}
