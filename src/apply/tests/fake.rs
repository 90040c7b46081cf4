//! A world and a journal in memory, which may lose answers, refuse, and go down at any point: before and after each effect
//! and each record. Counts each effect where it happens, as a server's request log does.

use crate::apply::fill::{fill, fill_text};
use crate::apply::judgement::text;
use crate::apply::outside::Outside;
use crate::journal::record::{Entry, Record};
use crate::journal::store::{Append, Listed, Store, StoreError};
use crate::model::expression::{Bindings, Expr};
use crate::model::identity::{
    ADDRESS_LABEL, OWNER_ANNOTATION, ProviderRef, STACK_LABEL, STEP_ANNOTATION,
};
use crate::model::inventory::Inventory;
use crate::model::json_path::JsonPath;
use crate::plan::document::{Plan, Step};
use crate::world::Bound;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use crate::world::query::{Answer, Effect, Fact, FailureClass, Query, Why};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// `kubernetes/namespaces//shop`.
pub type Place = String;

/// What happens to the answer of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The effect happens, its answer is lost.
    AnswerLost,
    /// The request is lost: no effect, no answer.
    RequestLost,
    /// No answer, and the effect happens this much later, while the world is already asked about it.
    Late(Duration),
    /// The request arrives twice; the answer is the second one's.
    Twice,
    /// Refused by the server.
    Refused(FailureClass),
}

#[derive(Default)]
pub struct Inside {
    pub objects: BTreeMap<Place, Json>,
    /// When an object's phase turns good, and when a deleted one goes.
    pub turns: BTreeMap<Place, Instant>,
    /// Cluster behind each provider: identity and kubeconfig; a provider without one is not there yet.
    pub clusters: BTreeMap<String, String>,
    pub effects: BTreeMap<String, u32>,
    /// Faults by operation, `create kubernetes/namespaces//shop`, used up one by one.
    pub faults: BTreeMap<String, Vec<Fault>>,
    /// After so many answers about a place, so many questions get none.
    pub silent_after: BTreeMap<Place, (u32, u32)>,
    /// Made by somebody else at the moment of our next write there.
    pub appears: BTreeMap<Place, Json>,
    /// Made by somebody else right after our next write there was refused.
    pub appears_later: BTreeMap<Place, Json>,
    /// Nothing ever turns good.
    pub stuck: bool,
    pub counter: u64,
    /// How long a record takes to be durable.
    pub append_takes: Duration,
    pub runs: BTreeMap<String, (Plan, Vec<Record>)>,
    closed: BTreeSet<String>,
    pub inventory: Option<Inventory>,
    pub points: u64,
    pub crash_at: Option<u64>,
    pub down: bool,
    /// The engine was told by the journal that it is down: it must not do anything after that.
    told: bool,
    /// Serials that another process takes first.
    pub taken: Vec<u64>,
    pub most_in_flight: usize,
    in_flight: usize,
    /// Requests still on their way.
    late: Vec<(Instant, Op, Bound)>,
}

/// The world; the journal is another face of it, so that one counter numbers all points.
#[derive(Clone, Default)]
pub struct Fake {
    inside: Arc<Mutex<Inside>>,
    pub crashed: Arc<Notify>,
    begun: Option<Instant>,
}

