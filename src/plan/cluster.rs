//! What is decided for a cluster that a command makes. Must not know what is in the cluster.

use super::decision::{Decision, Outcome, Subject, Work, blocker, reason};
use super::declared::Context;
use super::document::{Action, ReasonCode};
use super::queries::cluster_query;
use crate::goal::GoalMode;
use crate::kinds::Kind;
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::world::query::Answer;
use serde_json::Value as Json;

/// A cluster made by a command: kubeconfig missing is absent, an API that is silent is unknown (surface, section 1).
pub fn decide<'a>(
    context: &Context<'a>,
    resource: &'a Resource,
    kind: &'static dyn Kind,
    subject: Subject,
) -> Outcome<Decision<'a>> {
    if context.input.goal.mode == GoalMode::Destroy {
        return Outcome::LeftAlone(
            "a cluster made by a command is released, nothing runs".to_owned(),
        );
    }
    let mut decision = Decision::new(
        subject,
        kind,
        Action::Create,
        reason(ReasonCode::Absent, "its kubeconfig does not exist"),
    );
    decision.resource = Some(resource);
    decision.node.after = resource.body.clone();
    decision.work = Work::Run;
    let answer = cluster_query(resource).and_then(|query| context.input.live.answer(&query));
    Outcome::Decided(Box::new(match answer {
        Some(Answer::Present(_)) => return Outcome::Unchanged,
        Some(Answer::Absent | Answer::NotServed) if looks_like_a_loss(context, resource) => decision.blocked(blocker(
            "loss",
            "An earlier run made this cluster and its kubeconfig is gone: this looks like a loss.",
            "Bring the kubeconfig back, or, to make it again on purpose, remove it from the inventory by giving it another name.",
        )),
        Some(Answer::Absent | Answer::NotServed) => decision,
        Some(Answer::Unknown(why)) => unknown_cluster(decision, &why.message),
        None => unknown_cluster(decision, "it was not asked"),
    }))
}

fn unknown_cluster<'a>(mut decision: Decision<'a>, message: &str) -> Decision<'a> {
    decision.node.action = Action::NoOp;
    decision.node.after = Expr::Value(Json::Null);
    decision.node.reason = reason(
        ReasonCode::Unknown,
        "its kubeconfig exists and its API does not answer",
    );
    decision.blocked(blocker(
        "unknown",
        message,
        "Start it, or remove its kubeconfig if it is gone for good.",
    ))
}

/// A record of it and nothing there. A recovery has declared the loss (R2).
fn looks_like_a_loss(context: &Context<'_>, resource: &Resource) -> bool {
    match context.input.goal.mode {
        GoalMode::Recover => return false,
        GoalMode::Converge | GoalMode::Destroy => {}
    }
    let name = resource.text("name").unwrap_or_default();
    context
        .input
        .inventory
        .is_some_and(|inventory| inventory.made_clusters.contains_key(&name))
}
