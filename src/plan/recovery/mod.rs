//! The steps of a rebuild: what is declared is made in a bare cluster as it is anywhere, and between its steps stand
//! those that bring the data back from the pinned points. Decides nothing about points. Pure.
//!
//! | file | holds |
//! |---|---|
//! | `first` | the configuration as a rebuild makes it first |
//! | `role` | what each node is to the rebuild |
//! | `lines` | the steps of each node, in their order |
//! | `set_back` | a location as it is declared |
//! | `gates` | what the steps of a point wait for |
//! | `edges` | which step waits for which of another node |
//! | `objects` | the record, Restores and Backups |
//! | `part` | what a step of a recovery is to its node: asked of every plan that is read |

mod edges;
pub mod first;
mod gates;
mod lines;
pub mod objects;
pub mod part;
mod role;
mod set_back;

use super::decision::{Resolution, blocker, reason};
use super::document::{Action, Node, NodeState, ReasonCode, Step};
use super::input::{Input, Recovering};
use super::order::{self, Circle};
use crate::goal::graph::Graph;
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::{Key, ProviderRef};
use crate::model::recovery::Turn;
use lines::{Line, Lines};
use objects::{CONFIG_MAPS, RECORD};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Kind of the node that is the recovery itself.
pub const KIND: &str = "recovery";

/// Headings of a recovery's steps, in their order.
pub mod stage {
    /// Nothing is written yet.
    pub const PROOF: &str = "proof";
    /// The cluster, and the record in it.
    pub const CLUSTER: &str = "cluster";
    /// What is declared and comes from no backup.
    pub const COMPONENTS: &str = "components";
    /// The server that restores, and its locations.
    pub const VELERO: &str = "velero";
    /// What belongs to the whole cluster, and what all applications need.
    pub const INFRA: &str = "infra";
    /// One application after another.
    pub const APPLICATIONS: &str = "applications";
    /// Writable, backed up, awake, on schedule.
    pub const NORMAL: &str = "back to normal";
}

/// Heading of the restore of a turn.
fn heading(turn: Turn) -> &'static str {
    match turn {
        Turn::Infra => stage::INFRA,
        Turn::Applications => stage::APPLICATIONS,
        Turn::Quiet => stage::NORMAL,
    }
}

/// A rebuild to be planned.
pub struct Rebuild<'a> {
    /// The plan's input.
    pub input: &'a Input<'a>,
    /// The recovery.
    pub recovering: &'a Recovering,
    /// What each declared resource is resolved to.
    pub resolutions: &'a [Resolution<'a>],
    /// What needs what.
    pub graph: &'a Graph,
}

/// Its steps, and the node of those that belong to no resource.
pub struct Rebuilt {
    /// The recovery itself.
    pub node: Node,
    /// Every step, in an order that respects what each waits for.
    pub steps: Vec<Step>,
}

impl Rebuild<'_> {
    /// The steps of everything that is not stopped.
    ///
    /// # Errors
    /// Where steps wait for each other in a circle.
    pub fn steps(&self) -> Result<Rebuilt, Circle> {
        let lines = Lines::of(self);
        let node = self.node(&lines.recovery);
        let steps = edges::connected(lines, self.graph);
        let steps = order::sorted(steps)?;
        Ok(Rebuilt { node, steps })
    }

    /// The provider that is rebuilt: that of Velero's server, else the one that is lost.
    fn provider(&self) -> Option<&ProviderRef> {
        self.recovering.block.lost.iter().next()
    }

    /// Namespace of the Velero that restores.
    fn velero(&self) -> &str {
        let first = self.recovering.pins.first();
        first.map_or("velero", |pin| pin.velero_namespace.as_str())
    }

    fn node(&self, line: &Line) -> Node {
        let name = &self.recovering.block.name;
        Node {
            address: line.address.clone(),
            previous_address: None,
            kind: KIND.to_owned(),
            provider: line.provider.clone(),
            key: Key::Kube {
                resource: CONFIG_MAPS,
                namespace: Some(self.velero().to_owned()),
                name: RECORD.to_owned(),
            },
            action: Action::Create,
            importing: false,
            reason: reason(
                ReasonCode::ProviderDeferred,
                format!("recovery \"{name}\" is recorded in the cluster that it rebuilds"),
            ),
            former: None,
            before: Json::Null,
            after: Expr::Value(Json::Null),
            sensitive: BTreeSet::new(),
            fields: Vec::new(),
            parts: Vec::new(),
            state: NodeState::Deferred,
            blockers: Vec::new(),
        }
    }
}

/// Address of the node that is a recovery itself.
pub fn address(name: &str) -> Address {
    Address::new(KIND, name)
}

/// Stops what has no point, and a server that could restore nothing.
pub fn block(resolutions: &mut [Resolution<'_>], input: &Input<'_>) {
    let Some(recovering) = input.recovery else {
        return;
    };
    for resolution in resolutions {
        let address = resolution.node.address.clone();
        for blocker in recovering.blockers.get(&address).into_iter().flatten() {
            resolution.block(blocker.clone());
        }
        let declared = &input.declared.resources;
        let server = declared
            .iter()
            .find(|one| one.address == address && one.address.kind == "velero_server");
        let missing = server.map(first::missing_controllers).unwrap_or_default();
        if !missing.is_empty() {
            resolution.block(blocker(
                "restores-nothing",
                format!(
                    "The declared server runs without {}: nothing could be restored with it.",
                    missing.join(", ")
                ),
                "Take that out of `args.disable-controllers`, then plan again.",
            ));
        }
    }
}
