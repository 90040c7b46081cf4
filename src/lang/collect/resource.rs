//! `resource "type" "name" { }`: its meta-arguments. The rest is for its schema.

use super::Collector;
use super::arguments::{leftover, take, take_blocks};
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::coerce;
use crate::lang::module::{Condition, Repeat, ResourceBlock};
use crate::lang::syntax::{Attribute, Block, Body, Expression, Name, PathStep, Term};
use crate::model::address::{Address, InstanceKey, ModulePath, Target};
use crate::model::identity::ProviderRef;
use crate::model::number;
use crate::model::resource::IgnoreChanges;
use crate::model::schema::{Field, Shape, Values};
use crate::model::value::Value;

/// What stands in `lifecycle { }`.
#[derive(Default)]
struct Written {
    prevent_destroy: Option<Expression>,
    preconditions: Vec<Condition>,
    postconditions: Vec<Condition>,
    ignore_changes: IgnoreChanges,
}

impl Collector<'_, '_> {
    pub(super) fn resource_block(&mut self, mut block: Block, kind: Name) -> ResourceBlock {
        let schema = self.schemas.schema(&kind.text);
        match schema {
            None => self.unknown_kind(&kind),
            Some(schema) => self.name_providers(schema.fields, &mut block.body),
        }
        let repeat = self.repeat("resource", &mut block.body, block.header);
        let provider = take(&mut block.body, "provider")
            .and_then(|attribute| self.provider_reference(&attribute));
        let depends_on = take(&mut block.body, "depends_on")
            .map(|attribute| self.depends_on(&attribute))
            .unwrap_or_default();
        let lifecycle = self.lifecycle(&mut block);
        for name in ["provisioner", "connection"] {
            for inner in take_blocks(&mut block.body, name) {
                let detail =
                    format!("there is no `{name}`: sk-dr runs no programs beside a resource");
                self.report(
                    Diagnostic::error("unsupported-block", "Unsupported block", detail)
                        .at(inner.kind.span),
                );
            }
        }
        ResourceBlock {
            kind,
            header: block.header,
            schema,
            repeat,
            provider,
            depends_on,
            prevent_destroy: lifecycle.prevent_destroy,
            preconditions: lifecycle.preconditions,
            postconditions: lifecycle.postconditions,
            ignore_changes: lifecycle.ignore_changes,
            body: block.body,
        }
    }

    fn unknown_kind(&mut self, kind: &Name) {
        let known = self.schemas.kinds();
        let detail = format!("there is no resource type `{}`", kind.text);
        let diagnostic =
            Diagnostic::error("unknown-type", "Unknown resource type", detail).at(kind.span);
        self.report(match suggest::nearest(&kind.text, known.iter().copied()) {
            Some(meant) => diagnostic.fix(
                format!("did you mean `{meant}`?"),
                Patch {
                    span: kind.span,
                    text: format!("\"{meant}\""),
                },
            ),
            None => diagnostic.hint(format!("there are {}", known.join(", "))),
        });
    }

    /// `for_each` or `count` of a resource or module.
    pub(super) fn repeat(&mut self, what: &str, body: &mut Body, header: Span) -> Repeat {
        let for_each = take(body, "for_each");
        let count = take(body, "count");
        if let (Some(_), Some(count)) = (&for_each, &count) {
            let detail = format!("a {what} has `for_each` or `count`, not both");
            let diagnostic =
                Diagnostic::error("conflicting-arguments", "Conflicting arguments", detail);
            self.report(diagnostic.at(count.name.span).within(header));
        }
        match (for_each, count) {
            (Some(attribute), _) => Repeat::ForEach(attribute.value),
            (None, Some(attribute)) => Repeat::Count(attribute.value),
            (None, None) => Repeat::Once,
        }
    }

