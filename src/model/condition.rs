//! What a step waits for, as data. The judgement over a live object is [`judge`]; it is pure.

mod manifest;
mod velero;

use super::identity::FIELD_MANAGER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What must hold before a step counts as done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The object is gone, or another object (other UID) has its name.
    Gone,
    /// A namespace's `status.phase` is Active.
    NamespaceActive,
    /// A location is Available, validated after the write.
    LocationAvailable,
    /// A schedule is Enabled; FailedValidation ends at once.
    ScheduleEnabled,
    /// A cluster's API answers through its kubeconfig.
    ClusterAnswers,
    /// A CustomResourceDefinition serves its type.
    Established,
    /// A Deployment, StatefulSet or DaemonSet runs what was written.
    RolledOut,
    /// Places in the object match regular expressions; `*` matches any value.
    Fields(BTreeMap<String, String>),
    /// Conditions in the object's status hold.
    Status(Vec<StatusCondition>),
    /// A Restore of Velero is Completed; another last phase ends at once.
    RestoreEnded,
    /// A Backup of Velero is Completed; another last phase ends at once.
    BackupEnded,
}

impl Condition {
    /// Whether its limit is one of standing still: what moves may take as long as it takes. A restore brings the data of
    /// its volumes back while it is InProgress, however much that is.
    pub fn is_of_progress(&self) -> bool {
        match self {
            Condition::RestoreEnded | Condition::BackupEnded => true,
            Condition::Gone
            | Condition::NamespaceActive
            | Condition::LocationAvailable
            | Condition::ScheduleEnabled
            | Condition::ClusterAnswers
            | Condition::Established
            | Condition::RolledOut
            | Condition::Fields(_)
            | Condition::Status(_) => false,
        }
    }
}

/// A condition in an object's status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatusCondition {
    /// Its type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its status.
    pub status: String,
}

/// A wait with its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// For what.
    #[serde(rename = "for")]
    pub condition: Condition,
    /// Seconds after which the step fails with the server's reason.
    pub limit_s: u64,
}

/// What a live object says about a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It holds.
    Ready,
    /// Not yet; what is waited for and why, as a sentence for people.
    Pending(String),
    /// It never will; the server's reason.
    Failed(String),
}

/// Holds a live object against a condition. `live` is `None` where the object is not there; for [`Condition::Gone`] also
/// where another object, with another UID, has its name; for [`Condition::ClusterAnswers`] where the API is silent.
/// `written_at` is when the server took the write.
pub fn judge(condition: &Condition, live: Option<&Json>, written_at: Timestamp) -> Judgement {
    let Some(live) = live else {
        return match condition {
            Condition::Gone => Judgement::Ready,
            Condition::ClusterAnswers => pending("the cluster's API does not answer yet"),
            Condition::NamespaceActive
            | Condition::LocationAvailable
            | Condition::ScheduleEnabled
            | Condition::Established
            | Condition::RolledOut
            | Condition::Fields(_)
            | Condition::Status(_)
            | Condition::RestoreEnded
            | Condition::BackupEnded => pending("the object is not there"),
        };
    };
    match condition {
        Condition::Gone => gone(live),
        Condition::NamespaceActive => namespace(live),
        Condition::LocationAvailable => location(live, written_at),
        Condition::ScheduleEnabled => schedule(live),
        Condition::ClusterAnswers => Judgement::Ready,
        Condition::Established => manifest::established(live),
        Condition::RolledOut => manifest::rolled_out(live),
        Condition::Fields(fields) => manifest::fields(live, fields),
        Condition::Status(conditions) => manifest::status(live, conditions),
        Condition::RestoreEnded => velero::restore(live),
        Condition::BackupEnded => velero::backup(live),
    }
}

/// When our field manager last wrote an object, by the server's own clock: ours may be wrong, and a resumed run did not
/// see the write.
pub fn written_at(object: &Json) -> Option<Timestamp> {
    let entries = object
        .pointer("/metadata/managedFields")
        .and_then(Json::as_array);
    let ours = entries
        .into_iter()
        .flatten()
        .filter(|entry| text(entry, "/manager") == Some(FIELD_MANAGER));
    let newest = ours
        .filter_map(|entry| text(entry, "/time")?.parse().ok())
        .max();
    newest.or_else(|| text(object, "/metadata/creationTimestamp")?.parse().ok())
}

