//! What the configuration claims about itself, in a plan: results for programs, findings for people. A `check` that does
//! not hold stops nothing; a condition of a resource that does not hold has already ended the command.

use super::document::{Finding, FindingSeverity};
use super::input::Input;
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::checks::{CheckResult, CheckSubject};

/// Results. What is to go is not held against what is claimed about it.
pub(super) fn results(input: &Input<'_>) -> Vec<CheckResult> {
    match input.goal.mode {
        GoalMode::Converge | GoalMode::Recover => input.configuration.checks.clone(),
        GoalMode::Destroy => Vec::new(),
    }
}

/// A finding for each claim that does not hold or cannot be told.
pub(super) fn findings(checks: &[CheckResult]) -> Vec<Finding> {
    let of = |check: &CheckResult| {
        let (title, address) = title(&check.subject);
        let failed = check.problems.iter().map(|message| Finding {
            code: "check-failed".to_owned(),
            severity: FindingSeverity::Warning,
            address: address.clone(),
            summary: "Check block assertion failed".to_owned(),
            detail: format!("{title}: {message}"),
        });
        let open = check.open.iter().map(|why| Finding {
            code: "check-unknown".to_owned(),
            severity: FindingSeverity::Warning,
            address: address.clone(),
            summary: "Condition not evaluated".to_owned(),
            detail: format!("{title}: {why}. Neither plan nor apply evaluates it: let it look at arguments instead."),
        });
        failed.chain(open).collect::<Vec<_>>()
    };
    checks.iter().flat_map(of).collect()
}

fn title(subject: &CheckSubject) -> (String, Option<Address>) {
    match subject {
        CheckSubject::Block(name) => (format!("check.{name}"), None),
        CheckSubject::Resource(address) => (address.to_string(), Some(address.clone())),
        CheckSubject::Variable(name) => (format!("var.{name}"), None),
    }
}