    pub(super) fn provider_reference(
        &mut self,
        attribute: &Attribute,
    ) -> Option<(ProviderRef, Span)> {
        let span = attribute.value.span;
        let reference = provider_reference(&attribute.value);
        if reference.is_none() {
            let detail = "a provider is named without quotes: provider = kubernetes.eu";
            self.report(Diagnostic::error("invalid-provider", "Invalid provider", detail).at(span));
        }
        reference.map(|reference| (reference, span))
    }

    /// Arguments that name a provider block become its name: what stands there is no value, and nothing refers by it.
    fn name_providers(&mut self, fields: &[Field], body: &mut Body) {
        for field in fields {
            if let Shape::Block(inner) | Shape::Blocks(inner) = &field.shape {
                let blocks = body.blocks.iter_mut();
                for block in blocks.filter(|block| block.kind.text.as_ref() == field.name) {
                    self.name_providers(inner, &mut block.body);
                }
            }
            let Values::Provider(type_) = field.values else {
                continue;
            };
            let attributes = body.attributes.iter_mut();
            for attribute in attributes.filter(|one| one.name.text.as_ref() == field.name) {
                let named = provider_reference(&attribute.value);
                match named.filter(|named| named.provider == type_) {
                    Some(named) => attribute.value.term = Term::Literal(named.to_string().into()),
                    None => {
                        let detail = format!(
                            "`{}` names a provider block of type {type_} without quotes: {} = {type_}.main",
                            field.name, field.name
                        );
                        let span = attribute.value.span;
                        let diagnostic =
                            Diagnostic::error("invalid-provider", "Invalid provider", detail);
                        self.report(diagnostic.at(span));
                        // What it really is would only be complained about twice.
                        attribute.value.term = Term::Literal(type_.into());
                    }
                }
            }
        }
    }

    pub(super) fn depends_on(&mut self, attribute: &Attribute) -> Vec<(Target, Span)> {
        let Term::List(items) = &attribute.value.term else {
            let detail =
                "`depends_on` is a list of resources and modules: [kubernetes_namespace.app]";
            self.report(
                Diagnostic::error("wrong-type", "Wrong type", detail).at(attribute.value.span),
            );
            return Vec::new();
        };
        let mut addresses = Vec::new();
        for item in items {
            match target(item) {
                Some(Target::Resource(address)) if !address.module.is_root() => {
                    let module = Target::Module(address.module);
                    let detail = format!(
                        "`depends_on` sees no resources inside of a module: it is written {module}"
                    );
                    self.report(
                        Diagnostic::error("invalid-reference", "Invalid reference", detail)
                            .at(item.span),
                    );
                }
                Some(target) => addresses.push((target, item.span)),
                None => {
                    let detail = "`depends_on` names resources and modules, such as kubernetes_namespace.app or module.app, and nothing else";
                    self.report(
                        Diagnostic::error("invalid-reference", "Invalid reference", detail)
                            .at(item.span),
                    );
                }
            }
        }
        addresses
    }

    fn lifecycle(&mut self, block: &mut Block) -> Written {
        let mut lifecycles = take_blocks(&mut block.body, "lifecycle").into_iter();
        let Some(mut lifecycle) = lifecycles.next() else {
            return Written::default();
        };
        for second in lifecycles {
            self.duplicate("the `lifecycle` block", second.header, lifecycle.header);
        }
        let prevent_destroy =
            take(&mut lifecycle.body, "prevent_destroy").map(|attribute| attribute.value);
        let ignore_changes = take(&mut lifecycle.body, "ignore_changes")
            .map_or(IgnoreChanges::Nothing, |attribute| {
                self.ignore_changes(&attribute)
            });
        for name in ["create_before_destroy", "replace_triggered_by"] {
            if let Some(attribute) = take(&mut lifecycle.body, name) {
                let detail =
                    format!("`{name}` means nothing here: no object of these types is replaced");
                self.report(
                    Diagnostic::error("unsupported-argument", "Unsupported argument", detail)
                        .at(attribute.name.span),
                );
            }
        }
        let preconditions = self.conditions(&mut lifecycle.body, "precondition");
        let postconditions = self.conditions(&mut lifecycle.body, "postcondition");
        leftover(
            &lifecycle,
            &["prevent_destroy", "ignore_changes"],
            &["precondition", "postcondition"],
            &mut self.evaluator.diagnostics,
        );
        Written {
            prevent_destroy,
            preconditions,
            postconditions,
            ignore_changes,
        }
    }

