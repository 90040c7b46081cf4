//! Points in time, as texts. There is no `timestamp()`: a plan is the same for the same input.

use super::{Context, Function, Result_, exactly, row, text_at, wrong};
use crate::model::value::Value;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "formatdate",
        "pattern, time",
        exactly(2),
        "A time as text: YYYY-MM-DD hh:mm:ss ZZZ, EEE, MMM, 'quoted'.",
        formatdate,
    ),
    row(
        "timeadd",
        "time, duration",
        exactly(2),
        "A time a duration later: timeadd(t, \"-1h30m\").",
        timeadd,
    ),
    row(
        "timecmp",
        "left, right",
        exactly(2),
        "-1, 0 or 1: which time is earlier.",
        timecmp,
    ),
];

struct Moment {
    local: DateTime,
    offset: Offset,
    instant: Timestamp,
}

fn moment(arguments: &[Value], at: usize) -> Result_<Moment> {
    let text = text_at(arguments, at)?;
    match parse(&text) {
        Some(moment) => Ok(moment),
        None => wrong(
            at,
            "this is no time of RFC 3339, such as 2026-11-25T04:00:00Z",
        ),
    }
}

fn parse(text: &str) -> Option<Moment> {
    let split = text
        .len()
        .checked_sub(1)
        .filter(|_| text.ends_with('Z'))
        .or_else(|| text.len().checked_sub(6))?;
    let (local, zone) = (text.get(..split)?, text.get(split..)?);
    if !local.contains('T') || local.len() < 19 {
        return None;
    }
    let seconds = match zone.as_bytes() {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let hours: i32 = zone.get(1..3)?.parse().ok()?;
            let minutes: i32 = zone.get(4..6)?.parse().ok()?;
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let local: DateTime = local.parse().ok()?;
    let offset = Offset::from_seconds(seconds).ok()?;
    Some(Moment {
        local,
        offset,
        instant: offset.to_timestamp(local).ok()?,
    })
}

/// Nanoseconds of a Go duration: `1h30m`, `-5m`, `1.5s`.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number = rest.get(..digits)?;
        let after = rest.get(digits..)?;
        let length = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let unit: i128 = match after.get(..length)? {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.len() > 18 {
            return None;
        }
        total += whole.parse::<i128>().unwrap_or(0) * unit;
        if !fraction.is_empty() {
            total += fraction.parse::<i128>().ok()? * unit
                / 10i128.pow(u32::try_from(fraction.len()).ok()?);
        }
        rest = after.get(length..)?;
    }
    let total = i64::try_from(if negative { -total } else { total }).ok()?;
    Some(SignedDuration::from_nanos(total))
}

fn timeadd(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let moment = moment(arguments, 0)?;
    let text = text_at(arguments, 1)?;
    let Some(duration) = duration(&text) else {
        return wrong(1, "this is no duration, such as 1h30m");
    };
    match moment.instant.checked_add(duration) {
        Ok(instant) => {
            let local = moment.offset.to_datetime(instant);
            let zone = if moment.offset.seconds() == 0 {
                "Z".to_owned()
            } else {
                zone(moment.offset, ":")
            };
            Ok(format!("{}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S")).into())
        }
        Err(_) => wrong(1, "the time is beyond the calendar"),
    }
}

fn timecmp(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let order = moment(arguments, 0)?
        .instant
        .cmp(&moment(arguments, 1)?.instant);
    Ok(Value::from(order as i64))
}

fn zone(offset: Offset, colon: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!(
        "{sign}{:02}{colon}{:02}",
        seconds.abs() / 3600,
        seconds.abs() / 60 % 60
    )
}

fn formatdate(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let pattern = text_at(arguments, 0)?;
    let moment = moment(arguments, 1)?;
    let mut text = String::new();
    let mut rest: &str = &pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('\'') {
            rest = quoted(after, &mut text)?;
            continue;
        }
        let length = rest.chars().take_while(|c| *c == first).count() * first.len_utf8();
        let (word, after) = rest.split_at(length);
        rest = after;
        if !first.is_ascii_alphabetic() {
            text.push_str(word);
            continue;
        }
        match field(word, &moment) {
            Some(field) => text.push_str(&field),
            None => {
                return wrong(
                    0,
                    format!("`{word}` means nothing; text stands in single quotes"),
                );
            }
        }
    }
    Ok(text.into())
}

/// Takes the text up to its closing quote; two quotes are one. What follows is given back.
fn quoted<'r>(mut rest: &'r str, text: &mut String) -> Result_<&'r str> {
    loop {
        let Some((before, after)) = rest.split_once('\'') else {
            return wrong(0, "a quote does not end");
        };
        text.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                text.push('\'');
                rest = more;
            }
            None => return Ok(after),
        }
    }
}

fn field(word: &str, moment: &Moment) -> Option<String> {
    let local = moment.local;
    let twelve = (local.hour() + 11) % 12 + 1;
    let half = if local.hour() < 12 { "am" } else { "pm" };
    let utc = moment.offset.seconds() == 0;
    Some(match word {
        "YYYY" => format!("{:04}", local.year()),
        "YY" => format!("{:02}", local.year() % 100),
        "MMMM" => local.strftime("%B").to_string(),
        "MMM" => local.strftime("%b").to_string(),
        "MM" => format!("{:02}", local.month()),
        "M" => local.month().to_string(),
        "DD" => format!("{:02}", local.day()),
        "D" => local.day().to_string(),
        "EEEE" => local.strftime("%A").to_string(),
        "EEE" => local.strftime("%a").to_string(),
        "hh" => format!("{:02}", local.hour()),
        "h" => local.hour().to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => half.to_uppercase(),
        "aa" => half.to_owned(),
        "mm" => format!("{:02}", local.minute()),
        "m" => local.minute().to_string(),
        "ss" => format!("{:02}", local.second()),
        "s" => local.second().to_string(),
        "ZZZZZ" => zone(moment.offset, ":"),
        "ZZZZ" => zone(moment.offset, ""),
        "ZZZ" if utc => "UTC".to_owned(),
        "ZZZ" => zone(moment.offset, ""),
        "Z" if utc => "Z".to_owned(),
        "Z" => zone(moment.offset, ":"),
        _ => return None,
    })
}
