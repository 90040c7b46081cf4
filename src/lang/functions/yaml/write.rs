//! A value as go-cty-yaml writes it: block style, texts in double quotes and folded behind column 80, texts of several
//! lines as `|` blocks where YAML allows, keys sorted. A ConfigMap that Terraform wrote shows no difference.

use crate::model::number;
use crate::model::value::{Data, Value};

/// Columns after which a text in quotes is folded at its next space.
const WIDTH: usize = 80;
/// Columns of a level.
const INDENT: usize = 2;
/// Bytes of a key that stands on the line of its value.
const SIMPLE_KEY: usize = 128;

/// The text of a value; `None` where something in it is not known.
pub(super) fn write(value: &Value) -> Option<String> {
    let mut emitter = Emitter::default();
    emitter.value(value, Place::Root)?;
    emitter.line();
    match &value.data {
        // Without quotes a text could go on: this says that it does not.
        Data::Null | Data::Bool(_) | Data::Number(_) => emitter.text.push_str("...\n"),
        Data::Text(_) | Data::Unknown(_) | Data::List(_) | Data::Set(_) | Data::Object(_) => {}
    }
    Some(emitter.text)
}

/// What a value is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    /// Behind the colon of a key.
    Member,
}

/// A text in the making. What libyaml keeps of it decides where it breaks lines and writes spaces.
struct Emitter {
    text: String,
    column: usize,
    /// Of the collection that is being written; none at the root.
    indent: Option<usize>,
    /// The last character parts what stands before it from what follows.
    is_parted: bool,
    /// Only indentation and marks stand on this line: a collection may begin on it.
    is_indented: bool,
}

impl Default for Emitter {
    fn default() -> Self {
        Emitter {
            text: String::new(),
            column: 0,
            indent: None,
            is_parted: true,
            is_indented: true,
        }
    }
}

impl Emitter {
    fn value(&mut self, value: &Value, place: Place) -> Option<()> {
        match &value.data {
            Data::Null => self.plain("null"),
            Data::Bool(true) => self.plain("true"),
            Data::Bool(false) => self.plain("false"),
            Data::Number(value) => self.plain(&number::format(value)),
            Data::Text(value) => self.scalar(value),
            Data::Unknown(_) => return None,
            Data::List(sequence) | Data::Set(sequence) => {
                if sequence.items.is_empty() {
                    self.parted("[");
                    self.mark("]");
                    return Some(());
                }
                let outer = self.indent;
                // A list in a mapping stands in the column of its key.
                if place != Place::Member || self.is_indented {
                    self.deeper(0);
                }
                for item in &sequence.items {
                    self.line();
                    self.indicator("-");
                    self.value(item, Place::Item)?;
                }
                self.indent = outer;
            }
            Data::Object(object) => {
                if object.members.is_empty() {
                    self.parted("{");
                    self.mark("}");
                    return Some(());
                }
                let outer = self.indent;
                self.deeper(0);
                for (name, member) in &object.members {
                    self.line();
                    self.key(name);
                    self.value(member, Place::Member)?;
                }
                self.indent = outer;
            }
        }
        Some(())
    }

    fn key(&mut self, name: &str) {
        if !name.contains(is_break) && name.len() <= SIMPLE_KEY {
            self.quoted(name, Folding::Never);
            self.mark(":");
        } else {
            self.indicator("?");
            self.scalar(name);
            self.line();
            self.indicator(":");
        }
    }

    fn scalar(&mut self, text: &str) {
        let outer = self.indent;
        self.deeper(INDENT);
        if text.contains('\n') && may_be_block(text) {
            self.block(text);
        } else {
            self.quoted(text, Folding::AtSpaces);
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str) {
        self.part();
        self.put(text);
        self.is_parted = false;
        self.is_indented = false;
    }

    fn quoted(&mut self, text: &str, folding: Folding) {
        self.part();
        self.mark("\"");
        let mut characters = text.char_indices().peekable();
        let mut is_behind_space = false;
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let may_fold = folding == Folding::AtSpaces && !is_behind_space && at > 0;
            match character {
                ' ' if may_fold && self.column > WIDTH && next.is_some() => {
                    self.line();
                    if next == Some(' ') {
                        self.put("\\");
                    }
                }
                character => match escaped(character) {
                    Some(escape) => self.put(&escape),
                    None => self.put(character.encode_utf8(&mut [0; 4])),
                },
            }
            is_behind_space = character == ' ';
        }
        self.mark("\"");
        self.is_parted = false;
        self.is_indented = false;
    }

    fn block(&mut self, text: &str) {
        self.part();
        self.mark("|");
        if text.starts_with(|first: char| first == ' ' || is_break(first)) {
            self.mark(&INDENT.to_string());
        }
        let mut last = text.chars().rev();
        let ends = (
            last.next().is_some_and(is_break),
            last.next().is_none_or(is_break),
        );
        match ends {
            (false, _) => self.mark("-"),
            (true, false) => {}
            (true, true) => self.mark("+"),
        }
        self.new_line();
        self.is_indented = true;
        self.is_parted = true;
        let mut is_line_start = true;
        for character in text.chars() {
            if is_break(character) {
                self.text.push(character);
                self.column = 0;
                self.is_indented = true;
                is_line_start = true;
            } else {
                if is_line_start {
                    self.line();
                }
                self.put(character.encode_utf8(&mut [0; 4]));
                self.is_indented = false;
                is_line_start = false;
            }
        }
    }

    fn deeper(&mut self, at_root: usize) {
        self.indent = Some(self.indent.map_or(at_root, |indent| indent + INDENT));
    }

    /// A new line with its indentation, unless this one has no more than that.
    fn line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.is_indented || self.column > indent || (self.column == indent && !self.is_parted) {
            self.new_line();
        }
        while self.column < indent {
            self.put(" ");
        }
        self.is_parted = true;
        self.is_indented = true;
    }

    /// `-`, `?` or `:` before a value: a collection may begin behind it.
    fn indicator(&mut self, text: &str) {
        self.part();
        self.put(text);
        self.is_parted = false;
    }

    fn parted(&mut self, text: &str) {
        self.part();
        self.mark(text);
        self.is_parted = true;
    }

    fn mark(&mut self, text: &str) {
        self.put(text);
        self.is_parted = false;
        self.is_indented = false;
    }

    fn part(&mut self) {
        if !self.is_parted {
            self.put(" ");
        }
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.column = 0;
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Folding {
    Never,
    AtSpaces,
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What YAML takes as it is; libyaml knows nothing beyond the first plane.
fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
    )
}

/// Whether a text can be a `|` block: no character that only an escape can spell, no spaces at the end of a line.
fn may_be_block(text: &str) -> bool {
    let mut before = None;
    for character in text.chars() {
        if !is_printable(character) || (before == Some(' ') && is_break(character)) {
            return false;
        }
        before = Some(character);
    }
    before != Some(' ')
}

/// How a character is written inside of double quotes, where it cannot stand there.
fn escaped(character: char) -> Option<String> {
    let short = match character {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        printable if is_printable(printable) => return None,
        other => {
            let code = u32::from(other);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(short.to_owned())
}
