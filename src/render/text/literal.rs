//! A value by itself as HCL writes it, at the left margin: outputs, and whatever a person would paste into a file.

use super::super::view::{Sensitive, View};
use super::value::{heredoc_lines, heredoc_marker, quoted, spaces};
use crate::model::address::is_identifier;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// A JSON value as HCL writes it.
pub fn literal(value: &Json) -> String {
    let nothing = BTreeSet::new();
    lines(
        &View::of_json(value, &mut Vec::new(), Sensitive::new(&nothing)),
        0,
    )
    .join("\n")
}

/// Lines of a value; all but the first are indented by `indent` and more.
pub(crate) fn lines(view: &View<'_>, indent: usize) -> Vec<String> {
    match view {
        View::Null => vec!["null".to_owned()],
        View::Unknown => vec!["(known after apply)".to_owned()],
        View::Hidden => vec!["(sensitive value)".to_owned()],
        View::Plain(text) => vec![text.clone()],
        View::Text(text) => match heredoc_lines(text).filter(|_| text.ends_with('\n')) {
            None => vec![quoted(text)],
            Some(body) => {
                let marker = heredoc_marker(body.iter().copied());
                let mut all = vec![format!("<<{marker}")];
                all.extend(
                    body.iter()
                        .map(|line| line.replace("${", "$${").replace("%{", "%%{")),
                );
                all.push(marker);
                all
            }
        },
        View::List(members) | View::Blocks(members) if members.is_empty() => vec!["[]".to_owned()],
        View::Map(members) if members.is_empty() => vec!["{}".to_owned()],
        View::List(members) | View::Blocks(members) => {
            let mut all = vec!["[".to_owned()];
            for member in members {
                let mut inner = lines(member, indent + 2);
                // A heredoc's marker stands alone on its line, so the comma goes to the next.
                if matches!(member, View::Text(_)) && inner.len() > 1 {
                    inner.push(format!("{},", spaces(indent + 2)));
                } else if let Some(last) = inner.last_mut() {
                    last.push(',');
                }
                all.extend(indented(inner, indent + 2));
            }
            all.push(format!("{}]", spaces(indent)));
            all
        }
        View::Map(members) => {
            let names: Vec<String> = members.keys().map(|name| key(name)).collect();
            let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
            let mut all = vec!["{".to_owned()];
            for (name, member) in names.iter().zip(members.values()) {
                let mut inner = lines(member, indent + 2);
                let padding = spaces(width - name.width());
                inner
                    .first_mut()
                    .into_iter()
                    .for_each(|first| *first = format!("{name}{padding} = {first}"));
                all.extend(indented(inner, indent + 2));
            }
            all.push(format!("{}}}", spaces(indent)));
            all
        }
    }
}

fn key(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// The first line indented; the others already are.
fn indented(mut lines: Vec<String>, indent: usize) -> Vec<String> {
    lines
        .first_mut()
        .into_iter()
        .for_each(|first| *first = format!("{}{first}", spaces(indent)));
    lines
}
