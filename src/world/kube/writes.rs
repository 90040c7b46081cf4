//! Writes to the API and their rehearsals. An effect is done, certainly not done, or in doubt: an answer that did not come,
//! or that came from a server in trouble, may have had its effect. Must not decide what follows.

use super::answers;
use super::client::{Client, NoReply, Reply};
use super::requests::{self, Force, Mode, Request, Safety};
use crate::model::identity::FIELD_MANAGER;
use crate::world::ReadVersion;
use crate::world::op::{KubeOp, KubeVerb};
use crate::world::query::{Conflict, DryRun, Effect, FailureClass, Why};
use serde_json::Value as Json;

/// Release reads and patches: somebody may write in between, and then it reads again.
const RELEASE_ROUNDS: u32 = 3;

impl Client {
    /// Performs a write once. `body` has no holes left.
    pub async fn perform(&self, op: &KubeOp, body: Json, read: Option<&ReadVersion>) -> Effect {
        // An empty UID binds to nothing: the server takes it for "any object of this name".
        let read = read.filter(|read| !read.uid.is_empty() && !read.resource_version.is_empty());
        let request = match (op.verb, read) {
            (KubeVerb::Create, _) => requests::create(op, body, Mode::Real),
            (KubeVerb::Apply, Some(read)) => {
                requests::apply(op, body, Some(read), (Mode::Real, Force::Take))
            }
            (KubeVerb::Remove, Some(read)) => requests::remove(op, &body, read, Mode::Real),
            (KubeVerb::Delete, Some(read)) => requests::delete(op, read),
            (KubeVerb::Release, Some(read)) => return self.release(op, read).await,
            (KubeVerb::Apply | KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release, None) => {
                return Effect::Refused(unread(op));
            }
        };
        self.effect(&request).await
    }

    async fn effect(&self, request: &Request) -> Effect {
        match self.ask(request).await {
            Err(NoReply::Unsent(why)) => Effect::Refused(why),
            Err(NoReply::Lost(why)) => Effect::InDoubt(why),
            Ok(reply) => effect(request, reply),
        }
    }

    async fn release(&self, op: &KubeOp, read: &ReadVersion) -> Effect {
        let look = requests::get(&op.resource, op.namespace.as_deref(), &op.name);
        let mut round = 0;
        loop {
            round += 1;
            let live = match self.object(&look).await {
                Ok(live) => live,
                Err((why, _)) => return Effect::Refused(why),
            };
            let uid = live
                .pointer("/metadata/uid")
                .and_then(Json::as_str)
                .unwrap_or_default();
            if uid != read.uid {
                return Effect::Refused(Why {
                    class: FailureClass::Conflict,
                    message: format!(
                        "{}: another object has this name now (uid {uid}, not {})",
                        look.title(),
                        read.uid
                    ),
                });
            }
            let Some(release) = requests::release(op, &live, read) else {
                return Effect::Done(live);
            };
            match self.effect(&release).await {
                // A failed `test` is 422 with these words and nothing else: the object changed between the two requests.
                Effect::Refused(why) if why.message.contains("due to an error in our request") => {
                    if round == RELEASE_ROUNDS {
                        return Effect::Refused(Why {
                            class: FailureClass::Conflict,
                            ..why
                        });
                    }
                }
                effect @ (Effect::Refused(_) | Effect::Done(_) | Effect::InDoubt(_)) => {
                    return effect;
                }
            }
        }
    }

    /// What the server would make of a write, and which fields others hold.
    pub async fn dry_run(&self, op: &KubeOp, body: Json, read: Option<&ReadVersion>) -> DryRun {
        match (op.verb, read) {
            (KubeVerb::Create, _) => {
                self.rehearse(requests::create(op, body, Mode::DryRun), Vec::new())
                    .await
            }
            (KubeVerb::Remove, Some(read)) => {
                self.rehearse(requests::remove(op, &body, read, Mode::DryRun), Vec::new())
                    .await
            }
            // Unbound it rehearses the change itself; whether the ground still stands is asked before the write.
            (KubeVerb::Apply, read) => self.rehearse_apply(op, body, read).await,
            (KubeVerb::Remove, None) => DryRun::Skipped(unread(op)),
            (KubeVerb::Delete | KubeVerb::Release, _) => DryRun::Skipped(Why {
                class: FailureClass::Invalid,
                message: "a delete or release has no fields to confirm".to_owned(),
            }),
        }
    }

