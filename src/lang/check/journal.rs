//! The journal's store against what is declared: it is looked for before anything is made (R43).

use crate::diag::Diagnostic;
use crate::lang::module::Module;
use crate::model::journal_place::JournalPlace;

/// Checks the `journal` block of the root.
pub fn check(module: &Module, diagnostics: &mut Vec<Diagnostic>) {
    let declared = module
        .settings
        .as_ref()
        .and_then(|settings| settings.journal.as_ref());
    let Some(journal) = declared else { return };
    match &journal.place {
        JournalPlace::Directory(_) => {}
        JournalPlace::Bucket { provider, .. } if module.providers.contains_key(provider) => {}
        JournalPlace::Bucket { provider, .. } => {
            let detail =
                format!("there is no provider block `{provider}`, the store of the journal");
            let hint = "name it by `provider = s3.NAME`, or declare `provider \"s3\" { }`";
            let found = Diagnostic::error("undeclared", "Undeclared name", detail);
            diagnostics.push(found.at(journal.span).hint(hint));
        }
    }
}
