//! From what is desired and what is live to a plan: complete data, of which apply decides nothing.
//! Pure and synchronous. Must not know clients, files or the terminal.

pub mod document;
