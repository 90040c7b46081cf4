//! Commands and flags, as clap reads them after [`super::spelling`] (R41 to R46 say what they mean).

mod backups;
mod import;
mod recovery;
mod review;
mod runs;
mod vendor;

pub use backups::{
    BackupsAction, BackupsFlags, PlaceFlags, ShowBackupFlags, StatusFlags, StatusFormat,
};
pub use import::ImportFlags;
pub use recovery::RecoveryFlags;
pub use review::{Compat, CompatFlags, DriftFlags, DriftFormat, ShowFlags};
pub use runs::{CloseFlags, InitFlags, ResumeFlags, RunsAction, RunsFlags, UnlockFlags};
pub use vendor::{VendorFlags, VendorVeleroFlags, VendorWhat};

use super::process::{ColourFlag, Trouble};
pub use super::variables::VariableFlags;
use crate::model::address::Target;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Plan and apply for the disaster recovery of self-hosted Kubernetes.
#[derive(Debug, Parser)]
#[command(
    name = "sk-dr",
    disable_version_flag = true,
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub struct Arguments {
    /// Go to this directory before anything else
    #[arg(long, global = true, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// Trust the configuration no further than a file outside of its repository says: no program is started
    #[arg(long, global = true)]
    pub safe: bool,
    /// With -safe: where the repository of the configuration ends; without it the working directory, before -chdir
    #[arg(long, global = true, value_name = "DIR")]
    pub repository: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report every mistake of the configuration; asks no server
    Validate(ValidateFlags),
    /// Show what apply would do
    Plan(PlanFlags),
    /// Do what a plan says
    Apply(ApplyFlags),
    /// Remove everything that is declared and ours
    Destroy(DestroyFlags),
    /// Show a saved plan
    Show(ShowFlags),
    /// Print HCL for what lives in a cluster; writes nothing to it
    Import(ImportFlags),
    /// Tell what changed outside of sk-dr; changes nothing, exit 2 on drift
    Drift(DriftFlags),
    /// Backups in the buckets of the locations; asks no cluster
    Backups(BackupsFlags),
    /// Whether the objectives are met by the backups in the buckets; exit 5 where one is not
    Status(StatusFlags),
    /// Make the bucket of the journal
    Init(InitFlags),
    /// Go on with a run that was killed
    Resume(ResumeFlags),
    /// Runs in the journal
    Runs(RunsFlags),
    /// Take the lock of a run whose holder is gone
    Unlock(UnlockFlags),
    /// Render what an installation needs into this repository, before it is needed
    Vendor(VendorFlags),
    /// Resource types and their arguments
    Schema(SchemaFlags),
    /// Version of this program
    Version(VersionFlags),
    /// Serve a sandbox cluster on this machine
    Sandbox(SandboxFlags),
    /// Watch the whole story in a sandbox
    Demo(DemoFlags),
    /// This text; with a command behind it, that command's
    Help,
}

/// `-no-color`, on every command that dresses its text.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ColourFlags {
    /// No colour; NO_COLOR does the same
    #[arg(long)]
    no_color: bool,
}

impl ColourFlags {
    /// As the dress takes it.
    pub fn flag(self) -> ColourFlag {
        if self.no_color {
            ColourFlag::Never
        } else {
            ColourFlag::Auto
        }
    }
}

/// `-json`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct JsonFlags {
    /// JSON for programs
    #[arg(long)]
    pub json: bool,
}

/// `-journal`.
#[derive(Clone, Debug, Default, Args)]
pub struct JournalFlags {
    /// Journal directory, or s3://BUCKET/PREFIX; without it the one that the configuration names, or .sk-dr beside it
    #[arg(long, value_name = "PATH")]
    pub journal: Option<PathBuf>,
}

/// What a plan is narrowed to and what it may do.
#[derive(Clone, Debug, Default, Args)]
pub struct ScopeFlags {
    /// Only this resource or module and what it needs; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub target: Vec<Target>,
    /// Adopt this object, which exists without our mark; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub adopt: Vec<Target>,
    /// Take fields that another manager applies
    #[arg(long)]
    pub force_conflicts: bool,
}

/// How much is asked at a time.
#[derive(Clone, Copy, Debug, Args)]
pub struct QuestionFlags {
    /// Questions to a server at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
}

