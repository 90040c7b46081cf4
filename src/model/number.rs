//! Numbers of the language: arbitrary-precision decimals. Integers are exact up to [`MAXIMUM_DIGITS`] digits; division
//! is rounded to [`DIVISION_DIGITS`] significant digits (Terraform keeps 512-bit binary floats; the difference shows
//! only beyond that). JSON keeps the digits too (serde_json's `arbitrary_precision`): as floats, one fraction of fourteen
//! was read back as another, and a plan that held it was called damaged. Must not know where a number is written.

use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use std::num::NonZeroU64;
use std::str::FromStr;

/// Significant digits kept by a division that does not come out even.
pub const DIVISION_DIGITS: u64 = 60;
/// Digits before or after the point that a number may have: `1e999999999` would fill the memory when written out.
pub const MAXIMUM_DIGITS: u64 = 1000;

/// A number of the language.
pub type Number = BigDecimal;

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is no decimal number.
    #[error("this is not a number")]
    Syntax,
    /// More than [`MAXIMUM_DIGITS`].
    #[error("numbers may have at most {MAXIMUM_DIGITS} digits before or after the point")]
    TooLarge,
    /// Division or remainder by zero.
    #[error("division by zero")]
    DivisionByZero,
}

/// The number that a text spells: digits, a point, an exponent.
pub fn parse(text: &str) -> Result<Number, NumberError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        None => (unsigned, "0"),
        Some((mantissa, exponent)) => (mantissa, exponent),
    };
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let points = mantissa.bytes().filter(|byte| *byte == b'.').count();
    if digits == 0
        || points > 1
        || digits + points != mantissa.len()
        || mantissa.starts_with('.')
        || mantissa.ends_with('.')
    {
        return Err(NumberError::Syntax);
    }
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Syntax);
    }
    let exponent: i64 = exponent.parse().map_err(|_| NumberError::TooLarge)?;
    if digits as u64 > 2 * MAXIMUM_DIGITS || exponent.unsigned_abs() > 2 * MAXIMUM_DIGITS {
        return Err(NumberError::TooLarge);
    }
    limited(BigDecimal::from_str(text).map_err(|_| NumberError::Syntax)?)
}

/// The number, unless it has too many digits.
pub fn limited(number: Number) -> Result<Number, NumberError> {
    let (digits, scale) = number.as_bigint_and_exponent();
    // Bits are cheap to ask for, digits are not: log10(2) of them, rounded up.
    let at_most = digits.bits().saturating_mul(30_103) / 100_000 + 1;
    let before_point = i128::from(at_most) - i128::from(scale);
    let limit = i128::from(MAXIMUM_DIGITS);
    if before_point > limit + 1 || i128::from(scale) > limit {
        return Err(NumberError::TooLarge);
    }
    Ok(number)
}

/// Sum.
pub fn add(left: &Number, right: &Number) -> Result<Number, NumberError> {
    limited(left + right)
}

/// Difference.
pub fn subtract(left: &Number, right: &Number) -> Result<Number, NumberError> {
    limited(left - right)
}

/// Product.
pub fn multiply(left: &Number, right: &Number) -> Result<Number, NumberError> {
    limited((left * right).normalized())
}

/// Quotient, rounded where it does not come out even.
pub fn divide(left: &Number, right: &Number) -> Result<Number, NumberError> {
    if right.is_zero() {
        return Err(NumberError::DivisionByZero);
    }
    let quotient = left / right;
    let digits = NonZeroU64::new(DIVISION_DIGITS).unwrap_or(NonZeroU64::MIN);
    let rounded = quotient
        .with_precision_round(digits, RoundingMode::HalfEven)
        .normalized();
    // A quotient of tiny by huge has a long tail of zeroes after the point; what is beyond the limit is zero.
    if rounded.as_bigint_and_exponent().1 > MAXIMUM_DIGITS as i64 {
        return Ok(rounded
            .with_scale_round(MAXIMUM_DIGITS as i64, RoundingMode::HalfEven)
            .normalized());
    }
    limited(rounded)
}

/// Remainder with the sign of the dividend, as in Terraform.
pub fn remainder(left: &Number, right: &Number) -> Result<Number, NumberError> {
    if right.is_zero() {
        return Err(NumberError::DivisionByZero);
    }
    limited(left % right)
}

/// Plain decimal digits, never an exponent: what a number is inside a text.
pub fn format(number: &Number) -> String {
    if number.is_zero() {
        "0".to_owned()
    } else {
        number.normalized().to_plain_string()
    }
}

/// The whole number, where it is one of 64 bits.
pub fn to_integer(number: &Number) -> Option<i64> {
    if number.is_integer() {
        number.to_i64()
    } else {
        None
    }
}

/// The nearest float.
pub fn to_float(number: &Number) -> f64 {
    number.to_f64().unwrap_or(f64::NAN)
}

