//! PUT and PATCH. Answers are those of kube-apiserver 1.34, down to which error comes first.

use super::create::{dress, insert};
use super::managed::{Force, Manager, Managers, Operation, Write};
use super::numbers;
use super::patches;
use super::resources::{Origin, Resource};
use super::routes::Parameters;
use super::status::{Cause, Failure};
use super::validate;
use crate::sandbox::state::{State, Task, stamp};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How soon controllers notice a change.
pub const REACTION: SignedDuration = SignedDuration::from_millis(500);

/// A write on one type.
pub struct Target<'a> {
    /// The type.
    pub resource: &'static Resource,
    /// The namespace in the path.
    pub namespace: Option<&'a str>,
    /// The name in the path, empty for a create.
    pub name: &'a str,
    /// The query.
    pub parameters: &'a Parameters,
    /// Field manager where the query names none: the client's program.
    pub agent: &'a str,
}

impl Target<'_> {
    pub(super) fn dry_run(&self) -> bool {
        self.parameters.get("dryRun").is_some()
    }
    pub(super) fn strict(&self) -> bool {
        self.parameters.get("fieldValidation") == Some("Strict")
    }
    pub(super) fn manager(&self, operation: Operation) -> Manager {
        Manager {
            name: self
                .parameters
                .get("fieldManager")
                .unwrap_or(self.agent)
                .to_owned(),
            operation,
            api_version: self.resource.api_version(),
            subresource: String::new(),
        }
    }
    pub(super) fn key(&self, name: &str) -> String {
        self.resource.object_key(self.namespace, name)
    }
}

pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Reads a body. YAML is accepted as the real server does; clients mostly send JSON.
///
/// # Errors
/// 400.
pub fn read_body(body: &[u8], resource: &Resource) -> Result<Value, Failure> {
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        numbers::keep_as_go_does(&mut value);
        return Ok(value);
    }
    serde_yaml_ng::from_slice::<Value>(body).ok().filter(Value::is_object).ok_or_else(|| {
        let shown = String::from_utf8_lossy(body);
        let kind = resource.kind;
        Failure::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error ({shown})"
        ))
    })
}

pub(super) fn strict_message(resource: &Resource, unknown: &[String]) -> String {
    let kind = resource.kind;
    format!(
        "{kind} in version \"v1\" cannot be handled as a {kind}: strict decoding error: {}",
        unknown_list(unknown)
    )
}

