//! Lists, maps and what is in them.

use super::{
    Context, Function, Result_, argument, exactly, integer_at, items_at, like, row, texts_at, wrong,
};
use crate::lang::coerce;
use crate::model::number::Number;
use crate::model::value::{Data, Value};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "alltrue",
        "list",
        exactly(1),
        "Whether all of a list are true.",
        alltrue,
    ),
    row(
        "anytrue",
        "list",
        exactly(1),
        "Whether any of a list is true.",
        anytrue,
    ),
    row(
        "chunklist",
        "list, size",
        exactly(2),
        "The list in pieces of a size.",
        chunklist,
    )
    .opaque(),
    row(
        "coalesce",
        "values...",
        (1, None),
        "The first that is neither null nor an empty string.",
        coalesce,
    )
    .opaque(),
    row(
        "coalescelist",
        "lists...",
        (1, None),
        "The first list that is not empty.",
        coalescelist,
    )
    .opaque(),
    row(
        "compact",
        "list",
        exactly(1),
        "The list without nulls and empty strings.",
        compact,
    ),
    row(
        "concat",
        "lists...",
        (0, None),
        "The lists one after the other.",
        concat,
    )
    .opaque(),
    row(
        "contains",
        "list, value",
        exactly(2),
        "Whether a value is in a list.",
        contains,
    ),
    row(
        "distinct",
        "list",
        exactly(1),
        "The list with each value once, the first of each.",
        distinct,
    ),
    row(
        "element",
        "list, index",
        exactly(2),
        "An element, counted round and round.",
        element,
    )
    .opaque(),
    row(
        "flatten",
        "list",
        exactly(1),
        "The list with the lists in it taken apart.",
        flatten,
    )
    .opaque(),
    row(
        "index",
        "list, value",
        exactly(2),
        "Where a value is in a list.",
        index,
    ),
    row(
        "length",
        "value",
        exactly(1),
        "How many elements, or characters, there are.",
        length,
    )
    .opaque(),
    row(
        "matchkeys",
        "values, keys, wanted",
        exactly(3),
        "The values whose key is wanted.",
        matchkeys,
    ),
    row(
        "one",
        "list",
        exactly(1),
        "The only element, or null where there is none.",
        one,
    )
    .opaque(),
    row(
        "reverse",
        "list",
        exactly(1),
        "The list from back to front.",
        reverse,
    )
    .opaque(),
    row(
        "slice",
        "list, start, end",
        exactly(3),
        "The elements from start up to, without, end.",
        slice,
    )
    .opaque(),
    row(
        "sort",
        "list",
        exactly(1),
        "The strings of a list, sorted.",
        sort,
    ),
];

fn truths(arguments: &[Value]) -> Result_<Vec<bool>> {
    let truth = |item: &Value| {
        coerce::boolean(item).map_or_else(
            || wrong(0, format!("bools are needed, one is {}", item.title())),
            Ok,
        )
    };
    items_at(arguments, 0)?
        .iter()
        .map(|item| {
            if item.is_null() {
                Ok(false)
            } else {
                truth(item)
            }
        })
        .collect()
}

fn alltrue(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(truths(arguments)?.into_iter().all(|truth| truth).into())
}

fn anytrue(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(truths(arguments)?.into_iter().any(|truth| truth).into())
}

fn chunklist(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let items = items_at(arguments, 0)?;
    let size = integer_at(arguments, 1)?;
    context.values(items.len())?;
    match usize::try_from(size) {
        Err(_) => wrong(1, "the size may not be negative"),
        Ok(0) => Ok(Value::list(vec![Value::list(items.to_vec())])),
        Ok(size) => Ok(Value::list(
            items
                .chunks(size)
                .map(|chunk| Value::list(chunk.to_vec()))
                .collect(),
        )),
    }
}

fn coalesce(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let empty =
        |value: &&Value| value.is_null() || value.as_text().is_some_and(|text| text.is_empty());
    match arguments.iter().find(|value| !empty(value)) {
        Some(value) => Ok(value.clone()),
        None => wrong(0, "all are null or empty"),
    }
}

fn coalescelist(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    for at in 0..arguments.len() {
        if !argument(arguments, at).is_null() && !items_at(arguments, at)?.is_empty() {
            return Ok(argument(arguments, at).clone());
        }
    }
    wrong(0, "all are empty")
}

fn compact(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let items = items_at(arguments, 0)?
        .iter()
        .filter(|item| !item.is_null());
    let texts =
        items.map(|item| coerce::text(item).map_or_else(|| wrong(0, "strings are needed"), Ok));
    let texts: Vec<Arc<str>> = texts.collect::<Result_<_>>()?;
    Ok(Value::list(
        texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(|text| Data::Text(text).into())
            .collect(),
    ))
}

