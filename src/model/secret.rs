//! Where a secret is, never its value (R32). The value is read at the moment of use by `world/local`.

use serde::{Deserialize, Serialize};

/// What stands in place of a value that is never shown.
pub const HIDDEN: &str = "(sensitive value)";

/// Name of a `secret "name" {}` block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub String);

/// Where a secret's value is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// An environment variable of the sk-dr process.
    Env(String),
    /// A file; relative to the configuration directory. One trailing newline is dropped.
    File(String),
    /// A program and its arguments, no shell; standard output is the value, one trailing newline is dropped.
    Command(Vec<String>),
}
