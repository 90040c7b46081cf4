//! Values as HCL writes them, one line or several. Shapes and indents follow Terraform's plans, because tools move
//! their markers and skip their heredocs. Must not know what a value belongs to.

use super::super::style::{Role, Style};
use super::super::view::View;
use super::layout::Mark;
use crate::model::text::{is_hazardous, quote};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// Lines of a value whose name stands behind a mark at column `indent`: the first without indent, the others whole.
pub(crate) fn lines(view: &View<'_>, mark: Mark, indent: usize, style: Style) -> Vec<String> {
    match view {
        View::Null => vec!["null".to_owned()],
        View::Unknown => vec!["(known after apply)".to_owned()],
        View::Hidden => vec!["(sensitive value)".to_owned()],
        View::Plain(text) => vec![text.clone()],
        View::Text(text) => match heredoc_lines(text) {
            Some(body) => heredoc(&body, indent),
            None => vec![quoted(text)],
        },
        View::List(members) | View::Blocks(members) if members.is_empty() => vec!["[]".to_owned()],
        View::Map(members) if members.is_empty() => vec!["{}".to_owned()],
        View::List(members) if let Some(line) = in_one_line(members) => vec![line],
        View::List(members) | View::Blocks(members) => {
            let mut all = vec!["[".to_owned()];
            for member in members {
                all.extend(element(member, mark, indent + 4, style));
            }
            all.push(format!("{}]", spaces(indent + 2)));
            all
        }
        View::Map(members) => {
            let names: Vec<String> = members.keys().map(|name| quoted(name)).collect();
            let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
            let mut all = vec!["{".to_owned()];
            for (name, member) in names.iter().zip(members.values()) {
                let value = lines(member, mark, indent + 4, style);
                all.extend(assigned(
                    &Assignment {
                        mark,
                        indent: indent + 4,
                        name,
                        width: widest,
                    },
                    value,
                    style,
                ));
            }
            all.push(format!("{}}}", spaces(indent + 2)));
            all
        }
    }
}

/// Columns that a list may take to stand in one line.
const ONE_LINE: usize = 60;

/// A short list of plain values; one that has no end in sight is easier to read member by member.
fn in_one_line(members: &[View<'_>]) -> Option<String> {
    let words = members.iter().map(|member| match member {
        View::Null => Some("null".to_owned()),
        View::Plain(text) => Some(text.clone()),
        View::Text(text) if heredoc_lines(text).is_none() => Some(quoted(text)),
        View::Text(_)
        | View::Unknown
        | View::Hidden
        | View::List(_)
        | View::Blocks(_)
        | View::Map(_) => None,
    });
    let line = format!("[{}]", words.collect::<Option<Vec<String>>>()?.join(", "));
    (line.width() <= ONE_LINE).then_some(line)
}

/// A member of a list: marked, ending in a comma.
pub(crate) fn element(view: &View<'_>, mark: Mark, indent: usize, style: Style) -> Vec<String> {
    let mut value = lines(view, mark, indent, style);
    if let Some(last) = value.last_mut() {
        last.push(',');
    }
    if let Some(first) = value.first_mut() {
        *first = format!("{}{} {first}", spaces(indent), mark.symbol(style));
    }
    value
}

/// Where `name = value` stands.
pub(crate) struct Assignment<'a> {
    /// Its mark.
    pub(crate) mark: Mark,
    /// Column of the mark.
    pub(crate) indent: usize,
    /// The name.
    pub(crate) name: &'a str,
    /// Columns of the widest name around it.
    pub(crate) width: usize,
}

/// `name = value`, the equals sign aligned.
pub(crate) fn assigned(
    place: &Assignment<'_>,
    mut value: Vec<String>,
    style: Style,
) -> Vec<String> {
    let padding = place.width.saturating_sub(place.name.width());
    if let Some(first) = value.first_mut() {
        *first = format!(
            "{:indent$}{} {}{:padding$} = {first}",
            "",
            place.mark.symbol(style),
            place.name,
            "",
            indent = place.indent,
        );
    }
    value
}

/// Puts `-> null` behind a value.
pub(crate) fn to_null(mut value: Vec<String>, style: Style) -> Vec<String> {
    if let Some(last) = value.last_mut() {
        last.push(' ');
        last.push_str(&style.paint(Role::Faint, "-> null"));
    }
    value
}

/// The text in quotes as HCL writes it; what a terminal would act upon is escaped.
pub(crate) fn quoted(text: &str) -> String {
    let is_escaped = |character| matches!(character, '$' | '%') || is_hazardous(character);
    if !text.contains(is_escaped) {
        return quote(text);
    }
    let mut escaped = String::new();
    for character in quote(text).chars() {
        if is_hazardous(character) {
            escaped.push_str(&match u32::from(character) {
                short @ ..=0xffff => format!("\\u{short:04x}"),
                long => format!("\\U{long:08x}"),
            });
        } else {
            escaped.push(character);
        }
    }
    escaped.replace("${", "$${").replace("%{", "%%{")
}

/// Lines of a text that is shown as a heredoc: several lines, nothing that a terminal would act upon.
pub(crate) fn heredoc_lines(text: &str) -> Option<Vec<&str>> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    (body.contains('\n') && !text.contains(is_hazardous)).then(|| body.split('\n').collect())
}

fn heredoc(body: &[&str], indent: usize) -> Vec<String> {
    let marker = heredoc_marker(body.iter().copied());
    let mut all = vec![format!("<<-{marker}")];
    all.extend(body.iter().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{}{line}", spaces(indent + 6))
        }
    }));
    all.push(format!("{}{marker}", spaces(indent + 2)));
    all
}

/// `EOT`, longer where a line of the text is just that.
pub(crate) fn heredoc_marker<'a>(body: impl Iterator<Item = &'a str>) -> String {
    let taken: BTreeSet<&str> = body
        .map(str::trim)
        .filter(|line| line.starts_with("EOT"))
        .collect();
    let mut marker = "EOT".to_owned();
    while taken.contains(marker.as_str()) {
        marker.push('_');
    }
    marker
}

/// So many spaces.
pub(crate) fn spaces(count: usize) -> String {
    " ".repeat(count)
}
