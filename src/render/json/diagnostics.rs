//! `validate -json`: every diagnostic in Terraform's form 1.0. Must not know how a diagnostic looks on a terminal.

use crate::diag::{Diagnostic, Severity, Source, SourceMap, Span};
use serde_json::{Map, Value as Json, json};

/// Whether a configuration is valid, and what was found.
pub type Validation = Json;

/// The answer of `validate -json`.
pub fn validation(diagnostics: &[Diagnostic], sources: &SourceMap) -> Validation {
    let count = |wanted: Severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == wanted)
            .count()
    };
    let errors = count(Severity::Error);
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": count(Severity::Warning),
        "diagnostics": diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect::<Vec<_>>()
    })
}

fn one(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    let mut all = Map::new();
    all.insert("severity".to_owned(), json!(diagnostic.severity));
    all.insert("summary".to_owned(), json!(diagnostic.summary));
    all.insert("detail".to_owned(), json!(detail(diagnostic)));
    all.insert("code".to_owned(), json!(diagnostic.code));
    if let Some(address) = &diagnostic.address {
        all.insert("address".to_owned(), json!(address));
    }
    if let Some((span, source)) = diagnostic
        .span
        .and_then(|span| Some((span, sources.get(span.file)?)))
    {
        all.insert("range".to_owned(), range(span, source));
        if let Some(snippet) = snippet(span, source) {
            all.insert("snippet".to_owned(), snippet);
        }
    }
    Json::Object(all)
}

/// Terraform has no place for advice, so it follows the detail.
fn detail(diagnostic: &Diagnostic) -> String {
    let hints = diagnostic
        .hints
        .iter()
        .map(|hint| format!("\n\nhelp: {}", hint.message));
    std::iter::once(diagnostic.detail.clone())
        .chain(hints)
        .collect()
}

fn range(span: Span, source: &Source) -> Json {
    json!({"filename": source.name, "start": position(&source.text, span.start), "end": position(&source.text, span.end)})
}

/// Line and column from 1, column in characters.
fn position(text: &str, byte: usize) -> Json {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    json!({"line": line, "column": column, "byte": byte})
}

/// The lines that a span touches, and where in them it is.
fn snippet(span: Span, source: &Source) -> Option<Json> {
    let before = source.text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = source
        .text
        .get(span.end..)?
        .find('\n')
        .map_or(source.text.len(), |newline| span.end + newline);
    Some(json!({
        "context": null,
        "code": source.text.get(start..end)?,
        "start_line": before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        "highlight_start_offset": span.start - start,
        "highlight_end_offset": span.end - start,
        "values": []
    }))
}
