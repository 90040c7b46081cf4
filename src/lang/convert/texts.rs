//! The texts between the markers of a template, for quoted texts, heredocs and files alike: read from the source with
//! their escapes, trimmed beside a `~`, and moved left in a flush heredoc. The parser beneath reads escapes at the top
//! level of a quoted text only, and moves only the top level of a heredoc. Must not know what stands in the markers.

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, Strip, Template};
use std::ops::Range;

/// How a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In double quotes: one text with escapes.
    Quoted,
    /// Lines as they are, of which `~` trims only the one beside the marker: a heredoc or a file.
    Lines,
    /// Lines without their common indentation: `<<-EOT`.
    Flush,
}

/// A mistake in a text and where it stands in the source.
pub(super) struct Mistake {
    pub(super) place: Range<usize>,
    pub(super) detail: String,
}

/// Each literal of the template, in the order in which they are written, directives' bodies included.
pub(super) fn texts(
    template: &Template,
    source: &str,
    form: Form,
    mistakes: &mut Vec<Mistake>,
) -> Vec<String> {
    let mut pieces = Vec::new();
    collect(template, &mut pieces);
    let mut runs = Vec::new();
    let mut literals = 0;
    for piece in pieces {
        match piece {
            Piece::Marker { before, after } => runs.push(Run::Marker { before, after }),
            Piece::Literal(place) => {
                let written = source.get(place.clone()).unwrap_or_default();
                let literal = literals;
                literals += 1;
                match form {
                    Form::Quoted => {
                        let text = quoted(written, place.start, mistakes);
                        runs.push(Run::Text { literal, text });
                    }
                    Form::Lines | Form::Flush => {
                        let lines = written.split_inclusive('\n');
                        runs.extend(lines.map(|line| Run::Text {
                            literal,
                            text: plain(line),
                        }));
                    }
                }
            }
        }
    }
    trim(&mut runs);
    if form == Form::Flush {
        flush(&mut runs);
    }
    let mut texts = vec![String::new(); literals];
    for run in runs {
        if let Run::Text { literal, text } = run
            && let Some(whole) = texts.get_mut(literal)
        {
            whole.push_str(&text);
        }
    }
    texts
}

enum Piece {
    Literal(Range<usize>),
    Marker { before: bool, after: bool },
}

/// A line, or a text in quotes; or a marker and whether it trims what stands before and after it.
enum Run {
    Text { literal: usize, text: String },
    Marker { before: bool, after: bool },
}

fn collect(template: &Template, pieces: &mut Vec<Piece>) {
    let marker = |strip: Strip| Piece::Marker {
        before: strip.strip_start(),
        after: strip.strip_end(),
    };
    for element in template {
        match element {
            Element::Literal(text) => pieces.push(Piece::Literal(text.span().unwrap_or_default())),
            Element::Interpolation(interpolation) => pieces.push(marker(interpolation.strip)),
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(directive) => {
                    pieces.push(marker(directive.if_expr.strip));
                    collect(&directive.if_expr.template, pieces);
                    if let Some(otherwise) = &directive.else_expr {
                        pieces.push(marker(otherwise.strip));
                        collect(&otherwise.template, pieces);
                    }
                    pieces.push(marker(directive.endif_expr.strip));
                }
                Directive::For(directive) => {
                    pieces.push(marker(directive.for_expr.strip));
                    collect(&directive.for_expr.template, pieces);
                    pieces.push(marker(directive.endfor_expr.strip));
                }
            },
        }
    }
}

fn plain(written: &str) -> String {
    written.replace("$${", "${").replace("%%{", "%{")
}

