//! Examples in the documents are valid, and no lint has a word to say about them.

use crate::root;
use std::process::Command;

/// Documents whose `hcl` blocks stand for themselves.
const DOCUMENTS: &[&str] = &["README.md", "docs/from-solakube.md", "docs/lints.md"];

/// What a block leaves out that is about resources only.
const AROUND: &str = "sk_dr {\n  stack = \"example\"\n}\nprovider \"kubernetes\" {}\n";

/// The `hcl` blocks of a document, each with the line it starts at.
fn blocks(document: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in document.lines().enumerate() {
        match (&mut open, line) {
            (None, "```hcl") => open = Some((number + 2, String::new())),
            (Some(_), "```") => found.extend(open.take()),
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found
}

#[test]
fn examples_in_documents_are_valid() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for (line, block) in blocks(&text) {
            let directory = tempfile::tempdir().unwrap();
            let around = if block.contains("sk_dr {") {
                ""
            } else {
                AROUND
            };
            std::fs::write(
                directory.path().join("main.hcl"),
                format!("{around}{block}"),
            )
            .unwrap();
            let output = Command::new(env!("CARGO_BIN_EXE_sk-dr"))
                .arg("validate")
                .current_dir(directory.path())
                .env_clear()
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            if !output.status.success() || !told.is_empty() {
                wrong.push(format!("{document}:{line}\n{told}"));
            }
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} examples were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
