//! `format` and `formatlist`: the verbs of Terraform, which are those of C with `%v` and `%q`.

use super::json;
use super::{Context, Function, FunctionError, Result_, row, text_at, wrong};
use crate::lang::coerce;
use crate::model::number::{self, Number};
use crate::model::value::{Data, Value};

/// Widest field and longest fraction: a wider one is a mistake, not a wish.
const WIDEST: usize = 10_000;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "format",
        "pattern, values...",
        (1, None),
        "The pattern with values put in: %s, %d, %v, %q, %05.2f, ...",
        format,
    ),
    row(
        "formatlist",
        "pattern, values...",
        (1, None),
        "The pattern once for each element of the lists.",
        formatlist,
    ),
];

fn format(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let pattern = text_at(arguments, 0)?;
    let text = fill(context, &pattern, arguments.get(1..).unwrap_or_default())?;
    Ok(text.into())
}

fn formatlist(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let pattern = text_at(arguments, 0)?;
    let values = arguments.get(1..).unwrap_or_default();
    let lengths: Vec<usize> = values
        .iter()
        .filter_map(|value| value.as_items().map(<[Value]>::len))
        .collect();
    let Some(length) = lengths.first().copied() else {
        return Ok(Value::list(vec![fill(context, &pattern, values)?.into()]));
    };
    if lengths.iter().any(|other| *other != length) {
        return wrong(1, "the lists differ in length");
    }
    let mut results = Vec::new();
    for at in 0..length {
        context.values(values.len())?;
        let row: Vec<Value> = values
            .iter()
            .map(|value| {
                value.as_items().map_or_else(
                    || value.clone(),
                    |items| items.get(at).cloned().unwrap_or(Value::NULL),
                )
            })
            .collect();
        results.push(fill(context, &pattern, &row)?.into());
    }
    Ok(Value::list(results))
}

/// One `%` with its flags.
#[derive(Default)]
struct Verb {
    letter: char,
    plus: bool,
    minus: bool,
    zero: bool,
    space: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
}

fn fill(context: &mut Context<'_>, pattern: &str, values: &[Value]) -> Result_<String> {
    let mut text = String::new();
    let mut characters = pattern.chars().peekable();
    let mut next = 0;
    let mut used = 0;
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let (verb, position) = read_verb(&mut characters)?;
        if verb.letter == '%' {
            text.push('%');
            continue;
        }
        let at = position.unwrap_or(next);
        next = at + 1;
        used = used.max(next);
        let Some(value) = values.get(at) else {
            return wrong(
                0,
                format!("there is no value {} for `%{}`", at + 1, verb.letter),
            );
        };
        let shown = one(context, &verb, value, at + 1)?;
        context.text(shown.len().max(verb.width))?;
        text.push_str(&padded(&verb, shown));
    }
    if used < values.len() {
        return wrong(used + 1, "the pattern has no verb for this value");
    }
    context.text(text.len())?;
    Ok(text)
}

