//! Files for the user's eyes only (mode 0600), written whole or not at all. Must not know what is in them.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a file: a temporary one beside it, made durable, then a rename.
///
/// # Errors
/// Where it cannot be written; an older file of that name is then as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary =
        beside(path).ok_or_else(|| Error::new(ErrorKind::InvalidInput, "this names no file"))?;
    let written = write_whole(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of the temporary file helps nobody; that it cannot be removed changes nothing about the error.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    Some(path.with_file_name(format!(".{name}.{}.tmp", std::process::id())))
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
