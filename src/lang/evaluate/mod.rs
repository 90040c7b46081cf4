//! Evaluation of expressions: a tree, names and a budget in; a value out, or mistakes noted.
//! Must not know blocks, schemas or in which order things are evaluated.

pub mod budget;
mod calls;
pub mod globals;
mod loops;
mod operators;
pub mod scope;
mod template;
mod traversal;

pub use traversal::instance_of;

use super::functions::{self, FunctionError, Implementation, Special};
use super::limits;
use super::sources::Sources;
use super::syntax::{Call, Conditional, Expression, Spread, Term};
use crate::diag::{Diagnostic, SourceMap, Span};
use crate::lang::coerce;
use crate::model::address::Address;
use crate::model::expression::{Expr, HoleSource};
use crate::model::value::{Data, Members, Unknown, Value};
use budget::{Budget, Exhausted};
use globals::Globals;
use scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// There is no value; why is noted in the evaluator's diagnostics, here or where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// Result of an evaluation.
pub type Evaluated = Result<Value, Failed>;

/// Evaluates expressions.
pub struct Evaluator<'a> {
    /// Files for `file` and its like.
    pub sources: &'a dyn Sources,
    /// What names stand for.
    pub globals: Globals,
    /// Mistakes so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Resources referred to since somebody last took this.
    pub references: BTreeSet<Address>,
    /// Texts, for spans into template files.
    pub texts: SourceMap,
    /// What is left to spend.
    pub budget: Budget,
    /// Places where a mistake is already known, sorted: an expression around one is not evaluated, since it would only
    /// be complained about twice.
    pub refuted: Vec<Span>,
    exhausted: bool,
    template_calls: usize,
    templates: BTreeMap<Arc<str>, Arc<template::Template>>,
    /// `try` and `can` around the place where evaluation is: what fails there is most often meant to.
    attempts: usize,
}

impl<'a> Evaluator<'a> {
    /// With nothing evaluated.
    pub fn new(sources: &'a dyn Sources, globals: Globals, texts: SourceMap) -> Self {
        Self {
            sources,
            globals,
            diagnostics: Vec::new(),
            references: BTreeSet::new(),
            texts,
            budget: Budget::default(),
            refuted: Vec::new(),
            exhausted: false,
            template_calls: 0,
            templates: BTreeMap::new(),
            attempts: 0,
        }
    }

