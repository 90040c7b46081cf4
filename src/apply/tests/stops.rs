//! Ctrl-C once and twice, and giving a run up.

use super::fake::Fake;
use super::plans::{create, gate, plan, resource, world};
use super::{Attempt, Life, RUN, another, first, holder, live, paused, resume};
use crate::apply::close::{Closing, close};
use crate::apply::outcome::RunReport;
use crate::apply::resume::{Request, ResumeError};
use crate::apply::stop::stop_pair;
use crate::journal::local::LocalStore;
use crate::journal::lock::acquire;
use crate::journal::record::RunOutcome;
use crate::journal::runs::load;
use crate::journal::status::RunState;
use crate::journal::store::Store;
use crate::model::guard::Guard;
use crate::plan::document::Plan;
use crate::plan::event::Event;
use std::time::Duration;

fn two() -> Plan {
    plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        create("velero_schedule.b#1", "b", &["velero_schedule.a#1"]),
    ])
}

/// A run that is asked to stop at these moments, in milliseconds.
async fn stopped_at(fake: &Fake, presses: &[u64], heard: &mut Vec<Event>) -> RunReport {
    stopped((fake, &two()), presses, heard).await
}

async fn stopped(
    (fake, plan): (&Fake, &Plan),
    presses: &[u64],
    heard: &mut Vec<Event>,
) -> RunReport {
    let (stopper, signal) = stop_pair();
    let mut hear = |event| heard.push(event);
    let run = live(
        Attempt {
            fake,
            parallelism: 4,
            stop: Some(signal),
            events: &mut hear,
        },
        plan,
        RunState::fresh(plan),
        1,
    );
    let begun = tokio::time::Instant::now();
    let press = async {
        for press in presses {
            tokio::time::sleep_until(begun + Duration::from_millis(*press)).await;
            stopper.press();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        life = run => life.report(),
        () = press => panic!("the press never ends"),
    }
}

/// It may have an hour left, and nothing of it is outside.
#[test]
fn the_first_press_ends_what_only_waits() {
    paused(async {
        let never = Guard::Exists {
            resource: resource("schedules"),
            namespace: Some("velero".to_owned()),
            name: "never".to_owned(),
        };
        let gated = plan(vec![
            create("velero_schedule.a#1", "a", &[]),
            gate("velero_schedule.gate#1", vec![never], &[]),
        ]);
        let fake = world();
        let begun = tokio::time::Instant::now();
        let report = stopped((&fake, &gated), &[1_000], &mut Vec::new()).await;
        assert_eq!((report.done.len(), report.in_doubt.len()), (1, 0));
        assert_eq!(
            report.failed[0].message,
            "the run was stopped while it waited: Schedule velero/never does not exist"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "its limit is a minute"
        );
    });
}

#[test]
fn the_first_press_finishes_what_is_in_flight() {
    paused(async {
        let fake = world();
        let mut heard = Vec::new();
        let report = stopped_at(&fake, &[1_000], &mut heard).await;
        assert_eq!(
            (report.done.len(), report.in_doubt.len(), report.outcome),
            (1, 0, Some(RunOutcome::Partial))
        );
        assert_eq!(report.skipped[0].1, "the run was stopped");
        assert_eq!(report.exit_code(), 6);
        let stopping = heard.iter().find_map(|event| {
            if let Event::Stopping { in_flight } = event {
                Some(in_flight.clone())
            } else {
                None
            }
        });
        assert_eq!(stopping.unwrap()[0].0, "velero_schedule.a#1");
    });
}

#[test]
fn the_second_press_stops_now_and_says_what_is_in_doubt() {
    paused(async {
        let fake = world();
        let report = stopped_at(&fake, &[1_000, 1_100], &mut Vec::new()).await;
        assert_eq!(
            (
                report.done.len(),
                report.in_doubt.len(),
                report.todo.len(),
                report.outcome
            ),
            (0, 1, 1, None)
        );
        assert_eq!(report.exit_code(), 6);
        let report = another(&fake, 4, 2).await.report();
        assert_eq!(
            (report.outcome, report.exit_code()),
            (Some(RunOutcome::Complete), 0)
        );
        assert!(fake.inside().effects.values().all(|count| *count == 1));
    });
}

#[test]
fn stopped_before_anything_began_changes_nothing() {
    paused(async {
        let fake = world();
        let report = stopped_at(&fake, &[1], &mut Vec::new()).await;
        assert_eq!(
            (report.done.len(), report.skipped.len(), report.outcome),
            (0, 2, Some(RunOutcome::Partial))
        );
        assert_eq!((report.exit_code(), fake.inside().effects.len()), (1, 0));
    });
}

/// Dies at a point of the first life; the run stays open.
async fn dead(point: u64) -> Fake {
    let fake = world();
    fake.revive(Some(point));
    assert!(matches!(first(&fake, &two(), 1).await, Life::Died));
    fake.revive(None);
    fake
}

fn request<'a>(takeover: Option<u64>, holder: &'a crate::journal::record::Holder) -> Request<'a> {
    Request {
        takeover,
        holder,
        lock: None,
        now: "2026-11-21T11:00:00Z".parse().unwrap(),
    }
}

