//! What is decided for one object, and for one resource, before it becomes steps.

use super::document::{
    Action, Blocker, FieldChange, HeldBack, Node, NodeState, Reason, ReasonCode,
};
use crate::kinds::{Difference, Kind, sensitive};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::{Key, ProviderRef};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What is to be done to one object.
pub enum Work {
    /// Nothing: it is blocked.
    Nothing,
    /// POST.
    Create,
    /// Server-side apply and, for what goes, a merge patch.
    Update(Update),
    /// DELETE.
    Delete,
    /// Marks off.
    Release,
    /// Run the cluster's command.
    Run,
}

/// An update.
pub struct Update {
    /// Differences that are written.
    pub taken: Vec<Difference>,
    /// Differences left as they are (`ignore_changes`).
    pub ignored: Vec<Difference>,
    /// Mark members to write, by place.
    pub marks: Vec<JsonPath>,
    /// Marks that stand where they would travel: they go in the write that puts them where they belong.
    pub misplaced: Vec<JsonPath>,
}

/// One object that is not unchanged.
pub struct Decision<'a> {
    /// As it will stand in the plan.
    pub node: Node,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its declaration; none for an orphan.
    pub resource: Option<&'a Resource>,
    /// The live object.
    pub live: Option<&'a Json>,
    /// What is done.
    pub work: Work,
    /// Where it is held back: its entry.
    pub held_back: Option<HeldBack>,
}

/// One object with what is done to it.
pub struct Object<'a> {
    /// Its key.
    pub key: Key,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its declaration; none for an orphan.
    pub resource: Option<&'a Resource>,
    /// The live object.
    pub live: Option<&'a Json>,
    /// What is done.
    pub work: Work,
    /// What must hold beside it when it is done.
    pub guards: Vec<Guard>,
}

/// One resource that is not unchanged: its node, and the objects behind it in the order in which they are written.
pub struct Resolution<'a> {
    /// As it will stand in the plan.
    pub node: Node,
    /// One for a plain kind, several for a composite.
    pub objects: Vec<Object<'a>>,
    /// Where it is held back: why, and what lifts it.
    pub held_back: Vec<HeldBack>,
    /// The declared resource that this was, where its mark names one that has another key now (R29).
    pub heir: Option<Address>,
}

/// Outcome for one declared resource, or for one object of it.
pub enum Outcome<T> {
    /// It is as declared.
    Unchanged,
    /// There is nothing to do and nothing to say: absent on destroy.
    Nothing,
    /// It is not ours: left alone on destroy, with a finding.
    LeftAlone(String),
    /// It is on its way out already, how in words: said, and neither stops anything nor is stopped.
    Leaving(String),
    /// Something is to be done, or stops it.
    Decided(Box<T>),
}

impl<'a> Outcome<Decision<'a>> {
    /// The object is the resource.
    pub fn alone(self) -> Outcome<Resolution<'a>> {
        match self {
            Outcome::Unchanged => Outcome::Unchanged,
            Outcome::Nothing => Outcome::Nothing,
            Outcome::LeftAlone(why) => Outcome::LeftAlone(why),
            Outcome::Leaving(how) => Outcome::Leaving(how),
            Outcome::Decided(decision) => Outcome::Decided(Box::new((*decision).into())),
        }
    }
}

/// Who a decision is about.
#[derive(Clone)]
pub struct Subject {
    /// Address.
    pub address: Address,
    /// Its provider.
    pub provider: Option<ProviderRef>,
    /// Its key.
    pub key: Key,
}

impl<'a> Decision<'a> {
    /// A decision with nothing in it yet.
    pub fn new(subject: Subject, kind: &'static dyn Kind, action: Action, reason: Reason) -> Self {
        let sensitive = sensitive::of_key(kind, &subject.key);
        let node = Node {
            kind: subject.address.kind.clone(),
            address: subject.address,
            previous_address: None,
            former: None,
            provider: subject.provider,
            key: subject.key,
            action,
            importing: false,
            reason,
            before: Json::Null,
            after: Expr::Value(Json::Null),
            sensitive,
            fields: Vec::new(),
            parts: Vec::new(),
            state: NodeState::Planned,
            blockers: Vec::new(),
        };
        Self {
            node,
            kind,
            resource: None,
            live: None,
            work: Work::Nothing,
            held_back: None,
        }
    }

    /// Takes the declaration along, as far as it may be shown.
    pub fn declare(&mut self, resource: &'a Resource) {
        self.resource = Some(resource);
        self.node.sensitive.extend(resource.sensitive.clone());
    }