    /// The value of an expression that is a whole argument, unless a mistake in it is known already.
    pub fn whole(&mut self, expression: &Expression, scope: &Scope<'_>) -> Evaluated {
        let span = expression.span;
        let first = (span.file, span.start);
        let at = self
            .refuted
            .partition_point(|known| (known.file, known.start) < first);
        let inside = |known: &Span| known.file == span.file && known.start <= span.end;
        if self.refuted.get(at).is_some_and(inside) {
            return Err(Failed);
        }
        self.evaluate(expression, scope)
    }

    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &Expression, scope: &Scope<'_>) -> Evaluated {
        self.step(expression.span)?;
        let value = match &expression.term {
            Term::Literal(value) => return Ok(value.clone()),
            Term::Variable(_) | Term::Traversal(_) => return self.traversal(expression, scope),
            Term::Template(parts) => self.template(parts, expression.span, scope)?,
            Term::List(items) => self.list(items, expression.span, scope)?,
            Term::Object(members) => self.object(members, expression.span, scope)?,
            Term::Conditional(conditional) => self.conditional(conditional, scope)?,
            Term::Call(call) => self.call(call, expression.span, scope)?,
            Term::Unary(operator, inner) => self.unary(*operator, inner, scope)?,
            Term::Binary(binary) => self.binary(binary, expression.span, scope)?,
            Term::For(loop_) => self.for_expression(loop_, expression.span, scope)?,
        };
        if value.shape().depth > limits::DEPTH {
            let detail = format!(
                "a value may hold at most {} levels of lists and objects",
                limits::DEPTH
            );
            return self.fail(
                Diagnostic::error("too-deep", "Nested too deep", detail).at(expression.span),
            );
        }
        Ok(value)
    }

    /// Notes a mistake.
    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Failed> {
        self.diagnostics.push(diagnostic);
        Err(Failed)
    }

    /// One step of work at a place.
    pub fn step(&mut self, span: Span) -> Result<(), Failed> {
        let spent = self.budget.step();
        self.spend(spent, span)
    }

    /// Values of this weight are made or walked through at a place.
    pub fn charge(&mut self, weight: u64, span: Span) -> Result<(), Failed> {
        let spent = self.budget.charge(weight);
        self.spend(spent, span)
    }

    fn spend(&mut self, spent: Result<(), Exhausted>, span: Span) -> Result<(), Failed> {
        match spent {
            Ok(()) => Ok(()),
            Err(_) if self.exhausted => Err(Failed),
            Err(Exhausted(what)) => {
                self.exhausted = true;
                let detail = format!(
                    "the evaluation of this configuration was stopped here: it takes too many {what}"
                );
                self.fail(
                    Diagnostic::error("budget-exhausted", "Evaluation takes too long", detail)
                        .at(span)
                        .hint(
                            "nested `for` expressions multiply; a text joined with itself doubles",
                        ),
                )
            }
        }
    }

    /// Whether the budget is spent: nothing will succeed any more.
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    fn list(&mut self, items: &[Expression], span: Span, scope: &Scope<'_>) -> Evaluated {
        self.charge(items.len() as u64, span)?;
        let mut values = Vec::with_capacity(items.len());
        let mut failed = false;
        for item in items {
            match self.evaluate(item, scope) {
                Ok(value) => values.push(value),
                Err(Failed) => failed = true,
            }
        }
        if failed {
            Err(Failed)
        } else {
            Ok(Value::list(values))
        }
    }

    fn object(
        &mut self,
        members: &[(Expression, Expression)],
        span: Span,
        scope: &Scope<'_>,
    ) -> Evaluated {
        self.charge(members.len() as u64, span)?;
        let mut values = Members::new();
        let mut failed = false;
        let mut sensitive = false;
        for (key, value) in members {
            let key = self
                .evaluate(key, scope)
                .and_then(|value| self.key(&value, key.span));
            let value = self.evaluate(value, scope);
            match (key, value) {
                (Ok((key, marked)), Ok(value)) => {
                    sensitive |= marked;
                    values.insert(key, value);
                }
                (Err(Failed), Ok(_) | Err(Failed)) | (Ok(_), Err(Failed)) => failed = true,
            }
        }
        if failed {
            Err(Failed)
        } else {
            Ok(Value::object(values).marked(sensitive))
        }
    }

    /// A key of an object, and whether it is sensitive.
    fn key(&mut self, value: &Value, span: Span) -> Result<(Arc<str>, bool), Failed> {
        self.known(value, span, "a key of an object")?;
        match coerce::text(value) {
            Some(text) => Ok((text, value.sensitive)),
            None => {
                let detail = format!("a key of an object is a string, this is {}", value.title());
                self.fail(Diagnostic::error("invalid-key", "Invalid key", detail).at(span))
            }
        }
    }

    fn conditional(&mut self, conditional: &Conditional, scope: &Scope<'_>) -> Evaluated {
        let condition = self.evaluate(&conditional.condition, scope)?;
        let chosen = if self.truth(&condition, conditional.condition.span, "a condition")? {
            &conditional.then
        } else {
            &conditional.otherwise
        };
        Ok(self.evaluate(chosen, scope)?.marked(condition.sensitive))
    }

    /// The boolean that a value is.
    pub fn truth(&mut self, value: &Value, span: Span, what: &str) -> Result<bool, Failed> {
        self.known(value, span, what)?;
        match coerce::boolean(value) {
            Some(truth) => Ok(truth),
            None => {
                let detail = format!("{what} is true or false, this is {}", value.title());
                self.fail(Diagnostic::error("not-a-bool", "Not a bool", detail).at(span))
            }
        }
    }

    /// Refuses what is known only later (R30) and secrets (R32): what stands here needs the value now.
    pub fn known(&mut self, value: &Value, span: Span, what: &str) -> Result<(), Failed> {
        match &value.data {
            Data::Unknown(unknown) => {
                let diagnostic = not_known(unknown, what).at(span);
                self.fail(diagnostic)
            }
            Data::Null
            | Data::Bool(_)
            | Data::Number(_)
            | Data::Text(_)
            | Data::List(_)
            | Data::Set(_)
            | Data::Object(_) => Ok(()),
        }
    }

    /// The same, for what is inside too.
    pub fn wholly_known(&mut self, value: &Value, span: Span, what: &str) -> Result<(), Failed> {
        if !value.shape().unknown {
            return Ok(());
        }
        match first_unknown(value) {
            Some(unknown) => {
                let diagnostic = not_known(&unknown, what).at(span);
                self.fail(diagnostic)
            }
            None => Ok(()),
        }
    }

    fn call(&mut self, call: &Call, span: Span, scope: &Scope<'_>) -> Evaluated {
        let Some(function) = functions::find(&call.name.text) else {
            let diagnostic = functions::unknown(&call.name);
            return self.fail(diagnostic);
        };
        let implementation = match function.implementation {
            Implementation::Special(Special::Try) => return self.try_call(call, scope),
            Implementation::Special(Special::Can) => return self.can_call(call, scope),
            Implementation::Special(Special::TemplateFile) => {
                return self.template_file(call, span, scope);
            }
            Implementation::Special(Special::TemplateString) => {
                return self.template_string(call, span, scope);
            }
            Implementation::Plain(implementation) => implementation,
        };
        let (arguments, spans) = self.arguments(call, scope)?;
        if let Err(message) = function.accepts(arguments.len()) {
            return self.fail(
                Diagnostic::error("wrong-arguments", "Wrong number of arguments", message).at(span),
            );
        }
        let what = format!("the function `{}`", function.name);
        for (argument, span) in arguments.iter().zip(&spans) {
            match function.inside {
                functions::Inside::Opaque => self.known(argument, *span, &what)?,
                functions::Inside::Walked => self.wholly_known(argument, *span, &what)?,
                functions::Inside::Any => {}
            }
        }
        let sensitive = arguments.iter().any(|argument| match function.inside {
            functions::Inside::Opaque | functions::Inside::Any => argument.sensitive,
            functions::Inside::Walked => argument.shape().sensitive,
        });
        if function.inside == functions::Inside::Walked {
            let weight = arguments.iter().fold(1u64, |sum, argument| {
                sum.saturating_add(argument.shape().weight)
            });
            self.charge(weight, span)?;
        }
        let mut context = functions::Context {
            sources: self.sources,
            budget: &mut self.budget,
        };
        match implementation(&mut context, &arguments) {
            Ok(value) => {
                self.charge(
                    value.as_text().map_or(1, |text| text.len() as u64 / 16),
                    span,
                )?;
                Ok(if matches!(function.name, "nonsensitive" | "issensitive") {
                    value
                } else {
                    value.marked(sensitive)
                })
            }
            Err(FunctionError::Exhausted(exhausted)) => {
                self.spend(Err(exhausted), span).and(Err(Failed))
            }
            Err(FunctionError::Argument(at, message)) => {
                let at = spans.get(at).copied().unwrap_or(span);
                let detail = format!("{}: {message}", function.name);
                self.fail(
                    Diagnostic::error("invalid-argument", "Invalid function argument", detail)
                        .at(at),
                )
            }
        }
    }

    /// The evaluated arguments, each with its place.
    fn arguments(
        &mut self,
        call: &Call,
        scope: &Scope<'_>,
    ) -> Result<(Vec<Value>, Vec<Span>), Failed> {
        let mut values = Vec::with_capacity(call.arguments.len());
        let mut spans = Vec::with_capacity(call.arguments.len());
        let mut failed = false;
        for (at, argument) in call.arguments.iter().enumerate() {
            let Ok(value) = self.evaluate(argument, scope) else {
                failed = true;
                continue;
            };
            if call.spread == Spread::Last && at + 1 == call.arguments.len() {
                self.known(&value, argument.span, "`...`")?;
                let Some(items) = value.as_items() else {
                    let detail = format!("`...` needs a list or set, this is {}", value.title());
                    return self.fail(
                        Diagnostic::error("not-a-list", "Not a list", detail).at(argument.span),
                    );
                };
                self.charge(items.len() as u64, argument.span)?;
                values.extend(
                    items
                        .iter()
                        .map(|item| item.clone().marked(value.sensitive)),
                );
                spans.extend(items.iter().map(|_| argument.span));
            } else {
                values.push(value);
                spans.push(argument.span);
            }
        }
        if failed {
            Err(Failed)
        } else {
            Ok((values, spans))
        }
    }

    /// Evaluates without noting mistakes; a spent budget stays one.
    fn attempt(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Result<Result<Value, Vec<Diagnostic>>, Failed> {
        let before = self.diagnostics.len();
        self.attempts += 1;
        let result = self.evaluate(expression, scope);
        self.attempts -= 1;
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Failed) if self.exhausted => Err(Failed),
            Err(Failed) => Ok(Err(self.diagnostics.split_off(before))),
        }
    }

    fn try_call(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        let mut reasons = Vec::new();
        for argument in &call.arguments {
            match self.attempt(argument, scope)? {
                Ok(value) => return Ok(value),
                Err(diagnostics) => reasons = diagnostics,
            }
        }
        if reasons.is_empty() && call.arguments.is_empty() {
            let detail = "`try` needs at least one argument";
            return self.fail(
                Diagnostic::error("wrong-arguments", "Wrong number of arguments", detail)
                    .at(call.name.span),
            );
        }
        // The last alternative is the one that was meant to hold.
        self.diagnostics.append(&mut reasons);
        Err(Failed)
    }

    fn can_call(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        match call.arguments.as_slice() {
            [argument] => Ok(self.attempt(argument, scope)?.is_ok().into()),
            [] | [_, _, ..] => {
                let detail = "`can` takes one argument";
                self.fail(
                    Diagnostic::error("wrong-arguments", "Wrong number of arguments", detail)
                        .at(call.name.span),
                )
            }
        }
    }
}

