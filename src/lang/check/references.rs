//! Names in expressions against what is declared, and what each expression therefore needs first.

use super::attributes::attribute;
use super::order::Node;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::functions;
use crate::lang::limits;
use crate::lang::module::{Module, Repeat, ResourceBlock, ResourceName};
use crate::lang::syntax::{Expression, For, Part, Spread, Step, StepKind, Term};
use crate::model::schema::Schemas;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which names exist beside those of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// None.
    Nothing,
    /// `each`.
    Each,
    /// `count`.
    Count,
}

/// Walks expressions.
pub struct Walker<'w> {
    /// What is declared.
    pub module: &'w Module,
    /// Resource types.
    pub schemas: &'w dyn Schemas,
    /// Mistakes.
    pub diagnostics: &'w mut Vec<Diagnostic>,
    /// What the expressions so far need.
    pub needs: BTreeSet<Node>,
    bound: Bound,
    names: Vec<Arc<str>>,
}

impl<'w> Walker<'w> {
    /// A walker where these names exist.
    pub fn new(
        module: &'w Module,
        schemas: &'w dyn Schemas,
        diagnostics: &'w mut Vec<Diagnostic>,
        bound: Bound,
    ) -> Self {
        Self {
            module,
            schemas,
            diagnostics,
            needs: BTreeSet::new(),
            bound,
            names: Vec::new(),
        }
    }

    /// One expression.
    pub fn walk(&mut self, expression: &Expression) {
        match &expression.term {
            Term::Literal(_) => {}
            Term::Variable(name) => self.root(name, expression.span, &[]),
            Term::Traversal(traversal) => {
                match &traversal.root.term {
                    Term::Variable(name) => self.root(name, traversal.root.span, &traversal.steps),
                    Term::Literal(_)
                    | Term::Template(_)
                    | Term::List(_)
                    | Term::Object(_)
                    | Term::Traversal(_)
                    | Term::Conditional(_)
                    | Term::Call(_)
                    | Term::Unary(..)
                    | Term::Binary(_)
                    | Term::For(_) => self.walk(&traversal.root),
                }
                for step in &traversal.steps {
                    if let StepKind::Index(index) = &step.kind {
                        self.walk(index);
                    }
                }
            }
            Term::Template(parts) => self.parts(parts),
            Term::List(items) => items.iter().for_each(|item| self.walk(item)),
            Term::Object(members) => members.iter().for_each(|(key, value)| {
                self.walk(key);
                self.walk(value);
            }),
            Term::Conditional(conditional) => {
                self.walk(&conditional.condition);
                self.walk(&conditional.then);
                self.walk(&conditional.otherwise);
            }
            Term::Call(call) => {
                match functions::find(&call.name.text) {
                    None => self.diagnostics.push(functions::unknown(&call.name)),
                    Some(function) if call.spread == Spread::None => {
                        if let Err(message) = function.accepts(call.arguments.len()) {
                            let diagnostic = Diagnostic::error(
                                "wrong-arguments",
                                "Wrong number of arguments",
                                message,
                            );
                            self.diagnostics.push(diagnostic.at(expression.span));
                        }
                    }
                    Some(_) => {}
                }
                call.arguments
                    .iter()
                    .for_each(|argument| self.walk(argument));
            }
            Term::Unary(_, inner) => self.walk(inner),
            Term::Binary(binary) => {
                self.walk(&binary.left);
                self.walk(&binary.right);
            }
            Term::For(loop_) => self.for_expression(loop_),
        }
    }

    fn for_expression(&mut self, loop_: &For) {
        self.walk(&loop_.collection);
        let names = [Some(&loop_.value_name), loop_.key_name.as_ref()];
        self.with_names(names, |walker| {
            for expression in [
                loop_.key.as_ref(),
                Some(&loop_.value),
                loop_.condition.as_ref(),
            ]
            .into_iter()
            .flatten()
            {
                walker.walk(expression);
            }
        });
    }

