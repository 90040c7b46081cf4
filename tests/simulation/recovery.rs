//! Whole recoveries: the platform of `fixtures/recovery` is lost, and brought back by a saved plan under the weather of a
//! seed: faults at the wire, and kills at requests, at writes of the journal and while something is awaited.

use crate::directories::copy;
use crate::lost;
use crate::machine::Machine;
use crate::mortal::Crash;
use crate::program::Ended;
use crate::storm::{Reach, Storm};
use crate::story::{JOURNAL, Story, clean, play};
use jiff::SignedDuration;
use serde_json::Value;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::log::Entry;
use sk_dr::sandbox::s3::list::Shown;
use sk_dr::sandbox::server::Server;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Commands until the weather clears.
const STORMY: usize = 6;
/// Commands in all.
const ROUNDS: usize = 14;

const APPLY: &str = "apply back.plan";
const PLAN: &str = "plan";

/// What the platform needs of the environment.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("S3_CREDENTIALS", "needle-of-the-store"),
    ("REPOSITORY_PASSWORD", "needle-of-the-volumes"),
    ("AWS_ACCESS_KEY_ID", "sandbox"),
    ("AWS_SECRET_ACCESS_KEY", "sandbox-secret-key"),
];

/// What nobody may read anywhere.
const SECRETS: [&str; 3] = [ENVIRONMENT[0].1, ENVIRONMENT[1].1, ENVIRONMENT[3].1];

/// Where the platform's journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Beside the configuration.
    Directory,
    /// In a bucket: whoever goes on has to say that he takes the run over.
    Bucket,
}

/// The platform on the day its cluster was lost, with the plan that brings it back.
pub struct Lost {
    _held: tempfile::TempDir,
    kept: PathBuf,
    /// Where every trial takes place: paths are part of the bytes.
    place: PathBuf,
    sandbox: String,
    files: BTreeMap<String, String>,
}

impl Lost {
    /// Makes it, backs it up for a day, and loses it.
    pub fn new(journal: Journal) -> Self {
        let held = tempfile::tempdir().unwrap();
        let path = held.path().canonicalize().unwrap();
        let (kept, place) = (path.join("kept"), path.join("platform"));
        let (sandbox, files) = play(0, async {
            fs::create_dir_all(&place).unwrap();
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recovery");
            copy(&fixture, &place);
            if journal == Journal::Bucket {
                keep_journal_in_bucket(&place.join("main.hcl"));
            }
            let sandbox = Sandbox::new("lost", 1, "2026-11-21T09:00:00Z".parse().unwrap());
            sandbox.add_bucket("acme-backups");
            sandbox.add_bucket(JOURNAL);
            sandbox.furnish_namespaces();
            let machine = machine(sandbox.clone(), &place);
            succeeds(&machine, "apply -auto-approve").await;
            lost::make_applications(&sandbox);
            sandbox.advance(SignedDuration::from_hours(24));
            sandbox.wipe();
            succeeds(&machine, "plan -recover=total_loss -out=back.plan").await;
            (sandbox.to_json().unwrap(), files_of_backups(&sandbox))
        });
        fs::rename(&place, &kept).unwrap();
        Self {
            _held: held,
            kept,
            place,
            sandbox,
            files,
        }
    }

    /// Everything is as on that day.
    fn stands_again(&self) {
        if self.place.exists() {
            fs::remove_dir_all(&self.place).unwrap();
        }
        fs::create_dir_all(&self.place).unwrap();
        copy(&self.kept, &self.place);
    }
}

fn keep_journal_in_bucket(file: &Path) {
    const STACK: &str = "  stack = \"acme-prod\"\n";
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(STACK));
    let block = format!("{STACK}  journal {{\n    bucket = \"{JOURNAL}\"\n  }}\n");
    fs::write(file, text.replace(STACK, &block)).unwrap();
}

fn machine(sandbox: Sandbox, directory: &Path) -> Machine {
    let environment = ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Machine {
        sandbox,
        directory: directory.to_owned(),
        environment: environment.into(),
    }
}

