//! What a step of a recovery is to its node, where it is none of those that the node's action is made of. A plan that is
//! read may hold no other: what people see of such a step is told from the step itself. Pure.

use super::objects::{
    BACKUPS, CHANGES, CRON_JOBS, NAMESPACES, RESTORES, cluster_resources, is_changes, is_record,
};
use super::{KIND, stage};
use crate::goal::GoalMode;
use crate::model::expression::Expr;
use crate::plan::document::{Node, Pinned, PinnedObject, Plan, Step};
use crate::plan::steps::step_id;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use serde_json::{Value as Json, json};

/// A step that a recovery adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Waits, and writes nothing.
    Gate,
    /// Velero's namespace, the record, an entry in it, or what Velero is to change.
    Record,
    /// A Restore of a pinned point.
    Restore,
    /// A CronJob that goes on.
    Wake,
    /// What stands before Services, once they answer.
    PutBack,
    /// A backup at once.
    Backup,
    /// A location as it is declared.
    SetBack,
}

/// What a step is, where a recovery adds it.
pub fn part(plan: &Plan, node: &Node, step: &Step) -> Option<Part> {
    match plan.goal.mode {
        GoalMode::Recover => {}
        GoalMode::Converge | GoalMode::Destroy => return None,
    }
    match &step.op {
        Op::Await(_) => Some(Part::Gate),
        Op::Local(_) => None,
        Op::Kube(op) => kube(plan, node, step, op),
    }
}

fn kube(plan: &Plan, node: &Node, step: &Step, op: &KubeOp) -> Option<Part> {
    let is_its_own = node.kind == KIND;
    match op.verb {
        KubeVerb::Create
            if is_its_own && (op.resource == NAMESPACES || is_record(op) || is_changes(op)) =>
        {
            Some(Part::Record)
        }
        KubeVerb::Remove if op.resource == CRON_JOBS => {
            let title = format!(
                "{}/{}",
                op.namespace.as_deref().unwrap_or_default(),
                op.name
            );
            let mut pins = plan.pinned.iter();
            let pin = pins.find(|pin| pin.of == node.address)?;
            (pin.cron_jobs.contains(&title) && op.takes.iter().all(is_suspend))
                .then_some(Part::Wake)
        }
        KubeVerb::Remove if is_record(op) && op.takes.iter().all(is_entry) => Some(Part::Record),
        KubeVerb::Create if op.resource == RESTORES => {
            let mut pins = plan.pinned.iter();
            let pin = pins.find(|pin| pin.of == node.address)?;
            is_restore_of(pin, &op.body).then_some(Part::Restore)
        }
        KubeVerb::Create if op.resource == BACKUPS => Some(Part::Backup),
        KubeVerb::Create if step.ground == Ground::AbsentOrKept => {
            let mut pins = plan.pinned.iter().filter(|pin| pin.of == node.address);
            let object = pins.find_map(|pin| {
                let mut all = pin.afterwards.iter();
                all.find(|one| one.resource == op.resource && one.name == op.name)
            })?;
            is_of(object, &op.body).then_some(Part::PutBack)
        }
        KubeVerb::Apply => {
            let is_first = step.ground == Ground::OfStep(step_id(&node.address, 1).0);
            let is_normal = step.stage.as_deref() == Some(stage::NORMAL);
            (is_first && is_normal && step.op.key().as_ref() == Some(&node.key))
                .then_some(Part::SetBack)
        }
        KubeVerb::Create | KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release => None,
    }
}

fn is_entry(place: &crate::model::json_path::JsonPath) -> bool {
    place.0.len() == 2 && place.0.first().is_some_and(|first| first == "data")
}

fn is_suspend(place: &crate::model::json_path::JsonPath) -> bool {
    place.0 == ["spec", "suspend"]
}

/// Whether everything in a body but its metadata, which bears the step's mark, is as the tarball holds it.
fn is_of(object: &PinnedObject, body: &Expr) -> bool {
    let members = object.body.as_object().into_iter().flatten();
    let mut members = members.filter(|(name, _)| *name != "metadata");
    members.all(|(name, value)| body.member(name) == Some(Expr::Value(value.clone())))
}

/// Whether a Restore is of the point that the plan shows, and of nothing else.
fn is_restore_of(pin: &Pinned, body: &Expr) -> bool {
    let said = |name: &str| body.at(&["spec".to_owned(), name.to_owned()]);
    let is = |name: &str, wanted: Json| said(name) == Some(Expr::Value(wanted));
    is("backupName", json!(pin.backup))
        && is("includedNamespaces", json!(pin.namespaces))
        && is("existingResourcePolicy", json!("none"))
        && said("namespaceMapping").is_none()
        && is(
            "resourceModifier",
            json!({"kind": "ConfigMap", "name": CHANGES}),
        )
        && said("includeClusterResources")
            == cluster_resources(pin.turn).map(|all| Expr::Value(all.into()))
}
