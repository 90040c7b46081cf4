//! Every block of a module, checked: what it needs first, which field each of its arguments is, what is wrong with it.

use super::order::{Needs, Node};
use super::references::{Bound, Walker};
use super::shape::{self, BodyPlan};
use crate::diag::{Diagnostic, Patch, Span, has_errors, suggest};
use crate::lang::collect::{missing, unsupported_argument};
use crate::lang::library::Library;
use crate::lang::module::{CallBlock, Module, Repeat, ResourceBlock, ResourceName, VariableBlock};
use crate::lang::syntax::{Attribute, Body, Expression};
use crate::model::address::{InstanceKey, Target};
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::schema::Schemas;
use crate::model::secret::SecretName;
use crate::model::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A module whose blocks have been checked.
pub struct Checked<'m> {
    /// What everything that is evaluated needs, as this module names it.
    pub needs: Needs<Node>,
    /// What the arguments of each call need.
    pub arguments: BTreeMap<&'m Arc<str>, BTreeMap<&'m Arc<str>, BTreeSet<Node>>>,
    /// The provider that each resource is under, as this module names it, and where it says so.
    pub wanted: BTreeMap<&'m ResourceName, (ProviderRef, Span)>,
    /// Bodies of resources of a known type.
    pub resources: BTreeMap<&'m ResourceName, BodyPlan<'m>>,
    /// Bodies of providers of a known type.
    pub providers: BTreeMap<&'m ProviderRef, BodyPlan<'m>>,
    /// What imports, checks and postconditions look at, behind everything else.
    pub looked_at: BTreeSet<Node>,
    /// Blocks with a mistake: what refers to them is not blamed for it.
    pub broken: BTreeSet<Node>,
}

/// Checks a module.
pub fn check<'m>(
    module: &'m Module,
    library: &'m Library,
    schemas: &dyn Schemas,
    diagnostics: &mut Vec<Diagnostic>,
) -> Checked<'m> {
    let mut checker = Checker {
        module,
        library,
        schemas,
        diagnostics,
        checked: Checked {
            needs: Needs::new(),
            arguments: BTreeMap::new(),
            wanted: BTreeMap::new(),
            resources: BTreeMap::new(),
            providers: BTreeMap::new(),
            looked_at: BTreeSet::new(),
            broken: BTreeSet::new(),
        },
    };
    checker.locals();
    checker.checks();
    checker.variables();
    checker.providers();
    for (name, resource) in &module.resources {
        checker.resource(name, resource);
    }
    for (name, call) in &module.calls {
        checker.call(name, call);
    }
    for import in &module.imports {
        let (repeat, bound) = repeated(&import.repeat);
        let mut needs = checker.walk(repeat, Bound::Nothing);
        let values = [Some(&import.id), import.index.as_ref()];
        needs.append(&mut checker.walk(values.into_iter().flatten(), bound));
        checker.checked.looked_at.append(&mut needs);
    }
    for (name, output) in &module.outputs {
        let needs = checker.walk([&output.value], Bound::Nothing);
        let node = Node::Output(name.clone());
        checker.checked.needs.insert(node, needs);
    }
    checker.checked
}

struct Checker<'c, 'm> {
    module: &'m Module,
    library: &'m Library,
    schemas: &'c dyn Schemas,
    diagnostics: &'c mut Vec<Diagnostic>,
    checked: Checked<'m>,
}

