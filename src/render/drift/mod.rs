//! Drift for programs that watch, each format in its own room. All read the same value; none knows who collects it.

mod failed;
mod issue;
mod junit;
mod prometheus;
mod sarif;
#[cfg(test)]
mod tests;

pub use failed::Failure;
pub use issue::issue;
pub use junit::junit;
pub(in crate::render) use prometheus::escaped;
pub use prometheus::prometheus;
pub use sarif::{Place, sarif};

use super::style::Dress;
use super::text::parts::{Standing, change_texts, drifted, held_alone, phrase, standing};
use crate::plan::document::Node;
use crate::plan::drift::Drifted;
use sha2::{Digest, Sha256};

/// What happened to a resource in one line, with who and when; no value.
fn happened(node: &Node) -> String {
    let details: Vec<String> = match standing(node) {
        Standing::Changed => change_texts(node),
        Standing::Missing | Standing::Undeclared => Vec::new(),
        Standing::Unknown => node
            .blockers
            .iter()
            .map(|blocker| super::style::clean_line(&blocker.text))
            .collect(),
    };
    match details.as_slice() {
        [] => phrase(node).to_owned(),
        some => format!("{}: {}", phrase(node), some.join("; ")),
    }
}

/// The same for the same drift, whenever it is looked at: a watcher that has told it needs not tell it again. Values that
/// nobody may see are no part of it (R33), nor is what cannot be told or is ignored.
pub fn fingerprint(found: &Drifted) -> String {
    let mut hash = Sha256::new();
    let told = found
        .plan
        .nodes
        .iter()
        .filter(|node| standing(node) != Standing::Unknown);
    for node in told {
        hash.update(drifted(node, Dress::default()).join("\n"));
        hash.update([0]);
    }
    for held in held_alone(&found.plan) {
        hash.update(held.address.to_string());
        hash.update([0]);
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(16);
    text
}
