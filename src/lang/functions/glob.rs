//! Patterns of file names, as Terraform's `fileset` reads them (doublestar): `*`, `**`, `?`, `[abc]`, `[!a-z]`, `{a,b}`
//! and `\`. Pure: must not know files.

use std::iter::Peekable;
use std::str::Chars;

/// Where to look, and for what.
#[derive(Debug)]
pub(super) struct Search {
    /// The directory above everything that can match.
    pub(super) directory: String,
    /// What a name below it has to be.
    pub(super) pattern: regex::Regex,
    /// Before a name, to be relative to the directory that was given.
    pub(super) prefix: String,
}

/// The search for a pattern in a directory; `None` where nothing can match. `..` and `.` are resolved as text, in the
/// pattern too.
pub(super) fn search(directory: &str, pattern: &str) -> Result<Option<Search>, &'static str> {
    let base = resolved(Vec::new(), directory);
    let mut whole = resolved(base.clone(), pattern);
    let is_plain = |part: &&&str| !part.contains(['*', '?', '[', '{', '}', '\\']);
    let plain = whole.iter().take_while(is_plain).count();
    let fixed = plain.min(whole.len().saturating_sub(1));
    let rest = whole.split_off(fixed).join("/");
    if rest.is_empty() {
        return Ok(None);
    }
    let shared = base
        .iter()
        .zip(&whole)
        .take_while(|(left, right)| left == right)
        .count();
    let up = std::iter::repeat_n("..", base.len() - shared);
    let down = whole.iter().skip(shared).copied();
    let prefix = up.chain(down).map(|part| format!("{part}/")).collect();
    let root = if directory.starts_with('/') { "/" } else { "" };
    let directory = match format!("{root}{}", whole.join("/")) {
        here if here.is_empty() => ".".to_owned(),
        other => other,
    };
    let pattern = expression(&rest)?;
    Ok(Some(Search {
        directory,
        pattern,
        prefix,
    }))
}

fn resolved<'p>(mut parts: Vec<&'p str>, path: &'p str) -> Vec<&'p str> {
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}

const UNREADABLE: &str = "the pattern cannot be read";

fn expression(pattern: &str) -> Result<regex::Regex, &'static str> {
    let mut characters = pattern.chars().peekable();
    let mut text = String::from("^");
    // For each `{` that is open, whether it began a part of the path: so does each of its alternatives.
    let mut alternatives: Vec<bool> = Vec::new();
    let mut begins_part = true;
    while let Some(character) = characters.next() {
        let began = std::mem::replace(&mut begins_part, character == '/');
        match character {
            '*' => {
                let is_double = characters.next_if_eq(&'*').is_some();
                if is_double && began && characters.peek().is_none() {
                    text.push_str(".*");
                } else if is_double && began && characters.next_if_eq(&'/').is_some() {
                    text.push_str("(?:[^/]+/)*");
                    begins_part = true;
                } else {
                    text.push_str("[^/]*");
                }
            }
            '?' => text.push_str("[^/]"),
            '[' => class(&mut characters, &mut text)?,
            '{' => {
                alternatives.push(began);
                begins_part = began;
                text.push_str("(?:");
            }
            ',' if !alternatives.is_empty() => {
                begins_part = alternatives.last().copied().unwrap_or_default();
                text.push('|');
            }
            '}' => {
                alternatives.pop().ok_or("a `}` closes no `{`")?;
                text.push(')');
            }
            '\\' => {
                let next = characters
                    .next()
                    .ok_or("nothing stands behind the last `\\`")?;
                literal(next, &mut text);
            }
            other => literal(other, &mut text),
        }
    }
    if !alternatives.is_empty() {
        return Err("a `{` is not closed");
    }
    text.push('$');
    let builder = regex::RegexBuilder::new(&text).size_limit(1 << 20).build();
    builder.map_err(|_| UNREADABLE)
}

fn literal(character: char, text: &mut String) {
    text.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

/// `[abc]`, `[a-z]`; with `!` or `^` first everything else.
fn class(characters: &mut Peekable<Chars<'_>>, text: &mut String) -> Result<(), &'static str> {
    const OPEN: &str = "a `[` is not closed";
    let is_negated = characters
        .next_if(|first| matches!(first, '!' | '^'))
        .is_some();
    let mut members: Vec<(char, char)> = Vec::new();
    loop {
        let first = match characters.next().ok_or(OPEN)? {
            ']' if members.is_empty() => return Err("nothing stands in `[]`"),
            ']' => break,
            '\\' => characters.next().ok_or(OPEN)?,
            other => other,
        };
        let is_range = characters.peek() == Some(&'-') && {
            let mut ahead = characters.clone();
            ahead.next();
            ahead.next().is_some_and(|last| last != ']')
        };
        let last = if is_range {
            characters.next();
            match characters.next().ok_or(OPEN)? {
                '\\' => characters.next().ok_or(OPEN)?,
                other => other,
            }
        } else {
            first
        };
        members.push((first, last));
    }
    let escaped = |character: char| format!("\\x{{{:x}}}", u32::from(character));
    let ranges: String = members
        .iter()
        .filter(|(first, last)| first <= last)
        .map(|(first, last)| format!("{}-{}", escaped(*first), escaped(*last)))
        .collect();
    match (ranges.is_empty(), is_negated) {
        (false, false) => text.push_str(&format!("[{ranges}]")),
        (_, true) => text.push_str(&format!("[^/{ranges}]")),
        // Only ranges that end before they begin: no character is in them.
        (true, false) => text.push_str("[a&&b]"),
    }
    Ok(())
}
