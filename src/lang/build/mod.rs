//! From checked blocks to the evaluated configuration: variables, then locals, providers and resources in the order in
//! which they need each other, then outputs. What fails stays failed: who refers to it is not blamed as well.

mod conditions;
mod decode;
mod resource;
mod variables;

use self::decode::Seen;
use super::check::Checked;
use super::check::order::{self, Node};
use super::evaluate::globals::{Local, Repetition, ResourceSlot, Slot};
use super::evaluate::scope::Scope;
use super::evaluate::{Evaluator, Failed, first_unknown, unknown_name};
use super::load::Inputs;
use super::module::{Module, OutputBlock, ProviderBlock, Repeat, ResourceName};
use crate::diag::{Diagnostic, Span};
use crate::model::identity::ProviderRef;
use crate::model::resource::{Configuration, Output, Provider, Resource, Settings};
use crate::model::secret::SecretName;
use crate::model::value::{Members, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Evaluates a module.
pub struct Builder<'b, 'm, 'e> {
    /// Evaluates expressions and keeps the mistakes.
    pub evaluator: &'b mut Evaluator<'e>,
    /// What is declared.
    pub module: &'m Module,
    /// What was found out about it.
    pub checked: &'b Checked<'m>,
    /// What the caller gave.
    pub inputs: &'b Inputs<'e>,
    /// Resources that something refers to: only of these a value is kept.
    referred: BTreeSet<ResourceName>,
    /// Every secret by name: what a value that is given may refer to.
    secrets: Value,
    configuration: Configuration,
    damaged: Vec<Resource>,
}

impl<'b, 'm, 'e> Builder<'b, 'm, 'e> {
    /// With nothing evaluated.
    pub fn new(
        evaluator: &'b mut Evaluator<'e>,
        module: &'m Module,
        checked: &'b Checked<'m>,
        inputs: &'b Inputs<'e>,
    ) -> Self {
        let referred = checked.needs.values().chain([&checked.outputs]).flatten();
        let referred = referred.filter_map(|node| match node {
            Node::Resource(name) => Some(name.clone()),
            Node::Local(_) | Node::Provider(_) => None,
        });
        let mut referred: BTreeSet<ResourceName> = referred.collect();
        // What looks at itself is looked at.
        let postconditions = module.resources.iter();
        let postconditions =
            postconditions.filter(|(_, resource)| !resource.postconditions.is_empty());
        referred.extend(postconditions.map(|(name, _)| name.clone()));
        Self {
            evaluator,
            module,
            checked,
            inputs,
            referred,
            secrets: Value::object(Members::new()),
            configuration: Configuration::default(),
            damaged: Vec::new(),
        }
    }

    /// Evaluates everything: the configuration, and the resources of which not all arguments could be had.
    pub fn build(mut self) -> (Configuration, Vec<Resource>) {
        self.settings();
        self.secrets();
        let ignores = self.module.ignores.values();
        self.configuration.ignores = ignores.filter_map(|block| block.rule.clone()).collect();
        self.declare();
        self.variables();
        let order = order::sort(&self.checked.needs);
        for circle in &order.circles {
            let span = circle.first().and_then(|node| self.span_of(node));
            self.report(order::circle(circle, span));
        }
        for node in &order.nodes {
            if self.evaluator.exhausted() {
                break;
            }
            match node {
                Node::Local(name) => self.local(name),
                Node::Provider(reference) => self.provider(reference),
                Node::Resource(name) => self.resource(name),
            }
        }
        let module = self.module;
        for (name, output) in &module.outputs {
            self.output(name, output);
        }
        self.checks();
        self.configuration
            .resources
            .sort_by(|left, right| left.address.cmp(&right.address));
        (self.configuration, self.damaged)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.evaluator.diagnostics.push(diagnostic);
    }

    fn span_of(&self, node: &Node) -> Option<Span> {
        match node {
            Node::Local(name) => self.module.locals.get(name).map(|local| local.name.span),
            Node::Provider(reference) => self
                .module
                .providers
                .get(reference)
                .map(|block| block.header),
            Node::Resource(name) => self.module.resources.get(name).map(|block| block.header),
        }
    }

    fn settings(&mut self) {
        match &self.module.settings {
            Some(settings) => {
                self.configuration.settings = Settings {
                    stack: settings.stack.clone().unwrap_or_default(),
                    journal_path: settings.journal_path.clone(),
                    allowed_lints: settings.allowed_lints.clone(),
                };
            }
            None => {
                let detail = "the configuration has no `sk_dr` block, which names its stack";
                let hint = "declare it: sk_dr { stack = \"acme-prod\" }";
                self.report(Diagnostic::error("missing-block", "Missing block", detail).hint(hint));
            }
        }
    }

