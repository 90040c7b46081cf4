//! `variable "name" { }`.

use super::Collector;
use super::arguments::{leftover, take};
use crate::diag::Diagnostic;
use crate::lang::module::VariableBlock;
use crate::lang::syntax::{Attribute, Block, Expression, PathStep};
use crate::lang::types::{self, Type};
use crate::model::secret::SecretName;
use crate::model::value::Value;

const RESERVED: &[&str] = &[
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "locals",
    "providers",
    "source",
    "version",
];

impl Collector<'_, '_> {
    pub(super) fn variable(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        if RESERVED.contains(&name.text.as_ref()) {
            let detail = format!("`{}` has a meaning of its own in modules", name.text);
            self.report(Diagnostic::error("invalid-name", "Invalid name", detail).at(name.span));
        }
        let before = self.evaluator.diagnostics.len();
        let (variable_type, typed) = match take(&mut block.body, "type") {
            None => (Type::Any, false),
            Some(attribute) => {
                let read = types::read(&attribute.value, &mut |expression| {
                    self.constant(expression)
                });
                (
                    read.map_err(|diagnostic| self.report(diagnostic))
                        .unwrap_or(Type::Any),
                    true,
                )
            }
        };
        let default = take(&mut block.body, "default")
            .and_then(|attribute| self.default(&attribute, &variable_type));
        let sensitive = take(&mut block.body, "sensitive");
        let nullable = take(&mut block.body, "nullable");
        let description = take(&mut block.body, "description");
        let sensitive = self.constant_bool(sensitive.as_ref()).unwrap_or(false);
        let nullable = self.constant_bool(nullable.as_ref()).unwrap_or(true);
        if let Some(description) = description {
            self.constant_text(&description);
        }
        let validations = self.conditions(&mut block.body, "validation");
        let arguments = &["type", "default", "description", "sensitive", "nullable"];
        leftover(
            &block,
            arguments,
            &["validation"],
            &mut self.evaluator.diagnostics,
        );
        let broken = self.evaluator.diagnostics.len() > before;
        let header = block.header;
        if let Some(first) = self
            .module
            .variables
            .get(&name.text)
            .map(|first| first.header)
        {
            return self.duplicate(&format!("var.{}", name.text), header, first);
        }
        let variable = VariableBlock {
            header,
            variable_type,
            typed,
            default,
            nullable,
            sensitive,
            validations,
            broken,
        };
        self.module.variables.insert(name.text, variable);
    }

    fn default(&mut self, attribute: &Attribute, variable_type: &Type) -> Option<Value> {
        let value = match (variable_type, secret_name(&attribute.value)) {
            (Type::Secret, Some(name)) => Value::secret(name),
            _ => self.constant(&attribute.value)?,
        };
        match types::convert(&value, variable_type) {
            Ok(value) => Some(value),
            Err(mismatch) => {
                let detail = format!("the default does not fit the type: {mismatch}");
                let diagnostic = Diagnostic::error("wrong-type", "Wrong type", detail);
                self.report(diagnostic.at(attribute.value.span));
                None
            }
        }
    }
}

/// The secret that an expression names, where it does nothing else.
fn secret_name(expression: &Expression) -> Option<SecretName> {
    let (root, steps) = expression.static_path()?;
    match (root.as_ref(), steps.as_slice()) {
        ("secret", [PathStep::Attribute(name)]) => Some(SecretName(name.to_string())),
        _ => None,
    }
}
