//! The engine: takes ready steps in the plan's order, keeps up to `parallelism` in flight on one thread, and writes the
//! journal around each effect: started before it, done or failed after it. Must not know what a step does, nor print.

use super::attempts;
use super::ending::end;
use super::footing::footed;
use super::judgement::{Bearing, Touch};
use super::outcome::{ApplyError, RunReport};
use super::outside::Outside;
use super::places::Places;
use super::providers::{Proved, check_known, first_touch, prove_lost, prove_new, provider_of};
use super::schedule::Schedule;
use super::settle::{Commit, End, Tasks, written};
use super::step::{History, StepTask, bindings_of};
use super::stop::{StopLevel, StopSignal};
use super::writer::Writer;
use crate::goal::GoalMode;
use crate::journal::record::{Entry, Holder, RunOutcome};
use crate::journal::status::{RunState, StepStatus};
use crate::journal::store::Store;
use crate::model::address::Address;
use crate::model::expression::HoleSource;
use crate::model::identity::{KubeResource, ProviderRef};
use crate::plan::document::{Action, Node, Plan, Step, StepId};
use crate::plan::event::Event;
use crate::world::op::Op;
use crate::world::query::Why;
use futures::future::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// Everything a run needs.
pub struct Job<'a> {
    /// The outside.
    pub outside: &'a dyn Outside,
    /// Where its journal is.
    pub store: &'a dyn Store,
    /// What is carried out.
    pub plan: &'a Plan,
    /// [`RunState::fresh`], or what [`super::resume`] loaded.
    pub state: RunState,
    /// How many steps are in flight at most; zero counts as one.
    pub parallelism: usize,
    /// Hears what happens.
    pub events: &'a mut dyn FnMut(Event),
    /// Asked to stop by.
    pub stop: StopSignal,
    /// Its id.
    pub run: String,
    /// Where it is begun, absolute.
    pub directory: String,
    /// Who carries it out.
    pub holder: Holder,
}

/// How far a provider is.
pub(super) enum Connection {
    /// It is being asked; these steps wait for it.
    Asking(BTreeSet<usize>),
    /// It is the right cluster.
    Ready,
    /// It is not, or cannot be asked.
    Broken(Why),
}

/// A run under way.
pub(super) struct Engine<'a> {
    pub(super) outside: &'a dyn Outside,
    pub(super) plan: &'a Plan,
    pub(super) telling: &'a dyn Fn(Event),
    places: &'a Places,
    pub(super) writer: Writer<'a>,
    pub(super) state: RunState,
    pub(super) schedule: Schedule,
    pub(super) connections: BTreeMap<ProviderRef, Connection>,
    /// Steps in flight, and since when.
    pub(super) in_flight: BTreeMap<usize, Instant>,
    /// Why what is in doubt stays so.
    pub(super) doubts: BTreeMap<StepId, String>,
    /// How often a step was repeated by this process after a lost answer.
    pub(super) repeats: BTreeMap<usize, u32>,
    /// Steps that this process has said are not tried.
    pub(super) skipped: BTreeSet<usize>,
    pub(super) level: StopLevel,
    nodes: BTreeMap<&'a Address, &'a Node>,
    writers_of: BTreeMap<ObjectName<'a>, Vec<usize>>,
}

type ObjectName<'a> = (&'a ProviderRef, &'a KubeResource, Option<&'a str>, &'a str);

