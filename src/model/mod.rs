//! The nouns that everything shares. Pure data: no HCL syntax, no client, no clock, no file system.

pub mod address;
pub mod advice;
#[cfg(test)]
pub(crate) mod any;
pub mod argument;
pub mod checks;
pub mod command_line;
pub mod condition;
pub mod cron;
pub mod duration;
pub mod expression;
pub mod field_path;
pub mod guard;
pub mod identity;
pub mod ignore;
pub mod instruction;
pub mod inventory;
pub mod journal_place;
pub mod json_path;
pub mod number;
pub mod object_store;
pub mod quantity;
pub mod recovery;
pub mod resource;
pub mod schema;
pub mod secret;
pub mod server_address;
pub mod text;
pub mod value;
