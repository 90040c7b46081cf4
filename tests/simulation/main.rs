//! Whole runs of the program under faults, in this process, on a paused clock: the same seed gives the same bytes, and
//! whatever happens at the wire, a run ends in the same world or stops with its reason.
//!
//! `SK_DR_SEEDS=10000 cargo test --test simulation` tries more seeds than the few of an ordinary run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, in its helpers too"
)]

mod program;
mod trial;

use sk_dr::sandbox::faults::{KINDS, Kind};
use std::collections::BTreeSet;
use std::path::PathBuf;
use trial::{Trial, Weather};

/// Seeds of an ordinary run.
const SEEDS: u64 = 40;

#[allow(
    clippy::disallowed_methods,
    reason = "this is where the test is told how much to try"
)]
fn seeds() -> u64 {
    std::env::var("SK_DR_SEEDS").map_or(SEEDS, |text| text.parse().expect("a number of seeds"))
}

struct Ground {
    _held: tempfile::TempDir,
    path: PathBuf,
}

/// A directory: all trials of a test use it one after the other, since paths are part of the bytes.
fn ground() -> Ground {
    let held = tempfile::tempdir().unwrap();
    let path = held.path().canonicalize().unwrap().join("platform");
    Ground { _held: held, path }
}

fn weather(seed: u64, per_mille: u64, kinds: &[Kind]) -> Weather {
    Weather {
        seed,
        per_mille,
        kinds: kinds.to_vec(),
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let ground = ground();
    let mut all = BTreeSet::new();
    for seed in 1..=6 {
        let weather = weather(seed, 300, KINDS);
        let first = Trial::run(&ground.path, &weather);
        let again = Trial::run(&ground.path, &weather);
        assert!(!first.hits.is_empty(), "seed {seed} hit nothing");
        assert_eq!(first.hits, again.hits, "faults of seed {seed}");
        assert_eq!(first.log, again.log, "requests of seed {seed}");
        assert_eq!(first.commands, again.commands, "events of seed {seed}");
        assert_eq!(first.journal, again.journal, "journal of seed {seed}");
        all.insert(format!(
            "{:?}{:?}{:?}",
            first.log, first.commands, first.journal
        ));
    }
    assert_eq!(all.len(), 6, "two seeds gave the same bytes");
}

/// Runs trials and holds each to its end.
fn check(per_mille: u64, kinds: &[Kind]) {
    let ground = ground();
    let calm = Trial::run(&ground.path, &weather(0, 0, kinds));
    assert_eq!(
        calm.rounds, 1,
        "without faults one apply is enough: {:#?}",
        calm.commands
    );
    calm.reached(&calm.world);
    let (mut hit, mut more) = (0, 0);
    for seed in 0..seeds() {
        let trial = Trial::run(&ground.path, &weather(seed, per_mille, kinds));
        trial.reached(&calm.world);
        hit += trial.hits.len();
        more += usize::from(trial.rounds > 1);
    }
    assert!(hit > 0, "no request was hit");
    println!(
        "{kinds:?}: {hit} requests hit, {more} of {} runs took a second command",
        seeds()
    );
}

#[test]
fn every_fault_at_a_few_requests() {
    check(60, KINDS);
}

#[test]
fn every_fault_at_every_third_request() {
    check(333, KINDS);
}

#[test]
fn refusals() {
    check(400, &[Kind::Unavailable, Kind::Throttled]);
}

#[test]
fn lost_answers() {
    check(300, &[Kind::DropAfter, Kind::HangAfter, Kind::DropBefore]);
}

#[test]
fn slow_and_late() {
    check(300, &[Kind::Delay, Kind::Late, Kind::Duplicate]);
}
