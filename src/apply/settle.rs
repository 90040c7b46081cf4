//! What follows when steps come to an end of some kind: entries first, durable, then events, then what comes next.

use super::engine::{Connection, Engine};
use super::outcome::ApplyError;
use super::step::{Carried, History, Prepared};
use super::stop::StopLevel;
use super::writer::Write;
use crate::journal::record::{Binding, Entry};
use crate::journal::status::StepStatus;
use crate::model::expression::HoleSource;
use crate::model::identity::ProviderRef;
use crate::plan::document::Step;
use crate::plan::event::Event;
use crate::world::ReadVersion;
use crate::world::op::Op;
use crate::world::query::{FailureClass, Why};
use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::FuturesUnordered;
use serde_json::Value as Json;
use std::time::Duration;

/// How often a step whose answer was lost, and whose effect proved not to be there, is repeated before it is left in doubt.
const REPEATS: u32 = 3;
/// A program is started once more, and no more.
const PROGRAM_REPEATS: u32 = 1;

/// Everything in flight.
pub(super) type Tasks<'a> = FuturesUnordered<LocalBoxFuture<'a, End>>;

/// One thing that came to an end.
pub(super) enum End {
    /// A provider was reached for the first time, or not.
    Connected(ProviderRef, Result<String, Why>),
    /// A step was looked at.
    Prepared(usize, Prepared),
    /// A step was carried out.
    Carried(usize, Carried),
    /// A step that was to begin, and whose provider cannot be asked.
    Unreachable(usize, Why),
}

impl End {
    /// Providers before steps, steps by index.
    fn order(&self) -> usize {
        match self {
            End::Connected(..) => 0,
            End::Prepared(index, _) | End::Carried(index, _) | End::Unreachable(index, _) => {
                index + 1
            }
        }
    }
}

/// The record of some ends on its way, and what follows from them once it is durable. There is one at a time.
pub(super) struct Commit<'a> {
    write: Write<'a>,
    next: Next,
    /// How many came to an end.
    pub(super) ends: usize,
}

/// What follows from the record under way, once it is durable. Where there is none it waits for ever.
pub(super) async fn written(commit: &mut Option<Commit<'_>>) -> Result<Next, ApplyError> {
    match commit {
        None => return std::future::pending().await,
        Some(under_way) => (&mut under_way.write).await?,
    }
    Ok(commit.take().map(|done| done.next).unwrap_or_default())
}

/// What is written, told and begun after a look at all ends.
#[derive(Default)]
pub(super) struct Next {
    entries: Vec<Entry>,
    events: Vec<Event>,
    follow: Vec<(usize, Follow)>,
    done: Vec<usize>,
    /// Failed, or never tried.
    ended: Vec<usize>,
}

/// What a step does next.
enum Follow {
    CarryOut(Option<ReadVersion>),
    GoOn(Json),
    Probe,
}

