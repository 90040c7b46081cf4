//! Every configuration of the repository is valid.

use crate::place::words;
use crate::root;
use std::path::PathBuf;
use std::process::Command;

/// Variables that a configuration must be given.
const GIVEN: &[(&str, &str)] = &[("fixtures/new-cluster", "-var 'command=[\"true\"]'")];

fn folders(above: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(above)).unwrap();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

#[test]
fn all_are_valid() {
    let all = [folders("fixtures"), folders("modules")].concat();
    assert!(all.len() >= 5, "{all:?}");
    for folder in all {
        let given = GIVEN.iter().filter(|(name, _)| folder.ends_with(name));
        let output = Command::new(env!("CARGO_BIN_EXE_sk-dr"))
            .arg("validate")
            .args(given.flat_map(|(_, flags)| words(flags)))
            .current_dir(&folder)
            .env_clear()
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{told}", folder.display());
        assert_eq!(told, "", "{}", folder.display());
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "Success! The configuration is valid.\n"
        );
    }
}
