//! What must hold beside an object when it is written: which questions tell, and what the answers say. The plan asks, and
//! apply asks again just before the write (R35). An answer that is missing or unknown is never taken for "nothing runs".

mod recovering;

use super::decision::{Object, Resolution, Work, blocker};
use super::document::{Blocker, Step};
use super::input::{Guards, Input};
use super::queries::list_for;
use crate::kinds::{self, Writing};
use crate::model::condition::{Judgement, judge, written_at};
use crate::model::guard::{Guard, is_running};
use crate::model::identity::{Instance, Key, KubeResource, ProviderRef};
use crate::model::json_path::JsonPath;
use crate::world::op::{KubeVerb, Op};
use crate::world::query::{Answer, Depth, Fact, FailureClass, Live, Query, Why};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Runs that are named; of more the number is told.
const NAMED: usize = 5;

/// The questions behind a guard.
pub fn queries(provider: &ProviderRef, guard: &Guard) -> Vec<Query> {
    let get = |resource: &KubeResource, namespace: Option<&str>, name: &str| Query::Get {
        provider: provider.clone(),
        resource: resource.clone(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    };
    match guard {
        Guard::Idle {
            namespace,
            deployment,
            runs,
        } => {
            let server = get(&deployments(), Some(namespace), deployment);
            let runs = runs.iter();
            let lists = runs.map(|type_| list_for(provider, type_, Some(namespace)));
            std::iter::once(server).chain(lists).collect()
        }
        Guard::Exists {
            resource,
            namespace,
            name,
        }
        | Guard::Ready {
            resource,
            namespace,
            name,
            ..
        } => vec![get(resource, namespace.as_deref(), name)],
        Guard::Pinned {
            store,
            bucket,
            prefix,
            ..
        } => vec![recovering::below(store, bucket, prefix, Depth::All)],
        Guard::Synced(synced) => recovering::synced_queries(provider, synced).to_vec(),
        Guard::Restored(restored) => recovering::restored_queries(provider, restored),
        Guard::Serves { types } => recovering::serves_queries(provider, types),
        Guard::Answers { namespace, .. } => vec![recovering::endpoints(provider, namespace)],
        Guard::SoleWriter {
            store,
            bucket,
            prefix,
            ..
        } => vec![recovering::below(store, bucket, prefix, Depth::Names)],
    }
}

fn deployments() -> KubeResource {
    KubeResource {
        group: "apps".into(),
        version: "v1".into(),
        plural: "deployments".into(),
        kind: "Deployment".into(),
        namespaced: true,
    }
}

/// All questions behind the guards of steps, each once.
pub fn questions(steps: &[Step]) -> Vec<Query> {
    let of = |step: &Step| {
        let provider = step.op.provider();
        let guards = step.guards.iter().filter(|guard| is_of_a_plan(guard));
        let asked = guards.filter_map(|guard| Some(queries(provider?, guard)));
        asked.flatten().collect::<Vec<_>>()
    };
    let queries: BTreeSet<Query> = steps.iter().flat_map(of).collect();
    queries.into_iter().collect()
}

/// Whether a plan asks too. What is to become so is no question of a plan, and what a recovery's plan says of a bucket it
/// has just read there.
fn is_of_a_plan(guard: &Guard) -> bool {
    match guard {
        Guard::Idle { .. } | Guard::Exists { .. } => true,
        Guard::Ready { .. }
        | Guard::Pinned { .. }
        | Guard::Synced(_)
        | Guard::Restored(_)
        | Guard::Serves { .. }
        | Guard::Answers { .. }
        | Guard::SoleWriter { .. } => false,
    }
}

/// Whether a guard holds.
///
/// # Errors
/// [`FailureClass::Ground`] where it does not; another class where it cannot be told.
pub fn check(provider: &ProviderRef, guard: &Guard, live: &Live) -> Result<(), Why> {
    let queries = queries(provider, guard);
    match guard {
        Guard::Idle { .. } => {
            let (server, lists) = queries
                .split_first()
                .ok_or_else(|| untold("nothing was asked"))?;
            match object(live, server)? {
                Some(deployment) if has_replica(deployment) => idle(lists, live),
                Some(_) | None => Ok(()),
            }
        }
        Guard::Ready {
            resource,
            namespace,
            name,
            condition,
            ..
        } => {
            let query = queries.first().ok_or_else(|| untold("nothing was asked"))?;
            let found = object(live, query)?;
            let written_at = found.and_then(written_at).unwrap_or(Timestamp::UNIX_EPOCH);
            let why = match judge(condition, found, written_at) {
                Judgement::Ready => return Ok(()),
                Judgement::Pending(why) | Judgement::Failed(why) => why,
            };
            let title = title(resource, namespace.as_deref(), name);
            Err(Why {
                class: FailureClass::Wait,
                message: format!("it needs {title}, which is not ready: {why}"),
            })
        }
        Guard::Exists {
            resource,
            namespace,
            name,
        } => {
            let query = queries.first().ok_or_else(|| untold("nothing was asked"))?;
            match object(live, query)? {
                Some(_) => Ok(()),
                None => Err(broken(format!(
                    "{} does not exist",
                    title(resource, namespace.as_deref(), name)
                ))),
            }
        }
        Guard::Synced(synced) => recovering::synced(provider, synced, live),
        Guard::Restored(restored) => recovering::restored(provider, restored, live),
        Guard::Serves { types } => recovering::serves(provider, types, live),
        Guard::Answers {
            namespace, service, ..
        } => {
            let query = queries.first().ok_or_else(|| untold("nothing was asked"))?;
            recovering::answers(query, (namespace, service), live)
        }
        Guard::Pinned { etags, .. } => {
            let query = queries.first().ok_or_else(|| untold("nothing was asked"))?;
            recovering::pinned(query, etags, live)
        }
        Guard::SoleWriter { known, .. } => {
            let query = queries.first().ok_or_else(|| untold("nothing was asked"))?;
            recovering::sole_writer(query, known, live)
        }
    }
}

/// `BackupStorageLocation velero/main`.
fn title(resource: &KubeResource, namespace: Option<&str>, name: &str) -> String {
    let place: Vec<&str> = namespace.into_iter().chain([name]).collect();
    format!("{} {}", resource.kind, place.join("/"))
}

fn object<'a>(live: &'a Live, query: &Query) -> Result<Option<&'a Json>, Why> {
    match live.answer(query) {
        Some(Answer::Present(Fact::Object(object))) => Ok(Some(object)),
        Some(Answer::Absent) => Ok(None),
        Some(Answer::Unknown(why)) => Err(why.clone()),
        Some(
            Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_)) | Answer::NotServed,
        )
        | None => Err(untold("it was not answered")),
    }
}

