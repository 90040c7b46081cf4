//! JSON for programs: Terraform's plan JSON with our own document beside it, and diagnostics.

mod diagnostics;
mod plan;
#[cfg(test)]
mod tests;

pub use diagnostics::{Validation, validation};
pub use plan::plan;
