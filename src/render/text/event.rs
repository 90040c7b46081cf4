//! Events of a run as plain lines, in Terraform's forms. Must not know where the lines go.

use super::super::style::clean;
use crate::model::address::Address;
use crate::plan::document::{Action, Node, Plan, Step, StepId};
use crate::plan::event::Event;
use crate::world::op::Op;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Turns events into lines. Waits are told every ten seconds per step, however often they are reported; a resource that
/// takes several steps (what an apply cannot take away goes first) begins once and is complete once. A step with a title of
/// its own begins and ends by itself.
#[derive(Debug, Default)]
pub struct EventLines {
    keys: BTreeMap<Address, String>,
    /// Keys of what goes in a replacement.
    former: BTreeMap<(Address, Action), String>,
    /// What each step does: half of a replacement, else what its resource says.
    doing: BTreeMap<StepId, Action>,
    /// What steps are called that are more than the making or changing of their resource.
    titles: BTreeMap<StepId, String>,
    /// What was told last about a wait, and when.
    told: BTreeMap<StepId, (u64, String)>,
    /// The last step of each resource, or of each half of a replacement.
    last: BTreeMap<(Address, Action), StepId>,
    /// Resources that become ours and are not changed otherwise.
    adopted: BTreeSet<Address>,
    /// What has begun, with the time that its steps took.
    begun: BTreeMap<(Address, Action), Duration>,
}

/// Seconds between two lines about one wait.
const PACE: u64 = 10;

impl EventLines {
    /// For the run of this plan.
    pub fn new(plan: &Plan) -> Self {
        let keys = plan
            .nodes
            .iter()
            .map(|node| (node.address.clone(), clean(&node.key.to_string())));
        let former = plan.nodes.iter().filter_map(|node| {
            let former = node.former.as_ref()?;
            let half = (node.address.clone(), former.parting.action());
            Some((half, clean(&former.key.to_string())))
        });
        let nodes: BTreeMap<&Address, &Node> = plan
            .nodes
            .iter()
            .map(|node| (&node.address, node))
            .collect();
        let doing = |step: &Step| {
            let node = nodes.get(&step.node);
            node.map_or(Action::NoOp, |node| node.doing(step))
        };
        let steps = || plan.steps.iter();
        Self {
            keys: keys.collect(),
            former: former.collect(),
            doing: steps().map(|step| (step.id.clone(), doing(step))).collect(),
            titles: steps().filter_map(titled).collect(),
            last: steps()
                .filter(|step| titled(step).is_none())
                .map(|step| ((step.node.clone(), doing(step)), step.id.clone()))
                .collect(),
            adopted: plan
                .nodes
                .iter()
                .filter(|node| is_adopted_as_it_is(node))
                .map(|node| node.address.clone())
                .collect(),
            ..Self::default()
        }
    }

