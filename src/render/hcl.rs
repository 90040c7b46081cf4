//! Blocks of a configuration as text, as `fmt` leaves them: two blanks for each level, equals signs aligned along lines
//! that stand together, arguments before nested blocks. Must not know where a block's values come from.

use super::text::value::{heredoc_lines, heredoc_marker, quoted, spaces};
use crate::model::address::is_identifier;
use crate::model::schema::{Field, Shape};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// Columns that a list may take to stand in one line.
const LINE: usize = 100;

/// What stands behind an equals sign.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A value.
    Value(Json),
    /// A traversal as it is written: `velero_backup_storage_location.main.name`.
    Reference(String),
    /// A list.
    List(Vec<Term>),
    /// A map or object; blocks are lists of these.
    Map(BTreeMap<String, Term>),
}

/// A block of the configuration.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// Lines above it, without `#`.
    pub comments: Vec<String>,
    /// Type and labels.
    pub header: Vec<String>,
    /// Its table: order of arguments, and which of them are nested blocks.
    pub fields: &'a [Field],
    /// Its arguments by name; nested blocks are lists of maps.
    pub body: BTreeMap<String, Term>,
    /// Attributes that `ignore_changes` names.
    pub ignored: Vec<String>,
}

/// The block, with a line break at its end.
pub fn block(block: &Block<'_>) -> String {
    let mut lines: Vec<String> = block.comments.iter().map(|line| comment(line)).collect();
    let header: Vec<String> = match block.header.split_first() {
        None => Vec::new(),
        Some((kind, labels)) => std::iter::once(kind.clone())
            .chain(labels.iter().map(|label| quoted(label)))
            .collect(),
    };
    lines.extend(braces(&header.join(" "), block.fields, &block.body, 0));
    if !block.ignored.is_empty() {
        let end = lines.pop();
        let names = block.ignored.iter().cloned().map(Term::Reference);
        let names = Term::List(names.collect());
        lines.extend([String::new(), "  lifecycle {".to_owned()]);
        lines.extend(assignments(&[("ignore_changes".to_owned(), &names)], 4));
        lines.push("  }".to_owned());
        lines.extend(end);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// A comment line. Whatever the text holds, it stays one.
pub fn comment(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("# {plain}").trim_end().to_owned()
}

fn braces(
    header: &str,
    fields: &[Field],
    body: &BTreeMap<String, Term>,
    indent: usize,
) -> Vec<String> {
    let inner = inside(fields, body, indent + 2);
    if inner.is_empty() {
        return vec![format!("{}{header} {{}}", spaces(indent))];
    }
    let mut lines = vec![format!("{}{header} {{", spaces(indent))];
    lines.extend(inner);
    lines.push(format!("{}}}", spaces(indent)));
    lines
}

fn inside(fields: &[Field], body: &BTreeMap<String, Term>, indent: usize) -> Vec<String> {
    let (mut arguments, mut blocks) = (Vec::new(), Vec::new());
    for field in fields {
        let Some(term) = body.get(field.name) else {
            continue;
        };
        match (&field.shape, term) {
            (Shape::Block(inner) | Shape::Blocks(inner), Term::List(members)) => {
                let members = members.iter().filter_map(|member| match member {
                    Term::Map(body) => Some(body),
                    Term::Value(_) | Term::Reference(_) | Term::List(_) => None,
                });
                blocks.extend(members.map(|body| braces(field.name, inner, body, indent)));
            }
            (_, term) => arguments.push((field.name.to_owned(), term)),
        }
    }
    let mut lines = assignments(&arguments, indent);
    for block in blocks {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block);
    }
    lines
}

/// `name = value` for each. A value that opens a bracket over several lines stands for itself; the others are aligned
/// with their neighbours.
fn assignments(pairs: &[(String, &Term)], indent: usize) -> Vec<String> {
    let values: Vec<Vec<String>> = pairs
        .iter()
        .map(|(name, term)| value(term, indent, name.width() + 3))
        .collect();
    let is_aligned = |value: &[String]| value.len() == 1 || value[0].starts_with("<<");
    let mut lines = Vec::new();
    let mut rest = pairs.iter().zip(&values).peekable();
    while let Some((pair, first)) = rest.next() {
        let mut chain = vec![(pair, first)];
        while is_aligned(first) && rest.peek().is_some_and(|(_, next)| is_aligned(next)) {
            chain.extend(rest.next());
        }
        let width = chain.iter().map(|((name, _), _)| name.width()).max();
        for ((name, _), value) in chain {
            let padding = spaces(width.unwrap_or(0) - name.width());
            let mut value = value.clone();
            value[0] = format!("{}{name}{padding} = {}", spaces(indent), value[0]);
            lines.extend(value);
        }
    }
    lines
}

/// Lines of a value: the first as it stands behind the equals sign, the others whole. `before`: columns before it.
fn value(term: &Term, indent: usize, before: usize) -> Vec<String> {
    match term {
        Term::Reference(text) => vec![text.clone()],
        Term::Value(Json::String(text)) if text.ends_with('\n') => match heredoc_lines(text) {
            Some(body) => heredoc(&body),
            None => vec![quoted(text)],
        },
        Term::Value(Json::String(text)) => vec![quoted(text)],
        Term::Value(Json::Array(members)) => list(
            &members.iter().cloned().map(Term::Value).collect::<Vec<_>>(),
            indent,
            before,
        ),
        Term::Value(Json::Object(members)) => map(
            members
                .iter()
                .map(|(name, member)| (name.as_str(), Term::Value(member.clone()))),
            indent,
        ),
        Term::Value(plain) => vec![plain.to_string()],
        Term::List(members) => list(members, indent, before),
        Term::Map(members) => map(
            members
                .iter()
                .map(|(name, member)| (name.as_str(), member.clone())),
            indent,
        ),
    }
}

fn list(members: &[Term], indent: usize, before: usize) -> Vec<String> {
    let inner: Vec<Vec<String>> = members
        .iter()
        .map(|member| match member {
            // The comma behind a heredoc would be part of its last line.
            Term::Value(Json::String(text)) => vec![quoted(text)],
            Term::Value(_) | Term::Reference(_) | Term::List(_) | Term::Map(_) => {
                value(member, indent + 2, 0)
            }
        })
        .collect();
    if inner.iter().all(|lines| lines.len() == 1) {
        let line = format!("[{}]", inner.concat().join(", "));
        if indent + before + line.width() <= LINE {
            return vec![line];
        }
    }
    let mut lines = vec!["[".to_owned()];
    for mut member in inner {
        member[0] = format!("{}{}", spaces(indent + 2), member[0]);
        if let Some(last) = member.last_mut() {
            last.push(',');
        }
        lines.extend(member);
    }
    lines.push(format!("{}]", spaces(indent)));
    lines
}

fn map<'a>(members: impl Iterator<Item = (&'a str, Term)>, indent: usize) -> Vec<String> {
    let members: Vec<(String, Term)> = members.map(|(name, term)| (key(name), term)).collect();
    if members.is_empty() {
        return vec!["{}".to_owned()];
    }
    let pairs: Vec<(String, &Term)> = members
        .iter()
        .map(|(name, term)| (name.clone(), term))
        .collect();
    let mut lines = vec!["{".to_owned()];
    lines.extend(assignments(&pairs, indent + 2));
    lines.push(format!("{}}}", spaces(indent)));
    lines
}

/// Words that stand for a value: bare, one of them would still be a key, but nobody could tell.
const VALUES: [&str; 3] = ["null", "true", "false"];

fn key(name: &str) -> String {
    if is_identifier(name) && !VALUES.contains(&name) && name != "for" {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn heredoc(body: &[&str]) -> Vec<String> {
    let marker = heredoc_marker(body.iter().copied());
    let text = body
        .iter()
        .map(|line| line.replace("${", "$${").replace("%{", "%%{"));
    std::iter::once(format!("<<{marker}"))
        .chain(text)
        .chain([marker.clone()])
        .collect()
}
