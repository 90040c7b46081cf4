//! The last edge before a stream: whatever a text is made of, a terminal acts upon nothing but the colours and the few
//! movements that this program itself uses. What else it would act upon is written as JSON writes it, so that an answer in
//! JSON says the same. Must not know what a text says.

use crate::model::text::is_hazardous;
use std::borrow::Cow;
use std::fmt::Write;

/// Which escapes stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// None: words.
    None,
    /// Colours, and what live rows are drawn with.
    Ours,
}

/// The text as it may be printed.
pub(super) fn printed(text: &str, escapes: Escapes) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_hazardous) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match (ours(rest), escapes) {
            (Some(length), Escapes::Ours) => length,
            (_, Escapes::None) | (None, Escapes::Ours) => 0,
        };
        let taken = length.max(first.len_utf8());
        let (part, after) = rest.split_at(taken);
        if length > 0 || !is_hazardous(first) {
            written.push_str(part);
        } else if !(first == '\r' && after.starts_with('\n')) {
            for unit in first.encode_utf16(&mut [0; 2]) {
                // Writing to a text never fails.
                let _ = write!(written, "\\u{unit:04x}");
            }
        }
        rest = after;
    }
    Cow::Owned(written)
}

/// Whether nothing but letters and blanks of ASCII stand in it, as in most of what is printed. The bytes tell that in a
/// fraction of the time that taking a plan of 1 000 resources apart into characters needs.
fn is_plain(text: &str) -> bool {
    for byte in text.as_bytes() {
        if !matches!(byte, b' '..=b'~' | b'\n' | b'\t') {
            return false;
        }
    }
    true
}

/// Length of an escape of ours that a text begins with.
fn ours(text: &str) -> Option<usize> {
    let row = text.strip_prefix('\r').unwrap_or(text);
    let inside = row.strip_prefix("\u{1b}[")?;
    let end = inside.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    let (numbers, last) = (inside.get(..end)?, inside.get(end..)?.chars().next()?);
    let is_ours = match last {
        // Up over the rows, and nothing below.
        'A' => numbers.parse::<u8>().is_ok(),
        'J' => numbers.is_empty(),
        'm' => row.len() == text.len() && numbers.split(';').all(is_colour),
        _ => false,
    };
    let length = text.len() - inside.len() + end + last.len_utf8();
    is_ours.then_some(length)
}

/// Of the numbers for colours those that hide nothing.
fn is_colour(number: &str) -> bool {
    let known = |number| matches!(number, 0..=4 | 22 | 31..=37 | 39 | 90..=97);
    number.is_empty() || number.parse::<u8>().is_ok_and(known)
}

#[cfg(test)]
mod tests {
    use super::{Escapes, printed};
    use crate::render::style::{Role, Style};
    use serde_json::Value as Json;

    #[test]
    fn a_terminal_acts_upon_what_is_ours() {
        for text in [
            "plain\ttext\n",
            "\u{1b}[1;32mdone\u{1b}[0m",
            "\r\u{1b}[3A\u{1b}[J",
            "\r\u{1b}[J",
        ] {
            assert_eq!(printed(text, Escapes::Ours), text);
        }
        for role in [
            Role::Add,
            Role::Change,
            Role::Remove,
            Role::Release,
            Role::Strong,
            Role::Faint,
            Role::Good,
            Role::Warning,
            Role::Error,
            Role::Note,
        ] {
            let painted = Style::Colour.paint(role, "text");
            assert_eq!(printed(&painted, Escapes::Ours), painted);
        }
    }

    #[test]
    fn a_terminal_acts_upon_nothing_else() {
        for (text, expected) in [
            ("\u{1b}[2J\u{1b}[H", "\\u001b[2J\\u001b[H"),
            ("\u{1b}[8mhidden", "\\u001b[8mhidden"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            (
                "\u{9b}2K \u{202e}txt \u{200b}",
                "\\u009b2K \\u202etxt \\u200b",
            ),
            ("over\rwritten\r\n", "over\\u000dwritten\n"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("\u{1b}", "\\u001b"),
            ("\u{1b}[38;5;0m", "\\u001b[38;5;0m"),
        ] {
            assert_eq!(printed(text, Escapes::Ours), expected);
        }
        let words = "\u{1b}[31mred\u{1b}[0m";
        assert_eq!(printed(words, Escapes::None), "\\u001b[31mred\\u001b[0m");
    }

    #[test]
    fn json_says_the_same() {
        let value = Json::from("a\u{202e}\u{9b}\u{7f}\u{e0041}\u{1b}[2J\u{feff}");
        let text = value.to_string();
        let shown = printed(&text, Escapes::None);
        assert_ne!(shown, text);
        assert_eq!(serde_json::from_str::<Json>(&shown).unwrap(), value);
    }
}
