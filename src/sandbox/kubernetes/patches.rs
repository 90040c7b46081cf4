//! JSON merge patch (RFC 7396) and JSON patch (RFC 6902) on values. Pure.

use serde_json::{Map, Value};

/// A merge patch: null removes.
pub fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut result = match target {
        Value::Object(members) => members.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    };
    for (name, change) in changes {
        if change.is_null() {
            result.remove(name);
        } else {
            let merged = merge_patch(result.get(name).unwrap_or(&Value::Null), change);
            result.insert(name.clone(), merged);
        }
    }
    Value::Object(result)
}

/// A JSON patch that cannot be carried out.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejected;

/// Carries out a JSON patch, all of it or nothing.
///
/// # Errors
/// A malformed operation, a path that is not there, a `test` that fails.
pub fn json_patch(target: &Value, patch: &Value) -> Result<Value, Rejected> {
    let mut result = target.clone();
    for operation in patch.as_array().ok_or(Rejected)? {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).ok_or(Rejected);
        let path = text("path")?;
        let value = || operation.get("value").cloned().ok_or(Rejected);
        match text("op")? {
            "test" => {
                if result.pointer(path) != Some(&value()?) {
                    return Err(Rejected);
                }
            }
            "add" => add(&mut result, path, value()?)?,
            "replace" => *result.pointer_mut(path).ok_or(Rejected)? = value()?,
            "remove" => {
                remove(&mut result, path)?;
            }
            "move" => {
                let moved = remove(&mut result, text("from")?)?;
                add(&mut result, path, moved)?;
            }
            "copy" => {
                let copied = result.pointer(text("from")?).cloned().ok_or(Rejected)?;
                add(&mut result, path, copied)?;
            }
            _ => return Err(Rejected),
        }
    }
    Ok(result)
}

fn parent<'a>(root: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Rejected> {
    let (above, last) = path.rsplit_once('/').ok_or(Rejected)?;
    let last = last.replace("~1", "/").replace("~0", "~");
    Ok((root.pointer_mut(above).ok_or(Rejected)?, last))
}

fn add(root: &mut Value, path: &str, value: Value) -> Result<(), Rejected> {
    if path.is_empty() {
        *root = value;
        return Ok(());
    }
    match parent(root, path)? {
        (Value::Object(members), last) => {
            members.insert(last, value);
            Ok(())
        }
        (Value::Array(items), last) => {
            let at = if last == "-" {
                items.len()
            } else {
                last.parse().map_err(|_| Rejected)?
            };
            if at > items.len() {
                return Err(Rejected);
            }
            items.insert(at, value);
            Ok(())
        }
        _ => Err(Rejected),
    }
}

fn remove(root: &mut Value, path: &str) -> Result<Value, Rejected> {
    match parent(root, path)? {
        (Value::Object(members), last) => members.remove(&last).ok_or(Rejected),
        (Value::Array(items), last) => {
            let at: usize = last.parse().map_err(|_| Rejected)?;
            if at < items.len() {
                Ok(items.remove(at))
            } else {
                Err(Rejected)
            }
        }
        _ => Err(Rejected),
    }
}
