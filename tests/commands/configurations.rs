//! Every configuration of the repository is valid.

use crate::place::words;
use crate::root;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments that a module must be given.
const NEEDED: &[(&str, &str)] = &[
    (
        "application-database",
        "name = \"shop\"\n dump = \"postgres\"\n database_labels = { app = \"database\" }",
    ),
    ("application-files", "name = \"shop\""),
    ("application-objects", "name = \"shop\""),
];

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
    let all = folders("fixtures");
    assert!(all.len() >= 3, "{all:?}");
    for folder in all {
        let given = GIVEN.iter().filter(|(name, _)| folder.ends_with(name));
        let flags = given.flat_map(|(_, flags)| words(flags)).collect();
        is_valid(&folder, flags, "configuration");
    }
}

fn is_valid(folder: &Path, flags: Vec<String>, what: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_sk-dr"))
        .arg("validate")
        .args(flags)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{told}", folder.display());
    assert_eq!(told, "", "{}", folder.display());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("Success! The {what} is valid.\n")
    );
}

/// Every module of the repository, looked at alone, called as the directory it is and as the one that is brought along.
#[test]
fn every_module_can_be_called() {
    let all = folders("modules");
    assert!(all.len() >= 6, "{all:?}");
    for folder in all {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        is_valid(&folder, Vec::new(), "module");
        let needed = NEEDED.iter().find(|(module, _)| *module == name);
        let needed = needed.map_or("", |(_, arguments)| arguments);
        let root = tempfile::tempdir().unwrap();
        let copy = root.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        for source in ["./copy".to_owned(), format!("builtin:{name}@1")] {
            let text = format!(
                "sk_dr {{ stack = \"test\" }}\nprovider \"kubernetes\" {{}}\nmodule \"it\" {{\n source = \"{source}\"\n {needed}\n}}\n"
            );
            std::fs::write(root.path().join("main.hcl"), text).unwrap();
            is_valid(root.path(), Vec::new(), "configuration");
        }
    }
}

/// Each module says its variables itself, so that one can be copied alone; what several have is the same in all of them but
/// for its default.
#[test]
fn what_modules_share_they_say_alike() {
    let mut said: BTreeMap<String, (String, PathBuf)> = BTreeMap::new();
    for folder in folders("modules") {
        let text = std::fs::read_to_string(folder.join("main.hcl")).unwrap();
        for block in text
            .split("\n\n")
            .filter(|block| block.starts_with("variable "))
        {
            let (head, rest) = block.split_once('\n').unwrap();
            // What it is for, and its default: both are the module's own.
            let is_own = |line: &str| {
                let line = line.trim_start();
                line.starts_with("default") || line.contains("optional(number")
            };
            let has_own_words = head.contains("\"namespaces\"");
            let is_words = |line: &str| line.trim_start().starts_with("description");
            let lines = rest
                .lines()
                .filter(|line| !is_own(line))
                .filter(|line| !has_own_words || !is_words(line));
            let shape: String = lines.collect::<Vec<_>>().join("\n");
            let (first, where_) = said
                .entry(head.to_owned())
                .or_insert_with(|| (shape.clone(), folder.clone()));
            assert_eq!(*first, shape, "{head} in {where_:?} and in {folder:?}");
        }
    }
    assert!(said.len() > 10, "{said:?}");
}
