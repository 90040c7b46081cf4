//! Diagnostics as programs read them: the form of `terraform validate -json`, with our `code` added to each, and what is
//! at stake under `sk_dr`.

use super::window;
use super::{Diagnostic, Severity, SourceMap, Span};
use serde_json::{Value, json};

/// The whole answer of `validate -json`.
pub fn report(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    let errors = count(Severity::Error);
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": count(Severity::Warning),
        "diagnostics": diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect::<Vec<_>>(),
    })
}

/// One of them, as in `diagnostics[]` and in the stream of `-json`.
pub fn one(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let mut detail = diagnostic.detail.clone();
    for hint in &diagnostic.hints {
        detail.push_str("; ");
        detail.push_str(&hint.message);
    }
    let mut object = json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": detail,
    });
    let Some(members) = object.as_object_mut() else {
        return object;
    };
    if let Some(stake) = diagnostic.stake {
        members.insert("sk_dr".to_owned(), json!({ "severity": stake }));
    }
    if let Some(address) = &diagnostic.address {
        members.insert("address".to_owned(), address.as_str().into());
    }
    if let Some((range, snippet)) = diagnostic
        .span
        .and_then(|span| place(span, diagnostic.context, sources))
    {
        members.insert("range".to_owned(), range);
        members.insert("snippet".to_owned(), snippet);
    }
    object
}

fn place(span: Span, context: Option<Span>, sources: &SourceMap) -> Option<(Value, Value)> {
    let source = sources.get(span.file)?;
    let at = |offset| {
        let position = window::position(&source.text, offset);
        json!({"line": position.line, "column": position.column, "byte": position.byte})
    };
    let range = json!({"filename": source.name, "start": at(span.start), "end": at(span.end.max(span.start))});
    let window = window::around(sources, span, None)?;
    let line_start = window
        .text
        .get(..window.marked.start)?
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let context = context
        .and_then(|context| source.text.get(context.start..context.end))
        .filter(|text| !text.contains('\n'));
    let snippet = json!({
        "context": context,
        "code": window.text.get(line_start..)?,
        "start_line": window::position(&source.text, span.start).line,
        "highlight_start_offset": window.marked.start - line_start,
        "highlight_end_offset": window.marked.end.max(window.marked.start) - line_start,
        "values": [],
    });
    Some((range, snippet))
}
