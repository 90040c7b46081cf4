//! Carry out a plan: each ready step is journaled, its ground checked, performed, waited for, journaled. Resume is the
//! same with a journal that already holds entries. Decides nothing that the plan did not say. Must not print.

pub mod admission;
mod already;
pub mod attempts;
mod bare;
mod clearing;
pub mod close;
mod ending;
pub mod engine;
mod fill;
mod footing;
mod gates;
mod inventory;
mod judgement;
pub mod outcome;
pub mod outside;
mod places;
mod providers;
pub mod resume;
pub mod retry;
mod schedule;
mod settle;
mod step;
pub mod stop;
mod taking;
mod wait;
pub mod writer;

#[cfg(test)]
mod tests;
