//! A replacement in a plan: what goes, in which order, and what each step of it does. Must not know how it was decided.

use super::{Action, Node, Step};
use crate::model::identity::Key;
use crate::world::op::{KubeVerb, Op};
use serde::{Deserialize, Serialize};

/// The object whose place another one takes (R29).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Its natural key.
    pub key: Key,
    /// What becomes of it.
    pub parting: Parting,
    /// What is done first.
    pub order: ReplaceOrder,
    /// Attribute paths that force it.
    pub forced_by: Vec<Vec<String>>,
}

/// What becomes of an object whose place another one takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// It is deleted.
    Delete,
    /// It was adopted, so it is released (R24).
    Release,
}

impl Parting {
    /// The same as an action.
    pub const fn action(self) -> Action {
        match self {
            Parting::Delete => Action::Delete,
            Parting::Release => Action::Forget,
        }
    }
}

/// Which half of a replacement comes first (R29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// The new object is made and done before the old one goes.
    CreateFirst,
    /// The old one goes first: both at once would write to one place.
    RemoveFirst,
}

impl Node {
    /// What a step of this node does: half of a replacement, else what the node says.
    pub fn doing(&self, step: &Step) -> Action {
        match (self.action, &step.op) {
            (Action::Replace, Op::Kube(op)) => match op.verb {
                KubeVerb::Create => Action::Create,
                KubeVerb::Apply | KubeVerb::Remove => Action::Update,
                KubeVerb::Delete => Action::Delete,
                KubeVerb::Release => Action::Forget,
            },
            (action, Op::Kube(_) | Op::Local(_) | Op::Await(_)) => action,
        }
    }

    /// What is done to it, one after another: both halves of a replacement.
    pub fn halves(&self) -> Vec<Action> {
        match (self.action, &self.former) {
            (Action::Replace, Some(former)) => {
                let leaves = former.parting.action();
                match former.order {
                    ReplaceOrder::CreateFirst => vec![Action::Create, leaves],
                    ReplaceOrder::RemoveFirst => vec![leaves, Action::Create],
                }
            }
            (action, _) => vec![action],
        }
    }
}
