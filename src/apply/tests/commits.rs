//! A journal that takes its time: what ends while a record is written shares the next one, and no effect is sent before its
//! intent is durable, which the world of these tests asserts of every effect.

use super::plans::{create, plan, world};
use super::{Attempt, RUN, another, first, live, paused};
use crate::apply::stop::stop_pair;
use crate::journal::record::{Entry, RunOutcome};
use crate::journal::status::RunState;
use crate::journal::store::Store;
use crate::plan::document::Plan;
use std::collections::BTreeSet;
use std::time::Duration;

const SLOW: Duration = Duration::from_millis(100);

fn independent(count: usize) -> Plan {
    let names: Vec<String> = (0..count).map(|at| format!("s{at}")).collect();
    let one = |name: &String| create(&format!("velero_schedule.{name}#1"), name, &[]);
    plan(names.iter().map(one).collect())
}

/// How many of each kind of entry stand in each record: `3 started`.
async fn records(store: &dyn Store) -> Vec<String> {
    let (records, _) = store.records(RUN).await.unwrap();
    let word = |entry: &Entry| match entry {
        Entry::StepStarted { .. } => "started",
        Entry::StepDone { .. } => "done",
        Entry::RunOpened { .. } => "opened",
        Entry::RunClosed { .. } => "closed",
        Entry::StepSkipped { .. } => "skipped",
        Entry::ProviderIdentified { .. }
        | Entry::StepFailed { .. }
        | Entry::TakenOver { .. }
        | Entry::Retried { .. }
        | Entry::Accepted { .. } => "other",
    };
    let told = records.iter().map(|record| {
        let words: Vec<&str> = record.entries.iter().map(word).collect();
        let groups = words.chunk_by(|one, other| one == other);
        let each = groups.map(|group| format!("{} {}", group.len(), group[0]));
        each.collect::<Vec<_>>().join(", ")
    });
    told.collect()
}

fn check(steps: usize, parallelism: usize, takes: Duration, expected: &[&str]) {
    paused(async {
        let fake = world();
        fake.inside().append_takes = takes;
        let report = first(&fake, &independent(steps), parallelism).await;
        assert_eq!(report.report().outcome, Some(RunOutcome::Complete));
        assert_eq!(records(&fake).await, expected);
        let most = fake.inside().most_in_flight;
        assert!(most <= parallelism, "{most} at once");
    });
}

#[test]
fn what_ends_while_a_record_is_written_shares_the_next() {
    check(1, 4, SLOW, &["1 opened", "1 started", "1 done", "1 closed"]);
    check(
        5,
        8,
        SLOW,
        &["1 opened", "5 started", "1 done", "4 done", "1 closed"],
    );
}

/// Stopped at once after so many milliseconds, with a plan of two steps; then resumed.
async fn stopped_after(press: u64) -> String {
    let fake = world();
    fake.inside().append_takes = SLOW;
    let plan = independent(2);
    let (stopper, signal) = stop_pair();
    let attempt = Attempt {
        fake: &fake,
        parallelism: 2,
        stop: Some(signal),
        events: &mut |_| {},
    };
    let pressing = async {
        tokio::time::sleep(Duration::from_millis(press)).await;
        stopper.press();
        stopper.press();
        std::future::pending::<()>().await;
    };
    let report = tokio::select! {
        biased;
        life = live(attempt, &plan, RunState::fresh(&plan), 1) => life.report(),
        () = pressing => panic!("the press never ends"),
    };
    let sent = fake.inside().effects.len();
    let told = records(&fake).await.join("; ");
    if report.outcome.is_none() {
        let resumed = another(&fake, 2, 2).await.report();
        assert_eq!(
            resumed.outcome,
            Some(RunOutcome::Complete),
            "{press}: {told}"
        );
        assert!(
            fake.inside().effects.values().all(|count| *count == 1),
            "{press}: {told}"
        );
    }
    format!("{sent} sent: {told}")
}

/// The second press: what has ended is written, what would follow is not begun, and whoever goes on repeats nothing.
#[test]
fn stopped_at_once_while_records_are_written() {
    let moments = (25..5_000).step_by(25);
    let told: BTreeSet<String> = moments.map(|press| paused(stopped_after(press))).collect();
    let told: Vec<String> = told.into_iter().collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    0 sent: 1 opened; 2 skipped, 1 closed
    0 sent: 1 opened; 2 started
    2 sent: 1 opened; 2 started
    2 sent: 1 opened; 2 started; 1 done; 1 done; 1 closed
    ");
}