fn has_replica(deployment: &Json) -> bool {
    let ready = deployment.pointer("/status/readyReplicas");
    ready.and_then(Json::as_u64).is_some_and(|ready| ready > 0)
}

fn idle(lists: &[Query], live: &Live) -> Result<(), Why> {
    let mut running = Vec::new();
    for query in lists {
        match live.answer(query) {
            Some(Answer::Present(Fact::List(objects))) => {
                running.extend(objects.iter().filter_map(run));
            }
            // Of a type that is not served there is nothing.
            Some(Answer::NotServed | Answer::Absent) => {}
            Some(Answer::Unknown(why)) => return Err(why.clone()),
            Some(Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_))) | None => {
                return Err(untold("it was not answered"));
            }
        }
    }
    if running.is_empty() {
        return Ok(());
    }
    let more = running.len().saturating_sub(NAMED);
    running.truncate(NAMED);
    let mut named = running.join(", ");
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    Err(broken(format!(
        "Velero runs {named}, which a change of the server would end"
    )))
}

/// `Backup shop-daily (InProgress)`, where it is still to end.
fn run(object: &Json) -> Option<String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str);
    let phase = text("/status/phase").filter(|phase| !phase.is_empty());
    let phase = phase.unwrap_or("New");
    is_running(phase).then(|| {
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        format!("{} {} ({phase})", kind.unwrap_or("?"), name.unwrap_or("?"))
    })
}

fn broken(message: String) -> Why {
    Why {
        class: FailureClass::Ground,
        message,
    }
}

fn untold(message: &str) -> Why {
    Why {
        class: FailureClass::Malformed,
        message: message.to_owned(),
    }
}

/// Whether a write may end what runs: what touches metadata alone restarts nothing.
pub fn may_end_something(op: &Op) -> bool {
    match op {
        Op::Local(_) => true,
        Op::Await(_) => false,
        Op::Kube(op) => match op.verb {
            KubeVerb::Create | KubeVerb::Delete => true,
            KubeVerb::Apply | KubeVerb::Remove => !op.takes.iter().all(is_metadata),
            KubeVerb::Release => false,
        },
    }
}

fn is_metadata(place: &JsonPath) -> bool {
    place.0.first().is_some_and(|first| first == "metadata")
}