    /// First without force, to learn whose fields it would take; most often there are none and that was all.
    async fn rehearse_apply(&self, op: &KubeOp, body: Json, read: Option<&ReadVersion>) -> DryRun {
        let asking = repeatable(requests::apply(
            op,
            body.clone(),
            read,
            (Mode::DryRun, Force::Ask),
        ));
        match self.ask(&asking).await {
            Ok(reply) => match answers::conflicts(&reply) {
                Some(conflicts) => {
                    let foreign = conflicts
                        .into_iter()
                        .filter(|conflict| conflict.manager != FIELD_MANAGER)
                        .collect();
                    self.rehearse(
                        requests::apply(op, body, read, (Mode::DryRun, Force::Take)),
                        foreign,
                    )
                    .await
                }
                None => rehearsal(&asking, reply, Vec::new()),
            },
            Err(no_reply) => DryRun::Unknown(no_reply.into_why()),
        }
    }

    async fn rehearse(&self, request: Request, conflicts: Vec<Conflict>) -> DryRun {
        let request = repeatable(request);
        match self.ask(&request).await {
            Ok(reply) => rehearsal(&request, reply, conflicts),
            Err(no_reply) => DryRun::Unknown(no_reply.into_why()),
        }
    }
}

/// A rehearsal stores nothing, so it may be tried again.
fn repeatable(request: Request) -> Request {
    Request {
        safety: Safety::Repeatable,
        ..request
    }
}

fn effect(request: &Request, reply: Reply) -> Effect {
    let (why, reply) = match answers::fulfilled(request, reply) {
        Ok(object) => return Effect::Done(object),
        Err(failure) => failure,
    };
    // A success that is none says nothing of what was done. A 5xx may come after the effect: a store that answered too
    // late, a proxy that gave up waiting.
    let is_in_trouble = reply.status.is_server_error() && why.class == FailureClass::Unavailable;
    if reply.status.is_success() || is_in_trouble {
        Effect::InDoubt(why)
    } else {
        Effect::Refused(why)
    }
}

fn rehearsal(request: &Request, reply: Reply, conflicts: Vec<Conflict>) -> DryRun {
    let (why, reply) = match answers::fulfilled(request, reply) {
        Ok(object) => return DryRun::Object { object, conflicts },
        Err((why, reply)) if reply.status.is_success() => return DryRun::Unknown(why),
        Err(failure) => failure,
    };
    // A namespace that the same plan makes is not there yet; a webhook may not know how to rehearse.
    if answers::says_namespace_is_absent(&reply) || why.message.contains("does not support dry run")
    {
        return DryRun::Skipped(why);
    }
    match why.class {
        FailureClass::Forbidden => DryRun::Forbidden(why),
        FailureClass::Invalid | FailureClass::Conflict | FailureClass::NotFound => {
            DryRun::Refused(why)
        }
        FailureClass::Unauthenticated
        | FailureClass::Unreachable
        | FailureClass::Untrusted
        | FailureClass::Unavailable
        | FailureClass::Malformed
        | FailureClass::Unsupported
        | FailureClass::Program
        | FailureClass::Value
        | FailureClass::Wait
        | FailureClass::Ground
        | FailureClass::WrongIdentity => DryRun::Unknown(why),
    }
}

fn unread(op: &KubeOp) -> Why {
    Why {
        class: FailureClass::Ground,
        message: format!(
            "{} {}: this write needs the read on which its ground was checked",
            op.resource.title(),
            op.name
        ),
    }
}
