//! The files of a configuration, read from a directory. The only place where the language's files meet the file system.

use crate::lang::sources::{SourceError, Sources, is_configuration_file};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Files that `fileset` looks at before it gives up: a path mistyped as `/` is a whole machine.
const FILES: usize = 100_000;
/// Directories in each other that `fileset` follows.
const LEVELS: usize = 64;

/// A configuration's directory.
pub(crate) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// This one; absolute.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }
}

impl Sources for Directory {
    fn list(&self) -> Result<Vec<String>, SourceError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.root).map_err(failure)? {
            let entry = entry.map_err(failure)?;
            match entry.file_name().into_string() {
                Ok(name) if is_configuration_file(&name) => names.push(name),
                Err(name) if name.to_string_lossy().ends_with(".hcl") => {
                    return Err(SourceError::Name);
                }
                Ok(_) | Err(_) => {}
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, relative: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let path = self.root.join(relative);
        // Opening a named pipe would wait for a writer that never comes.
        regular(&std::fs::metadata(&path).map_err(failure)?)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let file = File::open(&path).map_err(failure)?;
        file.take(most).read_to_end(&mut bytes).map_err(failure)?;
        if bytes.len() > limit {
            return Err(SourceError::TooLarge(limit));
        }
        Ok(bytes)
    }

    fn exists(&self, relative: &str) -> Result<bool, SourceError> {
        match std::fs::metadata(self.root.join(relative)) {
            Ok(metadata) => regular(&metadata).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError> {
        let mut names = Vec::new();
        walk(&self.root.join(relative), "", LEVELS, &mut names)?;
        names.sort();
        Ok(names)
    }
}

/// Links to files count as files; links to directories are not followed, since they may lead in a circle.
fn walk(
    directory: &Path,
    prefix: &str,
    levels: usize,
    names: &mut Vec<String>,
) -> Result<(), SourceError> {
    if levels == 0 {
        let why = format!("directories are nested more than {LEVELS} levels");
        return Err(SourceError::Other(why));
    }
    for entry in std::fs::read_dir(directory).map_err(failure)? {
        let entry = entry.map_err(failure)?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(SourceError::Name);
        };
        let kind = entry.file_type().map_err(failure)?;
        if kind.is_dir() {
            walk(
                &entry.path(),
                &format!("{prefix}{name}/"),
                levels - 1,
                names,
            )?;
        } else if kind.is_file()
            || std::fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file())
        {
            names.push(format!("{prefix}{name}"));
        }
        if names.len() > FILES {
            let why = format!("there are more than {FILES} files below it");
            return Err(SourceError::Other(why));
        }
    }
    Ok(())
}

fn regular(metadata: &Metadata) -> Result<(), SourceError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(SourceError::NotAFile("a directory"))
    } else {
        Err(SourceError::NotAFile("a device or pipe"))
    }
}

fn failure(error: std::io::Error) -> SourceError {
    if error.kind() == ErrorKind::NotFound {
        SourceError::Missing
    } else if error.kind() == ErrorKind::PermissionDenied {
        SourceError::Other("permission denied".to_owned())
    } else {
        SourceError::Other(error.to_string())
    }
}
