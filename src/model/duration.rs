//! Go durations: what `time.ParseDuration` reads and `Duration.String` prints, to the nanosecond. Kubernetes and Velero
//! read durations with it, so `1d`, `1h 30m` and `30` are mistakes here too. Must not know what a duration is for.

use std::fmt;

/// A Go `time.Duration`: nanoseconds in 64 bits. Two texts of one length are equal: `24h` and `1440m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GoDuration(i64);

/// Why a text is no duration; the words are Go's own.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidDuration {
    /// Anything that is not a sequence of number and unit, or does not fit.
    #[error("time: invalid duration {0}")]
    Malformed(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {0}")]
    MissingUnit(String),
    /// A unit that Go does not have, such as `d`.
    #[error("time: unknown unit {unit} in duration {duration}")]
    UnknownUnit {
        /// The unit, quoted.
        unit: String,
        /// The whole text, quoted.
        duration: String,
    },
}

/// One past the largest magnitude: 2^63, which only a negative duration may have.
const LIMIT: u64 = 1 << 63;
const SECOND: u64 = 1_000_000_000;

impl GoDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// So many nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }
    /// Nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }
    /// Whole seconds, rounded up; zero where it is negative: a limit is never shorter than what was asked for.
    pub fn seconds_rounded_up(self) -> u64 {
        u64::try_from(self.0).map_or(0, |nanoseconds| nanoseconds.div_ceil(SECOND))
    }
    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl std::str::FromStr for GoDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || InvalidDuration::Malformed(go_quote(text));
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) | None => (false, text),
        };
        if rest == "0" {
            return Ok(Self::ZERO);
        }
        if rest.is_empty() {
            return Err(malformed());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = leading_part(rest, text)?;
            rest = after;
            total = total
                .checked_add(part)
                .filter(|sum| *sum <= LIMIT)
                .ok_or_else(malformed)?;
        }
        let magnitude = i128::from(total);
        i64::try_from(if negative { -magnitude } else { magnitude })
            .map(Self)
            .map_err(|_| malformed())
    }
}

/// One `1.5h`: its nanoseconds, and the text behind it.
fn leading_part<'a>(text: &'a str, whole: &str) -> Result<(u64, &'a str), InvalidDuration> {
    let malformed = || InvalidDuration::Malformed(go_quote(whole));
    let (integer, integer_digits, rest) = leading_integer(text).ok_or_else(malformed)?;
    let (fraction, scale, fraction_digits, rest) = match rest.strip_prefix('.') {
        Some(after) => leading_fraction(after),
        None => (0, 1.0, 0, rest),
    };
    if integer_digits == 0 && fraction_digits == 0 {
        return Err(malformed());
    }
    let unit_length = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit_text, rest) = rest.split_at(unit_length);
    if unit_text.is_empty() {
        return Err(InvalidDuration::MissingUnit(go_quote(whole)));
    }
    let unit = unit_nanoseconds(unit_text).ok_or_else(|| InvalidDuration::UnknownUnit {
        unit: go_quote(unit_text),
        duration: go_quote(whole),
    })?;
    if integer > LIMIT / unit {
        return Err(malformed());
    }
    let mut nanoseconds = integer * unit;
    if fraction > 0 {
        // Go computes this in floating point; so must we, to agree on the last nanosecond.
        nanoseconds += (fraction as f64 * (unit as f64 / scale)) as u64;
        if nanoseconds > LIMIT {
            return Err(malformed());
        }
    }
    Ok((nanoseconds, rest))
}

/// Digits before a point: value, how many, the rest. `None` where it does not fit.
fn leading_integer(text: &str) -> Option<(u64, usize, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    let mut value: u64 = 0;
    for digit in digits.bytes() {
        if value > LIMIT / 10 {
            return None;
        }
        value = value * 10 + u64::from(digit - b'0');
        if value > LIMIT {
            return None;
        }
    }
    Some((value, length, rest))
}

/// Digits behind a point: value, scale, how many, the rest. Digits that no longer fit are read and dropped.
fn leading_fraction(text: &str) -> (u64, f64, usize, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    let (mut value, mut scale, mut overflow) = (0_u64, 1.0, false);
    for digit in digits.bytes() {
        if overflow {
            continue;
        }
        if value > (LIMIT - 1) / 10 {
            overflow = true;
            continue;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            overflow = true;
            continue;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale, length, rest)
}

fn unit_nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // U+00B5 is the micro sign, U+03BC the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        _ => return None,
    })
}

/// Quotes as Go's `time` package does: bytes outside of printable ASCII as `\xNN`.
fn go_quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    quoted.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

impl fmt::Display for GoDuration {
    /// As Go's `Duration.String`: `720h0m0s`, `1m30s`, `1.5s`, `100ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if magnitude < SECOND {
            return match magnitude {
                0 => f.write_str("0s"),
                1..1_000 => write!(f, "{magnitude}ns"),
                1_000..1_000_000 => write!(f, "{}\u{b5}s", decimal(magnitude, 1_000)),
                _ => write!(f, "{}ms", decimal(magnitude, 1_000_000)),
            };
        }
        let minutes = magnitude / (60 * SECOND);
        let seconds = decimal(magnitude % (60 * SECOND), SECOND);
        match (minutes / 60, minutes % 60) {
            (0, 0) => write!(f, "{seconds}s"),
            (0, minutes) => write!(f, "{minutes}m{seconds}s"),
            (hours, minutes) => write!(f, "{hours}h{minutes}m{seconds}s"),
        }
    }
}

/// `value / unit` as an exact decimal without trailing zeros.
fn decimal(value: u64, unit: u64) -> String {
    let (whole, part) = (value / unit, value % unit);
    if part == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    let fraction = format!("{part:0digits$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests;
