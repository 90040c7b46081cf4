//! `sk_dr { }`: version, stack, journal, allowed lints.

use super::Collector;
use super::arguments::{leftover, missing, take, take_blocks};
use crate::diag::Diagnostic;
use crate::lang::module::SettingsBlock;
use crate::lang::syntax::Block;
use crate::lang::version::{Constraint, Version};

impl Collector<'_, '_> {
    pub(super) fn settings(&mut self, mut block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        if let Some(first) = self.module.settings.as_ref().map(|first| first.header) {
            return self.duplicate("the `sk_dr` block", block.header, first);
        }
        if let Some(attribute) = take(&mut block.body, "required_version")
            && let Some(text) = self.constant_text(&attribute)
        {
            match (Constraint::parse(&text), Version::parse(self.version)) {
                (Ok(constraint), Some(version)) if !constraint.allows(&version) => {
                    let detail = format!(
                        "this configuration needs sk-dr {text}, this is {}",
                        self.version
                    );
                    self.report(
                        Diagnostic::error("wrong-version", "Wrong version", detail)
                            .at(attribute.value.span),
                    );
                }
                (Ok(_), Some(_) | None) => {}
                (Err(reason), _) => {
                    let diagnostic =
                        Diagnostic::error("invalid-version", "Invalid version constraint", reason);
                    self.report(
                        diagnostic
                            .at(attribute.value.span)
                            .hint("such as \">= 0.1\", \"~> 1.2\" or \">= 1.0, < 2.0\""),
                    );
                }
            }
        }
        let stack = match take(&mut block.body, "stack") {
            None => {
                let hint = "it is the identity put on everything that this configuration owns: stack = \"acme-prod\"";
                self.report(missing("stack", "sk_dr", block.header).hint(hint));
                None
            }
            Some(attribute) => self.constant_text(&attribute).map(|text| text.to_string()).filter(|text| {
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let good = (1..=63).contains(&text.len()) && text.chars().all(allowed);
                // The name is the value of a label on every object, which may not end in a dash.
                let good = good && !text.starts_with('-') && !text.ends_with('-');
                if !good {
                    let detail = "a stack name has 1 to 63 characters of a-z, 0-9 and `-`, and no `-` at its ends";
                    self.report(Diagnostic::error("invalid-stack", "Invalid stack name", detail).at(attribute.value.span));
                }
                good
            }),
        };
        let journal = self.journal(&mut block);
        let allowed_lints = take_blocks(&mut block.body, "allow_lint")
            .into_iter()
            .filter_map(|allowed| self.allowed_lint(allowed))
            .collect();
        leftover(
            &block,
            &["required_version", "stack"],
            &["allow_lint", "journal"],
            &mut self.evaluator.diagnostics,
        );
        self.module.settings = Some(SettingsBlock {
            stack,
            journal,
            allowed_lints,
            header: block.header,
        });
    }
}
