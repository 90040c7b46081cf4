//! `recovery` blocks against what is declared: providers that are lost, and everything that is named for a recovery (R17).

use super::refactoring::Checker;
use crate::diag::{Diagnostic, Patch, suggest};
use crate::lang::library::Library;
use crate::lang::module::Module;

/// Checks the blocks of a module.
pub fn check(module: &Module, library: &Library, diagnostics: &mut Vec<Diagnostic>) {
    for recovery in module.recoveries.values() {
        for (provider, span) in &recovery.lost {
            if module.providers.contains_key(provider) {
                continue;
            }
            let wrong = provider.to_string();
            let known: Vec<String> = module.providers.keys().map(ToString::to_string).collect();
            let detail = format!("there is no provider block `{wrong}`");
            let found = Diagnostic::error("undeclared", "Undeclared name", detail);
            let found = found.at(*span).within(recovery.header);
            let near = suggest::nearest(&wrong, known.iter().map(String::as_str));
            diagnostics.push(match near {
                Some(near) => {
                    let patch = Patch {
                        span: *span,
                        text: near.to_owned(),
                    };
                    found.fix(format!("did you mean `{near}`?"), patch)
                }
                None => found,
            });
        }
        let mut checker = Checker::new(module, library, diagnostics);
        for (target, span) in &recovery.targets {
            checker.there(target, *span, recovery.header);
        }
    }
}