async fn succeeds(machine: &Machine, line: &str) -> Ended {
    let ended = machine.run(line).await;
    assert_eq!(
        ended.code,
        Some(0),
        "{line}\n{}{}",
        ended.stdout,
        ended.stderr
    );
    ended
}

/// What came of one.
pub struct Recovery {
    pub story: Story,
    /// What of the cluster must be as it was, told.
    world: String,
    objects: BTreeMap<String, Value>,
    /// Files of the backups, and what each was when the cluster was lost.
    files: BTreeMap<String, String>,
    took: Duration,
}

impl Recovery {
    /// Brings the platform back under a storm.
    pub fn run(lost: &Lost, storm: &Storm) -> Self {
        play(storm.weather.seed, Self::live(lost, storm))
    }

    async fn live(lost: &Lost, storm: &Storm) -> Self {
        lost.stands_again();
        let sandbox = Sandbox::from_json(&lost.sandbox).unwrap();
        let machine = machine(sandbox.clone(), &lost.place);
        let begun = Instant::now();
        let mut took = Duration::ZERO;
        let mut story = Story {
            seed: storm.weather.seed,
            ..Story::default()
        };
        storm.begins(&sandbox);
        sandbox.faults.call(without_run);
        for life in 0..ROUNDS {
            if life == STORMY {
                story.clears(&sandbox);
            }
            let Some(line) = next(story.commands.last()) else {
                break;
            };
            let crash = Crash::default();
            let at = if line == PLAN {
                None
            } else {
                storm.lies_in_wait(life, &sandbox, &crash)
            };
            let ended = machine.run_until(&line, &crash, at).await;
            if ended.code == Some(0) && line != PLAN {
                took = begun.elapsed();
                // The plan that follows is of no storm.
                story.clears(&sandbox);
            }
            story.commands.push((line, ended));
        }
        story.ends(&sandbox, &lost.place).await;
        Self {
            story,
            world: lost::world(&sandbox),
            objects: sandbox.with(|state| state.objects.iter().filter_map(clean).collect()),
            files: files_of_backups(&sandbox),
            took,
        }
    }

    /// Holds it to its end: all is back as in the calm run, nothing was done twice, no backup was touched, no secret got
    /// out, and whoever stopped said why.
    pub fn reached(&self, lost: &Lost, calm: &Self) {
        let told = || self.story.tell();
        let (line, last) = self.story.commands.last().unwrap();
        let is_whole = line == PLAN && last.code == Some(0) && last.stdout.contains(lost::LEFT);
        assert!(is_whole, "it does not end: {}", told());
        if self.retries() == 0 {
            assert_eq!(self.world, calm.world, "another world: {}", told());
        }
        let [found, wanted] = [self, calm].map(|one| lost::settled(&one.world));
        assert_eq!(found, wanted, "another world: {}", told());
        let [found, wanted] = match self.retries() {
            0 => [self.objects.clone(), calm.objects.clone()],
            _ => [self, calm].map(|one| one.objects.iter().filter_map(of_any_attempt).collect()),
        };
        let other = differences(&found, &wanted);
        assert!(other.is_empty(), "other objects: {other:#?}: {}", told());
        self.story.every_stop_has_its_reason();
        self.what_is_told_to_go_on_with_is_open();
        self.restored_once();
        self.nothing_was_done_twice(calm);
        self.buckets_only_grew(lost);
        self.story.tells_no_secret(&SECRETS);
    }

    /// No file of a backup is another one than on that day; nothing is deleted, and no record is written over. Nobody gave
    /// a consent to anything.
    fn buckets_only_grew(&self, lost: &Lost) {
        let told = || self.story.tell();
        for (key, version) in &lost.files {
            assert_eq!(self.files.get(key), Some(version), "{key}: {}", told());
        }
        let mut written: BTreeMap<&str, usize> = BTreeMap::new();
        let effects = self.story.entries.iter().filter(|entry| entry.is_effect());
        for entry in effects.filter(|entry| entry.server == Server::S3) {
            let key = entry
                .target
                .strip_prefix('/')
                .and_then(|key| key.strip_prefix(JOURNAL));
            let key = key.unwrap_or_else(|| panic!("{}: {}", entry.line(), told()));
            assert_eq!(entry.method, "PUT", "{key}: {}", told());
            *written.entry(key).or_default() += 1;
        }
        for (key, count) in written {
            // To mark a closed run once more, and to keep a plan once more, changes nothing.
            let is_same = key.contains("/closed?") || key.contains("/plans/");
            assert!(count == 1 || is_same, "{key}, {count} times: {}", told());
        }
    }

