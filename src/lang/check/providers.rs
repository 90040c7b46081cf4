//! Whether every resource has the provider it is under, in each place where its module is called.

use super::blocks::Checked;
use super::tree::{Tree, UnitIndex};
use crate::diag::{Diagnostic, Span, suggest};
use crate::lang::library::ModuleIndex;
use crate::lang::module::ResourceName;
use crate::model::identity::ProviderRef;
use std::collections::{BTreeMap, BTreeSet};

/// Resources without a provider, by place.
pub fn check<'m>(
    tree: &Tree<'m>,
    checked: &BTreeMap<ModuleIndex, Checked<'m>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeSet<(UnitIndex, &'m ResourceName)> {
    let mut lacking = BTreeSet::new();
    for (at, unit) in tree.units.iter().enumerate() {
        let (Some(checked), Some(module)) = (checked.get(&unit.module), tree.module(at)) else {
            continue;
        };
        for (name, (wanted, span)) in &checked.wanted {
            if !unit.providers.contains_key(wanted) {
                let header = module.resources.get(name).map(|block| block.header);
                diagnostics.push(missing(tree, at, wanted, *span).within(header));
                lacking.insert((at, *name));
            }
        }
    }
    lacking
}

/// The mistake of naming a provider that there is not.
pub fn missing(tree: &Tree<'_>, at: UnitIndex, wanted: &ProviderRef, span: Span) -> Diagnostic {
    let unit = tree.units.get(at);
    let known: Vec<String> = unit
        .map(|unit| unit.providers.keys().map(ToString::to_string).collect())
        .unwrap_or_default();
    let name = wanted.to_string();
    let is_root = unit.is_none_or(|unit| unit.caller.is_none());
    let detail = if is_root {
        format!("there is no provider block `{name}`")
    } else {
        let prefix = tree.prefix(at);
        format!(
            "{} is given no provider `{name}`",
            prefix.trim_end_matches('.')
        )
    };
    let diagnostic = Diagnostic::error("no-provider", "No provider block", detail).at(span);
    if !is_root {
        return diagnostic.hint(match wanted.alias {
            Some(_) => {
                format!("hand it in where the module is called: providers = {{ \"{name}\" = ... }}")
            }
            None => format!("declare it in the root: provider \"{name}\" {{ }}"),
        });
    }
    match suggest::nearest(&name, known.iter().map(String::as_str)) {
        Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")),
        None => {
            let alias = wanted.alias.as_ref();
            let alias = alias.map_or_else(String::new, |alias| format!("alias = \"{alias}\" "));
            diagnostic.hint(format!(
                "declare it: provider \"{}\" {{ {alias}}}",
                wanted.provider
            ))
        }
    }
}
