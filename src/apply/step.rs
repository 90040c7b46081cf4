//! The life of one step between its journal entries: look at the ground or at what a lost answer left, perform, wait.
//! Returns what happened. Must not know the journal, other steps, or when it is its turn.

use super::already::{already, maker};
use super::fill::{fill, fill_text};
use super::judgement::{
    Bearing, Presence, Seen, Touch, check_bearing, check_ground, effect_of, left_alone, moved, seen,
};
use super::outside::Outside;
use super::places::Places;
use super::taking::sent;
use super::wait::{Subject, wait_for};
use crate::journal::record::Removed;
use crate::model::expression::{Bindings, Expr, HoleSource};
use crate::plan::document::{Plan, Step};
use crate::plan::event::Event;
use crate::world::op::{Ground, KubeOp, KubeVerb, LocalOp, Op};
use crate::world::query::{Answer, Effect, FailureClass, Query, Why};
use crate::world::{Bound, ReadVersion};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often what a lost answer left is asked about before the step is left in doubt.
const PROBES: u32 = 5;
/// How often a write is tried again because a controller wrote the object between our read and our write.
const CONFLICTS: u32 = 5;
/// How long a program in doubt is waited for where its step has no limit.
const PROGRAM_LIMIT: Duration = Duration::from_secs(300);

/// One step with all that its effect needs.
pub struct StepTask<'a> {
    /// The outside.
    pub outside: &'a dyn Outside,
    /// The plan.
    pub plan: &'a Plan,
    /// The step, on the ground that this run has made for it where it has.
    pub step: Cow<'a, Step>,
    /// Values of the holes in its operation.
    pub bindings: Bindings,
    /// Whether an earlier step of this run wrote to the object.
    pub touch: Touch,
    /// What the plan says of the object's marks.
    pub bearing: Bearing,
    /// What goes before its write: what a former attempt made.
    pub first: Vec<Removed>,
    /// Where events go.
    pub telling: &'a dyn Fn(Event),
    /// Where it gives its place to others while it waits.
    pub places: &'a Places,
}

/// Whether this run may already have had this step's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// It was never started: the ground decides (R35).
    Fresh,
    /// It was: the outside is asked before anything is repeated.
    Started,
}

/// What was found before anything is sent.
#[derive(Debug)]
pub enum Prepared {
    /// The write may go out, bound to this read.
    Go(Option<ReadVersion>),
    /// The effect is there already.
    There(Json),
    /// It must not go out.
    Failed(Why),
    /// It may be there or not, and that cannot be told now.
    Unclear(Why),
}

/// What came of it.
#[derive(Debug)]
pub enum Carried {
    /// The effect is there and its wait is over; the object.
    Done(Json),
    /// Certainly not done, or done and its wait failed ([`FailureClass::Wait`]).
    Failed(Why),
    /// Sent, no answer.
    InDoubt(Why),
}

/// Values of the holes in an operation, and the run's id.
pub fn bindings_of(op: &Op, bound: &Bindings) -> Bindings {
    let holes = op.expressions().into_iter().flat_map(Expr::holes);
    holes
        .map(|hole| &hole.source)
        .chain([&HoleSource::Run])
        .filter_map(|source| Some((source.clone(), bound.get(source)?.clone())))
        .collect()
}

/// Path of a program's kubeconfig, as it was declared.
///
/// # Errors
/// Where it is not known.
pub fn kubeconfig_of(op: &LocalOp, bindings: &Bindings) -> Result<String, Why> {
    fill_text(&op.kubeconfig, bindings)
}

