//! JSON for programs: Terraform's plan JSON with our own document beside it.

mod plan;
mod schema;
#[cfg(test)]
mod tests;

pub use plan::plan;
pub use schema::schemas;
