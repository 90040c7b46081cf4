//! Carry out a plan: each ready step is journaled, its ground checked, performed, waited for, journaled. Resume is the
//! same with a journal that already holds entries. Decides nothing that the plan did not say. Must not print.

pub mod event;
