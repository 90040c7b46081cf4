//! From a decision to single effects: each step one write, with its ground, wait and bindings.

use super::decision::{Object, Update, Work};
use super::document::{Node, NodeState, Step, StepId};
use super::guards;
use super::marks::{self, Marked};
use crate::kinds::{Difference, ListWrites, Ownership, Writing, sensitive};
use crate::model::address::Address;
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::identity::{Instance, Key, KubeResource, ProviderRef};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::world::op::{Ground, KubeOp, KubeVerb, LocalOp, Op};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Makes the steps of one node.
pub struct Maker<'a> {
    /// Stack.
    pub stack: &'a str,
    /// Instance of the node's provider.
    pub instance: Option<&'a Instance>,
    /// The node.
    pub node: &'a Node,
}

/// Makes the steps of one object.
struct Builder<'m, 'a> {
    maker: &'m Maker<'m>,
    object: &'m Object<'a>,
    /// Number of its first step.
    first: usize,
}

/// The program that makes a cluster, as its resource says.
pub fn command(resource: &Resource) -> Option<LocalOp> {
    let kubeconfig = resource.text("kubeconfig")?;
    let command = match resource.body.member("command")? {
        Expr::Value(Json::Array(words)) => words.into_iter().map(Expr::Value).collect(),
        Expr::List(words) => words,
        Expr::Value(_)
        | Expr::Object(_)
        | Expr::Hole(_)
        | Expr::Secret(_)
        | Expr::Concat(_)
        | Expr::Call { .. } => return None,
    };
    Some(LocalOp {
        command,
        environment: resource
            .body
            .member("environment")
            .map(Expr::into_members)
            .unwrap_or_default(),
        kubeconfig: Expr::Value(kubeconfig.to_string().into()),
    })
}

/// Id of the n-th step of a node, from 1.
pub fn step_id(address: &Address, number: usize) -> StepId {
    StepId(format!("{address}#{number}"))
}

