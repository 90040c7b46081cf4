//! DELETE: preconditions, propagation, finalizers, namespaces that terminate.

use super::resources::{Origin, Scope};
use super::status::{Failure, deleted};
use super::write::{REACTION, Target, finalizers, live, read_body, text};
use crate::sandbox::state::{State, Task, stamp};
use serde_json::{Value, json};

/// DELETE.
///
/// # Errors
/// As the real server.
pub fn delete(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let resource = target.resource;
    let options = if body.is_empty() {
        json!({})
    } else {
        read_body(body, resource)?
    };
    let old = live(state, target)?;
    let namespace = resource.plural == "namespaces" && resource.scope == Scope::Cluster;
    if namespace && matches!(target.name, "default" | "kube-system" | "kube-public") {
        return Err(Failure::forbidden(
            resource,
            target.name,
            "this namespace may not be deleted",
        ));
    }
    check_preconditions(target, &options, &old)?;
    let policy = match text(&options, "/propagationPolicy") {
        "" => target
            .parameters
            .get("propagationPolicy")
            .unwrap_or_default(),
        policy => policy,
    };
    let dry_run = target.dry_run()
        || options
            .get("dryRun")
            .is_some_and(|value| value != &json!([]));
    let key = target.key(target.name);
    let mut object = old.clone();
    if !text(&old, "/metadata/deletionTimestamp").is_empty() {
        return Ok(old);
    }
    let mut finalizers = finalizers(&old);
    match policy {
        "Orphan" if !namespace => finalizers.push(json!("orphan")),
        "Foreground" if !namespace => finalizers.push(json!("foregroundDeletion")),
        _ => {}
    }
    if finalizers.is_empty() && !namespace {
        if !dry_run {
            state.remove(&key);
        }
        return Ok(deleted(resource, target.name, text(&old, "/metadata/uid")));
    }
    object["metadata"]["deletionTimestamp"] = json!(stamp(state.now));
    if namespace {
        object["status"]["phase"] = json!("Terminating");
    } else {
        object["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        object["metadata"]["finalizers"] = Value::Array(finalizers);
        if let Some(generation) = old.pointer("/metadata/generation").and_then(Value::as_i64) {
            object["metadata"]["generation"] = json!(generation + 1);
        }
    }
    if dry_run {
        return Ok(object);
    }
    let task = if namespace {
        Task::EmptyNamespace
    } else {
        Task::Propagate
    };
    state.wake_after(REACTION, task, &key);
    if resource.origin == Origin::Velero {
        state.wake_after(REACTION, Task::Reconcile, &key);
    }
    Ok(state.store(&key, object))
}

fn check_preconditions(target: &Target<'_>, options: &Value, old: &Value) -> Result<(), Failure> {
    let (resource, name) = (target.resource, target.name);
    let (uid, version) = (
        text(options, "/preconditions/uid"),
        text(options, "/preconditions/resourceVersion"),
    );
    let (is, at) = (
        text(old, "/metadata/uid"),
        text(old, "/metadata/resourceVersion"),
    );
    if !uid.is_empty() && uid != is {
        return Err(if resource.plural == "namespaces" {
            let why = format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {is}"
            );
            Failure::conflict(resource, name, &why)
        } else {
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({is}). The object might have been deleted and then recreated"
            );
            Failure::precondition(resource, name, &why)
        });
    }
    if !version.is_empty() && version != at {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({at}). The object might have been modified"
        );
        return Err(Failure::precondition(resource, name, &why));
    }
    Ok(())
}