    /// Whoever is told to go on with a run finds one.
    fn what_is_told_to_go_on_with_is_open(&self) {
        for pair in self.story.commands.windows(2) {
            let [(_, told), (line, found)] = pair else {
                continue;
            };
            let is_told = told.stdout.contains("sk-dr resume");
            let is_none = line.starts_with("resume") && found.stderr.contains("No run is open");
            assert!(
                !(is_told && is_none),
                "nothing is open: {}",
                self.story.tell()
            );
        }
    }

    /// How often something was made once more, because a person said so.
    fn retries(&self) -> usize {
        let commands = self.story.commands.iter();
        commands
            .filter(|(line, _)| line.contains("-retry="))
            .count()
    }

    /// A backup is restored by one Restore, however often it was interrupted, and by one more for each time that a person
    /// said so.
    fn restored_once(&self) {
        let mut restored: BTreeMap<String, usize> = BTreeMap::new();
        for entry in self.story.entries.iter().filter(|entry| entry.is_effect()) {
            if entry.method == "POST" && entry.target.contains("/restores?") {
                let restore: Value = serde_json::from_str(&entry.body).unwrap();
                let backup = restore["spec"]["backupName"].to_string();
                *restored.entry(backup).or_default() += 1;
            }
        }
        let told = || format!("{restored:?}: {}", self.story.tell());
        assert_eq!(restored.len(), 2, "{}", told());
        for (backup, count) in &restored {
            let application = backup
                .trim_matches('"')
                .split('-')
                .next()
                .unwrap_or_default();
            let retry = format!("\"{application}\"");
            let commands = self.story.commands.iter();
            let retries =
                commands.filter(|(line, _)| line.contains("-retry=") && line.contains(&retry));
            assert!(*count <= 1 + retries.count(), "{backup}: {}", told());
        }
    }

    /// Every effect is one of the calm run, and as often as there; what is made once more is what a person said yes to. What the weather itself delivered twice, or long after
    /// its sender had given up and found nothing, is no doing of the program's.
    fn nothing_was_done_twice(&self, calm: &Self) {
        let expected = effects(&calm.story);
        for (effect, count) in effects(&self.story) {
            let (method, path) = effect.split_once(' ').unwrap();
            let place = format!("{method} {} #", path.split(' ').next().unwrap_or(path));
            let doubled = |hit: &&String| {
                hit.starts_with(&place) && (hit.ends_with("Duplicate") || hit.contains("Late"))
            };
            let doubled = self.story.hits.iter().filter(doubled).count();
            let most =
                expected.get(&effect).copied().unwrap_or_default() + doubled + self.retries();
            assert!(
                count <= most,
                "{effect} happened {count} times, not {most}: {}",
                self.story.tell()
            );
        }
    }

    /// How far it went.
    pub fn reach(&self) -> Reach {
        let count = |is_it: fn(&Entry) -> bool| {
            let entries = self.story.entries.iter();
            entries.filter(|entry| is_it(entry)).count() as u64
        };
        Reach {
            requests: count(|_| true),
            effects: count(Entry::is_effect),
            writes: self.story.journal.len() as u64,
            time: self.took,
        }
    }
}

/// An object without what names the attempt that brought it; none of what only an attempt leaves.
fn of_any_attempt((key, object): (&String, &Value)) -> Option<(String, Value)> {
    let of_an_attempt = ["restores.", "podvolumerestores.", "persistentvolumes/"];
    if of_an_attempt.iter().any(|title| key.starts_with(title)) {
        return None;
    }
    let mut object = object.clone();
    for (map, member) in [("labels", "velero.io/restore-name"), ("spec", "volumeName")] {
        if let Some(members) = object[map].as_object_mut() {
            members.remove(member);
        }
    }
    Some((key.clone(), object))
}

