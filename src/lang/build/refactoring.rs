//! `moved`, `removed` and `import` of each instance of a module, with addresses as seen from the root.

use super::Builder;
use crate::diag::Diagnostic;
use crate::lang::coerce;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::globals::Repetition;
use crate::lang::evaluate::instance_of;
use crate::lang::evaluate::scope::Scope;
use crate::lang::module::ImportBlock;
use crate::model::address::Address;
use crate::model::resource::{Import, Move, Removed};
use std::collections::BTreeSet;

impl Builder<'_, '_, '_> {
    pub(super) fn refactoring(&mut self) {
        let module = self.module;
        let path = self.evaluator.globals.module.clone();
        for moved in &module.moved {
            self.configuration.moves.push(Move {
                from: moved.from.0.within(&path),
                to: moved.to.0.within(&path),
            });
        }
        for removed in &module.removed {
            self.configuration.removed.push(Removed {
                from: removed.from.0.within(&path),
                fate: removed.fate,
            });
        }
        let there = self.addresses_for(&module.imports);
        for import in &module.imports {
            let before = self.evaluator.diagnostics.len();
            let Ok(instances) = self.instances(&import.repeat) else {
                continue;
            };
            for instance in instances {
                let scope = Scope::of(&instance.names);
                if let Ok(found) = self.import(import, &scope, &there) {
                    self.configuration.imports.push(found);
                }
            }
            for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
                diagnostic.context.get_or_insert(import.header);
            }
        }
    }

    /// Addresses of the resources of this instance of a module and of those that it calls, damaged ones too, where anything is
    /// imported: each import asks for one of them.
    fn addresses_for(&self, imports: &[ImportBlock]) -> BTreeSet<Address> {
        if imports.is_empty() {
            return BTreeSet::new();
        }
        let path = &self.evaluator.globals.module;
        let all = self.configuration.resources.iter().chain(&self.damaged);
        let below = all.filter(|one| one.address.module.0.starts_with(&path.0));
        below.map(|one| one.address.clone()).collect()
    }

    fn import(
        &mut self,
        import: &ImportBlock,
        scope: &Scope<'_>,
        there: &BTreeSet<Address>,
    ) -> Result<Import, Failed> {
        let (to, span) = &import.to;
        let mut address = to.within(&self.evaluator.globals.module);
        if let Some(index) = &import.index {
            let key = self.evaluator.whole(index, scope)?;
            self.evaluator
                .known(&key, index.span, "the index of a resource")?;
            let repetition = if coerce::number(&key).is_some() && key.as_text().is_none() {
                Repetition::Count
            } else {
                Repetition::ForEach
            };
            address.instance = instance_of(repetition, &key);
        }
        let id = self.evaluator.whole(&import.id, scope)?;
        self.evaluator.known(&id, import.id.span, "`id`")?;
        let Some(text) = coerce::text(&id).filter(|_| !id.sensitive) else {
            let detail = format!(
                "`id` is a string that may be shown, namespace/name or name, this is {}",
                id.title()
            );
            let found = Diagnostic::error("wrong-type", "Wrong type", detail);
            return self.evaluator.fail(found.at(import.id.span));
        };
        let mut whole = address.clone();
        whole.instance = None;
        if !there.contains(&address) && self.made.contains(&whole) {
            let detail = format!("there is no instance `{address}`");
            let found = Diagnostic::error("invalid-index", "Invalid index", detail);
            return self.evaluator.fail(found.at(*span));
        }
        Ok(Import {
            to: address,
            id: text.to_string(),
            header: import.header,
            id_span: import.id.span,
        })
    }
}