impl<'a> Engine<'a> {
    /// Settles what ended: one record for all of it, by index, so that the journal does not depend on wake-up order.
    pub(super) fn settle(&mut self, mut ended: Vec<End>) -> Result<Commit<'a>, ApplyError> {
        ended.sort_by_key(End::order);
        let ends = ended.len();
        let mut next = Next::default();
        for end in ended {
            match end {
                End::Connected(provider, found) => self.connected(&provider, found, &mut next),
                End::Prepared(index, prepared) => self.prepared(index, prepared, &mut next),
                End::Carried(index, carried) => self.carried(index, carried, &mut next),
                End::Unreachable(index, why) => self.unreachable(index, why, &mut next),
            }
        }
        let entries = std::mem::take(&mut next.entries);
        let now = self.outside.now();
        let write = self
            .writer
            .append(self.plan, &mut self.state, entries, now)?;
        Ok(Commit { write, next, ends })
    }

    /// What was settled is durable: it is told, and what follows from it begins.
    pub(super) fn go_on(&mut self, next: Next, tasks: &mut Tasks<'a>) {
        next.events
            .into_iter()
            .for_each(|event| (self.telling)(event));
        next.done
            .into_iter()
            .for_each(|index| self.schedule.done(index));
        next.ended
            .into_iter()
            .for_each(|index| self.schedule.ended(index));
        for (index, follow) in next.follow {
            let Some(step) = self.plan.steps.get(index) else {
                continue;
            };
            let task = self.task(index, step);
            tasks.push(match follow {
                Follow::CarryOut(read) => {
                    async move { End::Carried(index, task.carry_out(read).await) }.boxed_local()
                }
                Follow::GoOn(object) => {
                    async move { End::Carried(index, task.go_on(object).await) }.boxed_local()
                }
                Follow::Probe => {
                    async move { End::Prepared(index, task.prepare(History::Started).await) }
                        .boxed_local()
                }
            });
        }
    }

    fn connected(&mut self, provider: &ProviderRef, found: Result<String, Why>, next: &mut Next) {
        let recorded = self.state.identities.get(provider);
        let checked = found.and_then(|found| match recorded {
            Some(recorded) if *recorded != found => {
                let message = format!("provider `{provider}` was cluster {recorded} when the run began, now {found} answers");
                Err(Why { class: FailureClass::WrongIdentity, message })
            }
            Some(_) | None => Ok(found),
        });
        let known = recorded.is_some();
        let after = match &checked {
            Ok(_) => Connection::Ready,
            Err(why) => Connection::Broken(why.clone()),
        };
        let waiting = match self.connections.insert(provider.clone(), after) {
            Some(Connection::Asking(waiting)) => waiting,
            Some(Connection::Ready | Connection::Broken(_)) | None => return,
        };
        match checked {
            Ok(kube_system_uid) => {
                if !known {
                    next.entries.push(Entry::ProviderIdentified {
                        provider: provider.clone(),
                        kube_system_uid: kube_system_uid.clone(),
                    });
                    next.events.push(Event::ProviderIdentified {
                        provider: provider.to_string(),
                        kube_system_uid,
                    });
                }
                self.schedule.give_back(waiting);
            }
            Err(why) => waiting
                .into_iter()
                .for_each(|index| self.unreachable(index, why.clone(), next)),
        }
    }

    /// Its provider cannot be asked: what was started stays in doubt, what was not fails.
    fn unreachable(&mut self, index: usize, why: Why, next: &mut Next) {
        let Some(step) = self.plan.steps.get(index) else {
            return;
        };
        match self.state.status(&step.id) {
            StepStatus::InDoubt => self.give_up(index, step, why, next),
            StepStatus::Todo | StepStatus::Done | StepStatus::Failed | StepStatus::Skipped => {
                self.fail(index, step, why, next)
            }
        }
    }

    fn prepared(&mut self, index: usize, prepared: Prepared, next: &mut Next) {
        let Some(step) = self.plan.steps.get(index) else {
            return;
        };
        let status = self.state.status(&step.id);
        match (prepared, status) {
            (Prepared::Go(_), StepStatus::InDoubt) if self.level != StopLevel::GoOn => {
                let message =
                    "nothing of it was found, and the run was stopped before it was repeated"
                        .to_owned();
                let why = Why {
                    class: FailureClass::Unavailable,
                    message,
                };
                self.give_up(index, step, why, next);
            }
            // Asked to stop between the look and the write: it has not begun.
            (Prepared::Go(_), _) if self.level != StopLevel::GoOn => {
                self.in_flight.remove(&index);
            }
            (Prepared::Go(read), _) => {
                next.entries.push(self.started(step));
                next.follow.push((index, Follow::CarryOut(read)));
            }
            (Prepared::There(object), StepStatus::InDoubt) => {
                next.follow.push((index, Follow::GoOn(object)))
            }
            // Its wait failed before the kill; it is waited for once more.
            (Prepared::There(object), _) => {
                next.entries.push(self.started(step));
                next.follow.push((index, Follow::GoOn(object)));
            }
            (Prepared::Failed(why), _) => {
                self.distrust(step, &why);
                self.fail(index, step, why, next);
            }
            (Prepared::Unclear(why), StepStatus::InDoubt) => self.give_up(index, step, why, next),
            // It failed before, after its effect: that stays the last word on it.
            (Prepared::Unclear(why), _) => {
                let elapsed = self.land(index);
                let message = why.message;
                next.events.push(Event::StepFailed {
                    step: step.id.clone(),
                    address: step.node.clone(),
                    message,
                    elapsed,
                });
                next.ended.push(index);
                self.skip_below(index, step, next);
            }
        }
    }

    fn carried(&mut self, index: usize, carried: Carried, next: &mut Next) {
        let Some(step) = self.plan.steps.get(index) else {
            return;
        };
        match carried {
            Carried::Done(object) => {
                let elapsed = self.land(index);
                let uid = object
                    .pointer("/metadata/uid")
                    .and_then(Json::as_str)
                    .map(str::to_owned);
                next.entries.push(Entry::StepDone {
                    step: step.id.clone(),
                    bindings: bindings(step, &object),
                    uid,
                });
                let (id, address) = (step.id.clone(), step.node.clone());
                next.events.push(Event::StepDone {
                    step: id,
                    address,
                    action: self.action(step),
                    elapsed,
                });
                next.done.push(index);
            }
            Carried::Failed(why) => {
                self.distrust(step, &why);
                self.fail(index, step, why, next);
            }
            Carried::InDoubt(why) => {
                let repeats = self.repeats.entry(index).or_insert(0);
                let allowed = if matches!(step.op, Op::Local(_)) {
                    PROGRAM_REPEATS
                } else {
                    REPEATS
                };
                *repeats += 1;
                if *repeats > allowed {
                    self.give_up(index, step, why, next);
                } else {
                    next.events.push(Event::Retrying {
                        step: step.id.clone(),
                        text: format!("in doubt: {}", why.message),
                    });
                    next.follow.push((index, Follow::Probe));
                }
            }
        }
    }

    /// Another cluster answers: what was not begun there is not begun.
    fn distrust(&mut self, step: &Step, why: &Why) {
        if why.class == FailureClass::WrongIdentity
            && let Some(provider) = step.op.provider()
        {
            let broken = Connection::Broken(why.clone());
            self.connections.insert(provider.clone(), broken);
        }
    }

    /// It is in flight no more; for how long it was.
    fn land(&mut self, index: usize) -> Duration {
        let since = self.in_flight.remove(&index);
        since.map(|since| since.elapsed()).unwrap_or_default()
    }

    fn started(&self, step: &Step) -> Entry {
        Entry::StepStarted {
            step: step.id.clone(),
            attempt: self.state.attempts(&step.id) + 1,
            alternative: 0,
        }
    }

    fn fail(&mut self, index: usize, step: &Step, why: Why, next: &mut Next) {
        let elapsed = self.land(index);
        let (id, address) = (step.id.clone(), step.node.clone());
        next.events.push(Event::StepFailed {
            step: id.clone(),
            address,
            message: why.message.clone(),
            elapsed,
        });
        next.entries.push(Entry::StepFailed {
            step: id,
            class: why.class,
            message: why.message,
        });
        next.ended.push(index);
        self.skip_below(index, step, next);
    }

    /// What needs a failed step is not tried; everything else goes on.
    fn skip_below(&mut self, index: usize, failed: &Step, next: &mut Next) {
        for below in self.schedule.below(index) {
            let Some(step) = self.plan.steps.get(below) else {
                continue;
            };
            if self.skipped.insert(below) {
                next.ended.push(below);
                let because = format!("`{}` failed", failed.node);
                next.entries.push(Entry::StepSkipped {
                    step: step.id.clone(),
                    because: because.clone(),
                });
                next.events.push(Event::StepSkipped {
                    step: step.id.clone(),
                    address: step.node.clone(),
                    because,
                });
            }
        }
    }

    /// It stays in doubt, so the run stays open; what does not need it goes on.
    fn give_up(&mut self, index: usize, step: &Step, why: Why, next: &mut Next) {
        self.in_flight.remove(&index);
        next.events.push(Event::StepInDoubt {
            step: step.id.clone(),
            address: step.node.clone(),
            because: why.message.clone(),
        });
        self.doubts.insert(step.id.clone(), why.message);
    }
}

/// Holes that a finished step binds; what the object does not have stays open and fails who needs it.
pub(super) fn bindings(step: &Step, object: &Json) -> Vec<Binding> {
    let bind = |(attribute, path): (&String, &crate::model::json_path::JsonPath)| {
        let hole = HoleSource::Resource {
            address: step.node.clone(),
            attribute: attribute.clone(),
        };
        Some(Binding {
            hole,
            value: path.get(object)?.clone(),
        })
    };
    step.binds.iter().filter_map(bind).collect()
}