fn unknown_list(unknown: &[String]) -> String {
    unknown
        .iter()
        .map(|path| format!("unknown field {path:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// apiVersion, kind and namespace must fit the path.
pub(super) fn check_head(target: &Target<'_>, object: &mut Value) -> Result<(), Failure> {
    let resource = target.resource;
    let name = text(object, "/metadata/name").to_owned();
    let (kind, version) = (
        text(object, "/kind").to_owned(),
        text(object, "/apiVersion").to_owned(),
    );
    if kind != resource.kind {
        let cause = Cause::new(
            "FieldValueInvalid",
            "kind",
            format!("Invalid value: {kind:?}: must be {}", resource.kind),
        );
        return Err(Failure::invalid_kind(resource, (&kind, &name), &cause));
    }
    if version != resource.api_version() {
        let message = format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            resource.api_version()
        );
        return Err(Failure::bad_request(message));
    }
    if !object.get("metadata").is_some_and(Value::is_object) {
        object["metadata"] = json!({});
    }
    let given = text(object, "/metadata/namespace").to_owned();
    match target.namespace {
        Some(namespace) if !given.is_empty() && given != namespace => Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
        Some(namespace) => {
            object["metadata"]["namespace"] = json!(namespace);
            Ok(())
        }
        None => Ok(()),
    }
}

/// The namespace must be there, and must not be going.
pub(super) fn check_namespace(
    state: &State,
    target: &Target<'_>,
    name: &str,
) -> Result<(), Failure> {
    let Some(namespace) = target.namespace else {
        return Ok(());
    };
    let found = state
        .objects
        .get(&format!("namespaces/{namespace}"))
        .ok_or_else(|| Failure::Status {
            code: 404,
            reason: Some("NotFound"),
            message: format!("namespaces {namespace:?} not found"),
            details: Some(json!({"name": namespace, "kind": "namespaces"})),
        })?;
    if text(found, "/status/phase") == "Terminating" {
        return Err(Failure::terminating(target.resource, name, namespace));
    }
    Ok(())
}

pub(super) fn notice(state: &mut State, resource: &Resource, key: &str) {
    if resource.origin == Origin::Velero {
        state.wake_after(REACTION, Task::Reconcile, key);
    }
    if resource.group == "apps" || resource.plural == "pods" {
        state.wake_after(REACTION, Task::RollOut, key);
    }
}

pub(super) fn live(state: &State, target: &Target<'_>) -> Result<Value, Failure> {
    super::read::get(state, target.resource, target.namespace, target.name)
}

/// PUT.
///
/// # Errors
/// As the real server; an object that is not there is not created.
pub fn replace(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let mut object = read_body(body, target.resource)?;
    check_head(target, &mut object)?;
    let old = live(state, target)?;
    if text(&object, "/metadata/resourceVersion").is_empty()
        && target.resource.origin == Origin::Velero
    {
        let message = "Invalid value: 0: must be specified for an update";
        let cause = Cause::new("FieldValueInvalid", "metadata.resourceVersion", message);
        return Err(Failure::invalid(target.resource, target.name, vec![cause]));
    }
    let unknown = validate::take_unknown(&mut object, target.resource.shape);
    if target.strict() && !unknown.is_empty() {
        return Err(Failure::bad_request(strict_message(
            target.resource,
            &unknown,
        )));
    }
    validate::drop_nulls(&mut object, target.resource.shape);
    update(state, target, &old, object)
}

/// PATCH by merge patch.
///
/// # Errors
/// As the real server.
pub fn merge_patch(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let patch = read_body(body, target.resource)?;
    let old = live(state, target)?;
    patched(state, target, &old, patches::merge_patch(&old, &patch))
}

/// PATCH by JSON patch.
///
/// # Errors
/// As the real server.
pub fn json_patch(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let patch = read_body(body, target.resource)?;
    let old = live(state, target)?;
    let new = patches::json_patch(&old, &patch).map_err(|_| Failure::patch_rejected())?;
    patched(state, target, &old, new)
}

fn patched(
    state: &mut State,
    target: &Target<'_>,
    old: &Value,
    mut new: Value,
) -> Result<Value, Failure> {
    let shown = new.to_string();
    let unknown = validate::take_unknown(&mut new, target.resource.shape);
    if target.strict() && !unknown.is_empty() {
        let message = format!(
            "Invalid value: {shown:?}: strict decoding error: {}",
            unknown_list(&unknown)
        );
        return Err(Failure::Status {
            code: 422,
            reason: Some("Invalid"),
            message: format!(" \"\" is invalid: patch: {message}"),
            details: Some(
                json!({"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]}),
            ),
        });
    }
    validate::drop_nulls(&mut new, target.resource.shape);
    update(state, target, old, new)
}

fn update(
    state: &mut State,
    target: &Target<'_>,
    old: &Value,
    new: Value,
) -> Result<Value, Failure> {
    let entries = new
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array);
    // `[{}]` releases everything; an empty or missing list reads as "not sent".
    let reset =
        entries.is_some_and(|entries| matches!(entries.as_slice(), [only] if only == &json!({})));
    let given = Managers::of(&new);
    let managers = match (reset, given.is_empty()) {
        (true, _) => Managers::default(),
        (false, true) => Managers::of(old),
        (false, false) => given,
    };
    let time = stamp(state.now);
    let write = Write {
        shape: target.resource.shape,
        time: &time,
        force: Force::No,
    };
    // Who owns an object that nobody applied to and nobody owns is not tracked by an update.
    let managers = if managers.is_empty() {
        managers
    } else {
        managers.updated(
            &unmanaged(old),
            &unmanaged(&new),
            &target.manager(Operation::Update),
            write,
        )
    };
    commit(state, target, old, new, managers)
}

fn unmanaged(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("managedFields");
    }
    object
}

/// PATCH by server-side apply; creates what is not there. Returns the object and whether it is new.
///
/// # Errors
/// As the real server.
pub fn apply(state: &mut State, target: &Target<'_>, body: &[u8]) -> Result<(u16, Value), Failure> {
    let resource = target.resource;
    if target.parameters.get("fieldManager").is_none() {
        return Err(Failure::invalid_options(
            "PatchOptions",
            "fieldManager",
            "Required value: is required for apply patch",
        ));
    }
    let mut configuration = read_configuration(target, body)?;
    check_head(target, &mut configuration)?;
    configuration["metadata"]["name"] = json!(target.name);
    validate::take_unknown(&mut configuration, resource.shape);
    let force = if target.parameters.is_true("force") {
        Force::Yes
    } else {
        Force::No
    };
    let time = stamp(state.now);
    let write = Write {
        shape: resource.shape,
        time: &time,
        force,
    };
    let writer = target.manager(Operation::Apply);
    let conflicts = |conflicts: Vec<_>| Failure::apply_conflicts(&conflicts);
    match live(state, target) {
        Ok(old) => {
            let applied = Managers::of(&old)
                .applied(&unmanaged(&old), &configuration, &writer, write)
                .map_err(conflicts)?;
            commit(state, target, &old, applied.object, applied.managers)
                .map(|object| (200, object))
        }
        Err(_) => {
            let uid = text(&configuration, "/metadata/uid").to_owned();
            if !uid.is_empty() {
                let why = format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
                return Err(Failure::conflict(resource, target.name, &why));
            }
            check_namespace(state, target, target.name)?;
            let applied = Managers::default()
                .applied(&json!({}), &configuration, &writer, write)
                .map_err(conflicts)?;
            let object = dress(state, target, applied.object);
            insert(state, target, object, &applied.managers).map(|object| (201, object))
        }
    }
}

/// The body of an apply, after the checks that come before all others.
fn read_configuration(target: &Target<'_>, body: &[u8]) -> Result<Value, Failure> {
    let resource = target.resource;
    let configuration = read_body(body, resource)?;
    if configuration
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let given = text(&configuration, "/metadata/name").to_owned();
    if !given.is_empty() && given != target.name {
        let url = target.name;
        return Err(Failure::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({url})"
        )));
    }
    let errors = validate::untyped(&configuration, resource.shape);
    if !errors.is_empty() {
        let subject = format!(
            "{}/{}",
            text(&configuration, "/metadata/namespace"),
            target.name
        );
        return Err(Failure::untyped(resource, &subject, &errors));
    }
    Ok(configuration)
}

