//! Encodings and digests.

use super::charsets::{textdecodebase64, textencodebase64, urldecode, uuidv5};
use super::json;
use super::yaml::{yamldecode, yamlencode};
use super::{Context, Function, Result_, argument, exactly, row, text_at, wrong};
use crate::model::value::Value;
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
