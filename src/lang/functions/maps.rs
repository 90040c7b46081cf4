//! Maps and objects.

use super::{
    Context, Function, Result_, argument, exactly, items_at, members_at, row, text_at, texts_at,
    wrong,
};
use crate::model::value::{Data, Members, Value};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "keys",
        "map",
        exactly(1),
        "The keys of a map, sorted.",
        keys,
    )
    .opaque(),
    row(
        "lookup",
        "map, key, default",
        (2, Some(3)),
        "The member of a map, else the default.",
        lookup,
    )
    .opaque(),
    row(
        "merge",
        "maps...",
        (0, None),
        "All members of the maps, the last of each key.",
        merge,
    )
    .opaque(),
    row(
        "transpose",
        "map",
        exactly(1),
        "A map of lists turned round.",
        transpose,
    ),
    row(
        "values",
        "map",
        exactly(1),
        "The values of a map, by sorted key.",
        values,
    )
    .opaque(),
    row(
        "zipmap",
        "keys, values",
        exactly(2),
        "A map of keys and values.",
        zipmap,
    )
    .opaque(),
];

fn keys(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let members = members_at(arguments, 0)?;
    context.values(members.len())?;
    Ok(Value::list(
        members
            .keys()
            .map(|key| Data::Text(key.clone()).into())
            .collect(),
    ))
}

fn lookup(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let key = text_at(arguments, 1)?;
    match (members_at(arguments, 0)?.get(&key), arguments.get(2)) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => wrong(1, "the map has no such key, and no default is given"),
    }
}

fn merge(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut merged = Members::new();
    for at in 0..arguments.len() {
        if argument(arguments, at).is_null() {
            continue;
        }
        let members = members_at(arguments, at)?;
        context.values(members.len())?;
        merged.extend(
            members
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    Ok(Value::object(merged))
}

fn transpose(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut result: std::collections::BTreeMap<Arc<str>, Vec<Value>> =
        std::collections::BTreeMap::new();
    for (key, texts) in members_at(arguments, 0)? {
        for text in texts_at(std::slice::from_ref(texts), 0)? {
            result
                .entry(text)
                .or_default()
                .push(Data::Text(key.clone()).into());
        }
    }
    Ok(Value::object(
        result
            .into_iter()
            .map(|(key, texts)| (key, Value::list(texts)))
            .collect(),
    ))
}

fn values(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let members = members_at(arguments, 0)?;
    context.values(members.len())?;
    Ok(Value::list(members.values().cloned().collect()))
}

fn zipmap(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let keys = texts_at(arguments, 0)?;
    let values = items_at(arguments, 1)?;
    if keys.len() != values.len() {
        return wrong(
            1,
            format!("{} keys, but {} values", keys.len(), values.len()),
        );
    }
    context.values(keys.len())?;
    Ok(Value::object(
        keys.into_iter().zip(values.iter().cloned()).collect(),
    ))
}
