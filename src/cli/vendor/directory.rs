//! Writes files into a directory that may be there already, and nothing over what it did not write itself. Must not know
//! what is in them.

use super::bundle::{INDEX, listed};
use crate::cli::process::Trouble;
use crate::lang::limits::FILE_BYTES;
use crate::model::advice::Advice;
use crate::world::local::files::{Boundary, FileError, Folder, Kind, Readers};
use std::collections::BTreeMap;
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
    (boundary, directory): (&Boundary, &Path),
    wanted: &BTreeMap<String, String>,
    differing: Differing,
) -> Result<Written, Trouble> {
    let failed = |error: FileError| {
        let detail = format!("{}: {error}.", directory.display());
        Trouble::error("Directory not written", detail)
    };
    let there = match Folder::open(boundary, directory) {
        Ok(folder) => read(&folder).map_err(failed)?,
        Err(FileError::Missing) => BTreeMap::new(),
        Err(error) => return Err(failed(error)),
    };
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
    let folder = Folder::open_or_make(boundary, directory).map_err(failed)?;
    for name in &gone {
        folder.remove(name).map_err(failed)?;
    }
    // Each whole or not at all, so that a killed process leaves no half of a file.
    for (name, text) in &missing {
        let written = folder.replace(name, text.as_bytes(), Readers::Usual);
        written.map_err(failed)?;
    }
    Ok(match missing.len().saturating_add(gone.len()) {
        0 => Written::Nothing,
        count => Written::Some(count),
    })
}

/// The files by name; without a text what is no file with a text: a directory, a link, bytes.
fn read(folder: &Folder) -> Result<BTreeMap<String, Option<String>>, FileError> {
    let mut files = BTreeMap::new();
    for name in folder.names()? {
        let name = name.to_string_lossy().into_owned();
        let text = match folder.kind(&name) {
            Ok(Kind::File) => String::from_utf8(folder.read(&name, FILE_BYTES)?).ok(),
            Ok(Kind::Directory | Kind::Other(_)) | Err(FileError::Missing) => None,
            Err(error) => return Err(error),
        };
        files.insert(name, text);
    }
    Ok(files)
}
