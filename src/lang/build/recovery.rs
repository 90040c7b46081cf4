//! `recovery` blocks, once every resource is made: only now it shows whether an instance that one names is there.

use super::Builder;
use crate::diag::Diagnostic;
use crate::model::address::{Address, Target};

impl Builder<'_, '_, '_> {
    pub(super) fn recoveries(&mut self) {
        // What was built last need not be the root.
        let root = self.tree.module(0);
        for block in root.into_iter().flat_map(|root| root.recoveries.values()) {
            let missing = block.targets.iter();
            let missing: Vec<Diagnostic> = missing
                .filter(|(_, span)| self.evaluator.refuted.binary_search(span).is_err())
                .filter(|(target, _)| self.has_no_instance(target))
                .map(|(target, span)| {
                    let detail = format!("there is no instance `{target}`");
                    let found = Diagnostic::error("invalid-index", "Invalid index", detail);
                    found.at(*span).within(block.header)
                })
                .collect();
            if missing.is_empty()
                && let Some(recovery) = block.recovery.clone()
            {
                let recoveries = &mut self.configuration.recoveries;
                recoveries.insert(recovery.name.clone(), recovery);
            }
            self.evaluator.diagnostics.extend(missing);
        }
    }

    /// Whether a resource is made, and has no such instance.
    fn has_no_instance(&self, target: &Target) -> bool {
        let Target::Resource(address) = target else {
            return false;
        };
        let whole = Address {
            instance: None,
            ..address.clone()
        };
        let mut there = self.configuration.resources.iter().chain(&self.damaged);
        self.made.contains(&whole) && !there.any(|one| address.covers(&one.address))
    }
}
