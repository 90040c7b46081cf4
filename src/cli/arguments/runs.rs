//! Flags of `init`, `runs` and `unlock`: the journal and what it remembers.

use super::{ApprovalFlags, ColourFlags, JournalFlags, JsonFlags, RunFlags, VariableFlags};
use crate::model::address::Address;
use crate::model::instruction::Instruction;
use clap::{Args, Subcommand};

/// Flags of `runs`.
#[derive(Debug, Args)]
pub struct RunsFlags {
    /// All of them; without it the newest 50
    #[arg(long)]
    pub all: bool,
    /// Tell the records of this run as they come; without a name those of the newest
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true, conflicts_with = "all")]
    pub follow: Option<Option<String>>,
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
    /// The newest 50 runs, or all of them, oldest first
    List(ListFlags),
    /// Ask about what is in doubt, record it, give the run up
    Close(CloseFlags),
}

/// Flags of `runs list`.
#[derive(Debug, Args)]
pub struct ListFlags {
    /// All of them; without it the newest 50
    #[arg(long)]
    pub all: bool,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
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

/// Flags of `init`.
#[derive(Debug, Args)]
pub struct InitFlags {
    /// Make the bucket of the journal, and prove that it can hold one; once more changes nothing
    #[arg(long)]
    pub journal: bool,
    /// `-var` and `-var-file`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
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

/// Flags of `resume`.
#[derive(Debug, Args)]
pub struct ResumeFlags {
    /// The run; without it the one that is open
    #[arg(id = "RUN")]
    pub id: Option<String>,
    /// Take the run over from its holder, which wrote this serial last
    #[arg(long, value_name = "SERIAL")]
    pub takeover: Option<u64>,
    /// Restore this application once more; what its last attempt made goes first
    #[arg(long, value_name = "ADDR", conflicts_with = "accepted")]
    pub retry: Option<Address>,
    /// Go on with what the restore of this application brought, although not all of it came
    #[arg(long, value_name = "ADDR", group = "accepted", requires = "reason")]
    pub accept_restore: Option<Address>,
    /// Go on although the cluster does not serve every type of the backups: objects of those stay away
    #[arg(long, group = "accepted", requires = "reason")]
    pub accept_kubernetes: bool,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", requires = "accepted", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: Option<String>,
    /// Whether to ask before anything is removed.
    #[command(flatten)]
    pub approval: ApprovalFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
    /// How much at a time.
    #[command(flatten)]
    pub run: RunFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}

impl ResumeFlags {
    /// What they decide.
    pub fn instruction(&self) -> Instruction<'_> {
        let reason = self.reason.as_deref().unwrap_or_default();
        match (&self.retry, &self.accept_restore) {
            (Some(address), _) => Instruction::Retry(address),
            (None, Some(address)) => Instruction::Restore(address, reason),
            (None, None) if self.accept_kubernetes => Instruction::Kubernetes(reason),
            (None, None) => Instruction::Nothing,
        }
    }
}
