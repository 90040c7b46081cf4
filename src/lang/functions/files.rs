//! Files beside the configuration, and names of files.

use super::{
    Context, Function, Implementation, Inside, Result_, Special, exactly, glob, row, text_at, wrong,
};
use crate::lang::limits;
use crate::lang::sources::SourceError;
use crate::model::value::Value;
use base64::Engine as _;
use sha2::Digest as _;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "abspath",
        "path",
        exactly(1),
        "The path as it is: paths are relative to the configuration.",
        pathexpand,
    ),
    row(
        "basename",
        "path",
        exactly(1),
        "The last part of a path.",
        basename,
    ),
    row(
        "dirname",
        "path",
        exactly(1),
        "A path without its last part.",
        dirname,
    ),
    row(
        "file",
        "path",
        exactly(1),
        "The UTF-8 text of a file.",
        file,
    ),
    row(
        "filebase64",
        "path",
        exactly(1),
        "The bytes of a file in base64.",
        filebase64,
    ),
    row(
        "fileexists",
        "path",
        exactly(1),
        "Whether there is a file.",
        fileexists,
    ),
    row(
        "filemd5",
        "path",
        exactly(1),
        "The MD5 of a file in hex.",
        filemd5,
    ),
    row(
        "filebase64sha256",
        "path",
        exactly(1),
        "The SHA-256 of a file in base64.",
        filebase64sha256,
    ),
    row(
        "filebase64sha512",
        "path",
        exactly(1),
        "The SHA-512 of a file in base64.",
        filebase64sha512,
    ),
    row(
        "filesha1",
        "path",
        exactly(1),
        "The SHA-1 of a file in hex.",
        filesha1,
    ),
    row(
        "filesha256",
        "path",
        exactly(1),
        "The SHA-256 of a file in hex.",
        filesha256,
    ),
    row(
        "filesha512",
        "path",
        exactly(1),
        "The SHA-512 of a file in hex.",
        filesha512,
    ),
    row(
        "fileset",
        "directory, pattern",
        exactly(2),
        "Names of the files that match: *, **, ?, [abc], [!a-z], {a,b}, \\*.",
        fileset,
    ),
    Function {
        name: "templatefile",
        parameters: "path, variables",
        least: 2,
        most: Some(2),
        inside: Inside::Opaque,
        doc: "A file evaluated as a template.",
        implementation: Implementation::Special(Special::TemplateFile),
    },
    Function {
        name: "templatestring",
        parameters: "text, variables",
        least: 2,
        most: Some(2),
        inside: Inside::Opaque,
        doc: "A text evaluated as a template.",
        implementation: Implementation::Special(Special::TemplateString),
    },
];

fn bytes(context: &mut Context<'_>, arguments: &[Value]) -> Result_<(Arc<str>, Vec<u8>)> {
    let name = text_at(arguments, 0)?;
    match context.sources.read(&name, limits::FILE_BYTES) {
        Ok(bytes) => {
            context.text(bytes.len())?;
            Ok((name, bytes))
        }
        Err(error) => wrong(0, format!("{name} cannot be read: {error}")),
    }
}

fn file(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (name, bytes) = bytes(context, arguments)?;
    String::from_utf8(bytes).map_or_else(
        |_| {
            wrong(
                0,
                format!("{name} is not UTF-8; `filebase64` reads any bytes"),
            )
        },
        |text| Ok(text.into()),
    )
}

fn filebase64(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    Ok(base64::engine::general_purpose::STANDARD
        .encode(bytes)
        .into())
}

fn filemd5(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    Ok(hex::encode(md5::Md5::digest(bytes)).into())
}

fn filesha256(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    Ok(hex::encode(sha2::Sha256::digest(bytes)).into())
}

fn filesha1(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    Ok(hex::encode(sha1::Sha1::digest(bytes)).into())
}

fn filesha512(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    Ok(hex::encode(sha2::Sha512::digest(bytes)).into())
}

fn filebase64sha256(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    let digest = sha2::Sha256::digest(bytes);
    Ok(base64::engine::general_purpose::STANDARD
        .encode(digest)
        .into())
}

fn filebase64sha512(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (_, bytes) = bytes(context, arguments)?;
    let digest = sha2::Sha512::digest(bytes);
    Ok(base64::engine::general_purpose::STANDARD
        .encode(digest)
        .into())
}

fn fileexists(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let name = text_at(arguments, 0)?;
    match context.sources.exists(&name) {
        Ok(exists) => Ok(exists.into()),
        Err(error) => wrong(0, format!("{name}: {error}")),
    }
}

fn pathexpand(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    Ok(text_at(arguments, 0)?.as_ref().into())
}

fn basename(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let path = text_at(arguments, 0)?;
    let trimmed = path.trim_end_matches('/');
    Ok(match trimmed.rsplit('/').next() {
        _ if path.is_empty() => ".",
        _ if trimmed.is_empty() => "/",
        Some(last) => last,
        None => trimmed,
    }
    .into())
}

fn dirname(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let path = text_at(arguments, 0)?;
    Ok(match path.rsplit_once('/') {
        None => ".",
        Some(("", _)) => "/",
        Some((directory, _)) => directory.trim_end_matches('/'),
    }
    .into())
}

fn fileset(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let (directory, pattern) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    let search = match glob::search(&directory, &pattern) {
        Ok(Some(search)) => search,
        Ok(None) => return Ok(Value::set(Vec::new())),
        Err(why) => return wrong(1, why),
    };
    let names = match context.sources.walk(&search.directory) {
        Ok(names) => names,
        // Where there is no directory nothing matches.
        Err(SourceError::Missing) => Vec::new(),
        Err(_) if context.sources.exists(&search.directory) == Ok(true) => Vec::new(),
        Err(error) => return wrong(0, format!("{}: {error}", search.directory)),
    };
    context.values(names.len())?;
    let found = names.iter().filter(|name| search.pattern.is_match(name));
    let named = found.map(|name| format!("{}{name}", search.prefix).into());
    Ok(Value::set(named.collect()))
}
