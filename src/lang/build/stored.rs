//! What a value has to keep to, to stand in a plan: a shared value becomes a tree of its own there, and whoever reads a
//! plan stops at 128 levels of JSON. Must not know which plan.

use crate::diag::{Diagnostic, Span};
use crate::lang::evaluate::{Evaluator, Failed};
use crate::lang::limits;
use crate::model::value::{RESERVED_KEY, Value};

/// The value as a plan keeps it: it is paid for, and not too deep to be read back.
///
/// # Errors
/// Where it is too deep, or too much; this is reported.
pub(super) fn stored(
    evaluator: &mut Evaluator<'_>,
    value: &Value,
    span: Span,
) -> Result<(), Failed> {
    let shape = value.shape();
    evaluator.charge(shape.weight, span)?;
    // What holds something open is written with a word at each level that says what it is.
    let levels = if shape.unknown {
        shape.depth.saturating_mul(2)
    } else {
        shape.depth
    };
    if shape.reserved {
        let detail =
            format!("`{RESERVED_KEY}` is how numbers are told in a plan, no key of an object");
        return evaluator.fail(Diagnostic::error("invalid-key", "Invalid key", detail).at(span));
    }
    if levels <= limits::STORED_DEPTH {
        return Ok(());
    }
    let detail = format!(
        "a value in a plan may hold at most {} levels of lists and objects, half as many around what is known after apply",
        limits::STORED_DEPTH
    );
    evaluator.fail(Diagnostic::error("too-deep", "Nested too deep", detail).at(span))
}
