//! Steps of a plan: single effects with their ground, wait and bindings. Must not know nodes.

use crate::model::address::Address;
use crate::model::condition::Wait;
use crate::model::guard::Guard;
use crate::model::json_path::JsonPath;
use crate::world::op::{Ground, Op};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// Id of a step: `ADDR#n`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl Step {
    /// Everything that must be over before it begins: what it needs, and what is to have been tried.
    pub fn waits_for(&self) -> impl Iterator<Item = &StepId> {
        self.after.iter().chain(&self.tried)
    }
}

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
    /// Steps that must have ended before, in whatever way: one that failed stops nobody who only waits for its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<StepId>,
    /// Under which heading it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What it is called, for people; where there is none, its resource and action name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
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
