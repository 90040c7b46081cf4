//! What is decided where an object is another stack's (R22): it is left as it is, and how it could become ours is said.

use super::Declared;
use crate::model::advice::Advice;
use crate::plan::decision::{Decision, Outcome, blocker};
use crate::plan::document::{Action, ReasonCode};
use crate::plan::former;
use serde_json::Value as Json;

impl<'a> Declared<'a, '_> {
    /// How another stack lets it go. Destroying it there would delete it, and no flag of ours takes it.
    pub(super) fn handed_over(&self, live: &Json, other: &str) -> String {
        let ours = Advice::adopt(&self.resource.address);
        match former::marked(live) {
            Some(address) => format!(
                "To hand it over, take {address} out of the configuration of stack \"{other}\", write there what follows, and apply it there. Then {ours} makes it ours.\n{}",
                Advice::release(&address)
            ),
            None => format!(
                "To hand it over, take it out of the configuration of stack \"{other}\", write a `removed` block with `destroy = false` there, and apply it there. Then {ours} makes it ours."
            ),
        }
    }

    pub(super) fn refused(
        &self,
        live: &'a Json,
        code: &str,
        text: String,
        cure: String,
    ) -> Outcome<Decision<'a>> {
        let mut decision = self
            .decision(
                Action::NoOp,
                ReasonCode::Unknown,
                "it belongs to somebody else",
            )
            .blocked(blocker(code, text, cure));
        decision.was(live);
        Outcome::Decided(Box::new(decision))
    }
}
