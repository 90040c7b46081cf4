//! The transition table, every small journal, and laws.

use super::*;
use crate::journal::status::{RunState, StepStatus, fold};
use proptest::prelude::*;

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn the_transition_table() {
    use StepStatus::{Done, Failed, InDoubt, Skipped, Todo};
    const ALL: [StepStatus; 5] = [Todo, InDoubt, Done, Failed, Skipped];
    let identified = Entry::ProviderIdentified {
        provider: "kubernetes".to_owned().into(),
        kube_system_uid: "u".to_owned(),
    };
    // What each entry makes of to do, in doubt, done, failed, skipped.
    let table: [(Entry, [Option<StepStatus>; 5]); 12] = [
        (opened(), [Some(Todo), None, None, None, None]),
        (
            identified,
            [
                Some(Todo),
                Some(InDoubt),
                Some(Done),
                Some(Failed),
                Some(Skipped),
            ],
        ),
        (
            taken_over(1),
            [
                Some(Todo),
                Some(InDoubt),
                Some(Done),
                Some(Failed),
                Some(Skipped),
            ],
        ),
        (
            started(a(), 1),
            [
                Some(InDoubt),
                Some(InDoubt),
                None,
                Some(InDoubt),
                Some(InDoubt),
            ],
        ),
        (done(a()), [None, Some(Done), None, None, None]),
        (
            failed(a()),
            [Some(Failed), Some(Failed), None, Some(Failed), Some(Failed)],
        ),
        (
            skipped(a()),
            [Some(Skipped), None, None, None, Some(Skipped)],
        ),
        (
            retried(a(), 2),
            [Some(Todo), None, Some(Todo), Some(Todo), Some(Todo)],
        ),
        (accepted(a()), [None, None, None, Some(Done), Some(Done)]),
        (
            closed(RunOutcome::Complete),
            [None, None, Some(Done), None, None],
        ),
        (
            closed(RunOutcome::Partial),
            [None, None, Some(Done), Some(Failed), Some(Skipped)],
        ),
        (
            closed(RunOutcome::Abandoned),
            [
                Some(Todo),
                Some(InDoubt),
                Some(Done),
                Some(Failed),
                Some(Skipped),
            ],
        ),
    ];
    for (entry, row) in table {
        for (status, expected) in ALL.into_iter().zip(row) {
            assert_eq!(
                status.next(&entry).ok(),
                expected,
                "{status} then {entry:?}"
            );
        }
    }
}

/// Every entry that could be written next, legal or not.
fn candidates(state: &RunState) -> Vec<Entry> {
    let mut entries = vec![
        opened(),
        taken_over(state.last_serial),
        taken_over(state.last_serial + 1),
    ];
    for outcome in [
        RunOutcome::Complete,
        RunOutcome::Partial,
        RunOutcome::Abandoned,
    ] {
        entries.push(closed(outcome));
    }
    for step in [a(), b()] {
        let attempts = state.attempts(&step);
        entries.extend([
            started(step.clone(), attempts + 1),
            started(step.clone(), attempts + 2),
        ]);
        entries.extend([done(step.clone()), failed(step.clone()), skipped(step)]);
    }
    entries.push(started(StepId("x.c#1".to_owned()), 1));
    entries
}

/// What must hold of every journal that the fold takes, said without the fold's own means.
fn check_legal(records: &[Record], state: &RunState) {
    let entries: Vec<&Entry> = records.iter().flat_map(|record| &record.entries).collect();
    let position = |wanted: &dyn Fn(&Entry) -> bool| entries.iter().position(|entry| wanted(entry));
    let count =
        |wanted: &dyn Fn(&Entry) -> bool| entries.iter().filter(|entry| wanted(entry)).count();
    assert!(matches!(
        entries.first(),
        None | Some(Entry::RunOpened { .. })
    ));
    assert!(count(&|entry| matches!(entry, Entry::RunOpened { .. })) <= 1);
    let closed = position(&|entry| matches!(entry, Entry::RunClosed { .. }));
    assert!(
        closed.is_none_or(|at| at + 1 == entries.len()),
        "nothing follows the end"
    );
    for step in [a(), b()] {
        let done =
            |entry: &Entry| matches!(entry, Entry::StepDone { step: named, .. } if *named == step);
        let start = |entry: &Entry| matches!(entry, Entry::StepStarted { step: named, .. } if *named == step);
        assert!(count(&done) <= 1);
        assert_eq!(count(&start), state.attempts(&step) as usize);
        assert_eq!(count(&done) == 1, state.status(&step) == StepStatus::Done);
        assert!(
            position(&done).is_none_or(|at| position(&start).is_some_and(|start| start < at)),
            "done was started"
        );
    }
    let a_done = position(&|entry| matches!(entry, Entry::StepDone { step, .. } if *step == a()));
    let b_start =
        position(&|entry| matches!(entry, Entry::StepStarted { step, .. } if *step == b()));
    assert!(
        b_start.is_none_or(|start| a_done.is_some_and(|done| done < start)),
        "b needs a"
    );
    let doubt = state
        .steps
        .values()
        .any(|step| step.status == StepStatus::InDoubt);
    assert!(
        !doubt
            || !matches!(
                state.outcome,
                Some(RunOutcome::Complete | RunOutcome::Partial)
            ),
        "no doubt is hidden"
    );
}

