//! What can be said about a configuration before anything is evaluated: arguments against schemas, names against
//! declarations, the order of evaluation. So a mistake in a branch that is not taken is a mistake all the same.

mod attributes;
mod blocks;
mod bodies;
pub mod dynamic;
pub mod order;
pub mod references;
pub mod shape;

pub use blocks::{Checked, check};
