//! Strikes secrets out of texts that others wrote: answers of servers, output of programs. A secret is recognised as it is,
//! folded, and as JSON, Go, URLs, HTML, base64 and hexadecimal digits write it, one within the other, wherever in a longer
//! text it stands; and what is left of one where somebody cut it. Must not know where a text goes.

mod secret;
#[cfg(test)]
mod tests;
mod views;

use crate::model::secret::HIDDEN;
use secret::{Folded, SHORTEST, all_of};
use serde_json::Value as Json;
use std::ops::Range;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Instead of a text that has more readings than can be searched.
const TOO_MANY: &str = "(not shown: too much of it may be encoded)";

/// Strikes secrets out of texts.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<Arc<Secret>>,
}

/// A secret or one of its lines.
struct Secret {
    text: Zeroizing<String>,
    /// What is too short to be looked for folded is looked for as it is.
    folded: Option<Folded>,
}

impl Redactor {
    /// Over these values: each whole, and each of its longer lines.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a Zeroizing<String>>) -> Self {
        let mut redactor = Self::default();
        for value in values {
            let trimmed = value.trim();
            let lines = trimmed.lines().map(str::trim);
            let lines = lines.filter(|line| line.len() >= SHORTEST);
            for text in lines.chain([trimmed]).filter(|text| !text.is_empty()) {
                redactor.add(Arc::new(Secret {
                    text: Zeroizing::new(text.to_owned()),
                    folded: Folded::of(text),
                }));
            }
        }
        redactor
    }

    /// What strikes out what either of two does.
    #[must_use]
    pub fn and(&self, other: &Redactor) -> Self {
        let mut both = self.clone();
        other
            .secrets
            .iter()
            .cloned()
            .for_each(|secret| both.add(secret));
        both
    }

    fn add(&mut self, secret: Arc<Secret>) {
        if self.secrets.iter().all(|known| known.text != secret.text) {
            self.secrets.push(secret);
        }
    }

    /// The text without them; all else is as it was.
    pub fn redact_bytes(&self, text: &[u8]) -> Vec<u8> {
        if self.secrets.is_empty() || text.is_empty() {
            return text.to_vec();
        }
        let mut found = Vec::new();
        for secret in &self.secrets {
            found.extend(all_of(text, secret.text.as_bytes()));
        }
        let is_searched = views::each(text, &mut |view| {
            let view = view.folded();
            let mut pieces = Vec::new();
            for secret in self
                .secrets
                .iter()
                .filter_map(|secret| secret.folded.as_ref())
            {
                secret.find(&view.bytes, &mut pieces);
            }
            found.extend(pieces.into_iter().filter_map(|piece| view.source(piece)));
        });
        if is_searched {
            without(text, found)
        } else {
            TOO_MANY.into()
        }
    }

    /// The text without them.
    pub fn redact(&self, text: &str) -> String {
        match String::from_utf8(self.redact_bytes(text.as_bytes())) {
            Ok(redacted) => redacted,
            // A piece may end within a character.
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// The texts within JSON without them, for they may hold JSON themselves; names of members and numbers too.
    #[must_use]
    pub fn redact_json(&self, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.redact(&text)),
            Json::Array(members) => members
                .into_iter()
                .map(|member| self.redact_json(member))
                .collect(),
            Json::Object(members) => members
                .into_iter()
                .map(|(name, member)| (self.redact(&name), self.redact_json(member)))
                .collect(),
            Json::Number(number) => {
                let text = number.to_string();
                let redacted = self.redact(&text);
                if redacted == text {
                    Json::Number(number)
                } else {
                    Json::String(redacted)
                }
            }
            plain @ (Json::Null | Json::Bool(_)) => plain,
        }
    }
}

/// The text with these parts hidden; parts that touch are one.
fn without(text: &[u8], mut parts: Vec<Range<usize>>) -> Vec<u8> {
    parts.sort_by_key(|part| part.start);
    let mut written = Vec::with_capacity(text.len());
    let mut shown = 0;
    for part in parts {
        if part.start > shown || (shown == 0 && written.is_empty()) {
            written.extend(text.get(shown..part.start).unwrap_or_default());
            written.extend(HIDDEN.as_bytes());
        }
        shown = shown.max(part.end);
    }
    written.extend(text.get(shown..).unwrap_or_default());
    written
}