/// What is in one of two worlds only.
fn differences(found: &BTreeMap<String, Value>, wanted: &BTreeMap<String, Value>) -> Vec<String> {
    let lacks = |other: &BTreeMap<String, Value>, key: &str, object: &Value| {
        other.get(key).is_none_or(|other| other != object)
    };
    let more = found
        .iter()
        .filter(|(key, object)| lacks(wanted, key, object));
    let less = wanted
        .iter()
        .filter(|(key, object)| lacks(found, key, object));
    let more = more.map(|(key, object)| format!("found  {key} {object}"));
    let less = less.map(|(key, object)| format!("wanted {key} {object}"));
    more.chain(less).collect()
}

/// A path in the journal's bucket without the name of its run, which each process draws.
fn without_run(path: &str) -> String {
    match path.split_once("/runs/") {
        Some((before, run)) if before.contains(JOURNAL) => {
            let file = run.split_once('/').map_or("", |(_, file)| file);
            format!("{before}/runs/RUN/{file}")
        }
        Some(_) | None => path.to_owned(),
    }
}

/// How often each effect on the cluster happened: method, path, and the name of the object where the path has none.
fn effects(story: &Story) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let entries = story.entries.iter().filter(|entry| entry.is_effect());
    for entry in entries.filter(|entry| entry.server == Server::Kubernetes) {
        let path = entry.target.split('?').next().unwrap_or_default();
        let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
        let name = body["metadata"]["name"].as_str().unwrap_or_default();
        let effect = format!("{} {path} {name}", entry.method);
        *counts.entry(effect).or_default() += 1;
    }
    counts
}

/// What a person would do next; nothing where all is done.
fn next(last: Option<&(String, Ended)>) -> Option<String> {
    let resume = || Some("resume".to_owned());
    let Some((line, ended)) = last else {
        return Some(APPLY.to_owned());
    };
    if let Some(over) = taking_over(&ended.stderr) {
        return Some(over);
    }
    let says = |words: &str| ended.stdout.contains(words) || ended.stderr.contains(words);
    match ended.code {
        None => resume(),
        Some(0) if line == PLAN => (!says(lost::LEFT)).then(|| APPLY.to_owned()),
        Some(0) => Some(PLAN.to_owned()),
        // It was killed before it began, or after it ended: the plan says which.
        Some(_) if says("No run is open") => Some(PLAN.to_owned()),
        Some(_) if line == PLAN && (says("Another cluster") || says("Plan is blocked")) => {
            Some(APPLY.to_owned())
        }
        Some(_) if says("sk-dr resume -retry=") => {
            once_more(&format!("{}{}", ended.stdout, ended.stderr))
        }
        Some(_) if line == APPLY && !says("sk-dr resume") => Some(APPLY.to_owned()),
        Some(_) => resume(),
    }
}

/// The command that takes a run over, where it is told, with what he decided before.
fn taking_over(text: &str) -> Option<String> {
    let (_, line) = text.split_once("To take it over:")?;
    let line = line.lines().next()?.trim().trim_end_matches('.');
    let line = line.strip_prefix("sk-dr ")?;
    Some(match line.contains("-retry=") {
        true => format!("{line} -auto-approve"),
        false => line.to_owned(),
    })
}

/// The command that makes a failed attempt once more, where it is told; the person has seen it and says yes.
fn once_more(text: &str) -> Option<String> {
    let (_, line) = text.split_once("sk-dr resume -retry=")?;
    let line = line.lines().next()?.trim_end();
    Some(format!("resume -auto-approve -retry={line}"))
}

/// Key and content of each file below the location's prefix.
fn files_of_backups(sandbox: &Sandbox) -> BTreeMap<String, String> {
    sandbox.with(|state| {
        let all = (None, usize::MAX);
        let (versions, _) = state.s3.versions("acme-backups", "velero/", all).unwrap();
        let told = |shown: Shown<'_>| {
            let etag = shown.version.content.as_ref().map(|content| &content.etag);
            let version = format!("{} {etag:?}", shown.version.modified);
            (shown.key.to_owned(), version)
        };
        versions.into_iter().map(told).collect()
    })
}
