//! Numbers of the language: arbitrary-precision decimals. Integers are exact at any size; division is rounded to
//! [`DIVISION_DIGITS`] significant digits (Terraform keeps 512-bit binary floats; the difference shows only beyond that).

use bigdecimal::BigDecimal;

/// Significant digits kept by a division that does not come out even.
pub const DIVISION_DIGITS: u64 = 60;

/// A number of the language.
pub type Number = BigDecimal;