/// What an object of a whole is guarded by; nothing where nothing but metadata is written.
pub fn of_object(
    object: &Object<'_>,
    guarding: impl Fn(&Key, Writing) -> Vec<Guard>,
) -> Vec<Guard> {
    let writing = match &object.work {
        Work::Create => Writing::Create,
        Work::Update(update) if update.taken.iter().all(|one| is_metadata(&one.place)) => {
            return Vec::new();
        }
        Work::Update(_) => Writing::Update,
        Work::Delete => Writing::Delete,
        Work::Nothing | Work::Release | Work::Run => return Vec::new(),
    };
    guarding(&object.key, writing)
}

/// Blocks what is guarded by something that does not hold, or of which that cannot be told.
pub fn block(resolutions: &mut [Resolution<'_>], input: &Input<'_>) {
    match input.guards {
        Guards::Unasked => return,
        Guards::Asked => {}
    }
    for resolution in resolutions {
        let Some(provider) = resolution.node.provider.clone() else {
            continue;
        };
        let guards = resolution.objects.iter().filter(|object| !object.rests());
        let guards: BTreeSet<&Guard> = guards.flat_map(|object| &object.guards).collect();
        let blockers: Vec<Blocker> = guards
            .into_iter()
            .filter_map(|guard| obstacle(input, &provider, guard))
            .collect();
        for blocker in blockers {
            resolution.block(blocker);
        }
    }
}

fn obstacle(input: &Input<'_>, provider: &ProviderRef, guard: &Guard) -> Option<Blocker> {
    if let Guard::Exists {
        resource,
        namespace,
        name,
    } = guard
    {
        let key = Key::Kube {
            resource: resource.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        if is_declared(input, provider, &key) {
            return None;
        }
    }
    let instance = input.providers.get(provider).map(|found| &found.instance);
    let outcome = match instance {
        Some(Instance::Known { .. }) => check(provider, guard, input.live),
        // Nothing is in a cluster that is still to be made.
        Some(Instance::MadeBy(_) | Instance::Lost { .. }) => {
            check(provider, guard, &nothing(provider, guard))
        }
        // What cannot be reached is blocked already.
        Some(Instance::Store | Instance::Unknown { .. }) | None => Ok(()),
    };
    told(guard, outcome.err()?)
}

/// Why a guard that does not hold, or of which it cannot be told, stops what it guards.
fn told(guard: &Guard, why: Why) -> Option<Blocker> {
    Some(match (why.class, guard) {
        (FailureClass::Ground, Guard::Idle { .. }) => blocker(
            "busy",
            format!("{}.", why.message),
            "Plan again once they have ended.",
        ),
        // Apply's own questions, never in a plan's way.
        (
            _,
            Guard::Ready { .. }
            | Guard::Pinned { .. }
            | Guard::Synced(_)
            | Guard::Restored(_)
            | Guard::Serves { .. }
            | Guard::Answers { .. }
            | Guard::SoleWriter { .. },
        ) => return None,
        (FailureClass::Ground, Guard::Exists { .. }) => blocker(
            "missing",
            format!("{}, and nothing that is declared makes it.", why.message),
            "Declare it, or make it, then plan again.",
        ),
        (
            _,
            Guard::Idle {
                namespace, runs, ..
            },
        ) => {
            let types: Vec<String> = runs.iter().map(KubeResource::title).collect();
            blocker(
                "unknown",
                format!(
                    "Whether a backup or restore runs cannot be told: {}",
                    why.message
                ),
                format!(
                    "needs: get on deployments.apps, list on {} in namespace {namespace}, see docs/permissions.md",
                    types.join(", ")
                ),
            )
        }
        (_, Guard::Exists { resource, .. }) => blocker(
            "unknown",
            format!(
                "Whether what it needs exists cannot be told: {}",
                why.message
            ),
            format!(
                "needs: get on {}, see docs/permissions.md",
                resource.title()
            ),
        ),
    })
}

fn nothing(provider: &ProviderRef, guard: &Guard) -> Live {
    let absent = queries(provider, guard).into_iter();
    Live {
        answers: absent.map(|query| (query, Answer::Absent)).collect(),
    }
}

/// Whether something that is declared makes it: then it stands before, and apply looks at it there.
fn is_declared(input: &Input<'_>, provider: &ProviderRef, key: &Key) -> bool {
    let resources = input.configuration.resources.iter();
    resources
        .filter(|resource| resource.provider.as_ref() == Some(provider))
        .any(|resource| kinds::keys(resource).contains(key))
}
