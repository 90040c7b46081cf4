//! What an answer of the API means: classes of failure, the server's words, conflicts, proofs of absence.
//! Pure: must not send anything or decide what follows.

use super::client::{Content, Reply};
use super::requests::Request;
use crate::model::text::printable;
use crate::world::query::{Conflict, FailureClass, ManagerOperation, Why};
use crate::world::redactor::Redactor;
use crate::world::words::{MOST, Said, said_json};
use http::StatusCode;
use serde_json::Value as Json;

/// Characters of a body that is no Status shown to people; a proxy's HTML page is longer and says no more.
const SHOWN_BODY: usize = 200;

/// Bytes of a success: a page of 500 objects as large as a store takes them is larger than any that was seen.
pub const LARGEST: usize = 256 * 1024 * 1024;

/// What a body holds. The words of a failure enter here; the server may quote credentials and what it was sent.
pub fn content(status: StatusCode, body: &[u8], redactor: &Redactor) -> Content {
    if !status.is_success() {
        return failure(body, redactor);
    }
    if body.len() > LARGEST {
        return Content::Nonsense(format!("its body is larger than {} MiB", LARGEST >> 20));
    }
    match serde_json::from_slice::<Json>(body) {
        Ok(json) if is_failure(&json) => failure(body, redactor),
        Ok(json) => Content::Object(json),
        Err(error) => Content::Nonsense(format!("its body is no JSON: {error}")),
    }
}

/// `200` over a Status that says Failure: something on the way made it a success.
fn is_failure(json: &Json) -> bool {
    let member = |name: &str| json.get(name).and_then(Json::as_str);
    member("kind") == Some("Status") && member("status") != Some("Success")
}

fn failure(body: &[u8], redactor: &Redactor) -> Content {
    // Under a success it may be as large as one.
    let body = body.get(..MOST).unwrap_or(body);
    let status = serde_json::from_slice::<Json>(body).ok();
    let status = status
        .filter(|body| body.get("kind").and_then(Json::as_str) == Some("Status"))
        .map(|status| said_json(status, redactor));
    let message = status.as_ref().and_then(|status| status.get("message"));
    let words = match message.and_then(Json::as_str) {
        // Once more: what it is made of may stand in several members.
        Some(message) => Said::of(message.as_bytes(), redactor).line(),
        None => Said::of(body, redactor).line_of(SHOWN_BODY),
    };
    Content::Failure { status, words }
}

/// What was asked for.
///
/// # Errors
/// Where the answer is a failure, no JSON, or about something else.
pub fn fulfilled(request: &Request, reply: Reply) -> Result<Json, (Why, Reply)> {
    let malformed = |words: String| Why {
        class: FailureClass::Malformed,
        message: format!("{}: {words}", request.title()),
    };
    let content = match reply.content {
        Content::Object(object) => match request.asked.mismatch(&object) {
            None => return Ok(object),
            Some(words) => Content::Nonsense(printable(&words)),
        },
        other @ (Content::Failure { .. } | Content::Nonsense(_)) => other,
    };
    let reply = Reply { content, ..reply };
    let why = match &reply.content {
        Content::Nonsense(words) => malformed(format!("answered {}, and {words}", reply.status)),
        Content::Failure { .. } | Content::Object(_) => why(request, &reply),
    };
    Err((why, reply))
}

/// Status object of a failure; a load balancer or an unserved path sends none.
fn status_object(reply: &Reply) -> Option<&Json> {
    match &reply.content {
        Content::Failure { status, .. } => status.as_ref(),
        Content::Object(_) | Content::Nonsense(_) => None,
    }
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
    let separator = match (reply.status.is_success(), words.is_empty()) {
        (true, _) => " with a failure: ",
        (false, true) => "",
        (false, false) => ": ",
    };
    Why {
        class: class(reply),
        message: format!(
            "{}: {}{separator}{words}{tries}",
            request.title(),
            reply.status
        ),
    }
}

/// What the server said of a failure, on one line.
pub fn words(reply: &Reply) -> &str {
    match &reply.content {
        Content::Failure { words, .. } => words,
        Content::Object(_) | Content::Nonsense(_) => "",
    }
}

/// Whether the server itself says that this object is not there: 404 with a Status of reason NotFound about it. A bare
/// "404 page not found" proves nothing about an object. A name that holds a part of a secret arrives struck out.
pub fn says_object_is_absent(reply: &Reply, name: &str, redactor: &Redactor) -> bool {
    let Some(status) = status_object(reply) else {
        return false;
    };
    let named = status.pointer("/details/name").and_then(Json::as_str);
    reply.status.as_u16() == 404
        && status.get("reason").and_then(Json::as_str) == Some("NotFound")
        && named.is_none_or(|named| named == name || named == redactor.redact(name))
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
        .and_then(|status| status.pointer("/details/causes"))
        .and_then(Json::as_array)
        .is_some_and(|causes| {
            causes
                .iter()
                .any(|cause| cause.get("field").and_then(Json::as_str) == Some(field))
        })
}
