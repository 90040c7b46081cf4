//! JSON, read and written with numbers exact to the last digit (serde_json would make floats of long ones).

use super::{Context, Result_, wrong};
use crate::model::number;
use crate::model::value::{Data, Members, Value};

/// Levels of lists and objects in a text that is read.
const DEPTH: usize = 128;

/// The text of a value, as Terraform writes it: no spaces, keys sorted, `<`, `>` and `&` escaped.
pub(super) fn write(context: &mut Context<'_>, value: &Value) -> Result_<String> {
    let mut text = String::new();
    write_value(value, &mut text)?;
    context.text(text.len())?;
    Ok(text)
}

fn write_value(value: &Value, text: &mut String) -> Result_<()> {
    match &value.data {
        Data::Null => text.push_str("null"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Data::Number(value) => text.push_str(&number::format(value)),
        Data::Text(value) => write_text(value, text),
        Data::List(sequence) | Data::Set(sequence) => {
            text.push('[');
            for (at, item) in sequence.items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(item, text)?;
            }
            text.push(']');
        }
        Data::Object(object) => {
            text.push('{');
            for (at, (name, member)) in object.members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_text(name, text);
                text.push(':');
                write_value(member, text)?;
            }
            text.push('}');
        }
        Data::Unknown(_) => return wrong(0, "the value is not known"),
    }
    Ok(())
}

fn write_text(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", character as u32))
            }
            other if other < ' ' => text.push_str(&format!("\\u{:04x}", other as u32)),
            other => text.push(other),
        }
    }
    text.push('"');
}

/// The value that a text spells.
pub(super) fn read(context: &mut Context<'_>, text: &str) -> Result_<Value> {
    context.text(text.len().saturating_mul(4))?;
    let mut reader = Reader { text, at: 0 };
    let result = reader.value(0).and_then(|value| {
        reader.space();
        if reader.at == text.len() {
            Ok(value)
        } else {
            Err("something stands behind the value")
        }
    });
    result.or_else(|message| {
        let line = text
            .get(..reader.at)
            .map_or(1, |before| before.matches('\n').count() + 1);
        wrong(
            0,
            format!(
                "this is no JSON: {message}, at line {line}, byte {}",
                reader.at
            ),
        )
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        self.at += self
            .rest()
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .count();
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > DEPTH {
            return Err("it is nested too deep");
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(self.string()?.into()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::NULL),
            _ if self.take("true") => Ok(true.into()),
            _ if self.take("false") => Ok(false.into()),
            Some(_) => Err("a value is expected"),
            None => Err("it ends too early"),
        }
    }

    fn number(&mut self) -> Read<Value> {
        let length = self
            .rest()
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let written = self.rest().get(..length).unwrap_or("");
        let digits = written.trim_start_matches('-');
        if digits.len() > 1
            && digits.starts_with('0')
            && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        {
            return Err("a number starts with a zero");
        }
        let number = number::parse(written).map_err(|_| "this is no number")?;
        self.at += length;
        Ok(number.into())
    }

    fn list(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take("]") {
                return Ok(Value::list(items));
            }
            if !self.take(",") {
                return Err("`,` or `]` is expected");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut members = Members::new();
        self.space();
        if self.take("}") {
            return Ok(Value::object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err("a key in double quotes is expected");
            }
            let name = self.string()?;
            self.space();
            if !self.take(":") {
                return Err("`:` is expected");
            }
            let value = self.value(depth + 1)?;
            members.insert(name.into(), value);
            self.space();
            if self.take("}") {
                return Ok(Value::object(members));
            }
            if !self.take(",") {
                return Err("`,` or `}` is expected");
            }
        }
    }

    fn string(&mut self) -> Read<String> {
        // Cut out by its quotes, then read with all escapes by serde_json.
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(b'"') => break,
                Some(_) => at += 1,
                None => return Err("a string does not end"),
            }
        }
        let quoted = self.text.get(start..=at).ok_or("a string does not end")?;
        let read = serde_json::from_str(quoted)
            .map_err(|_| "a string has an invalid escape or a line break")?;
        self.at = at + 1;
        Ok(read)
    }
}
