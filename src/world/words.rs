//! The one place where words of others enter: what servers answer, what programs print, what a library says of either.
//! Here they are limited in size, secrets are struck out of the bytes as they came, what a terminal would act upon is
//! made visible, and only then may they be folded or cut: a secret that is folded first, or cut in two, is recognised
//! by nobody. What comes out can be shown anywhere. Must not know who spoke.

use super::redactor::Redactor;
use crate::model::text::printable;
use serde_json::Value as Json;
use std::fmt;

/// Bytes of a failure that are read; nobody reads more, and searching it takes its time.
pub const MOST: usize = 256 * 1024;
/// Characters of one line in a message.
const LINE: usize = 2000;

/// Words of others that may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Of bytes as they came; the rest of more than [`MOST`] is not looked at.
    pub fn of(bytes: &[u8], redactor: &Redactor) -> Self {
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        let redacted = redactor.redact_bytes(bytes);
        let text = String::from_utf8_lossy(&redacted).replace("\r\n", "\n");
        Self(printable(&text))
    }

    /// Of the end of what a program printed.
    pub fn at_the_end(bytes: &[u8], redactor: &Redactor) -> Self {
        let from = bytes.len().saturating_sub(MOST);
        Self::of(bytes.get(from..).unwrap_or(bytes), redactor)
    }

    /// On one line, with so many characters of it.
    pub fn line_of(&self, most: usize) -> String {
        let words: Vec<&str> = self.0.split_whitespace().collect();
        let line = words.join(" ");
        match line.char_indices().nth(most) {
            Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
            None => line,
        }
    }

    /// On one line.
    pub fn line(&self) -> String {
        self.line_of(LINE)
    }

    /// Its last characters, lines kept.
    pub fn end_of(&self, most: usize) -> String {
        let text = self.0.trim();
        let cut = text.chars().count().saturating_sub(most);
        match text.char_indices().nth(cut) {
            Some((start, _)) if cut > 0 => text.get(start..).unwrap_or_default().to_owned(),
            Some(_) | None => text.to_owned(),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// JSON of others whose texts may be shown, names of members too.
pub fn said_json(value: Json, redactor: &Redactor) -> Json {
    made_printable(redactor.redact_json(value))
}

fn made_printable(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(printable(&text)),
        Json::Array(members) => members.into_iter().map(made_printable).collect(),
        Json::Object(members) => members
            .into_iter()
            .map(|(name, member)| (printable(&name), made_printable(member)))
            .collect(),
        plain @ (Json::Null | Json::Bool(_) | Json::Number(_)) => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Said};
    use crate::model::secret::HIDDEN;
    use crate::world::redactor::Redactor;
    use zeroize::Zeroizing;

    const SECRET: &str = "kc9  x7\tPq\u{a0}rR2";

    fn said(text: &str) -> Said {
        let secret = Zeroizing::new(SECRET.to_owned());
        Said::of(text.as_bytes(), &Redactor::new([&secret]))
    }

    #[test]
    fn secrets_go_before_anything_is_folded_or_cut() {
        for most in [1_usize, 7, 200, 1024] {
            for before in most.saturating_sub(SECRET.len() + 1)..=most {
                let text = format!("{}{SECRET} end", "x".repeat(before));
                let line = said(&text).line_of(most);
                assert!(!line.contains("kc"), "{line}");
                let text = format!("end {SECRET}{}", "x".repeat(before));
                let end = said(&text).end_of(most);
                assert!(!end.contains("R2"), "{end}");
            }
        }
        assert_eq!(
            said(&format!("a\n  {SECRET}\n b")).line(),
            format!("a {HIDDEN} b")
        );
    }

    #[test]
    fn a_terminal_acts_upon_nothing() {
        let text = said("red\u{1b}[31m \u{202e}right \u{9b}2K\u{7}\r\nnext\u{2028}line\u{200b}");
        assert!(
            text.to_string()
                .chars()
                .all(|c| c == '\n' || !c.is_control())
        );
        assert_eq!(
            text.line(),
            "red\u{fffd}[31m \u{fffd}right \u{fffd}2K\u{fffd} next\u{fffd}line\u{fffd}"
        );
    }

    #[test]
    fn no_message_is_long() {
        let long = "word ".repeat(10 * MOST);
        assert_eq!(said(&long).line().chars().count(), 2003);
        assert_eq!(said(&long).line_of(3), "wor...");
        assert!(said(&long).to_string().len() <= MOST);
    }
}
