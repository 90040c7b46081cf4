//! Variables: what was given, else the default; converted, marked, validated.

use super::Builder;
use crate::diag::{Diagnostic, FileId, Span, has_errors, suggest};
use crate::lang::coerce;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::globals::Slot;
use crate::lang::evaluate::scope::Scope;
use crate::lang::load::{Given, Giver, Missing};
use crate::lang::module::{Validation, VariableBlock};
use crate::lang::parse;
use crate::lang::types::{self, Type};
use crate::model::value::Value;
use std::sync::Arc;

impl Builder<'_, '_, '_> {
    pub(super) fn variables(&mut self) {
        let module = self.module;
        for (name, given) in &self.inputs.variables {
            if given.giver == Giver::CommandLine && !module.variables.contains_key(name.as_str()) {
                let detail =
                    format!("-var gives a value to `{name}`, and there is no such variable");
                let diagnostic = Diagnostic::error("undeclared", "Undeclared variable", detail);
                let near = suggest::nearest(name, module.variables.keys().map(AsRef::as_ref));
                self.report(match near {
                    Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
                    None => diagnostic,
                });
            }
        }
        for (name, variable) in &module.variables {
            let slot = match self.variable(name, variable) {
                Ok(value) => Slot::Ready(value.marked(variable.sensitive)),
                Err(Failed) => Slot::Failed,
            };
            self.evaluator.globals.variables.insert(name.clone(), slot);
        }
        for (name, variable) in &module.variables {
            for validation in &variable.validations {
                if !matches!(
                    self.evaluator.globals.variables.get(name),
                    Some(Slot::Ready(_))
                ) {
                    continue;
                }
                if self.validate(name, variable, validation).is_err() {
                    self.evaluator
                        .globals
                        .variables
                        .insert(name.clone(), Slot::Failed);
                }
            }
        }
    }

    fn variable(&mut self, name: &Arc<str>, variable: &VariableBlock) -> Result<Value, Failed> {
        if variable.broken {
            return Err(Failed);
        }
        let Some(given) = self.inputs.variables.get(name.as_ref()) else {
            return self.not_given(name, variable);
        };
        let value = self.given(name, variable, given)?;
        if value.is_null() && !variable.nullable {
            return match &variable.default {
                Some(default) => Ok(default.clone()),
                None => {
                    let detail = format!("`var.{name}` may not be null");
                    self.evaluator.fail(
                        Diagnostic::error("null-variable", "Invalid variable value", detail)
                            .at(variable.header),
                    )
                }
            };
        }
        Ok(value)
    }

    fn not_given(&mut self, name: &Arc<str>, variable: &VariableBlock) -> Result<Value, Failed> {
        match (&variable.default, self.inputs.missing) {
            (Some(default), _) => Ok(default.clone()),
            (None, Missing::LeaveOut) => Err(Failed),
            (None, Missing::Report) => {
                let detail = format!("`var.{name}` has no default, and no value was given");
                self.evaluator.fail(
                    Diagnostic::error("missing-variable", "Missing variable value", detail)
                        .at(variable.header)
                        .hint(format!(
                            "give it: -var '{name}=...', or SKDR_VAR_{name} in the environment"
                        )),
                )
            }
        }
    }

    fn given(
        &mut self,
        name: &Arc<str>,
        variable: &VariableBlock,
        given: &Given,
    ) -> Result<Value, Failed> {
        let plain = match variable.variable_type {
            Type::Text | Type::Number | Type::Bool => true,
            Type::Any => !variable.typed,
            Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Tuple(_) | Type::Object(_) => false,
        };
        // A sensitive text stays out of the texts that diagnostics show.
        let source = match (plain, variable.sensitive) {
            (false, false) => Some(
                self.evaluator
                    .texts
                    .add(given.title(name), given.text.as_str().into()),
            ),
            (true, _) | (false, true) => None,
        };
        let whole = source.map(|file| Span {
            file,
            start: 0,
            end: given.text.len(),
        });
        let value = if plain {
            Value::from(given.text.as_str())
        } else {
            self.expression(name, variable, given, source)?
        };
        types::convert(&value, &variable.variable_type).or_else(|mismatch| {
            let detail = format!(
                "{} does not fit the type of `var.{name}`: {mismatch}",
                given.title(name)
            );
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
        given: &Given,
        source: Option<FileId>,
    ) -> Result<Value, Failed> {
        let before = self.evaluator.diagnostics.len();
        let file = source.unwrap_or(variable.header.file);
        let mut found = Vec::new();
        let expression = parse::expression(&given.text, file, &mut found);
        let value = match (expression, has_errors(&found)) {
            (Some(expression), false) => self.evaluator.evaluate(&expression, &Scope::sealed(&[])),
            (Some(_) | None, _) => Err(Failed),
        };
        if value.is_ok() {
            return value;
        }
        self.evaluator.diagnostics.extend(found);
        if source.is_none() {
            // Their spans lead into the text that must not be shown.
            self.evaluator.diagnostics.truncate(before);
            let detail = format!(
                "{} is not a value of the type of `var.{name}`",
                given.title(name)
            );
            self.report(Diagnostic::error("wrong-type", "Wrong type", detail).at(variable.header));
        }
        Err(Failed)
    }

    fn validate(
        &mut self,
        name: &str,
        variable: &VariableBlock,
        validation: &Validation,
    ) -> Result<(), Failed> {
        let condition = self
            .evaluator
            .whole(&validation.condition, &Scope::CONFIGURATION)?;
        let span = validation.condition.span;
        if self
            .evaluator
            .truth(&condition, span, "the condition of a validation")?
        {
            return Ok(());
        }
        let message = self
            .evaluator
            .whole(&validation.message, &Scope::CONFIGURATION)?;
        let message = match coerce::text(&message) {
            Some(text) if !message.sensitive => text,
            Some(_) | None => "the value does not fulfil its validation".into(),
        };
        let diagnostic = Diagnostic::error(
            "invalid-variable",
            "Invalid value for variable",
            message.as_ref(),
        )
        .at(span)
        .within(variable.header);
        self.evaluator.fail(match self.inputs.variables.get(name) {
            Some(given) => diagnostic.hint(format!("the value comes from {}", given.title(name))),
            None => diagnostic.hint("the value is the variable's default"),
        })
    }
}