impl Fake {
    pub fn new() -> Self {
        Self {
            begun: Some(Instant::now()),
            ..Self::default()
        }
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// The process is started again.
    pub fn revive(&self, crash_at: Option<u64>) {
        let mut inside = self.inside();
        inside.down = false;
        inside.told = false;
        inside.points = 0;
        inside.crash_at = crash_at;
        inside.in_flight = 0;
    }

    /// One point where the process may die; true: it is dead.
    fn dies(&self) -> bool {
        let mut inside = self.inside();
        assert!(
            !inside.told,
            "something was done after the journal had failed"
        );
        if inside.down {
            return true;
        }
        let point = inside.points;
        inside.points += 1;
        if inside.crash_at == Some(point) {
            inside.down = true;
            self.crashed.notify_one();
        }
        inside.down
    }

    async fn may_die(&self) {
        if self.dies() {
            std::future::pending::<()>().await;
        }
    }

    fn take_fault(&self, name: &str) -> Option<Fault> {
        let mut inside = self.inside();
        let faults = inside.faults.get_mut(name)?;
        if faults.is_empty() {
            None
        } else {
            Some(faults.remove(0))
        }
    }

    #[allow(clippy::too_many_lines, reason = "a small server, read at once")]
    fn kube(&self, op: &KubeOp, bound: &Bound) -> Result<Json, Why> {
        let place = place(
            &op.provider,
            &op.resource.plural,
            op.namespace.as_deref(),
            &op.name,
        );
        self.settle(&place);
        let body = fill(&op.body, &bound.bindings)?;
        let mut inside = self.inside();
        let refuse = |class, message: &str| {
            Err(Why {
                class,
                message: message.to_owned(),
            })
        };
        inside.counter += 1;
        let version = inside.counter;
        let live = inside.objects.get(&place).cloned();
        let mut object = match (op.verb, live) {
            (KubeVerb::Create, Some(_)) => return refuse(FailureClass::Conflict, "AlreadyExists"),
            (KubeVerb::Create, None) => {
                let mut object = body.clone();
                JsonPath::dotted("metadata.uid").set(&mut object, format!("uid-{version}").into());
                inside
                    .turns
                    .insert(place.clone(), Instant::now() + Duration::from_secs(3));
                object
            }
            (_, None) => return refuse(FailureClass::NotFound, "not found"),
            (verb, Some(object)) => {
                let read = bound
                    .read
                    .as_ref()
                    .expect("a write to something that exists is bound to a read");
                if read.uid != text(&object, "/metadata/uid") {
                    return refuse(FailureClass::Conflict, "uid mismatch");
                }
                if verb != KubeVerb::Delete
                    && read.resource_version != text(&object, "/metadata/resourceVersion")
                {
                    return refuse(FailureClass::Conflict, "the object has been modified");
                }
                object
            }
        };
        JsonPath::dotted("metadata.resourceVersion").set(&mut object, format!("v{version}").into());
        match op.verb {
            KubeVerb::Create => {}
            KubeVerb::Apply => op.takes.iter().for_each(|path| {
                path.set(&mut object, path.get(&body).cloned().unwrap_or(Json::Null))
            }),
            KubeVerb::Remove => op
                .takes
                .iter()
                .for_each(|path| path.set(&mut object, Json::Null)),
            KubeVerb::Delete => {
                JsonPath::dotted("metadata.deletionTimestamp")
                    .set(&mut object, "2026-01-01T00:00:00Z".into());
                inside
                    .turns
                    .insert(place.clone(), Instant::now() + Duration::from_secs(3));
            }
            KubeVerb::Release => {
                for (member, key) in [
                    ("labels", STACK_LABEL),
                    ("labels", ADDRESS_LABEL),
                    ("annotations", OWNER_ANNOTATION),
                    ("annotations", STEP_ANNOTATION),
                    ("labels", OWNER_ANNOTATION),
                    ("labels", STEP_ANNOTATION),
                ] {
                    if let Some(Json::Object(all)) =
                        object.pointer_mut(&format!("/metadata/{member}"))
                    {
                        all.remove(key);
                    }
                }
            }
        }
        inside.objects.insert(place, object.clone());
        Ok(object)
    }

    /// Lets time have its effect on an object.
    fn settle(&self, place: &Place) {
        let mut inside = self.inside();
        if inside
            .turns
            .get(place)
            .is_none_or(|turn| *turn > Instant::now())
        {
            return;
        }
        if inside.stuck {
            return;
        }
        inside.turns.remove(place);
        let Some(object) = inside.objects.get_mut(place) else {
            return;
        };
        if object.pointer("/metadata/deletionTimestamp").is_some() {
            inside.objects.remove(place);
        } else if object.get("kind") == Some(&json!("Schedule")) {
            JsonPath::dotted("status.phase").set(object, "Enabled".into());
        } else {
            JsonPath::dotted("status.phase").set(object, "Active".into());
        }
    }

    /// Lets requests arrive that were on their way.
    fn arrive(&self) {
        let (due, late) = {
            let mut inside = self.inside();
            std::mem::take(&mut inside.late)
                .into_iter()
                .partition(|(at, _, _)| *at <= Instant::now())
        };
        self.inside().late = late;
        let due: Vec<(Instant, Op, Bound)> = due;
        for (_, op, bound) in due {
            let _ = self.happen(&op_name(&op), &op, &bound);
        }
    }

    fn happen(&self, name: &str, op: &Op, bound: &Bound) -> Result<Json, Why> {
        // A second DELETE while the object still goes is answered like the first, and changes nothing.
        let is_going = match op {
            Op::Kube(op) if op.verb == KubeVerb::Delete => {
                let (plural, namespace) = (&op.resource.plural, op.namespace.as_deref());
                let place = place(&op.provider, plural, namespace, &op.name);
                let inside = self.inside();
                let object = inside.objects.get(&place);
                object.is_some_and(|object| object.pointer("/metadata/deletionTimestamp").is_some())
            }
            Op::Kube(_) | Op::Local(_) | Op::Await(_) => false,
        };
        let done = match op {
            Op::Kube(op) => self.kube(op, bound)?,
            Op::Local(op) => {
                let command: Vec<String> = op
                    .command
                    .iter()
                    .map(|part| fill_text(part, &bound.bindings).unwrap())
                    .collect();
                // The program is safe to repeat: it starts the cluster, or finds it started.
                self.inside()
                    .clusters
                    .entry(command[1].clone())
                    .or_insert(format!("identity-of-{}", command[1]));
                Json::Null
            }
            Op::Await(_) => panic!("what only waits is not sent"),
        };
        if !is_going {
            *self.inside().effects.entry(name.to_owned()).or_insert(0) += 1;
        }
        Ok(done)
    }
}

pub fn place(provider: &ProviderRef, plural: &str, namespace: Option<&str>, name: &str) -> Place {
    format!("{provider}/{plural}/{}/{name}", namespace.unwrap_or(""))
}

/// `create kubernetes/namespaces//shop`.
pub fn op_name(op: &Op) -> String {
    match op {
        Op::Kube(op) => {
            let verb = format!("{:?}", op.verb).to_lowercase();
            format!(
                "{verb} {}",
                place(
                    &op.provider,
                    &op.resource.plural,
                    op.namespace.as_deref(),
                    &op.name
                )
            )
        }
        Op::Local(op) => format!("run {:?}", op.kubeconfig.known()),
        Op::Await(gate) => format!("await {}", gate.text),
    }
}

/// Whether a step does this. What takes over or makes does one of two things to one place.
fn is_named(step: &Step, name: &str) -> bool {
    let own = op_name(&step.op);
    let place = |name: &str| name.split_once(' ').map(|(_, place)| place.to_owned());
    own == name || (step.ground == Ground::AnyAtFirstTouch && place(&own) == place(name))
}

fn silence() -> Answer {
    Answer::Unknown(Why {
        class: FailureClass::Unreachable,
        message: "connection refused".to_owned(),
    })
}

#[async_trait(?Send)]
impl Outside for Fake {
    async fn connect(&self, provider: &ProviderRef, _: &Expr, _: &Bindings) -> Result<String, Why> {
        match self.inside().clusters.contains_key(&provider.to_string()) {
            true => Ok("a title".to_owned()),
            false => Err(Why {
                class: FailureClass::Unreachable,
                message: "no kubeconfig".to_owned(),
            }),
        }
    }

