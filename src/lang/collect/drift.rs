//! `drift { ignore "NAME" { ... } }`: changes outside that are borne for a while. Why and until when must be said.

use super::Collector;
use super::arguments::{block_mistake, leftover, missing, take, take_blocks};
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::module::IgnoreBlock;
use crate::lang::syntax::{Attribute, Block};
use crate::model::ignore::{IgnoreRule, attribute_path};
use jiff::civil::Date;

const ARGUMENTS: &[&str] = &["resource", "attributes", "reason", "until"];

impl Collector<'_, '_> {
    pub(super) fn drift(&mut self, mut block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        let rules = take_blocks(&mut block.body, "ignore");
        leftover(&block, &[], &["ignore"], &mut self.evaluator.diagnostics);
        for rule in rules {
            self.ignore(rule);
        }
    }

    fn ignore(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let header = block.header;
        let [resource, attributes, reason, until] = [0, 1, 2, 3].map(|at| {
            let argument = ARGUMENTS.get(at).copied().unwrap_or_default();
            let taken = take(&mut block.body, argument);
            if taken.is_none() {
                self.report(missing(argument, "ignore", header));
            }
            taken
        });
        block_mistake(&block.body, "ignore", &mut self.evaluator.diagnostics);
        block.body.blocks.clear();
        leftover(&block, ARGUMENTS, &[], &mut self.evaluator.diagnostics);
        let resource = resource.and_then(|attribute| self.stated(&attribute));
        let attributes = attributes.and_then(|attribute| self.attribute_paths(&attribute));
        let reason = reason.and_then(|attribute| self.stated(&attribute));
        let until = until.and_then(|attribute| self.last_day(&attribute));
        let known = self.module.ignores.get(&name.text);
        if let Some(first) = known.map(|first| first.header) {
            return self.duplicate(&format!("the rule `{}`", name.text), header, first);
        }
        let rule = match (resource, attributes, reason, until) {
            (Some(resource), Some(attributes), Some(reason), Some(until)) => Some(IgnoreRule {
                name: name.text.to_string(),
                resource,
                attributes,
                reason,
                until,
            }),
            (None, _, _, _) | (_, None, _, _) | (_, _, None, _) | (_, _, _, None) => None,
        };
        self.module
            .ignores
            .insert(name.text, IgnoreBlock { rule, header });
    }

    /// A text that says something.
    fn stated(&mut self, attribute: &Attribute) -> Option<String> {
        let text = self.constant_text(attribute)?;
        if text.trim().is_empty() {
            let detail = format!("`{}` says nothing", attribute.name.text);
            self.wrong(attribute.value.span, &detail);
            return None;
        }
        Some(text.to_string())
    }

    fn attribute_paths(&mut self, attribute: &Attribute) -> Option<Vec<Vec<String>>> {
        let value = self.constant(&attribute.value)?;
        let texts = value
            .as_items()
            .and_then(|items| items.iter().map(coerce::text).collect::<Option<Vec<_>>>())
            .filter(|texts| !texts.is_empty());
        let paths = texts.and_then(|texts| {
            let paths = texts.iter().map(|text| attribute_path(text));
            paths.collect::<Option<Vec<_>>>()
        });
        if paths.is_none() {
            let detail = "`attributes` is a list of attributes such as \"paused\", \"labels.team\" or \"labels[\\\"a/b\\\"]\"; [\"*\"] is all of them";
            self.wrong(attribute.value.span, detail);
        }
        paths
    }

    fn last_day(&mut self, attribute: &Attribute) -> Option<Date> {
        let text = self.constant_text(attribute)?;
        // Without this a time of day would be read and left out.
        let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
        if day.is_none() {
            let detail = "`until` is the last day on which the rule holds, such as \"2026-12-31\"";
            self.wrong(attribute.value.span, detail);
        }
        day
    }

    fn wrong(&mut self, span: Span, detail: &str) {
        self.report(Diagnostic::error("invalid-rule", "Invalid rule", detail).at(span));
    }
}
