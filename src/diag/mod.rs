//! Diagnostics: what is wrong with what a user wrote, where, why, and how to mend it.
//! Must not know HCL, kinds or the terminal's state (colour and width are handed in).

pub mod json;
pub mod render;
pub mod suggest;
#[cfg(test)]
mod tests;
mod window;

use std::sync::Arc;

/// Index of a source text in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range in one source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source text.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// One source text with the name shown to the user (relative to the configuration directory).
#[derive(Clone, Debug)]
pub struct Source {
    /// Name as shown.
    pub name: String,
    /// The text, shared.
    pub text: Arc<str>,
}

/// All source texts of one configuration, addressed by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// The texts, in load order.
    pub files: Vec<Source>,
}

impl SourceMap {
    /// Adds a text and returns its id.
    pub fn add(&mut self, name: String, text: Arc<str>) -> FileId {
        self.files.push(Source { name, text });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }
    /// Shows another text in place of one: of as many bytes and lines, where spans lead into it.
    pub fn replace(&mut self, id: FileId, text: Arc<str>) {
        if let Some(source) = self.files.get_mut(id.0 as usize) {
            source.text = text;
        }
    }
    /// The source of an id, if it belongs to this map.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }
}

/// How bad it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing goes on.
    Error,
    /// Shown, does not stop.
    Warning,
}

/// Text to put in place of a span: the fix shown under `help:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Advice attached to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The advice, a fragment: "did you mean `ttl`?".
    pub message: String,
    /// The mend, where one can be shown.
    pub patch: Option<Patch>,
}

/// One thing that is wrong. The summary is a fixed phrase without user names, the detail full sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// Stable code such as `unsupported-argument`.
    pub code: &'static str,
    /// A word beside the code of a warning about more than a surprise: `danger`.
    pub stake: Option<&'static str>,
    /// Fixed phrase: "Unsupported argument".
    pub summary: String,
    /// The text beside the underlined span and, where there is no span, the body.
    pub detail: String,
    /// What is underlined.
    pub span: Option<Span>,
    /// Lines shown for context: the header of the block around it.
    pub context: Option<Span>,
    /// The address it is about, where one is known.
    pub address: Option<String>,
    /// Advice.
    pub hints: Vec<Hint>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        code: &'static str,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            stake: None,
            summary: summary.into(),
            detail: detail.into(),
            span: None,
            context: None,
            address: None,
            hints: Vec::new(),
        }
    }
    /// A warning.
    pub fn warning(
        code: &'static str,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, summary, detail)
        }
    }
    /// The same, underlining `span`.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }
    /// The same, showing the lines of `span` around it.
    #[must_use]
    pub fn within(mut self, span: impl Into<Option<Span>>) -> Self {
        self.context = span.into();
        self
    }
    /// The same, with a piece of advice.
    #[must_use]
    pub fn hint(mut self, message: impl Into<String>) -> Self {
        self.hints.push(Hint {
            message: message.into(),
            patch: None,
        });
        self
    }
    /// The same, with a mend that can be shown.
    #[must_use]
    pub fn fix(mut self, message: impl Into<String>, patch: Patch) -> Self {
        self.hints.push(Hint {
            message: message.into(),
            patch: Some(patch),
        });
        self
    }
}

/// True where any of them stops the work.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
