//! `check "name" { }`, and the blocks that claim something: a condition, and what is said where it does not hold.

use super::Collector;
use super::arguments::{leftover, missing, take, take_blocks};
use crate::diag::Diagnostic;
use crate::lang::module::{CheckBlock, Condition};
use crate::lang::syntax::{Block, Body};

impl Collector<'_, '_> {
    pub(super) fn check(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let before = self.evaluator.diagnostics.len();
        let assertions = self.conditions(&mut block.body, "assert");
        let is_empty = assertions.is_empty() && self.evaluator.diagnostics.len() == before;
        leftover(&block, &[], &["assert"], &mut self.evaluator.diagnostics);
        if is_empty {
            let detail = "`check` needs a block `assert`: what is to hold";
            self.report(
                Diagnostic::error("missing-argument", "Missing argument", detail).at(block.header),
            );
        }
        let first = self.module.checks.get(&name.text);
        if let Some(first) = first.map(|first| first.header) {
            return self.duplicate(&format!("check.{}", name.text), block.header, first);
        }
        let check = CheckBlock {
            header: block.header,
            assertions,
        };
        self.module.checks.insert(name.text, check);
    }

    /// The blocks of a name, each with its condition and message.
    pub(super) fn conditions(&mut self, body: &mut Body, name: &str) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for mut inner in take_blocks(body, name) {
            let condition = take(&mut inner.body, "condition");
            let message = take(&mut inner.body, "error_message");
            leftover(
                &inner,
                &["condition", "error_message"],
                &[],
                &mut self.evaluator.diagnostics,
            );
            match (condition, message) {
                (Some(condition), Some(message)) => conditions.push(Condition {
                    condition: condition.value,
                    message: message.value,
                }),
                (None, _) => self.report(missing("condition", name, inner.header)),
                (Some(_), None) => self.report(missing("error_message", name, inner.header)),
            }
        }
        conditions
    }
}
