//! From checked blocks to the evaluated configuration: everything in the order in which it needs each other, across
//! modules, and in each instance of its module. What fails stays failed: who refers to it is not blamed as well.

mod calls;
mod conditions;
mod decode;
mod instances;
mod recovery;
mod refactoring;
mod resource;
mod stored;
mod variables;

use self::decode::Seen;
use super::check::order::{self, Node};
use super::check::tree::{Place, Tree, UnitIndex};
use super::check::{Checked, Findings};
use super::evaluate::globals::{Slot, Traced};
use super::evaluate::scope::Scope;
use super::evaluate::{Evaluator, Failed, first_unknown, unknown_name};
use super::given::Given;
use super::library::ModuleIndex;
use super::load::Inputs;
use super::module::{Module, OutputBlock, ProviderBlock, ResourceName, Role};
use crate::diag::Diagnostic;
use crate::model::address::Address;
use crate::model::identity::ProviderRef;
use crate::model::resource::{Configuration, Output, Provider, Resource, Settings};
use crate::model::secret::SecretName;
use crate::model::value::{Members, Value};
use calls::ModuleInstance;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stored::stored;

/// Evaluates a configuration.
pub struct Builder<'b, 'm, 'e> {
    /// Evaluates expressions and keeps the mistakes.
    evaluator: &'b mut Evaluator<'e>,
    /// What the caller gave.
    inputs: &'b Inputs<'e>,
    /// Where modules are called.
    tree: &'b Tree<'m>,
    /// What was found out about each module.
    findings: &'b Findings<'m>,
    /// Resources of each module that something refers to: only of these a value is kept.
    referred: BTreeMap<ModuleIndex, BTreeSet<ResourceName>>,
    /// Instances of modules; the first is the root's.
    instances: Vec<ModuleInstance>,
    /// The instances of each place in the tree.
    by_unit: Vec<Vec<usize>>,
    /// Where evaluation is: the place, what is declared there, what was found out about it.
    unit: UnitIndex,
    instance: usize,
    module: &'m Module,
    checked: &'b Checked<'m>,
    /// What was given from outside.
    given: BTreeMap<Arc<str>, Given>,
    /// Every secret by name: what a value that is given may refer to.
    secrets: Value,
    configuration: Configuration,
    damaged: Vec<Resource>,
    /// Resources whose instances are all made, whether they are well or not.
    made: BTreeSet<Address>,
}

/// Evaluates everything: the configuration, and the resources of which not all arguments could be had.
pub fn build<'m, 'e>(
    evaluator: &mut Evaluator<'e>,
    inputs: &Inputs<'e>,
    tree: &Tree<'m>,
    findings: &Findings<'m>,
) -> (Configuration, Vec<Resource>) {
    let root = tree.module(0);
    let checked = findings.modules.get(&ModuleIndex::ROOT);
    let (Some(module), Some(checked)) = (root, checked) else {
        return (Configuration::default(), Vec::new());
    };
    let builder = Builder {
        evaluator,
        inputs,
        tree,
        findings,
        referred: referred(findings),
        instances: Vec::new(),
        by_unit: vec![Vec::new(); tree.units.len()],
        unit: 0,
        instance: 0,
        module,
        checked,
        given: BTreeMap::new(),
        secrets: Value::object(Members::new()),
        configuration: Configuration::default(),
        damaged: Vec::new(),
        made: BTreeSet::new(),
    };
    builder.build()
}

fn referred(findings: &Findings<'_>) -> BTreeMap<ModuleIndex, BTreeSet<ResourceName>> {
    let of = |checked: &Checked<'_>| {
        let arguments = checked.arguments.values().flat_map(BTreeMap::values);
        let needs = checked.needs.values().chain(arguments).flatten();
        let needs = needs.chain(&checked.looked_at);
        let resources = needs.filter_map(|node| match node {
            Node::Resource(name) => Some(name.clone()),
            Node::Given(_)
            | Node::Variable(_)
            | Node::Local(_)
            | Node::Provider(_)
            | Node::Call(_)
            | Node::Output(_)
            | Node::CallOutput(..)
            | Node::CallOutputs(_)
            | Node::CallDone(_) => None,
        });
        resources.collect()
    };
    let modules = findings.modules.iter();
    modules
        .map(|(index, checked)| (*index, of(checked)))
        .collect()
}