/// Carries out a plan, or goes on with it.
///
/// # Errors
/// Where it stops without having come to an end of its own; what was done is in the journal.
pub async fn run(job: Job<'_>) -> Result<RunReport, ApplyError> {
    let Job {
        outside,
        store,
        plan,
        mut state,
        parallelism,
        events,
        stop,
        run,
        directory,
        holder,
    } = job;
    let to_do = plan
        .steps
        .iter()
        .filter(|step| state.status(&step.id) != StepStatus::Done);
    let steps = to_do.clone().count();
    let mut connected = check_known(outside, plan, to_do).await?;
    let writer = Writer { store, run, holder };
    let proved = match state.opened {
        Some(_) => Proved::default(),
        None => begin(outside, &writer, (plan, &mut state), directory).await?,
    };
    connected.extend(proved.identities.keys().cloned());
    state
        .bindings
        .insert(HoleSource::Run, writer.run.clone().into());
    // Steps in flight tell events too; all of them run on one thread.
    let events = RefCell::new(events);
    let telling = move |event| (events.borrow_mut())(event);
    telling(Event::RunOpened {
        run: writer.run.clone(),
        steps,
    });
    tell_proved(&proved, &telling);
    let places = Places::default();
    let engine = Engine {
        places: &places,
        schedule: Schedule::new(plan, |step| state.status(step) == StepStatus::Done),
        connections: connected
            .into_iter()
            .map(|provider| (provider, Connection::Ready))
            .collect(),
        nodes: plan
            .nodes
            .iter()
            .map(|node| (&node.address, node))
            .collect(),
        writers_of: writers_of(plan),
        in_flight: BTreeMap::new(),
        doubts: BTreeMap::new(),
        repeats: BTreeMap::new(),
        skipped: BTreeSet::new(),
        level: stop.level(),
        telling: &telling,
        outside,
        plan,
        writer,
        state,
    };
    engine.run(parallelism.max(1), stop).await
}

/// Tells which clusters take the place of lost ones.
fn tell_proved(proved: &Proved, telling: &dyn Fn(Event)) {
    for (provider, uid) in &proved.identities {
        telling(Event::ProviderIdentified {
            provider: provider.to_string(),
            kube_system_uid: uid.clone(),
        });
    }
    for text in &proved.noticed {
        telling(Event::Noticed { text: text.clone() });
    }
}

/// Proves what a recovery takes for granted, then opens the run.
async fn begin(
    outside: &dyn Outside,
    writer: &Writer<'_>,
    run: (&Plan, &mut RunState),
    directory: String,
) -> Result<Proved, ApplyError> {
    let proved = prove_lost(outside, run.0).await?;
    let identities = proved.identities.clone();
    open(writer, run, (directory, identities), outside.now()).await?;
    Ok(proved)
}

/// Makes the run and writes its first record, with the clusters that answer in place of lost ones: before that it did
/// nothing, and behind it no other cluster is written to.
async fn open(
    writer: &Writer<'_>,
    (plan, state): (&Plan, &mut RunState),
    (directory, identities): (String, BTreeMap<ProviderRef, String>),
    at: Timestamp,
) -> Result<(), ApplyError> {
    let made = writer.store.create_run(&writer.run, plan).await;
    made.map_err(|error| ApplyError::Journal {
        run: writer.run.clone(),
        begun: false,
        error,
        had_effect: false,
    })?;
    let opened = Entry::RunOpened {
        plan_digest: plan.digest.clone(),
        directory: Some(directory),
    };
    let identified = |(provider, kube_system_uid)| Entry::ProviderIdentified {
        provider,
        kube_system_uid,
    };
    let entries = std::iter::once(opened)
        .chain(identities.into_iter().map(identified))
        .collect();
    writer.append(plan, state, entries, at)?.await
}

fn writers_of(plan: &Plan) -> BTreeMap<ObjectName<'_>, Vec<usize>> {
    let mut writers: BTreeMap<ObjectName<'_>, Vec<usize>> = BTreeMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if let Some(name) = object_name(step) {
            writers.entry(name).or_default().push(index);
        }
    }
    writers
}

fn object_name(step: &Step) -> Option<ObjectName<'_>> {
    match &step.op {
        Op::Kube(op) => Some((
            &op.provider,
            &op.resource,
            op.namespace.as_deref(),
            &op.name,
        )),
        Op::Local(_) | Op::Await(_) => None,
    }
}

