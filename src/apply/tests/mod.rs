//! Tests of apply: every outcome through one in-memory world, and a crash at every point of it.

mod admission;
mod commits;
mod crashes;
mod fake;
mod guards;
mod lost;
mod outcomes;
mod plans;
mod recoveries;
mod retry;
mod stops;

use super::engine::{Job, run};
use super::outcome::{ApplyError, RunReport};
use super::resume::{Request, ResumeError, Resumed, find, take_over};
use super::stop::{StopSignal, Stopper, stop_pair};
use crate::journal::record::Holder;
use crate::journal::status::RunState;
use crate::plan::document::Plan;
use crate::plan::event::Event;
use fake::Fake;

/// Id of the run in every test.
pub const RUN: &str = "run-1";

/// What came of one life of the process.
#[derive(Debug)]
pub enum Life {
    Ended(RunReport),
    Refused(ApplyError),
    Died,
}

impl Life {
    pub fn report(self) -> RunReport {
        match self {
            Life::Ended(report) => report,
            Life::Refused(error) => panic!("refused: {error}"),
            Life::Died => panic!("died"),
        }
    }
}

pub fn holder(pid: u32) -> Holder {
    Holder {
        host: "here".to_owned(),
        boot: "boot".to_owned(),
        pid,
        nonce: None,
    }
}

/// How a run is made.
pub struct Attempt<'a> {
    pub fake: &'a Fake,
    pub parallelism: usize,
    pub stop: Option<StopSignal>,
    pub events: &'a mut dyn FnMut(Event),
}

/// Carries out a plan until it ends or the process dies.
pub async fn live(attempt: Attempt<'_>, plan: &Plan, state: RunState, pid: u32) -> Life {
    let Attempt {
        fake,
        parallelism,
        stop,
        events,
    } = attempt;
    let (_stopper, signal): (Stopper, StopSignal) = stop_pair();
    let job = Job {
        outside: fake,
        store: fake,
        plan,
        state,
        parallelism,
        events,
        stop: stop.unwrap_or(signal),
        run: RUN.to_owned(),
        directory: "/declared".to_owned(),
        holder: holder(pid),
    };
    tokio::select! {
        biased;
        () = fake.crashed.notified() => Life::Died,
        ended = run(job) => match ended {
            _ if fake.inside().down => {
                // The store says it at once, the notification would come too late for the next life.
                fake.crashed.notified().await;
                Life::Died
            }
            Ok(report) => Life::Ended(report),
            Err(error) => Life::Refused(error),
        },
    }
}

/// A first life without any faults of its own.
pub async fn first(fake: &Fake, plan: &Plan, parallelism: usize) -> Life {
    live(
        Attempt {
            fake,
            parallelism,
            stop: None,
            events: &mut |_| {},
        },
        plan,
        RunState::fresh(plan),
        1,
    )
    .await
}

/// Finds a run and takes it over.
pub async fn resume(
    store: &Fake,
    run: Option<&str>,
    request: &Request<'_>,
) -> Result<Resumed, ResumeError> {
    let found = find(store, run).await?;
    take_over(store, found, request).await
}

/// Another life, which knows nothing but the journal.
pub async fn another(fake: &Fake, parallelism: usize, pid: u32) -> Life {
    let taker = holder(pid);
    let serial = crate::journal::runs::load(fake, RUN)
        .await
        .unwrap()
        .1
        .last_serial;
    let request = Request {
        takeover: Some(serial),
        holder: &taker,
        lock: None,
        now: "2026-11-21T11:00:00Z".parse().unwrap(),
    };
    match resume(fake, None, &request).await {
        Ok(Resumed { plan, state, .. }) => {
            live(
                Attempt {
                    fake,
                    parallelism,
                    stop: None,
                    events: &mut |_| {},
                },
                &plan,
                state,
                pid,
            )
            .await
        }
        Err(_) if fake.inside().down => {
            fake.crashed.notified().await;
            Life::Died
        }
        Err(error) => panic!("{error}"),
    }
}

/// Runs a test on one thread with a paused clock.
pub fn paused<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}
