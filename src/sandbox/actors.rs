//! Controllers of Kubernetes itself, and the loop that lets time pass: the next thing that is due is done at its own
//! time, so a year takes as long as there are things to do in it. Must not know requests.

use super::binder;
use super::kubernetes::resources::{self, Scope};
use super::kubernetes::write::REACTION;
use super::state::{State, Task, Wake};
use super::velero;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long the namespace controller waits before it looks again at what does not go.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// Lets time pass until then.
pub fn run_until(state: &mut State, until: Timestamp) {
    loop {
        let wake = state.wakes.first().cloned();
        match (wake, velero::next_tick(state, until)) {
            (Some(wake), tick) if wake.at <= until && tick.is_none_or(|tick| wake.at <= tick) => {
                state.wakes.remove(&wake);
                state.now = state.now.max(wake.at);
                perform(state, &wake);
            }
            (_, Some(tick)) => {
                state.now = state.now.max(tick);
                velero::tick(state, tick);
            }
            (_, None) => break,
        }
    }
    state.now = state.now.max(until);
}

fn perform(state: &mut State, wake: &Wake) {
    match wake.task {
        Task::Reconcile => velero::reconcile(state, &wake.subject),
        Task::Backup => velero::advance_backup(state, &wake.subject),
        Task::Restore => velero::advance_restore(state, &wake.subject),
        Task::EmptyNamespace => empty_namespace(state, &wake.subject),
        Task::Collect => collect(state, &wake.subject),
        Task::Propagate => propagate(state, &wake.subject),
        Task::RollOut => roll_out(state, &wake.subject),
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Deletes everything in a terminating namespace, then the namespace; what has finalizers holds it up.
fn empty_namespace(state: &mut State, key: &str) {
    let Some(name) = key.strip_prefix("namespaces/").map(str::to_owned) else {
        return;
    };
    if !state.objects.contains_key(key) {
        return;
    }
    let namespaced = resources::RESOURCES
        .iter()
        .filter(|resource| resource.scope == Scope::Namespaced);
    let inside: Vec<String> = namespaced
        .flat_map(|resource| {
            state
                .list(&resource.title(), Some(&name))
                .map(|(key, _)| key.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let mut held = 0;
    for inner in inside {
        held += usize::from(delete(state, &inner) == Deletion::Held);
    }
    if held == 0 {
        state.remove(key);
        return;
    }
    if let Some(object) = state.objects.get(key).cloned() {
        let message = format!(
            "Some content in the namespace has finalizers remaining: {held} resource instances"
        );
        let mut changed = object.clone();
        changed["status"]["conditions"] = json!([{
            "type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain", "message": message,
        }]);
        if changed != object {
            state.store(key, changed);
        }
    }
    state.wake_after(RETRY, Task::EmptyNamespace, key);
}

/// What was written runs, on as many as are wanted, on one node. Workloads make no Pods: a Pod is one that somebody made.
fn roll_out(state: &mut State, key: &str) {
    let Some(object) = state.objects.get(key).cloned() else {
        return;
    };
    let status = if text(&object, "/kind") == "Pod" {
        binder::bind_claims(state, &object);
        pod_status(state, &object)
    } else {
        workload_status(&object)
    };
    let Some(status) = status else { return };
    let mut running = object;
    running["status"] = status;
    let running = state.store(key, running);
    if key == velero::DEPLOYMENT {
        velero::start_anew(state, &running);
    }
}

/// A Pod runs, unless its volumes are to be filled first, or it did already.
fn pod_status(state: &State, pod: &Value) -> Option<Value> {
    let is_new = matches!(text(pod, "/status/phase"), "" | "Pending");
    let phase = if velero::waits_for_volumes(state, pod) {
        "Pending"
    } else {
        "Running"
    };
    (is_new && text(pod, "/status/phase") != phase).then(|| json!({"phase": phase}))
}

/// How a workload stands; none where it stood so.
fn workload_status(object: &Value) -> Option<Value> {
    let generation = &object["metadata"]["generation"];
    if object.pointer("/status/observedGeneration") == Some(generation) {
        return None;
    }
    if text(object, "/kind") == "DaemonSet" {
        return Some(json!({
            "observedGeneration": generation, "desiredNumberScheduled": 1, "currentNumberScheduled": 1,
            "updatedNumberScheduled": 1, "numberAvailable": 1, "numberReady": 1,
        }));
    }
    let wanted = object.pointer("/spec/replicas").cloned();
    let wanted = wanted.unwrap_or_else(|| json!(1));
    Some(json!({
        "observedGeneration": generation, "replicas": wanted, "updatedReplicas": wanted,
        "readyReplicas": wanted, "availableReplicas": wanted,
    }))
}

#[derive(PartialEq, Eq)]
enum Deletion {
    Done,
    Held,
}

/// A delete by a controller.
fn delete(state: &mut State, key: &str) -> Deletion {
    let Some(object) = state.objects.get(key).cloned() else {
        return Deletion::Done;
    };
    let held = object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty());
    if !held {
        state.remove(key);
        return Deletion::Done;
    }
    if text(&object, "/metadata/deletionTimestamp").is_empty() {
        let mut going = object;
        going["metadata"]["deletionTimestamp"] = json!(super::state::stamp(state.now));
        going["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        state.store(key, going);
        // Velero has a finalizer of its own.
        state.wake_after(REACTION, Task::Reconcile, key);
    }
    Deletion::Held
}

fn dependents(state: &State, uid: &str) -> Vec<String> {
    let owned = |object: &Value| {
        let references = object
            .pointer("/metadata/ownerReferences")
            .and_then(Value::as_array);
        references
            .into_iter()
            .flatten()
            .any(|reference| text(reference, "/uid") == uid)
    };
    state
        .objects
        .iter()
        .filter(|(_, object)| owned(object))
        .map(|(key, _)| key.clone())
        .collect()
}

/// Deletes what belonged to an object that is gone.
fn collect(state: &mut State, uid: &str) {
    for key in dependents(state, uid) {
        delete(state, &key);
    }
    binder::reclaim(state, uid);
}

/// Finishes a delete with propagation: Orphan takes the references out, Foreground deletes the dependents first.
fn propagate(state: &mut State, key: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let uid = text(&object, "/metadata/uid").to_owned();
    let finalizers = object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if finalizers.contains(&json!("orphan")) {
        for dependent in dependents(state, &uid) {
            orphan(state, &dependent, &uid);
        }
    }
    if finalizers.contains(&json!("foregroundDeletion")) {
        collect(state, &uid);
    }
    let left: Vec<Value> = finalizers
        .into_iter()
        .filter(|name| name != &json!("orphan") && name != &json!("foregroundDeletion"))
        .collect();
    if left.is_empty() {
        state.remove(key);
    } else {
        object["metadata"]["finalizers"] = Value::Array(left);
        state.store(key, object);
    }
}

fn orphan(state: &mut State, key: &str, uid: &str) {
    let Some(mut object) = state.objects.get(key).cloned() else {
        return;
    };
    let references = object
        .pointer_mut("/metadata/ownerReferences")
        .and_then(Value::as_array_mut);
    let left = references.map_or(0, |references| {
        references.retain(|reference| text(reference, "/uid") != uid);
        references.len()
    });
    if let (0, Some(Value::Object(metadata))) = (left, object.get_mut("metadata")) {
        metadata.remove("ownerReferences");
    }
    state.store(key, object);
}
