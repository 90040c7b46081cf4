//! What a live object holds that its kind's table does not know. Must not know what is decided for it.

use super::declared::Context;
use super::document::{Finding, FindingSeverity};
use super::found::Found;
use crate::kinds::Part;
use crate::model::identity::Key;

/// Live spec fields that the kind's table does not know: named, never removed (surface: Owned).
pub fn unmanaged_fields(context: &Context<'_>, part: &Part<'_>) -> Option<Finding> {
    let (kind, resource) = (part.kind, &part.resource);
    let (key, Some(provider)) = (kind.key(resource)?, &resource.provider) else {
        return None;
    };
    let Key::Kube {
        resource: home,
        namespace,
        name,
    } = &key
    else {
        return None;
    };
    let Found::Present(live) = context
        .objects
        .find(provider, home, namespace.as_deref(), name)
    else {
        return None;
    };
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