/// How much at a time, and how long to wait for the lock.
#[derive(Clone, Debug, Args)]
pub struct RunFlags {
    /// Steps or questions at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
    /// How long to wait while somebody else holds the lock: 30s, 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}

/// Whether to ask.
#[derive(Clone, Copy, Debug, Args)]
pub struct ApprovalFlags {
    /// Do not ask; never a consent
    #[arg(long)]
    pub auto_approve: bool,
    /// Whether questions may be asked
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub input: bool,
}

/// Flags of `validate`.
#[derive(Debug, Args)]
pub struct ValidateFlags {
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// `-var` and `-var-file`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}

/// Flags of `plan`.
#[derive(Debug, Args)]
pub struct PlanFlags {
    /// Save the plan here, for apply
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit 2 where there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan to remove everything
    #[arg(long)]
    pub destroy: bool,
    /// Whether questions may be asked; plan asks none
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub input: bool,
    /// Everything but this resource and what needs it; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub exclude: Vec<Target>,
    /// Do what is held back under this consent; may be repeated
    #[arg(long, value_name = "HEX")]
    pub consent: Vec<String>,
    /// A recovery.
    #[command(flatten)]
    pub recovery: RecoveryFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeFlags,
    /// `-var` and `-var-file`.
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

/// Flags of `apply`.
#[derive(Debug, Args)]
pub struct ApplyFlags {
    /// A saved plan; without it sk-dr plans, shows and asks
    pub plan: Option<PathBuf>,
    /// Refuse any other plan than the one with this digest
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// Remove everything
    #[arg(long)]
    pub destroy: bool,
    /// Of `destroy`: a plan is narrowed where it is made.
    #[arg(skip)]
    pub exclude: Vec<Target>,
    /// A recovery.
    #[command(flatten)]
    pub recovery: RecoveryFlags,
    /// Whether to ask.
    #[command(flatten)]
    pub approval: ApprovalFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeFlags,
    /// `-var` and `-var-file`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
    /// How much at a time.
    #[command(flatten)]
    pub run: RunFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
    /// `-compat`.
    #[command(flatten)]
    pub compat: CompatFlags,
}

/// Flags of `destroy`, which is `apply -destroy`.
#[derive(Debug, Args)]
pub struct DestroyFlags {
    /// Everything but this resource and what it needs; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub exclude: Vec<Target>,
    /// Whether to ask.
    #[command(flatten)]
    pub approval: ApprovalFlags,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
    /// Scope.
    #[command(flatten)]
    pub scope: ScopeFlags,
    /// `-var` and `-var-file`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-journal`.
    #[command(flatten)]
    pub journal: JournalFlags,
    /// How much at a time.
    #[command(flatten)]
    pub run: RunFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
    /// `-compat`.
    #[command(flatten)]
    pub compat: CompatFlags,
}

impl From<DestroyFlags> for ApplyFlags {
    fn from(flags: DestroyFlags) -> Self {
        let DestroyFlags {
            exclude,
            approval,
            json,
            scope,
            variables,
            journal,
            run,
            colour,
            compat,
        } = flags;
        Self {
            plan: None,
            expect: None,
            destroy: true,
            exclude,
            recovery: RecoveryFlags::default(),
            approval,
            json,
            scope,
            variables,
            journal,
            run,
            colour,
            compat,
        }
    }
}

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct SchemaFlags {
    /// One resource type; without it all
    pub kind: Option<String>,
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
}

/// Flags of `version`.
#[derive(Debug, Args)]
pub struct VersionFlags {
    /// `-json`.
    #[command(flatten)]
    pub json: JsonFlags,
}

/// Flags of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxFlags {
    /// Directory that holds the sandbox: kubeconfig, credentials of its buckets, state
    #[arg(long, value_name = "DIR", default_value = "sk-dr-sandbox")]
    pub dir: PathBuf,
    /// Port of the Kubernetes API on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "0")]
    pub port: u16,
    /// Port of its buckets (S3) on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "0")]
    pub s3_port: u16,
    /// Seed of everything that looks random; counts for a new sandbox only
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// A bucket to make, if it is not there; may be repeated
    #[arg(long, value_name = "NAME")]
    pub bucket: Vec<String>,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}

/// Flags of `demo`.
#[derive(Debug, Args)]
pub struct DemoFlags {
    /// New or empty directory that is left behind for trying; without it one under the system's temporary directory
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "expected a duration such as 30s or 5m".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "expected a duration that is not negative".to_owned())
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// A command.
    Command {
        /// The words as clap reads them, for who repeats what was typed.
        words: Vec<String>,
        /// What they say.
        arguments: Box<Arguments>,
    },
    /// A help text.
    Help(String),
}

/// Reads the arguments.
///
/// # Errors
/// For anything that is no command line of ours, with what was meant.
pub fn parse(arguments: &[OsString]) -> Result<Asked, Trouble> {
    let texts = arguments
        .iter()
        .map(|argument| argument.to_str().map(str::to_owned))
        .collect::<Option<Vec<String>>>();
    let texts =
        texts.ok_or_else(|| Trouble::error("Invalid argument", "An argument is not UTF-8."))?;
    let mut root = Arguments::command();
    root.build();
    if texts.is_empty() {
        return Ok(Asked::Help(one_dash(&root.render_help().to_string())));
    }
    // `help apply` is `apply -help`, as Terraform's users and others type it.
    let texts = match texts.split_first() {
        Some((first, rest)) if first == "help" && !rest.is_empty() => {
            let mut texts = rest.to_vec();
            texts.push("-help".to_owned());
            texts
        }
        Some(_) | None => texts,
    };
    let words = super::spelling::rewrite(&texts, &root)?;
    let line = std::iter::once("sk-dr").chain(words.iter().map(String::as_str));
    // The commands are made once: clap checks each of them, which takes longer than a small plan.
    let read = root
        .try_get_matches_from_mut(line)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    match read {
        Ok(Arguments {
            command: Command::Help,
            ..
        }) => Ok(Asked::Help(one_dash(&root.render_help().to_string()))),
        Ok(arguments) => Ok(Asked::Command {
            words,
            arguments: Box::new(arguments),
        }),
        Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => {
            Ok(Asked::Help(one_dash(&error.to_string())))
        }
        Err(error) => Err(Trouble::error(
            "Invalid arguments",
            one_dash(without_prefix(&error.format(&mut root).to_string())),
        )),
    }
}

fn without_prefix(text: &str) -> &str {
    text.strip_prefix("error: ").unwrap_or(text).trim_end()
}

/// Flags in clap's texts, as our users type them.
fn one_dash(text: &str) -> String {
    text.replace("--", "-")
}
