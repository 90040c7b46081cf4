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

/// Files of the platform that is lost in the demo, with their texts.
macro_rules! platform {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../fixtures/recovery/", $name)))),*]
    };
}

/// `fixtures/recovery`.
const PLATFORM: [(&str, &str); 7] = platform![
    "main.hcl",
    "recovery.hcl",
    "velero/clusterrolebinding-velero.yaml",
    "velero/daemonset-node-agent.yaml",
    "velero/deployment-velero.yaml",
    "velero/namespace-velero.yaml",
    "velero/serviceaccount-velero.yaml",
];

/// The bucket of its location.
pub(crate) const BUCKET: &str = "acme-backups";

/// Writes it into a directory. A file that is there stays as it is.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write(directory: &Path) -> Result<(), FileError> {
    write_files(directory, &FILES)
}

/// Writes the platform that is lost, in the same way.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write_platform(directory: &Path) -> Result<(), FileError> {
    write_files(directory, &PLATFORM)
}

fn write_files(directory: &Path, files: &[(&str, &str)]) -> Result<(), FileError> {
    for (path, text) in files {
        let (within, name) = path.rsplit_once('/').unwrap_or((".", path));
        let folder = Folder::open_or_make(&Boundary::Machine, &directory.join(within))?;
        // Whether it is new or was there.
        let _ = folder.create(name, text.as_bytes(), Readers::Usual)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths of the files below a folder.
    fn below(folder: &Path, prefix: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                found.extend(below(&entry.path(), &format!("{name}/")));
            } else {
                found.push(name);
            }
        }
        found.sort();
        found
    }

    fn check(fixture: &str, built_in: &[(&str, &str)]) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
        let mut names: Vec<&str> = built_in.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(below(&folder, ""), names, "{fixture}");
        assert!(built_in.iter().any(|(_, text)| text.contains(BUCKET)));
    }

    #[test]
    fn both_are_the_whole_fixtures() {
        check("fixtures/demo", &FILES);
        check("fixtures/recovery", &PLATFORM);
    }
}