fn concat(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut items = Vec::new();
    for at in 0..arguments.len() {
        let more = items_at(arguments, at)?;
        context.values(more.len())?;
        items.extend_from_slice(more);
    }
    Ok(Value::list(items))
}

fn contains(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let wanted = argument(arguments, 1);
    Ok(items_at(arguments, 0)?
        .iter()
        .any(|item| item == wanted)
        .into())
}

fn distinct(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let items = items_at(arguments, 0)?;
    let mut order: Vec<usize> = (0..items.len()).collect();
    let compare = |left: &usize, right: &usize| match (items.get(*left), items.get(*right)) {
        (Some(left), Some(right)) => left.compare(right),
        (None, _) | (_, None) => std::cmp::Ordering::Equal,
    };
    order.sort_by(compare);
    order.dedup_by(|later, first| compare(later, first).is_eq());
    order.sort_unstable();
    Ok(Value::list(
        order
            .into_iter()
            .filter_map(|at| items.get(at).cloned())
            .collect(),
    ))
}

fn element(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let items = items_at(arguments, 0)?;
    let at = integer_at(arguments, 1)?;
    if items.is_empty() {
        return wrong(0, "the list is empty");
    }
    let at = usize::try_from(at.rem_euclid(items.len() as i64)).unwrap_or(0);
    Ok(items.get(at).cloned().unwrap_or(Value::NULL))
}

fn flatten(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    fn go(context: &mut Context<'_>, items: &[Value], result: &mut Vec<Value>) -> Result_<()> {
        context.values(items.len())?;
        for item in items {
            match item.as_items() {
                Some(inner) => go(context, inner, result)?,
                None => result.push(item.clone()),
            }
        }
        Ok(())
    }
    let mut result = Vec::new();
    go(context, items_at(arguments, 0)?, &mut result)?;
    Ok(Value::list(result))
}

fn index(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let wanted = argument(arguments, 1);
    match items_at(arguments, 0)?
        .iter()
        .position(|item| item == wanted)
    {
        Some(at) => Ok(Number::from(at as u64).into()),
        None => wrong(1, "the list does not contain it"),
    }
}

fn length(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let value = argument(arguments, 0);
    let length = match &value.data {
        Data::Text(text) => text.chars().count(),
        Data::List(sequence) | Data::Set(sequence) => sequence.items.len(),
        Data::Object(object) => object.members.len(),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Unknown(_) => {
            return wrong(
                0,
                format!(
                    "a list, set, map or string is needed, this is {}",
                    value.title()
                ),
            );
        }
    };
    Ok(Number::from(length as u64).into())
}

fn matchkeys(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (values, keys) = (items_at(arguments, 0)?, items_at(arguments, 1)?);
    let wanted = Value::set(items_at(arguments, 2)?.to_vec());
    let wanted = wanted.as_items().unwrap_or_default();
    if values.len() != keys.len() {
        return wrong(1, "values and keys must be equally many");
    }
    let matches = |key: &Value| wanted.binary_search_by(|other| other.compare(key)).is_ok();
    Ok(Value::list(
        values
            .iter()
            .zip(keys)
            .filter(|(_, key)| matches(key))
            .map(|(value, _)| value.clone())
            .collect(),
    ))
}

fn one(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    if argument(arguments, 0).is_null() {
        return Ok(Value::NULL);
    }
    match items_at(arguments, 0)? {
        [] => Ok(Value::NULL),
        [only] => Ok(only.clone()),
        [_, _, ..] => wrong(0, "there is more than one element"),
    }
}

fn reverse(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut items = items_at(arguments, 0)?.to_vec();
    context.values(items.len())?;
    items.reverse();
    Ok(Value::list(items))
}

fn slice(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let items = items_at(arguments, 0)?;
    let start = usize::try_from(integer_at(arguments, 1)?)
        .or_else(|_| wrong(1, "the start may not be negative"))?;
    let end = usize::try_from(integer_at(arguments, 2)?)
        .or_else(|_| wrong(2, "the end may not be negative"))?;
    match items.get(start..end) {
        Some(part) => {
            context.values(part.len())?;
            Ok(like(argument(arguments, 0), part.to_vec()))
        }
        None => wrong(2, format!("the list has {} elements", items.len())),
    }
}

fn sort(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut texts = texts_at(arguments, 0)?;
    texts.sort();
    Ok(Value::list(
        texts
            .into_iter()
            .map(|text| Data::Text(text).into())
            .collect(),
    ))
}