/// The circles that are told. What depends on a module depends on everything in it: of all these ways the shortest.
fn told_once(mut circles: Vec<Vec<Place>>) -> Vec<Vec<Place>> {
    circles.sort_by_key(Vec::len);
    let mut modules: BTreeSet<Place> = BTreeSet::new();
    circles.retain(|circle| {
        let mut done = circle.iter();
        let done = done.find(|place| matches!(place.node, Node::CallDone(_)));
        done.is_none_or(|done| modules.insert(done.clone()))
    });
    circles
}

impl<'b, 'm, 'e> Builder<'b, 'm, 'e> {
    fn build(mut self) -> (Configuration, Vec<Resource>) {
        self.settings();
        self.secrets();
        let ignores = self.module.ignores.values();
        self.configuration.ignores = ignores.filter_map(|block| block.rule.clone()).collect();
        self.root();
        self.gather();
        let order = order::sort(&self.findings.needs);
        for circle in told_once(order.circles) {
            let span = circle.first().and_then(|place| self.tree.span(place));
            let names = circle.iter().map(|place| self.tree.title(place)).collect();
            self.report(order::circle(names, span));
        }
        for place in &order.nodes {
            let instances = self.by_unit.get(place.unit).cloned().unwrap_or_default();
            for instance in instances {
                if self.evaluator.exhausted() {
                    break;
                }
                self.enter(place.unit, instance);
                self.node(&place.node);
                self.leave();
            }
        }
        for unit in 0..self.by_unit.len() {
            for instance in self.by_unit.get(unit).cloned().unwrap_or_default() {
                self.enter(unit, instance);
                self.refactoring();
                self.checks();
                self.leave();
            }
        }
        self.recoveries();
        self.journal_is_first();
        self.configuration
            .resources
            .sort_by(|left, right| left.address.cmp(&right.address));
        (self.configuration, self.damaged)
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Given(name) => self.given_variable(name),
            Node::Variable(name) => self.variable(name),
            Node::Local(name) => self.local(name),
            Node::Provider(reference) => self.provider(reference),
            Node::Call(name) => self.call(name),
            Node::Resource(name) => self.resource(name),
            Node::Output(name) => self.output(name),
            // Places to wait for, with nothing of their own.
            Node::CallDone(_) | Node::CallOutput(..) | Node::CallOutputs(_) => {}
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.evaluator.diagnostics.push(diagnostic);
    }

    fn settings(&mut self) {
        match &self.module.settings {
            Some(settings) => {
                self.configuration.settings = Settings {
                    stack: settings.stack.clone().unwrap_or_default(),
                    journal: settings.journal.clone().map(|journal| journal.place),
                    allowed_lints: settings.allowed_lints.clone(),
                };
            }
            // Whoever calls it names the stack.
            None if self.module.role == Role::Alone => {}
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
            if let Some(source) = &secret.source {
                self.configuration
                    .secrets
                    .insert(SecretName(name.to_string()), source.clone());
            }
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
            .insert(name.clone(), Traced { slot, references });
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
        let mut body = decode::body(self.evaluator, plan, &Scope::CONFIGURATION, Seen::ByNobody);
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
            spans: std::mem::take(&mut body.spans),
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

    fn output(&mut self, name: &Arc<str>) {
        let Some(output) = self.module.outputs.get(name) else {
            return;
        };
        self.evaluator.references.clear();
        let value = self.evaluator.whole(&output.value, &Scope::CONFIGURATION);
        if !self.is_root() {
            return self.hand_out(name, output, value);
        }
        let Ok(value) = value else { return };
        if let Some(diagnostic) = refused_output(&value, output) {
            return self.report(diagnostic.at(output.value.span).within(output.header));
        }
        if stored(self.evaluator, &value, output.value.span).is_err() {
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
