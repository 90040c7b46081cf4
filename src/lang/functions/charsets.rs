//! Texts as bytes of other encodings, of URLs, of names in UUIDs.

use super::{Context, Result_, text_at, wrong};
use crate::model::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::Digest as _;
use std::sync::Arc;

/// Encodings of texts, named as IANA names them.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16Little,
    Utf16Big,
    Latin1,
    Ascii,
}

fn charset(arguments: &[Value]) -> Result_<Charset> {
    let name = text_at(arguments, 1)?;
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" => Ok(Charset::Utf8),
        "UTF-16LE" => Ok(Charset::Utf16Little),
        "UTF-16BE" => Ok(Charset::Utf16Big),
        "ISO-8859-1" => Ok(Charset::Latin1),
        "US-ASCII" => Ok(Charset::Ascii),
        _ => wrong(
            1,
            "there are UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1 and US-ASCII",
        ),
    }
}

pub(super) fn textencodebase64(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len() * 3)?;
    let single = |limit: u32| -> Option<Vec<u8>> {
        let byte = |character: char| {
            let code = u32::from(character);
            u8::try_from(code).ok().filter(|_| code < limit)
        };
        text.chars().map(byte).collect()
    };
    let bytes = match charset(arguments)? {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf16Little => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Charset::Utf16Big => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Charset::Latin1 => single(256),
        Charset::Ascii => single(128),
    };
    match bytes {
        Some(bytes) => Ok(BASE64.encode(bytes).into()),
        None => wrong(0, "the encoding has not all of these characters"),
    }
}

pub(super) fn textdecodebase64(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let spelled = text_at(arguments, 0)?;
    context.text(spelled.len() * 2)?;
    let Ok(bytes) = BASE64.decode(spelled.as_bytes()) else {
        return wrong(0, "this is no base64");
    };
    let wide = |unit: fn([u8; 2]) -> u16| -> Option<String> {
        let (units, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|bytes| unit(*bytes)).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    };
    let text = match charset(arguments)? {
        Charset::Utf8 => String::from_utf8(bytes.clone()).ok(),
        Charset::Utf16Little => wide(u16::from_le_bytes),
        Charset::Utf16Big => wide(u16::from_be_bytes),
        Charset::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Charset::Ascii => bytes
            .is_ascii()
            .then(|| bytes.iter().map(|byte| char::from(*byte)).collect()),
    };
    match text {
        Some(text) => Ok(text.into()),
        None => wrong(0, "what it spells is no text of that encoding"),
    }
}

pub(super) fn urldecode(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let text = text_at(arguments, 0)?;
    context.text(text.len())?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte.unwrap_or(b' ')).to_digit(16);
                let pair = digit(rest.next()).zip(digit(rest.next()));
                let code = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                match code {
                    Some(code) => bytes.push(code),
                    None => return wrong(0, "behind a `%` stand two digits in hex"),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_or_else(
        |_| wrong(0, "what it spells is not UTF-8"),
        |text| Ok(text.into()),
    )
}

pub(super) fn uuidv5(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let namespace: Arc<str> = text_at(arguments, 0)?;
    let spelled = match namespace.as_ref() {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let lengths: Vec<usize> = spelled.split('-').map(str::len).collect();
    let digits: String = spelled.split('-').collect();
    let known = hex::decode(&digits)
        .ok()
        .filter(|_| lengths == [8, 4, 4, 4, 12]);
    let Some(known) = known else {
        return wrong(0, "a namespace is dns, url, oid, x500 or a UUID");
    };
    let mut hash = sha1::Sha1::new();
    hash.update(known);
    hash.update(text_at(arguments, 1)?.as_bytes());
    let mut bytes = hash.finalize().to_vec();
    bytes.truncate(16);
    // RFC 9562: the version in the seventh byte, the variant in the ninth.
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x50;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let digits = hex::encode(bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let parts = [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ];
    Ok(parts.join("-").into())
}