    fn ignore_changes(&mut self, attribute: &Attribute) -> IgnoreChanges {
        if matches!(&attribute.value.term, Term::Variable(name) if name.as_ref() == "all") {
            return IgnoreChanges::All;
        }
        let Term::List(items) = &attribute.value.term else {
            let detail =
                "`ignore_changes` is `all` or a list of attributes: [ttl, labels[\"team\"]]";
            self.report(
                Diagnostic::error("wrong-type", "Wrong type", detail).at(attribute.value.span),
            );
            return IgnoreChanges::Nothing;
        };
        let mut paths = Vec::new();
        for item in items {
            let path = item.static_path().map(|(root, steps)| {
                let mut members = vec![root.to_string()];
                members.extend(steps.iter().filter_map(|step| match step {
                    PathStep::Attribute(name) => Some(name.to_string()),
                    // `metadata[0].labels`: which of the blocks does not matter to a comparison.
                    PathStep::Index(value) => value.as_text().map(|text| text.to_string()),
                }));
                members
            });
            match path {
                Some(path) => paths.push(path),
                None => {
                    let detail = "`ignore_changes` names attributes, such as ttl or metadata[0].labels, without quotes";
                    self.report(
                        Diagnostic::error("invalid-reference", "Invalid reference", detail)
                            .at(item.span),
                    );
                }
            }
        }
        IgnoreChanges::Paths(paths)
    }
}

/// The provider that an expression names: `kubernetes`, `kubernetes.eu`.
pub(super) fn provider_reference(expression: &Expression) -> Option<ProviderRef> {
    let (provider, steps) = expression.static_path()?;
    let alias = match steps.as_slice() {
        [] => None,
        [PathStep::Attribute(alias)] => Some(alias.to_string()),
        [PathStep::Index(_)] | [_, _, ..] => return None,
    };
    Some(ProviderRef {
        provider: provider.to_string(),
        alias,
    })
}

/// The resource or module that an expression names, or an instance of it.
pub fn target(expression: &Expression) -> Option<Target> {
    let (root, steps) = expression.static_path()?;
    if matches!(
        root.as_ref(),
        "var" | "local" | "secret" | "each" | "count" | "path" | "data"
    ) {
        return None;
    }
    let mut module = ModulePath::ROOT;
    let mut kind = root;
    let mut rest = steps.as_slice();
    loop {
        let [PathStep::Attribute(name), after @ ..] = rest else {
            return None;
        };
        let (instance, after) = match after {
            [PathStep::Index(key), after @ ..] => (Some(instance_key(key)?), after),
            [PathStep::Attribute(_), ..] | [] => (None, after),
        };
        if kind.as_ref() != "module" {
            let address = Address {
                module,
                kind: kind.to_string(),
                name: name.to_string(),
                instance,
            };
            return after.is_empty().then_some(Target::Resource(address));
        }
        module = module.inner(name, instance);
        let [next, after @ ..] = after else {
            return Some(Target::Module(module));
        };
        let PathStep::Attribute(next) = next else {
            return None;
        };
        kind = next.clone();
        rest = after;
    }
}

/// The instance that an index names.
pub(super) fn instance_key(key: &Value) -> Option<InstanceKey> {
    if let Some(text) = key.as_text() {
        return Some(InstanceKey::Name(text.to_string()));
    }
    let number = coerce::number(key)?;
    let index = number::to_integer(&number)?;
    Some(InstanceKey::Index(u64::try_from(index).ok()?))
}
