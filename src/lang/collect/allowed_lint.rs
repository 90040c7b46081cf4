//! `allow_lint "code" { }` in `sk_dr { }`: a finding that has been looked at. Which lints there are is not known here.

use super::Collector;
use super::arguments::{leftover, missing, take};
use crate::diag::Diagnostic;
use crate::lang::coerce;
use crate::lang::syntax::{Attribute, Block};
use crate::model::address::Address;
use crate::model::resource::AllowedLint;

impl Collector<'_, '_> {
    pub(super) fn allowed_lint(&mut self, mut block: Block) -> Option<AllowedLint> {
        let [code] = self.labels(&block, ["code"])?;
        let reason = take(&mut block.body, "reason");
        if reason.is_none() {
            let hint = "whoever reads it next wants to know why it is meant as it is";
            self.report(missing("reason", "allow_lint", block.header).hint(hint));
        }
        let reason = reason.and_then(|attribute| self.constant_text(&attribute));
        let resources = match take(&mut block.body, "resources") {
            Some(attribute) => self.addresses(&attribute),
            None => Some(Vec::new()),
        };
        leftover(
            &block,
            &["reason", "resources"],
            &[],
            &mut self.evaluator.diagnostics,
        );
        Some(AllowedLint {
            code: code.text.to_string(),
            reason: reason?.to_string(),
            resources: resources?,
            span: code.span,
        })
    }

    fn addresses(&mut self, attribute: &Attribute) -> Option<Vec<Address>> {
        let value = self.constant(&attribute.value)?;
        let texts = value
            .as_items()
            .and_then(|items| items.iter().map(coerce::text).collect::<Option<Vec<_>>>());
        let addresses = texts.filter(|texts| !texts.is_empty()).and_then(|texts| {
            texts
                .iter()
                .map(|text| text.parse().ok())
                .collect::<Option<Vec<Address>>>()
        });
        if addresses.is_none() {
            let detail = "`resources` is a list of addresses, each a string";
            let mistake = Diagnostic::error("wrong-type", "Wrong type", detail);
            self.report(mistake.at(attribute.value.span).hint(
                "such as [\"velero_schedule.shop\"]; without it the lint is allowed everywhere",
            ));
        }
        addresses
    }
}
