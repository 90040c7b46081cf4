//! Pieces of a line or a block that text from outside is put into. Must not know what the text is about.

use super::super::style::{clean, clean_line};
use crate::model::address::Address;

/// Longest name that is shown whole: what cannot be left out has to fit into any budget.
const NAME: usize = 120;

/// A code span. The fence is longer than any run of backticks inside, and a line break would end a list item.
pub(crate) fn code(text: &str) -> String {
    let text = clean_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // A span that begins or ends with a backtick, or with spaces at both ends, needs a space that is taken away again.
    let padded =
        text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.trim().is_empty();
    let space = if padded { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A code span of a name that is cut where it has no end in sight.
pub(crate) fn code_of_name(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        None => code(name),
        Some((at, _)) => code(&format!("{}...", name.get(..at).unwrap_or_default())),
    }
}

/// Running text in one line: nothing in it is markdown or HTML, and it mentions nobody.
pub(crate) fn prose(text: &str) -> String {
    let text = clean_line(text);
    let mut all = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let after = rest.peek().copied();
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        match character {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' | '!' => {
                all.push('\\');
                all.push(character);
            }
            // Inside of a word it is no emphasis.
            '_' if is_word(before) && is_word(after) => all.push('_'),
            '_' => all.push_str("\\_"),
            // A mention calls somebody and a number links an issue; an empty character between keeps both from it.
            '@' | '#' if is_word(after) => {
                if before.is_none() {
                    all.push('\\');
                }
                all.push(character);
                all.push('\u{200b}');
            }
            // At the beginning these open a heading or a list.
            '#' | '+' | '-' | '=' if before.is_none() => {
                all.push('\\');
                all.push(character);
            }
            '.' | ')' if all.chars().all(|c| c.is_ascii_digit()) => {
                all.push('\\');
                all.push(character);
            }
            other => all.push(other),
        }
        before = Some(character);
    }
    all
}

/// What stands in a cell of a table: a bar would end it, also within a code span. Prose has its bars escaped already.
pub(crate) fn cell(code: &str) -> String {
    code.replace('|', "\\|")
}

/// Text in an HTML element, in one line.
fn html(text: &str) -> String {
    clean_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A fenced block whose fence is longer than any run of backticks inside; ends in a newline.
pub(crate) fn fenced(language: &str, body: &[String]) -> String {
    let lines: Vec<String> = body.iter().map(|line| clean(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// A block that is shown when its title is opened; ends in an empty line.
pub(crate) fn collapsed(title: &str, body: &str) -> String {
    format!("<details>\n<summary>{title}</summary>\n\n{body}\n</details>\n\n")
}

/// Marks at the margin, where a `diff` block has its colours: as Atlantis and dflook do it with Terraform's text.
pub(crate) fn at_margin(lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| match line.split_once('\u{0}') {
            None => line,
            Some((indent, rest)) => {
                let mut rest = rest.chars();
                let mark = match rest.next() {
                    Some('~') => '!',
                    Some(mark) => mark,
                    None => ' ',
                };
                format!("{mark}{indent}{}", rest.as_str())
            }
        })
        .collect()
}

/// The title of a resource behind its fold.
pub(crate) fn titled(address: &Address, phrase: &str) -> String {
    format!(
        "<code>{}</code> {}",
        html(&address.to_string()),
        html(phrase)
    )
}

/// `1 resource`, `2 resources`.
pub(crate) fn resources(count: usize) -> String {
    match count {
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    }
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
