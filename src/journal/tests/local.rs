//! The directory: what is there is whole and private, and every damage is told apart.

use super::*;
use crate::journal::local::LocalStore;
use crate::journal::store::{Append, Store};
use crate::model::any::{config, json, texts};
use crate::model::expression::HoleSource;
use crate::model::identity::ProviderRef;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const RUN: &str = "run-1";

struct Journal {
    directory: tempfile::TempDir,
    store: LocalStore,
}

/// A run with these records.
fn journal(records: &[Record]) -> Journal {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path().join(".sk-dr"));
    store.create_run(RUN, &plan()).now().unwrap();
    for record in records {
        assert_eq!(store.append(record).now().unwrap(), Append::Written);
    }
    Journal { directory, store }
}

impl Journal {
    fn file(&self, serial: u64) -> std::path::PathBuf {
        self.store
            .directory()
            .join(format!("runs/{RUN}/{serial:08}.json"))
    }
}

fn story() -> Vec<Record> {
    vec![
        record(1, 1, vec![opened()]),
        record(2, 1, vec![started(a(), 1)]),
        record(3, 1, vec![done(a())]),
    ]
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn any_record_and_inventory_is_read_as_it_was_written(
        bound in prop::collection::vec(json(), 0..4), words in texts(), name in texts(),
    ) {
        let binding = |value| Binding { hole: HoleSource::Run, value };
        let step_done = Entry::StepDone {
            step: a(),
            bindings: bound.into_iter().map(binding).collect(),
            uid: Some(words.clone()),
        };
        let step_failed = Entry::StepFailed { step: b(), class: FailureClass::Malformed, message: words.clone() };
        let records = [record(1, 1, vec![opened()]), record(2, 1, vec![step_done, step_failed])];
        let journal = journal(&records);
        assert_eq!(journal.store.records(RUN).now().unwrap().0, records);
        let mut inventory = Inventory::default();
        inventory.made_clusters.insert(name.clone(), words);
        inventory.clusters.insert(ProviderRef { provider: "kubernetes".to_owned(), alias: Some("eu".to_owned()) }, name);
        journal.store.write_inventory(&inventory).now().unwrap();
        assert_eq!(journal.store.inventory().now().unwrap(), Some(inventory));
    }
}

