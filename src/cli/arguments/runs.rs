//! Flags of `runs` and `unlock`: what a journal remembers.

use super::JournalFlags;
use clap::{Args, Subcommand};

/// Flags of `runs`.
#[derive(Debug, Args)]
pub struct RunsFlags {
    /// What to do with them; list without it
    #[command(subcommand)]
    pub action: Option<RunsAction>,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsAction {
    /// All runs, oldest first
    List(JournalFlags),
    /// Ask about what is in doubt, record it, give the run up
    Close(CloseFlags),
}

/// Flags of `runs close`.
#[derive(Debug, Args)]
pub struct CloseFlags {
    /// The run
    #[arg(id = "RUN")]
    pub id: String,
    /// Take the run over from its holder, which wrote this serial last
    #[arg(long, value_name = "SERIAL")]
    pub takeover: Option<u64>,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
}

/// Flags of `unlock`.
#[derive(Debug, Args)]
pub struct UnlockFlags {
    /// The serial that its holder wrote last, as `sk-dr runs` shows it
    pub serial: u64,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
}
