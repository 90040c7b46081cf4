//! Markdown for comments on pull requests and for issues, within a budget of bytes. What comes from outside is put into it so
//! that it can neither end what is around it nor call anybody. Must not know where the text is posted.

mod budget;
mod drift;
mod inline;
mod plan;
mod recovery;
mod sections;
#[cfg(test)]
mod tests;

pub use drift::{drift, marker as drift_marker};
pub(crate) use inline::{code_of_name, prose};
pub use plan::plan;

/// Bytes that a text takes at most, if nothing else is asked for: GitHub takes 65 536 in a comment, and a wrapper may want to
/// put a line around it.
pub const BUDGET: usize = 65_000;
/// The least budget: what cannot be left out of any text fits into it.
pub const LEAST_BUDGET: usize = 4_096;
