//! Texts.

use super::{Context, Function, Result_, exactly, integer_at, row, text_at, texts_at, wrong};
use crate::model::value::{Members, Value};
use regex::{Captures, Regex, RegexBuilder};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "chomp",
        "text",
        exactly(1),
        "The text without line breaks at its end.",
        chomp,
    ),
    row(
        "endswith",
        "text, suffix",
        exactly(2),
        "Whether a text ends so.",
        endswith,
    ),
    row(
        "indent",
        "spaces, text",
        exactly(2),
        "All lines but the first moved right.",
        indent,
    ),
    row(
        "join",
        "separator, lists...",
        (2, None),
        "The strings of lists with a separator between.",
        join,
    ),
    row(
        "lower",
        "text",
        exactly(1),
        "The text in lower case.",
        lower,
    ),
    row(
        "regex",
        "pattern, text",
        exactly(2),
        "The first match, or its groups.",
        regex,
    ),
    row(
        "regexall",
        "pattern, text",
        exactly(2),
        "All matches.",
        regexall,
    ),
    row(
        "replace",
        "text, part, by",
        exactly(3),
        "The text with each part replaced; /a pattern/ may be given.",
        replace,
    ),
    row(
        "split",
        "separator, text",
        exactly(2),
        "The parts of a text.",
        split,
    ),
    row(
        "startswith",
        "text, prefix",
        exactly(2),
        "Whether a text starts so.",
        startswith,
    ),
    row(
        "strcontains",
        "text, part",
        exactly(2),
        "Whether a text contains another.",
        strcontains,
    ),
    row(
        "strrev",
        "text",
        exactly(1),
        "The text from back to front.",
        strrev,
    ),
    row(
        "substr",
        "text, offset, length",
        exactly(3),
        "A part of a text; -1 is to the end.",
        substr,
    ),
    row(
        "title",
        "text",
        exactly(1),
        "The text with each word's first letter in upper case.",
        title,
    ),
    row(
        "trim",
        "text, characters",
        exactly(2),
        "The text without these characters at both ends.",
        trim,
    ),
    row(
        "trimprefix",
        "text, prefix",
        exactly(2),
        "The text without a prefix.",
        trimprefix,
    ),
    row(
        "trimspace",
        "text",
        exactly(1),
        "The text without white space at both ends.",
        trimspace,
    ),
    row(
        "trimsuffix",
        "text, suffix",
        exactly(2),
        "The text without a suffix.",
        trimsuffix,
    ),
    row(
        "upper",
        "text",
        exactly(1),
        "The text in upper case.",
        upper,
    ),
];

fn chomp(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?.trim_end_matches(['\n', '\r']).into())
}

fn endswith(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?
        .ends_with(text_at(arguments, 1)?.as_ref())
        .into())
}

fn startswith(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?
        .starts_with(text_at(arguments, 1)?.as_ref())
        .into())
}

fn strcontains(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?
        .contains(text_at(arguments, 1)?.as_ref())
        .into())
}

fn indent(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let spaces = usize::try_from(integer_at(arguments, 0)?)
        .or_else(|_| wrong(0, "the number of spaces may not be negative"))?;
    let text = text_at(arguments, 1)?;
    context.text(
        text.len()
            .saturating_add(spaces.saturating_mul(text.matches('\n').count() + 1)),
    )?;
    Ok(text
        .replace('\n', &format!("\n{}", " ".repeat(spaces)))
        .into())
}

fn join(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let separator = text_at(arguments, 0)?;
    let mut texts = Vec::new();
    for at in 1..arguments.len() {
        texts.append(&mut texts_at(arguments, at)?);
    }
    let length = texts.iter().fold(0usize, |sum, text| {
        sum.saturating_add(text.len())
            .saturating_add(separator.len())
    });
    context.text(length)?;
    Ok(texts.join(separator.as_ref()).into())
}

fn lower(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?.to_lowercase().into())
}

fn upper(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?.to_uppercase().into())
}

fn title(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut result = String::new();
    let mut inside = false;
    for character in text_at(arguments, 0)?.chars() {
        if inside {
            result.push(character);
        } else {
            result.extend(character.to_uppercase());
        }
        inside = character.is_alphanumeric() || matches!(character, '_' | '\'');
    }
    Ok(result.into())
}

fn strrev(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?
        .chars()
        .rev()
        .collect::<String>()
        .into())
}

