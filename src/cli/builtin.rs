//! The modules that the program brings along, under `builtin:NAME@MAJOR`. What a release expands them to stays: a changed
//! expansion is a new major, beside the old one (R38). Must not know what is in them.

use crate::lang::sources::{BUILTIN, SourceError};

/// A module in one major version.
struct Builtin {
    name: &'static str,
    major: u32,
    files: &'static [(&'static str, &'static str)],
}

/// The one of a directory of `modules/`, in its first major.
macro_rules! first {
    ($name:literal) => {
        Builtin {
            name: $name,
            major: 1,
            files: &[(
                "main.hcl",
                include_str!(concat!("../../modules/", $name, "/main.hcl")),
            )],
        }
    };
}

/// All of them, sorted.
const ALL: &[Builtin] = &[
    first!("application-database"),
    first!("application-files"),
    first!("application-objects"),
    first!("cert-manager"),
    first!("velero-cluster"),
    first!("velero-schedules"),
];

impl Builtin {
    fn directory(&self) -> String {
        format!("{BUILTIN}{}@{}", self.name, self.major)
    }
}

/// Their directories, sorted.
pub(crate) fn names() -> Vec<String> {
    ALL.iter().map(Builtin::directory).collect()
}

/// Names of the files of one of them.
///
/// # Errors
/// Where there is no such directory.
pub(crate) fn list(directory: &str) -> Result<Vec<String>, SourceError> {
    let found = ALL.iter().find(|one| one.directory() == directory);
    let found = found.ok_or(SourceError::Missing)?;
    Ok(found
        .files
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect())
}

/// Bytes of a file in one of them.
///
/// # Errors
/// Where there is no such file.
pub(crate) fn read(name: &str) -> Result<Vec<u8>, SourceError> {
    let (directory, file) = name.split_once('/').ok_or(SourceError::Missing)?;
    let found = ALL.iter().find(|one| one.directory() == directory);
    let mut files = found.into_iter().flat_map(|one| one.files);
    let (_, text) = files
        .find(|(name, _)| *name == file)
        .ok_or(SourceError::Missing)?;
    Ok(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What is in `modules/` is brought along, all of it and nothing else.
    #[test]
    fn every_directory_of_modules_is_brought_along() {
        let mut there = BTreeSet::new();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/modules");
        for module in std::fs::read_dir(folder).unwrap() {
            let module = module.unwrap();
            let name = module.file_name().into_string().unwrap();
            for file in std::fs::read_dir(module.path()).unwrap() {
                let file = file.unwrap();
                let text = std::fs::read_to_string(file.path()).unwrap();
                there.insert((name.clone(), file.file_name().into_string().unwrap(), text));
            }
        }
        let brought: BTreeSet<(String, String, String)> = ALL
            .iter()
            .flat_map(|one| {
                one.files.iter().map(|(file, text)| {
                    (one.name.to_owned(), (*file).to_owned(), (*text).to_owned())
                })
            })
            .collect();
        assert_eq!(brought, there);
        assert!(ALL.is_sorted_by_key(Builtin::directory));
    }
}
