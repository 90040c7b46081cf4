//! Whether a step has the form that its operation asks for: ground, body, places, guards. Pure. Must not know nodes.

use crate::goal::GoalMode;
use crate::model::expression::Expr;
use crate::plan::document::{Plan, Step};
use crate::world::op::{Await, Ground, KubeOp, KubeVerb};
use serde_json::Value as Json;

/// Ground, body and places of a write, as far as the verb alone tells.
///
/// # Errors
/// What does not fit, in words.
pub fn check(plan: &Plan, step: &Step, op: &KubeOp) -> Result<(), &'static str> {
    check_ground(plan, step)?;
    let is_bound = match (&step.ground, op.verb) {
        (Ground::Absent | Ground::AbsentAtFirstTouch | Ground::AbsentOrKept, KubeVerb::Create)
        | (Ground::AnyAtFirstTouch, KubeVerb::Create | KubeVerb::Apply | KubeVerb::Remove) => true,
        (Ground::Present { uid, .. }, _) => op.verb != KubeVerb::Create && !uid.is_empty(),
        (Ground::OfStep(_), _) => op.verb != KubeVerb::Create,
        (
            Ground::Absent
            | Ground::AbsentAtFirstTouch
            | Ground::AbsentOrKept
            | Ground::AnyAtFirstTouch,
            _,
        ) => false,
    };
    if !is_bound {
        return Err("its ground is not one of its write");
    }
    let has_body = op.body != Expr::Value(Json::Null);
    let fits = match op.verb {
        KubeVerb::Create => has_body && op.takes.is_empty(),
        KubeVerb::Apply => has_body && !op.takes.is_empty(),
        KubeVerb::Remove => !op.takes.is_empty(),
        KubeVerb::Delete | KubeVerb::Release => !has_body && op.takes.is_empty(),
    };
    match fits {
        true => Ok(()),
        false => Err("its body is not one of its write"),
    }
}

/// What only a recovery may stand on: anything that is there, and what an earlier step of the same run made of this very
/// object.
fn check_ground(plan: &Plan, step: &Step) -> Result<(), &'static str> {
    let made_by = match &step.ground {
        Ground::Absent | Ground::AbsentAtFirstTouch | Ground::Present { .. } => return Ok(()),
        Ground::AnyAtFirstTouch | Ground::AbsentOrKept => None,
        Ground::OfStep(id) => Some(id),
    };
    if plan.goal.mode != GoalMode::Recover {
        return Err("only a recovery stands on that ground");
    }
    let Some(id) = made_by else {
        return Ok(());
    };
    let before = plan.steps.iter().take_while(|other| other.id != step.id);
    let mut makers = before.filter(|other| other.id.0 == *id);
    let is_same =
        |maker: &Step| maker.op.key() == step.op.key() && maker.op.provider() == step.op.provider();
    match makers.any(is_same) {
        true => Ok(()),
        false => Err("the step whose object it writes does not come before it"),
    }
}

/// What writes nothing asks something, of somebody who can be asked.
///
/// # Errors
/// What does not fit, in words.
pub fn check_await(plan: &Plan, step: &Step, gate: &Await) -> Result<(), &'static str> {
    if !plan.providers.contains_key(&gate.provider) {
        return Err("the provider that it asks is not in the plan");
    }
    if step.guards.is_empty() || step.wait.is_some() || !step.binds.is_empty() {
        return Err("it waits for something else than its guards");
    }
    match step.ground {
        Ground::AnyAtFirstTouch => Ok(()),
        Ground::Absent
        | Ground::AbsentAtFirstTouch
        | Ground::AbsentOrKept
        | Ground::OfStep(_)
        | Ground::Present { .. } => Err("it writes nothing and has a ground"),
    }
}
