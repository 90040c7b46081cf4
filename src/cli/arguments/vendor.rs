//! Flags of `vendor`: what is rendered into the repository beforehand (R48).

use clap::{Args, Subcommand};
use std::str::FromStr;

/// Flags of `vendor`.
#[derive(Debug, Args)]
pub struct VendorFlags {
    /// What to render
    #[command(subcommand)]
    pub what: VendorWhat,
}

/// What can be rendered.
#[derive(Debug, Subcommand)]
pub enum VendorWhat {
    /// Velero's objects, by its own program, into vendor/velero-VERSION
    Velero(VendorVeleroFlags),
}

/// Flags of `vendor velero`.
#[derive(Debug, Args)]
pub struct VendorVeleroFlags {
    /// Version of Velero, such as 1.18.1
    #[arg(id = "VERSION")]
    pub release: Release,
    /// Velero's program, of that version; without it the one in PATH
    #[arg(long, value_name = "PATH", default_value = "velero")]
    pub velero: String,
    /// Image of a plugin; may be repeated
    #[arg(long, value_name = "IMAGE")]
    pub plugin: Vec<String>,
    /// Render the node agent, for backups of volumes by file
    #[arg(long)]
    pub node_agent: bool,
    /// Write over files that differ
    #[arg(long)]
    pub force: bool,
}

/// A released version: three numbers with dots, so that it may name a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release(String);

impl Release {
    /// As it is written: `1.18.1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Release {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let numeric =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.len() == 3 && parts.iter().all(numeric) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected three numbers such as 1.18.1".to_owned())
        }
    }
}
