//! Diagnostics as people read them in a terminal: heading, window of the source, what is wrong beside the underline,
//! then how to mend it. Whether there are colours, and how wide a line is, is handed in.

use super::window::{self, Window};
use super::{Diagnostic, Hint, Patch, Severity, SourceMap};
use annotate_snippets::{AnnotationKind, Group, Level, Patch as Change, Renderer, Snippet};

/// With colours or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No escape codes.
    Plain,
    /// ANSI colours.
    Coloured,
}

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// Colours.
    pub style: Style,
    /// Columns of the terminal.
    pub width: usize,
}

impl Rendering {
    /// No colours, 140 columns: for pipes and tests.
    pub const PLAIN: Rendering = Rendering {
        style: Style::Plain,
        width: 140,
    };
}

/// All of them, in the given order, with an empty line after each.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, rendering: Rendering) -> String {
    let renderer = match rendering.style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    }
    .term_width(rendering.width.max(40));
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&one(diagnostic, sources, &renderer));
        text.push_str("\n\n");
    }
    text
}

fn one(diagnostic: &Diagnostic, sources: &SourceMap, renderer: &Renderer) -> String {
    let (level, name) = match diagnostic.severity {
        Severity::Error => (Level::ERROR, "Error"),
        Severity::Warning => (Level::WARNING, "Warning"),
    };
    let summary = match diagnostic.severity {
        Severity::Error => diagnostic.summary.clone(),
        // What can be allowed is allowed by its code, and looked up by it.
        Severity::Warning => {
            let stake = diagnostic.stake.map(|stake| format!(", {stake}"));
            let stake = stake.unwrap_or_default();
            format!("{} [{}{stake}]", diagnostic.summary, diagnostic.code)
        }
    };
    let title = level.with_name(name).primary_title(summary);
    let window = diagnostic
        .span
        .and_then(|span| window::around(sources, span, diagnostic.context));
    let mut group = match &window {
        Some(window) => title.element(snippet(window, &diagnostic.detail)),
        None => title.elements(
            diagnostic
                .detail
                .split('\n')
                .filter(|line| !line.is_empty())
                .map(|line| Level::NOTE.no_name().message(line)),
        ),
    };
    let mut mends: Vec<Group<'_>> = Vec::new();
    for hint in &diagnostic.hints {
        match hint {
            Hint {
                message,
                patch: None,
            } => group = group.element(Level::HELP.message(message.as_str())),
            Hint {
                message,
                patch: Some(patch),
            } => mends.push(mend(message, patch, sources)),
        }
    }
    let mut report = vec![group];
    report.append(&mut mends);
    renderer.render(&report)
}

fn snippet<'a>(
    window: &Window<'a>,
    detail: &'a str,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(window.text)
        .line_start(window.first_line)
        .path(window.name)
        .annotation(
            AnnotationKind::Primary
                .span(window.marked.clone())
                .label(detail),
        );
    if let Some(header) = &window.header {
        snippet = snippet.annotation(AnnotationKind::Visible.span(header.clone()));
    }
    for at in line_starts(window) {
        snippet = snippet.annotation(AnnotationKind::Visible.span(at..at));
    }
    snippet
}

fn line_starts(window: &Window<'_>) -> Vec<usize> {
    let shown = window.text.get(window.shown.clone()).unwrap_or("");
    let breaks = shown
        .match_indices('\n')
        .map(|(at, _)| window.shown.start + at + 1);
    std::iter::once(window.shown.start)
        .chain(breaks)
        .filter(|at| *at < window.shown.end)
        .collect()
}

fn mend<'a>(message: &'a str, patch: &'a Patch, sources: &'a SourceMap) -> Group<'a> {
    let title = Level::HELP.secondary_title(message);
    match window::around(sources, patch.span, None) {
        None => Group::with_title(title),
        Some(window) => title.element(
            Snippet::source(window.text)
                .line_start(window.first_line)
                .path(window.name)
                .patch(Change::new(window.marked, patch.text.as_str())),
        ),
    }
}
