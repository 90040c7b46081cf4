//! Programs, files, and the copy of the environment handed over by `cli`.

pub mod answering;
pub mod files;
pub mod program;
pub mod secrets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Prefix of the variables that give the language's variables their values. Some are sensitive, no program needs them.
const VARIABLES: &str = "SKDR_VAR_";

/// The environment as programs get it.
pub fn handed_on(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut handed = environment.clone();
    handed.retain(|name, _| !name.starts_with(VARIABLES));
    handed
}

/// Names of what is not handed on.
pub fn kept_back(environment: &BTreeMap<String, String>) -> Vec<String> {
    let names = environment.keys();
    names
        .filter(|name| name.starts_with(VARIABLES))
        .cloned()
        .collect()
}

/// The file that a path stands for: below the home directory where it begins with `~/`, else relative to `directory`.
pub fn resolve(environment: &BTreeMap<String, String>, directory: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        (Some(_) | None, _) => directory.join(path),
    }
}

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
        return Some(directory.join(name)).filter(|file| files::is_executable(file));
    }
    let path = environment.get("PATH")?;
    path.split(':')
        .filter(|part| !part.is_empty())
        .map(|part| directory.join(part).join(name))
        .find(|file| files::is_executable(file))
}
