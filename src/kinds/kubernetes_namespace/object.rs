//! Names of namespaces: what they may be, and which are Kubernetes' own.

use super::schema::SCHEMA;
use crate::diag::{Diagnostic, Severity};
use crate::kinds::syntax::{Checker, dns_label, known_text};
use crate::model::identity::Key;
use crate::model::resource::Resource;
use crate::model::text::quote;

const OURS_NEVER: &str =
    "it belongs to Kubernetes itself; sk-dr never deletes `default` nor a `kube-*` namespace";

/// Declared name.
pub(super) fn name(resource: &Resource) -> Option<String> {
    known_text(&resource.in_block("metadata", "name")?)
}

/// Checks a declared namespace.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    let name = name(resource);
    checker.name("metadata.name", name.as_deref(), dns_label);
    if let Some(name) = name.filter(|name| is_system(name)) {
        let detail = format!(
            "{} is one of Kubernetes' own namespaces: its labels can be managed, but sk-dr never deletes it",
            quote(&name)
        );
        let mut warning = checker.mistake(
            "metadata.name",
            "system-namespace",
            "Namespace of Kubernetes itself",
            detail,
        );
        warning.severity = Severity::Warning;
        checker.add(warning);
    }
}

fn is_system(name: &str) -> bool {
    name == "default" || name.starts_with("kube-")
}

/// Why a namespace is never deleted, where it is not.
pub(in crate::kinds) fn never_deleted(key: &Key) -> Option<&'static str> {
    match key {
        Key::Kube { name, .. } => is_system(name).then_some(OURS_NEVER),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    }
}
