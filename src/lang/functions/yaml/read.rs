//! From the events of a YAML text to a value. What an alias repeats is shared, not copied.

use super::scalar::{Scalar, Style, resolve};
use crate::lang::{coerce, limits};
use crate::model::advice::Advice;
use crate::model::value::{Members, Value};
use granit_parser::{Event, Parser, ScalarStyle, StrInput, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Weight of a value that a text may make: aliases of aliases would grow without end.
const WEIGHT: u64 = 1_000_000;

/// The value that a text of one document spells.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let options = granit_parser::options! {
        // As libyaml reads it.
        block_scalar_eof_without_line_feed: true,
        emit_comments: false,
        flow_nesting_limit: usize::from(limits::DEPTH) + 1,
        block_nesting_limit: usize::from(limits::DEPTH) + 1,
    };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: BTreeMap::new(),
        weight: 0,
        line: 1,
    };
    reader.document().map_err(|why| match why {
        Why::Syntax(why) => format!("this is no YAML: {why}"),
        Why::Meaning(why) => format!("{why}, at line {}", reader.line),
    })
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// By the number that the parser gives each; of those that are being read there is no value yet.
    anchors: BTreeMap<usize, Value>,
    weight: u64,
    /// Of the last event.
    line: usize,
}

enum Why {
    Syntax(String),
    Meaning(String),
}

type Read<T> = Result<T, Why>;

fn wrong<T>(why: impl Into<String>) -> Read<T> {
    Err(Why::Meaning(why.into()))
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Read<Event<'t>> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => Err(Why::Syntax(error.to_string())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn document(&mut self) -> Read<Value> {
        self.next()?;
        if !matches!(self.next()?, Event::DocumentStart(..)) {
            return wrong("there is no document in it");
        }
        let event = self.next()?;
        let value = self.value(event, 0)?;
        self.next()?;
        if self.next()? == Event::StreamEnd {
            Ok(value)
        } else {
            wrong(format!(
                "it holds several documents, and one is read at a time: {} reads all of them",
                Advice::documents()
            ))
        }
    }

    fn value(&mut self, event: Event<'t>, depth: u16) -> Read<Value> {
        self.spend(1)?;
        if depth > limits::DEPTH {
            let levels = limits::DEPTH;
            return wrong(format!("it is nested more than {levels} levels deep"));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref())?;
                self.spend(value.shape().weight)?;
                Ok(self.named(anchor, value))
            }
            Event::Alias(anchor) => self.alias(anchor),
            Event::SequenceStart(_, anchor, tag) => {
                collection(tag.as_deref(), "tag:yaml.org,2002:seq", "a list")?;
                let value = self.sequence(depth)?;
                Ok(self.named(anchor, value))
            }
            Event::MappingStart(_, anchor, tag) => {
                collection(tag.as_deref(), "tag:yaml.org,2002:map", "a mapping")?;
                let value = self.mapping(depth)?;
                Ok(self.named(anchor, value))
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | Event::Comment(..) => wrong("a value is missing"),
            _ => wrong("a part of it is not known here"),
        }
    }

    fn sequence(&mut self, depth: u16) -> Read<Value> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::list(items));
            }
            items.push(self.value(event, depth + 1)?);
        }
    }

    /// Of a key that stands twice the last counts, be it merged or written: so Terraform reads it.
    fn mapping(&mut self, depth: u16) -> Read<Value> {
        let mut members = Members::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::object(members));
            }
            let Event::Scalar(text, style, _, tag) = event else {
                return wrong("a key is a text, this is a list, a mapping or an alias");
            };
            let tag = known(tag.as_deref());
            let key = resolve(tag.as_deref(), &text, style_of(style)).map_err(Why::Meaning)?;
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            match key {
                Scalar::Merge => {
                    let Some(merged) = value.as_members() else {
                        return wrong(format!("`<<` merges a mapping, this is {}", value.title()));
                    };
                    self.spend(merged.len() as u64)?;
                    for (name, member) in merged {
                        members.insert(name.clone(), member.clone());
                    }
                }
                Scalar::Value(key) => match coerce::text(&key) {
                    Some(name) => {
                        members.insert(name, value);
                    }
                    None => return wrong(format!("a key is a text, this is {}", key.title())),
                },
            }
        }
    }

    fn named(&mut self, anchor: usize, value: Value) -> Value {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        value
    }

    fn alias(&mut self, anchor: usize) -> Read<Value> {
        let Some(value) = self.anchors.get(&anchor).cloned() else {
            return wrong("an alias stands inside of what it refers to");
        };
        self.spend(value.shape().weight)?;
        Ok(value)
    }

    fn spend(&mut self, weight: u64) -> Read<()> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > WEIGHT {
            return wrong("it holds too many values");
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Read<Value> {
    let value = match resolve(known(tag).as_deref(), text, style_of(style)) {
        Ok(Scalar::Merge) => return Ok("<<".into()),
        Ok(Scalar::Value(value)) => value,
        Err(why) => return Err(Why::Meaning(why)),
    };
    // What is quoted, or stands in a block, is a text, even where Terraform has looked into it for a number before.
    let is_text = tag.is_none() && style != ScalarStyle::Plain;
    match coerce::text(&value) {
        Some(text) if is_text => Ok(text.as_ref().into()),
        Some(_) | None => Ok(value),
    }
}

/// A tag written out; `!` alone says nothing.
fn known(tag: Option<&Tag>) -> Option<Cow<'static, str>> {
    let (handle, suffix) = tag?.parts();
    let whole = format!("{handle}{suffix}");
    (whole != "!").then_some(whole.into())
}

fn collection(tag: Option<&Tag>, own: &str, what: &str) -> Read<()> {
    match known(tag) {
        Some(tag) if tag != own => wrong(format!("{what} cannot be read as {tag}")),
        Some(_) | None => Ok(()),
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}
