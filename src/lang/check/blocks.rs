//! Every block of a module, checked: what it needs first, which field each of its arguments is, what is wrong with it.

use super::order::{Needs, Node};
use super::references::{Bound, Walker};
use super::shape::{self, BodyPlan};
use crate::diag::{Diagnostic, Patch, Span, has_errors, suggest};
use crate::lang::module::{Module, Repeat, ResourceBlock, ResourceName, VariableBlock};
use crate::lang::syntax::{Body, Expression};
use crate::model::address::{Address, InstanceKey};
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::schema::Schemas;
use crate::model::secret::SecretName;
use crate::model::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A module whose blocks have been checked.
pub struct Checked<'m> {
    /// What each local, provider and resource needs.
    pub needs: Needs,
    /// Bodies of resources of a known type.
    pub resources: BTreeMap<&'m ResourceName, BodyPlan<'m>>,
    /// Bodies of providers of a known type.
    pub providers: BTreeMap<&'m ProviderRef, BodyPlan<'m>>,
    /// Blocks with a mistake: what refers to them is not blamed for it.
    pub broken: BTreeSet<Node>,
    /// What outputs and checks need.
    pub outputs: BTreeSet<Node>,
}

/// Checks a module.
pub fn check<'m>(
    module: &'m Module,
    schemas: &dyn Schemas,
    diagnostics: &mut Vec<Diagnostic>,
) -> Checked<'m> {
    let mut checker = Checker {
        module,
        schemas,
        diagnostics,
        checked: Checked {
            needs: Needs::new(),
            resources: BTreeMap::new(),
            providers: BTreeMap::new(),
            broken: BTreeSet::new(),
            outputs: BTreeSet::new(),
        },
    };
    checker.locals();
    checker.checks();
    checker.variables();
    checker.providers();
    for (name, resource) in &module.resources {
        checker.resource(name, resource);
    }
    for output in module.outputs.values() {
        let mut needs = checker.walk([&output.value], Bound::Nothing);
        checker.checked.outputs.append(&mut needs);
    }
    checker.checked
}

