//! Answers that are not an object: Status objects with reason, details and causes, worded as kube-apiserver 1.34 words
//! them, and the plain-text 404 of a type that is not served. Must not know storage.

use super::managed::Conflict;
use super::resources::Resource;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A refused request.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A Status object.
    Status {
        /// HTTP code.
        code: u16,
        /// Machine-readable reason; some internal errors have none.
        reason: Option<&'static str>,
        /// For people.
        message: String,
        /// `details`, where there are.
        details: Option<Value>,
    },
    /// `404 page not found` as text.
    PageNotFound,
}

/// One cause in the details of a Status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, ...
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// Path.
    pub field: String,
}

impl Cause {
    /// A cause.
    pub fn new(reason: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            field: field.into(),
        }
    }
    fn json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

fn status(code: u16, reason: &'static str, message: String, details: Option<Value>) -> Failure {
    Failure::Status {
        code,
        reason: Some(reason),
        message,
        details,
    }
}

fn details(resource: &Resource, kind: &str, name: &str) -> Value {
    let mut details = json!({"kind": kind});
    if !name.is_empty() {
        details["name"] = json!(name);
    }
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    details
}

impl Failure {
    /// What it says.
    pub fn message(&self) -> &str {
        match self {
            Self::Status { message, .. } => message,
            Self::PageNotFound => "the server could not find the requested resource",
        }
    }
    /// 404 of an object.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", resource.title());
        status(
            404,
            "NotFound",
            message,
            Some(details(resource, resource.plural, name)),
        )
    }
    /// 404 of a built-in path that leads nowhere.
    pub fn no_resource() -> Self {
        status(
            404,
            "NotFound",
            "the server could not find the requested resource".to_owned(),
            Some(json!({})),
        )
    }
    /// 409 of a create.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", resource.title());
        status(
            409,
            "AlreadyExists",
            message,
            Some(details(resource, resource.plural, name)),
        )
    }
    /// 409 of a write.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            resource.title()
        );
        status(
            409,
            "Conflict",
            message,
            Some(details(resource, resource.plural, name)),
        )
    }
    /// 409 of a delete of a custom resource, which names the kind instead.
    pub fn precondition(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            resource.kind_title()
        );
        status(
            409,
            "Conflict",
            message,
            Some(details(resource, resource.kind, name)),
        )
    }
    /// 409: the resourceVersion is not the latest.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }
    /// 422 with causes.
    pub fn invalid(resource: &Resource, name: &str, causes: Vec<Cause>) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for cause in &causes {
            let text = format!("{}: {}", cause.field, cause.message);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = if texts.len() == 1 {
            texts.concat()
        } else {
            format!("[{}]", texts.join(", "))
        };
        let mut details = details(resource, resource.kind, name);
        details["causes"] = causes.iter().map(Cause::json).collect();
        status(
            422,
            "Invalid",
            format!("{} {name:?} is invalid: {list}", resource.kind_title()),
            Some(details),
        )
    }
    /// 422 of a body of another kind; the message names that kind.
    pub fn invalid_kind(resource: &Resource, (kind, name): (&str, &str), cause: &Cause) -> Self {
        let subject = if resource.group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{}", resource.group)
        };
        let mut details = details(resource, kind, name);
        details["causes"] = json!([cause.json()]);
        status(
            422,
            "Invalid",
            format!(
                "{subject} {name:?} is invalid: {}: {}",
                cause.field, cause.message
            ),
            Some(details),
        )
    }
    /// 422 of options rather than of an object.
    pub fn invalid_options(kind: &str, field: &str, message: &str) -> Self {
        let cause = Cause::new("FieldValueRequired", field, message);
        let details = json!({"group": "meta.k8s.io", "kind": kind, "causes": [cause.json()]});
        status(
            422,
            "Invalid",
            format!("{kind}.meta.k8s.io \"\" is invalid: {field}: {message}"),
            Some(details),
        )
    }
    /// 422 of a patch that cannot be carried out.
    pub fn patch_rejected() -> Self {
        let message = "the server rejected our request due to an error in our request";
        status(422, "Invalid", message.to_owned(), Some(json!({})))
    }
    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        status(400, "BadRequest", message.into(), None)
    }
    /// 401.
    pub fn unauthorized() -> Self {
        status(401, "Unauthorized", "Unauthorized".to_owned(), None)
    }
    /// 403 of a request on a type.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let subject = if name.is_empty() {
            resource.title()
        } else {
            format!("{} {name:?}", resource.title())
        };
        status(
            403,
            "Forbidden",
            format!("{subject} is forbidden: {why}"),
            Some(details(resource, resource.plural, name)),
        )
    }
    /// 403 of a path that is no type.
    pub fn forbidden_path(user: &str, verb: &str, path: &str) -> Self {
        let message = format!("forbidden: User {user:?} cannot {verb} path {path:?}");
        status(403, "Forbidden", message, Some(json!({})))
    }
    /// 403: the namespace goes.
    pub fn terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let cause = Cause::new(
            "NamespaceTerminating",
            "metadata.namespace",
            format!("namespace {namespace} is being terminated"),
        );
        let mut details = details(resource, resource.plural, name);
        details["causes"] = json!([cause.json()]);
        status(
            403,
            "Forbidden",
            format!("{} {name:?} is forbidden: {why}", resource.title()),
            Some(details),
        )
    }
    /// 405.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        status(405, "MethodNotAllowed", message.to_owned(), Some(json!({})))
    }
    /// 415.
    pub fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        status(415, "UnsupportedMediaType", message, None)
    }
    /// 500 of an apply whose configuration does not fit the schema. Repeating it does not help.
    pub fn untyped(resource: &Resource, subject: &str, errors: &[String]) -> Self {
        let list = if errors.len() == 1 {
            errors.concat()
        } else {
            format!("errors:\n  {}", errors.join("\n  "))
        };
        let version = if resource.group.is_empty() {
            "/v1".to_owned()
        } else {
            resource.api_version()
        };
        let message = format!(
            "failed to create typed patch object ({subject}; {version}, Kind={}): {list}",
            resource.kind
        );
        Failure::Status {
            code: 500,
            reason: None,
            message,
            details: None,
        }
    }
    /// 409 of an apply.
    pub fn apply_conflicts(conflicts: &[Conflict]) -> Self {
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|c| {
                Cause::new(
                    "FieldManagerConflict",
                    &c.path,
                    format!("conflict with {}", c.manager),
                )
                .json()
            })
            .collect();
        let message = match conflicts {
            [only] => format!(
                "Apply failed with 1 conflict: conflict with {}: {}",
                only.manager, only.path
            ),
            many => {
                let mut by_manager: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for conflict in many {
                    by_manager
                        .entry(&conflict.manager)
                        .or_default()
                        .push(&conflict.path);
                }
                let lines: Vec<String> = by_manager
                    .iter()
                    .map(|(manager, paths)| {
                        format!("conflicts with {manager}:\n- {}", paths.join("\n- "))
                    })
                    .collect();
                format!(
                    "Apply failed with {} conflicts: {}",
                    many.len(),
                    lines.join("\n")
                )
            }
        };
        status(409, "Conflict", message, Some(json!({"causes": causes})))
    }
    /// As a response.
    pub fn response(&self) -> Response<Bytes> {
        match self {
            Failure::PageNotFound => text(404, "404 page not found\n"),
            Failure::Status {
                code,
                reason,
                message,
                details,
            } => {
                let mut body = json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code,
                });
                if let Some(reason) = reason {
                    body["reason"] = json!(reason);
                }
                if let Some(details) = details {
                    body["details"] = details.clone();
                }
                json_response(*code, &body)
            }
        }
    }
}

/// The Status of a delete that is done.
pub fn deleted(resource: &Resource, name: &str, uid: &str) -> Value {
    let mut details = details(resource, resource.plural, name);
    details["uid"] = json!(uid);
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// A Status in place of an answer: the server would not look at the request.
pub fn refusal(code: u16, retry_after: Option<u64>) -> Response<Bytes> {
    let (reason, message) = match code {
        403 => ("Forbidden", "forbidden by a policy of the sandbox"),
        429 => (
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        _ => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
    };
    let mut body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code,
    });
    if let Some(seconds) = retry_after {
        body["details"] = json!({"retryAfterSeconds": seconds});
    }
    let mut response = json_response(code, &body);
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    response
}

/// A JSON response. There is no `Date`: a client that trusts it would be moved off a virtual clock.
pub fn json_response(code: u16, body: &Value) -> Response<Bytes> {
    response(code, "application/json", Bytes::from(body.to_string()))
}

/// A text response.
pub fn text(code: u16, body: &'static str) -> Response<Bytes> {
    response(
        code,
        "text/plain; charset=utf-8",
        Bytes::from_static(body.as_bytes()),
    )
}

fn response(code: u16, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}