fn read_verb(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result_<(Verb, Option<usize>)> {
    let mut verb = Verb::default();
    let mut position = None;
    loop {
        let Some(character) = characters.next() else {
            return wrong(0, "the pattern ends inside a verb");
        };
        match character {
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            '0' => verb.zero = true,
            ' ' => verb.space = true,
            '#' => verb.sharp = true,
            '[' => {
                let digits: String =
                    std::iter::from_fn(|| characters.next_if(char::is_ascii_digit)).collect();
                let index: usize = digits.parse().unwrap_or(0);
                if index == 0 || characters.next() != Some(']') {
                    return wrong(
                        0,
                        "`[` in a verb is followed by the number of a value and `]`",
                    );
                }
                position = Some(index - 1);
            }
            '1'..='9' => verb.width = read_number(character.to_string(), characters)?,
            '.' => verb.precision = Some(read_number(String::new(), characters)?),
            letter => {
                verb.letter = letter;
                return Ok((verb, position));
            }
        }
    }
}

fn read_number(
    start: String,
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result_<usize> {
    let digits: String = start
        .chars()
        .chain(std::iter::from_fn(|| {
            characters.next_if(char::is_ascii_digit)
        }))
        .collect();
    match digits.parse::<usize>() {
        Ok(number) if number <= WIDEST => Ok(number),
        Ok(_) => wrong(0, format!("a width is at most {WIDEST}")),
        Err(_) if digits.is_empty() => Ok(0),
        Err(_) => wrong(0, format!("a width is at most {WIDEST}")),
    }
}

fn one(context: &mut Context<'_>, verb: &Verb, value: &Value, at: usize) -> Result_<String> {
    let needs = |what: &str| {
        FunctionError::Argument(
            at,
            format!("`%{}` needs {what}, this is {}", verb.letter, value.title()),
        )
    };
    Ok(match verb.letter {
        'v' => match (&value.data, verb.sharp) {
            (Data::Text(text), false) => text.to_string(),
            (Data::Number(_) | Data::Bool(_), false) => {
                coerce::text(value).unwrap_or_default().to_string()
            }
            (_, _) => json::write(context, value)?,
        },
        's' => {
            let text = coerce::text(value).ok_or_else(|| needs("a string"))?;
            verb.precision.map_or_else(
                || text.to_string(),
                |most| text.chars().take(most).collect(),
            )
        }
        'q' => json::write(
            context,
            &Value::from(
                coerce::text(value)
                    .ok_or_else(|| needs("a string"))?
                    .as_ref(),
            ),
        )?,
        't' => coerce::boolean(value)
            .ok_or_else(|| needs("a bool"))?
            .to_string(),
        'd' => signed(
            verb,
            &number::format(&number::floor(
                coerce::number(value)
                    .ok_or_else(|| needs("a number"))?
                    .as_ref(),
            )),
        ),
        'b' | 'o' | 'x' | 'X' => {
            let number = coerce::number(value)
                .and_then(|number| number::to_integer(&number))
                .ok_or_else(|| needs("a whole number"))?;
            let digits = number.unsigned_abs();
            let digits = match verb.letter {
                'b' => format!("{digits:b}"),
                'o' => format!("{digits:o}"),
                'x' => format!("{digits:x}"),
                _ => format!("{digits:X}"),
            };
            signed(
                verb,
                &if number < 0 {
                    format!("-{digits}")
                } else {
                    digits
                },
            )
        }
        'f' | 'F' => {
            let number = coerce::number(value).ok_or_else(|| needs("a number"))?;
            signed(verb, &fixed(number.as_ref(), verb.precision.unwrap_or(6)))
        }
        'e' | 'E' | 'g' | 'G' => {
            let number = coerce::number(value).ok_or_else(|| needs("a number"))?;
            signed(verb, &scientific(number.as_ref(), verb))
        }
        other => return wrong(0, format!("there is no verb `%{other}`")),
    })
}

fn fixed(number: &Number, digits: usize) -> String {
    number
        .with_scale_round(digits as i64, bigdecimal::RoundingMode::HalfEven)
        .to_plain_string()
}

fn scientific(number: &Number, verb: &Verb) -> String {
    use bigdecimal::ToPrimitive;
    let float = number.to_f64().unwrap_or(f64::MAX);
    let (mantissa, exponent) = {
        let written = match (verb.letter, verb.precision) {
            ('e' | 'E', precision) => format!("{float:.*e}", precision.unwrap_or(6)),
            (_, Some(precision)) => format!("{float:.*e}", precision.saturating_sub(1)),
            (_, None) => format!("{float:e}"),
        };
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        (mantissa.to_owned(), exponent.parse::<i32>().unwrap_or(0))
    };
    if matches!(verb.letter, 'g' | 'G') && (-4..21).contains(&exponent) {
        return number::format(number);
    }
    let mark = if verb.letter.is_ascii_uppercase() {
        'E'
    } else {
        'e'
    };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{mark}{sign}{:02}", exponent.abs())
}

fn signed(verb: &Verb, digits: &str) -> String {
    if digits.starts_with('-') {
        digits.to_owned()
    } else if verb.plus {
        format!("+{digits}")
    } else if verb.space {
        format!(" {digits}")
    } else {
        digits.to_owned()
    }
}

fn padded(verb: &Verb, text: String) -> String {
    let missing = verb.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if verb.minus {
        return format!("{text}{}", " ".repeat(missing));
    }
    if verb.zero && !matches!(verb.letter, 's' | 'q' | 'v' | 't') {
        let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+', ' '])));
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    format!("{}{text}", " ".repeat(missing))
}
