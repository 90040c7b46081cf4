//! The files of a configuration, read from a directory. The only place where the language's files meet the file system.

use super::builtin;
use crate::lang::sources::{
    BUILTIN, SourceError, Sources, is_configuration_file, is_foreign_file, is_variable_file,
};
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

/// Files that `fileset` looks at before it gives up: a path mistyped as `/` is a whole machine.
const FILES: usize = 100_000;
/// Directories in each other that `fileset` follows.
const LEVELS: usize = 64;

/// A configuration's directory.
pub(crate) struct Directory {
    root: PathBuf,
    reach: Reach,
}

/// What may be read beside the directory.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Everything that this process may.
    Machine,
    /// Files of the repository, and what the command line names (R47).
    Repository {
        /// Its root, absolute and without links.
        root: PathBuf,
        /// As they were named.
        named: BTreeSet<String>,
    },
}

impl Reach {
    /// Refuses what is out of reach: by its name, so that nothing can be learned about what is there, and by what its
    /// links lead to. The version control's own files may hold credentials.
    fn check(&self, relative: &str, path: &Path) -> Result<(), SourceError> {
        let Reach::Repository { root, named } = self else {
            return Ok(());
        };
        let is_inside = |path: &Path| {
            let below = path.strip_prefix(root);
            below.is_ok_and(|below| below.components().all(|part| part.as_os_str() != ".git"))
        };
        if named.contains(relative) {
            return Ok(());
        }
        if !is_inside(&plain(path)) {
            return Err(SourceError::Outside);
        }
        match path.canonicalize() {
            Ok(path) if is_inside(&path) => Ok(()),
            Ok(_) => Err(SourceError::Outside),
            Err(error) => Err(failure(error)),
        }
    }
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

impl Directory {
    /// This one; absolute.
    pub(crate) fn new(root: PathBuf, reach: Reach) -> Self {
        Self { root, reach }
    }

    /// Names of the files of a directory that are meant.
    fn names(&self, directory: &str, meant: fn(&str) -> bool) -> Result<Vec<String>, SourceError> {
        let path = self.root.join(directory);
        self.reach.check(directory, &path)?;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failure)? {
            let entry = entry.map_err(failure)?;
            match entry.file_name().into_string() {
                Ok(name) if meant(&name) => names.push(name),
                Err(name) if name.to_string_lossy().ends_with(".hcl") => {
                    return Err(SourceError::Name);
                }
                Ok(_) | Err(_) => {}
            }
        }
        names.sort();
        Ok(names)
    }
}

impl Sources for Directory {
    fn list(&self, directory: &str) -> Result<Vec<String>, SourceError> {
        if directory.starts_with(BUILTIN) {
            return builtin::list(directory);
        }
        self.names(directory, is_configuration_file)
    }

    fn variable_files(&self) -> Result<Vec<String>, SourceError> {
        self.names(".", is_variable_file)
    }

    fn foreign_files(&self) -> Result<Vec<String>, SourceError> {
        self.names(".", is_foreign_file)
    }

    fn builtins(&self) -> Vec<String> {
        builtin::names()
    }

    fn read(&self, relative: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        if relative.starts_with(BUILTIN) {
            return builtin::read(relative);
        }
        let path = self.root.join(relative);
        self.reach.check(relative, &path)?;
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
        if relative.starts_with(BUILTIN) {
            return builtin::read(relative).map_or_else(absent, |_| Ok(true));
        }
        let path = self.root.join(relative);
        match self.reach.check(relative, &path) {
            Ok(()) => {}
            Err(SourceError::Missing) => return Ok(false),
            Err(error) => return Err(error),
        }
        match std::fs::metadata(path) {
            Ok(metadata) => regular(&metadata).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError> {
        if relative.starts_with(BUILTIN) {
            return builtin::list(relative);
        }
        let mut names = Vec::new();
        let path = self.root.join(relative);
        self.reach.check(relative, &path)?;
        walk(&path, "", LEVELS, &mut names)?;
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

fn absent(error: SourceError) -> Result<bool, SourceError> {
    if error == SourceError::Missing {
        Ok(false)
    } else {
        Err(error)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// What `file` and `fileset` may see of a repository with a stack in it and a secret beside it.
    fn check(relative: &str, expected: Result<&str, SourceError>) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let repository = root.join("repository");
        for part in ["repository/stack", "repository/modules", "repository/.git"] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        for (name, text) in [
            ("secret", "secret"),
            ("repository/stack/a.txt", "a"),
            ("repository/modules/b.txt", "b"),
            ("repository/.git/config", "token"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        symlink(root.join("secret"), repository.join("stack/link")).unwrap();
        symlink("../modules/b.txt", repository.join("stack/inner")).unwrap();
        symlink(&root, repository.join("stack/up")).unwrap();
        let reach = Reach::Repository {
            root: repository.clone(),
            named: ["../../named".to_owned()].into(),
        };
        fs::write(root.join("named"), "named").unwrap();
        let guarded = Directory::new(repository.join("stack"), reach);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let found = guarded.read(relative, 100).map(text);
        assert_eq!(found, expected.clone().map(str::to_owned), "{relative}");
        if expected == Err(SourceError::Outside) {
            assert_eq!(guarded.exists(relative), Err(SourceError::Outside));
            assert_eq!(guarded.walk(relative), Err(SourceError::Outside));
            let open = Directory::new(repository.join("stack"), Reach::Machine);
            assert_ne!(
                open.read(relative, 100).map(text),
                Err(SourceError::Outside)
            );
        }
    }

    #[test]
    fn a_guarded_directory_sees_its_repository() {
        check("a.txt", Ok("a"));
        check("./../stack/a.txt", Ok("a"));
        check("../modules/b.txt", Ok("b"));
        check("inner", Ok("b"));
        check("missing", Err(SourceError::Missing));
        check("../../named", Ok("named"));
        for outside in [
            "../../secret",
            "../../missing",
            "link",
            "up/secret",
            "/etc/hostname",
            "/nowhere",
            "../.git/config",
            "../modules/../.git/config",
        ] {
            check(outside, Err(SourceError::Outside));
        }
    }
}
