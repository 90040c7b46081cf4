//! Programs, files, and the copy of the environment handed over by `cli`.

pub mod program;
pub mod secrets;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file that a program name stands for: with a slash relative to `directory`, else looked for in the handed PATH.
pub fn find_program(
    name: &str,
    environment: &BTreeMap<String, String>,
    directory: &Path,
) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.contains('/') {
        return Some(directory.join(name)).filter(|file| is_executable(file));
    }
    let path = environment.get("PATH")?;
    path.split(':')
        .filter(|part| !part.is_empty())
        .map(|part| directory.join(part).join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
