//! What objects of any type say about a wait. Pure.

use super::{Judgement, StatusCondition, pending, text};
use crate::model::field_path::FieldPath;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A condition of the object's status by type.
fn condition<'a>(live: &'a Json, type_: &str) -> Option<&'a Json> {
    let conditions = live.pointer("/status/conditions")?.as_array()?;
    conditions
        .iter()
        .find(|one| text(one, "/type") == Some(type_))
}

/// `: message` of a condition, where it has one.
fn because(condition: &Json) -> String {
    let why = text(condition, "/message").or_else(|| text(condition, "/reason"));
    why.map(|why| format!(": {why}")).unwrap_or_default()
}

/// A CRD serves its type once it is established; names that another holds never will be.
pub(super) fn established(live: &Json) -> Judgement {
    let names = condition(live, "NamesAccepted");
    if let Some(refused) = names.filter(|names| text(names, "/status") == Some("False")) {
        return Judgement::Failed(format!("its names are not accepted{}", because(refused)));
    }
    match condition(live, "Established") {
        Some(established) if text(established, "/status") == Some("True") => Judgement::Ready,
        Some(established) => pending(format!(
            "its type is not served yet{}",
            because(established)
        )),
        None => pending("its type is not served yet"),
    }
}

/// The conditions hold.
pub(super) fn status(live: &Json, wanted: &[StatusCondition]) -> Judgement {
    for one in wanted {
        let found = condition(live, &one.type_);
        let status = found.and_then(|found| text(found, "/status"));
        if status != Some(one.status.as_str()) {
            let why = found.map(because).unwrap_or_default();
            return pending(format!(
                "condition {} is {}, not {}{why}",
                one.type_,
                status.unwrap_or("missing"),
                one.status
            ));
        }
    }
    Judgement::Ready
}

/// The places match.
pub(super) fn fields(live: &Json, wanted: &BTreeMap<String, String>) -> Judgement {
    for (place, pattern) in wanted {
        let found = place
            .parse::<FieldPath>()
            .ok()
            .and_then(|path| path.get(live).cloned())
            .filter(|value| !value.is_null());
        let Some(found) = found else {
            return pending(format!("{place} is missing"));
        };
        let found = match &found {
            Json::String(text) => text.clone(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
                found.to_string()
            }
        };
        let matches =
            pattern == "*" || Regex::new(pattern).is_ok_and(|regex| regex.is_match(&found));
        if !matches {
            return pending(format!("{place} is {found}, not {pattern}"));
        }
    }
    Judgement::Ready
}

/// What was written runs: the controller has seen it, nothing of before is left, and enough is available.
pub(super) fn rolled_out(live: &Json) -> Judgement {
    let number = |place: &str| live.pointer(place).and_then(Json::as_u64);
    let generation = number("/metadata/generation").unwrap_or(0);
    if number("/status/observedGeneration").unwrap_or(0) < generation {
        return pending("its controller has not seen the change yet");
    }
    let status = |name: &str| number(&format!("/status/{name}")).unwrap_or(0);
    let (wanted, updated, there, available) = if text(live, "/kind") == Some("DaemonSet") {
        let wanted = status("desiredNumberScheduled");
        let updated = status("updatedNumberScheduled");
        (wanted, updated, wanted, status("numberAvailable"))
    } else {
        let wanted = number("/spec/replicas").unwrap_or(1);
        let available = match text(live, "/kind") {
            Some("StatefulSet") => status("readyReplicas"),
            Some(_) | None => status("availableReplicas"),
        };
        (
            wanted,
            status("updatedReplicas"),
            status("replicas"),
            available,
        )
    };
    if updated >= wanted && there <= wanted && available >= wanted {
        return Judgement::Ready;
    }
    let stuck = condition(live, "Progressing");
    let stuck = stuck.filter(|stuck| text(stuck, "/status") == Some("False"));
    let why = stuck.map(because).unwrap_or_default();
    pending(format!(
        "{updated} of {wanted} updated, {available} of {wanted} available{why}"
    ))
}
