//! Where a configuration's texts come from, as the language sees it: names relative to the configuration directory.
//! The directory itself is read by `cli`; here is only the trait and a plain-memory form of it for tests.

use std::collections::BTreeMap;

/// How the directories begin that the program brings along: `builtin:NAME@1`.
pub const BUILTIN: &str = "builtin:";

/// Why a text cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing of that name.
    #[error("there is no such file")]
    Missing,
    /// It is a directory or a device.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// More bytes than asked for.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// A name that is no UTF-8.
    #[error("its name is not UTF-8")]
    Name,
    /// A place that a configuration may not see (R47).
    #[error("-safe reads only files of the configuration's repository")]
    Outside,
    /// What the system says: no permission, a loop of links.
    #[error("{0}")]
    Other(String),
}

/// The files beside and below the configuration, and those that the program brings along.
pub trait Sources: Sync {
    /// Names of a module's files in its directory, `.` for the root: `*.hcl`, except `*.vars.hcl` and dot-files.
    fn list(&self, directory: &str) -> Result<Vec<String>, SourceError>;
    /// Directories that the program brings along: `builtin:NAME@1`, sorted.
    fn builtins(&self) -> Vec<String>;
    /// Names of files in the root directory that hold values of variables: `*.auto.vars.hcl`, and Terraform's, of which
    /// a user may think that they are read. Sorted.
    fn variable_files(&self) -> Result<Vec<String>, SourceError>;
    /// Names of Terraform's files in the root directory, sorted: where there are no others, they may be meant.
    fn foreign_files(&self) -> Result<Vec<String>, SourceError>;
    /// Bytes of a file, at most `limit`. Absolute names are taken as they are.
    fn read(&self, relative: &str, limit: usize) -> Result<Vec<u8>, SourceError>;
    /// Whether there is a file of that name. A directory is an error, as in Terraform.
    fn exists(&self, relative: &str) -> Result<bool, SourceError>;
    /// Names of all files below a directory, relative to it, with `/` between parts: what `fileset` matches against.
    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError>;
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySources {
    /// Bytes by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl MemorySources {
    /// With these files.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
                .collect(),
        }
    }
}

fn plain(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

impl Sources for MemorySources {
    fn list(&self, directory: &str) -> Result<Vec<String>, SourceError> {
        let names = self.walk(directory)?;
        if names.is_empty() && directory != "." {
            return Err(SourceError::Missing);
        }
        let module = |name: &String| is_configuration_file(name) && !name.contains('/');
        Ok(names.into_iter().filter(module).collect())
    }

    fn builtins(&self) -> Vec<String> {
        let directory = |name: &String| {
            let (directory, _) = name.split_once('/')?;
            directory.starts_with(BUILTIN).then(|| directory.to_owned())
        };
        let mut names: Vec<String> = self.files.keys().filter_map(directory).collect();
        names.dedup();
        names
    }

    fn variable_files(&self) -> Result<Vec<String>, SourceError> {
        let root = |name: &&String| is_variable_file(name) && !name.contains('/');
        Ok(self.files.keys().filter(root).cloned().collect())
    }

    fn foreign_files(&self) -> Result<Vec<String>, SourceError> {
        let root = |name: &&String| is_foreign_file(name) && !name.contains('/');
        Ok(self.files.keys().filter(root).cloned().collect())
    }

    fn read(&self, relative: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let bytes = self
            .files
            .get(plain(relative))
            .ok_or(SourceError::Missing)?;
        if bytes.len() > limit {
            Err(SourceError::TooLarge(limit))
        } else {
            Ok(bytes.clone())
        }
    }

    fn exists(&self, relative: &str) -> Result<bool, SourceError> {
        Ok(self.files.contains_key(plain(relative)))
    }

    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError> {
        let prefix = plain(relative).trim_end_matches('/');
        let prefix = if matches!(prefix, "" | ".") {
            String::new()
        } else {
            format!("{prefix}/")
        };
        Ok(self
            .files
            .keys()
            .filter_map(|name| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect())
    }
}

/// Ends the name of a file of values that is read without being named.
pub const AUTOMATIC: &str = ".auto.vars.hcl";

/// Whether a file of the root directory holds values of variables, ours or Terraform's.
pub fn is_variable_file(name: &str) -> bool {
    let ours = name.ends_with(AUTOMATIC) && !name.starts_with('.');
    ours || name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
}

/// Whether a file is a part of Terraform's configurations.
pub fn is_foreign_file(name: &str) -> bool {
    let ending = [".tf", ".tofu"]
        .iter()
        .find(|ending| name.ends_with(**ending));
    ending.is_some() && !name.starts_with('.')
}

/// Whether a file of a module's directory is part of it.
pub fn is_configuration_file(name: &str) -> bool {
    name.ends_with(".hcl") && !name.ends_with(".vars.hcl") && !name.starts_with('.')
}