    async fn answer(&self, query: &Query) -> Answer {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.arrive();
        match query {
            Query::Identity { provider } => match self.inside().clusters.get(&provider.to_string())
            {
                Some(uid) => Answer::Present(Fact::Object(json!({"metadata": {"uid": uid}}))),
                None => silence(),
            },
            Query::Blobs { .. } | Query::Blob { .. } => silence(),
            Query::Cluster { kubeconfig } => {
                let name = kubeconfig.rsplit('/').next().unwrap_or_default();
                match self.inside().clusters.contains_key(name) {
                    true => Answer::Present(Fact::Object(json!({"kubeconfig": kubeconfig}))),
                    false => Answer::Absent,
                }
            }
            Query::Get {
                provider,
                resource,
                namespace,
                name,
            } => {
                let place = place(provider, &resource.plural, namespace.as_deref(), name);
                self.settle(&place);
                let mut inside = self.inside();
                match inside.silent_after.get_mut(&place) {
                    Some((0, 0)) | None => {}
                    Some((0, silent)) => {
                        *silent -= 1;
                        return silence();
                    }
                    Some((answered, _)) => *answered -= 1,
                }
                match inside.objects.get(&place) {
                    Some(object) => Answer::Present(Fact::Object(object.clone())),
                    None => Answer::Absent,
                }
            }
            Query::List {
                provider,
                resource,
                namespace,
            } => {
                let above = place(provider, &resource.plural, namespace.as_deref(), "");
                let inside = self.inside();
                if inside.silent_after.contains_key(&above) {
                    return silence();
                }
                let here = inside.objects.range(above.clone()..);
                let here = here.take_while(|(place, _)| place.starts_with(&above));
                Answer::Present(Fact::List(here.map(|(_, object)| object.clone()).collect()))
            }
            Query::Types { .. } | Query::Marked { .. } => {
                panic!("apply asks for no types and sweeps nothing")
            }
        }
    }

