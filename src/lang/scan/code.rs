//! What stands outside of texts: words, numbers, brackets, comments, the beginnings of texts and heredocs.

use super::{Frame, Role, Scanner, Token, is_word};
use crate::diag::Diagnostic;
use crate::lang::limits;

impl Scanner<'_> {
    pub(super) fn in_code(&mut self) {
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
                self.piece_ends(start, self.at - 1);
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
            None | Some(Frame::Template) => {
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
        if byte == b'}'
            && self.is_first_of_line(self.at)
            && self.indentation(self.at) != self.indentation(opened)
        {
            self.suspect.get_or_insert(opened);
        }
        self.stack.pop();
        self.at += 1;
        self.last = Token::Other;
    }
}
