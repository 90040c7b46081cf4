//! Numbers.

use super::{
    Context, Function, Result_, exactly, integer_at, items_at, number_at, row, text_at, wrong,
};
use crate::lang::coerce;
use crate::model::number::{self, Number, NumberError};
use crate::model::value::Value;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "abs",
        "number",
        exactly(1),
        "The number without its sign.",
        abs,
    ),
    row(
        "ceil",
        "number",
        exactly(1),
        "The whole number at or above.",
        ceil,
    ),
    row(
        "floor",
        "number",
        exactly(1),
        "The whole number at or below.",
        floor,
    ),
    row(
        "max",
        "numbers...",
        (1, None),
        "The largest of the numbers.",
        max,
    ),
    row(
        "log",
        "number, base",
        exactly(2),
        "The logarithm of a number, to about 15 digits.",
        log,
    ),
    row(
        "min",
        "numbers...",
        (1, None),
        "The smallest of the numbers.",
        min,
    ),
    row(
        "parseint",
        "text, base",
        exactly(2),
        "The whole number that a text spells in a base of 2 to 62.",
        parseint,
    ),
    row(
        "pow",
        "number, exponent",
        exactly(2),
        "The number to a whole power.",
        pow,
    ),
    row(
        "range",
        "start, limit, step",
        (1, Some(3)),
        "The numbers from start up to, without, limit.",
        range,
    ),
    row("signum", "number", exactly(1), "-1, 0 or 1.", signum),
    row(
        "sum",
        "list",
        exactly(1),
        "The sum of the numbers in a list.",
        sum,
    ),
];

fn checked(result: Result<Number, NumberError>, at: usize) -> Result_<Value> {
    result.map_or_else(
        |error| wrong(at, error.to_string()),
        |number| Ok(number.into()),
    )
}

fn abs(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(number::absolute(number_at(arguments, 0)?.as_ref()).into())
}

fn ceil(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(number::ceil(number_at(arguments, 0)?.as_ref()).into())
}

fn floor(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(number::floor(number_at(arguments, 0)?.as_ref()).into())
}

fn numbers(arguments: &[Value]) -> Result_<Vec<Arc<Number>>> {
    (0..arguments.len())
        .map(|at| number_at(arguments, at))
        .collect()
}

fn max(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(numbers(arguments)?
        .into_iter()
        .max()
        .map_or(Value::NULL, |number| number.as_ref().clone().into()))
}

fn log(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let number = number::to_float(number_at(arguments, 0)?.as_ref());
    let base = number::to_float(number_at(arguments, 1)?.as_ref());
    if number <= 0.0 {
        return wrong(0, "only a number above zero has a logarithm");
    }
    if base <= 0.0 || base == 1.0 {
        return wrong(1, "a base is above zero and not one");
    }
    // Exactly where the library is exact: a quotient of two logarithms makes 2.9999999999999996 of log(1000, 10).
    let result = if base == 10.0 {
        number.log10()
    } else if base == 2.0 {
        number.log2()
    } else {
        number.ln() / base.ln()
    };
    number::parse(&result.to_string()).map_or_else(
        |_| wrong(0, "the result is no number"),
        |number| Ok(number.into()),
    )
}

fn min(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(numbers(arguments)?
        .into_iter()
        .min()
        .map_or(Value::NULL, |number| number.as_ref().clone().into()))
}

fn pow(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let exponent = integer_at(arguments, 1)?;
    checked(
        number::power(number_at(arguments, 0)?.as_ref(), exponent),
        0,
    )
}

fn signum(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(number::sign(number_at(arguments, 0)?.as_ref()).into())
}

fn sum(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut total = Number::from(0);
    let items = items_at(arguments, 0)?;
    if items.is_empty() {
        return wrong(0, "the list is empty");
    }
    for item in items {
        let Some(number) = coerce::number(item) else {
            return wrong(0, format!("numbers are needed, one is {}", item.title()));
        };
        total = number::add(&total, &number).or_else(|error| wrong(0, error.to_string()))?;
    }
    Ok(total.into())
}

fn range(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let numbers = numbers(arguments)?;
    let one = Number::from(1);
    let (start, limit, step) = match numbers.as_slice() {
        [limit] => (Number::from(0), limit.as_ref().clone(), None),
        [start, limit] => (start.as_ref().clone(), limit.as_ref().clone(), None),
        [start, limit, step, ..] => (
            start.as_ref().clone(),
            limit.as_ref().clone(),
            Some(step.as_ref().clone()),
        ),
        [] => return wrong(0, "a limit is needed"),
    };
    let down = limit < start;
    let step = step.unwrap_or(if down { -one } else { one });
    let direction = number::sign(&step);
    if direction == 0 || (direction < 0) != down && limit != start {
        return wrong(2, "the step must lead from start to limit");
    }
    let mut items = Vec::new();
    let mut current = start;
    while (direction > 0 && current < limit) || (direction < 0 && current > limit) {
        context.values(4)?;
        items.push(Value::from(current.clone()));
        current = number::add(&current, &step).or_else(|error| wrong(0, error.to_string()))?;
    }
    Ok(Value::list(items))
}

fn parseint(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    let base = integer_at(arguments, 1)?;
    if !(2..=62).contains(&base) {
        return wrong(1, "the base is 2 to 62");
    }
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text.as_ref()), |digits| (true, digits));
    let mut result = Number::from(0);
    if digits.is_empty() {
        return wrong(0, "the text spells no number");
    }
    for digit in digits.chars() {
        let value = match digit {
            '0'..='9' => digit as i64 - '0' as i64,
            'a'..='z' => digit as i64 - 'a' as i64 + 10,
            'A'..='Z' if base <= 36 => digit as i64 - 'A' as i64 + 10,
            'A'..='Z' => digit as i64 - 'A' as i64 + 36,
            _ => i64::MAX,
        };
        if value >= base {
            return wrong(0, format!("`{digit}` is no digit of base {base}"));
        }
        let shifted = number::multiply(&result, &Number::from(base))
            .and_then(|shifted| number::add(&shifted, &Number::from(value)));
        result = shifted.or_else(|error| wrong(0, error.to_string()))?;
    }
    Ok(if negative { -result } else { result }.into())
}
