//! The ground of a step that writes what an earlier step of the same run left: its UID stands in the journal, whoever goes
//! on with the run. Pure. Must not know how the object is looked at.

use crate::journal::status::{RunState, StepStatus};
use crate::model::json_path::Projection;
use crate::plan::document::{Step, StepId};
use crate::world::op::{Ground, Op};
use std::borrow::Cow;

/// The step with that object for its ground. Where the journal tells of none it stays as it is, and has no ground.
pub fn footed<'p>(step: &'p Step, state: &RunState) -> Cow<'p, Step> {
    let Ground::OfStep(maker) = &step.ground else {
        return Cow::Borrowed(step);
    };
    let made = state
        .steps
        .get(&StepId(maker.clone()))
        .filter(|made| made.status == StepStatus::Done)
        .and_then(|made| made.uid.clone());
    let Some(uid) = made else {
        return Cow::Borrowed(step);
    };
    let include = match &step.op {
        Op::Kube(op) => op.takes.clone(),
        Op::Local(_) | Op::Await(_) => Vec::new(),
    };
    let ground = Ground::Present {
        uid,
        deleting: false,
        // Its fields are what this run made of them: nobody approved them (`Touch::Again`).
        owned: String::new(),
        projection: Projection {
            include,
            exclude: Vec::new(),
        },
    };
    Cow::Owned(Step {
        ground,
        ..step.clone()
    })
}
