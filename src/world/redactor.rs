//! Strikes secrets out of texts that others wrote: answers of servers, output of programs. A secret is recognised as it is
//! and as JSON, URLs and base64 write it, wherever in a longer text it stands. Must not know where a text goes.

use crate::model::secret::HIDDEN;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value as Json;
use std::fmt::Write;
use zeroize::Zeroizing;

/// Shorter lines and shorter encodings are not struck out by themselves: they would blot out ordinary words.
const SHORTEST: usize = 6;

/// Strikes secrets out of texts.
#[derive(Clone, Default)]
pub struct Redactor {
    patterns: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Over these values: each whole, each of its longer lines, and each of these in other encodings.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a Zeroizing<String>>) -> Self {
        let mut patterns = Vec::new();
        for value in values {
            let trimmed = value.trim();
            let lines = trimmed.lines().map(str::trim);
            let lines: Vec<&str> = lines.filter(|line| line.len() >= SHORTEST).collect();
            if !trimmed.is_empty() {
                patterns.push(trimmed.to_owned());
                patterns.push(STANDARD.encode(value.as_bytes()));
            }
            for text in lines.into_iter().chain([trimmed]) {
                let encoded = encodings(text).into_iter();
                patterns.extend(encoded.filter(|encoding| encoding.len() >= SHORTEST));
            }
        }
        Self::of(patterns.into_iter().map(Zeroizing::new).collect())
    }

    fn of(mut patterns: Vec<Zeroizing<String>>) -> Self {
        patterns.retain(|pattern| !pattern.is_empty());
        // Longest first: a short one must not cut a longer one into pieces that remain.
        patterns.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        Self { patterns }
    }

    /// What strikes out what either of two does.
    #[must_use]
    pub fn and(&self, other: &Redactor) -> Self {
        Self::of(
            self.patterns
                .iter()
                .chain(&other.patterns)
                .cloned()
                .collect(),
        )
    }

    /// The body of an answer without them: in JSON, the texts that it holds, for they may hold JSON themselves.
    pub fn redact_body(&self, body: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(body);
        match serde_json::from_str(&text) {
            Ok(value) => redact_json(self, value).to_string().into_bytes(),
            Err(_) => self.redact(&text).into_bytes(),
        }
    }

    /// The text without them.
    pub fn redact(&self, text: &str) -> String {
        self.patterns.iter().fold(text.to_owned(), |text, pattern| {
            if text.contains(pattern.as_str()) {
                text.replace(pattern.as_str(), HIDDEN)
            } else {
                text
            }
        })
    }
}

/// Texts within JSON; names of members too.
fn redact_json(redactor: &Redactor, value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(redactor.redact(&text)),
        Json::Array(members) => members
            .into_iter()
            .map(|member| redact_json(redactor, member))
            .collect(),
        Json::Object(members) => members
            .into_iter()
            .map(|(name, member)| (redactor.redact(&name), redact_json(redactor, member)))
            .collect(),
        plain @ (Json::Null | Json::Bool(_) | Json::Number(_)) => plain,
    }
}

/// How a text is written elsewhere, itself included.
fn encodings(text: &str) -> Vec<String> {
    let json = quoted(text);
    let mut all = vec![text.to_owned(), quoted(&json), json];
    for kept in ["", "~", "!~*'()"] {
        let upper = percent(text, kept);
        all.extend([lower(&upper), upper]);
    }
    for before in 0..3 {
        all.push(base64_after(&STANDARD, text, before));
        all.push(base64_after(&URL_SAFE, text, before));
    }
    all
}

fn quoted(text: &str) -> String {
    let whole = serde_json::Value::from(text).to_string();
    let inside = whole
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}

/// As in a URL; writers differ in what they keep besides letters, digits, `-`, `_` and `.`.
fn percent(text: &str, kept: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        let is_kept = byte.is_ascii_alphanumeric()
            || b"-_.".contains(&byte)
            || kept.as_bytes().contains(&byte);
        if is_kept {
            written.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// `%2F` as `%2f`: only the digits of an escape.
fn lower(percent: &str) -> String {
    let mut left = 0;
    percent
        .chars()
        .map(|letter| {
            if letter == '%' {
                left = 2;
                letter
            } else if left > 0 {
                left -= 1;
                letter.to_ascii_lowercase()
            } else {
                letter
            }
        })
        .collect()
}

/// The characters of base64 that depend on the text alone where so many bytes (modulo 3) stand before it. One stands for
/// six bits; those that share bits with a neighbour do not count.
fn base64_after(engine: &impl Engine, text: &str, before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend(text.as_bytes());
    let encoded = engine.encode(&bytes);
    let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
    encoded.get(own).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{HIDDEN, Redactor};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use zeroize::Zeroizing;

    fn redacted(secret: &str, text: &str) -> String {
        Redactor::new([&Zeroizing::new(secret.to_owned())]).redact(text)
    }

    #[test]
    fn a_secret_is_recognised_in_other_words() {
        let secret = "s3cr\"t/with+signs~";
        for text in [
            "s3cr\"t/with+signs~",
            "s3cr\\\"t/with+signs~",
            "s3cr\\\\\\\"t/with+signs~",
            "s3cr%22t%2Fwith%2Bsigns%7E",
            "s3cr%22t%2fwith%2bsigns~",
        ] {
            assert_eq!(
                redacted(secret, &format!("a {text} b")),
                format!("a {HIDDEN} b")
            );
        }
        for before in ["", "u", "us", "usr", "user:"] {
            let text = STANDARD.encode(format!("{before}{secret}, and more"));
            assert!(redacted(secret, &text).contains(HIDDEN), "{text}");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        assert_eq!(redacted("", "nothing at all"), "nothing at all");
        assert_eq!(
            redacted("abc", "YWJj stays, only (abc) goes"),
            format!("{HIDDEN} stays, only ({HIDDEN}) goes")
        );
        assert_eq!(
            redacted("first line\nab", "ab and first line"),
            format!("ab and {HIDDEN}")
        );
    }
}