/// Points: make run 0 1, open 2 3, start a 4 5, effect 6 7, done a 8 9.
async fn closed_after(point: u64) -> (Fake, RunReport) {
    let fake = dead(point).await;
    let closer = holder(2);
    let serial = load(&fake, RUN).await.unwrap().1.last_serial;
    let resumed = resume(&fake, None, &request(Some(serial), &closer))
        .await
        .unwrap();
    let closing = Closing {
        outside: &fake,
        store: &fake,
        resumed,
        events: &mut |_| {},
        holder: closer,
    };
    let report = close(closing).await.unwrap();
    (fake, report)
}

#[test]
fn closing_asks_about_what_is_in_doubt_and_sends_nothing() {
    paused(async {
        for (point, effects, done, failed) in
            [(5, 0, 0, 1), (6, 0, 0, 1), (7, 1, 1, 0), (8, 1, 1, 0)]
        {
            let (fake, report) = closed_after(point).await;
            assert_eq!(
                (
                    report.done.len(),
                    report.failed.len(),
                    report.in_doubt.len()
                ),
                (done, failed, 0),
                "point {point}"
            );
            assert_eq!(report.outcome, Some(RunOutcome::Abandoned));
            assert!(fake.recent().await.unwrap()[0].is_marked);
            assert_eq!(fake.inside().effects.len(), effects);
            assert_eq!(fake.inside().inventory.as_ref().unwrap().owned.len(), done);
            let refused = resume(&fake, None, &request(None, &holder(3)))
                .await
                .unwrap_err();
            assert!(matches!(refused, ResumeError::NothingOpen), "{refused}");
        }
    });
}

#[test]
fn a_run_is_taken_over_only_from_the_dead_or_by_its_serial() {
    paused(async {
        let fake = dead(6).await;
        let taker = holder(2);
        let held = resume(&fake, None, &request(None, &taker))
            .await
            .unwrap_err();
        let expected = "run run-1 is held by process 1 on here, last heard of at serial 2";
        assert_eq!((held.to_string().as_str(), held.exit_code()), (expected, 4));
        let moved = resume(&fake, None, &request(Some(1), &taker))
            .await
            .unwrap_err();
        assert!(
            matches!(
                moved,
                ResumeError::Moved {
                    asked: 1,
                    serial: 2,
                    ..
                }
            ),
            "{moved}"
        );
        assert_eq!(
            load(&fake, RUN).await.unwrap().1.last_serial,
            2,
            "a refusal writes nothing"
        );

        let directory = tempfile::tempdir().unwrap();
        let lock = acquire(&LocalStore::at(directory.path()), &taker, Duration::ZERO)
            .await
            .unwrap();
        let with_lock = Request {
            lock: Some(&lock),
            ..request(None, &taker)
        };
        let resumed = resume(&fake, None, &with_lock).await.unwrap();
        assert_eq!(
            (resumed.state.last_serial, resumed.state.holder),
            (3, Some(taker))
        );
        // Whoever held it before loses the next serial.
        let other = holder(4);
        let named = request(Some(2), &other);
        assert!(matches!(
            resume(&fake, Some("run-1"), &named).await.unwrap_err(),
            ResumeError::Moved { serial: 3, .. }
        ));
    });
}

#[test]
fn a_closed_run_is_not_resumed() {
    paused(async {
        let fake = world();
        assert!(matches!(first(&fake, &two(), 1).await, Life::Ended(_)));
        let taker = holder(2);
        let named = request(Some(5), &taker);
        let refused = resume(&fake, Some("run-1"), &named).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "run run-1 is closed (complete): plan and apply again"
        );
    });
}