    pub(super) fn with_names(
        &mut self,
        names: [Option<&Arc<str>>; 2],
        inside: impl FnOnce(&mut Self),
    ) {
        let before = self.names.len();
        self.names.extend(names.into_iter().flatten().cloned());
        inside(self);
        self.names.truncate(before);
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Value(expression) => self.walk(expression),
                Part::If(part) => {
                    self.walk(&part.condition);
                    self.parts(&part.then);
                    self.parts(&part.otherwise);
                }
                Part::For(part) => {
                    self.walk(&part.collection);
                    let names = [Some(&part.value_name), part.key_name.as_ref()];
                    self.with_names(names, |walker| walker.parts(&part.body));
                }
            }
        }
    }

    fn root(&mut self, root: &Arc<str>, span: Span, steps: &[Step]) {
        if self.names.iter().any(|name| name == root) {
            return;
        }
        let first = steps.first().and_then(|step| match &step.kind {
            StepKind::Attribute(name) => Some((
                name,
                Span {
                    end: step.span.end,
                    ..span
                },
            )),
            StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat => None,
        });
        match (root.as_ref(), first) {
            ("each", Some((name, whole))) => {
                self.bound_name(Bound::Each, "for_each", &["key", "value"], (name, whole))
            }
            ("count", Some((name, whole))) => {
                self.bound_name(Bound::Count, "count", &["index"], (name, whole))
            }
            ("path" | "var" | "secret" | "local", Some((name, whole))) => {
                self.declared(root, name, whole);
            }
            ("data" | "module" | "self" | "terraform", _) => {
                self.undeclared(root, span, &format!("`{root}` is not available"));
            }
            ("each" | "count" | "path" | "var" | "secret" | "local", None) => {
                self.undeclared(root, span, &format!("it is written {root}.NAME"));
            }
            (_, Some((name, whole))) => {
                let name = ResourceName {
                    kind: root.clone(),
                    name: name.clone(),
                };
                self.resource(name, span, whole, steps);
            }
            (_, None) => self.lone_word(root, span),
        }
    }

    /// The nearest of many names, while mistakes are few.
    fn near<'n>(&self, name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
        if self.diagnostics.len() > limits::SUGGESTIONS {
            return None;
        }
        suggest::nearest(name, known)
    }

    fn declared(&mut self, root: &str, name: &Arc<str>, whole: Span) {
        let module = self.module;
        let near = match root {
            "path" if matches!(name.as_ref(), "module" | "root" | "cwd") => return,
            "path" => {
                let hint = "there are path.module and path.root";
                return self.undeclared(&format!("path.{name}"), whole, hint);
            }
            "var" if module.variables.contains_key(name) => return,
            "var" => self.near(name, module.variables.keys().map(AsRef::as_ref)),
            "secret" if module.secrets.contains_key(name) => return,
            "secret" => self.near(name, module.secrets.keys().map(AsRef::as_ref)),
            _ => {
                self.needs.insert(Node::Local(name.clone()));
                if module.locals.contains_key(name) {
                    return;
                }
                self.near(name, module.locals.keys().map(AsRef::as_ref))
            }
        };
        self.not_declared(root, name, whole, near);
    }

    /// A word that stands alone is no reference; most often it should have been a text.
    fn lone_word(&mut self, root: &Arc<str>, span: Span) {
        let known = [
            "var", "local", "each", "count", "secret", "path", "true", "false", "null",
        ];
        let bound = self.names.iter().map(AsRef::as_ref);
        let hint = match suggest::nearest(root, known.into_iter().chain(bound)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a text is written in quotes: \"{root}\""),
        };
        self.undeclared(root, span, &hint);
    }

    fn undeclared(&mut self, name: &str, span: Span, hint: &str) {
        let detail = format!("`{name}` is not declared here");
        self.diagnostics.push(
            Diagnostic::error("undeclared", "Undeclared name", detail)
                .at(span)
                .hint(hint),
        );
    }

    fn bound_name(
        &mut self,
        wanted: Bound,
        argument: &str,
        names: &[&str],
        (name, span): (&str, Span),
    ) {
        let root = if wanted == Bound::Each {
            "each"
        } else {
            "count"
        };
        if self.bound != wanted {
            self.undeclared(
                &format!("{root}.{name}"),
                span,
                &format!("it exists only in a resource with `{argument}`"),
            );
        } else if !names.contains(&name) {
            let there = names
                .iter()
                .map(|name| format!("{root}.{name}"))
                .collect::<Vec<_>>()
                .join(" and ");
            self.undeclared(
                &format!("{root}.{name}"),
                span,
                &format!("there is {there}"),
            );
        }
    }

    fn not_declared(&mut self, root: &str, name: &str, span: Span, near: Option<&str>) {
        let block = if root == "var" { "variable" } else { root };
        let detail = format!("there is no {block} `{name}`");
        let diagnostic = Diagnostic::error("undeclared", "Undeclared name", detail).at(span);
        self.diagnostics.push(match near {
            Some(meant) => {
                let text = format!("{root}.{meant}");
                diagnostic.fix(format!("did you mean `{text}`?"), Patch { span, text })
            }
            None if block == "local" => {
                diagnostic.hint(format!("declare it: locals {{ {name} = ... }}"))
            }
            None => diagnostic.hint(format!("declare it: {block} \"{name}\" {{ }}")),
        });
    }

    fn resource(&mut self, name: ResourceName, root: Span, whole: Span, steps: &[Step]) {
        let Some(resource) = self.module.resources.get(&name) else {
            self.no_resource(&name, root, whole);
            return;
        };
        self.needs.insert(Node::Resource(name.clone()));
        let Some(schema) = resource.schema else {
            return;
        };
        let Some(rest) = self.instance(&name, resource, whole, steps.get(1..).unwrap_or_default())
        else {
            return;
        };
        if let Some(diagnostic) = attribute(schema.fields, schema.kind, rest) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn no_resource(&mut self, name: &ResourceName, root: Span, whole: Span) {
        let same_kind = self
            .module
            .resources
            .keys()
            .filter(|other| other.kind == name.kind)
            .map(|other| other.name.as_ref());
        if let Some(near) = suggest::nearest(&name.name, same_kind) {
            let detail = format!("there is no resource `{}.{}`", name.kind, name.name);
            let text = format!("{}.{near}", name.kind);
            let diagnostic = Diagnostic::error("undeclared", "Undeclared name", detail).at(whole);
            self.diagnostics.push(diagnostic.fix(
                format!("did you mean `{text}`?"),
                Patch { span: whole, text },
            ));
            return;
        }
        if self.schemas.schema(&name.kind).is_some() {
            let detail = format!("there is no resource `{}.{}`", name.kind, name.name);
            let hint = format!(
                "declare it: resource \"{}\" \"{}\" {{ }}",
                name.kind, name.name
            );
            self.diagnostics.push(
                Diagnostic::error("undeclared", "Undeclared name", detail)
                    .at(whole)
                    .hint(hint),
            );
            return;
        }
        let known = self
            .schemas
            .kinds()
            .into_iter()
            .chain(["var", "local", "each", "secret", "path", "count"]);
        match suggest::nearest(&name.kind, known) {
            Some(near) => {
                let detail = format!("`{}` is neither a resource type nor a name", name.kind);
                let diagnostic =
                    Diagnostic::error("undeclared", "Undeclared name", detail).at(root);
                let patch = Patch {
                    span: root,
                    text: near.to_owned(),
                };
                self.diagnostics
                    .push(diagnostic.fix(format!("did you mean `{near}`?"), patch));
            }
            None => self.undeclared(
                &name.kind,
                root,
                "references are var.x, local.x, secret.x, each.key or TYPE.NAME.ATTRIBUTE",
            ),
        }
    }

    /// The steps behind the one that names an instance; `None`: nothing more to check.
    fn instance<'s>(
        &mut self,
        name: &ResourceName,
        resource: &ResourceBlock,
        whole: Span,
        steps: &'s [Step],
    ) -> Option<&'s [Step]> {
        let address = name.address();
        let first = steps.first()?;
        let (argument, example) = match (&resource.repeat, &first.kind) {
            (Repeat::Once, StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat) => {
                let splat = !matches!(first.kind, StepKind::Index(_));
                if !splat {
                    let detail = format!(
                        "`{address}` has neither `count` nor `for_each`, so it has no instances"
                    );
                    let diagnostic =
                        Diagnostic::error("invalid-index", "Invalid index", detail).at(first.span);
                    self.diagnostics.push(diagnostic);
                }
                return splat.then(|| steps.get(1..).unwrap_or_default());
            }
            (Repeat::Once, StepKind::Attribute(_)) => return Some(steps),
            (
                Repeat::Count(_),
                StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat,
            )
            | (Repeat::ForEach(_), StepKind::Index(_)) => {
                return Some(steps.get(1..).unwrap_or_default());
            }
            (Repeat::ForEach(_), StepKind::AttributeSplat | StepKind::FullSplat) => {
                let detail = format!(
                    "`{address}` is a map of its instances, of which a splat makes nothing useful"
                );
                let diagnostic =
                    Diagnostic::error("invalid-reference", "Invalid reference", detail)
                        .at(first.span);
                self.diagnostics.push(
                    diagnostic.hint(format!("of each instance: values({address})[*].ATTRIBUTE")),
                );
                return None;
            }
            (Repeat::Count(_), StepKind::Attribute(_)) => ("count", format!("{address}[0]")),
            (Repeat::ForEach(_), StepKind::Attribute(_)) => {
                ("for_each", format!("{address}[\"KEY\"]"))
            }
        };
        let detail = format!("`{address}` has `{argument}`, so an instance must be named");
        let diagnostic =
            Diagnostic::error("invalid-reference", "Invalid reference", detail).at(whole);
        self.diagnostics
            .push(diagnostic.hint(format!("such as {example}")));
        None
    }
}
