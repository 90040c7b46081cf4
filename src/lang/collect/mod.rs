//! From syntax trees to declared blocks: which blocks there are, what they may hold, that nothing is declared twice.
//! Evaluates constants only.

mod allowed_lint;
mod arguments;
mod call;
mod condition;
mod drift;
mod journal;
mod recovery;
mod refactoring;
mod resource;
mod secret;
mod settings;
mod variable;

use super::evaluate::Evaluator;
use super::evaluate::scope::Scope;
use super::module::{Module, OutputBlock, ProviderBlock, ResourceName, Role};
use super::syntax::{Attribute, Block, Body, Expression, Name};
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::model::address::is_identifier;
use crate::model::identity::ProviderRef;
use crate::model::schema::Schemas;
use crate::model::value::Value;
use arguments::{block_mistake, leftover, take};
pub use arguments::{missing, unsupported_argument, unsupported_block};
use std::sync::Arc;

/// Blocks of the root of a configuration.
pub(super) const BLOCKS: &[&str] = &[
    "check", "drift", "import", "locals", "module", "moved", "output", "provider", "recovery",
    "removed", "resource", "secret", "sk_dr", "variable",
];

/// Sorts blocks into a [`Module`].
pub struct Collector<'c, 'a> {
    /// Evaluates constants and keeps the mistakes.
    pub evaluator: &'c mut Evaluator<'a>,
    /// Resource and provider types.
    pub schemas: &'a dyn Schemas,
    /// Version of the program.
    pub version: &'a str,
    /// What was found.
    pub module: Module,
}