/// With escapes read. Inside of a directive the parser knows none, nor that a quote ends the text.
fn quoted(written: &str, start: usize, mistakes: &mut Vec<Mistake>) -> String {
    let mut text = String::new();
    let mut rest = written;
    while let Some(at) = rest.find(['\\', '"', '$', '%', '\n']) {
        let (before, special) = rest.split_at(at);
        text.push_str(before);
        let place = start + written.len() - special.len();
        let length = match escape(special) {
            Ok((character, length)) => {
                text.push(character);
                length
            }
            Err((detail, length)) => {
                let place = place..place + length;
                mistakes.push(Mistake { place, detail });
                length
            }
        };
        rest = special.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// What a text that starts with a special character begins with, and how many bytes spell it.
fn escape(special: &str) -> Result<(char, usize), (String, usize)> {
    let mut characters = special.chars();
    let first = characters.next().unwrap_or_default();
    match (first, characters.next()) {
        ('$' | '%', Some(second)) if second == first && special.get(2..3) == Some("{") => {
            Ok((first, 2))
        }
        ('$' | '%', _) => Ok((first, 1)),
        ('\\', Some('n')) => Ok(('\n', 2)),
        ('\\', Some('r')) => Ok(('\r', 2)),
        ('\\', Some('t')) => Ok(('\t', 2)),
        ('\\', Some('"')) => Ok(('"', 2)),
        ('\\', Some('\\')) => Ok(('\\', 2)),
        ('\\', Some('u')) => hexadecimal(special, 4),
        ('\\', Some('U')) => hexadecimal(special, 8),
        ('\\', Some(other)) => {
            let detail = format!(
                "`\\{other}` is no escape: these are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN"
            );
            Err((detail, 1 + other.len_utf8()))
        }
        ('"', _) => Err((
            "a quote inside of a quoted text is written `\\\"`".to_owned(),
            1,
        )),
        (_, _) => Err((
            "a text in quotes ends on its line; one of several lines is a heredoc: <<EOT"
                .to_owned(),
            1,
        )),
    }
}

fn hexadecimal(special: &str, digits: usize) -> Result<(char, usize), (String, usize)> {
    let length = 2 + digits;
    let written = special.get(2..length).unwrap_or_default();
    let is_whole = written.len() == digits && written.bytes().all(|byte| byte.is_ascii_hexdigit());
    let character = u32::from_str_radix(written, 16)
        .ok()
        .and_then(char::from_u32);
    match character.filter(|_| is_whole) {
        Some(character) => Ok((character, length)),
        None if is_whole => Err((format!("there is no character U+{written}"), length)),
        None => Err((format!("{digits} hexadecimal digits stand behind this"), 2)),
    }
}

/// What a `~` takes away: blanks and line breaks of the text beside it, of lines only the nearest.
fn trim(runs: &mut [Run]) {
    for at in 0..runs.len() {
        let Some(Run::Marker { before, after }) = runs.get(at) else {
            continue;
        };
        let (before, after) = (*before, *after);
        if before
            && let Some(Run::Text { text, .. }) = at.checked_sub(1).and_then(|at| runs.get_mut(at))
        {
            text.truncate(text.trim_end().len());
        }
        if after && let Some(Run::Text { text, .. }) = runs.get_mut(at + 1) {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Takes the smallest indentation of all lines off each, as HCL counts it: after `~` had its effect, and with a marker at
/// the start of a line for a line without any. Blank lines stay as they are.
fn flush(runs: &mut [Run]) {
    let mut smallest = usize::MAX;
    let mut starts = Vec::new();
    let mut is_line_start = true;
    for (at, run) in runs.iter().enumerate() {
        let spaces = match run {
            Run::Marker { .. } => Some(0),
            Run::Text { text, .. } if text.trim_start().is_empty() && text.ends_with('\n') => None,
            Run::Text { text, .. } => Some(
                text.chars()
                    .take_while(|character| character.is_whitespace())
                    .count(),
            ),
        };
        if is_line_start && let Some(spaces) = spaces {
            smallest = smallest.min(spaces);
            starts.push(at);
        }
        is_line_start = matches!(run, Run::Text { text, .. } if text.ends_with('\n'));
    }
    for at in starts {
        if let Some(Run::Text { text, .. }) = runs.get_mut(at) {
            *text = text.chars().skip(smallest).collect();
        }
    }
}
