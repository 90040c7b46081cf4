//! JSON for programs: Terraform's plan JSON with our own document beside it.

mod plan;
#[cfg(test)]
mod tests;

pub use plan::plan;