    /// What it is, as far as it may be shown.
    pub fn was(&mut self, live: &Json) {
        let hidden = self.never_shown();
        self.node.before = sensitive::hidden(self.kind.attributes(live), &hidden);
    }

    /// What it will be, as declared; known values of attributes that are never shown are replaced.
    pub fn becomes(&mut self, body: &Expr) {
        self.node.after = sensitive::hidden_expr(body.clone(), &self.never_shown());
    }

    /// In what it differs, as far as it may be shown.
    pub fn differs(&mut self, differences: &[Difference], live: &Json) {
        self.node.fields = field_changes(differences, live, &self.never_shown());
    }

    /// What is never shown of its object, whatever the configuration says.
    fn never_shown(&self) -> BTreeSet<Vec<String>> {
        sensitive::of_key(self.kind, &self.node.key)
    }

    /// The same, stopped.
    #[must_use]
    pub fn blocked(mut self, blocker: Blocker) -> Self {
        self.block(blocker);
        self
    }

    /// Stops it.
    pub fn block(&mut self, blocker: Blocker) {
        self.node.state = NodeState::Blocked;
        self.node.blockers.push(blocker);
        self.work = Work::Nothing;
    }

    /// Holds it back.
    pub fn hold_back(&mut self, held: HeldBack) {
        self.node.state = NodeState::HeldBack;
        self.held_back = Some(held);
        self.work = Work::Nothing;
    }
}

impl Decision<'_> {
    /// What held its removal back is consented to.
    pub fn consented(&mut self) {
        self.node.state = NodeState::Planned;
        self.held_back = None;
        self.work = Work::Delete;
    }
}

impl<'a> From<Decision<'a>> for Resolution<'a> {
    fn from(decision: Decision<'a>) -> Self {
        let object = Object {
            key: decision.node.key.clone(),
            kind: decision.kind,
            resource: decision.resource,
            live: decision.live,
            work: decision.work,
            guards: Vec::new(),
        };
        Self {
            node: decision.node,
            objects: vec![object],
            held_back: decision.held_back.into_iter().collect(),
            heir: None,
        }
    }
}

impl Object<'_> {
    /// Whether nothing is done to it.
    pub fn rests(&self) -> bool {
        matches!(self.work, Work::Nothing)
    }
    /// Whether it goes.
    pub fn removes(&self) -> bool {
        match self.work {
            Work::Delete | Work::Release => true,
            Work::Nothing | Work::Create | Work::Update(_) | Work::Run => false,
        }
    }
}

impl Resolution<'_> {
    /// Whether all of it goes.
    pub fn removes(&self) -> bool {
        self.objects.iter().all(Object::removes)
    }
    /// Stops it.
    pub fn block(&mut self, blocker: Blocker) {
        self.node.state = NodeState::Blocked;
        self.node.blockers.push(blocker);
        self.rest();
    }
    /// Holds it back.
    pub fn hold_back(&mut self, held: HeldBack) {
        self.node.state = NodeState::HeldBack;
        self.held_back.push(held);
        self.rest();
    }
    /// Nothing is done to any of its objects.
    pub fn rest(&mut self) {
        for object in &mut self.objects {
            object.work = Work::Nothing;
        }
    }
}

/// The differences as the plan shows them; of what stands under the hidden paths only that they are.
pub fn field_changes(
    differences: &[Difference],
    live: &Json,
    hidden: &BTreeSet<Vec<String>>,
) -> Vec<FieldChange> {
    let change = |difference: &Difference| {
        let below = sensitive::below(hidden, &difference.attribute);
        let (before, after) = (difference.before.clone(), difference.after.clone());
        FieldChange {
            path: difference.attribute.clone(),
            before: before.map(|before| sensitive::hidden(before, &below)),
            after: after.map(|after| sensitive::hidden_expr(after, &below)),
            by: super::managers::last_writer(live, &difference.place),
            note: difference.note.as_deref().map(str::to_owned),
        }
    };
    differences.iter().map(change).collect()
}

/// A reason.
pub fn reason(code: ReasonCode, text: impl Into<String>) -> Reason {
    Reason {
        code,
        text: text.into(),
    }
}

/// A blocker.
pub fn blocker(code: &str, text: impl Into<String>, cure: impl Into<String>) -> Blocker {
    Blocker {
        code: code.to_owned(),
        text: text.into(),
        cure: cure.into(),
    }
}
