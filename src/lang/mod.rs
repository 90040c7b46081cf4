//! The language: from HCL texts to an evaluated [`Configuration`](crate::model::resource::Configuration), with every
//! mistake found in one run. Must not know kinds beyond their schemas, clients, the file system or the environment.

mod build;
mod check;
mod coerce;
mod collect;
pub mod constants;
mod convert;
pub mod evaluate;
pub mod functions;
mod given;
mod library;
pub mod limits;
mod load;
mod module;
mod parse;
mod scan;
pub mod signatures;
pub mod sources;
mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod version;

pub use given::{GivenVariables, OnLine};
pub use load::{Inputs, Loaded, Missing, in_order, load};
