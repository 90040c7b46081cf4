//! A new object: POST, and the half of an apply that finds nothing there. Must not know how an object changes later.

use super::managed::{Force, Managers, Operation, Write};
use super::status::{Cause, Failure};
use super::validate;
use super::write::{Target, check_head, check_namespace, notice, read_body, strict_message, text};
use crate::sandbox::namespaces;
use crate::sandbox::state::{State, stamp};
use serde_json::{Value, json};

/// POST.
///
/// # Errors
/// As the real server.
pub fn create(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let mut object = read_body(body, target.resource)?;
    check_head(target, &mut object)?;
    name_it(state, &mut object);
    let name = text(&object, "/metadata/name").to_owned();
    let unknown = validate::take_unknown(&mut object, target.resource.shape);
    if target.strict() && !unknown.is_empty() {
        return Err(Failure::bad_request(strict_message(
            target.resource,
            &unknown,
        )));
    }
    check_namespace(state, target, &name)?;
    validate::drop_nulls(&mut object, target.resource.shape);
    let managers = Managers::default();
    let object = dress(state, target, object);
    let write = Write {
        shape: target.resource.shape,
        time: &stamp(state.now),
        force: Force::No,
    };
    let managers = managers.updated(
        &json!({}),
        &object,
        &target.manager(Operation::Update),
        write,
    );
    insert(state, target, object, &managers)
}

fn name_it(state: &State, object: &mut Value) {
    let base = text(object, "/metadata/generateName").to_owned();
    if text(object, "/metadata/name").is_empty() && !base.is_empty() {
        let suffix: String = state.peek_uid().chars().take(5).collect();
        object["metadata"]["name"] = json!(format!("{base}{suffix}"));
    }
}

/// What the server adds to a new object before it works out who owns what.
pub(super) fn dress(state: &State, target: &Target<'_>, mut object: Value) -> Value {
    validate::fill_defaults(&mut object, target.resource.shape);
    let name = text(&object, "/metadata/name").to_owned();
    if target.resource.plural == "secrets" && text(&object, "/type").is_empty() {
        object["type"] = json!("Opaque");
    }
    if target.resource.plural == "namespaces" {
        if !object
            .pointer("/metadata/labels")
            .is_some_and(Value::is_object)
        {
            object["metadata"]["labels"] = json!({});
        }
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(name);
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        for given in [
            "managedFields",
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
        ] {
            metadata.remove(given);
        }
        metadata.insert("uid".to_owned(), json!(state.peek_uid()));
        metadata.insert("creationTimestamp".to_owned(), json!(stamp(state.now)));
        if target.resource.has_generation() {
            metadata.insert("generation".to_owned(), json!(1));
        }
    }
    object
}

/// Checks and stores a new object.
pub(super) fn insert(
    state: &mut State,
    target: &Target<'_>,
    mut object: Value,
    managers: &Managers,
) -> Result<Value, Failure> {
    let name = text(&object, "/metadata/name").to_owned();
    let resource = target.resource;
    if name.is_empty() {
        let cause = Cause::new(
            "FieldValueRequired",
            "metadata.name",
            "Required value: name or generateName is required",
        );
        return Err(Failure::invalid(resource, "", vec![cause]));
    }
    let mut causes: Vec<Cause> = validate::name_cause(resource, &name).into_iter().collect();
    causes.extend(validate::label_causes(&object));
    causes.extend(validate::causes(&object, resource));
    if !causes.is_empty() {
        return Err(Failure::invalid(resource, &name, causes));
    }
    let key = target.key(&name);
    if state.objects.contains_key(&key) {
        return Err(Failure::already_exists(resource, &name));
    }
    managers.write(&mut object);
    if resource.plural == "namespaces" {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
    }
    if resource.plural == "customresourcedefinitions" {
        let hold = |condition: &str, reason: &str| json!({"type": condition, "status": "True", "reason": reason, "message": "", "lastTransitionTime": stamp(state.now)});
        let accepted = hold("NamesAccepted", "NoConflicts");
        let conditions = json!([accepted, hold("Established", "InitialNamesAccepted")]);
        object["status"] = json!({"conditions": conditions});
    }
    if target.dry_run() {
        return Ok(object);
    }
    state.take_uid();
    notice(state, resource, &key);
    let stored = state.store(&key, object);
    if resource.plural == "namespaces" {
        namespaces::furnish(state, &name);
    }
    Ok(stored)
}
