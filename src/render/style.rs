//! How rendered text is dressed: colour or none, and where prose is wrapped. Must not know whether there is a terminal.

use crate::model::text::printable;
use unicode_width::UnicodeWidthStr;

/// Whether text carries colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Bytes of text only: pipes, files, `-no-color`.
    #[default]
    Plain,
    /// ANSI colours.
    Colour,
    /// Bytes of text only, each mark behind a NUL: whoever moves marks to the margin finds them without guessing, since no
    /// shown text has a NUL.
    Tagged,
}

/// What a piece of text is, as far as colour goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `+`.
    Add,
    /// `~`, and `->` between two values.
    Change,
    /// `-`, and what destroys.
    Remove,
    /// `.`: released.
    Release,
    /// Addresses in headers.
    Strong,
    /// Remarks and `-> null`.
    Faint,
    /// `No changes.`
    Good,
    /// `Warning:`.
    Warning,
    /// `Error:`.
    Error,
    /// `Note:`.
    Note,
}

impl Style {
    /// The text in the colours of its role.
    pub fn paint(self, role: Role, text: &str) -> String {
        match self {
            Style::Plain | Style::Tagged => text.to_owned(),
            Style::Colour => format!("\u{1b}[{}m{text}\u{1b}[0m", code(role)),
        }
    }
}

const fn code(role: Role) -> &'static str {
    match role {
        Role::Add => "32",
        Role::Change => "33",
        Role::Remove | Role::Release => "31",
        Role::Strong => "1",
        Role::Faint => "90",
        Role::Good => "1;32",
        Role::Warning => "1;33",
        Role::Error => "1;31",
        Role::Note => "1;36",
    }
}

/// Whose name stands in the two lines that tools look for by their words: the header of the actions, the note of drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaker {
    /// Ours.
    #[default]
    SkDr,
    /// Terraform's, as `-compat=terraform` asks.
    Terraform,
}

impl Speaker {
    /// The name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Speaker::SkDr => "sk-dr",
            Speaker::Terraform => "Terraform",
        }
    }
}

/// Dress of a whole text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dress {
    /// Colour.
    pub style: Style,
    /// Columns at which prose is wrapped; `None`: never, so that what a pipe carries does not depend on a window.
    pub width: Option<usize>,
    /// Who speaks in the lines that tools look for.
    pub speaker: Speaker,
}

/// Breaks prose into lines of at most `width` columns, at spaces; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return text.lines().map(str::to_owned).collect();
    };
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.width() + 1 + word.width() > width.max(20) {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The text without what could move a cursor, hide or reorder text on a terminal.
pub(crate) fn clean(text: &str) -> String {
    printable(text)
}

/// The same in one line: what stands behind a value or in a list item.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}