/// As JSON keeps it: every digit, never an exponent, so that [`from_json`] gives the same number.
pub fn to_json(number: &Number) -> serde_json::Value {
    if let Some(integer) = to_integer(number) {
        return integer.into();
    }
    let text = format(number);
    serde_json::Number::from_str(&text).map_or_else(|_| text.into(), serde_json::Value::Number)
}

/// The number of a JSON text.
pub fn from_json(number: &serde_json::Number) -> Result<Number, NumberError> {
    parse(number.as_str())
}

/// Whether two numbers are one to a server that keeps numbers as Go does: whole ones of 64 bits to the last digit, all
/// others as the nearest float.
pub fn same_to_server(left: &serde_json::Number, right: &serde_json::Number) -> bool {
    let float = |number: &serde_json::Number| number.as_f64();
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left == right,
        (Some(_) | None, Some(_) | None) => {
            left == right || float(left).is_some_and(|left| float(right) == Some(left))
        }
    }
}

/// Rounded towards minus infinity.
pub fn floor(number: &Number) -> Number {
    number.with_scale_round(0, RoundingMode::Floor)
}

/// Rounded towards plus infinity.
pub fn ceil(number: &Number) -> Number {
    number.with_scale_round(0, RoundingMode::Ceiling)
}

/// Without its sign.
pub fn absolute(number: &Number) -> Number {
    number.abs()
}

/// -1, 0 or 1.
pub fn sign(number: &Number) -> i64 {
    if number.is_zero() {
        0
    } else if number.is_negative() {
        -1
    } else {
        1
    }
}

/// `base` to a whole power.
pub fn power(base: &Number, exponent: i64) -> Result<Number, NumberError> {
    let mut result = Number::from(1);
    let mut square = base.clone();
    let mut rest = exponent.unsigned_abs();
    while rest > 0 {
        if rest & 1 == 1 {
            result = multiply(&result, &square)?;
        }
        rest >>= 1;
        if rest > 0 {
            square = multiply(&square, &square)?;
        }
    }
    if exponent < 0 {
        divide(&Number::from(1), &result)
    } else {
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, NumberError>) {
        assert_eq!(
            parse(text).map(|number| format(&number)),
            expected.map(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn reads_and_writes_plain_digits() {
        check("1", Ok("1"));
        check("-0", Ok("0"));
        check("1.50", Ok("1.5"));
        check("1e3", Ok("1000"));
        check("25E-1", Ok("2.5"));
        check(
            "340282366920938463463374607431768211456",
            Ok("340282366920938463463374607431768211456"),
        );
        check("", Err(NumberError::Syntax));
        check("1.", Err(NumberError::Syntax));
        check(".5", Err(NumberError::Syntax));
        check("1e", Err(NumberError::Syntax));
        check("0x10", Err(NumberError::Syntax));
        check("1e400", Ok(&format!("1{}", "0".repeat(400))));
        check("1e999999999", Err(NumberError::TooLarge));
        check("1e99999999999999999999", Err(NumberError::TooLarge));
        check(&"9".repeat(3000), Err(NumberError::TooLarge));
    }

    fn check_same_to_server(left: &str, right: &str, expected: bool) {
        let number = |text: &str| serde_json::Number::from_str(text).unwrap();
        let (left, right) = (number(left), number(right));
        assert_eq!(same_to_server(&left, &right), expected, "{left} {right}");
        assert_eq!(same_to_server(&right, &left), expected, "{right} {left}");
    }

    #[test]
    fn a_server_keeps_64_bits() {
        check_same_to_server("1", "1.0", true);
        check_same_to_server("1000", "1e3", true);
        check_same_to_server("0.23076923076923078", "0.230769230769230769230769", true);
        check_same_to_server("0.1", "0.2", false);
        // As floats these two are one.
        check_same_to_server("9007199254740993", "9007199254740992", false);
        check_same_to_server("18446744073709551617", "18446744073709551616", true);
        // Beyond any float: not the same only because neither is one.
        check_same_to_server("1e400", "1e500", false);
        check_same_to_server("1e400", "1e400", true);
    }

    #[test]
    fn arithmetic_never_fills_the_memory() {
        let one = Number::from(1);
        let third = divide(&one, &Number::from(3)).unwrap();
        assert_eq!(format(&third), format!("0.{}", "3".repeat(60)));
        assert_eq!(
            divide(&one, &Number::from(0)),
            Err(NumberError::DivisionByZero)
        );
        assert_eq!(
            remainder(&one, &Number::from(0)),
            Err(NumberError::DivisionByZero)
        );
        assert_eq!(
            format(&remainder(&Number::from(-7), &Number::from(3)).unwrap()),
            "-1"
        );
        assert_eq!(
            power(&Number::from(10), 999_999_999),
            Err(NumberError::TooLarge)
        );
        assert_eq!(
            format(&power(&Number::from(2), 128).unwrap()),
            "340282366920938463463374607431768211456"
        );
        assert_eq!(format(&power(&Number::from(2), -2).unwrap()), "0.25");
        assert!(add(&parse("1e1000").unwrap(), &parse("1e-1000").unwrap()).is_ok());
    }
}