    /// The line of an event; `None` where it is not worth one.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::RunOpened { run, steps } => {
                Some(format!("Run {run}: {steps} {}", plural(*steps, "step")))
            }
            Event::ProviderIdentified {
                provider,
                kube_system_uid,
            } => Some(format!(
                "Provider {provider}: reached cluster {}",
                clean(kube_system_uid)
            )),
            Event::Noticed { text } => Some(format!("Note: {}", clean(text))),
            Event::AlreadyDone { step, by } => {
                let by = match by {
                    Some(run) => format!("by run {}", clean(run)),
                    None => "by another run".to_owned(),
                };
                Some(format!("{}: already done {by}", subject(step)))
            }
            Event::DoubtResolved { step, finding } => Some(format!(
                "{}: in doubt: it was sent, and no answer is recorded; {}",
                subject(step),
                clean(finding)
            )),
            Event::StepStarted {
                step,
                address,
                action,
            } => self.started((step, address), *action),
            Event::StepWaiting {
                step,
                address,
                text,
                elapsed,
                limit,
            } => self.waiting(step, address, (text, *elapsed, *limit)),
            Event::Retrying { step, text } => {
                Some(format!("{}: trying again: {}", subject(step), clean(text)))
            }
            Event::StepDone {
                step,
                address,
                action,
                elapsed,
            } => self.done((step, address), *action, *elapsed),
            Event::StepFailed {
                step,
                address,
                message,
                ..
            } => Some(self.ended((step, address), "failed", message)),
            Event::StepSkipped {
                step,
                address,
                because,
            } => Some(self.ended((step, address), "skipped", because)),
            Event::StepInDoubt {
                step,
                address,
                because,
            } => Some(self.ended((step, address), "in doubt", because)),
            Event::Stopping { in_flight } => Some(stopping(in_flight)),
        }
    }

    fn started(&mut self, (step, address): (&StepId, &Address), action: Action) -> Option<String> {
        if let Some(title) = self.titles.get(step) {
            return Some(format!("{address}: {title}..."));
        }
        self.doing.insert(step.clone(), action);
        let taken = self.taken(address, action);
        let is_first = self
            .begun
            .insert((address.clone(), action), taken)
            .is_none();
        is_first.then(|| {
            let id = self.identity(address, action);
            format!("{address}: {}...{id}", self.verb(address, action).0)
        })
    }

    /// What a step is called, where it has a title.
    pub(crate) fn title(&self, step: &StepId) -> Option<&str> {
        self.titles.get(step).map(String::as_str)
    }

    fn ended(&self, (step, address): (&StepId, &Address), how: &str, why: &str) -> String {
        match self.titles.get(step) {
            Some(title) => format!("{address}: {title}: {how}: {}", clean(why)),
            None => format!("{address}: {how}: {}", clean(why)),
        }
    }

    fn done(
        &mut self,
        (step, address): (&StepId, &Address),
        action: Action,
        elapsed: Duration,
    ) -> Option<String> {
        if let Some(title) = self.titles.get(step) {
            let taken = whole_seconds(elapsed);
            return Some(format!("{address}: {title}: done after {taken}"));
        }
        let half = (address.clone(), action);
        let taken = self.taken(address, action) + elapsed;
        let is_last = self.last.get(&half).is_none_or(|last| last == step);
        self.begun.insert(half, taken);
        is_last.then(|| {
            let id = self.key(address, action);
            let id = id.map(|key| format!(" [id={key}]")).unwrap_or_default();
            let (_, noun) = self.verb(address, action);
            format!(
                "{address}: {noun} complete after {}{id}",
                whole_seconds(taken)
            )
        })
    }

    /// How long the finished steps of a resource, or of half of a replacement, took together.
    pub(crate) fn taken(&self, address: &Address, action: Action) -> Duration {
        let half = (address.clone(), action);
        self.begun.get(&half).copied().unwrap_or_default()
    }

    /// What a step does.
    pub(crate) fn doing(&self, step: &StepId) -> Action {
        self.doing.get(step).copied().unwrap_or(Action::NoOp)
    }

    /// The key of what is done to a resource: of the object that goes, where half of a replacement is that.
    pub(crate) fn key(&self, address: &Address, action: Action) -> Option<&str> {
        let former = self.former.get(&(address.clone(), action));
        former
            .or_else(|| self.keys.get(address))
            .map(String::as_str)
    }

    fn waiting(
        &mut self,
        step: &StepId,
        address: &Address,
        wait: (&str, Duration, Duration),
    ) -> Option<String> {
        let (text, elapsed, limit) = wait;
        let pace = elapsed.as_secs() / PACE;
        let told = self.told.get(step);
        if pace <= told.map_or(0, |(told, _)| *told) {
            return None;
        }
        // The reason is often long, and seldom another than ten seconds ago.
        let reason = match told {
            Some((_, told)) if told == text => String::new(),
            Some(_) | None => format!(" {}", clean(text)),
        };
        self.told.insert(step.clone(), (pace, text.to_owned()));
        let doing = match self.titles.get(step) {
            Some(title) => format!("{title}, still waiting"),
            None => {
                let verb = self.verb(address, self.doing(step)).0;
                format!("Still {}", verb.to_lowercase())
            }
        };
        let seconds = whole_seconds(Duration::from_secs(pace * PACE));
        Some(format!(
            "{address}: {doing}... [{seconds} elapsed]{reason} (limit {})",
            whole_seconds(limit)
        ))
    }

    /// In Terraform's words, what becomes ours as it is was imported and not modified.
    fn verb(&self, address: &Address, action: Action) -> (&'static str, &'static str) {
        match action {
            Action::Update if self.adopted.contains(address) => ("Importing", "Import"),
            Action::Update
            | Action::Create
            | Action::Delete
            | Action::Forget
            | Action::Replace
            | Action::NoOp => verb(action),
        }
    }

    fn identity(&self, address: &Address, action: Action) -> String {
        match action {
            Action::Create => String::new(),
            Action::Update | Action::Delete | Action::Forget | Action::Replace | Action::NoOp => {
                self.key(address, action)
                    .map(|key| format!(" [id={key}]"))
                    .unwrap_or_default()
            }
        }
    }
}

/// A step with the title that it is shown by: what only waits always has one.
fn titled(step: &Step) -> Option<(StepId, String)> {
    let title = match (&step.title, &step.op) {
        (Some(title), _) => title,
        (None, Op::Await(gate)) => &gate.text,
        (None, Op::Kube(_) | Op::Local(_)) => return None,
    };
    Some((step.id.clone(), clean(title)))
}

fn is_adopted_as_it_is(node: &Node) -> bool {
    let parts = node.parts.iter();
    let mut parts = parts.filter(|part| !part.fields.is_empty() || part.action != Action::Update);
    node.importing && node.fields.is_empty() && parts.next().is_none()
}

/// That a resource was not brought about, in Terraform's form.
pub(crate) fn errored(address: &Address, action: Action, elapsed: Duration) -> String {
    format!(
        "{address}: {} errored after {}",
        verb(action).1,
        whole_seconds(elapsed)
    )
}

/// The resource of a step, as users know it: a step's number means nothing to them.
fn subject(step: &StepId) -> &str {
    step.0
        .rsplit_once('#')
        .map_or(step.0.as_str(), |(address, _)| address)
}

fn stopping(in_flight: &[StepId]) -> String {
    let names: Vec<&str> = in_flight.iter().map(subject).collect();
    let what = if names.is_empty() {
        "nothing is in flight".to_owned()
    } else {
        format!("finishing {}", names.join(", "))
    };
    format!(
        "Stopping: {what}; no new step begins. Interrupt again to stop at once and leave these in doubt."
    )
}

/// `Creating`, `Creation`.
pub(crate) fn verb(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Create => ("Creating", "Creation"),
        Action::Update => ("Modifying", "Modifications"),
        Action::Delete => ("Destroying", "Destruction"),
        Action::Forget => ("Releasing", "Release"),
        Action::Replace => ("Replacing", "Replacement"),
        Action::NoOp => ("Waiting", "Wait"),
    }
}

/// `3s`, `2m10s`, `1h0m5s`: as Terraform writes it.
pub(crate) fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The word, with an `s` unless there is one.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
