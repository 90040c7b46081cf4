//! Writes files into a directory that may be there already, and nothing over what it did not write itself. Must not know
//! what is in them.

use super::bundle::{INDEX, listed};
use crate::cli::process::Trouble;
use crate::model::advice::Advice;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// What happens to a file that is there with another text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differing {
    /// Nothing is written.
    Refused,
    /// It is written over, and one that is no longer rendered is removed.
    Overwritten,
}

/// How many files were written or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Everything was there.
    Nothing,
    /// So many.
    Some(usize),
}

/// Brings a directory to these files. What a killed process left is completed: a file is there as it is wanted, or not.
/// The index comes last.
///
/// # Errors
/// Where a file is not ours, differs, or cannot be read or written. Nothing is written before all are looked at.
pub(super) fn write(
    directory: &Path,
    wanted: &BTreeMap<String, String>,
    differing: Differing,
) -> Result<Written, Trouble> {
    let failed = |error: Error| {
        let detail = format!("{}: {error}.", directory.display());
        Trouble::error("Directory not written", detail)
    };
    let there = read(directory).map_err(failed)?;
    let ours = there
        .get(INDEX)
        .and_then(Option::as_deref)
        .map(listed)
        .unwrap_or_default();
    let mut foreign = there.iter().filter(|(name, text)| {
        text.is_none() || !(wanted.contains_key(*name) || ours.contains(*name))
    });
    if let Some((name, _)) = foreign.next() {
        let detail = format!(
            "{}: {name} is none of the files that are rendered. Move it elsewhere.",
            directory.display()
        );
        return Err(Trouble::error("Directory holds something else", detail));
    }
    let gone: Vec<&String> = there
        .keys()
        .filter(|name| !wanted.contains_key(*name))
        .collect();
    let same = |name: &String, text: &String| there.get(name) == Some(&Some(text.clone()));
    let differs = |name: &&String| {
        there.contains_key(*name) && wanted.get(*name).is_some_and(|text| !same(name, text))
    };
    let changed = there.keys().find(differs).or(gone.first().copied());
    if let (Some(name), Differing::Refused) = (changed, differing) {
        let detail = format!(
            "{}: {name} is not what is rendered now. With {} it is written over.",
            directory.display(),
            Advice::overwrite()
        );
        return Err(Trouble::error("Directory holds something else", detail));
    }
    let mut missing: Vec<(&String, &String)> = wanted
        .iter()
        .filter(|(name, text)| !same(name, text))
        .collect();
    missing.sort_by_key(|(name, _)| name.as_str() == INDEX);
    std::fs::create_dir_all(directory).map_err(failed)?;
    for name in &gone {
        std::fs::remove_file(directory.join(name)).map_err(failed)?;
    }
    for (name, text) in &missing {
        place(directory, name, text).map_err(failed)?;
    }
    Ok(match missing.len().saturating_add(gone.len()) {
        0 => Written::Nothing,
        count => Written::Some(count),
    })
}

/// The files by name; without a text what is no file with a text: a directory, a link, bytes.
fn read(directory: &Path) -> std::io::Result<BTreeMap<String, Option<String>>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry?;
        let text = if entry.file_type()?.is_file() {
            String::from_utf8(std::fs::read(entry.path())?).ok()
        } else {
            None
        };
        files.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(files)
}

/// Whole or not at all: a rename from beside the directory, so that a killed process leaves no half of a file in it.
fn place(directory: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let mut temporary = directory.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, directory.join(name))
}