/// Checks and stores a changed object.
fn commit(
    state: &mut State,
    target: &Target<'_>,
    old: &Value,
    mut new: Value,
    managers: Managers,
) -> Result<Value, Failure> {
    let resource = target.resource;
    let current = text(old, "/metadata/resourceVersion");
    let sent = text(&new, "/metadata/resourceVersion");
    if !sent.is_empty() && sent != current {
        return Err(Failure::modified(resource, target.name));
    }
    let (uid, sent_uid) = (
        text(old, "/metadata/uid").to_owned(),
        text(&new, "/metadata/uid").to_owned(),
    );
    if !sent_uid.is_empty() && sent_uid != uid {
        // The real server lists this cause twice.
        let cause = Cause::new(
            "FieldValueInvalid",
            "metadata.uid",
            format!("Invalid value: {sent_uid:?}: field is immutable"),
        );
        return Err(Failure::invalid(
            resource,
            target.name,
            vec![cause.clone(), cause],
        ));
    }
    validate::fill_defaults(&mut new, resource.shape);
    keep_server_fields(old, &mut new);
    let mut causes = validate::label_causes(&new);
    causes.extend(validate::causes(&new, resource));
    causes.extend(validate::fixed_causes(old, &new, resource));
    if !causes.is_empty() {
        return Err(Failure::invalid(resource, target.name, causes));
    }
    let changed = unmanaged(&new) != unmanaged(old);
    let content = content(&new) != content(old);
    if content && resource.has_generation() {
        let generation = old
            .pointer("/metadata/generation")
            .and_then(Value::as_i64)
            .unwrap_or(1);
        new["metadata"]["generation"] = json!(generation + 1);
    }
    managers.write(&mut new);
    let key = target.key(target.name);
    let going = !text(old, "/metadata/deletionTimestamp").is_empty();
    if going && finalizers(&new).is_empty() && resource.plural != "namespaces" {
        if !target.dry_run() {
            state.remove(&key);
        }
        return Ok(new);
    }
    if !changed && managers.timeless() == Managers::of(old).timeless() {
        return Ok(old.clone());
    }
    if target.dry_run() {
        return Ok(new);
    }
    if new.get("spec") != old.get("spec") {
        notice(state, resource, &key);
    }
    Ok(state.store(&key, new))
}

/// Fields that a client cannot change.
fn keep_server_fields(old: &Value, new: &mut Value) {
    for member in ["apiVersion", "kind"] {
        new[member] = old[member].clone();
    }
    let Some(Value::Object(metadata)) = new.get_mut("metadata") else {
        return;
    };
    let names = [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "namespace",
    ];
    for name in names.into_iter().chain(["name", "resourceVersion"]) {
        match old.pointer(&format!("/metadata/{name}")) {
            Some(value) => {
                metadata.insert(name.to_owned(), value.clone());
            }
            None => {
                metadata.remove(name);
            }
        }
    }
    for emptied in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = |value: &Value| {
            value.is_null()
                || value.as_object().is_some_and(|m| m.is_empty())
                || value.as_array().is_some_and(Vec::is_empty)
        };
        if metadata.get(emptied).is_some_and(empty) {
            metadata.remove(emptied);
        }
    }
}

fn content(object: &Value) -> Value {
    let mut object = object.clone();
    if let Value::Object(members) = &mut object {
        members.remove("metadata");
    }
    object
}

pub(super) fn finalizers(object: &Value) -> Vec<Value> {
    object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}
