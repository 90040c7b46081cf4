//! One trial: the demo's platform, applied under faults until it is there, in a world of its own.

use crate::program::{Ended, run};
use serde_json::{Value, json};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Kind, Seeded};
use sk_dr::sandbox::log::{Entry, Outcome};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Commands until the weather clears.
const STORMY: usize = 6;
/// Commands in all.
const ROUNDS: usize = 10;
/// What is still on its way arrives within this.
const DRAIN: Duration = Duration::from_secs(60);
/// Nothing takes longer, on the virtual clock; a hang would be for ever.
const LIMIT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Faults of a trial.
#[derive(Clone, Debug)]
pub struct Weather {
    pub seed: u64,
    pub per_mille: u64,
    pub kinds: Vec<Kind>,
}

/// What came of a trial.
pub struct Trial {
    pub seed: u64,
    /// Every command line and how it ended.
    pub commands: Vec<(String, Ended)>,
    /// How many commands it took until one said that all is done.
    pub rounds: usize,
    pub hits: Vec<String>,
    pub log: Vec<String>,
    entries: Vec<Entry>,
    /// Files of the journal.
    pub journal: BTreeMap<String, String>,
    /// Objects without what differs from run to run.
    pub world: BTreeMap<String, Value>,
    /// The last plan.
    plan: Ended,
}

impl Trial {
    /// Runs one in a directory, which is emptied first.
    pub fn run(directory: &Path, weather: &Weather) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let trial = async {
            tokio::time::timeout(LIMIT, Self::live(directory, weather))
                .await
                .unwrap_or_else(|_| panic!("seed {} hangs", weather.seed))
        };
        runtime.block_on(trial)
    }

    async fn live(directory: &Path, weather: &Weather) -> Self {
        prepare(directory);
        let sandbox = Sandbox::new("simulation", 1, "2026-11-22T00:00:17Z".parse().unwrap());
        sandbox.install_velero();
        sandbox.add_bucket("acme-backups");
        sandbox.faults.seed(Some(Seeded {
            seed: weather.seed,
            per_mille: weather.per_mille,
            kinds: weather.kinds.clone(),
        }));
        let mut commands: Vec<(String, Ended)> = Vec::new();
        let mut rounds = 0;
        let mut hits = Vec::new();
        while rounds < ROUNDS {
            if rounds == STORMY {
                hits = sandbox.faults.hits();
                sandbox.faults.clear();
            }
            rounds += 1;
            let line = next(commands.last());
            let ended = run(&sandbox, directory, line).await;
            let code = ended.code;
            commands.push((line.to_owned(), ended));
            if code == 0 {
                break;
            }
        }
        hits.extend(sandbox.faults.hits());
        sandbox.faults.clear();
        tokio::time::sleep(DRAIN).await;
        let entries = sandbox.log();
        let plan = run(&sandbox, directory, "plan -detailed-exitcode").await;
        Self {
            seed: weather.seed,
            commands,
            rounds,
            hits,
            log: entries
                .iter()
                .map(|entry| format!("{} {}", entry.at, entry.line()))
                .collect(),
            entries,
            journal: files(&directory.join(".sk-dr")),
            world: sandbox.with(|state| state.objects.iter().filter_map(clean).collect()),
            plan,
        }
    }

    /// Holds the trial to its end: the world expected, an empty plan, a reason for every stop, no object made twice.
    pub fn reached(&self, expected: &BTreeMap<String, Value>) {
        let seed = self.seed;
        let story = || format!("seed {seed}\nhits {:#?}\n{}", self.hits, self.story());
        let (_, last) = self.commands.last().unwrap();
        assert_eq!(last.code, 0, "the last command failed: {}", story());
        assert_eq!(self.world, *expected, "another world: {}", story());
        assert_eq!(
            self.plan.code,
            0,
            "not empty: {}\n{}",
            self.plan.stdout,
            story()
        );
        for (line, ended) in &self.commands {
            // 1: nothing could be done; 4: the last run is open; 6: something was done, not all.
            assert!(
                matches!(ended.code, 0 | 1 | 4 | 6),
                "{line} exits {}: {}",
                ended.code,
                story()
            );
            let told = ended.stderr.lines().filter(|line| line.len() > 10).count();
            assert!(
                ended.code == 0 || told > 0,
                "{line} says no reason: {}",
                story()
            );
            assert!(!ended.stderr.contains("panicked"), "{}", story());
        }
        let mut made: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in &self.entries {
            if entry.method == "POST" && entry.outcome == Outcome::Answered(201) {
                *made.entry(&entry.body).or_default() += 1;
            }
        }
        assert!(
            made.values().all(|count| *count == 1),
            "something was made twice: {made:#?}\n{}",
            story()
        );
    }

    fn story(&self) -> String {
        let commands = self.commands.iter().map(|(line, ended)| {
            format!(
                "$ sk-dr {line}\n{}{}exit {}\n",
                ended.stdout, ended.stderr, ended.code
            )
        });
        let log = self.log.iter().map(|line| format!("{line}\n"));
        commands.chain(log).collect()
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
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    for entry in fs::read_dir(fixture).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
}

fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, without_nonce(&text));
            }
        }
    }
    found
}

/// A holder draws a number that no other has: the one thing that no seed tells.
fn without_nonce(text: &str) -> String {
    const NONCE: &str = "\"nonce\":\"";
    let Some((before, after)) = text.split_once(NONCE) else {
        return text.to_owned();
    };
    let rest = after.split_once('"').map_or("", |(_, rest)| rest);
    format!("{before}{NONCE}\"{}", without_nonce(rest))
}

/// What a plan decides about an object: name, marks and spec. Backups come and go with the time that faults cost.
fn clean((key, object): (&String, &Value)) -> Option<(String, Value)> {
    if key.starts_with("backups.") || key.starts_with("customresourcedefinitions.") {
        return None;
    }
    let metadata = &object["metadata"];
    let mut kept = json!({"labels": metadata["labels"], "annotations": metadata["annotations"], "spec": object["spec"]});
    for map in ["labels", "annotations"] {
        if let Some(members) = kept[map].as_object_mut() {
            // Names the run that made it.
            members.remove("sk-dr.io/step");
        }
    }
    Some((key.clone(), kept))
}
