//! What each node of a rebuild is to it: whether it comes before the Restores, from one of them, or last.

use super::super::decision::Resolution;
use super::super::document::{Pinned, Step};
use super::{Rebuild, heading, stage};
use crate::model::identity::Key;
use crate::world::op::{KubeVerb, Op};
use std::collections::BTreeSet;

/// What a line is to the rebuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The cluster itself.
    Cluster,
    /// In no backup, and needed by nothing that is: made before the first Restore.
    Component,
    /// A server of Velero.
    Server,
    /// A location that holds a point.
    Location,
    /// An application that comes back from the point of this number.
    Point(usize),
    /// Held by the points of these numbers, and converged behind their Restores (R9).
    Held(BTreeSet<usize>),
    /// In a namespace of one of these points and in no backup.
    Behind(BTreeSet<usize>),
    /// Backs up, or is backed up to: made last.
    Last,
}

impl Role {
    /// Heading of its own steps.
    pub(super) fn stage(&self, pins: &[Pinned]) -> &'static str {
        match self {
            Role::Cluster => stage::CLUSTER,
            Role::Component => stage::COMPONENTS,
            Role::Server | Role::Location => stage::VELERO,
            Role::Held(numbers) | Role::Behind(numbers) => {
                let turns = numbers
                    .iter()
                    .filter_map(|number| Some(pins.get(*number)?.turn));
                heading(turns.max().unwrap_or_default())
            }
            Role::Point(_) | Role::Last => stage::NORMAL,
        }
    }
}

impl Rebuild<'_> {
    /// What a Restore brings, or the recovery itself made, is taken over.
    pub(super) fn may_be_there(&self, role: &Role, step: &Step) -> bool {
        let is_held = matches!(role, Role::Held(_));
        let is_namespace = matches!(step.op.key(), Some(Key::Kube { resource, name, .. })
            if resource.group.is_empty() && resource.plural == "namespaces" && name == self.velero());
        let creates = match &step.op {
            Op::Kube(op) => op.verb == KubeVerb::Create,
            Op::Local(_) | Op::Await(_) => false,
        };
        creates && (is_held || is_namespace)
    }

    /// What a node is to the rebuild.
    pub(super) fn role(&self, resolution: &Resolution<'_>) -> Role {
        let node = &resolution.node;
        let pins = &self.recovering.pins;
        if let Some(number) = pins.iter().position(|pin| pin.of == node.address) {
            return Role::Point(number);
        }
        let holds_a_point = pins.iter().any(|pin| pin.location == node.address);
        match node.kind.as_str() {
            "kubernetes_cluster" => return Role::Cluster,
            "velero_server" => return Role::Server,
            "velero_backup_storage_location" if holds_a_point => return Role::Location,
            "velero_backup_storage_location" | "velero_application" | "velero_schedule" => {
                return Role::Last;
            }
            _other => {}
        }
        let numbers = |is: &dyn Fn(&Pinned) -> bool| -> BTreeSet<usize> {
            let with_numbers = pins.iter().enumerate();
            with_numbers
                .filter(|(_, pin)| is(pin))
                .map(|(at, _)| at)
                .collect()
        };
        let keys: Vec<&Key> = resolution
            .objects
            .iter()
            .map(|object| &object.key)
            .collect();
        let held = numbers(&|pin| keys.iter().any(|key| is_held(pin, key)));
        let behind = numbers(&|pin| keys.iter().any(|key| is_within(pin, key)));
        match (held.is_empty(), behind.is_empty()) {
            (false, _) => Role::Held(held),
            (true, false) => Role::Behind(behind),
            (true, true) => Role::Component,
        }
    }
}

/// Whether a point holds an object.
fn is_held(pin: &Pinned, key: &Key) -> bool {
    match key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => {
            let is_namespace = resource.group.is_empty() && resource.plural == "namespaces";
            let title = match resource.group.as_ref() {
                "" => resource.plural.to_string(),
                group => format!("{}.{group}", resource.plural),
            };
            // What belongs to the whole cluster and is declared is made beforehand: a Restore keeps what is there.
            (is_namespace && pin.namespaces.contains(name))
                || (namespace.is_some() && pin.holds(&title, namespace.as_deref(), name))
        }
        Key::Cluster { .. } | Key::Composite { .. } => false,
    }
}

/// Whether an object is in a namespace that a point brings back.
fn is_within(pin: &Pinned, key: &Key) -> bool {
    match key {
        Key::Kube { namespace, .. } => namespace
            .as_ref()
            .is_some_and(|namespace| pin.namespaces.contains(namespace)),
        Key::Cluster { .. } | Key::Composite { .. } => false,
    }
}
