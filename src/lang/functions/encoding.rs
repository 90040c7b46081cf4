//! Encodings and digests.

use super::charsets::{textdecodebase64, textencodebase64, urldecode, uuidv5};
use super::json;
use super::{Context, Function, Result_, argument, exactly, row, text_at, wrong};
use crate::model::number;
use crate::model::value::{Data, Members, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::Digest as _;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "base64decode",
        "text",
        exactly(1),
        "The UTF-8 text that base64 spells.",
        base64decode,
    ),
    row(
        "base64encode",
        "text",
        exactly(1),
        "The text in base64.",
        base64encode,
    ),
    row(
        "base64sha256",
        "text",
        exactly(1),
        "The SHA-256 of a text in base64.",
        base64sha256,
    ),
    row(
        "base64sha512",
        "text",
        exactly(1),
        "The SHA-512 of a text in base64.",
        base64sha512,
    ),
    row(
        "csvdecode",
        "text",
        exactly(1),
        "A list of objects, one a line, keys from the first.",
        csvdecode,
    ),
    row(
        "jsondecode",
        "text",
        exactly(1),
        "The value that a JSON text spells.",
        jsondecode,
    ),
    row(
        "jsonencode",
        "value",
        exactly(1),
        "The value as JSON.",
        jsonencode,
    ),
    row("md5", "text", exactly(1), "The MD5 of a text in hex.", md5),
    row(
        "sha1",
        "text",
        exactly(1),
        "The SHA-1 of a text in hex.",
        sha1,
    ),
    row(
        "sha256",
        "text",
        exactly(1),
        "The SHA-256 of a text in hex.",
        sha256,
    ),
    row(
        "sha512",
        "text",
        exactly(1),
        "The SHA-512 of a text in hex.",
        sha512,
    ),
    row(
        "textdecodebase64",
        "text, encoding",
        exactly(2),
        "The text whose bytes in an encoding base64 spells: UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1, US-ASCII.",
        textdecodebase64,
    ),
    row(
        "textencodebase64",
        "text, encoding",
        exactly(2),
        "The bytes of a text in an encoding, in base64: UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1, US-ASCII.",
        textencodebase64,
    ),
    row(
        "urldecode",
        "text",
        exactly(1),
        "The text that a part of a URL's query spells.",
        urldecode,
    ),
    row(
        "urlencode",
        "text",
        exactly(1),
        "The text as part of a URL's query.",
        urlencode,
    ),
    row(
        "uuidv5",
        "namespace, name",
        exactly(2),
        "The UUID of a name in a namespace: dns, url, oid, x500 or a UUID.",
        uuidv5,
    ),
    row(
        "yamldecode",
        "text",
        exactly(1),
        "The value that a YAML text spells.",
        yamldecode,
    ),
    row(
        "yamlencode",
        "value",
        exactly(1),
        "The value as YAML.",
        yamlencode,
    ),
];

fn base64decode(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    let Ok(bytes) = BASE64.decode(text.as_bytes()) else {
        return wrong(0, "this is no base64");
    };
    String::from_utf8(bytes).map_or_else(
        |_| wrong(0, "what it spells is not UTF-8"),
        |text| Ok(text.into()),
    )
}

fn base64encode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len() * 2)?;
    Ok(BASE64.encode(text.as_bytes()).into())
}

fn base64sha256(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(BASE64
        .encode(sha2::Sha256::digest(text_at(arguments, 0)?.as_bytes()))
        .into())
}

fn base64sha512(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let digest = sha2::Sha512::digest(text_at(arguments, 0)?.as_bytes());
    Ok(BASE64.encode(digest).into())
}

fn sha1(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(hex::encode(sha1::Sha1::digest(text_at(arguments, 0)?.as_bytes())).into())
}

fn md5(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(hex::encode(md5::Md5::digest(text_at(arguments, 0)?.as_bytes())).into())
}

fn sha256(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(hex::encode(sha2::Sha256::digest(text_at(arguments, 0)?.as_bytes())).into())
}

fn sha512(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(hex::encode(sha2::Sha512::digest(text_at(arguments, 0)?.as_bytes())).into())
}

fn urlencode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len() * 3)?;
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(byte as char)
            }
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(encoded.into())
}

fn jsonencode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(json::write(context, argument(arguments, 0))?.into())
}

fn jsondecode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    json::read(context, &text_at(arguments, 0)?)
}

fn yamldecode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len().saturating_mul(4))?;
    match serde_yaml_ng::from_str::<serde_yaml_ng::Value>(&text) {
        Ok(value) => {
            let mut left = 1_000_000;
            from_yaml(&value, &mut left).map_or_else(|message| wrong(0, message), Ok)
        }
        Err(error) => wrong(0, format!("this is no YAML: {error}")),
    }
}