impl Maker<'_> {
    /// The steps of each object in order, without `after`.
    pub fn steps(&self, objects: &[Object<'_>]) -> Vec<Vec<Step>> {
        self.steps_from(1, objects)
    }

    /// The same, where the first one has this number.
    pub fn steps_from(&self, mut first: usize, objects: &[Object<'_>]) -> Vec<Vec<Step>> {
        objects
            .iter()
            .map(|object| {
                let builder = Builder {
                    maker: self,
                    object,
                    first,
                };
                let steps = builder.steps();
                first += steps.len();
                steps
            })
            .collect()
    }
}

impl Builder<'_, '_> {
    fn steps(&self) -> Vec<Step> {
        match &self.object.work {
            Work::Nothing => Vec::new(),
            Work::Run => self.run().into_iter().collect(),
            Work::Create => self.create().into_iter().collect(),
            Work::Update(update) => self.update(update),
            Work::Delete => self.removal(KubeVerb::Delete).into_iter().collect(),
            Work::Release => self.removal(KubeVerb::Release).into_iter().collect(),
        }
    }

    fn run(&self) -> Option<Step> {
        let resource = self.object.resource?;
        let op = Op::Local(command(resource)?);
        let wait = self.object.kind.wait(Some(resource), Writing::Create);
        Some(self.step(0, op, Ground::Absent, wait))
    }

    fn create(&self) -> Option<Step> {
        let resource = self.object.resource?;
        let id = step_id(&self.maker.node.address, self.first);
        let mut body = self.object.kind.object(resource);
        let (type_, _, _) = self.place()?;
        let marks = self.ownership()?.into_iter();
        let marks = marks.chain(marks::creation(&type_, &id));
        for (place, value) in self.records(resource).chain(marks) {
            body = body.with(&place.0, value);
        }
        let ground = match self.maker.instance? {
            Instance::Known { .. } if self.maker.node.state != NodeState::Deferred => {
                Ground::Absent
            }
            // Its type comes with this plan: nothing can be looked for before.
            Instance::Known { .. } => Ground::AbsentAtFirstTouch,
            Instance::MadeBy(_)
            | Instance::Lost { .. }
            | Instance::Store
            | Instance::Unknown { .. } => Ground::AbsentAtFirstTouch,
        };
        let op = self.kube(KubeVerb::Create, body, Vec::new())?;
        let mut step = self.step(
            0,
            op,
            ground,
            self.object.kind.wait(Some(resource), Writing::Create),
        );
        step.binds = self.binds();
        Some(step)
    }

    /// First what goes, then what is written: the second step's ground is the first one's result, which can be told
    /// beforehand only in this order.
    fn update(&self, update: &Update) -> Vec<Step> {
        let (Some(live), Some(resource)) = (self.object.live, self.object.resource) else {
            return Vec::new();
        };
        let is_gone = |one: &&Difference| one.write.is_none();
        let is_list = |one: &Difference| self.replaces_list(one, live);
        // One write takes marks off where they travel and puts them where they belong: between two writes the object
        // would be nobody's.
        let moved = match update.misplaced.is_empty() {
            true => Vec::new(),
            false => self.ownership().unwrap_or_default(),
        };
        let taken = update.taken.iter();
        let gone: Vec<JsonPath> = taken
            .filter(|one| is_gone(one) || is_list(one))
            .map(|one| one.place.clone())
            .chain(update.misplaced.iter().cloned())
            .chain(moved.iter().map(|(place, _)| place.clone()))
            .collect();
        let lists = update.taken.iter().filter(|one| is_list(one));
        let lists = lists.filter_map(|one| Some((one.place.clone(), one.write.clone()?)));
        let written_whole = lists
            .chain(moved.iter().cloned())
            .fold(Expr::Value(Json::Null), |body, (place, value)| {
                body.with(&place.0, value)
            });
        let written: Vec<&Difference> = update
            .taken
            .iter()
            .filter(|one| !is_gone(one) && !is_list(one))
            .collect();
        let mut steps = Vec::new();
        let mut ground_object = live.clone();
        if !gone.is_empty() {
            let op = self.kube(KubeVerb::Remove, written_whole, gone.clone());
            let wait = if written.is_empty() {
                self.object.kind.wait(Some(resource), Writing::Update)
            } else {
                None
            };
            steps.extend(op.map(|op| self.step(0, op, self.present(live, live), wait)));
            for place in &gone {
                place.remove(&mut ground_object);
            }
            for (place, value) in &moved {
                let value = value.known().cloned().unwrap_or_default();
                place.set(&mut ground_object, value);
            }
        }
        if written.is_empty() && update.marks.is_empty() {
            return steps;
        }
        let takes = written
            .iter()
            .map(|one| one.place.clone())
            .chain(update.marks.iter().cloned())
            .collect();
        let op = self
            .apply_body(update, live)
            .and_then(|body| self.kube(KubeVerb::Apply, body, takes));
        let wait = if written.is_empty() {
            None
        } else {
            self.object.kind.wait(Some(resource), Writing::Update)
        };
        let behind = steps.len();
        steps.extend(op.map(|op| {
            let mut step = self.step(behind, op, self.present(&ground_object, live), wait);
            step.binds = self.binds();
            step
        }));
        steps
    }

    /// Whether a difference is a list that is there with other members, and is written whole.
    fn replaces_list(&self, difference: &Difference, live: &Json) -> bool {
        let is_list = |value: &Expr| matches!(value, Expr::List(_) | Expr::Value(Json::Array(_)));
        let live = difference.place.get(live).and_then(Json::as_array);
        self.object.kind.list_writes() == ListWrites::Merge
            && difference.write.as_ref().is_some_and(is_list)
            && live.is_some_and(|live| !live.is_empty())
    }

    /// Everything that is declared, not only what differs: a server-side apply drops what our manager applied before
    /// and now leaves out. Ignored fields go along with their live value for the same reason.
    fn apply_body(&self, update: &Update, live: &Json) -> Option<Expr> {
        let resource = self.object.resource?;
        let mut body = self.object.kind.object(resource);
        for ignored in &update.ignored {
            body = match ignored.place.get(live) {
                Some(value) => body.with(&ignored.place.0, Expr::Value(value.clone())),
                None => body.without(&ignored.place.0),
            };
        }
        for (place, value) in self.object.kind.actions(&update.taken, live) {
            body = body.with(&place.0, Expr::Value(value));
        }
        let marks = match self.object.kind.ownership() {
            Ownership::Marked => self.ownership()?,
            Ownership::Fields => Vec::new(),
        };
        for (place, value) in self.records(resource).chain(marks) {
            body = body.with(&place.0, value);
        }
        Some(body)
    }

    fn records(&self, resource: &Resource) -> impl Iterator<Item = (JsonPath, Expr)> {
        let records = self.object.kind.records(resource).into_iter();
        records.map(|(place, value)| (place, Expr::Value(value)))
    }

    fn removal(&self, verb: KubeVerb) -> Option<Step> {
        let live = self.object.live?;
        let op = self.kube(verb, Expr::Value(Json::Null), Vec::new())?;
        let wait = match verb {
            KubeVerb::Delete => self
                .object
                .kind
                .wait(self.object.resource, Writing::Delete)
                .or(Some(Wait {
                    condition: Condition::Gone,
                    limit_s: 60,
                })),
            KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Release => None,
        };
        Some(self.step(0, op, self.present(live, live), wait))
    }

    /// Ground of an object as `expected` will be, with what counts read from `live`.
    fn present(&self, expected: &Json, live: &Json) -> Ground {
        let owned = self.object.kind.owned(self.object.resource, live);
        let projection = sensitive::in_fingerprint(owned, &self.object.key);
        Ground::Present {
            uid: live["metadata"]["uid"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            deleting: live["metadata"]["deletionTimestamp"].is_string(),
            owned: projection.fingerprint(expected),
            projection,
        }
    }

    /// `behind`: how many steps of the object come before it.
    fn step(&self, behind: usize, op: Op, ground: Ground, wait: Option<Wait>) -> Step {
        let guards = if guards::may_end_something(&op) {
            self.object.guards.clone()
        } else {
            Vec::new()
        };
        Step {
            id: step_id(&self.maker.node.address, self.first + behind),
            node: self.maker.node.address.clone(),
            op,
            after: Vec::new(),
            tried: Vec::new(),
            stage: None,
            title: None,
            ground,
            guards,
            wait,
            alternatives: Vec::new(),
            binds: BTreeMap::new(),
        }
    }

    fn kube(&self, verb: KubeVerb, body: Expr, takes: Vec<JsonPath>) -> Option<Op> {
        let (resource, namespace, name) = self.place()?;
        let provider = self.provider()?.clone();
        Some(Op::Kube(KubeOp {
            provider,
            verb,
            resource,
            namespace,
            name,
            body,
            takes,
        }))
    }

    fn provider(&self) -> Option<&ProviderRef> {
        self.maker.node.provider.as_ref()
    }

    fn place(&self) -> Option<(KubeResource, Option<String>, String)> {
        match &self.object.key {
            Key::Kube {
                resource,
                namespace,
                name,
            } => Some((resource.clone(), namespace.clone(), name.clone())),
            Key::Cluster { .. } | Key::Composite { .. } => None,
        }
    }

    fn ownership(&self) -> Option<Vec<(JsonPath, Expr)>> {
        let (resource, namespace, name) = self.place()?;
        Some(marks::ownership(&Marked {
            stack: self.maker.stack,
            address: &self.maker.node.address,
            provider: self.provider()?,
            instance: self.maker.instance?,
            resource: &resource,
            namespace: namespace.as_deref(),
            name: &name,
        }))
    }

    /// Attributes of one part are none of the whole.
    fn binds(&self) -> BTreeMap<String, JsonPath> {
        if matches!(self.maker.node.key, Key::Composite { .. }) {
            return BTreeMap::new();
        }
        self.object
            .kind
            .computed()
            .into_iter()
            .map(|(attribute, place)| (attribute.to_owned(), place))
            .collect()
    }
}
