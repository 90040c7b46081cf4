//! Sets: what Terraform's `set...` functions do, on any list or set.

use super::{Context, Function, FunctionError, Result_, exactly, items_at, row};
use crate::model::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "setintersection",
        "sets...",
        (1, None),
        "What is in each of the sets.",
        intersection,
    ),
    row(
        "setproduct",
        "collections...",
        (1, None),
        "Every combination of one element of each.",
        product,
    ),
    row(
        "setsubtract",
        "left, right",
        exactly(2),
        "What is in the first set and not in the second.",
        subtract,
    ),
    row(
        "setunion",
        "sets...",
        (1, None),
        "What is in any of the sets.",
        union,
    ),
];

fn union(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut items = Vec::new();
    for at in 0..arguments.len() {
        items.extend_from_slice(items_at(arguments, at)?);
    }
    Ok(Value::set(items))
}

fn as_set(arguments: &[Value], at: usize) -> Result_<Vec<Value>> {
    let set = Value::set(items_at(arguments, at)?.to_vec());
    Ok(set.as_items().unwrap_or_default().to_vec())
}

fn has(set: &[Value], item: &Value) -> bool {
    set.binary_search_by(|other| other.compare(item)).is_ok()
}

fn intersection(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut result = as_set(arguments, 0)?;
    for at in 1..arguments.len() {
        let other = as_set(arguments, at)?;
        result.retain(|item| has(&other, item));
    }
    Ok(Value::set(result))
}

fn subtract(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut result = as_set(arguments, 0)?;
    let other = as_set(arguments, 1)?;
    result.retain(|item| !has(&other, item));
    Ok(Value::set(result))
}

fn product(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
    for at in 0..arguments.len() {
        let items = items_at(arguments, at)?;
        // Charged before it is made: three lists of a thousand are a thousand million combinations.
        let count = combinations
            .len()
            .saturating_mul(items.len())
            .saturating_mul(at + 1);
        context.values(count)?;
        combinations = combinations
            .iter()
            .flat_map(|start| {
                items.iter().map(move |item| {
                    let mut longer = start.clone();
                    longer.push(item.clone());
                    longer
                })
            })
            .collect();
    }
    let results = combinations.into_iter().map(Value::list).collect();
    let sets = arguments
        .iter()
        .all(|argument| matches!(argument.data, crate::model::value::Data::Set(_)));
    Ok::<Value, FunctionError>(if sets {
        Value::set(results)
    } else {
        Value::list(results)
    })
}
