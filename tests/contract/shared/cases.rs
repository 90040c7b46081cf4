//! The contract of the Kubernetes API, as kube-apiserver 1.34.4 with Velero 1.18.1's CRDs answers it. The number in a
//! comment is the row of the table in which the answer was first written down.

mod deletion;
mod ownership;
mod reading;
mod refusals;
mod stored;

use super::case::{Case, Step};
use serde_json::{Value, json};

const SCHEDULES: &str = "/apis/velero.io/v1/namespaces/$ns/schedules";
const ONE: &str = "/apis/velero.io/v1/namespaces/$ns/schedules/s";
const NAMESPACE: &str = "/api/v1/namespaces/$ns";

fn schedule(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": name}, "spec": spec})
}
fn with(mut object: Value, metadata: Value) -> Value {
    for (name, value) in metadata.as_object().unwrap() {
        object["metadata"][name] = value.clone();
    }
    object
}
fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}
fn at(query: &str) -> String {
    format!("{ONE}?{query}")
}
fn in_all(query: &str) -> String {
    format!("{SCHEDULES}?{query}")
}
/// A schedule made by a POST of sk-dr.
fn made(spec: Value) -> Step {
    Step::post(&in_all("fieldManager=sk-dr"), schedule("s", spec))
        .bind("uid", "/metadata/uid")
        .bind("rv", "/metadata/resourceVersion")
}
fn plain() -> Step {
    made(json!({"schedule": "0 1 * * *", "template": {"ttl": "720h"}}))
}
fn conflict(causes: Value) -> Value {
    json!({"kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409, "details": {"causes": causes}})
}
fn cause(manager: &str, field: &str) -> Value {
    json!({"reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": field})
}
fn owner(manager: &str, operation: &str, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "velero.io/v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "time": "$any"})
}
fn case(name: &'static str, steps: Vec<Step>) -> Case {
    let mut all = vec![Step::post("/api/v1/namespaces", namespace("$ns"))];
    all.extend(steps);
    all.push(Step::delete(NAMESPACE, Value::Null).gives(200, json!({})));
    Case { name, steps: all }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [
        ownership::ownership(),
        refusals::refusals(),
        deletion::deletion(),
        reading::reading(),
        reading::rights(),
        reading::discovery(),
        stored::stored(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
