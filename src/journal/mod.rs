//! What a run did: records, lock, fence, inventory. Status is a fold over the records with one transition function.
//! Evidence that helps; ownership never rests on it (R26). Must not know how a step is performed.

pub mod bucket;
mod document;
pub mod local;
pub mod lock;
pub mod record;
pub mod runs;
pub mod status;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;
