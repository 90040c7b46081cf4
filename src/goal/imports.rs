//! `import` blocks against natural keys: the id that a Terraform user writes is the key that the resource has (R24, R28).

use crate::diag::{Diagnostic, Patch};
use crate::kinds;
use crate::model::address::Address;
use crate::model::resource::{Configuration, Import, Resource};
use crate::model::text::quote;
use std::collections::BTreeMap;

/// Imports whose id is not the key of their resource, and resources that are imported twice.
pub fn check(configuration: &Configuration) -> Vec<Diagnostic> {
    if configuration.imports.is_empty() {
        return Vec::new();
    }
    let resources: BTreeMap<&Address, &Resource> = configuration
        .resources
        .iter()
        .map(|resource| (&resource.address, resource))
        .collect();
    let mut seen: BTreeMap<&Address, &Import> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for import in &configuration.imports {
        let mut found = seen
            .insert(&import.to, import)
            .filter(|first| first.header != import.header)
            .map(|_| {
                let detail = format!("`{}` is imported by another block already", import.to);
                Diagnostic::error("duplicate", "Declared twice", detail).at(import.header)
            });
        let resource = resources.get(&import.to).copied();
        found = found.or_else(|| mismatch(import, resource?));
        if let Some(mut found) = found {
            found.address = Some(import.to.to_string());
            diagnostics.push(found.within(import.header));
        }
    }
    diagnostics
}

fn mismatch(import: &Import, resource: &Resource) -> Option<Diagnostic> {
    let key = kinds::find(&resource.address.kind)?.key(resource)?;
    let key = key.to_string();
    if key == import.id {
        return None;
    }
    let detail = format!(
        "{} is {}, and this is another object: what is imported is the object that the resource names",
        import.to,
        quote(&key)
    );
    let found = Diagnostic::error("wrong-id", "Wrong import id", detail).at(import.id_span);
    let patch = Patch {
        span: import.id_span,
        text: quote(&key),
    };
    Some(found.fix("its id is its key", patch))
}
