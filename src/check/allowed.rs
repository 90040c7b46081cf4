//! `allow_lint`: what somebody has looked at and wants as it is. Must not know any one lint.

use super::LINTS;
use crate::diag::{Diagnostic, Patch, suggest};
use crate::model::address::Address;
use crate::model::resource::{AllowedLint, Configuration};

/// Whether a finding is allowed. One that is about no declared resource is allowed only where all are.
pub(super) fn is_allowed(allowed: &[AllowedLint], code: &str, address: Option<&Address>) -> bool {
    allowed.iter().any(|one| {
        let covers = |named: &Address| address.is_some_and(|address| named.covers(address));
        one.code == code && (one.resources.is_empty() || one.resources.iter().any(covers))
    })
}

/// Allowances that name no lint, which would silence nothing.
pub fn unknown_codes(configuration: &Configuration) -> Vec<Diagnostic> {
    let known = || LINTS.iter().map(|lint| lint.code);
    configuration
        .settings
        .allowed_lints
        .iter()
        .filter(|one| !known().any(|code| code == one.code))
        .map(|one| {
            let detail = format!("there is no lint `{}`", one.code);
            let diagnostic = Diagnostic::error("unknown-lint", "Unknown lint", detail).at(one.span);
            match suggest::nearest(&one.code, known()) {
                Some(meant) => diagnostic.fix(
                    format!("did you mean `{meant}`?"),
                    Patch {
                        span: one.span,
                        text: format!("\"{meant}\""),
                    },
                ),
                None => diagnostic.hint("all are in docs/lints.md"),
            }
        })
        .collect()
}