/// `left` counts values: aliases of aliases would grow without end.
fn from_yaml(value: &serde_yaml_ng::Value, left: &mut u64) -> Result<Value, String> {
    *left = left.checked_sub(1).ok_or("it holds too many values")?;
    Ok(match value {
        serde_yaml_ng::Value::Null => Value::NULL,
        serde_yaml_ng::Value::Bool(value) => (*value).into(),
        serde_yaml_ng::Value::Number(value) => match number::parse(&value.to_string()) {
            Ok(number) => number.into(),
            Err(_) => return Err(format!("the number {value} cannot be held")),
        },
        serde_yaml_ng::Value::String(text) => text.as_str().into(),
        serde_yaml_ng::Value::Sequence(items) => Value::list(
            items
                .iter()
                .map(|item| from_yaml(item, left))
                .collect::<Result<_, _>>()?,
        ),
        serde_yaml_ng::Value::Mapping(members) => {
            let mut converted = Members::new();
            for (key, member) in members {
                let key = match from_yaml(key, left)? {
                    key if crate::lang::coerce::text(&key).is_some() => {
                        crate::lang::coerce::text(&key).unwrap_or_default()
                    }
                    key => return Err(format!("a key is {}", key.title())),
                };
                converted.insert(key, from_yaml(member, left)?);
            }
            Value::object(converted)
        }
        serde_yaml_ng::Value::Tagged(tagged) => {
            return Err(format!("the tag {} is not known", tagged.tag));
        }
    })
}

fn yamlencode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let mut text = String::new();
    write_yaml(argument(arguments, 0), 0, &mut text)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    context.text(text.len())?;
    Ok(text.into())
}

/// Block style with every text in double quotes, as Terraform writes it.
fn write_yaml(value: &Value, level: usize, text: &mut String) -> Result_<()> {
    match &value.data {
        Data::Null => text.push_str("null"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Data::Number(value) => text.push_str(&number::format(value)),
        Data::Text(value) => text.push_str(&yaml_text(value)),
        Data::Unknown(_) => return wrong(0, "the value is not known"),
        Data::List(sequence) | Data::Set(sequence) => {
            if sequence.items.is_empty() {
                text.push_str("[]");
            }
            for (at, item) in sequence.items.iter().enumerate() {
                if at > 0 {
                    line(level, text);
                }
                text.push_str("- ");
                write_yaml(item, level + 1, text)?;
            }
        }
        Data::Object(object) => {
            if object.members.is_empty() {
                text.push_str("{}");
            }
            for (at, (name, member)) in object.members.iter().enumerate() {
                if at > 0 {
                    line(level, text);
                }
                text.push_str(&yaml_text(name));
                text.push(':');
                let (inner, filled) = match &member.data {
                    Data::Object(object) => (level + 1, !object.members.is_empty()),
                    Data::List(sequence) | Data::Set(sequence) => {
                        (level, !sequence.items.is_empty())
                    }
                    Data::Null
                    | Data::Bool(_)
                    | Data::Number(_)
                    | Data::Text(_)
                    | Data::Unknown(_) => (level, false),
                };
                if filled {
                    line(inner, text);
                } else {
                    text.push(' ');
                }
                write_yaml(member, inner, text)?;
            }
        }
    }
    Ok(())
}

/// A text in double quotes. YAML takes fewer characters than JSON as they are, and folds lines at more of them.
fn yaml_text(text: &str) -> String {
    let mut quoted = String::new();
    for character in crate::model::text::quote(text).chars() {
        if matches!(
            character,
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        ) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            quoted.push(character);
        }
    }
    quoted
}

fn line(level: usize, text: &mut String) {
    text.push('\n');
    text.push_str(&"  ".repeat(level));
}

fn csvdecode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len().saturating_mul(8))?;
    let mut rows = csv_rows(&text)?.into_iter();
    let Some(header) = rows.next() else {
        return wrong(0, "the first line must name the columns");
    };
    let mut objects = Vec::new();
    for row in rows {
        if row.len() != header.len() {
            return wrong(
                0,
                format!(
                    "a line has {} fields, the first has {}",
                    row.len(),
                    header.len()
                ),
            );
        }
        let members = header
            .iter()
            .zip(row)
            .map(|(name, field)| (name.as_str().into(), field.into()));
        objects.push(Value::object(members.collect()));
    }
    context.values(objects.len())?;
    Ok(Value::list(objects))
}

fn csv_rows(text: &str) -> Result_<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            ('"', true) => quoted = false,
            ('"', false) if field.is_empty() => quoted = true,
            (',', false) => row.push(std::mem::take(&mut field)),
            ('\r', false) if characters.peek() == Some(&'\n') => {}
            ('\n', false) => {
                if !(row.is_empty() && field.is_empty()) {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
            }
            (other, _) => field.push(other),
        }
    }
    if quoted {
        return wrong(0, "a quoted field does not end");
    }
    if !(row.is_empty() && field.is_empty()) {
        row.push(field);
        rows.push(row);
    }
    Ok(rows)
}