/// Grows every legal journal to a length; the fold of each prefix is checked on the way. Returns how many are legal.
fn grow(records: &mut Vec<Record>, left: usize) -> usize {
    let plan = plan();
    let state = fold(&plan, records).unwrap();
    check_legal(records, &state);
    if left == 0 {
        return 1;
    }
    let mut legal = 1;
    for entry in candidates(&state) {
        records.push(record(state.last_serial + 1, 1, vec![entry]));
        if fold(&plan, records).is_ok() {
            legal += grow(records, left - 1);
        }
        records.pop();
    }
    legal
}

#[test]
fn every_small_journal() {
    // 6 entries reach: open, start a, done a, start b, done b, close.
    let legal = grow(&mut Vec::new(), 6);
    assert!(legal > 1_000, "the space is not empty: {legal}");
}

#[test]
fn the_longest_story() {
    let story = vec![
        record(1, 1, vec![opened()]),
        record(2, 1, vec![started(a(), 1)]),
        // Record 3 was torn; the taker says that it saw 2 last.
        record(4, 2, vec![taken_over(2)]),
        record(5, 2, vec![started(a(), 2)]),
        record(6, 2, vec![done(a()), failed(b())]),
        record(7, 3, vec![taken_over(6)]),
        record(8, 3, vec![started(b(), 1)]),
        record(9, 3, vec![done(b()), closed(RunOutcome::Complete)]),
    ];
    let state = fold(&plan(), &story).unwrap();
    assert_eq!(
        (
            state.outcome,
            state.last_serial,
            state.attempts(&a()),
            state.attempts(&b())
        ),
        (Some(RunOutcome::Complete), 9, 2, 1)
    );
    assert_eq!(state.holder, Some(holder(3)));
    for end in 0..story.len() {
        let prefix = fold(&plan(), &story[..end]).unwrap();
        check_legal(&story[..end], &prefix);
        assert_eq!(prefix.outcome, None);
        assert_eq!(
            prefix.next_serial,
            story[..end].last().map_or(1, |record| record.serial + 1)
        );
    }
}

/// What is made once more is to do again with all that comes after it, and what else was done stays so (R6).
#[test]
fn a_restore_that_is_made_once_more_begins_anew() {
    let story = vec![
        record(1, 1, vec![opened(), started(a(), 1)]),
        record(2, 1, vec![done(a()), started(b(), 1)]),
        record(3, 1, vec![failed(b())]),
        record(4, 2, vec![taken_over(3)]),
        record(5, 2, vec![retried(a(), 2)]),
    ];
    let state = fold(&plan(), &story).unwrap();
    for step in [a(), b()] {
        assert_eq!(state.status(&step), StepStatus::Todo, "{step}");
        assert!(!state.is_begun(&step), "{step}");
    }
    let told = |entries| {
        let mut records = story.clone();
        records.push(record(6, 2, entries));
        fold(&plan(), &records).map(|state| (state.status(&a()), state.status(&b())))
    };
    let on = told(vec![started(a(), 2), done(a())]).unwrap();
    assert_eq!(on, (StepStatus::Done, StepStatus::Todo));
    let twice = told(vec![retried(a(), 2)]).unwrap_err().to_string();
    assert!(
        twice.contains("begins attempt 2, but 2 were made"),
        "{twice}"
    );
    let doubt = told(vec![started(a(), 2), retried(a(), 3)]).unwrap_err();
    assert!(doubt.to_string().contains("in doubt"), "{doubt}");
    // Of what comes after it alone, the first stays done.
    let mut later = story[..4].to_vec();
    later.push(record(5, 2, vec![retried(b(), 2)]));
    let state = fold(&plan(), &later).unwrap();
    assert_eq!(state.status(&a()), StepStatus::Done);
    later.pop();
    later.push(record(
        5,
        2,
        vec![accepted(b()), closed(RunOutcome::Complete)],
    ));
    let state = fold(&plan(), &later).unwrap();
    assert_eq!(state.outcome, Some(RunOutcome::Complete));
}

