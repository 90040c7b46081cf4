//! What must hold beside a step's object: guards, asked just before a write, and gates, which are waited for and write
//! nothing. Must not know what a guard says.

use super::step::{Carried, StepTask};
use super::wait::{Rhythm, Teller};
use crate::model::guard::Guard;
use crate::model::identity::ProviderRef;
use crate::plan::guards;
use crate::world::op::Await;
use crate::world::query::{FailureClass, Live, Why};
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

impl StepTask<'_> {
    /// Whether what guards the write holds. One that becomes ready is waited for.
    pub(super) async fn check_guards(&self) -> Result<(), Why> {
        let Some(provider) = self.step.op.provider() else {
            return Ok(());
        };
        for guard in &self.step.guards {
            self.hold(provider, guard).await?;
        }
        Ok(())
    }

    /// Asks whether a guard holds; one that is waited for is asked again and again until it does, or its limit passes.
    async fn hold(&self, provider: &ProviderRef, guard: &Guard) -> Result<(), Why> {
        let limit = match guard {
            Guard::Ready { limit_s, .. } | Guard::Answers { limit_s, .. } => {
                Duration::from_secs(*limit_s)
            }
            Guard::Idle { .. }
            | Guard::Exists { .. }
            | Guard::Pinned { .. }
            | Guard::Synced(_)
            | Guard::Restored(_)
            | Guard::Serves { .. }
            | Guard::SoleWriter { .. } => Duration::ZERO,
        };
        let begun = Instant::now();
        let mut teller = self.teller(limit);
        loop {
            let why = match self.ask(provider, guard).await {
                Ok(()) => return Ok(()),
                Err(why) => why,
            };
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(why);
            }
            teller.tell(why.message);
            sleep(left.min(Duration::from_secs(2))).await;
        }
    }

    async fn ask(&self, provider: &ProviderRef, guard: &Guard) -> Result<(), Why> {
        let mut live = Live::default();
        for query in guards::queries(provider, guard) {
            let answer = self.outside.answer(&query).await;
            live.answers.insert(query, answer);
        }
        guards::check(provider, guard, &live)
    }

    /// Waits until every guard of the step holds at one time, or the limit passes. What cannot be told is waited for too; a
    /// gate without a limit is looked at once. It has nothing outside, so it ends where the run is asked to stop.
    pub(super) async fn pass(&self, gate: &Await) -> Carried {
        let limit = Duration::from_secs(gate.limit_s);
        let begun = Instant::now();
        let mut teller = self.teller(limit);
        let mut rhythm = Rhythm::default();
        let _resting = self.places.rest();
        loop {
            let Some(why) = self.first_open(&gate.provider).await else {
                return Carried::Done(Json::Null);
            };
            if limit.is_zero() {
                return Carried::Failed(why);
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Carried::Failed(Why {
                    class: FailureClass::Wait,
                    message: format!("not done within {}s: {}", gate.limit_s, why.message),
                });
            }
            teller.tell(why.message.clone());
            tokio::select! {
                biased;
                () = self.places.stopped() => return Carried::Failed(Why {
                    class: FailureClass::Wait,
                    message: format!("the run was stopped while it waited: {}", why.message),
                }),
                () = sleep(rhythm.next().min(left)) => {}
            }
        }
    }

    /// Why the first guard that does not hold does not.
    async fn first_open(&self, provider: &ProviderRef) -> Option<Why> {
        for guard in &self.step.guards {
            if let Err(why) = self.ask(provider, guard).await {
                return Some(why);
            }
        }
        None
    }

    pub(super) fn teller(&self, limit: Duration) -> Teller<'_> {
        Teller {
            telling: self.telling,
            step: &self.step,
            begun: Instant::now(),
            limit,
            last: None,
        }
    }
}
