//! One trial: the demo's platform, applied under faults until it is there, in a world of its own.

use crate::directories::copy;
use crate::program::{Ended, run};
use crate::story::{Story, Weather, clean, play};
use serde_json::Value;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::log::Outcome;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Commands until the weather clears.
const STORMY: usize = 6;
/// Commands in all.
const ROUNDS: usize = 10;

/// What came of a trial.
pub struct Trial {
    pub story: Story,
    /// How many commands it took until one said that all is done.
    pub rounds: usize,
    /// Objects without what differs from run to run.
    pub world: BTreeMap<String, Value>,
    /// The last plan.
    plan: Ended,
}

impl Trial {
    /// Runs one in a directory, which is emptied first.
    pub fn run(directory: &Path, weather: &Weather) -> Self {
        play(weather.seed, Self::live(directory, weather))
    }

    async fn live(directory: &Path, weather: &Weather) -> Self {
        prepare(directory);
        let sandbox = Sandbox::new("simulation", 1, "2026-11-22T00:00:17Z".parse().unwrap());
        sandbox.install_velero();
        sandbox.add_bucket("acme-backups");
        weather.begins(&sandbox);
        let mut story = Story {
            seed: weather.seed,
            ..Story::default()
        };
        let mut rounds = 0;
        while rounds < ROUNDS {
            if rounds == STORMY {
                story.clears(&sandbox);
            }
            rounds += 1;
            let line = next(story.commands.last());
            let ended = run(&sandbox, directory, line).await;
            let code = ended.code;
            story.commands.push((line.to_owned(), ended));
            if code == Some(0) {
                break;
            }
        }
        story.ends(&sandbox, directory).await;
        let plan = run(&sandbox, directory, "plan -detailed-exitcode").await;
        Self {
            story,
            rounds,
            world: sandbox.with(|state| state.objects.iter().filter_map(clean).collect()),
            plan,
        }
    }

    /// Holds the trial to its end: the world expected, an empty plan, a reason for every stop, no object made twice.
    pub fn reached(&self, expected: &BTreeMap<String, Value>) {
        let told = || self.story.tell();
        let (_, last) = self.story.commands.last().unwrap();
        assert_eq!(last.code, Some(0), "the last command failed: {}", told());
        assert_eq!(self.world, *expected, "another world: {}", told());
        assert_eq!(
            self.plan.code,
            Some(0),
            "not empty: {}\n{}",
            self.plan.stdout,
            told()
        );
        self.story.every_stop_has_its_reason();
        let mut made: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in &self.story.entries {
            if entry.method == "POST" && entry.outcome == Outcome::Answered(201) {
                *made.entry(&entry.body).or_default() += 1;
            }
        }
        assert!(
            made.values().all(|count| *count == 1),
            "something was made twice: {made:#?}\n{}",
            told()
        );
    }
}

/// What a user would do: go on with an open run, else apply again.
fn next(last: Option<&(String, Ended)>) -> &'static str {
    let is_open = last.is_some_and(|(_, ended)| {
        ended.stderr.contains("sk-dr resume") || ended.stdout.contains("sk-dr resume")
    });
    if is_open {
        "resume"
    } else {
        "apply -auto-approve -adopt=kubernetes_namespace.velero"
    }
}

fn prepare(directory: &Path) {
    if directory.exists() {
        fs::remove_dir_all(directory).unwrap();
    }
    fs::create_dir_all(directory).unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo"),
        directory,
    );
}
