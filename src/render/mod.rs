//! Text, markdown, JSON and HCL from values: plans, drift, events, runs, blocks. The same value always gives the same bytes: no clock, no
//! age and no terminal is known here; colour and width are handed in. Must not print, and must not decide anything.

pub mod drift;
#[cfg(test)]
pub(crate) mod fixture;
pub mod hcl;
pub mod json;
pub mod markdown;
pub(crate) mod recovery;
pub mod status;
pub mod style;
pub mod text;
mod view;
