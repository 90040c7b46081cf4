//! The files of a configuration, read from a directory. The only place where the language's files meet the file system.

use super::builtin;
use crate::lang::sources::{
    BUILTIN, SourceError, Sources, is_configuration_file, is_foreign_file, is_variable_file,
};
use crate::world::local::files::{self, Boundary, FileError, Folder, Kind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
pub(crate) struct Reach {
    /// How far what the configuration names leads.
    pub(crate) boundary: Boundary,
    /// Files that the command line names, as they were named: these are the operator's (R47).
    pub(crate) named: BTreeSet<String>,
}

impl Reach {
    /// Everything that this process may.
    #[cfg(test)]
    pub(crate) fn machine() -> Self {
        Self {
            boundary: Boundary::Machine,
            named: BTreeSet::new(),
        }
    }
}

impl Directory {
    /// This one; absolute.
    pub(crate) fn new(root: PathBuf, reach: Reach) -> Self {
        Self { root, reach }
    }

    /// How far this name leads: one that the command line gave is the operator's where it lies outside.
    fn boundary(&self, relative: &str) -> Boundary {
        if self.reach.named.contains(relative) {
            self.reach.boundary.of_named(&self.root.join(relative))
        } else {
            self.reach.boundary.clone()
        }
    }

    /// Names of the files of a directory that are meant.
    fn names(&self, directory: &str, meant: fn(&str) -> bool) -> Result<Vec<String>, SourceError> {
        let folder = Folder::open(&self.reach.boundary, &self.root.join(directory));
        let mut names = Vec::new();
        for name in folder.and_then(|folder| folder.names()).map_err(failure)? {
            match name.into_string() {
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

    /// Names of all files below a directory. Links to files count as files; links to directories are not followed, since
    /// they may lead in a circle.
    fn below(
        &self,
        folder: &Folder,
        (prefix, levels): (&str, usize),
        found: &mut Vec<String>,
    ) -> Result<(), SourceError> {
        if levels == 0 {
            let why = format!("directories are nested more than {LEVELS} levels");
            return Err(SourceError::Other(why));
        }
        for name in folder.names().map_err(failure)? {
            let name = name.into_string().map_err(|_| SourceError::Name)?;
            if self.is_hidden(&name) {
                continue;
            }
            let path = folder.path().join(&name);
            match folder.kind(&name).map_err(failure)? {
                Kind::Directory => {
                    let inner = folder.folder(&name).map_err(failure)?;
                    self.below(&inner, (&format!("{prefix}{name}/"), levels - 1), found)?;
                }
                Kind::File => found.push(format!("{prefix}{name}")),
                Kind::Other(_) => {
                    if self.leads_to_a_file(&path) {
                        found.push(format!("{prefix}{name}"));
                    }
                }
            }
            if found.len() > FILES {
                let why = format!("there are more than {FILES} files below it");
                return Err(SourceError::Other(why));
            }
        }
        Ok(())
    }

    /// The version control's own files, where they may not be read.
    fn is_hidden(&self, name: &str) -> bool {
        self.reach.boundary != Boundary::Machine && name.eq_ignore_ascii_case(".git")
    }

    /// A link that leads out of bounds counts, whatever is there: reading it says that it leads out.
    fn leads_to_a_file(&self, path: &Path) -> bool {
        matches!(
            files::kind(&self.reach.boundary, path),
            Ok(Kind::File) | Err(FileError::Outside)
        )
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
        files::read(&self.boundary(relative), &self.root.join(relative), limit).map_err(failure)
    }

    fn exists(&self, relative: &str) -> Result<bool, SourceError> {
        if relative.starts_with(BUILTIN) {
            return builtin::read(relative).map_or_else(absent, |_| Ok(true));
        }
        files::is_there(&self.boundary(relative), &self.root.join(relative)).map_err(failure)
    }

    fn walk(&self, relative: &str) -> Result<Vec<String>, SourceError> {
        if relative.starts_with(BUILTIN) {
            return builtin::list(relative);
        }
        let mut names = Vec::new();
        let folder = Folder::open(&self.reach.boundary, &self.root.join(relative));
        self.below(&folder.map_err(failure)?, ("", LEVELS), &mut names)?;
        names.sort();
        Ok(names)
    }
}

fn absent(error: SourceError) -> Result<bool, SourceError> {
    if error == SourceError::Missing {
        Ok(false)
    } else {
        Err(error)
    }
}

fn failure(error: FileError) -> SourceError {
    match error {
        FileError::Missing => SourceError::Missing,
        FileError::NotAFile(what) => SourceError::NotAFile(what),
        FileError::TooLarge(limit) => SourceError::TooLarge(limit),
        FileError::Outside => SourceError::Outside,
        FileError::System(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            SourceError::Other("permission denied".to_owned())
        }
        FileError::NotADirectory(_)
        | FileError::Exists
        | FileError::Shared(_)
        | FileError::System(_) => SourceError::Other(error.to_string()),
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
        let reach = Reach {
            boundary: Boundary::Below(repository.clone()),
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
            let open = Directory::new(repository.join("stack"), Reach::machine());
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
