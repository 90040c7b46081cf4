//! Backups as Velero writes them. The layout is that of Velero 1.18.1 and of those before it back to 1.13; a file that an
//! older one did not write is empty, as Velero itself takes it.

pub mod backup;
pub mod catalog;
pub mod choice;
pub mod contents;
pub mod directory;
pub mod files;
pub mod findings;
pub mod items;
pub mod ownership;
pub mod point;
pub mod restoring;
pub mod status;
pub mod tar;
#[cfg(test)]
mod tests;
pub mod volumes;
