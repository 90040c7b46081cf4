//! What the server said to dry-runs of a plan's updates, as findings. Must not know how it was asked.

use super::document::{Action, Finding, FindingSeverity, Plan};
use super::input::{Confirmation, Input};
use crate::model::address::Address;

/// What the server said to dry-runs, where it deserves a word.
pub(super) fn findings(input: &Input<'_>, plan: &Plan) -> Vec<Finding> {
    // What was shown of a replacement is a new object: where that is not confirmed it is blocked, and says so.
    let planned = |address: &Address| {
        let mut nodes = plan.nodes.iter();
        nodes.any(|node| node.address == *address && node.action != Action::Replace)
    };
    let finding = |address: &Address, code: &str, summary: &str, detail: String| Finding {
        code: code.to_owned(),
        severity: FindingSeverity::Warning,
        address: Some(address.clone()),
        summary: summary.to_owned(),
        detail,
    };
    input
        .confirmations
        .iter()
        .filter(|((address, _), _)| planned(address))
        .filter_map(|((address, _), confirmation)| match confirmation {
            Confirmation::Confirmed | Confirmation::Refused(_) => None,
            Confirmation::Changed(fields) => Some(finding(
                address,
                "server-changes",
                "The server makes something else of it",
                format!("{address}: after this change the server would hold other values than declared in {}.", fields.join(", ")),
            )),
            Confirmation::NotConfirmed(why) => Some(finding(
                address,
                "not-confirmed",
                "Not confirmed by the server",
                format!("{address}: the difference was found by comparing here; the server was not asked to confirm it ({why})."),
            )),
        })
        .collect()
}
