//! The small platform that the demo plays with and a new sandbox starts with: `fixtures/demo`, built into the program so
//! that an installed one has it too.

use crate::world::local::files::{Boundary, FileError, Folder, Readers};
use std::path::Path;

/// Names and texts.
pub(crate) const FILES: [(&str, &str); 2] = [
    ("main.hcl", include_str!("../../fixtures/demo/main.hcl")),
    (
        "applications.hcl",
        include_str!("../../fixtures/demo/applications.hcl"),
    ),
];

/// The bucket of its location.
pub(crate) const BUCKET: &str = "acme-backups";

/// Writes it into a directory. A file that is there stays as it is.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write(directory: &Path) -> Result<(), FileError> {
    let folder = Folder::open(&Boundary::Machine, directory)?;
    for (name, text) in FILES {
        // Whether it is new or was there.
        let _ = folder.create(name, text.as_bytes(), Readers::Usual)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_whole_fixture() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let mut built_in = FILES.map(|(name, _)| name);
        built_in.sort_unstable();
        assert_eq!(there, built_in);
        assert!(FILES.iter().any(|(_, text)| text.contains(BUCKET)));
    }
}
