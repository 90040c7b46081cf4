//! Each condition against objects as servers show them.

use super::{Condition, Judgement, judge};
use serde_json::{Value as Json, json};

const WRITTEN_AT: &str = "2026-11-20T10:00:00.700Z";

/// `wanted`: `ready`, or how the judgement starts and a part of its text.
fn check(condition: Condition, live: Json, wanted: &str) {
    let live = Some(live).filter(|live| !live.is_null());
    let said = match judge(condition, live.as_ref(), WRITTEN_AT.parse().unwrap()) {
        Judgement::Ready => "ready".to_owned(),
        Judgement::Pending(why) => format!("pending: {why}"),
        Judgement::Failed(why) => format!("failed: {why}"),
    };
    assert_eq!(said, wanted, "{condition:?} {live:?}");
}

#[test]
fn locations_count_only_validations_after_the_write() {
    let status = |phase: &str, time: &str, message: &str| json!({"status": {"phase": phase, "lastValidationTime": time, "message": message}});
    for (live, wanted) in [
        (Json::Null, "pending: the object is not there"),
        (
            json!({}),
            "pending: Velero has not validated the location yet",
        ),
        (status("Available", "2026-11-20T10:00:00Z", ""), "ready"),
        (status("Available", "2026-11-20T10:01:00Z", ""), "ready"),
        (
            status("Available", "2026-11-20T09:59:59Z", ""),
            "pending: Velero has not validated the location since the write; it was Available at 2026-11-20T09:59:59Z",
        ),
        (
            status("Unavailable", "2026-11-20T10:01:00Z", "NoSuchBucket"),
            "pending: the location is Unavailable: NoSuchBucket",
        ),
        (
            status("Unavailable", "2026-11-20T09:00:00Z", "NoSuchBucket"),
            "pending: Velero has not validated the location since the write; before, it was Unavailable: NoSuchBucket",
        ),
        (
            json!({"status": {"phase": "Available"}}),
            "pending: Velero has not validated the location since the write; it was Available at an unknown time",
        ),
    ] {
        check(Condition::LocationAvailable, live, wanted);
    }
}

#[test]
fn schedules_end_at_once_where_velero_refuses_them() {
    for (live, wanted) in [
        (
            json!({"status": {}}),
            "pending: Velero has not looked at the schedule yet",
        ),
        (
            json!({"status": {"phase": "New"}}),
            "pending: the schedule is New, not Enabled",
        ),
        (json!({"status": {"phase": "Enabled"}}), "ready"),
        (json!({"spec": {"paused": true}}), "ready"),
        (
            json!({"status": {"phase": "FailedValidation", "validationErrors": ["invalid schedule: x", "y"]}}),
            "failed: Velero refuses the schedule: invalid schedule: x; y",
        ),
    ] {
        check(Condition::ScheduleEnabled, live, wanted);
    }
}

#[test]
fn deletions_say_what_holds_them_up() {
    let deleting = |mut object: Json| {
        object["metadata"]["deletionTimestamp"] = "2026-11-20T10:00:01Z".into();
        object
    };
    for (live, wanted) in [
        (Json::Null, "ready"),
        (
            json!({"metadata": {}}),
            "pending: it is still there, and nothing deletes it",
        ),
        (
            deleting(json!({})),
            "pending: it is being deleted since 2026-11-20T10:00:01Z",
        ),
        (
            deleting(
                json!({"metadata": {"finalizers": ["a/b"]}, "spec": {"finalizers": ["kubernetes"]}}),
            ),
            "pending: it is being deleted since 2026-11-20T10:00:01Z: finalizer a/b; finalizer kubernetes",
        ),
        (
            deleting(
                json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"conditions": [
                    {"status": "False", "message": "All resources discovered"},
                    {"status": "True", "message": "Some resources are remaining: pods. has 1 resource instances"},
                ]}}),
            ),
            "pending: it is being deleted since 2026-11-20T10:00:01Z: Some resources are remaining: pods. has 1 resource instances",
        ),
    ] {
        check(Condition::Gone, live, wanted);
    }
}

#[test]
fn namespaces_and_clusters() {
    check(
        Condition::NamespaceActive,
        json!({"status": {"phase": "Active"}}),
        "ready",
    );
    check(
        Condition::NamespaceActive,
        json!({"status": {"phase": "Terminating"}}),
        "failed: the namespace is being deleted",
    );
    check(
        Condition::NamespaceActive,
        json!({}),
        "pending: the namespace has no phase yet",
    );
    check(
        Condition::ClusterAnswers,
        json!({"metadata": {"uid": "u"}}),
        "ready",
    );
    check(
        Condition::ClusterAnswers,
        Json::Null,
        "pending: the cluster's API does not answer yet",
    );
}
