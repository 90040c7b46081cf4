//! Adoption that is asked for (R24): by `-adopt`, or by an `import` block of the configuration. Must not know what an
//! object is compared with.

use super::decision::{Resolution, reason};
use super::declared::Context;
use super::document::{Action, Finding, FindingSeverity, Reason, ReasonCode};
use super::input::Input;
use crate::model::address::Address;
use crate::model::resource::{Configuration, Import};
use std::collections::{BTreeMap, BTreeSet};

/// Who asks that an unmarked object becomes ours, as a reason.
pub fn asked(context: &Context<'_>, address: &Address) -> Option<Reason> {
    if context
        .input
        .adopt
        .iter()
        .any(|target| target.covers(address))
    {
        return Some(reason(ReasonCode::Adopted, "it exists and -adopt names it"));
    }
    context.imported.contains(address).then(|| {
        reason(
            ReasonCode::Adopted,
            "it exists and an import block names it",
        )
    })
}

/// Addresses that `import` blocks name: looked up for each object that is not ours.
pub fn named(configuration: &Configuration) -> BTreeSet<&Address> {
    let imports = configuration.imports.iter();
    imports.map(|import| &import.to).collect()
}

/// Imports of what is not there: it is made, which is not what the block says.
pub fn findings(input: &Input<'_>, resolutions: &[Resolution<'_>]) -> Vec<Finding> {
    let imports = input.configuration.imports.iter();
    let imports: BTreeMap<&Address, &Import> = imports.map(|import| (&import.to, import)).collect();
    resolutions
        .iter()
        .filter(|resolution| resolution.node.action == Action::Create)
        .filter_map(|resolution| {
            let address = &resolution.node.address;
            let import = imports.get(address)?;
            Some(Finding {
                code: "import-absent".to_owned(),
                severity: FindingSeverity::Warning,
                address: Some(address.clone()),
                summary: "Nothing to import".to_owned(),
                detail: format!(
                    "{address}: there is no object \"{}\", so it is created. If it was lost, its data is not in the new one; otherwise the import block has done its work and can go.",
                    import.id
                ),
            })
        })
        .collect()
}
