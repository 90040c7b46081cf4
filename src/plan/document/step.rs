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
