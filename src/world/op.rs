//! Operations: single effects on the outside, as data, and the ground that each stands on. Must not know steps or plans.

use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::model::json_path::{JsonPath, Projection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One effect on the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A write to a Kubernetes API.
    Kube(KubeOp),
    /// A program run by sk-dr.
    Local(LocalOp),
    /// Nothing is written: it is waited for what guards the step.
    Await(Await),
}

impl Op {
    /// Where it is written to, or asked; nowhere by a program.
    pub fn provider(&self) -> Option<&ProviderRef> {
        match self {
            Op::Kube(op) => Some(&op.provider),
            Op::Local(_) => None,
            Op::Await(wait) => Some(&wait.provider),
        }
    }

    /// Key of the object that it is about; none for a program, and none for what writes nothing.
    pub fn key(&self) -> Option<Key> {
        match self {
            Op::Kube(op) => Some(Key::Kube {
                resource: op.resource.clone(),
                namespace: op.namespace.clone(),
                name: op.name.clone(),
            }),
            Op::Local(_) | Op::Await(_) => None,
        }
    }

    /// Whether it writes anything: what only waits changes nothing outside.
    pub fn writes(&self) -> bool {
        match self {
            Op::Kube(_) | Op::Local(_) => true,
            Op::Await(_) => false,
        }
    }

    /// Everything in it that may hold a hole or a secret.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Op::Kube(op) => vec![&op.body],
            Op::Local(op) => {
                let command = op.command.iter().chain(op.environment.values());
                command.chain([&op.kubeconfig]).collect()
            }
            Op::Await(_) => Vec::new(),
        }
    }
}

/// A write to a Kubernetes API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubeOp {
    /// Where.
    pub provider: ProviderRef,
    /// How.
    pub verb: KubeVerb,
    /// Resource type.
    pub resource: KubeResource,
    /// Namespace, where namespaced.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Body: the whole object for `create`; the fields taken for `apply`; lists written whole for `remove`; else `null`.
    pub body: Expr,
    /// `apply`: the paths it takes. `remove`: the paths it sets to null.
    #[serde(default)]
    pub takes: Vec<JsonPath>,
}

/// How an object is written; see `world/kube` for the exact requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KubeVerb {
    /// POST; an existing object is never adopted.
    Create,
    /// Server-side apply with force, bound to uid and resourceVersion of the read before.
    Apply,
    /// Merge patch at `takes`, bound likewise: null, or the list that stands in the body there.
    Remove,
    /// DELETE with a uid precondition; orphaning dependents.
    Delete,
    /// Marks and our managedFields entries go; the object stays as it is.
    Release,
}

/// A program run by sk-dr.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalOp {
    /// Program and arguments, no shell.
    pub command: Vec<Expr>,
    /// Variables added to its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, Expr>,
    /// Kubeconfig that proves the cluster is there.
    pub kubeconfig: Expr,
}

/// No effect of ours: done once every guard of its step holds, which is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Await {
    /// Who is asked.
    pub provider: ProviderRef,
    /// What is waited for, for people.
    pub text: String,
    /// Seconds that it is waited for, at most.
    pub limit_s: u64,
}

/// What the approver saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// No such object.
    Absent,
    /// No such object when its provider is first reached (R31).
    AbsentAtFirstTouch,
    /// Nothing is presupposed: what is there when the step's turn comes, restored or made by others, is taken over by a
    /// server-side apply of the same body, and what is not there is made (R24, R31).
    AnyAtFirstTouch,
    /// Nothing is presupposed: what is not there is made, and what is there stays as it is, whoever made it.
    AbsentOrKept,
    /// The object as this step of the same run left it: `ADDR#n`. Its UID is in the journal.
    OfStep(String),
    /// This object, with these owned fields.
    Present {
        /// Its UID.
        uid: String,
        /// Whether it is being deleted.
        deleting: bool,
        /// sha256 of its owned fields.
        owned: String,
        /// Which fields those are.
        projection: Projection,
    },
}
