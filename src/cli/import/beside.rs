//! A text that is read as if it were a file beside those of a directory. Must not know what is in it.

use crate::cli::sources::Directory;
use crate::lang::sources::{SourceError, Sources};

/// The directory and the text.
pub(super) struct Beside<'a> {
    /// The files that are there.
    pub(super) directory: Directory,
    /// Name of the text; no file has it.
    pub(super) name: &'a str,
    /// The text.
    pub(super) text: &'a str,
}

impl Sources for Beside<'_> {
    fn list(&self, directory: &str) -> Result<Vec<String>, SourceError> {
        let mut names = self.directory.list(directory)?;
        if directory != "." {
            return Ok(names);
        }
        names.push(self.name.to_owned());
        names.sort();
        names.dedup();
        Ok(names)
    }
    fn variable_files(&self) -> Result<Vec<String>, SourceError> {
        self.directory.variable_files()
    }

    fn foreign_files(&self) -> Result<Vec<String>, SourceError> {
        self.directory.foreign_files()
    }
    fn builtins(&self) -> Vec<String> {
        self.directory.builtins()
    }
    fn read(&self, relative: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        if relative != self.name {
            self.directory.read(relative, limit)
        } else if self.text.len() > limit {
            Err(SourceError::TooLarge(limit))
        } else {
            Ok(self.text.as_bytes().to_vec())
        }
    }
    fn exists(&self, relative: &str) -> Result<bool, SourceError> {
        self.directory.exists(relative)
    }
    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError> {
        self.directory.walk(relative)
    }
}