impl Collector<'_, '_> {
    /// One file.
    pub fn file(&mut self, body: Body) {
        for attribute in &body.attributes {
            let detail = format!("`{}` stands outside of any block", attribute.name.text);
            self.report(
                Diagnostic::error("unsupported-argument", "Unsupported argument", detail)
                    .at(attribute.name.span)
                    .hint("a value of your own is declared in `locals { }`"),
            );
        }
        for block in body.blocks {
            self.block(block);
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.evaluator.diagnostics.push(diagnostic);
    }

    fn block(&mut self, block: Block) {
        if self.module.role == Role::Called
            && let Some(why) = belongs_to_the_root(&block.kind.text)
        {
            let detail = format!("a module has no `{}` block: {why}", block.kind.text);
            let found = Diagnostic::error("not-in-a-module", "Not in a module", detail);
            return self.report(found.at(block.kind.span));
        }
        match block.kind.text.as_ref() {
            "sk_dr" => self.settings(block),
            "provider" => self.provider(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "secret" => self.secret(block),
            "resource" => self.resource(block),
            "check" => self.check(block),
            "drift" => self.drift(block),
            "module" => self.call(block),
            "moved" => self.moved(block),
            "removed" => self.removed(block),
            "import" => self.import(block),
            "recovery" => self.recovery(block),
            "terraform" => self.unsupported(&block, "settings stand in a `sk_dr { }` block"),
            "data" => self.unsupported(
                &block,
                "there are no data sources: use a variable, or `jsondecode(file(...))`",
            ),
            "dynamic" => self.unsupported(&block, "`dynamic` stands inside of a resource"),
            other => {
                let detail = format!("there is no block `{other}`");
                let diagnostic =
                    Diagnostic::error("unsupported-block", "Unsupported block", detail)
                        .at(block.kind.span);
                let span = block.kind.span;
                self.report(match suggest::nearest(other, BLOCKS.iter().copied()) {
                    Some(meant) => diagnostic.fix(
                        format!("did you mean `{meant}`?"),
                        Patch {
                            span,
                            text: meant.into(),
                        },
                    ),
                    None => diagnostic.hint(format!("there are {}", BLOCKS.join(", "))),
                });
            }
        }
    }

    fn unsupported(&mut self, block: &Block, why: &str) {
        self.report(
            Diagnostic::error("unsupported-block", "Unsupported block", why).at(block.kind.span),
        );
    }

    /// The labels of a block, if it has as many as it should.
    fn labels<const N: usize>(&mut self, block: &Block, wanted: [&str; N]) -> Option<[Name; N]> {
        let kind = &block.kind.text;
        if let Ok(labels) = <&[Name; N]>::try_from(block.labels.as_slice()) {
            let labels = labels.clone();
            for (label, what) in labels.iter().zip(wanted) {
                if !is_identifier(&label.text) {
                    let detail = format!(
                        "the {what} of a `{kind}` block is a word of letters, digits, `_` and `-`, not starting with a digit"
                    );
                    self.report(
                        Diagnostic::error("invalid-name", "Invalid name", detail).at(label.span),
                    );
                    return None;
                }
            }
            return Some(labels);
        }
        let shown: String = wanted
            .iter()
            .map(|what| format!(" \"{}\"", what.to_uppercase()))
            .collect();
        let detail = format!("this block is written {kind}{shown} {{ }}");
        self.report(Diagnostic::error("wrong-labels", "Wrong labels", detail).at(block.header));
        None
    }

    /// The mistake of declaring something twice, naming both places.
    fn duplicate(&mut self, what: &str, second: Span, first: Span) {
        let place = self
            .evaluator
            .texts
            .get(first.file)
            .map_or_else(String::new, |source| {
                let line = source
                    .text
                    .get(..first.start)
                    .map_or(1, |before| before.matches('\n').count() + 1);
                format!(" at {}:{line}", source.name)
            });
        let detail = format!("{what} is already declared{place}");
        self.report(Diagnostic::error("duplicate", "Declared twice", detail).at(second));
    }

    /// The value of an expression without names.
    fn constant(&mut self, expression: &Expression) -> Option<Value> {
        self.evaluator
            .evaluate(expression, &Scope::sealed(&[]))
            .ok()
    }

    fn constant_text(&mut self, attribute: &Attribute) -> Option<Arc<str>> {
        let value = self.constant(&attribute.value)?;
        match value.as_text() {
            Some(text) => Some(text.clone()),
            None => {
                let detail = format!(
                    "`{}` is a string, this is {}",
                    attribute.name.text,
                    value.title()
                );
                self.report(
                    Diagnostic::error("wrong-type", "Wrong type", detail).at(attribute.value.span),
                );
                None
            }
        }
    }

    fn constant_bool(&mut self, attribute: Option<&Attribute>) -> Option<bool> {
        let attribute = attribute?;
        let value = self.constant(&attribute.value)?;
        let what = format!("`{}`", attribute.name.text);
        self.evaluator
            .truth(&value, attribute.value.span, &what)
            .ok()
    }

    fn locals(&mut self, block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        block_mistake(&block.body, "locals", &mut self.evaluator.diagnostics);
        for attribute in block.body.attributes {
            let name = attribute.name.text.clone();
            match self.module.locals.get(&name).map(|first| first.name.span) {
                Some(first) => self.duplicate(&format!("local.{name}"), attribute.name.span, first),
                None => {
                    self.module.locals.insert(name, attribute);
                }
            }
        }
    }

    fn output(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let value = take(&mut block.body, "value");
        let description = take(&mut block.body, "description")
            .and_then(|attribute| self.constant_text(&attribute));
        let sensitive = take(&mut block.body, "sensitive");
        let sensitive = self.constant_bool(sensitive.as_ref()).unwrap_or(false);
        leftover(
            &block,
            &["value", "description", "sensitive"],
            &[],
            &mut self.evaluator.diagnostics,
        );
        if let Some(first) = self
            .module
            .outputs
            .get(&name.text)
            .map(|first| first.header)
        {
            return self.duplicate(&format!("output.{}", name.text), block.header, first);
        }
        match value {
            None => self.report(arguments::missing("value", "output", block.header)),
            Some(value) => {
                let description = description.map(|text| text.to_string());
                let output = OutputBlock {
                    header: block.header,
                    value: value.value,
                    sensitive,
                    description,
                };
                self.module.outputs.insert(name.text, output);
            }
        }
    }

    fn provider(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["type"]) else {
            return;
        };
        let alias = take(&mut block.body, "alias");
        let alias = match alias {
            None => None,
            Some(attribute) => match self.constant_text(&attribute) {
                Some(text) if is_identifier(&text) => Some(text.to_string()),
                Some(_) => {
                    let detail = "an alias is a word of letters, digits, `_` and `-`";
                    self.report(
                        Diagnostic::error("invalid-name", "Invalid name", detail)
                            .at(attribute.value.span),
                    );
                    return;
                }
                None => return,
            },
        };
        if self.schemas.provider(&name.text).is_none() {
            let known = self.schemas.providers();
            let detail = format!("there is no provider `{}`", name.text);
            let diagnostic =
                Diagnostic::error("unknown-provider", "Unknown provider", detail).at(name.span);
            self.report(match suggest::nearest(&name.text, known.iter().copied()) {
                Some(meant) => diagnostic.fix(
                    format!("did you mean `{meant}`?"),
                    Patch {
                        span: name.span,
                        text: format!("\"{meant}\""),
                    },
                ),
                None => diagnostic.hint(format!("there are {}", known.join(", "))),
            });
        }
        let reference = ProviderRef {
            provider: name.text.to_string(),
            alias,
        };
        match self
            .module
            .providers
            .get(&reference)
            .map(|first| first.header)
        {
            Some(first) => {
                self.duplicate(&format!("provider {reference}"), block.header, first);
            }
            None => {
                self.module.providers.insert(
                    reference,
                    ProviderBlock {
                        body: block.body,
                        header: block.header,
                    },
                );
            }
        }
    }

    fn resource(&mut self, block: Block) {
        let Some([kind, name]) = self.labels(&block, ["type", "name"]) else {
            return;
        };
        let key = ResourceName {
            kind: kind.text.clone(),
            name: name.text.clone(),
        };
        let header = block.header;
        let resource = self.resource_block(block, kind);
        match self.module.resources.get(&key).map(|first| first.header) {
            Some(first) => self.duplicate(&key.address().to_string(), header, first),
            None => {
                self.module.resources.insert(key, resource);
            }
        }
    }
}

/// Why a block may stand in the root only.
fn belongs_to_the_root(kind: &str) -> Option<&'static str> {
    match kind {
        "sk_dr" => Some("the root names the stack and the journal"),
        "provider" => Some(
            "the root's flow in, those with an alias through `providers = { ... }` where the module is called",
        ),
        "secret" => Some(
            "where secrets are read is told in one place; declare it in the root and hand it in as a variable",
        ),
        "recovery" => Some("the root says what is recovered"),
        "drift" => Some("the root says which changes are borne"),
        _ => None,
    }
}