fn substr(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let characters: Vec<char> = text_at(arguments, 0)?.chars().collect();
    let (offset, length) = (integer_at(arguments, 1)?, integer_at(arguments, 2)?);
    let count = characters.len() as i64;
    let start = if offset < 0 {
        offset.saturating_add(count).max(0)
    } else {
        offset.min(count)
    };
    let end = if length < 0 {
        count
    } else {
        start.saturating_add(length).min(count)
    };
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Ok(characters
        .get(range)
        .unwrap_or_default()
        .iter()
        .collect::<String>()
        .into())
}

fn trim(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let characters: Vec<char> = text_at(arguments, 1)?.chars().collect();
    Ok(text_at(arguments, 0)?
        .trim_matches(characters.as_slice())
        .into())
}

fn trimprefix(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (text, prefix) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    Ok(text.strip_prefix(prefix.as_ref()).unwrap_or(&text).into())
}

fn trimsuffix(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (text, suffix) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    Ok(text.strip_suffix(suffix.as_ref()).unwrap_or(&text).into())
}

fn trimspace(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?.trim().into())
}

fn split(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (separator, text) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    context.values(text.len())?;
    if text.is_empty() {
        return Ok(Value::list(if separator.is_empty() {
            Vec::new()
        } else {
            vec!["".into()]
        }));
    }
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars()
            .map(|character| character.to_string().into())
            .collect()
    } else {
        text.split(separator.as_ref()).map(Value::from).collect()
    };
    Ok(Value::list(parts))
}

fn pattern(text: &str, at: usize) -> Result_<Regex> {
    match RegexBuilder::new(text)
        .size_limit(1 << 20)
        .nest_limit(100)
        .build()
    {
        Ok(pattern) => Ok(pattern),
        Err(error) => {
            let message = error.to_string();
            let last = message
                .lines()
                .last()
                .unwrap_or("")
                .trim_start_matches("error: ")
                .to_owned();
            wrong(at, format!("the pattern cannot be read: {last}"))
        }
    }
}

/// A whole match, a list of its groups, or a map of them where they have names.
fn groups(pattern: &Regex, captures: &Captures<'_>) -> Value {
    let group = |at: usize| {
        captures
            .get(at)
            .map_or(Value::NULL, |found| found.as_str().into())
    };
    let names: Vec<Option<&str>> = pattern.capture_names().collect();
    if names.len() == 1 {
        return group(0);
    }
    if names.iter().any(Option::is_some) {
        let named = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((Arc::from((*name)?), group(at))));
        return Value::object(named.collect::<Members>());
    }
    Value::list((1..names.len()).map(group).collect())
}

fn regex(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (wanted, text) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    context.values(256)?;
    let pattern = pattern(&wanted, 0)?;
    match pattern.captures(&text) {
        Some(captures) => Ok(groups(&pattern, &captures)),
        None => wrong(
            1,
            "the pattern does not match; `can(regex(...))` asks whether it does",
        ),
    }
}

fn regexall(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (wanted, text) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    context.values(256 + text.len())?;
    let pattern = pattern(&wanted, 0)?;
    Ok(Value::list(
        pattern
            .captures_iter(&text)
            .map(|captures| groups(&pattern, &captures))
            .collect(),
    ))
}

fn replace(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (text, part, by) = (
        text_at(arguments, 0)?,
        text_at(arguments, 1)?,
        text_at(arguments, 2)?,
    );
    let expression = part
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|_| part.len() > 1);
    let most = |matches: usize| text.len().saturating_add(matches.saturating_mul(by.len()));
    match expression {
        None => {
            context.text(most(if part.is_empty() {
                text.len() + 1
            } else {
                text.matches(part.as_ref()).count()
            }))?;
            Ok(text.replace(part.as_ref(), &by).into())
        }
        Some(expression) => {
            context.values(256)?;
            let pattern = pattern(expression, 1)?;
            // A replacement may repeat its groups: each is at most the whole text.
            let longest = by
                .len()
                .saturating_add(by.matches('$').count().saturating_mul(text.len()));
            context.text(
                pattern
                    .find_iter(&text)
                    .count()
                    .saturating_mul(longest)
                    .saturating_add(text.len()),
            )?;
            Ok(pattern.replace_all(&text, by.as_ref()).as_ref().into())
        }
    }
}
