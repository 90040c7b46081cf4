//! `module "name" { }`: where the module is, how often it is called, with what.

use super::Collector;
use super::arguments::{block_mistake, missing, take};
use super::resource::provider_reference;
use crate::diag::{Diagnostic, Span};
use crate::lang::module::CallBlock;
use crate::lang::syntax::{Attribute, Block, Expression, Name, Term};
use crate::model::identity::ProviderRef;

impl Collector<'_, '_> {
    pub(super) fn call(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let header = block.header;
        let source = match take(&mut block.body, "source") {
            None => {
                self.report(missing("source", "module", header));
                None
            }
            Some(attribute) => self.constant_text(&attribute).map(|text| Name {
                text,
                span: attribute.value.span,
            }),
        };
        if let Some(attribute) = take(&mut block.body, "version") {
            let detail = "`version` belongs to a registry, and nothing is downloaded: a module that sk-dr brings along has its version in its source, builtin:NAME@1";
            self.report(
                Diagnostic::error("rejected-argument", "Argument not supported", detail)
                    .at(attribute.name.span)
                    .within(header),
            );
        }
        let repeat = self.repeat("module", &mut block.body, header);
        let depends_on = take(&mut block.body, "depends_on")
            .map(|attribute| self.depends_on(&attribute))
            .unwrap_or_default();
        let providers = take(&mut block.body, "providers")
            .map(|attribute| self.providers(&attribute))
            .unwrap_or_default();
        block_mistake(&block.body, "module", &mut self.evaluator.diagnostics);
        match self.module.calls.get(&name.text).map(|first| first.header) {
            Some(first) => self.duplicate(&format!("module.{}", name.text), header, first),
            None => {
                let call = CallBlock {
                    header,
                    source,
                    module: None,
                    repeat,
                    providers,
                    depends_on,
                    arguments: block.body.attributes,
                };
                self.module.calls.insert(name.text, call);
            }
        }
    }

    fn providers(&mut self, attribute: &Attribute) -> Vec<(ProviderRef, ProviderRef, Span)> {
        let Term::Object(members) = &attribute.value.term else {
            self.report(wrong_providers(attribute.value.span));
            return Vec::new();
        };
        let mut all = Vec::new();
        for (inside, outside) in members {
            match (inner_name(inside), provider_reference(outside)) {
                (Some(inside), Some(provider)) => all.push((inside, provider, outside.span)),
                (None, _) => self.report(wrong_providers(inside.span)),
                (Some(_), None) => self.report(wrong_providers(outside.span)),
            }
        }
        all
    }
}

/// What a module calls a provider: a word, or a text with a dot, since the grammar takes no dot in a key without quotes.
fn inner_name(key: &Expression) -> Option<ProviderRef> {
    match key.literal_text() {
        Some(text) => Some(ProviderRef::from(text.to_string())),
        None => provider_reference(key),
    }
}

fn wrong_providers(span: Span) -> Diagnostic {
    let detail = "`providers` names providers without quotes: { kubernetes = kubernetes.eu }";
    Diagnostic::error("invalid-provider", "Invalid provider", detail).at(span)
}