/// Something in a value that is known only later.
pub fn first_unknown(value: &Value) -> Option<Arc<Unknown>> {
    match &value.data {
        Data::Unknown(unknown) => Some(unknown.clone()),
        Data::List(sequence) | Data::Set(sequence) => sequence
            .items
            .iter()
            .filter(|item| item.shape().unknown)
            .find_map(first_unknown),
        Data::Object(object) => object
            .members
            .values()
            .filter(|member| member.shape().unknown)
            .find_map(first_unknown),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => None,
    }
}

/// What a value that comes later is called: `kubernetes_namespace.app.metadata[0].uid`, `secret.token`.
pub fn unknown_name(expression: &Expr) -> String {
    let mut names: Vec<String> = expression
        .secrets()
        .iter()
        .map(|name| format!("`secret.{}`", name.0))
        .collect();
    names.extend(expression.holes().iter().map(|hole| match &hole.source {
        HoleSource::Resource { address, attribute } => format!("`{address}.{attribute}`"),
        HoleSource::ProviderIdentity(provider) => format!("the identity of provider `{provider}`"),
        HoleSource::Run => "the run's id".to_owned(),
    }));
    names.join(" and ")
}

/// The mistake of using now what is known only later.
pub fn not_known(unknown: &Unknown, what: &str) -> Diagnostic {
    let name = unknown_name(&unknown.expression);
    if unknown.secret {
        return Diagnostic::error(
            "secret-used",
            "Secret used as a value",
            format!("{what} needs a value now, and {name} is a secret, which is read only at the moment of use"),
        )
        .hint("a secret may be passed on and put into texts, nothing else");
    }
    Diagnostic::error(
        "unknown-used",
        "Value known only after apply",
        format!("{what} needs a value now, and {name} is known only after apply"),
    )
    .hint("use something static instead: a literal, a variable, or the argument that names the same thing")
}
