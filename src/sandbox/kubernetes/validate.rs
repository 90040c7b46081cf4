//! What an object must look like: unknown fields, defaults, types, required fields, names. Must not know storage.

use super::resources::{Origin, Resource};
use super::schema::{Presence, Shape};
use super::status::Cause;
use serde_json::{Map, Value};

/// Takes out fields that the schema does not know; returns their paths (`spec.tll`).
pub fn take_unknown(value: &mut Value, shape: Shape) -> Vec<String> {
    let mut unknown = Vec::new();
    walk_unknown(value, shape, "", &mut unknown);
    unknown
}

fn walk_unknown(value: &mut Value, shape: Shape, path: &str, unknown: &mut Vec<String>) {
    match (value, shape) {
        (Value::Object(members), Shape::Object(_) | Shape::Atomic(_)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                let deeper = join(path, &name);
                match shape.member(&name) {
                    None => {
                        members.remove(&name);
                        unknown.push(deeper);
                    }
                    Some(inner) => {
                        if let Some(member) = members.get_mut(&name) {
                            walk_unknown(member, inner, &deeper, unknown);
                        }
                    }
                }
            }
        }
        (Value::Array(items), Shape::List(inner)) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk_unknown(item, *inner, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// What the API server of custom resources does before validation: null where null is not allowed counts as not sent
/// on a create, and defaults are filled in.
pub fn fill_defaults(value: &mut Value, shape: Shape) {
    match (value, shape) {
        (Value::Object(members), Shape::Object(fields) | Shape::Atomic(fields)) => {
            for field in fields {
                match members.get_mut(field.name) {
                    Some(member) => fill_defaults(member, field.shape),
                    None if field.presence == Presence::DefaultsToEmpty => {
                        members.insert(field.name.to_owned(), Value::String(String::new()));
                    }
                    None => {}
                }
            }
        }
        (Value::Array(items), Shape::List(inner)) => items
            .iter_mut()
            .for_each(|item| fill_defaults(item, *inner)),
        _ => {}
    }
}

/// Drops nulls that the schema does not allow.
pub fn drop_nulls(value: &mut Value, shape: Shape) {
    if let (Value::Object(members), Shape::Object(fields) | Shape::Atomic(fields)) = (value, shape)
    {
        for field in fields {
            if field.presence != Presence::Nullable
                && members.get(field.name).is_some_and(Value::is_null)
            {
                members.remove(field.name);
            } else if let Some(member) = members.get_mut(field.name) {
                drop_nulls(member, field.shape);
            }
        }
    }
}

/// Everything wrong with an object: types and choices first, then what is missing, as the real server lists them.
pub fn causes(object: &Value, resource: &Resource) -> Vec<Cause> {
    let mut found = Found::default();
    match resource.origin {
        Origin::Velero => found.walk(object, resource.shape, ""),
        Origin::BuiltIn => {}
    }
    found.wrong.append(&mut found.missing);
    found.wrong
}

#[derive(Default)]
struct Found {
    wrong: Vec<Cause>,
    missing: Vec<Cause>,
}

impl Found {
    fn walk(&mut self, value: &Value, shape: Shape, path: &str) {
        match (value, shape) {
            (_, Shape::Open) => {}
            (Value::Object(members), Shape::Object(fields) | Shape::Atomic(fields)) => {
                for field in fields {
                    let deeper = join(path, field.name);
                    match members.get(field.name) {
                        None if field.presence == Presence::Required => {
                            self.missing.push(Cause::new(
                                "FieldValueRequired",
                                deeper,
                                "Required value",
                            ));
                        }
                        Some(Value::Null) if field.presence == Presence::Nullable => {}
                        None => {}
                        Some(member) => self.walk(member, field.shape, &deeper),
                    }
                }
            }
            (Value::Object(members), Shape::Map(inner)) => {
                for (name, member) in members {
                    self.walk(member, *inner, &join(path, name));
                }
            }
            (Value::Array(items), Shape::List(inner)) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, *inner, &format!("{path}[{index}]"));
                }
            }
            (Value::String(text), Shape::Choice(choices)) => {
                if !choices.contains(&text.as_str()) {
                    let list: Vec<String> =
                        choices.iter().map(|choice| format!("{choice:?}")).collect();
                    let message = format!(
                        "Unsupported value: {text:?}: supported values: {}",
                        list.join(", ")
                    );
                    self.wrong
                        .push(Cause::new("FieldValueNotSupported", path, message));
                }
            }
            (Value::String(_), Shape::Text)
            | (Value::Bool(_), Shape::Boolean)
            | (Value::Array(_), Shape::Set) => {}
            (Value::Number(number), Shape::Integer) if number.is_i64() => {}
            (value, shape) => self.mismatch(value, shape, path),
        }
    }
    fn mismatch(&mut self, value: &Value, shape: Shape, path: &str) {
        let (is, wanted) = (type_name(value), shape_name(shape));
        let message =
            format!("Invalid value: {is:?}: {path} in body must be of type {wanted}: {is:?}");
        self.wrong
            .push(Cause::new("FieldValueTypeInvalid", path, message));
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Choice(_) => "string",
        Shape::Boolean => "boolean",
        Shape::Integer => "integer",
        Shape::List(_) | Shape::Set => "array",
        Shape::Map(_) | Shape::Object(_) | Shape::Atomic(_) | Shape::Open => "object",
    }
}

