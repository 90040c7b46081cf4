//! A first look at a file, before the parser: cuts it into top-level pieces, so that one syntax error does not hide the
//! next, and finds at their cause the mistakes that the parser would report somewhere else or not survive: texts,
//! heredocs, comments and brackets that never end, nesting and object literals beyond the limits.
//! Must not know what a block means.

use super::limits;
use crate::diag::{Diagnostic, FileId, Span};
use std::ops::Range;

/// First words of blocks. A line that starts with one at its first column is where reading goes on after a mistake.
const FIRST_WORDS: &[&str] = &[
    "check",
    "data",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "recovery",
    "removed",
    "resource",
    "secret",
    "sk_dr",
    "terraform",
    "variable",
];

/// The byte ranges of the top-level pieces in which no mistake was found.
pub fn scan(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Vec<Range<usize>> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        file,
        at: 0,
        stack: Vec::new(),
        pieces: Vec::new(),
        piece: None,
        last: Token::Other,
        suspect: None,
        mistakes: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        scanner.at = '\u{feff}'.len_utf8();
    }
    scanner.run();
    diagnostics.append(&mut scanner.mistakes);
    scanner.pieces
}

enum Frame {
    Brace { at: usize, role: Role, keys: i64 },
    Bracket { at: usize },
    Parenthesis { at: usize },
    Interpolation { at: usize },
    Text { at: usize },
    Heredoc { at: usize, word: Range<usize> },
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Block,
    Object,
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Word,
    Text,
    Other,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    file: FileId,
    at: usize,
    stack: Vec<Frame>,
    pieces: Vec<Range<usize>>,
    piece: Option<usize>,
    last: Token,
    /// A brace whose closing one stands in another column: likely the one that is not closed.
    suspect: Option<usize>,
    mistakes: Vec<Diagnostic>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            if self.mistakes.len() >= limits::SYNTAX_ERRORS {
                return;
            }
            let before = self.at;
            match self.stack.last() {
                Some(Frame::Text { at }) => self.in_text(*at),
                Some(Frame::Heredoc { .. }) => self.in_heredoc(),
                Some(
                    Frame::Brace { .. }
                    | Frame::Bracket { .. }
                    | Frame::Parenthesis { .. }
                    | Frame::Interpolation { .. },
                )
                | None => self.in_code(),
            }
            debug_assert!(self.at > before, "the scanner must go on");
            self.at = self.at.max(before + 1);
        }
        self.end();
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn looking_at(&self, text: &str) -> bool {
        self.bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    fn line_end(&self, from: usize) -> usize {
        self.bytes
            .get(from..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
            .map_or(self.bytes.len(), |at| from + at)
    }

    fn line_start(&self, of: usize) -> usize {
        self.bytes
            .get(..of)
            .and_then(|before| before.iter().rposition(|byte| *byte == b'\n'))
            .map_or(0, |at| at + 1)
    }

    fn line_number(&self, of: usize) -> usize {
        self.bytes.get(..of).map_or(0, |before| {
            before.iter().filter(|byte| **byte == b'\n').count()
        }) + 1
    }

    fn indentation(&self, of: usize) -> usize {
        let start = self.line_start(of);
        self.bytes.get(start..).map_or(0, |line| {
            line.iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count()
        })
    }

    fn span(&self, start: usize, length: usize) -> Span {
        Span {
            file: self.file,
            start,
            end: (start + length).min(self.bytes.len()),
        }
    }

    /// Notes a mistake, drops the piece it is in and goes on at the next block.
    fn mistake(&mut self, diagnostic: Diagnostic, from: usize) {
        self.mistakes.push(diagnostic);
        self.stack.clear();
        self.piece = None;
        self.suspect = None;
        self.last = Token::Other;
        let mut at = self.line_end(from).max(self.at);
        while at < self.bytes.len() {
            at += 1;
            if self.starts_block(at) {
                break;
            }
            at = self.line_end(at);
        }
        self.at = at;
    }

    fn starts_block(&self, at: usize) -> bool {
        let Some(rest) = self.text.get(at..) else {
            return false;
        };
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        FIRST_WORDS.contains(&word)
            && after
                .trim_start_matches([' ', '\t'])
                .starts_with(['"', '{'])
    }

    fn in_text(&mut self, opened: usize) {
        match self.byte(self.at) {
            b'\\' if self.byte(self.at + 1) != b'\n' => self.at += 2,
            b'"' => {
                self.stack.pop();
                self.last = Token::Text;
                self.at += 1;
            }
            b'\n' => {
                let diagnostic = Diagnostic::error(
                    "unterminated-string",
                    "Unterminated string",
                    "the text that starts here has no closing quote on its line",
                )
                .at(self.span(opened, 1))
                .hint("close it with `\"`; a text of several lines is written as a heredoc: <<EOT");
                self.mistake(diagnostic, opened);
            }
            b'$' | b'%' => self.marker(),
            _ => self.at += 1,
        }
    }

    /// `${`, `%{`, or their escapes `$${`, `%%{`.
    fn marker(&mut self) {
        let (first, second, third) = (
            self.byte(self.at),
            self.byte(self.at + 1),
            self.byte(self.at + 2),
        );
        if second == first && third == b'{' {
            self.at += 3;
        } else if second == b'{' {
            self.push(Frame::Interpolation { at: self.at }, 2);
        } else {
            self.at += 1;
        }
    }

    fn in_heredoc(&mut self) {
        let Some(Frame::Heredoc { word, .. }) = self.stack.last() else {
            return;
        };
        let delimiter = self.text.get(word.clone()).unwrap_or("");
        if self.line_start(self.at) == self.at {
            let line = self.text.get(self.at..self.line_end(self.at)).unwrap_or("");
            let content = line.trim_start_matches([' ', '\t']);
            if content
                .strip_prefix(delimiter)
                .is_some_and(|rest| !rest.starts_with(is_word))
            {
                self.at += line.len() - content.len() + delimiter.len();
                self.stack.pop();
                self.last = Token::Text;
                return;
            }
        }
        match self.byte(self.at) {
            b'$' | b'%' => self.marker(),
            _ => self.at = self.next_of(self.at + 1, b"$%\n"),
        }
    }

    /// Where the next of these bytes is; one past a line break counts too, since a line may end a heredoc.
    fn next_of(&self, from: usize, wanted: &[u8]) -> usize {
        if self.byte(from - 1) == b'\n' {
            return from;
        }
        self.bytes
            .get(from..)
            .and_then(|rest| rest.iter().position(|byte| wanted.contains(byte)))
            .map_or(self.bytes.len(), |at| from + at)
    }

    fn push(&mut self, frame: Frame, length: usize) {
        if self.stack.len() >= limits::NESTING {
            let diagnostic = Diagnostic::error(
                "too-deep",
                "Nested too deep",
                format!("brackets may be nested at most {} levels", limits::NESTING),
            )
            .at(self.span(self.at, 1));
            self.mistake(diagnostic, self.at);
            return;
        }
        self.stack.push(frame);
        self.last = Token::Other;
        self.at += length;
    }

    fn in_code(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' => self.line_break(),
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' => self.at = self.line_end(self.at),
            b'/' if self.looking_at("//") => self.at = self.line_end(self.at),
            b'/' if self.looking_at("/*") => self.comment(),
            _ => {
                self.piece.get_or_insert(self.at);
                self.token(byte);
            }
        }
    }

    fn line_break(&mut self) {
        self.at += 1;
        if self.stack.is_empty() {
            if let Some(start) = self.piece.take() {
                self.pieces.push(start..self.at - 1);
            }
            self.suspect = None;
            self.last = Token::Other;
        } else if self.starts_block(self.at)
            && !self
                .stack
                .iter()
                .any(|frame| matches!(frame, Frame::Text { .. }))
        {
            let diagnostic = self.unclosed();
            let at = self.at - 1;
            self.at = at;
            self.mistake(diagnostic, at);
        }
    }

    fn comment(&mut self) {
        let end = self
            .text
            .get(self.at + 2..)
            .and_then(|rest| rest.find("*/"));
        match end {
            Some(length) => self.at += length + 4,
            None => {
                let diagnostic = Diagnostic::error(
                    "unterminated-comment",
                    "Unterminated comment",
                    "no `*/` ends this comment",
                )
                .at(self.span(self.at, 2));
                self.mistake(diagnostic, self.at);
            }
        }
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'"' => {
                let at = self.at;
                self.push(Frame::Text { at }, 1);
            }
            b'<' if self.looking_at("<<") => self.heredoc(),
            b'{' => self.open_brace(),
            b'[' => self.push(Frame::Bracket { at: self.at }, 1),
            b'(' => self.push(Frame::Parenthesis { at: self.at }, 1),
            b'}' | b']' | b')' => self.close(byte),
            b'0'..=b'9' => self.number(),
            b'=' | b':' | b'?' => self.count_key(byte),
            b'\'' | b'`' | b';' => self.stray_character(),
            _ if is_word(self.character()) => {
                let rest = self.text.get(self.at..).unwrap_or("");
                self.at += rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                self.last = Token::Word;
            }
            _ if !byte.is_ascii() || byte.is_ascii_control() => self.stray_character(),
            _ => {
                self.at += 1;
                self.last = Token::Other;
            }
        }
    }

    fn character(&self) -> char {
        self.text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or('\0')
    }

    fn stray_character(&mut self) {
        let character = self.character();
        let detail = match character {
            '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => {
                format!(
                    "`{character}` is no quote: texts are written in double quotes, \"like this\""
                )
            }
            ';' => "`;` means nothing here: a line break ends an argument".to_owned(),
            _ => format!(
                "the character {} means nothing here",
                character.escape_unicode()
            ),
        };
        let diagnostic = Diagnostic::error("invalid-character", "Invalid character", detail)
            .at(self.span(self.at, character.len_utf8()));
        self.mistake(diagnostic, self.at);
    }

    fn number(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        let mut previous = ' ';
        let length = rest
            .find(|c: char| {
                let inside = c.is_ascii_digit()
                    || matches!(c, '.' | 'e' | 'E')
                    || (matches!(c, '+' | '-') && matches!(previous, 'e' | 'E'));
                previous = c;
                !inside
            })
            .unwrap_or(rest.len());
        let written = rest.get(..length).unwrap_or("");
        if written.parse::<f64>().is_ok_and(f64::is_infinite) {
            let detail = "a number written out may be at most 1e308";
            let diagnostic = Diagnostic::error("invalid-number", "Invalid number", detail)
                .at(self.span(self.at, length));
            self.mistake(diagnostic, self.at);
            return;
        }
        self.at += length;
        self.last = Token::Other;
    }

    fn heredoc(&mut self) {
        let opened = self.at;
        let start = opened + if self.byte(opened + 2) == b'-' { 3 } else { 2 };
        let rest = self.text.get(start..).unwrap_or("");
        let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let after = rest.get(length..).unwrap_or("");
        if length == 0 || !(after.starts_with('\n') || after.starts_with("\r\n")) {
            let detail = "a heredoc starts with `<<` and a word, then a line break: <<EOT";
            let diagnostic = Diagnostic::error("invalid-heredoc", "Invalid heredoc", detail)
                .at(self.span(opened, start + length - opened));
            self.mistake(diagnostic, opened);
            return;
        }
        let next_line = self.line_end(start) + 1;
        self.push(
            Frame::Heredoc {
                at: opened,
                word: start..start + length,
            },
            next_line - opened,
        );
    }

    fn open_brace(&mut self) {
        let in_body = matches!(
            self.stack.last(),
            None | Some(Frame::Brace {
                role: Role::Block,
                ..
            })
        );
        let role = if in_body && self.last != Token::Other {
            Role::Block
        } else {
            Role::Object
        };
        self.push(
            Frame::Brace {
                at: self.at,
                role,
                keys: 0,
            },
            1,
        );
    }

    /// `=` and `:` after a key of an object literal; the `:` of `a ? b : c` is taken off at its `?`.
    fn count_key(&mut self, byte: u8) {
        let previous = self.at.checked_sub(1).map_or(b' ', |at| self.byte(at));
        let assigns = byte != b'='
            || (!matches!(self.byte(self.at + 1), b'=' | b'>')
                && !matches!(previous, b'=' | b'!' | b'<' | b'>'));
        self.at += 1;
        self.last = Token::Other;
        if let Some(Frame::Brace {
            at,
            role: Role::Object,
            keys,
        }) = self.stack.last_mut()
            && assigns
        {
            *keys += if byte == b'?' { -1 } else { 1 };
            if *keys > limits::OBJECT_KEYS as i64 {
                let at = *at;
                let diagnostic = Diagnostic::error(
                    "too-many-keys",
                    "Too many keys",
                    format!(
                        "an object may be written out with at most {} keys",
                        limits::OBJECT_KEYS
                    ),
                )
                .at(self.span(at, 1))
                .hint("wide data belongs in a file: jsondecode(file(\"data.json\"))");
                let from = self.at;
                self.mistake(diagnostic, from);
            }
        }
    }

    fn close(&mut self, byte: u8) {
        let (opened, expected) = match self.stack.last() {
            None => {
                let detail = format!("this `{}` closes nothing", byte as char);
                let diagnostic = Diagnostic::error("unbalanced", "Unbalanced brackets", detail)
                    .at(self.span(self.at, 1));
                self.mistake(diagnostic, self.at);
                return;
            }
            Some(Frame::Brace { at, .. } | Frame::Interpolation { at }) => (*at, b'}'),
            Some(Frame::Bracket { at }) => (*at, b']'),
            Some(Frame::Parenthesis { at }) => (*at, b')'),
            Some(Frame::Text { at } | Frame::Heredoc { at, .. }) => (*at, byte),
        };
        if byte != expected {
            let detail = format!(
                "`{}` cannot close the `{}` of line {}; expected `{}`",
                byte as char,
                self.byte(opened) as char,
                self.line_number(opened),
                expected as char
            );
            let diagnostic = Diagnostic::error("unbalanced", "Unbalanced brackets", detail)
                .at(self.span(self.at, 1));
            self.mistake(diagnostic, self.at);
            return;
        }
        let first_of_line = self.indentation(self.at) == self.at - self.line_start(self.at);
        if byte == b'}' && first_of_line && self.indentation(self.at) != self.indentation(opened) {
            self.suspect.get_or_insert(opened);
        }
        self.stack.pop();
        self.at += 1;
        self.last = Token::Other;
    }

    fn unclosed(&self) -> Diagnostic {
        let opened = match (self.suspect, self.stack.last()) {
            (Some(suspect), Some(Frame::Brace { .. })) => suspect,
            (
                _,
                Some(
                    Frame::Brace { at, .. }
                    | Frame::Bracket { at }
                    | Frame::Parenthesis { at }
                    | Frame::Interpolation { at }
                    | Frame::Text { at }
                    | Frame::Heredoc { at, .. },
                ),
            ) => *at,
            (_, None) => 0,
        };
        match self.stack.last() {
            Some(Frame::Heredoc { word, .. }) => {
                let word = self.text.get(word.clone()).unwrap_or("");
                let detail = format!("no line consisting of `{word}` ends this heredoc");
                Diagnostic::error("unterminated-heredoc", "Unterminated heredoc", detail)
                    .at(self.span(opened, 2 + word.len()))
            }
            Some(Frame::Text { .. }) => {
                let detail = "the text that starts here has no closing quote";
                Diagnostic::error("unterminated-string", "Unterminated string", detail)
                    .at(self.span(opened, 1))
            }
            Some(
                Frame::Brace { .. }
                | Frame::Bracket { .. }
                | Frame::Parenthesis { .. }
                | Frame::Interpolation { .. },
            )
            | None => {
                let detail = format!("this `{}` is never closed", self.byte(opened) as char);
                Diagnostic::error("unbalanced", "Unbalanced brackets", detail)
                    .at(self.span(opened, 1))
            }
        }
    }

    fn end(&mut self) {
        if self.stack.is_empty() {
            if let Some(start) = self.piece.take() {
                self.pieces.push(start..self.bytes.len());
            }
            return;
        }
        // A heredoc or text that never ends has swallowed the blocks behind it: look at them from the next one on.
        let diagnostic = self.unclosed();
        let from = diagnostic.span.map_or(self.bytes.len(), |span| span.start);
        let swallows = matches!(self.stack.last(), Some(Frame::Heredoc { .. }));
        self.at = if swallows { from } else { self.bytes.len() };
        self.mistake(diagnostic, from);
        if self.at < self.bytes.len() {
            self.run();
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}
