//! What is kept of a trial, and what holds for each.

use crate::program::Ended;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Kind, Seeded};
use sk_dr::sandbox::log::Entry;
use sk_dr::sandbox::s3::list::Shown;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Nothing takes longer, on the virtual clock; a hang would be for ever.
const LIMIT: Duration = Duration::from_secs(30 * 24 * 3600);
/// What is still on its way arrives within this.
const DRAIN: Duration = Duration::from_secs(60);

/// The bucket that keeps a journal, where one does.
pub const JOURNAL: &str = "acme-journal";

/// Faults of a trial.
#[derive(Clone, Debug)]
pub struct Weather {
    pub seed: u64,
    pub per_mille: u64,
    pub kinds: Vec<Kind>,
}

impl Weather {
    pub fn begins(&self, sandbox: &Sandbox) {
        sandbox.faults.seed(Some(Seeded {
            seed: self.seed,
            per_mille: self.per_mille,
            kinds: self.kinds.clone(),
        }));
    }
}

/// Plays a trial, on a paused clock of its own.
pub fn play<T>(seed: u64, trial: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let trial = Box::pin(trial);
    runtime
        .block_on(async { tokio::time::timeout(LIMIT, trial).await })
        .unwrap_or_else(|_| panic!("seed {seed} hangs"))
}

/// What came of a trial, byte for byte.
#[derive(Default)]
pub struct Story {
    pub seed: u64,
    /// Every command line and how it ended.
    pub commands: Vec<(String, Ended)>,
    pub hits: Vec<String>,
    /// What the servers were asked.
    pub entries: Vec<Entry>,
    /// Files of the journal.
    pub journal: BTreeMap<String, String>,
}

impl Story {
    /// No more faults, from here on.
    pub fn clears(&mut self, sandbox: &Sandbox) {
        self.hits.extend(sandbox.faults.hits());
        sandbox.faults.clear();
    }

    /// All that comes arrives, and is kept.
    pub async fn ends(&mut self, sandbox: &Sandbox, directory: &Path) {
        self.clears(sandbox);
        tokio::time::sleep(DRAIN).await;
        self.entries = sandbox.log();
        self.journal = files(&directory.join(".sk-dr"));
        self.journal.extend(objects(sandbox));
    }

    /// Requests, a line each.
    pub fn log(&self) -> Vec<String> {
        let entries = self.entries.iter();
        entries
            .map(|entry| format!("{} {}", entry.at, line(entry)))
            .collect()
    }

    /// Holds two trials of one seed to the same bytes; returns them.
    pub fn is_as(&self, again: &Self) -> String {
        let seed = self.seed;
        let log = self.log();
        assert_eq!(self.hits, again.hits, "faults of seed {seed}");
        assert_eq!(log, again.log(), "requests of seed {seed}");
        assert_eq!(self.commands, again.commands, "events of seed {seed}");
        assert_eq!(self.journal, again.journal, "journal of seed {seed}");
        format!("{log:?}{:?}{:?}", self.commands, self.journal)
    }

    /// How many commands were killed.
    pub fn kills(&self) -> usize {
        let commands = self.commands.iter();
        commands.filter(|(_, ended)| ended.code.is_none()).count()
    }

    /// Whoever stops says why, and ends with a code that fits.
    pub fn every_stop_has_its_reason(&self) {
        for (line, ended) in &self.commands {
            let Some(code) = ended.code else { continue };
            // 1: nothing could be done; 4: the last run is open; 6: something was done, not all. A plan for the cluster
            // that is lost says of another one that it is another one: 3.
            assert!(
                matches!(code, 0 | 1 | 4 | 6) || (code == 3 && line == "plan"),
                "{line} exits {code}: {}",
                self.tell()
            );
            let told = ended.stderr.lines().filter(|line| line.len() > 10).count();
            assert!(
                code == 0 || told > 0,
                "{line} says no reason: {}",
                self.tell()
            );
            assert!(!ended.stderr.contains("panicked"), "{}", self.tell());
        }
    }

    /// No secret stands in what was printed, in the journal, or in a request that is not about a Secret, neither as it is
    /// nor as base64 writes it.
    pub fn tells_no_secret(&self, secrets: &[&str]) {
        let printed = self
            .commands
            .iter()
            .map(|(line, ended)| (line.as_str(), format!("{}{}", ended.stdout, ended.stderr)));
        let files = self
            .journal
            .iter()
            .map(|(name, text)| (name.as_str(), text.clone()));
        let asked = self
            .entries
            .iter()
            .filter(|entry| !entry.target.contains("/secrets"));
        let asked = asked.map(|entry| (entry.target.as_str(), entry.body.clone()));
        for (place, text) in printed.chain(files).chain(asked) {
            for secret in secrets {
                let encoded = BASE64_STANDARD_NO_PAD.encode(secret);
                let is_told = text.contains(secret) || text.contains(&encoded);
                assert!(!is_told, "{place} tells {secret}: {}", self.tell());
            }
        }
    }

    /// All of it, to be read where something is wrong.
    pub fn tell(&self) -> String {
        let commands = self.commands.iter().map(|(line, ended)| {
            let code = ended
                .code
                .map_or("killed".to_owned(), |code| format!("exit {code}"));
            format!("$ sk-dr {line}\n{}{}{code}\n", ended.stdout, ended.stderr)
        });
        let log = self.log().into_iter().map(|line| format!("{line}\n"));
        let told: String = commands.chain(log).collect();
        format!("seed {}\nhits {:#?}\n{told}", self.seed, self.hits)
    }
}

/// A request as the log has it, told by what a seed tells of it.
fn line(entry: &Entry) -> String {
    let mut entry = entry.clone();
    if entry.target.starts_with(&format!("/{JOURNAL}/")) {
        entry.digest = hex::encode(Sha256::digest(without_nonce(&entry.body)));
    }
    entry.line()
}

/// What is in the bucket that keeps a journal.
fn objects(sandbox: &Sandbox) -> BTreeMap<String, String> {
    sandbox.with(|state| {
        let all = (None, usize::MAX);
        let kept = state.s3.versions(JOURNAL, "", all).unwrap_or_default().0;
        let told = |shown: Shown<'_>| {
            let body = &shown.version.content.as_ref().unwrap().body;
            let mut text = String::new();
            let unpacked = GzDecoder::new(&body[..]).read_to_string(&mut text);
            if unpacked.is_err() {
                text = String::from_utf8_lossy(body).into_owned();
            }
            (shown.key.to_owned(), without_nonce(&text))
        };
        kept.into_iter().map(told).collect()
    })
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

/// What a plan decides about an object: name, marks and spec. Backups come and go with the time that faults cost, and what
/// belongs to them has names that are drawn.
pub fn clean((key, object): (&String, &Value)) -> Option<(String, Value)> {
    let passing = [
        "backups.",
        "podvolumebackups.",
        "customresourcedefinitions.",
    ];
    if passing.iter().any(|title| key.starts_with(title)) {
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
