//! Steps of a plan: single effects with their ground, wait and bindings. Must not know nodes.

use crate::model::address::Address;
use crate::model::condition::Wait;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::model::json_path::{JsonPath, Projection};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// Id of a step: `ADDR#n`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Node it belongs to.
    pub node: Address,
    /// What is done.
    pub op: Op,
    /// Steps that must be done before.
    #[serde(default)]
    pub after: Vec<StepId>,
    /// What must still be true just before the first write (R35).
    pub ground: Ground,
    /// What must hold beside the object, asked again just before the write (R35).
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// What makes it done.
    #[serde(default)]
    pub wait: Option<Wait>,
    /// Ordered alternatives (R34); none in this version's kinds.
    #[serde(default)]
    pub alternatives: Vec<Json>,
    /// Computed attributes bound when it is done: attribute path in the language -> path in the object.
    #[serde(default)]
    pub binds: BTreeMap<String, JsonPath>,
}

/// What the approver saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// No such object.
    Absent,
    /// No such object when its provider is first reached (R31).
    AbsentAtFirstTouch,
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

/// One effect on the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A write to a Kubernetes API.
    Kube(KubeOp),
    /// A program run by sk-dr.
    Local(LocalOp),
}

impl Op {
    /// Where it is written to; nowhere by a program.
    pub fn provider(&self) -> Option<&ProviderRef> {
        match self {
            Op::Kube(op) => Some(&op.provider),
            Op::Local(_) => None,
        }
    }

    /// Key of the object that it is about; none for a program.
    pub fn key(&self) -> Option<Key> {
        match self {
            Op::Kube(op) => Some(Key::Kube {
                resource: op.resource.clone(),
                namespace: op.namespace.clone(),
                name: op.name.clone(),
            }),
            Op::Local(_) => None,
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
