//! The control endpoint `/_sandbox/`: what a demo or a test in another process does to the sandbox. It asks for no token,
//! so it is only ever served on loopback.
//!
//! | request | does |
//! |---|---|
//! | `GET now`, `GET state`, `GET behaviours` | shows |
//! | `GET log`, `DELETE log` | requests so far |
//! | `POST advance {"duration": "61s"}` | lets time pass |
//! | `POST wipe` | another, empty cluster |
//! | `POST velero {"action": "install" \| "restart" \| "stop"}` | Velero's server |
//! | `POST bucket {"name": "b", "conditional_writes": "ignored", "writes": "refused"}` | a bucket, what it does with conditional writes, and whether it takes any |
//! | `POST edit {"path": "/apis/...", "patch": {...}, "manager": "kubectl-edit"}` | a hand edit (merge patch) |
//! | `POST faults {"seeded": {...}, "scripts": [{"matching": {...}, "nth": 1, "fault": "drop_after"}]}`, without `nth` at every match; `DELETE faults`, `GET faults` | faults |

use super::faults::{Fault, Matching, Seeded};
use super::kubernetes::status::json_response;
use super::s3::store::{ConditionalWrites, Refusal, Writes};
use super::server::Server;
use super::state::{ADMIN_TOKEN, State};
use super::{Sandbox, behaviours, velero};
use crate::model::duration::GoDuration;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

/// Where it is.
pub const PREFIX: &str = "/_sandbox/";

#[derive(Deserialize)]
struct Advance {
    duration: String,
}

#[derive(Deserialize)]
struct VeleroServer {
    action: ServerAction,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ServerAction {
    Install,
    Restart,
    Stop,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
    conditional_writes: Option<ConditionalWrites>,
    writes: Option<Writes>,
}

#[derive(Deserialize)]
struct Edit {
    path: String,
    patch: Value,
    manager: String,
}

#[derive(Deserialize)]
struct NewFaults {
    seeded: Option<Seeded>,
    #[serde(default)]
    scripts: Vec<NewScript>,
}

#[derive(Deserialize)]
struct NewScript {
    #[serde(default)]
    matching: Matching,
    nth: Option<u64>,
    fault: Fault,
}

/// Answers a request to the control endpoint.
pub fn answer(sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
    let name = request
        .uri()
        .path()
        .strip_prefix(PREFIX)
        .unwrap_or_default();
    match act(sandbox, (request.method(), name), request.body()) {
        Ok(response) => response,
        Err(message) => json_response(400, &json!({"error": message})),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn act(
    sandbox: &Sandbox,
    request: (&Method, &str),
    body: &Bytes,
) -> Result<Response<Bytes>, String> {
    let done = || Ok(json_response(200, &json!({"now": sandbox.now()})));
    let shown = |value: Value| Ok(json_response(200, &value));
    match (request.0.as_str(), request.1) {
        ("GET", "now") => done(),
        ("GET", "state") => sandbox
            .with(|state| serde_json::to_value(&*state))
            .map_err(|e| e.to_string())
            .and_then(shown),
        ("GET", "behaviours") => shown(behaviours::json()),
        ("GET", "log") => serde_json::to_value(sandbox.log())
            .map_err(|e| e.to_string())
            .and_then(shown),
        ("DELETE", "log") => {
            sandbox.clear_log();
            done()
        }
        ("POST", "advance") => {
            let wanted: Advance = read(body)?;
            let by: GoDuration = wanted
                .duration
                .parse()
                .map_err(|error: crate::model::duration::InvalidDuration| error.to_string())?;
            sandbox.advance(SignedDuration::from_nanos(by.nanoseconds().max(0)));
            done()
        }
        ("POST", "wipe") => {
            sandbox.wipe();
            done()
        }
        ("POST", "velero") => {
            match read::<VeleroServer>(body)?.action {
                ServerAction::Install => sandbox.install_velero(),
                ServerAction::Restart => sandbox.restart_velero(),
                ServerAction::Stop => sandbox.with(velero::stop),
            }
            done()
        }
        ("POST", "bucket") => {
            bucket(sandbox, &read(body)?)?;
            done()
        }
        ("POST", "edit") => edit(sandbox, read(body)?),
        ("POST", "faults") => {
            let wanted: NewFaults = read(body)?;
            if wanted.seeded.is_some() {
                sandbox.faults.seed(wanted.seeded);
            }
            for script in wanted.scripts {
                let faults = &sandbox.faults;
                match script.nth {
                    Some(nth) => faults.script(script.matching, nth, script.fault),
                    None => faults.always(script.matching, script.fault),
                }
            }
            done()
        }
        ("GET", "faults") => shown(json!({"hits": sandbox.faults.hits()})),
        ("DELETE", "faults") => {
            sandbox.faults.clear();
            done()
        }
        (method, name) => Err(format!("there is no {method} {PREFIX}{name}")),
    }
}

/// A bucket, and how it takes writes.
fn bucket(sandbox: &Sandbox, wanted: &Bucket) -> Result<(), String> {
    sandbox.add_bucket(&wanted.name);
    let set = |state: &mut State| {
        if let Some(writes) = wanted.conditional_writes {
            state.s3.set_conditional_writes(&wanted.name, writes)?;
        }
        if let Some(writes) = wanted.writes {
            state.s3.set_writes(&wanted.name, writes)?;
        }
        Ok(())
    };
    sandbox
        .with(set)
        .map_err(|refusal: Refusal| refusal.to_string())
}

/// A merge patch by somebody else, past all faults; it stands in the log like any other request.
fn edit(sandbox: &Sandbox, edit: Edit) -> Result<Response<Bytes>, String> {
    let request = Request::builder()
        .method(Method::PATCH)
        .uri(format!("{}?fieldManager={}", edit.path, edit.manager))
        .header(header::CONTENT_TYPE, "application/merge-patch+json")
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"))
        .body(Bytes::from(edit.patch.to_string()))
        .map_err(|error| error.to_string())?;
    Ok(sandbox.answer(Server::Kubernetes, &request))
}