    async fn perform(&self, op: &Op, bound: &Bound) -> Effect {
        let name = op_name(op);
        assert!(
            self.is_intended(&name),
            "sent before it was recorded: {name}"
        );
        {
            let mut inside = self.inside();
            inside.in_flight += 1;
            inside.most_in_flight = inside.most_in_flight.max(inside.in_flight);
        }
        self.may_die().await;
        // Each request takes its own time, so that parallel steps end in another order than they began.
        tokio::time::sleep(Duration::from_millis(
            5 + name.bytes().map(u64::from).sum::<u64>() % 40,
        ))
        .await;
        self.arrive();
        if let Op::Kube(op) = op {
            let place = place(
                &op.provider,
                &op.resource.plural,
                op.namespace.as_deref(),
                &op.name,
            );
            let mut inside = self.inside();
            if let Some(object) = inside.appears.remove(&place) {
                inside.objects.insert(place, object);
            }
        }
        let fault = self.take_fault(&name);
        if let (Some(Fault::Refused(_)), Op::Kube(op)) = (&fault, op) {
            let (plural, namespace) = (&op.resource.plural, op.namespace.as_deref());
            let place = place(&op.provider, plural, namespace, &op.name);
            let mut inside = self.inside();
            if let Some(object) = inside.appears_later.remove(&place) {
                inside.objects.insert(place, object);
            }
        }
        let lost = Why {
            class: FailureClass::Unreachable,
            message: "the answer was lost".to_owned(),
        };
        let effect = match fault {
            Some(Fault::Refused(class)) => Effect::Refused(Why {
                class,
                message: "refused".to_owned(),
            }),
            Some(Fault::RequestLost) => Effect::InDoubt(lost),
            Some(Fault::Late(by)) => {
                self.inside()
                    .late
                    .push((Instant::now() + by, op.clone(), bound.clone()));
                Effect::InDoubt(lost)
            }
            Some(Fault::AnswerLost) => self
                .happen(&name, op, bound)
                .map_or_else(Effect::Refused, |_| Effect::InDoubt(lost)),
            Some(Fault::Twice) => {
                let _ = self.happen(&name, op, bound);
                self.happen(&name, op, bound)
                    .map_or_else(Effect::Refused, Effect::Done)
            }
            None => self
                .happen(&name, op, bound)
                .map_or_else(Effect::Refused, Effect::Done),
        };
        self.may_die().await;
        self.inside().in_flight -= 1;
        effect
    }

