//! What every store does, wherever it keeps its runs.

use super::*;
use crate::journal::store::{Append, Listed, Store};

/// Tries stores that are made empty.
pub fn check(empty: &dyn Fn() -> Box<dyn Store>) {
    nothing_is_there(empty().as_ref());
    what_is_written_is_read(empty().as_ref());
    a_run_is_made_once(empty().as_ref());
    a_serial_is_taken_once(empty().as_ref());
    a_mark_is_told_by_the_listing(empty().as_ref());
    the_newest_inventory_counts(empty().as_ref());
}

fn listed(run: &str, is_marked: bool) -> Listed {
    Listed {
        run: run.to_owned(),
        is_marked,
    }
}

fn written(store: &dyn Store, records: &[Record]) {
    store.create_run("run-1", &plan()).now().unwrap();
    for record in records {
        assert_eq!(store.append(record).now().unwrap(), Append::Written);
    }
}

fn nothing_is_there(store: &dyn Store) {
    assert_eq!(store.recent().now().unwrap(), []);
    assert_eq!(store.inventory().now().unwrap(), None);
    assert!(store.plan("run-1").now().is_err());
    assert!(store.records("run-1").now().is_err());
    assert!(store.last("run-1").now().is_err());
    assert!(store.mark_closed("run-1").now().is_err());
    assert!(store.append(&record(1, 1, vec![opened()])).now().is_err());
}

fn what_is_written_is_read(store: &dyn Store) {
    written(store, &[]);
    assert_eq!(store.plan("run-1").now().unwrap(), plan());
    assert_eq!(store.records("run-1").now().unwrap(), (Vec::new(), 1));
    assert_eq!(store.last("run-1").now().unwrap(), None);
    let mut records = Vec::new();
    for entry in [opened(), started(a(), 1), done(a())] {
        let serial = u64::try_from(records.len()).unwrap() + 1;
        let record = record(serial, 1, vec![entry]);
        assert_eq!(store.append(&record).now().unwrap(), Append::Written);
        assert_eq!(store.last("run-1").now().unwrap().as_ref(), Some(&record));
        records.push(record);
        let read = store.records("run-1").now().unwrap();
        assert_eq!(read, (records.clone(), serial + 1));
    }
}

fn a_run_is_made_once(store: &dyn Store) {
    written(store, &[record(1, 1, vec![opened()])]);
    assert!(store.create_run("run-1", &plan()).now().is_err());
    assert_eq!(store.records("run-1").now().unwrap().1, 2, "it stays");
    let end = record(2, 1, vec![closed(RunOutcome::Abandoned)]);
    assert_eq!(store.append(&end).now().unwrap(), Append::Written);
    store.mark_closed("run-1").now().unwrap();
    store.create_run("run-2", &plan()).now().unwrap();
    let both = [listed("run-1", true), listed("run-2", false)];
    assert_eq!(store.runs(2).now().unwrap(), both);
    assert_eq!(store.runs(1).now().unwrap(), both[1..], "the newest");
    let recent = store.recent().now().unwrap();
    assert!(recent.contains(&both[1]), "{recent:?}");
}

fn a_serial_is_taken_once(store: &dyn Store) {
    let story = [record(1, 1, vec![opened()])];
    written(store, &story);
    let other = record(1, 2, vec![taken_over(0)]);
    assert_eq!(store.append(&other).now().unwrap(), Append::SerialTaken);
    assert_eq!(
        store.records("run-1").now().unwrap().0,
        story,
        "the first stays"
    );
}

fn a_mark_is_told_by_the_listing(store: &dyn Store) {
    let story = [
        record(1, 1, vec![opened()]),
        record(2, 1, vec![closed(RunOutcome::Abandoned)]),
    ];
    written(store, &story);
    assert_eq!(store.recent().now().unwrap(), [listed("run-1", false)]);
    for _ in 0..2 {
        store.mark_closed("run-1").now().unwrap();
        assert_eq!(store.recent().now().unwrap(), [listed("run-1", true)]);
    }
    assert_eq!(store.records("run-1").now().unwrap(), (story.to_vec(), 3));
}

fn the_newest_inventory_counts(store: &dyn Store) {
    let mut newer = Inventory::default();
    for name in ["first", "second"] {
        newer.made_clusters.insert(name.to_owned(), "k".to_owned());
        store.write_inventory(&newer).now().unwrap();
        assert_eq!(store.inventory().now().unwrap().as_ref(), Some(&newer));
    }
}
