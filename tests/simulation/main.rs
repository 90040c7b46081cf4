//! Whole runs of the program under faults, in this process, on a paused clock: the same seed gives the same bytes, and
//! whatever happens at the wire, a run ends in the same world or stops with its reason.
//!
//! `SK_DR_SEEDS=10000 cargo test --test simulation` tries more seeds than the few of an ordinary run. Recoveries begin with
//! the seed that the commit says, where a pipeline names it, or with `SK_DR_SEED`: `SK_DR_SEED=17 SK_DR_SEEDS=1` is one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../shared/directories.rs"]
mod directories;
#[path = "../shared/journals.rs"]
mod journals;
#[path = "../shared/lost.rs"]
mod lost;
mod machine;
#[path = "../shared/mortal.rs"]
mod mortal;
mod program;
mod recovery;
mod storm;
mod story;
mod trial;

use recovery::{Journal, Lost, Recovery};
use sk_dr::sandbox::faults::{KINDS, Kind};
use std::collections::BTreeSet;
use std::path::PathBuf;
use storm::Storm;
use story::Weather;
use trial::Trial;

/// Seeds of an ordinary run.
const SEEDS: u64 = 40;
/// Recoveries of an ordinary run: about a minute of one core.
const RECOVERIES: u64 = 100;

#[allow(
    clippy::disallowed_methods,
    reason = "this is where the test is told how much to try"
)]
fn told(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

fn seeds(usual: u64) -> u64 {
    told("SK_DR_SEEDS").map_or(usual, |text| text.parse().expect("a number of seeds"))
}

/// The first seed of the recoveries: each commit that a pipeline tests tries others.
fn first_seed() -> u64 {
    if let Some(seed) = told("SK_DR_SEED") {
        return seed.parse().expect("a seed");
    }
    let commit = told("GITHUB_SHA").or_else(|| told("CI_COMMIT_SHA"));
    let digits = commit.and_then(|commit| commit.get(..8).map(str::to_owned));
    digits.map_or(1, |digits| {
        u64::from_str_radix(&digits, 16).expect("a commit begins with eight digits")
    })
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
        let first = first.story;
        assert!(!first.hits.is_empty(), "seed {seed} hit nothing");
        all.insert(first.is_as(&again.story));
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
        calm.story.commands
    );
    calm.reached(&calm.world);
    let (mut hit, mut more) = (0, 0);
    for seed in 0..seeds(SEEDS) {
        let trial = Trial::run(&ground.path, &weather(seed, per_mille, kinds));
        trial.reached(&calm.world);
        hit += trial.story.hits.len();
        more += usize::from(trial.rounds > 1);
    }
    assert!(hit > 0, "no request was hit");
    println!(
        "{kinds:?}: {hit} requests hit, {more} of {} runs took a second command",
        seeds(SEEDS)
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

#[test]
fn a_recovery_of_the_same_seed_gives_the_same_bytes() {
    let mut all = BTreeSet::new();
    for journal in [Journal::Directory, Journal::Bucket] {
        let lost = Lost::new(journal);
        let reach = Recovery::run(&lost, &Storm::calm()).reach();
        for seed in 1..=4 {
            let storm = Storm::of(seed, &reach);
            let [first, again] = [(); 2].map(|()| Recovery::run(&lost, &storm));
            all.insert(first.story.is_as(&again.story));
        }
    }
    assert_eq!(all.len(), 8, "two trials gave the same bytes");
}

/// Every second seed has its journal in a bucket.
#[test]
fn a_recovery_under_any_weather_brings_back_what_there_was() {
    let grounds = [Journal::Directory, Journal::Bucket].map(|journal| {
        let lost = Lost::new(journal);
        let calm = Recovery::run(&lost, &Storm::calm());
        calm.reached(&lost, &calm);
        assert_eq!(calm.story.commands.len(), 2, "{}", calm.story.tell());
        (lost, calm)
    });
    let (first, count) = (first_seed(), seeds(RECOVERIES));
    let (mut hit, mut killed) = (0, 0);
    for seed in first..first + count {
        let (lost, calm) = &grounds[usize::from(seed % 2 == 0)];
        let recovery = Recovery::run(lost, &Storm::of(seed, &calm.reach()));
        recovery.reached(lost, calm);
        hit += recovery.story.hits.len();
        killed += recovery.story.kills();
    }
    println!("{count} recoveries from seed {first}: {hit} requests hit, {killed} kills");
    let is_weather = hit > 0 && killed > 0;
    assert!(is_weather || count < 10, "the sun shone all the time");
}