    fn now(&self) -> Timestamp {
        let begun = self.begun.unwrap_or_else(Instant::now);
        "2026-11-21T10:00:00Z".parse::<Timestamp>().unwrap() + begun.elapsed()
    }
}

fn down(fake: &Fake) -> StoreError {
    fake.inside().told = true;
    wrong("the process died".to_owned())
}

impl Fake {
    /// Whether a durable record says that a step which does this was started.
    fn is_intended(&self, name: &str) -> bool {
        let inside = self.inside();
        let mut runs = inside.runs.values();
        runs.any(|(plan, records)| {
            let mut entries = records.iter().flat_map(|record| &record.entries);
            entries.any(|entry| {
                let mut steps = plan.steps.iter();
                let is_it = |step: &Step| {
                    matches!(entry, Entry::StepStarted { step: id, .. } if *id == step.id)
                };
                steps.any(|step| is_it(step) && is_named(step, name))
            })
        })
    }

    /// Plan and records of a run.
    fn run(&self, run: &str) -> Result<(Plan, Vec<Record>), StoreError> {
        let found = self.inside().runs.get(run).cloned();
        found.ok_or_else(|| wrong(format!("there is no run `{run}`")))
    }
}

fn wrong(message: String) -> StoreError {
    StoreError::unusable("memory", message)
}

#[async_trait(?Send)]
impl Store for Fake {
    async fn create_run(&self, run: &str, plan: &Plan) -> Result<(), StoreError> {
        if self.dies() {
            return Err(down(self));
        }
        // One that never began may be made again here: every life of a test has the same id.
        if self.run(run).is_ok_and(|(_, records)| !records.is_empty()) {
            return Err(wrong("it exists".to_owned()));
        }
        let made = (plan.clone(), Vec::new());
        self.inside().runs.insert(run.to_owned(), made);
        if self.dies() { Err(down(self)) } else { Ok(()) }
    }
    async fn append(&self, record: &Record) -> Result<Append, StoreError> {
        if self.dies() {
            return Err(down(self));
        }
        let (_, known) = self.run(&record.run)?;
        let is_it = |known: &Record| known.serial == record.serial;
        if known.iter().any(is_it) || self.inside().taken.contains(&record.serial) {
            return Ok(Append::SerialTaken);
        }
        let takes = self.inside().append_takes;
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        // Through its text, as every other store would keep it.
        let text = serde_json::to_string(record).unwrap();
        if let Some((_, records)) = self.inside().runs.get_mut(&record.run) {
            records.push(serde_json::from_str(&text).unwrap());
        }
        if self.dies() {
            Err(down(self))
        } else {
            Ok(Append::Written)
        }
    }
    async fn mark_closed(&self, run: &str) -> Result<(), StoreError> {
        if self.dies() {
            return Err(down(self));
        }
        self.run(run)?;
        self.inside().closed.insert(run.to_owned());
        if self.dies() { Err(down(self)) } else { Ok(()) }
    }
    async fn recent(&self) -> Result<Vec<Listed>, StoreError> {
        self.runs(usize::MAX).await
    }
    async fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
    async fn runs(&self, most: usize) -> Result<Vec<Listed>, StoreError> {
        let inside = self.inside();
        let listed = |run: &String| Listed {
            run: run.clone(),
            is_marked: inside.closed.contains(run),
        };
        let mut all: Vec<Listed> = inside.runs.keys().map(listed).collect();
        Ok(all.split_off(all.len().saturating_sub(most)))
    }
    async fn plan(&self, run: &str) -> Result<Plan, StoreError> {
        Ok(self.run(run)?.0)
    }
    async fn records(&self, run: &str) -> Result<(Vec<Record>, u64), StoreError> {
        let (_, records) = self.run(run)?;
        let next = records.last().map_or(1, |record| record.serial + 1);
        Ok((records, next))
    }
    async fn last(&self, run: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.run(run)?.1.pop())
    }
    async fn inventory(&self) -> Result<Option<Inventory>, StoreError> {
        Ok(self.inside().inventory.clone())
    }
    async fn write_inventory(&self, inventory: &Inventory) -> Result<(), StoreError> {
        self.inside().inventory = Some(inventory.clone());
        Ok(())
    }
}

#[test]
fn it_is_a_store_like_any_other() {
    crate::journal::tests::cases::check(&|| Box::new(Fake::default()));
}