impl<'a> Engine<'a> {
    async fn run(
        mut self,
        parallelism: usize,
        mut stop: StopSignal,
    ) -> Result<RunReport, ApplyError> {
        let mut tasks: Tasks<'a> = FuturesUnordered::new();
        let mut ended: Vec<End> = Vec::new();
        let mut commit: Option<Commit<'a>> = None;
        loop {
            let room = parallelism.saturating_sub(commit.as_ref().map_or(0, |commit| commit.ends));
            self.launch(&mut tasks, &mut ended, room);
            // What ends while a record is written shares the next one (R42).
            if commit.is_none() && !ended.is_empty() {
                commit = Some(self.settle(std::mem::take(&mut ended))?);
            }
            if tasks.is_empty() && commit.is_none() {
                break;
            }
            tokio::select! {
                biased;
                next = written(&mut commit) => self.go_on(next?, &mut tasks),
                level = stop.above(self.level) => {
                    self.level = level;
                    if level == StopLevel::Now {
                        break;
                    }
                    self.places.stop();
                    (self.telling)(Event::Stopping { in_flight: self.ids_in_flight() });
                }
                Some(end) = tasks.next() => {
                    ended.push(end);
                    while let Some(Some(end)) = tasks.next().now_or_never() {
                        ended.push(end);
                    }
                }
                () = self.places.freed() => {}
            }
        }
        drop(tasks);
        self.write_rest(commit, ended).await?;
        self.finish().await
    }

    /// Writes what had come to an end when everything was stopped at once; what would follow from it is not begun.
    async fn write_rest(
        &mut self,
        mut commit: Option<Commit<'a>>,
        ended: Vec<End>,
    ) -> Result<(), ApplyError> {
        if commit.is_some() {
            let next = written(&mut commit).await?;
            self.go_on(next, &mut Tasks::new());
        }
        commit = Some(self.settle(ended)?);
        let next = written(&mut commit).await?;
        self.go_on(next, &mut Tasks::new());
        Ok(())
    }

