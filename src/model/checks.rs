//! What a configuration claims about itself, and whether it holds: `check` blocks, conditions of resources, validations
//! of variables. Must not know expressions.

use super::address::Address;
use serde::{Deserialize, Serialize};

/// Whose claim it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckSubject {
    /// `check "name" { }`.
    Block(String),
    /// `precondition` and `postcondition` of a resource instance.
    Resource(Address),
    /// `validation` of a variable.
    Variable(String),
}

/// Whether it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// All of it does.
    Pass,
    /// Some of it does not.
    Fail,
    /// Some of it cannot be told before apply, the rest holds.
    Unknown,
}

/// What became of the claims of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Whose.
    pub subject: CheckSubject,
    /// Whether they hold.
    pub status: CheckStatus,
    /// What the configuration says about those that do not hold; full sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Why the others cannot be told; fragments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

impl CheckResult {
    /// Of its claims that do not hold and that cannot be told.
    pub fn new(subject: CheckSubject, problems: Vec<String>, open: Vec<String>) -> Self {
        let status = match (problems.as_slice(), open.as_slice()) {
            ([_, ..], _) => CheckStatus::Fail,
            ([], [_, ..]) => CheckStatus::Unknown,
            ([], []) => CheckStatus::Pass,
        };
        Self {
            subject,
            status,
            problems,
            open,
        }
    }
}
