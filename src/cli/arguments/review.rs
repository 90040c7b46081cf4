//! Flags of what is read rather than done: `show` and `drift`, and how their text speaks.

use super::{ColourFlags, JournalFlags, JsonFlags, QuestionFlags, VariableFlags};
use crate::model::address::Target;
use crate::render::markdown::{BUDGET, LEAST_BUDGET};
use clap::Args;
use std::path::PathBuf;

/// Whose words stand in the lines that tools look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// Terraform's.
    Terraform,
}

/// `-compat`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct CompatFlags {
    /// terraform: its words in the lines that tools look for; SKDR_COMPAT does the same
    #[arg(long, value_name = "PROGRAM", value_parser = compat)]
    pub compat: Option<Compat>,
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub struct ShowFlags {
    /// A saved plan
    pub plan: PathBuf,
    /// Markdown for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Bytes that the markdown takes at most; whole resources are left out, the largest first
    #[arg(long, value_name = "BYTES", default_value_t = BUDGET, value_parser = budget)]
    pub budget: usize,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
    /// `-compat`.
    #[command(flatten)]
    pub compat: CompatFlags,
}

/// Flags of `drift`.
#[derive(Debug, Args)]
pub struct DriftFlags {
    /// Only this resource; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub target: Vec<Target>,
    /// Everything but this resource; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub exclude: Vec<Target>,
    /// text, json, markdown, junit, sarif, prometheus or github-issue
    #[arg(long, value_name = "FORMAT", value_parser = format, conflicts_with = "json")]
    format: Option<DriftFormat>,
    /// Bytes that markdown and the body of an issue take at most
    #[arg(long, value_name = "BYTES", default_value_t = BUDGET, value_parser = budget)]
    pub budget: usize,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// `-var`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
    /// How much is asked at a time.
    #[command(flatten)]
    pub questions: QuestionFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
    /// `-compat`.
    #[command(flatten)]
    pub compat: CompatFlags,
}

fn compat(text: &str) -> Result<Compat, String> {
    match text {
        "terraform" => Ok(Compat::Terraform),
        _other => Err("expected terraform".to_owned()),
    }
}

fn budget(text: &str) -> Result<usize, String> {
    let bytes = text.parse::<usize>().ok();
    bytes
        .filter(|bytes| *bytes >= LEAST_BUDGET)
        .ok_or_else(|| format!("expected a number of bytes, at least {LEAST_BUDGET}"))
}

/// How drift is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftFormat {
    /// For people.
    Text,
    /// The JSON of a plan, and what of it is drift.
    Json,
    /// For a comment.
    Markdown,
    /// For the test reports of CI systems.
    Junit,
    /// For code scanning.
    Sarif,
    /// For the textfile collector.
    Prometheus,
    /// One issue per stack.
    GithubIssue,
}

const FORMATS: &[(&str, DriftFormat)] = &[
    ("text", DriftFormat::Text),
    ("json", DriftFormat::Json),
    ("markdown", DriftFormat::Markdown),
    ("junit", DriftFormat::Junit),
    ("sarif", DriftFormat::Sarif),
    ("prometheus", DriftFormat::Prometheus),
    ("github-issue", DriftFormat::GithubIssue),
];

impl DriftFlags {
    /// The format: `-json` is `-format=json`.
    pub fn format(&self) -> DriftFormat {
        match self.format {
            Some(format) => format,
            None if self.json.json => DriftFormat::Json,
            None => DriftFormat::Text,
        }
    }
}

fn format(text: &str) -> Result<DriftFormat, String> {
    let found = FORMATS.iter().find(|(word, _)| *word == text);
    found.map(|(_, format)| *format).ok_or_else(|| {
        let words: Vec<&str> = FORMATS.iter().map(|(word, _)| *word).collect();
        format!("expected one of {}", words.join(", "))
    })
}
