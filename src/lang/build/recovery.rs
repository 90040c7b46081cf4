//! `recovery` blocks, once every resource is made: only now it shows whether an instance that one names is there. And what
//! the journal needs, which is there before all of them.

use super::Builder;
use crate::diag::Diagnostic;
use crate::model::address::{Address, Target};
use crate::model::journal_place::JournalPlace;

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

    /// The store of a journal is reached before anything is made.
    pub(super) fn journal_is_first(&mut self) {
        let Some(JournalPlace::Bucket { provider, .. }) = &self.configuration.settings.journal
        else {
            return;
        };
        let Some(block) = self.configuration.providers.get(provider) else {
            return;
        };
        if let Some(made) = block.references.first() {
            let detail = format!(
                "the journal is in this store, and is read before `{made}` is made: it needs values that stand in the text"
            );
            let found = Diagnostic::error("invalid-provider", "Invalid provider", detail);
            self.evaluator.diagnostics.push(found.at(block.span));
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
