//! Quantities as Kubernetes reads them: `500m`, `1Gi`, `1e3`. The server rewrites them, so that texts that differ may be
//! one amount. Pure.

use bigdecimal::BigDecimal;
use std::str::FromStr;

/// Longer texts are none: a number of a thousand digits is not worth the work.
const LONGEST: usize = 40;

/// The amount that a text names; `None`: it is no quantity.
pub fn amount(text: &str) -> Option<BigDecimal> {
    if text.len() > LONGEST {
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))?;
    let (number, suffix) = text.split_at(end);
    let factor = match suffix {
        "n" => "0.000000001",
        "u" => "0.000001",
        "m" => "0.001",
        "k" => "1000",
        "M" => "1000000",
        "G" => "1000000000",
        "T" => "1000000000000",
        "P" => "1000000000000000",
        "E" => "1000000000000000000",
        "Ki" => "1024",
        "Mi" => "1048576",
        "Gi" => "1073741824",
        "Ti" => "1099511627776",
        "Pi" => "1125899906842624",
        "Ei" => "1152921504606846976",
        _exponent => return exponent(number, suffix),
    };
    let product = BigDecimal::from_str(number).ok()? * BigDecimal::from_str(factor).ok()?;
    Some(product.normalized())
}

fn exponent(number: &str, suffix: &str) -> Option<BigDecimal> {
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let power: i64 = digits.parse().ok().filter(|power| i64::abs(*power) < 40)?;
    let number = BigDecimal::from_str(number).ok()?;
    let shift = BigDecimal::new(1.into(), -power);
    Some((number * shift).normalized())
}

/// Whether two texts name one amount. Plain numbers are amounts too.
pub fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| {
        amount(text).or_else(|| {
            let plain = text.len() <= LONGEST;
            BigDecimal::from_str(text).ok().filter(|_| plain)
        })
    };
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one.normalized() == other.normalized(),
        (Some(_) | None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_compared_and_not_texts() {
        for (one, other, wanted) in [
            ("1000m", "1", true),
            ("0.5", "500m", true),
            ("1Gi", "1024Mi", true),
            ("1G", "1Gi", false),
            ("1e3", "1k", true),
            ("1E", "1000P", true),
            ("2", "2.0", true),
            ("a", "a", false),
            ("1Xi", "1", false),
            ("", "", false),
            ("1e9999999", "1", false),
        ] {
            assert_eq!(same(one, other), wanted, "{one} {other}");
        }
    }
}