    /// Begins ready steps while there is room: a step holds its place until its end is written, but while it only waits.
    /// Nothing new begins once the run is asked to stop.
    fn launch(&mut self, tasks: &mut Tasks<'a>, ended: &mut Vec<End>, room: usize) {
        let places = self.places;
        let held = |tasks: &Tasks<'a>, ended: &[End]| {
            (tasks.len() + ended.len()).saturating_sub(places.free())
        };
        while held(tasks, ended) < room && self.level == StopLevel::GoOn {
            let Some(index) = self.schedule.take() else {
                break;
            };
            let Some(step) = self.plan.steps.get(index) else {
                continue;
            };
            let Some(provider) = provider_of(step) else {
                self.begin(index, step, tasks);
                continue;
            };
            match self.connections.get_mut(provider) {
                Some(Connection::Ready) => self.begin(index, step, tasks),
                Some(Connection::Asking(waiting)) => {
                    waiting.insert(index);
                }
                Some(Connection::Broken(why)) => ended.push(End::Unreachable(index, why.clone())),
                None => {
                    self.connections.insert(
                        provider.clone(),
                        Connection::Asking(BTreeSet::from([index])),
                    );
                    self.touch_first(provider, tasks);
                }
            }
        }
    }

    fn begin(&mut self, index: usize, step: &'a Step, tasks: &mut Tasks<'a>) {
        self.in_flight.insert(index, Instant::now());
        (self.telling)(Event::StepStarted {
            step: step.id.clone(),
            address: step.node.clone(),
            action: self.action(step),
        });
        let history = match self.state.is_begun(&step.id) {
            false => History::Fresh,
            true => History::Started,
        };
        self.prepare(index, step, history, tasks);
    }

    pub(super) fn prepare(
        &self,
        index: usize,
        step: &'a Step,
        history: History,
        tasks: &mut Tasks<'a>,
    ) {
        let task = self.task(index, step);
        tasks.push(async move { End::Prepared(index, task.prepare(history).await) }.boxed_local());
    }

    fn touch_first(&self, provider: &ProviderRef, tasks: &mut Tasks<'a>) {
        let (outside, plan) = (self.outside, self.plan);
        let (provider, bindings) = (provider.clone(), self.state.bindings.clone());
        // What this run has identified it may have written to: that it is empty is asked once.
        let is_new = !self.state.identities.contains_key(&provider);
        let telling = self.telling;
        let planned = self
            .plan
            .providers
            .get(&provider)
            .filter(|planned| planned.instance.is_deferred());
        let task = async move {
            let found = match planned {
                Some(planned) => {
                    let reached = first_touch(outside, &provider, planned, &bindings).await;
                    match reached {
                        Ok(found) if is_new => {
                            let proved = prove_new(outside, plan, &provider, &found).await;
                            proved.map(|noticed| {
                                let told = |text| telling(Event::Noticed { text });
                                noticed.into_iter().for_each(told);
                                found
                            })
                        }
                        reached => reached,
                    }
                }
                None => Err(super::judgement::moved(format!(
                    "the plan has no provider `{provider}`"
                ))),
            };
            End::Connected(provider, found)
        };
        tasks.push(task.boxed_local());
    }

    pub(super) fn task(&self, index: usize, step: &'a Step) -> StepTask<'a> {
        let others = object_name(step)
            .and_then(|name| self.writers_of.get(&name))
            .into_iter()
            .flatten();
        let mut written = others
            .filter(|other| **other != index)
            .filter_map(|other| self.plan.steps.get(*other));
        let touch = if written.any(|other| self.state.attempts(&other.id) > 0) {
            Touch::Again
        } else {
            Touch::First
        };
        StepTask {
            outside: self.outside,
            plan: self.plan,
            step: footed(step, &self.state),
            bindings: bindings_of(&step.op, &self.state.bindings),
            touch,
            bearing: self
                .nodes
                .get(&step.node)
                .map_or(Bearing::Ours, |node| Bearing::of(node, step)),
            first: attempts::removed(&self.state, step),
            telling: self.telling,
            places: self.places,
        }
    }

    pub(super) fn action(&self, step: &Step) -> Action {
        let node = self.nodes.get(&step.node);
        node.map_or(Action::NoOp, |node| node.doing(step))
    }

    fn ids_in_flight(&self) -> Vec<StepId> {
        self.in_flight
            .keys()
            .filter_map(|index| self.plan.steps.get(*index))
            .map(|step| step.id.clone())
            .collect()
    }

    /// Whether the run has come to its end: nothing is in doubt, and a recovery that had an effect has had them all (R44).
    fn has_ended(&self) -> bool {
        let is_any = |status| self.state.of_status(self.plan, status).next().is_some();
        let is_left = [StepStatus::Todo, StepStatus::Failed, StepStatus::Skipped].map(is_any);
        let stays_open = match self.plan.goal.mode {
            GoalMode::Recover => self.state.had_effect() && is_left.contains(&true),
            GoalMode::Converge | GoalMode::Destroy => false,
        };
        !is_any(StepStatus::InDoubt) && !stays_open
    }

    /// Closes the run where it has ended; else it stays open, and its journal says where it stands.
    async fn finish(mut self) -> Result<RunReport, ApplyError> {
        let mut warnings = Vec::new();
        if self.has_ended() {
            let because = if self.level == StopLevel::GoOn {
                "something it needs is not done"
            } else {
                "the run was stopped"
            };
            let todo: Vec<StepId> = self
                .state
                .of_status(self.plan, StepStatus::Todo)
                .cloned()
                .collect();
            let skipped = |step| Entry::StepSkipped {
                step,
                because: because.to_owned(),
            };
            let entries: Vec<Entry> = todo.into_iter().map(skipped).collect();
            let all_done = self
                .state
                .steps
                .values()
                .all(|step| step.status == StepStatus::Done);
            let outcome = if all_done {
                RunOutcome::Complete
            } else {
                RunOutcome::Partial
            };
            let ended = (entries, outcome);
            let run = (self.plan, &mut self.state);
            warnings = end(&self.writer, run, ended, self.outside.now()).await?;
        }
        let mut report = RunReport::of(&self.writer.run, self.plan, &self.state, &self.doubts);
        report.warnings = warnings;
        Ok(report)
    }
}
