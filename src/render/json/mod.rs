//! JSON for programs: Terraform's plan JSON with our own document beside it, and its stream of messages.

mod backups;
mod checks;
mod drift;
mod modules;
mod plan;
mod progress;
pub mod stream;
#[cfg(test)]
mod tests;

pub(super) use backups::state;
pub use backups::{backup, backups, status};
pub use drift::drift;
pub use plan::plan;
pub use progress::EventMessages;
