//! What a live object holds that its kind's table does not know. Must not know what is decided for it.

use super::document::{Finding, FindingSeverity};
use crate::kinds::Part;
use crate::model::identity::Key;
use serde_json::Value as Json;

/// Live spec fields that the kind's table does not know: named, never removed (surface: Owned).
pub fn unmanaged_fields(part: &Part<'_>, (key, live): (&Key, &Json)) -> Option<Finding> {
    let (kind, resource) = (part.kind, &part.resource);
    let fields: Vec<String> = kind
        .unknown_fields(live)
        .iter()
        .map(|path| path.0.join("."))
        .collect();
    (!fields.is_empty()).then(|| Finding {
        code: "not-managed".to_owned(),
        severity: FindingSeverity::Warning,
        address: Some(resource.address.clone()),
        summary: "Fields that sk-dr does not know".to_owned(),
        detail: format!(
            "{} holds {}; they are neither compared nor removed.",
            if resource.address.kind == kind.schema().kind {
                resource.address.to_string()
            } else {
                format!("{} ({key})", resource.address)
            },
            fields.join(", ")
        ),
    })
}