    fn secrets(&mut self) {
        let module = self.module;
        let reference = |name: &Arc<str>| {
            let secret = SecretName(name.to_string());
            (name.clone(), Value::secret(secret))
        };
        self.secrets = Value::object(module.secrets.keys().map(reference).collect());
        for (name, secret) in &module.secrets {
            self.evaluator.globals.secrets.insert(name.clone());
            if let Some(source) = &secret.source {
                self.configuration
                    .secrets
                    .insert(SecretName(name.to_string()), source.clone());
            }
        }
    }

    /// Gives everything its place; what is never reached, since it is in a circle, has failed.
    fn declare(&mut self) {
        let nothing = Arc::new(BTreeSet::new());
        let globals = &mut self.evaluator.globals;
        for name in self.module.locals.keys() {
            let local = Local {
                slot: Slot::Failed,
                references: nothing.clone(),
            };
            globals.locals.insert(name.clone(), local);
        }
        for (name, resource) in &self.module.resources {
            let repetition = match resource.repeat {
                Repeat::Once => Repetition::Single,
                Repeat::Count(_) => Repetition::Count,
                Repeat::ForEach(_) => Repetition::ForEach,
            };
            let slot = ResourceSlot {
                slot: Slot::Failed,
                repetition,
            };
            let names = globals.resources.entry(name.kind.clone()).or_default();
            names.insert(name.name.clone(), slot);
        }
    }

    fn local(&mut self, name: &Arc<str>) {
        let Some(attribute) = self.module.locals.get(name) else {
            return;
        };
        self.evaluator.references.clear();
        let value = self
            .evaluator
            .whole(&attribute.value, &Scope::CONFIGURATION);
        let slot = match value {
            Ok(value) => Slot::Ready(value),
            Err(Failed) => Slot::Failed,
        };
        let references = Arc::new(std::mem::take(&mut self.evaluator.references));
        self.evaluator
            .globals
            .locals
            .insert(name.clone(), Local { slot, references });
    }

    fn provider(&mut self, reference: &ProviderRef) {
        let (Some(block), Some(plan)) = (
            self.module.providers.get(reference),
            self.checked.providers.get(reference),
        ) else {
            return;
        };
        self.evaluator.references.clear();
        let before = self.evaluator.diagnostics.len();
        let body = decode::body(self.evaluator, plan, &Scope::CONFIGURATION, Seen::ByNobody);
        let references = std::mem::take(&mut self.evaluator.references);
        for path in &body.sensitive {
            let attribute = path.join(".");
            let span = body.spans.get(&attribute).copied().unwrap_or(block.header);
            let detail = format!(
                "`{attribute}` is made of a sensitive value, which would be stored in the plan"
            );
            self.report(
                Diagnostic::error("sensitive-value", "Sensitive value in a provider", detail)
                    .at(span)
                    .hint(
                        "use a `secret` block: it is read at the moment of use and stored nowhere",
                    ),
            );
        }
        self.dress(before, block, reference);
        let provider = Provider {
            arguments: body.into_expr(),
            references,
            span: block.header,
        };
        self.configuration
            .providers
            .insert(reference.clone(), provider);
    }

    fn dress(&mut self, before: usize, block: &ProviderBlock, reference: &ProviderRef) {
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(block.header);
            diagnostic
                .address
                .get_or_insert_with(|| format!("provider.{reference}"));
        }
    }

    fn output(&mut self, name: &Arc<str>, output: &OutputBlock) {
        let Ok(value) = self.evaluator.whole(&output.value, &Scope::CONFIGURATION) else {
            return;
        };
        if let Some(diagnostic) = refused_output(&value, output) {
            return self.report(diagnostic.at(output.value.span).within(output.header));
        }
        // A shared value becomes a tree of its own in the plan.
        let weight = value.shape().weight;
        if self.evaluator.charge(weight, output.value.span).is_err() {
            return;
        }
        let output = Output {
            value: value.to_expr(),
            sensitive: output.sensitive,
            description: output.description.clone(),
        };
        self.configuration.outputs.insert(name.to_string(), output);
    }
}

/// Outputs are shown and stored: a secret may not be one, and a sensitive value says that it is (R32).
fn refused_output(value: &Value, output: &OutputBlock) -> Option<Diagnostic> {
    let shape = value.shape();
    if shape.secret {
        let name = first_unknown(value).map(|unknown| unknown_name(&unknown.expression));
        let detail = format!(
            "an output is shown and stored, and {} is a secret",
            name.unwrap_or_default()
        );
        let diagnostic = Diagnostic::error("secret-used", "Secret used as a value", detail);
        return Some(diagnostic.hint("leave it out: whoever needs it reads it where it is kept"));
    }
    if shape.sensitive && !output.sensitive {
        let detail = "this value is made of a sensitive one, and the output does not say so";
        let diagnostic =
            Diagnostic::error("sensitive-value", "Sensitive value in an output", detail);
        return Some(
            diagnostic.hint("add `sensitive = true`, or take the mark away with `nonsensitive`"),
        );
    }
    None
}
