//! The commands as a user meets them: stories of command lines with every byte they print, played against the sandbox;
//! and what only a child process can show: signals, closed pipes, a kill.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod advice;
mod another_cluster;
mod buckets;
mod catalog;
mod checkouts;
mod children;
mod clocks;
mod configurations;
#[path = "../shared/directories.rs"]
mod directories;
mod documents;
mod escapes;
mod every_kind;
mod examples;
mod hostile_repository;
#[path = "../shared/journals.rs"]
mod journals;
#[path = "../shared/lost.rs"]
mod lost;
#[path = "../shared/mortal.rs"]
mod mortal;
mod pipelines;
mod place;
mod recovery;
#[path = "../shared/s3.rs"]
mod s3;
mod safe;
mod same;
mod script;
#[path = "../shared/every_kind.rs"]
mod shared_every_kind;
mod solakube;
mod terminal;
mod terraform_json;
mod told;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

/// Set to write what was printed into the stories, to be read before it is committed. Never set in CI.
const UPDATE: &str = "SK_DR_UPDATE";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Plays a story and compares every line with its file.
async fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).unwrap();
    let played = script::play(&text).await;
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, &played).unwrap();
        return Ok(());
    }
    if played == text {
        return Ok(());
    }
    let difference = similar::TextDiff::from_lines(&text, &played);
    let difference = difference
        .unified_diff()
        .header("expected", "played")
        .to_string();
    Err(format!("{}\n{difference}", path.display()))
}

#[tokio::test(start_paused = true)]
async fn stories() {
    let folder = root().join("tests/commands/stories");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 10, "stories are missing: {paths:?}");
    let mut failures = Vec::new();
    for path in paths {
        failures.extend(check(&path).await.err());
    }
    assert!(
        failures.is_empty(),
        "{} stories differ; {UPDATE}=1 cargo test --test commands writes them anew\n{}",
        failures.len(),
        failures.join("\n")
    );
}
