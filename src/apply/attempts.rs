//! What a run says about attempts at a restore: which one its plan is at, and what goes before its write (R6). Must not look
//! at anything outside.

use crate::journal::record::Removed;
use crate::journal::status::RunState;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::plan::document::{Pinned, Plan, Step, StepId};
use crate::plan::recovery::objects::{self, BACKUPS, RESTORES};
use crate::world::op::{KubeOp, Op};

/// What goes before a step's write.
pub fn removed(state: &RunState, step: &Step) -> Vec<Removed> {
    let retry = state.retries.get(&step.id);
    retry.map_or_else(Vec::new, |retry| retry.removed.clone())
}

/// The plan with the names of the attempts that its run is at: a Restore of a name that is taken is never made again.
pub fn at_attempts(mut plan: Plan, state: &RunState) -> Plan {
    let Some(recovery) = plan.goal.recovery.clone() else {
        return plan;
    };
    for (id, retry) in &state.retries {
        let mut steps = plan.steps.iter_mut();
        if let Some(step) = steps.find(|step| step.id == *id)
            && let Op::Kube(op) = &mut step.op
            && op.resource == BACKUPS
        {
            let now = format!("{}-{}", op.name, retry.attempt);
            named(op, &now);
            continue;
        }
        let Some(pin) = pin_of(&plan, id).cloned() else {
            continue;
        };
        let first = objects::restore_name(&pin, &recovery.incarnation, 1);
        let now = objects::restore_name(&pin, &recovery.incarnation, retry.attempt);
        for step in &mut plan.steps {
            renamed(step, &first, &now);
        }
    }
    plan
}

fn renamed(step: &mut Step, first: &str, now: &str) {
    if let Op::Kube(op) = &mut step.op
        && op.resource == RESTORES
        && op.name == first
    {
        named(op, now);
    }
    for guard in &mut step.guards {
        if let Guard::Restored(restored) = guard
            && restored.restore == first
        {
            now.clone_into(&mut restored.restore);
        }
    }
}

fn named(op: &mut KubeOp, name: &str) {
    name.clone_into(&mut op.name);
    let place = ["metadata".to_owned(), "name".to_owned()];
    op.body = op.body.clone().with(&place, Expr::Value(name.into()));
}

fn pin_of<'a>(plan: &'a Plan, id: &StepId) -> Option<&'a Pinned> {
    let step = plan.steps.iter().find(|step| step.id == *id)?;
    plan.pinned.iter().find(|pin| pin.of == step.node)
}