fn check_illegal(records: &[Record], expected: &str) {
    let error = fold(&plan(), records).unwrap_err().to_string();
    assert!(
        error.contains(expected),
        "{error}\ndoes not say: {expected}"
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn an_impossible_journal_is_reported_not_guessed_at() {
    let open = record(1, 1, vec![opened()]);
    let identified = Entry::ProviderIdentified {
        provider: "kubernetes".to_owned().into(),
        kube_system_uid: "u".to_owned(),
    };
    let strange = Entry::ProviderIdentified {
        provider: "s3".to_owned().into(),
        kube_system_uid: "u".to_owned(),
    };
    let other_plan = Entry::RunOpened {
        plan_digest: "00".to_owned(),
        directory: None,
    };
    check_illegal(
        &[record(1, 1, vec![started(a(), 1)])],
        "record 1: `step_started` comes before the run is opened",
    );
    check_illegal(&[record(1, 1, vec![other_plan])], "opened for plan 00");
    check_illegal(
        &[record(2, 1, vec![opened()])],
        "follows record 0 without a take-over",
    );
    check_illegal(
        &[open.clone(), record(3, 1, vec![started(a(), 1)])],
        "record 3: it follows record 1 without a take-over",
    );
    check_illegal(
        &[open.clone(), record(2, 2, vec![started(a(), 1)])],
        "another process wrote it without taking over",
    );
    check_illegal(&[open.clone(), record(2, 1, vec![])], "no entries");
    check_illegal(
        &[open.clone(), record(2, 2, vec![taken_over(5)])],
        "takes over from record 5, but follows record 1",
    );
    check_illegal(
        &[
            open.clone(),
            record(2, 2, vec![started(a(), 1), taken_over(1)]),
        ],
        "without taking over",
    );
    check_illegal(
        &[
            open.clone(),
            record(2, 1, vec![started(a(), 1), taken_over(1)]),
        ],
        "in its middle",
    );
    check_illegal(
        &[open.clone(), record(2, 1, vec![started(b(), 1)])],
        "`x.b#1` starts, but `x.a#1`, which it needs, is to do",
    );
    check_illegal(
        &[open.clone(), record(2, 1, vec![started(a(), 2)])],
        "starts attempt 2, but 0 were made",
    );
    check_illegal(
        &[open.clone(), record(2, 1, vec![done(a())])],
        "`step_done` cannot follow a step that is to do",
    );
    check_illegal(
        &[
            open.clone(),
            record(2, 1, vec![closed(RunOutcome::Complete)]),
        ],
        "`run_closed complete` cannot follow",
    );
    check_illegal(
        &[
            open.clone(),
            record(2, 1, vec![identified.clone(), identified]),
        ],
        "identified twice",
    );
    check_illegal(
        &[open.clone(), record(2, 1, vec![strange])],
        "has no provider `s3`",
    );
    let newer = Record {
        version: 2,
        ..record(2, 1, vec![started(a(), 1)])
    };
    check_illegal(&[open, newer], "its version is 2, this program reads 1");
}

proptest! {
    /// How entries are grouped into records changes nothing of what they say.
    #[test]
    fn grouping_does_not_matter(cuts in proptest::collection::vec(any::<bool>(), 6)) {
        let entries = [opened(), started(a(), 1), done(a()), started(b(), 1), failed(b()), closed(RunOutcome::Partial)];
        let alone: Vec<Record> = (1..).zip(&entries).map(|(serial, entry)| record(serial, 1, vec![entry.clone()])).collect();
        let mut groups: Vec<Vec<Entry>> = vec![Vec::new()];
        for (entry, cut) in entries.iter().zip(&cuts) {
            if *cut && groups.last().is_some_and(|group| !group.is_empty()) {
                groups.push(Vec::new());
            }
            groups.last_mut().unwrap().push(entry.clone());
        }
        let grouped: Vec<Record> = (1..).zip(groups).map(|(serial, group)| record(serial, 1, group)).collect();
        let (alone, grouped) = (fold(&plan(), &alone).unwrap(), fold(&plan(), &grouped).unwrap());
        prop_assert_eq!((alone.steps, alone.bindings, alone.outcome), (grouped.steps, grouped.bindings, grouped.outcome));
    }

    /// Any entries in any order: an error or a state, the same each time, and a legal journal has only legal prefixes.
    #[test]
    fn any_journal_folds_or_is_refused(picks in proptest::collection::vec(0usize..18, 0..12)) {
        let plan = plan();
        let (mut records, mut state) = (Vec::new(), RunState::fresh(&plan));
        for pick in picks {
            let options = candidates(&state);
            let next = record(state.last_serial + 1, 1, vec![options[pick % options.len()].clone()]);
            records.push(next);
            match fold(&plan, &records) {
                Ok(folded) => state = folded,
                Err(error) => {
                    prop_assert_eq!(Err(error), fold(&plan, &records));
                    records.pop();
                }
            }
            check_legal(&records, &state);
        }
    }
}
