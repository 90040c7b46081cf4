//! From a file's text to its syntax tree, with every syntax error that can be found in one go.

use super::convert::Converter;
use super::scan;
use super::syntax::{Body, Expression, Part};
use crate::diag::{Diagnostic, FileId, Span};

/// The tree of a file: of each top-level piece that could be read.
pub fn file(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Body {
    let mut whole = Body::default();
    let pieces = scan::scan(text, file, diagnostics);
    for piece in pieces {
        let source = text.get(piece.clone()).unwrap_or("");
        match hcl_edit::parser::parse_body(source) {
            Ok(body) => {
                let mut body = Converter {
                    file,
                    base: piece.start,
                    source,
                    diagnostics,
                }
                .body(&body);
                whole.attributes.append(&mut body.attributes);
                whole.blocks.append(&mut body.blocks);
            }
            Err(error) => {
                if diagnostics.len() >= super::limits::SYNTAX_ERRORS {
                    break;
                }
                diagnostics.push(syntax_error(&error, source, file, piece.start));
            }
        }
    }
    whole
}

/// The expression that a text is: the value of `-var` for a variable of a container type.
pub fn expression(
    text: &str,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expression> {
    // The scanner sees an argument without a name; what it says about brackets and limits holds all the same.
    let pieces = scan::scan(text, file, diagnostics);
    if crate::diag::has_errors(diagnostics) || pieces.is_empty() {
        if pieces.is_empty() && !crate::diag::has_errors(diagnostics) {
            diagnostics.push(
                Diagnostic::error("syntax", "Syntax error", "expected a value").at(Span {
                    file,
                    start: 0,
                    end: text.len(),
                }),
            );
        }
        return None;
    }
    match hcl_edit::parser::parse_expr(text.trim()) {
        Ok(parsed) => Some(
            Converter {
                file,
                base: text.len() - text.trim_start().len(),
                source: text.trim(),
                diagnostics,
            }
            .expression(&parsed),
        ),
        Err(error) => {
            diagnostics.push(syntax_error(&error, text, file, 0));
            None
        }
    }
}

/// The parts of a text that is a template from its first byte.
pub fn template(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Part>> {
    let mut found = Vec::new();
    if !scan::template(text, file, &mut found) {
        diagnostics.append(&mut found);
        return None;
    }
    match hcl_edit::parser::parse_template(text) {
        Ok(parsed) => Some(
            Converter {
                file,
                base: 0,
                source: text,
                diagnostics,
            }
            .file_template(&parsed),
        ),
        Err(error) => {
            diagnostics.push(syntax_error(&error, text, file, 0));
            None
        }
    }
}

/// The parser's message in our words.
fn syntax_error(
    error: &hcl_edit::parser::Error,
    source: &str,
    file: FileId,
    base: usize,
) -> Diagnostic {
    // The parser may name a byte inside of a character.
    let offset = source.floor_char_boundary(error.location().offset());
    let message = error.message();
    let length = source
        .get(offset..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, |c| if c == '\n' { 0 } else { c.len_utf8() });
    let span = Span {
        file,
        start: base + offset,
        end: base + offset + length,
    };
    if message.contains("redefined attribute") {
        let end = source
            .get(offset..)
            .and_then(|rest| rest.find(['=', ' ']))
            .map_or(span.end, |at| span.start + at);
        return Diagnostic::error(
            "duplicate-argument",
            "Duplicate argument",
            "this argument is already set in this block",
        )
        .at(Span { end, ..span });
    }
    if message.contains("redefined object key") {
        return Diagnostic::error(
            "duplicate-key",
            "Duplicate key",
            "this key is already in the object",
        )
        .at(span);
    }
    if message.contains("nesting depth") || message.contains("nested levels") {
        return Diagnostic::error(
            "too-deep",
            "Nested too deep",
            "expressions may be nested at most 64 levels",
        )
        .at(span);
    }
    if message.contains("binary operator") && message.contains("at most")
        || message.contains("operator depth")
    {
        let detail = "an expression may chain at most 128 operators";
        return Diagnostic::error("too-deep", "Nested too deep", detail)
            .at(span)
            .hint("use `locals`, `sum` or `join`");
    }
    let expected = message
        .split_once("expected ")
        .filter(|(before, _)| !before.ends_with("un"))
        .map(|(_, rest)| rest);
    let found = match source.get(offset..).and_then(|rest| rest.chars().next()) {
        None => "the end".to_owned(),
        Some('\n' | '\r') => "the end of the line".to_owned(),
        Some(character) => format!("`{character}`"),
    };
    let detail = match expected {
        Some(expected) if expected.len() < 120 => {
            format!("expected {}, found {found}", expected.trim())
        }
        Some(_) | None => format!("{found} cannot stand here"),
    };
    Diagnostic::error("syntax", "Syntax error", detail).at(span)
}
