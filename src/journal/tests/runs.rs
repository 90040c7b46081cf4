//! Which runs keep `apply` from going on.

use super::*;
use crate::journal::local::LocalStore;
use crate::journal::runs::{Standing, earlier, list, new_run_id};
use crate::journal::store::Store;

fn check(entries: &[Entry], expected: &Standing, is_open: bool) {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path());
    store.create_run("run-1", &plan()).now().unwrap();
    for (serial, entry) in (1..).zip(entries) {
        store
            .append(&record(serial, 1, vec![entry.clone()]))
            .now()
            .unwrap();
    }
    let runs = list(&store, usize::MAX).now().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].standing, *expected);
    let found = earlier(&store).now().unwrap();
    assert_eq!(found.open, if is_open { runs } else { Vec::new() });
    assert!(found.ids.contains("run-1"));
}

#[test]
fn standings() {
    check(&[], &Standing::NeverOpened, false);
    check(&[opened()], &Standing::Open, true);
    check(&[opened(), started(a(), 1)], &Standing::Open, true);
    check(
        &[opened(), started(a(), 1), failed(a()), skipped(b())],
        &Standing::Open,
        true,
    );
    let partial = [
        opened(),
        started(a(), 1),
        failed(a()),
        skipped(b()),
        closed(RunOutcome::Partial),
    ];
    check(&partial, &Standing::Closed(RunOutcome::Partial), false);
    let abandoned = [opened(), started(a(), 1), closed(RunOutcome::Abandoned)];
    check(&abandoned, &Standing::Closed(RunOutcome::Abandoned), false);
    let damaged = Standing::Damaged(
        "of run run-1: record 2: `x.a#1`: `step_done` cannot follow a step that is to do"
            .to_owned(),
    );
    check(&[opened(), done(a())], &damaged, true);
}

/// A plan torn before the run was opened: nothing was done, so it stands in nobody's way. Once there are records it does.
#[test]
fn a_torn_plan_counts_only_where_the_run_began() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path());
    store.create_run("run-1", &plan()).now().unwrap();
    let path = directory.path().join("runs/run-1/plan.json");
    std::fs::write(&path, "{\"format\": \"sk-dr").unwrap();
    assert_eq!(
        list(&store, usize::MAX).now().unwrap()[0].standing,
        Standing::NeverOpened
    );
    store.append(&record(1, 1, vec![opened()])).now().unwrap();
    let standing = list(&store, usize::MAX).now().unwrap().remove(0).standing;
    assert!(matches!(standing, Standing::Damaged(_)), "{standing:?}");
}

/// Of a run that ended no plan is read, and where it is marked nothing at all. Whatever casts doubt on that is read.
#[test]
fn what_ended_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path());
    store.create_run("run-1", &plan()).now().unwrap();
    for (serial, entry) in [(1, opened()), (2, closed(RunOutcome::Abandoned))] {
        let record = record(serial, 1, vec![entry]);
        store.append(&record).now().unwrap();
    }
    let run = directory.path().join("runs/run-1");
    let put = |name: &str, text: &str| std::fs::write(run.join(name), text).unwrap();
    let check = |expected: Option<&str>| {
        let open = earlier(&store).now().unwrap().open;
        let told: Vec<String> = open
            .iter()
            .map(|run| format!("{:?}", run.standing))
            .collect();
        assert_eq!(told.len(), usize::from(expected.is_some()), "{told:?}");
        assert!(
            told.iter()
                .all(|told| told.contains(expected.unwrap_or_default())),
            "{told:?}"
        );
    };
    let whole = std::fs::read_to_string(run.join("plan.json")).unwrap();
    // As earlier versions left it, and a process that was killed before the mark.
    put("plan.json", "{}");
    check(None);
    put("00000002.json", "{}");
    check(Some("00000002.json"));
    put("plan.json", &whole);
    put("00000002.json", "{\"version\": 1, \"ru");
    check(Some("Open"));
    std::fs::create_dir(run.join("closed")).unwrap();
    check(Some("Open"));
    std::fs::remove_dir(run.join("closed")).unwrap();
    store.mark_closed("run-1").now().unwrap();
    check(None);
}

#[test]
fn counts_and_takeover_serial() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::at(directory.path());
    store.create_run("run-1", &plan()).now().unwrap();
    store.append(&record(1, 1, vec![opened()])).now().unwrap();
    store
        .append(&record(2, 1, vec![started(a(), 1)]))
        .now()
        .unwrap();
    let facts = list(&store, usize::MAX)
        .now()
        .unwrap()
        .remove(0)
        .facts
        .unwrap();
    assert_eq!(
        (facts.in_doubt, facts.todo, facts.done, facts.last_serial),
        (1, 1, 0, 2)
    );
    assert_eq!(
        (facts.stack.as_str(), facts.holder),
        ("test", Some(holder(1)))
    );
}

#[test]
fn ids_sort_by_age() {
    let id = |at: &str, pid| new_run_id(at.parse().unwrap(), &holder(pid), "digest");
    let first = id("2026-11-22T03:14:07Z", 1);
    assert!(
        first.starts_with("2026-11-22T03-14-07Z-") && first.len() == 25,
        "{first}"
    );
    let later = [
        "2026-11-22T03:14:07.004Z",
        "2026-11-22T03:14:07.4Z",
        "2026-11-22T03:14:07.999999999Z",
        "2026-11-22T03:14:08Z",
    ];
    let ids = later.map(|at| id(at, 1));
    assert!(first < ids[0] && ids.is_sorted(), "{first} {ids:?}");
    assert_ne!(first, id("2026-11-22T03:14:07Z", 2));
}
