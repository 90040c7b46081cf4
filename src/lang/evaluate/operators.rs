//! Operators. `&&` and `||` look at their right side only where it matters.

use super::{Evaluated, Evaluator, Failed, Scope};
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::syntax::{Binary, BinaryOperator, Expression, UnaryOperator};
use crate::model::number::{self, Number, NumberError};
use crate::model::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

impl Evaluator<'_> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        inner: &Expression,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let value = self.evaluate(inner, scope)?;
        let result = match operator {
            UnaryOperator::Negate => {
                Value::from(-self.number(&value, inner.span, "-")?.as_ref().clone())
            }
            UnaryOperator::Not => (!self.truth(&value, inner.span, "the operand of `!`")?).into(),
        };
        Ok(result.marked(value.sensitive))
    }

    pub(super) fn binary(&mut self, binary: &Binary, span: Span, scope: &Scope<'_>) -> Evaluated {
        let left = self.evaluate(&binary.left, scope)?;
        let operator = binary.operator;
        if matches!(operator, BinaryOperator::And | BinaryOperator::Or) {
            return self.logical(binary, &left, scope);
        }
        let right = self.evaluate(&binary.right, scope)?;
        let sides = Sides {
            left: &left,
            right: &right,
            binary,
            span,
        };
        let result = match operator {
            BinaryOperator::Equal => self.equal(&sides)?.into(),
            BinaryOperator::NotEqual => (!self.equal(&sides)?).into(),
            BinaryOperator::Less => (self.order(&sides)? == Ordering::Less).into(),
            BinaryOperator::LessOrEqual => (self.order(&sides)? != Ordering::Greater).into(),
            BinaryOperator::Greater => (self.order(&sides)? == Ordering::Greater).into(),
            BinaryOperator::GreaterOrEqual => (self.order(&sides)? != Ordering::Less).into(),
            BinaryOperator::Add => self.arithmetic(&sides, number::add)?,
            BinaryOperator::Subtract => self.arithmetic(&sides, number::subtract)?,
            BinaryOperator::Multiply => self.arithmetic(&sides, number::multiply)?,
            BinaryOperator::Divide => self.arithmetic(&sides, number::divide)?,
            BinaryOperator::Remainder => self.arithmetic(&sides, number::remainder)?,
            BinaryOperator::And | BinaryOperator::Or => Value::NULL,
        };
        Ok(result.marked(left.shape().sensitive || right.shape().sensitive))
    }

    fn logical(&mut self, binary: &Binary, left: &Value, scope: &Scope<'_>) -> Evaluated {
        let what = format!("the operator `{}`", binary.operator.symbol());
        let first = self.truth(left, binary.left.span, &what)?;
        if first == (binary.operator == BinaryOperator::Or) {
            return Ok(Value::from(first).marked(left.sensitive));
        }
        let right = self.evaluate(&binary.right, scope)?;
        let second = self.truth(&right, binary.right.span, &what)?;
        Ok(Value::from(second).marked(left.sensitive || right.sensitive))
    }

    fn equal(&mut self, sides: &Sides<'_>) -> Result<bool, Failed> {
        let what = format!("the operator `{}`", sides.binary.operator.symbol());
        self.wholly_known(sides.left, sides.binary.left.span, &what)?;
        self.wholly_known(sides.right, sides.binary.right.span, &what)?;
        self.charge(
            sides.left.shape().weight.min(sides.right.shape().weight),
            sides.span,
        )?;
        Ok(sides.left == sides.right)
    }

    fn numbers(&mut self, sides: &Sides<'_>) -> Result<(Arc<Number>, Arc<Number>), Failed> {
        let symbol = sides.binary.operator.symbol();
        let left = self.number(sides.left, sides.binary.left.span, symbol);
        let right = self.number(sides.right, sides.binary.right.span, symbol);
        Ok((left?, right?))
    }

    fn order(&mut self, sides: &Sides<'_>) -> Result<Ordering, Failed> {
        let (left, right) = self.numbers(sides)?;
        Ok(left.cmp(&right))
    }

    fn arithmetic(
        &mut self,
        sides: &Sides<'_>,
        operation: fn(&Number, &Number) -> Result<Number, NumberError>,
    ) -> Evaluated {
        let (left, right) = self.numbers(sides)?;
        match operation(&left, &right) {
            Ok(number) => Ok(number.into()),
            Err(error @ NumberError::DivisionByZero) => {
                let span = sides.binary.right.span;
                self.fail(
                    Diagnostic::error("division-by-zero", "Division by zero", error.to_string())
                        .at(span),
                )
            }
            Err(error @ (NumberError::TooLarge | NumberError::Syntax)) => self.fail(
                Diagnostic::error("invalid-number", "Invalid number", error.to_string())
                    .at(sides.span),
            ),
        }
    }

    fn number(&mut self, value: &Value, span: Span, symbol: &str) -> Result<Arc<Number>, Failed> {
        self.known(value, span, &format!("the operator `{symbol}`"))?;
        match coerce::number(value) {
            Some(number) => Ok(number),
            None => {
                let detail = format!(
                    "the operator `{symbol}` needs a number, this is {}",
                    value.title()
                );
                let mut diagnostic =
                    Diagnostic::error("not-a-number", "Not a number", detail).at(span);
                if symbol == "+" && value.as_text().is_some() {
                    diagnostic = diagnostic.hint("texts are joined by interpolation: \"${a}${b}\"");
                }
                self.fail(diagnostic)
            }
        }
    }
}

struct Sides<'v> {
    left: &'v Value,
    right: &'v Value,
    binary: &'v Binary,
    span: Span,
}