impl<'m> Checker<'_, 'm> {
    /// What some expressions need.
    fn walk<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expression>,
        bound: Bound,
    ) -> BTreeSet<Node> {
        let mut walker = self.walker(bound);
        for expression in expressions {
            walker.walk(expression);
        }
        walker.needs
    }

    fn walker(&mut self, bound: Bound) -> Walker<'_> {
        Walker::new(
            self.module,
            self.library,
            self.schemas,
            self.diagnostics,
            bound,
        )
    }

    fn locals(&mut self) {
        for (name, attribute) in &self.module.locals {
            let needs = self.walk([&attribute.value], Bound::Nothing);
            self.checked.needs.insert(Node::Local(name.clone()), needs);
        }
    }

    /// A validation sees variables only: it is held against them before anything else is evaluated.
    fn variables(&mut self) {
        for (name, variable) in &self.module.variables {
            self.default_secret(variable);
            let mut given = BTreeSet::from([Node::Given(name.clone())]);
            for validation in &variable.validations {
                let needs = self.walk([&validation.condition, &validation.message], Bound::Nothing);
                let mut others = Vec::new();
                for need in needs {
                    if let Node::Variable(other) = need {
                        given.insert(Node::Given(other));
                    } else {
                        others.push(need);
                    }
                }
                if let Some(need) = others.first() {
                    let detail = format!("a validation sees variables only, not `{need}`");
                    self.diagnostics.push(
                        Diagnostic::error("invalid-reference", "Invalid reference", detail)
                            .at(validation.condition.span)
                            .within(variable.header),
                    );
                }
            }
            let needs = &mut self.checked.needs;
            needs.insert(Node::Given(name.clone()), BTreeSet::new());
            needs.insert(Node::Variable(name.clone()), given);
        }
    }

    fn call(&mut self, name: &'m Arc<str>, call: &'m CallBlock) {
        let (repeat, bound) = repeated(&call.repeat);
        let mut needs = self.walk(repeat, Bound::Nothing);
        for (target, span) in &call.depends_on {
            self.depends_on(target, *span, &mut needs);
        }
        let arguments = call.arguments.iter();
        let arguments = arguments
            .map(|attribute| (&attribute.name.text, self.walk([&attribute.value], bound)))
            .collect();
        self.checked.arguments.insert(name, arguments);
        let done = BTreeSet::from([Node::Call(name.clone())]);
        self.checked.needs.insert(Node::Call(name.clone()), needs);
        self.checked
            .needs
            .insert(Node::CallDone(name.clone()), done);
        let called = call.module.and_then(|index| self.library.get(index));
        if let Some(called) = called.filter(|called| called.is_whole) {
            self.arguments(name, call, called);
        }
    }

    /// The arguments of a call against the variables of its module.
    fn arguments(&mut self, name: &str, call: &CallBlock, called: &Module) {
        let title = format!("module.{name}");
        for attribute in &call.arguments {
            let argument = &attribute.name;
            if !called.variables.contains_key(&argument.text) {
                let known = called.variables.keys().map(AsRef::as_ref);
                let found = unsupported_argument(&title, &argument.text, argument.span, known);
                self.diagnostics.push(found.within(call.header));
            }
        }
        for (variable, block) in &called.variables {
            let is_given = |attribute: &Attribute| attribute.name.text == *variable;
            if block.default.is_none() && !block.broken && !call.arguments.iter().any(is_given) {
                self.diagnostics
                    .push(missing(variable, &title, call.header));
            }
        }
    }

    /// The default of a variable that is a secret names one.
    fn default_secret(&mut self, variable: &VariableBlock) {
        let default = variable.default.as_ref().map(Value::to_expr);
        let known = |name: &&SecretName| self.module.secrets.contains_key(name.0.as_str());
        let secrets = default.iter().flat_map(Expr::secrets);
        for name in secrets.filter(|name| !known(name)) {
            let detail = format!(
                "the default names the secret `{}`, which there is not",
                name.0
            );
            self.diagnostics.push(
                Diagnostic::error("undeclared", "Undeclared name", detail).at(variable.header),
            );
        }
    }

    /// What `check` blocks look at must be kept until they do.
    fn checks(&mut self) {
        for check in self.module.checks.values() {
            let mut walker = self.walker(Bound::Nothing);
            walker.conditions(&check.assertions);
            let mut needs = walker.needs;
            self.checked.looked_at.append(&mut needs);
        }
    }

    fn walk_body(&mut self, body: &Body, bound: Bound) -> BTreeSet<Node> {
        let mut walker = self.walker(bound);
        walker.body(body);
        walker.needs
    }

    fn providers(&mut self) {
        for (reference, provider) in &self.module.providers {
            let before = self.diagnostics.len();
            if let Some(fields) = self.schemas.provider(&reference.provider) {
                let title = &reference.provider;
                let plan = shape::plan(
                    &provider.body,
                    fields,
                    title,
                    provider.header,
                    self.diagnostics,
                );
                self.checked.providers.insert(reference, plan);
            }
            let needs = self.walk_body(&provider.body, Bound::Nothing);
            let node = Node::Provider(reference.clone());
            self.note(before, &node);
            self.checked.needs.insert(node, needs);
        }
    }

    fn note(&mut self, before: usize, node: &Node) {
        if has_errors(self.diagnostics.get(before..).unwrap_or_default()) {
            self.checked.broken.insert(node.clone());
        }
    }

    fn resource(&mut self, name: &'m ResourceName, resource: &'m ResourceBlock) {
        let before = self.diagnostics.len();
        let (repeat, bound) = repeated(&resource.repeat);
        let mut needs = self.walk(repeat, Bound::Nothing);
        needs.append(&mut self.walk_body(&resource.body, bound));
        needs.append(&mut self.walk(resource.prevent_destroy.as_ref(), bound));
        let mut walker = self.walker(bound);
        walker.conditions(&resource.preconditions);
        walker.postconditions(&resource.postconditions);
        needs.append(&mut walker.needs);
        if !resource.postconditions.is_empty() {
            // What looks at itself is looked at.
            let itself = Node::Resource(name.clone());
            self.checked.looked_at.insert(itself);
        }
        for (target, span) in &resource.depends_on {
            self.depends_on(target, *span, &mut needs);
        }
        if let Some(schema) = resource.schema {
            let plan = shape::plan(
                &resource.body,
                schema.fields,
                schema.kind,
                resource.header,
                self.diagnostics,
            );
            self.checked.resources.insert(name, plan);
            if let Some(provider) = self.provider_of(resource, schema.provider) {
                self.checked.wanted.insert(name, provider);
            }
        }
        let node = Node::Resource(name.clone());
        self.note(before, &node);
        self.checked.needs.insert(node, needs);
    }

    fn depends_on(&mut self, target: &Target, span: Span, needs: &mut BTreeSet<Node>) {
        let module = self.module;
        let (title, what, instance, node, repeat) = match target {
            Target::Resource(address) => {
                let name = ResourceName {
                    kind: address.kind.as_str().into(),
                    name: address.name.as_str().into(),
                };
                let repeat = module.resources.get(&name).map(|block| &block.repeat);
                let title = name.address().to_string();
                let node = Node::Resource(name);
                (title, "resource", &address.instance, node, repeat)
            }
            Target::Module(path) => {
                let [step] = path.0.as_slice() else {
                    let detail = "`depends_on` sees no modules inside of a module";
                    let found = Diagnostic::error("invalid-reference", "Invalid reference", detail);
                    return self.diagnostics.push(found.at(span));
                };
                let repeat = module
                    .calls
                    .get(step.name.as_str())
                    .map(|call| &call.repeat);
                let title = format!("module.{}", step.name);
                let node = Node::CallDone(step.name.as_str().into());
                (title, "module", &step.instance, node, repeat)
            }
        };
        let Some(repeat) = repeat else {
            let resources = module
                .resources
                .keys()
                .map(|name| name.address().to_string());
            let calls = module.calls.keys().map(|name| format!("module.{name}"));
            let known: Vec<String> = resources.chain(calls).collect();
            let wrong = title;
            let detail = format!("there is no {what} `{wrong}`");
            let diagnostic = Diagnostic::error("undeclared", "Undeclared name", detail).at(span);
            self.diagnostics.push(
                match suggest::nearest(&wrong, known.iter().map(String::as_str)) {
                    Some(meant) => {
                        let patch = Patch {
                            span,
                            text: meant.to_owned(),
                        };
                        diagnostic.fix(format!("did you mean `{meant}`?"), patch)
                    }
                    None => diagnostic,
                },
            );
            return;
        };
        let fits = match (instance, repeat) {
            (None, _)
            | (Some(InstanceKey::Index(_)), Repeat::Count(_))
            | (Some(InstanceKey::Name(_)), Repeat::ForEach(_)) => true,
            (Some(InstanceKey::Index(_) | InstanceKey::Name(_)), _) => false,
        };
        if !fits {
            let detail = format!("`{title}` has no instances of that form");
            let diagnostic = Diagnostic::error("invalid-index", "Invalid index", detail).at(span);
            self.diagnostics
                .push(diagnostic.hint("without an index all instances are meant"));
        }
        needs.insert(node);
    }

    /// The provider that a resource is under, by the name it has in this module; the mistake of one of another type.
    fn provider_of(
        &mut self,
        resource: &ResourceBlock,
        wanted: Option<&'static str>,
    ) -> Option<(ProviderRef, Span)> {
        let kind = &resource.kind.text;
        let wrong = |detail: String, span: Span| {
            let diagnostic = Diagnostic::error("invalid-provider", "Invalid provider", detail);
            diagnostic.at(span).within(resource.header)
        };
        match (wanted, &resource.provider) {
            (None, None) => None,
            (None, Some((_, span))) => {
                let detail = format!("`{kind}` is under no provider");
                self.diagnostics.push(wrong(detail, *span));
                None
            }
            (Some(wanted), None) => {
                let reference = ProviderRef {
                    provider: wanted.to_owned(),
                    alias: None,
                };
                Some((reference, resource.header))
            }
            (Some(wanted), Some((reference, span))) if reference.provider != wanted => {
                let detail = format!(
                    "`{kind}` is under a provider `{wanted}`, not `{}`",
                    reference.provider
                );
                self.diagnostics.push(wrong(detail, *span));
                None
            }
            (Some(_), Some((reference, span))) => Some((reference.clone(), *span)),
        }
    }
}

/// What says how often something is declared, and which names exist inside because of it.
fn repeated(repeat: &Repeat) -> (Option<&Expression>, Bound) {
    match repeat {
        Repeat::Once => (None, Bound::Nothing),
        Repeat::Count(expression) => (Some(expression), Bound::Count),
        Repeat::ForEach(expression) => (Some(expression), Bound::Each),
    }
}