/// What keeps a configuration from being read as an object of the type at all; an apply answers 500 then.
pub fn untyped(configuration: &Value, shape: Shape) -> Vec<String> {
    let mut errors = Vec::new();
    walk_untyped(configuration, shape, "", &mut errors);
    errors.sort();
    errors
}

fn walk_untyped(value: &Value, shape: Shape, path: &str, errors: &mut Vec<String>) {
    match (value, shape) {
        (Value::Null, _) | (_, Shape::Open) => {}
        (Value::Object(members), Shape::Object(_) | Shape::Atomic(_) | Shape::Map(_)) => {
            for (name, member) in members {
                let deeper = format!("{path}.{name}");
                match shape.member(name) {
                    // The server reads metadata apart and drops what it does not know there.
                    None if path == ".metadata" => {}
                    None => errors.push(format!("{deeper}: field not declared in schema")),
                    Some(inner) => walk_untyped(member, inner, &deeper, errors),
                }
            }
        }
        (Value::Array(items), Shape::List(inner)) => {
            for (index, item) in items.iter().enumerate() {
                walk_untyped(item, *inner, &format!("{path}[{index}]"), errors);
            }
        }
        (Value::String(_), Shape::Text | Shape::Choice(_))
        | (Value::Bool(_), Shape::Boolean)
        | (Value::Number(_), Shape::Integer)
        | (Value::Array(_), Shape::Set) => {}
        (value, Shape::Object(_) | Shape::Atomic(_) | Shape::Map(_)) => {
            errors.push(format!("{path}: expected map, got &{{{}}}", plain(value)));
        }
        (value, Shape::List(_) | Shape::Set) => {
            errors.push(format!("{path}: expected list, got &{{{}}}", plain(value)))
        }
        (value, Shape::Boolean) => errors.push(format!(
            "{path}: expected boolean, got {}",
            unstructured(value)
        )),
        (value, Shape::Integer) => errors.push(format!(
            "{path}: expected numeric (int or float), got {}",
            plain(value)
        )),
        (value, Shape::Text | Shape::Choice(_)) => {
            errors.push(format!(
                "{path}: expected string, got {}",
                unstructured(value)
            ));
        }
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
fn unstructured(value: &Value) -> String {
    format!("&value.valueUnstructured{{Value:{value}}}")
}

/// What a change of a Secret or ConfigMap may not touch: the type of the one, and what either was told to keep.
pub fn fixed_causes(old: &Value, new: &Value, resource: &Resource) -> Vec<Cause> {
    let mut causes = Vec::new();
    let changed = |member: &str| old.get(member) != new.get(member);
    if resource.title() == "secrets" && changed("type") {
        let value = new.get("type").unwrap_or(&Value::Null);
        let message = format!("Invalid value: {value}: field is immutable");
        causes.push(Cause::new("FieldValueInvalid", "type", message));
    }
    let is_stored = matches!(resource.title().as_str(), "secrets" | "configmaps");
    if is_stored && old.get("immutable") == Some(&Value::Bool(true)) {
        for member in ["immutable", "data", "binaryData"]
            .into_iter()
            .filter(|member| changed(member))
        {
            let message = "Forbidden: field is immutable when `immutable` is set";
            causes.push(Cause::new("FieldValueForbidden", member, message));
        }
    }
    causes
}

/// What is wrong with a name.
pub fn name_cause(resource: &Resource, name: &str) -> Option<Cause> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let label = |label: &str| {
        edge(label.chars().next())
            && edge(label.chars().next_back())
            && label
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let namespace = resource.plural == "namespaces";
    let good = if namespace {
        name.len() <= 63 && label(name)
    } else {
        name.len() <= 253 && name.split('.').all(label)
    };
    if good {
        return None;
    }
    let rule = if namespace {
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    } else {
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    };
    Some(Cause::new(
        "FieldValueInvalid",
        "metadata.name",
        format!("Invalid value: {name:?}: {rule}"),
    ))
}

/// What is wrong with labels: length and characters of keys and values.
pub fn label_causes(object: &Value) -> Vec<Cause> {
    let nothing = Map::new();
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object)
        .unwrap_or(&nothing);
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let word = |text: &str| {
        text.len() <= 63
            && edge(text.chars().next())
            && edge(text.chars().next_back())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let mut found = Vec::new();
    for (key, value) in labels {
        let name = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
        if name.is_empty() || !word(name) {
            let rule = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
            found.push(Cause::new(
                "FieldValueInvalid",
                "metadata.labels",
                format!("Invalid value: {key:?}: {rule}"),
            ));
        }
        if !value.as_str().is_none_or(word) {
            let rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
            found.push(Cause::new(
                "FieldValueInvalid",
                "metadata.labels",
                format!("Invalid value: {value}: {rule}"),
            ));
        }
    }
    found
}
