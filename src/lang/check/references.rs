//! Names in expressions against what is declared, and what each expression therefore needs first.

use super::order::Node;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::functions;
use crate::lang::library::Library;
use crate::lang::limits;
use crate::lang::module::{Module, ResourceName};
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
    /// What is declared in the modules that it calls.
    pub library: &'w Library,
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
        library: &'w Library,
        schemas: &'w dyn Schemas,
        diagnostics: &'w mut Vec<Diagnostic>,
        bound: Bound,
    ) -> Self {
        Self {
            module,
            library,
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
            ("module", Some((name, whole))) => self.call(name, whole, steps),
            ("data" | "self" | "terraform", _) => {
                self.undeclared(root, span, &format!("`{root}` is not available"));
            }
            ("each" | "count" | "path" | "var" | "secret" | "local" | "module", None) => {
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
    pub(super) fn near<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
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
            "var" if module.variables.contains_key(name) => {
                self.needs.insert(Node::Variable(name.clone()));
                return;
            }
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
            "var", "local", "each", "count", "secret", "path", "module", "true", "false", "null",
        ];
        let bound = self.names.iter().map(AsRef::as_ref);
        let hint = match suggest::nearest(root, known.into_iter().chain(bound)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a text is written in quotes: \"{root}\""),
        };
        self.undeclared(root, span, &hint);
    }

    pub(super) fn undeclared(&mut self, name: &str, span: Span, hint: &str) {
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
                &format!("it exists only in a resource or module with `{argument}`"),
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

    pub(super) fn not_declared(&mut self, root: &str, name: &str, span: Span, near: Option<&str>) {
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
}
