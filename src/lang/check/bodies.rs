//! Names in whole bodies and in conditions: which of them exist where. Must not know which arguments there are.

use super::dynamic;
use super::references::Walker;
use crate::lang::module::Condition;
use crate::lang::syntax::{Block, Body};
use std::sync::Arc;

impl Walker<'_> {
    /// Everything in a body, nested blocks included.
    pub fn body(&mut self, body: &Body) {
        for attribute in &body.attributes {
            self.walk(&attribute.value);
        }
        for block in &body.blocks {
            if block.kind.text.as_ref() == dynamic::DYNAMIC {
                self.dynamic(block);
            } else {
                self.body(&block.body);
            }
        }
    }

    /// The element has its name in the content only.
    fn dynamic(&mut self, block: &Block) {
        for attribute in &block.body.attributes {
            if attribute.name.text.as_ref() != "iterator" {
                self.walk(&attribute.value);
            }
        }
        self.with_names([dynamic::iterator(block), None], |walker| {
            for inner in &block.body.blocks {
                walker.body(&inner.body);
            }
        });
    }

    /// Conditions and what is said where they do not hold.
    pub fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            self.walk(&condition.condition);
            self.walk(&condition.message);
        }
    }

    /// The same where the resource itself is `self`.
    pub fn postconditions(&mut self, conditions: &[Condition]) {
        let itself: Arc<str> = "self".into();
        self.with_names([Some(&itself), None], |walker| {
            walker.conditions(conditions)
        });
    }
}
