//! A Kubernetes API over [`State`]: one request in, one response out, nothing else. Answers are those of
//! kube-apiserver 1.34 as far as clients of `sk-dr` and `kubectl get` use them; the contract cases hold it to that.

pub mod access;
pub mod create;
mod delete;
pub mod discovery;
pub mod fields;
pub mod managed;
mod numbers;
pub mod patches;
pub mod read;
pub mod resources;
pub mod routes;
pub mod schema;
pub mod status;
pub mod validate;
pub mod write;

use super::state::State;
use access::Caller;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use resources::Resource;
use routes::{Parameters, Route};
use serde_json::Value;
use status::{Failure, json_response, text};
use write::Target;

/// Answers a request at the state's time.
pub fn answer(state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
    match respond(state, request) {
        Ok(response) => response,
        Err(failure) => failure.response(),
    }
}

fn respond(state: &mut State, request: &Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let path = request.uri().path();
    let caller = state.access.caller(
        request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()),
    );
    if caller == Caller::Unknown {
        return Err(Failure::unauthorized());
    }
    let public = matches!(path, "/version" | "/healthz" | "/livez" | "/readyz");
    if caller == Caller::Anonymous
        && !public
        && !path.starts_with("/api/v1/")
        && path.matches('/').count() < 4
    {
        return Err(Failure::forbidden_path(
            caller.name(),
            &request.method().as_str().to_lowercase(),
            path,
        ));
    }
    let parameters = Parameters::parse(request.uri().query());
    match routes::route(state, path)? {
        Route::Version => Ok(json_response(200, &discovery::version())),
        Route::Health => Ok(text(200, "ok")),
        Route::CoreVersions => Ok(json_response(200, &discovery::core_versions())),
        Route::Groups => Ok(json_response(200, &discovery::groups(state))),
        Route::Group(group) => Ok(json_response(200, &discovery::group(&group))),
        Route::Resources(group) => Ok(json_response(200, &discovery::resources(state, &group))),
        Route::Collection {
            resource,
            namespace,
        } => {
            let target = Target {
                resource,
                namespace: namespace.as_deref(),
                name: "",
                parameters: &parameters,
                agent: agent(request),
            };
            collection(state, request, &caller, &target)
        }
        Route::Object {
            resource,
            namespace,
            name,
        } => {
            let target = Target {
                resource,
                namespace: namespace.as_deref(),
                name: &name,
                parameters: &parameters,
                agent: agent(request),
            };
            object(state, request, &caller, &target)
        }
    }
}

/// Field manager of a client that names none: its program, as the real server takes it.
fn agent(request: &Request<Bytes>) -> &str {
    let whole = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("unknown");
    whole.split('/').next().unwrap_or(whole)
}

fn allow(caller: &Caller, verb: &str, target: &Target<'_>) -> Result<(), Failure> {
    let resource: &Resource = target.resource;
    if caller.may(verb, &resource.title()) {
        return Ok(());
    }
    let namespace = match target.namespace {
        None if resource.plural == "namespaces" && !target.name.is_empty() => Some(target.name),
        namespace => namespace,
    };
    let place = namespace.map_or_else(
        || "at the cluster scope".to_owned(),
        |name| format!("in the namespace {name:?}"),
    );
    let (user, plural, group) = (caller.name(), resource.plural, resource.group);
    let why =
        format!("User {user:?} cannot {verb} resource {plural:?} in API group {group:?} {place}");
    Err(Failure::forbidden(resource, target.name, &why))
}

fn collection(
    state: &mut State,
    request: &Request<Bytes>,
    caller: &Caller,
    target: &Target<'_>,
) -> Result<Response<Bytes>, Failure> {
    match *request.method() {
        Method::GET => {
            allow(caller, "list", target)?;
            read::list(state, target.resource, target.namespace, target.parameters)
                .map(|list| json_response(200, &list))
        }
        Method::POST => {
            if target.namespace.is_none() && target.resource.scope == resources::Scope::Namespaced {
                return Err(Failure::PageNotFound);
            }
            allow(caller, "create", target)?;
            check_content_type(request)?;
            create::create(state, target, request.body()).map(|object| json_response(201, &object))
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn object(
    state: &mut State,
    request: &Request<Bytes>,
    caller: &Caller,
    target: &Target<'_>,
) -> Result<Response<Bytes>, Failure> {
    let ok = |object: Value| json_response(200, &object);
    match *request.method() {
        Method::GET => {
            allow(caller, "get", target)?;
            read::get(state, target.resource, target.namespace, target.name).map(ok)
        }
        Method::PUT => {
            allow(caller, "update", target)?;
            check_content_type(request)?;
            write::replace(state, target, request.body()).map(ok)
        }
        Method::PATCH => {
            allow(caller, "patch", target)?;
            match content_type(request) {
                "application/apply-patch+yaml" => write::apply(state, target, request.body())
                    .map(|(code, object)| json_response(code, &object)),
                "application/merge-patch+json" => {
                    write::merge_patch(state, target, request.body()).map(ok)
                }
                "application/json-patch+json" => {
                    write::json_patch(state, target, request.body()).map(ok)
                }
                _ => Err(Failure::unsupported_media_type(
                    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
                )),
            }
        }
        Method::DELETE => {
            allow(caller, "delete", target)?;
            delete::delete(state, target, request.body()).map(ok)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn content_type(request: &Request<Bytes>) -> &str {
    let whole = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim()
}

/// Protobuf is not understood; kubectl shows the answer clearly.
fn check_content_type(request: &Request<Bytes>) -> Result<(), Failure> {
    match content_type(request) {
        "" | "application/json" | "application/yaml" => Ok(()),
        _ => Err(Failure::unsupported_media_type(
            "application/json, application/yaml",
        )),
    }
}
