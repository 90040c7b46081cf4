//! Flags of `import`, as clap reads them.

use super::{ColourFlags, VariableFlags};
use clap::Args;
use std::path::PathBuf;

/// Flags of `import`.
#[derive(Debug, Args)]
pub struct ImportFlags {
    /// A new file for the blocks; `-` prints them
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Only what is in this namespace; may be repeated
    #[arg(long, value_name = "NAME")]
    pub namespace: Vec<String>,
    /// Only this resource type; may be repeated
    #[arg(long, value_name = "TYPE")]
    pub kind: Vec<String>,
    /// Kubeconfig, where the configuration has no provider block yet
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// Context of the kubeconfig, where the configuration has no provider block yet
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// `-var`.
    #[command(flatten)]
    pub variables: VariableFlags,
    /// `-no-color`.
    #[command(flatten)]
    pub colour: ColourFlags,
}