struct Checker<'c, 'm> {
    module: &'m Module,
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
        let mut walker = Walker::new(self.module, self.schemas, self.diagnostics, bound);
        for expression in expressions {
            walker.walk(expression);
        }
        walker.needs
    }

    fn locals(&mut self) {
        for (name, attribute) in &self.module.locals {
            let needs = self.walk([&attribute.value], Bound::Nothing);
            self.checked.needs.insert(Node::Local(name.clone()), needs);
        }
    }

    /// A validation sees variables only: it is held against them before anything else is evaluated.
    fn variables(&mut self) {
        for variable in self.module.variables.values() {
            self.default_secret(variable);
            for validation in &variable.validations {
                let needs = self.walk([&validation.condition, &validation.message], Bound::Nothing);
                if let Some(need) = needs.first() {
                    let detail = format!("a validation sees variables only, not `{need}`");
                    self.diagnostics.push(
                        Diagnostic::error("invalid-reference", "Invalid reference", detail)
                            .at(validation.condition.span)
                            .within(variable.header),
                    );
                }
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
            let mut walker =
                Walker::new(self.module, self.schemas, self.diagnostics, Bound::Nothing);
            walker.conditions(&check.assertions);
            self.checked.outputs.append(&mut walker.needs);
        }
    }

    fn walk_body(&mut self, body: &Body, bound: Bound) -> BTreeSet<Node> {
        let mut walker = Walker::new(self.module, self.schemas, self.diagnostics, bound);
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
        let (repeat, bound) = match &resource.repeat {
            Repeat::Once => (None, Bound::Nothing),
            Repeat::Count(expression) => (Some(expression), Bound::Count),
            Repeat::ForEach(expression) => (Some(expression), Bound::Each),
        };
        let mut needs = self.walk(repeat, Bound::Nothing);
        needs.append(&mut self.walk_body(&resource.body, bound));
        needs.append(&mut self.walk(resource.prevent_destroy.as_ref(), bound));
        let mut walker = Walker::new(self.module, self.schemas, self.diagnostics, bound);
        walker.conditions(&resource.preconditions);
        walker.postconditions(&resource.postconditions);
        needs.append(&mut walker.needs);
        for (address, span) in &resource.depends_on {
            self.depends_on(address, *span, &mut needs);
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
                needs.insert(Node::Provider(provider));
            }
        }
        let node = Node::Resource(name.clone());
        self.note(before, &node);
        self.checked.needs.insert(node, needs);
    }

    fn depends_on(&mut self, address: &Address, span: Span, needs: &mut BTreeSet<Node>) {
        let name = ResourceName {
            kind: address.kind.as_str().into(),
            name: address.name.as_str().into(),
        };
        let Some(resource) = self.module.resources.get(&name) else {
            let known: Vec<String> = self
                .module
                .resources
                .keys()
                .map(|name| name.address().to_string())
                .collect();
            let wrong = name.address().to_string();
            let detail = format!("there is no resource `{wrong}`");
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
        let fits = match (&address.instance, &resource.repeat) {
            (None, _)
            | (Some(InstanceKey::Index(_)), Repeat::Count(_))
            | (Some(InstanceKey::Name(_)), Repeat::ForEach(_)) => true,
            (Some(InstanceKey::Index(_) | InstanceKey::Name(_)), _) => false,
        };
        if !fits {
            let detail = format!("`{}` has no instances of that form", name.address());
            let diagnostic = Diagnostic::error("invalid-index", "Invalid index", detail).at(span);
            self.diagnostics
                .push(diagnostic.hint("without an index all instances are meant"));
        }
        needs.insert(Node::Resource(name));
    }

    /// The provider block that a resource is under; the mistake where there is none.
    fn provider_of(
        &mut self,
        resource: &ResourceBlock,
        wanted: Option<&'static str>,
    ) -> Option<ProviderRef> {
        let kind = &resource.kind.text;
        let (reference, span) = match (wanted, &resource.provider) {
            (None, None) => return None,
            (None, Some((_, span))) => {
                let detail = format!("`{kind}` is under no provider");
                let diagnostic = Diagnostic::error("invalid-provider", "Invalid provider", detail);
                self.diagnostics
                    .push(diagnostic.at(*span).within(resource.header));
                return None;
            }
            (Some(wanted), None) => {
                let reference = ProviderRef {
                    provider: wanted.to_owned(),
                    alias: None,
                };
                (reference, resource.header)
            }
            (Some(_), Some((reference, span))) => (reference.clone(), *span),
        };
        if let Some(wanted) = wanted
            && reference.provider != wanted
        {
            let detail = format!(
                "`{kind}` is under a provider `{wanted}`, not `{}`",
                reference.provider
            );
            let diagnostic = Diagnostic::error("invalid-provider", "Invalid provider", detail);
            self.diagnostics
                .push(diagnostic.at(span).within(resource.header));
            return None;
        }
        if !self.module.providers.contains_key(&reference) {
            let diagnostic = self.no_provider(&reference, span);
            self.diagnostics.push(diagnostic.within(resource.header));
            return None;
        }
        Some(reference)
    }

    fn no_provider(&self, reference: &ProviderRef, span: Span) -> Diagnostic {
        let known: Vec<String> = self
            .module
            .providers
            .keys()
            .map(ToString::to_string)
            .collect();
        let wrong = reference.to_string();
        let detail = format!("there is no provider block `{wrong}`");
        let diagnostic = Diagnostic::error("no-provider", "No provider block", detail).at(span);
        match suggest::nearest(&wrong, known.iter().map(String::as_str)) {
            Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")),
            None => {
                let alias = reference.alias.as_ref();
                let alias = alias.map_or_else(String::new, |alias| format!("alias = \"{alias}\" "));
                diagnostic.hint(format!(
                    "declare it: provider \"{}\" {{ {alias}}}",
                    reference.provider
                ))
            }
        }
    }
}