fn pending(text: impl Into<String>) -> Judgement {
    Judgement::Pending(text.into())
}

fn text<'a>(live: &'a Json, place: &str) -> Option<&'a str> {
    live.pointer(place)?
        .as_str()
        .filter(|text| !text.is_empty())
}

fn gone(live: &Json) -> Judgement {
    let Some(since) = text(live, "/metadata/deletionTimestamp") else {
        return pending("it is still there, and nothing deletes it");
    };
    let texts = |place| {
        live.pointer(place)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
    };
    // A namespace says what holds it up in conditions that are True; other objects only by their finalizers.
    let reasons = texts("/status/conditions")
        .filter(|condition| text(condition, "/status") == Some("True"))
        .filter_map(|condition| text(condition, "/message"));
    let finalizers = ["/metadata/finalizers", "/spec/finalizers"]
        .into_iter()
        .flat_map(texts)
        .filter_map(Json::as_str);
    let mut held: Vec<String> = reasons.map(str::to_owned).collect();
    if held.is_empty() {
        held = finalizers
            .map(|finalizer| format!("finalizer {finalizer}"))
            .collect();
    }
    match held.as_slice() {
        [] => pending(format!("it is being deleted since {since}")),
        held => pending(format!(
            "it is being deleted since {since}: {}",
            held.join("; ")
        )),
    }
}

fn namespace(live: &Json) -> Judgement {
    match text(live, "/status/phase") {
        Some("Active") => Judgement::Ready,
        Some("Terminating") => Judgement::Failed("the namespace is being deleted".to_owned()),
        Some(phase) => pending(format!("the namespace is {phase}, not Active")),
        None => pending("the namespace has no phase yet"),
    }
}

/// Available counts only if it was said after the write: before, it speaks of the bucket or credentials of before.
fn location(live: &Json, written_at: Timestamp) -> Judgement {
    let validated = text(live, "/status/lastValidationTime");
    // The server writes whole seconds, so a validation within the second of the write may be after it.
    let is_after = validated
        .and_then(|time| time.parse::<Timestamp>().ok())
        .is_some_and(|time| time.as_second() >= written_at.as_second());
    let message = text(live, "/status/message").unwrap_or("Velero gives no reason");
    match (text(live, "/status/phase"), is_after) {
        (Some("Available"), true) => Judgement::Ready,
        (Some("Available"), false) => pending(format!(
            "Velero has not validated the location since the write; it was Available at {}",
            validated.unwrap_or("an unknown time")
        )),
        // Secrets are read again at each validation, so that this may still turn good.
        (Some("Unavailable"), true) => pending(format!("the location is Unavailable: {message}")),
        (Some("Unavailable"), false) => pending(format!(
            "Velero has not validated the location since the write; before, it was Unavailable: {message}"
        )),
        (Some(phase), _) => pending(format!("the location is {phase}, not Available")),
        (None, _) => pending("Velero has not validated the location yet"),
    }
}

fn schedule(live: &Json) -> Judgement {
    // Velero leaves paused schedules alone, so that their status says nothing.
    if live.pointer("/spec/paused") == Some(&Json::Bool(true)) {
        return Judgement::Ready;
    }
    match text(live, "/status/phase") {
        Some("Enabled") => Judgement::Ready,
        Some("FailedValidation") => {
            let errors = live
                .pointer("/status/validationErrors")
                .and_then(Json::as_array)
                .into_iter()
                .flatten();
            let errors: Vec<&str> = errors.filter_map(Json::as_str).collect();
            let reason = if errors.is_empty() {
                "Velero gives no reason".to_owned()
            } else {
                errors.join("; ")
            };
            Judgement::Failed(format!("Velero refuses the schedule: {reason}"))
        }
        Some(phase) => pending(format!("the schedule is {phase}, not Enabled")),
        None => pending("Velero has not looked at the schedule yet"),
    }
}

#[cfg(test)]
mod tests;