impl StepTask<'_> {
    /// The question about the step's object; none of one that writes nothing.
    fn query(&self) -> Result<Option<Query>, Why> {
        Ok(Some(match &self.step.op {
            Op::Kube(op) => Query::Get {
                provider: op.provider.clone(),
                resource: op.resource.clone(),
                namespace: op.namespace.clone(),
                name: op.name.clone(),
            },
            Op::Local(op) => Query::Cluster {
                kubeconfig: kubeconfig_of(op, &self.bindings)?,
            },
            Op::Await(_) => return Ok(None),
        }))
    }

    /// Looks before anything is sent.
    pub async fn prepare(&self, history: History) -> Prepared {
        let query = match self.query() {
            Ok(Some(query)) => query,
            // What it waits for is asked once its start is recorded: nothing of it can be outside.
            Ok(None) => {
                return match history {
                    History::Fresh => Prepared::Go(None),
                    History::Started => Prepared::There(Json::Null),
                };
            }
            Err(why) => return Prepared::Failed(why),
        };
        let prepared = match (history, &self.step.op) {
            (History::Fresh, Op::Kube(_) | Op::Local(_) | Op::Await(_)) => {
                let answer = self.first_look(&query).await;
                match self.ground(&answer) {
                    Ok(read) => match seen(&answer)
                        .ok()
                        .and_then(|found| left_alone(&self.step, found))
                    {
                        Some(kept) => Prepared::There(kept),
                        None => Prepared::Go(read),
                    },
                    Err(why) => self.already(&answer).unwrap_or(Prepared::Failed(why)),
                }
            }
            (History::Started, Op::Kube(op)) => self.probe(op, &query).await,
            (History::Started, Op::Local(_) | Op::Await(_)) => self.probe_program(&query).await,
        };
        self.guarded(prepared).await
    }

    /// What may go out goes out only while what guards it holds; that is asked last, just before the write (R35).
    async fn guarded(&self, prepared: Prepared) -> Prepared {
        match prepared {
            Prepared::Go(read) => match self.may_go_out().await {
                Ok(()) => Prepared::Go(read),
                Err(why) => Prepared::Failed(why),
            },
            Prepared::There(_) | Prepared::Failed(_) | Prepared::Unclear(_) => prepared,
        }
    }

    async fn may_go_out(&self) -> Result<(), Why> {
        self.clear().await?;
        self.check_guards().await
    }

    /// A type that this very run makes may be served a moment after its definition says so.
    async fn first_look(&self, query: &Query) -> Answer {
        let mut looks = 0;
        loop {
            let answer = self.outside.answer(query).await;
            looks += 1;
            let is_new = match self.step.ground {
                Ground::AbsentAtFirstTouch | Ground::AbsentOrKept | Ground::AnyAtFirstTouch => true,
                Ground::Absent | Ground::OfStep(_) | Ground::Present { .. } => false,
            };
            let may_come = is_new && looks < PROBES;
            if answer != Answer::NotServed || !may_come {
                return answer;
            }
            self.retrying("its type is not served yet".to_owned());
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// The ground moved: perhaps because another run did what this step was to do.
    fn already(&self, answer: &Answer) -> Option<Prepared> {
        let Op::Kube(op) = &self.step.op else {
            return None;
        };
        let body = fill(&op.body.without_secrets(), &self.bindings).ok()?;
        let found = seen(answer).ok()?;
        let there = already(&self.step, op, (&body, &self.plan.stack), found)?;
        let by = match op.verb {
            KubeVerb::Create => maker(&there),
            KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release => None,
        };
        (self.telling)(Event::AlreadyDone {
            step: self.step.id.clone(),
            by,
        });
        Some(Prepared::There(there))
    }

    fn ground(&self, answer: &Answer) -> Result<Option<ReadVersion>, Why> {
        let found = seen(answer)?;
        let read = check_ground(&self.step.ground, found, self.touch)?;
        match (&self.step.op, found) {
            (Op::Kube(op), Seen::Object(object)) => {
                check_bearing(self.bearing, self.plan, op, object)?;
            }
            (Op::Kube(_) | Op::Local(_) | Op::Await(_), _) => {}
        }
        Ok(read)
    }

    /// Judges what is there; an unanswered question is asked again a few times.
    async fn probe(&self, op: &KubeOp, query: &Query) -> Prepared {
        // Secrets are not read here (R32): what is judged is the rest.
        let body = match fill(&op.body.without_secrets(), &self.bindings) {
            Ok(body) => body,
            Err(why) => return Prepared::Unclear(why),
        };
        let mut tried = 0;
        let (answer, presence) = loop {
            let answer = self.outside.answer(query).await;
            match seen(&answer).map(|found| effect_of(&self.step, op, &body, found)) {
                Ok(presence) => break (answer, presence),
                Err(why) => {
                    tried += 1;
                    if tried == PROBES {
                        return Prepared::Unclear(why);
                    }
                    self.retrying(format!("in doubt, and it cannot be told: {}", why.message));
                    sleep(Duration::from_secs(u64::from(tried))).await;
                }
            }
        };
        match presence {
            Presence::There(object) => {
                self.resolved("the effect is there");
                Prepared::There(object)
            }
            Presence::Other(why) => {
                self.resolved("something else is in its place");
                Prepared::Failed(why)
            }
            Presence::NotThere => match self.ground(&answer) {
                Ok(read) => {
                    self.resolved("nothing was done, doing it again");
                    Prepared::Go(read)
                }
                Err(why) => {
                    self.resolved("nothing was done, and it moved since the plan was made");
                    Prepared::Failed(why)
                }
            },
        }
    }

    /// A program runs on when its parent dies: it gets its whole limit before it is started once more.
    async fn probe_program(&self, query: &Query) -> Prepared {
        let limit = self
            .step
            .wait
            .as_ref()
            .map_or(PROGRAM_LIMIT, |wait| Duration::from_secs(wait.limit_s));
        let begun = Instant::now();
        let mut teller = self.teller(limit);
        loop {
            let answer = self.outside.answer(query).await;
            let reason = match seen(&answer) {
                Ok(Seen::Object(object)) => {
                    self.resolved("the effect is there");
                    return Prepared::There(object.clone());
                }
                Ok(Seen::Nothing) => "in doubt: there is no kubeconfig yet".to_owned(),
                Err(why) => format!("in doubt: {}", why.message),
            };
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                self.resolved("nothing came of it, doing it again");
                return Prepared::Go(None);
            }
            teller.tell(reason);
            sleep(left.min(Duration::from_secs(2))).await;
        }
    }

    /// Sends the operation and waits for it. The start is in the journal by now.
    pub async fn carry_out(&self, mut read: Option<ReadVersion>) -> Carried {
        let query = match self.query() {
            Ok(Some(query)) => query,
            Ok(None) => return self.go_on(Json::Null).await,
            Err(why) => return Carried::Failed(why),
        };
        let mut conflicts = 0;
        loop {
            let limit = self
                .step
                .wait
                .as_ref()
                .map(|wait| Duration::from_secs(wait.limit_s));
            let sent = sent(&self.step, read.as_ref()).into_owned();
            let bound = Bound {
                bindings: self.bindings.clone(),
                read: read.take(),
                limit,
            };
            let refusal = match self.outside.perform(&sent, &bound).await {
                Effect::Done(object) => return self.finish(&query, object).await,
                Effect::InDoubt(why) => return Carried::InDoubt(why),
                Effect::Refused(why) => why,
            };
            let Op::Kube(op) = &self.step.op else {
                return Carried::Failed(refusal);
            };
            let may_be_taken = self.step.ground == Ground::AnyAtFirstTouch;
            match (op.verb, refusal.class) {
                // Somebody was faster, or our own first try, whose answer was lost below: what is there decides.
                (KubeVerb::Create, FailureClass::Conflict) if !may_be_taken => {
                    return self.after_refusal(op, &query, refusal).await;
                }
                (KubeVerb::Delete, FailureClass::NotFound | FailureClass::Conflict) => {
                    return self.after_refusal(op, &query, refusal).await;
                }
                // A controller wrote the object's status between our read and our write, or a proxy sent our write
                // twice and this is the answer to the second: read again, what is there decides, then the ground. The same
                // where something came, or went, that may be there or not.
                (
                    KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Release,
                    FailureClass::Conflict,
                ) if conflicts < CONFLICTS => {
                    conflicts += 1;
                    self.retrying(refusal.message);
                    sleep(Duration::from_millis(200)).await;
                    let again = self.after_conflict(op, &query).await;
                    match self.guarded(again).await {
                        Prepared::Go(again) => read = again,
                        Prepared::There(object) => return self.finish(&query, object).await,
                        Prepared::Failed(why) => return Carried::Failed(why),
                        Prepared::Unclear(why) => return Carried::InDoubt(why),
                    }
                }
                _ => return Carried::Failed(refusal),
            }
        }
    }

    async fn after_conflict(&self, op: &KubeOp, query: &Query) -> Prepared {
        let answer = self.outside.answer(query).await;
        let found = match seen(&answer) {
            Ok(found) => found,
            Err(why) => return Prepared::Unclear(why),
        };
        let body = fill(&op.body.without_secrets(), &self.bindings);
        let presence = body.map_or(Presence::NotThere, |body| {
            effect_of(&self.step, op, &body, found)
        });
        match presence {
            Presence::There(object) => Prepared::There(object),
            Presence::Other(why) => Prepared::Failed(why),
            Presence::NotThere => match self.ground(&answer) {
                Ok(read) => Prepared::Go(read),
                Err(why) => Prepared::Failed(why),
            },
        }
    }

    async fn after_refusal(&self, op: &KubeOp, query: &Query, refusal: Why) -> Carried {
        match self.probe(op, query).await {
            Prepared::There(object) => self.finish(query, object).await,
            Prepared::Failed(why) => Carried::Failed(why),
            // Refused, and yet not there: it came and went. Nothing of ours is outside.
            Prepared::Go(_) => Carried::Failed(moved(refusal.message)),
            Prepared::Unclear(why) => Carried::InDoubt(why),
        }
    }

    /// The effect is there: waits for what the step waits for.
    pub async fn go_on(&self, object: Json) -> Carried {
        match (self.query(), &self.step.op) {
            (_, Op::Await(gate)) => self.pass(gate).await,
            (Ok(Some(query)), _) => self.finish(&query, object).await,
            (Ok(None), _) => Carried::Done(object),
            (Err(why), _) => Carried::Failed(why),
        }
    }

    async fn finish(&self, query: &Query, object: Json) -> Carried {
        let Some(wait) = &self.step.wait else {
            return Carried::Done(object);
        };
        let subject = Subject {
            step: &self.step,
            query,
            object,
            places: self.places,
        };
        match wait_for(self.outside, self.telling, wait, subject).await {
            Ok(object) => Carried::Done(object),
            Err(why) => Carried::Failed(why),
        }
    }

    fn retrying(&self, text: String) {
        (self.telling)(Event::Retrying {
            step: self.step.id.clone(),
            text,
        });
    }

    fn resolved(&self, finding: &str) {
        (self.telling)(Event::DoubtResolved {
            step: self.step.id.clone(),
            finding: finding.to_owned(),
        });
    }
}
