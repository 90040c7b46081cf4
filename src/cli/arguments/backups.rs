//! Flags of `backups` and `status`: what is in the buckets.

use super::{ColourFlags, JsonFlags, QuestionFlags, VariableFlags};
use crate::model::address::Target;
use clap::{Args, Subcommand};

/// Flags of `backups`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BackupsFlags {
    /// Look into one backup; without it list
    #[command(subcommand)]
    pub action: Option<BackupsAction>,
    /// Only these applications and schedules
    #[arg(id = "ADDR")]
    pub owners: Vec<Target>,
    /// Read every backup, not only the newest usable one of each application
    #[arg(long)]
    pub all: bool,
    /// Where to look.
    #[command(flatten)]
    pub places: PlaceFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupsAction {
    /// What is in one backup; reads its tarball to the end
    Show(ShowBackupFlags),
}

/// Flags of `backups show`.
#[derive(Debug, Args)]
pub struct ShowBackupFlags {
    /// Name of the backup
    #[arg(id = "NAME")]
    pub name: String,
    /// Where to look.
    #[command(flatten)]
    pub places: PlaceFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
}

/// Where backups are looked for, and how.
#[derive(Debug, Args)]
pub struct PlaceFlags {
    /// Only this location; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub location: Vec<Target>,
    /// `-var` and `-var-file`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// How much is asked at a time.
    #[command(flatten)]
    pub questions: QuestionFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}

/// Flags of `status`.
#[derive(Debug, Args)]
pub struct StatusFlags {
    /// text, json or prometheus
    #[arg(long, value_name = "FORMAT", value_parser = format, conflicts_with = "json")]
    format: Option<StatusFormat>,
    /// Where to look.
    #[command(flatten)]
    pub places: PlaceFlags,
    /// `-json`.
    #[command(flatten)]
    json: JsonFlags,
}

impl StatusFlags {
    /// How it is told.
    pub fn format(&self) -> StatusFormat {
        match (self.json.json, self.format) {
            (true, _) => StatusFormat::Json,
            (false, format) => format.unwrap_or(StatusFormat::Text),
        }
    }
}

/// How the status is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For the textfile collector.
    Prometheus,
}

fn format(text: &str) -> Result<StatusFormat, String> {
    match text {
        "text" => Ok(StatusFormat::Text),
        "json" => Ok(StatusFormat::Json),
        "prometheus" => Ok(StatusFormat::Prometheus),
        _other => Err("expected text, json or prometheus".to_owned()),
    }
}
