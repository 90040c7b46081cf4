//! Variables: what was given, from outside or by the call of a module, else the default; converted, marked, validated.

use super::Builder;
use super::conditions::Held;
use crate::diag::{Diagnostic, FileId, Span, has_errors};
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::globals::{Slot, Traced};
use crate::lang::evaluate::scope::Scope;
use crate::lang::given::{Gatherer, Given};
use crate::lang::load::Missing;
use crate::lang::module::{Condition, VariableBlock};
use crate::lang::parse;
use crate::lang::syntax::{Attribute, Expression};
use crate::lang::types::{self, Type};
use crate::model::advice::Advice;
use crate::model::checks::{CheckResult, CheckSubject};
use crate::model::value::Value;
use std::sync::Arc;

impl Builder<'_, '_, '_> {
    /// What was given from outside: the environment, files, the command line.
    pub(super) fn gather(&mut self) {
        let module = self.module;
        let evaluator = &mut *self.evaluator;
        let mut gatherer = Gatherer {
            sources: self.inputs.sources,
            variables: &module.variables,
            texts: &mut evaluator.texts,
            diagnostics: &mut evaluator.diagnostics,
        };
        self.given = gatherer.gather(&self.inputs.variables);
    }

    /// A variable as it was given, converted and marked.
    pub(super) fn given_variable(&mut self, name: &Arc<str>) {
        let Some(variable) = self.module.variables.get(name) else {
            return;
        };
        self.evaluator.references.clear();
        let value = if self.is_root() {
            self.given_outside(name, variable)
        } else {
            self.given_by_caller(name, variable)
        };
        let references = Arc::new(std::mem::take(&mut self.evaluator.references));
        let slot = match value {
            Ok(value) => Slot::Ready(value.marked(variable.sensitive)),
            Err(Failed) => Slot::Failed,
        };
        let variables = &mut self.evaluator.globals.variables;
        variables.insert(name.clone(), Traced { slot, references });
    }

    /// Holds a variable against its validations.
    pub(super) fn variable(&mut self, name: &Arc<str>) {
        let Some(variable) = self.module.variables.get(name) else {
            return;
        };
        for validation in &variable.validations {
            if !self.is_ready(name) {
                return;
            }
            if self.validate(name, variable, validation).is_err()
                && let Some(value) = self.evaluator.globals.variables.get_mut(name)
            {
                value.slot = Slot::Failed;
            }
        }
        if !variable.validations.is_empty() && self.is_ready(name) {
            let subject = CheckSubject::Variable(self.told(name));
            let result = CheckResult::new(subject, Vec::new(), Vec::new());
            self.configuration.checks.push(result);
        }
    }

    fn is_ready(&self, name: &Arc<str>) -> bool {
        let value = self.evaluator.globals.variables.get(name);
        value.is_some_and(|value| matches!(value.slot, Slot::Ready(_)))
    }

    /// A name of this module as seen from the root.
    pub(super) fn told(&self, name: &str) -> String {
        let module = &self.evaluator.globals.module;
        if module.is_root() {
            name.to_owned()
        } else {
            format!("{module}.{name}")
        }
    }

    fn given_outside(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
    ) -> Result<Value, Failed> {
        if variable.broken {
            return Err(Failed);
        }
        let Some(given) = self.given.remove(name) else {
            return self.not_given(name, variable);
        };
        let value = match &given {
            Given::Text { title, text } => self.text(name, variable, (title, text)),
            Given::Argument { title, attribute } => {
                self.of_file(name, variable, (title, attribute))
            }
        };
        // Whoever complains about it later names where it came from.
        self.given.insert(name.clone(), given);
        let value = value?;
        self.not_null(name, variable, value)
    }

    /// The value that a call of the module gives. A missing one is a mistake of the call, which is told already.
    fn given_by_caller(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
    ) -> Result<Value, Failed> {
        let given = self.argument(name);
        if variable.broken {
            return Err(Failed);
        }
        let Some(given) = given else {
            return variable.default.clone().ok_or(Failed);
        };
        let value = given?;
        let span = self.argument_span(name).unwrap_or(variable.header);
        let value = types::convert(&value, &variable.variable_type).or_else(|mismatch| {
            let detail = format!("this does not fit the type of `var.{name}`: {mismatch}");
            let found = Diagnostic::error("wrong-type", "Wrong type", detail).at(span);
            self.evaluator.fail(found.within(variable.header))
        })?;
        self.not_null(name, variable, value)
    }

    fn not_null(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        value: Value,
    ) -> Result<Value, Failed> {
        if !value.is_null() || variable.nullable {
            return Ok(value);
        }
        match &variable.default {
            Some(default) => Ok(default.clone()),
            None => {
                let detail = format!("`var.{name}` may not be null");
                let found = Diagnostic::error("null-variable", "Invalid variable value", detail);
                let span = self.argument_span(name).unwrap_or(variable.header);
                self.evaluator.fail(found.at(span))
            }
        }
    }

    fn not_given(&mut self, name: &Arc<str>, variable: &VariableBlock) -> Result<Value, Failed> {
        match (&variable.default, self.inputs.missing) {
            (Some(default), _) => Ok(default.clone()),
            (None, Missing::LeaveOut | Missing::LeaveToCaller) => Err(Failed),
            (None, Missing::Report) => {
                let detail = format!("`var.{name}` has no default, and no value was given");
                self.evaluator.fail(
                    Diagnostic::error("missing-variable", "Missing variable value", detail)
                        .at(variable.header)
                        .hint(format!(
                            "give it: {}, or {} in the environment",
                            Advice::variable(name),
                            Advice::variable_of_environment(name)
                        )),
                )
            }
        }
    }

    /// A value of a file, which is an expression of constants.
    fn of_file(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        (title, attribute): (&str, &Attribute),
    ) -> Result<Value, Failed> {
        let before = self.evaluator.diagnostics.len();
        let span = attribute.value.span;
        let value = self.constant(&attribute.value);
        let converted = value.and_then(|value| {
            types::convert(&value, &variable.variable_type).or_else(|mismatch| {
                let detail = format!("this does not fit the type of `var.{name}`: {mismatch}");
                self.evaluator
                    .fail(Diagnostic::error("wrong-type", "Wrong type", detail).at(span))
            })
        });
        if converted.is_err() && variable.sensitive {
            // What was found may quote the value.
            self.evaluator.diagnostics.truncate(before);
            let detail = format!("the value in {title} is none of the type of `var.{name}`");
            self.report(Diagnostic::error("wrong-type", "Wrong type", detail).at(span));
        }
        converted
    }

    /// A value of constants and references to secrets.
    fn constant(&mut self, expression: &Expression) -> Result<Value, Failed> {
        let names = [("secret".into(), self.secrets.clone())];
        self.evaluator.evaluate(expression, &Scope::sealed(&names))
    }

    /// A value given as a text: as it is for what is written in one word, else an expression.
    fn text(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        (title, text): (&str, &str),
    ) -> Result<Value, Failed> {
        let plain = match variable.variable_type {
            Type::Text | Type::Number | Type::Bool => true,
            Type::Any => !variable.typed,
            Type::Secret
            | Type::List(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Tuple(_)
            | Type::Object(_) => false,
        };
        // A sensitive text stays out of the texts that diagnostics show.
        let source = match (plain, variable.sensitive) {
            (false, false) => Some(self.evaluator.texts.add(title.to_owned(), text.into())),
            (true, _) | (false, true) => None,
        };
        let whole = source.map(|file| Span {
            file,
            start: 0,
            end: text.len(),
        });
        let value = if plain {
            Value::from(text)
        } else {
            self.expression(name, variable, (title, text), source)?
        };
        types::convert(&value, &variable.variable_type).or_else(|mismatch| {
            let detail = format!("{title} does not fit the type of `var.{name}`: {mismatch}");
            self.evaluator.fail(
                Diagnostic::error("wrong-type", "Wrong type", detail)
                    .at(whole.unwrap_or(variable.header)),
            )
        })
    }

    /// A value given as an expression: of constants only.
    fn expression(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        (title, text): (&str, &str),
        source: Option<FileId>,
    ) -> Result<Value, Failed> {
        let before = self.evaluator.diagnostics.len();
        let file = source.unwrap_or(variable.header.file);
        let mut found = Vec::new();
        let expression = parse::expression(text, file, &mut found);
        let value = match (expression, has_errors(&found)) {
            (Some(expression), false) => self.constant(&expression),
            (Some(_) | None, _) => Err(Failed),
        };
        if value.is_ok() {
            return value;
        }
        self.evaluator.diagnostics.extend(found);
        if source.is_none() {
            // Their spans lead into the text that must not be shown.
            self.evaluator.diagnostics.truncate(before);
            let detail = format!("{title} is not a value of the type of `var.{name}`");
            self.report(Diagnostic::error("wrong-type", "Wrong type", detail).at(variable.header));
        }
        Err(Failed)
    }

    fn validate(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        validation: &Condition,
    ) -> Result<(), Failed> {
        let span = validation.condition.span;
        let what = "the condition of a validation";
        let message = match self.condition(validation, &Scope::CONFIGURATION, what)? {
            Held::Yes => return Ok(()),
            Held::No(message) | Held::Later(message) => message,
        };
        let diagnostic =
            Diagnostic::error("invalid-variable", "Invalid value for variable", message)
                .at(span)
                .within(variable.header);
        if !self.is_root() {
            let place = self.evaluator.globals.module.to_string();
            let found = diagnostic.hint(format!("found in {place}, from its argument `{name}`"));
            return self.evaluator.fail(found);
        }
        let title = self.given.get(name).map(|given| given.title().to_owned());
        self.evaluator.fail(match title {
            Some(title) => diagnostic.hint(format!("the value comes from {title}")),
            None => diagnostic.hint("the value is the variable's default"),
        })
    }
}