fn names(store: &LocalStore) -> Vec<String> {
    let runs = store.recent().now().unwrap();
    runs.into_iter().map(|listed| listed.run).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_written_is_read_and_private() {
    let journal = journal(&story());
    assert_eq!(journal.store.records(RUN).now().unwrap(), (story(), 4));
    assert_eq!(journal.store.plan(RUN).now().unwrap(), plan());
    assert_eq!(names(&journal.store), [RUN]);
    assert_eq!(journal.store.inventory().now().unwrap(), None);
    let mut newer = Inventory::default();
    for name in ["first", "second"] {
        newer.made_clusters.insert(name.to_owned(), "k".to_owned());
        journal.store.write_inventory(&newer).now().unwrap();
        assert_eq!(
            journal.store.inventory().now().unwrap().as_ref(),
            Some(&newer)
        );
    }
    // Torn when the machine went down: the one before it counts.
    let torn = journal.store.directory().join("inventory/00000003.json");
    fs::write(&torn, b"{\"version\": 1, \"inv").unwrap();
    assert_eq!(
        journal.store.inventory().now().unwrap().as_ref(),
        Some(&newer)
    );
    fs::remove_file(&torn).unwrap();
    let root = journal.store.directory().to_owned();
    assert_eq!(fs::read_to_string(root.join(".gitignore")).unwrap(), "*\n");
    for (path, expected) in [
        ("", 0o700),
        ("runs", 0o700),
        ("runs/run-1", 0o700),
        ("inventory", 0o700),
        ("runs/run-1/plan.json", 0o600),
        ("runs/run-1/00000003.json", 0o600),
        ("inventory/00000002.json", 0o600),
    ] {
        assert_eq!(mode(&root.join(path)), expected, "{path}");
    }
    let left: Vec<_> = fs::read_dir(root.join("runs/run-1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 4, "nothing temporary is left: {left:?}");
}

/// What a request may have committed in the place of a part of the journal: nothing of it is followed, written through or
/// read, whichever part it is.
fn check_link(part: &str, words: &str) {
    let journal = journal(&story());
    let store = journal.store;
    let outside = journal.directory.path().join("outside");
    let at = store.directory().join(part);
    if at.is_dir() {
        fs::rename(&at, &outside).unwrap();
    } else {
        fs::write(&outside, "theirs").unwrap();
        let _ = fs::remove_file(&at);
    }
    symlink(&outside, &at).unwrap();
    let holder = super::holder(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let taken = runtime.block_on(crate::journal::lock::acquire(
        &store,
        &holder,
        std::time::Duration::ZERO,
    ));
    let inventory = store.write_inventory(&Inventory::default()).now();
    let told = [
        taken.err().map(|error| error.to_string()),
        inventory.err().map(|error| error.to_string()),
        store
            .records(RUN)
            .now()
            .err()
            .map(|error| error.to_string()),
        store
            .append(&record(4, 1, vec![opened()]))
            .now()
            .err()
            .map(|error| error.to_string()),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    assert!(
        told.iter()
            .any(|one| one.contains(part) && one.contains(words)),
        "{part}: {told:?}"
    );
    if outside.is_file() {
        assert_eq!(fs::read_to_string(outside).unwrap(), "theirs", "{part}");
    } else {
        let left = fs::read_dir(outside).unwrap().count();
        assert!(left <= 4, "{part}: something was written through the link");
    }
}

#[test]
fn links_in_a_journal_are_followed_nowhere() {
    check_link("lock", "it is a link, not a file");
    check_link("inventory", "it is a link, not a directory");
    check_link("runs", "it is a link, not a directory");
    check_link("runs/run-1", "it is a link, not a directory");
    check_link("runs/run-1/00000002.json", "it is a link, not a file");
}

/// Who may write in a journal could forge what was done (R43).
#[test]
fn a_journal_that_others_may_write_is_refused() {
    for part in ["", "runs", "runs/run-1", "inventory"] {
        let journal = journal(&story());
        journal
            .store
            .write_inventory(&Inventory::default())
            .now()
            .unwrap();
        let place = journal.store.directory().join(part);
        fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
        let told = [
            journal.store.records(RUN).now().err(),
            journal.store.inventory().now().err(),
        ];
        let told: Vec<String> = told.iter().flatten().map(ToString::to_string).collect();
        let words = "others than its owner may write there (mode 0777)";
        assert!(
            told.iter().any(|one| one.contains(words)),
            "{part}: {told:?}"
        );
    }
}

/// A journal two directories below one of this mode: whether it may be used, before it is made and after.
fn check_above(mode: u32, refused: Option<&str>) {
    let ground = tempfile::tempdir().unwrap();
    let above = ground.path().join("above");
    let store = LocalStore::at(above.join("stack/.sk-dr"));
    fs::create_dir_all(above.join("stack")).unwrap();
    let in_time = LocalStore::at(above.join("stack/made"));
    in_time.prepare().unwrap();
    fs::set_permissions(&above, fs::Permissions::from_mode(mode)).unwrap();
    let told = [
        in_time.is_there().err(),
        store.prepare().err(),
        store.create_run(RUN, &plan()).now().err(),
    ];
    for told in told.map(|error| error.map(|error| error.to_string())) {
        match (refused, told) {
            (None, None) => {}
            (Some(words), Some(told)) if told.contains(words) => {}
            (_, told) => panic!("{mode:04o}: {told:?}"),
        }
    }
    assert_eq!(store.directory().exists(), refused.is_none(), "{mode:04o}");
}

#[test]
fn a_journal_that_others_may_exchange_is_refused() {
    let words = "above above it (mode 0777): somebody else may put another directory in its place";
    check_above(0o777, Some(words));
    check_above(0o1777, None);
    check_above(0o755, None);
}

#[test]
fn a_directory_is_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    super::cases::check(&|| {
        made.set(made.get() + 1);
        Box::new(LocalStore::at(
            directory.path().join(made.get().to_string()),
        ))
    });
}

#[test]
fn a_store_that_was_never_written_is_empty() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path().join(".sk-dr"));
    assert!(store.recent().now().unwrap().is_empty());
    assert!(!store.directory().exists(), "reading makes nothing");
}

#[test]
fn a_serial_is_taken_once() {
    let journal = journal(&story());
    assert_eq!(
        journal
            .store
            .append(&record(3, 2, vec![done(a())]))
            .now()
            .unwrap(),
        Append::SerialTaken
    );
    assert_eq!(
        journal.store.records(RUN).now().unwrap().0,
        story(),
        "the first stays"
    );
    // Eight writers at once, each serial: one wins.
    for serial in 4..40 {
        let won: usize = std::thread::scope(|scope| {
            let write = |pid| {
                let store = journal.store.clone();
                move || {
                    usize::from(
                        store
                            .append(&record(serial, pid, vec![taken_over(3)]))
                            .now()
                            .unwrap()
                            == Append::Written,
                    )
                }
            };
            let writers: Vec<_> = (0..8).map(|pid| scope.spawn(write(pid))).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        });
        assert_eq!(won, 1, "serial {serial}");
    }
}

#[test]
fn a_torn_last_record_never_happened_and_its_serial_is_spent() {
    let whole = serde_json::to_vec(&record(4, 1, vec![started(b(), 1)])).unwrap();
    for length in 0..whole.len() {
        let journal = journal(&story());
        fs::write(journal.file(4), &whole[..length]).unwrap();
        assert_eq!(
            journal.store.records(RUN).now().unwrap(),
            (story(), 5),
            "cut at {length}"
        );
        assert_eq!(
            journal
                .store
                .append(&record(4, 1, vec![done(a())]))
                .now()
                .unwrap(),
            Append::SerialTaken
        );
        // Whoever goes on says that it saw record 3 last, so that the torn one is explained for ever.
        journal
            .store
            .append(&record(5, 2, vec![taken_over(3)]))
            .now()
            .unwrap();
        assert_eq!(journal.store.records(RUN).now().unwrap().0.len(), 4);
    }
}

/// A damage to the story, and what the error must say.
fn check_damage(damage: impl Fn(&Journal), expected: &[&str]) {
    let journal = journal(&story());
    damage(&journal);
    let error = journal.store.records(RUN).now().unwrap_err().to_string();
    for expected in expected {
        assert!(
            error.contains(expected),
            "{error}\ndoes not say: {expected}"
        );
    }
    drop(journal.directory);
}

#[test]
fn every_other_damage_names_its_file() {
    check_damage(
        |journal| fs::write(journal.file(2), "{\"ver").unwrap(),
        &["00000002.json", "whole records follow it"],
    );
    check_damage(
        |journal| fs::write(journal.file(3), "{}").unwrap(),
        &["00000003.json", "no version"],
    );
    check_damage(
        |journal| fs::write(journal.file(3), "{\"version\": 1}").unwrap(),
        &[
            "00000003.json",
            "damaged, or another version of sk-dr made it: missing field",
        ],
    );
    check_damage(
        |journal| fs::remove_file(journal.file(2)).unwrap(),
        &["00000003.json", "record 2 before it is missing"],
    );
    check_damage(
        |journal| assert!(fs::copy(journal.file(2), journal.file(4)).is_ok()),
        &["00000004.json", "says that it is record 2"],
    );
    let newer = serde_json::to_string(&Record {
        version: 7,
        ..record(4, 1, vec![done(a())])
    })
    .unwrap();
    check_damage(
        |journal| fs::write(journal.file(4), &newer).unwrap(),
        &["00000004.json", "version is 7", "reads 1"],
    );
}

#[test]
fn what_an_interrupted_write_left_is_passed_over() {
    let journal = journal(&story());
    let run = journal.store.directory().join("runs").join(RUN);
    for name in [".77-0.tmp", "notes.txt", "4.json", "00000005.json.bak"] {
        fs::write(run.join(name), "{").unwrap();
    }
    fs::create_dir(journal.store.directory().join("runs/never-began")).unwrap();
    assert_eq!(journal.store.records(RUN).now().unwrap(), (story(), 4));
    assert_eq!(names(&journal.store), [RUN]);
}

#[test]
fn a_run_id_does_not_lead_out() {
    let journal = journal(&story());
    for run in ["", "..", "../run-1", "a/b", "run 1", "."] {
        assert!(
            journal
                .store
                .records(run)
                .now()
                .unwrap_err()
                .to_string()
                .contains("is not a run id"),
            "{run}"
        );
    }
    assert!(
        journal
            .store
            .records("run-2")
            .now()
            .unwrap_err()
            .to_string()
            .contains("there is no run `run-2`")
    );
}
