//! What an answer of the API means: classes of failure, the server's words, conflicts, proofs of absence.
//! Pure: must not send anything or decide what follows.

use super::client::Reply;
use super::requests::Request;
use crate::world::query::{Conflict, FailureClass, ManagerOperation, Why};
use serde_json::Value as Json;

/// Characters of a body that is no Status shown to people; a proxy's HTML page is longer and says no more.
const SHOWN_BODY: usize = 200;

/// Body as JSON.
///
/// # Errors
/// Where it is none.
pub fn json(request: &Request, reply: &Reply) -> Result<Json, Why> {
    serde_json::from_slice(&reply.body).map_err(|error| Why {
        class: FailureClass::Malformed,
        message: format!(
            "{}: answered {} with a body that is no JSON: {error}",
            request.title(),
            reply.status
        ),
    })
}

/// Status object of a failure; a load balancer or an unserved path sends none.
pub fn status_object(reply: &Reply) -> Option<Json> {
    let body: Json = serde_json::from_slice(&reply.body).ok()?;
    (body.get("kind").and_then(Json::as_str) == Some("Status")).then_some(body)
}

/// Class of an answer that is no success.
pub fn class(reply: &Reply) -> FailureClass {
    match reply.status.as_u16() {
        401 => FailureClass::Unauthenticated,
        403 => FailureClass::Forbidden,
        404 => FailureClass::NotFound,
        409 => FailureClass::Conflict,
        // A wrong uid is 422 on apply and patch, though it is the conflict that 409 stands for elsewhere.
        422 if has_cause_field(reply, "metadata.uid") => FailureClass::Conflict,
        429 => FailureClass::Unavailable,
        500 if is_strict_refusal(reply) => FailureClass::Invalid,
        500..=599 => FailureClass::Unavailable,
        400..=499 => FailureClass::Invalid,
        _ => FailureClass::Malformed,
    }
}

/// An apply with an unknown field answers 500, "failed to create typed patch object": no fault of the server, and trying
/// again brings the same.
pub fn is_strict_refusal(reply: &Reply) -> bool {
    reply.status.as_u16() == 500 && words(reply).contains("failed to create typed patch object")
}

/// Class, request, status, the server's words, and how often it was tried.
pub fn why(request: &Request, reply: &Reply) -> Why {
    let tries = if reply.tries > 1 {
        format!(" (tried {} times)", reply.tries)
    } else {
        String::new()
    };
    let words = words(reply);
    let separator = if words.is_empty() { "" } else { ": " };
    Why {
        class: class(reply),
        message: format!(
            "{}: {}{separator}{words}{tries}",
            request.title(),
            reply.status
        ),
    }
}

/// What the server said, on one line.
pub fn words(reply: &Reply) -> String {
    let text = match status_object(reply)
        .as_ref()
        .and_then(|status| status.get("message"))
        .and_then(Json::as_str)
    {
        Some(message) => message.to_owned(),
        None => String::from_utf8_lossy(&reply.body)
            .chars()
            .take(SHOWN_BODY)
            .collect(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the server itself says that this object is not there: 404 with a Status of reason NotFound about it. A bare
/// "404 page not found" proves nothing about an object.
pub fn says_object_is_absent(reply: &Reply, name: &str) -> bool {
    let Some(status) = status_object(reply) else {
        return false;
    };
    let named = status.pointer("/details/name").and_then(Json::as_str);
    reply.status.as_u16() == 404
        && status.get("reason").and_then(Json::as_str) == Some("NotFound")
        && named.is_none_or(|named| named == name)
}

/// Whether a 404 to a write is about the namespace that the object should be in.
pub fn says_namespace_is_absent(reply: &Reply) -> bool {
    reply.status.as_u16() == 404
        && status_object(reply).is_some_and(|status| {
            status.pointer("/details/kind").and_then(Json::as_str) == Some("namespaces")
                || words(reply).starts_with("namespaces \"")
        })
}

/// Fields held by other managers, out of a 409 to an apply without force; `None` where the 409 is about something else.
pub fn conflicts(reply: &Reply) -> Option<Vec<Conflict>> {
    let status = status_object(reply)?;
    let causes = status.pointer("/details/causes")?.as_array()?;
    let field_conflicts =
        |cause: &&Json| cause.get("reason").and_then(Json::as_str) == Some("FieldManagerConflict");
    let found: Vec<Conflict> = causes
        .iter()
        .filter(field_conflicts)
        .filter_map(conflict)
        .collect();
    (!found.is_empty()).then_some(found)
}

/// `conflict with "kubectl-edit" using velero.io/v1` names an Update manager, `conflict with "argocd"` an Apply manager.
fn conflict(cause: &Json) -> Option<Conflict> {
    let field = cause.get("field")?.as_str()?;
    let message = cause.get("message")?.as_str()?;
    let (_, rest) = message.split_once('"')?;
    let (manager, rest) = rest.split_once('"')?;
    let operation = if rest.contains(" using ") {
        ManagerOperation::Update
    } else {
        ManagerOperation::Apply
    };
    Some(Conflict {
        field: field.to_owned(),
        manager: manager.to_owned(),
        operation,
    })
}

fn has_cause_field(reply: &Reply, field: &str) -> bool {
    status_object(reply)
        .as_ref()
        .and_then(|status| status.pointer("/details/causes"))
        .and_then(Json::as_array)
        .is_some_and(|causes| {
            causes
                .iter()
                .any(|cause| cause.get("field").and_then(Json::as_str) == Some(field))
        })
}
