//! Text for people, in Terraform's forms where tools read them (headers, symbols, summary lines) and in ours elsewhere.

mod backup;
mod backups;
mod between;
mod blocked;
mod body;
mod drift;
mod event;
mod findings;
mod layout;
mod literal;
mod node;
mod outcome;
mod outputs;
pub(crate) mod parts;
mod plan;
mod recovery;
pub(crate) mod row;
mod run;
mod schema;
mod sight;
mod structure;
mod summary;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod value;

pub use backup::{Shown, backup};
pub use backups::{Backups, backups, standings};
pub(crate) use backups::{size, time};
pub use drift::{Drift, drift};
pub use event::EventLines;
pub(crate) use event::errored;
pub use literal::literal;
pub(crate) use outcome::headline;
pub use outcome::{Outcome, StepOutcome, Sums, outcome};
pub use outputs::outputs;
pub use plan::{plan, trouble};
pub use run::{RunRow, RunState, held, runs, ways_on};
pub use schema::{kind as schema, kinds as schemas};
pub(crate) use sight::{blocks, reason};
pub use summary::Counts;
