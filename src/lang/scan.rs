//! A first look at a file, before the parser: cuts it into top-level pieces, so that one syntax error does not hide the
//! next, and finds at their cause the mistakes that the parser would report somewhere else or not survive: texts,
//! heredocs, comments and brackets that never end, nesting and object literals beyond the limits.
//! Must not know what a block means.

mod code;

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
    let mut scanner = Scanner::new(text, file);
    if text.starts_with('\u{feff}') {
        scanner.at = '\u{feff}'.len_utf8();
    }
    scanner.run();
    diagnostics.append(&mut scanner.mistakes);
    scanner.pieces
}

/// Whether a text that is a template from its first byte keeps to the limits.
pub fn template(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut scanner = Scanner::new(text, file);
    scanner.stack.push(Frame::Template);
    // One mistake is enough: there is nowhere to go on.
    while scanner.at < scanner.bytes.len() && scanner.mistakes.is_empty() {
        scanner.one();
    }
    if scanner.mistakes.is_empty() && scanner.stack.len() > 1 {
        scanner.mistakes.push(scanner.unclosed());
    }
    diagnostics.append(&mut scanner.mistakes);
    !crate::diag::has_errors(diagnostics)
}

enum Frame {
    /// A file that is a template.
    Template,
    Brace {
        at: usize,
        role: Role,
        keys: i64,
    },
    Bracket {
        at: usize,
    },
    Parenthesis {
        at: usize,
    },
    Interpolation {
        at: usize,
    },
    Text {
        at: usize,
    },
    Heredoc {
        at: usize,
        word: Range<usize>,
    },
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

impl<'a> Scanner<'a> {
    fn new(text: &'a str, file: FileId) -> Self {
        Self {
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
        }
    }
}

impl Scanner<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            if self.mistakes.len() >= limits::SYNTAX_ERRORS {
                return;
            }
            self.one();
        }
        self.end();
    }

    /// Goes on by one token.
    fn one(&mut self) {
        let before = self.at;
        match self.stack.last() {
            Some(Frame::Template) => self.in_template(),
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

    fn in_template(&mut self) {
        match self.byte(self.at) {
            b'$' | b'%' => self.marker(),
            _ => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                let next = rest.iter().position(|byte| matches!(byte, b'$' | b'%'));
                self.at += next.unwrap_or(rest.len());
            }
        }
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

    /// Looks no further back than the white space: a line may be as long as the file.
    fn is_first_of_line(&self, of: usize) -> bool {
        let before = self.bytes.get(..of).unwrap_or_default().iter().rev();
        let mut before = before.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        before.next().is_none_or(|byte| *byte == b'\n')
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
            (_, Some(Frame::Template) | None) => 0,
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
                | Frame::Interpolation { .. }
                | Frame::Template,
            )
            | None => {
                let detail = format!("this `{}` is never closed", self.byte(opened) as char);
                Diagnostic::error("unbalanced", "Unbalanced brackets", detail)
                    .at(self.span(opened, 1))
            }
        }
    }

    /// The parser takes `\r\n` for a line break, and a `\r` at the end for nothing.
    fn piece_ends(&mut self, start: usize, end: usize) {
        let carriage = end > start && self.byte(end - 1) == b'\r';
        self.pieces.push(start..end - usize::from(carriage));
    }

    fn end(&mut self) {
        if self.stack.is_empty() {
            if let Some(start) = self.piece.take() {
                self.piece_ends(start, self.bytes.len());
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
