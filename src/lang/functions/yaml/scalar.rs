//! What a scalar is: go-cty-yaml's mixture of YAML 1.1 (`yes`, timestamps) and 1.2 (`0o17`; `0644` is 644, no octal).

use crate::model::number::{self, Number};
use crate::model::value::Value;
use base64::Engine as _;
use jiff::civil::Date;
use regex::Regex;
use std::sync::LazyLock;

const TAGS: &str = "tag:yaml.org,2002:";

/// How a scalar stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// A resolved scalar.
pub(super) enum Scalar {
    Value(Value),
    /// `<<`: as a key it merges, anywhere else it is a text.
    Merge,
}

/// What a scalar may be by its first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Nothing,
    Word,
    Point,
    Number,
    Text,
}

#[expect(clippy::unwrap_used, reason = "constant patterns, each used by a test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static INTEGER: LazyLock<Regex> =
    LazyLock::new(|| pattern("^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"));
static FLOAT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))|(?: ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?))?$",
    )
});

/// The value of a scalar. `tag` is written out in full.
pub(super) fn resolve(tag: Option<&str>, text: &str, style: Style) -> Result<Scalar, String> {
    let tag = match tag {
        None => "",
        Some(tag) => match tag.strip_prefix(TAGS) {
            Some(name @ ("str" | "bool" | "int" | "float" | "null" | "timestamp" | "binary")) => {
                name
            }
            Some(_) | None => return Err(format!("the tag {tag} is not known")),
        },
    };
    let hint = hint(text);
    let mut meant = tag;
    if hint != Hint::Text && !matches!(tag, "str" | "binary") {
        if style == Style::Quoted {
            return Ok(Scalar::Value(text.into()));
        }
        if let Some(word) = word(text) {
            return word.map(Scalar::Value);
        }
        if tag.is_empty() && matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Err("a number cannot be NaN".to_owned());
        }
        match hint {
            Hint::Point => {
                if let Some(number) = decimal(text)? {
                    return Ok(Scalar::Value(number.into()));
                }
            }
            Hint::Number => {
                if matches!(tag, "" | "timestamp")
                    && let Some(time) = time(text)
                {
                    return Ok(Scalar::Value(time.into()));
                }
                if INTEGER.is_match(text) || FLOAT.is_match(text) {
                    meant = "float";
                }
            }
            Hint::Nothing | Hint::Word | Hint::Text => {}
        }
    }
    if tag.is_empty() && text == "<<" {
        return Ok(Scalar::Merge);
    }
    tagged(meant, text).map(Scalar::Value)
}

fn tagged(tag: &str, text: &str) -> Result<Value, String> {
    let not = || Err(format!("`{text}` cannot be read as !!{tag}"));
    match tag {
        "binary" => {
            let bytes: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
            let engine = base64::engine::general_purpose::STANDARD;
            if engine.decode(bytes).is_ok() {
                Ok(text.into())
            } else {
                not()
            }
        }
        "bool" => match word(text) {
            Some(Ok(value)) if matches!(value.data, crate::model::value::Data::Bool(_)) => {
                Ok(value)
            }
            Some(_) | None => not(),
        },
        "int" | "float" => match integer(&text.replace('_', ""))? {
            Some(number) => Ok(number.into()),
            None => not(),
        },
        "timestamp" => time(text).map_or_else(not, |time| Ok(time.into())),
        "null" => Ok(Value::NULL),
        _ => Ok(text.into()),
    }
}

fn hint(text: &str) -> Hint {
    match text.bytes().next() {
        None => Hint::Nothing,
        Some(b'+' | b'-' | b'0'..=b'9') => Hint::Number,
        Some(b'.') => Hint::Point,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            Hint::Word
        }
        Some(_) => Hint::Text,
    }
}

/// The words that are no texts. A number without end cannot be held.
fn word(text: &str) -> Option<Result<Value, String>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Ok(true.into())
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Ok(false.into())
        }
        "" | "~" | "null" | "Null" | "NULL" => Ok(Value::NULL),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" => {
            Err("a number without end cannot be held".to_owned())
        }
        _ => return None,
    })
}

/// A decimal number, a point at either end included. Go reads no underscores here.
fn decimal(text: &str) -> Result<Option<Number>, String> {
    if !FLOAT.is_match(text) {
        return Ok(None);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let before = if mantissa.starts_with('.') { "0" } else { "" };
    let after = if mantissa.ends_with('.') { "0" } else { "" };
    number::parse(&format!("{sign}{before}{mantissa}{after}{exponent}"))
        .map(Some)
        .map_err(|why| format!("the number {text} cannot be held: {why}"))
}

/// A decimal number, or a whole one of 64 bits with a prefix.
fn integer(text: &str) -> Result<Option<Number>, String> {
    if let Some(number) = decimal(text)? {
        return Ok(Some(number));
    }
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let read = |digits: &str, base| u64::from_str_radix(digits, base).ok();
    let magnitude = match lower.get(..2) {
        _ if digits.contains(['+', '-']) => None,
        Some("0x") => lower.get(2..).and_then(|digits| read(digits, 16)),
        Some("0o") => lower.get(2..).and_then(|digits| read(digits, 8)),
        Some("0b") => lower.get(2..).and_then(|digits| read(digits, 2)),
        Some(_) | None => None,
    };
    Ok(magnitude.map(Number::from).and_then(|number| {
        let least = Number::from(i64::MIN);
        match is_negative {
            true if -&number < least => None,
            true => Some(-number),
            false => Some(number),
        }
    }))
}

/// A time as RFC 3339 writes it, without fractions of a second: Terraform has no times.
fn time(text: &str) -> Option<String> {
    let found = TIME.captures(text)?;
    let part = |at: usize| found.get(at).map(|part| part.as_str());
    let number = |at: usize| part(at).map_or(Some(0), |digits| digits.parse::<i16>().ok());
    let day = Date::new(
        number(1)?,
        i8::try_from(number(2)?).ok()?,
        i8::try_from(number(3)?).ok()?,
    )
    .ok()?;
    let (hour, minute, second) = match part(4) {
        Some(_) => (number(4)?, number(5)?, number(6)?),
        None => (number(8)?, number(9)?, number(10)?),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let zone = part(7).unwrap_or("Z");
    let offset = |from: usize| {
        zone.get(from..from + 2)
            .and_then(|two| two.parse::<u8>().ok())
    };
    let zone = match zone {
        "Z" | "+00:00" | "-00:00" => "Z",
        _ if offset(1)? > 24 || offset(4)? > 60 => return None,
        other => other,
    };
    Some(format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}{zone}",
        day.year(),
        day.month(),
        day.day()
    ))
}
