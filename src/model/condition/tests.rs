//! Each condition against objects as servers show them.

use super::{Condition, Judgement, StatusCondition, judge};
use serde_json::{Value as Json, json};

const WRITTEN_AT: &str = "2026-11-20T10:00:00.700Z";

/// `wanted`: `ready`, or how the judgement starts and a part of its text.
fn check(condition: Condition, live: Json, wanted: &str) {
    let live = Some(live).filter(|live| !live.is_null());
    let said = match judge(&condition, live.as_ref(), WRITTEN_AT.parse().unwrap()) {
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

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn objects_of_any_type_say_when_they_are_done() {
    let conditions = |all: &[(&str, &str)]| {
        let one = |(type_, status): &(&str, &str)| json!({"type": type_, "status": status, "message": "because"});
        json!({"status": {"conditions": all.iter().map(one).collect::<Vec<_>>()}})
    };
    for (live, wanted) in [
        (json!({}), "pending: its type is not served yet"),
        (
            conditions(&[("Established", "False")]),
            "pending: its type is not served yet: because",
        ),
        (
            conditions(&[("NamesAccepted", "False")]),
            "failed: its names are not accepted: because",
        ),
        (
            conditions(&[("NamesAccepted", "True"), ("Established", "True")]),
            "ready",
        ),
    ] {
        check(Condition::Established, live, wanted);
    }
    let ready = StatusCondition {
        type_: "Ready".to_owned(),
        status: "True".to_owned(),
    };
    for (live, wanted) in [
        (json!({}), "pending: condition Ready is missing, not True"),
        (
            conditions(&[("Ready", "False")]),
            "pending: condition Ready is False, not True: because",
        ),
        (conditions(&[("Ready", "True")]), "ready"),
    ] {
        check(Condition::Status(vec![ready.clone()]), live, wanted);
    }
    let fields =
        |pattern: &str| Condition::Fields([("status.ip[0]".to_owned(), pattern.to_owned())].into());
    check(
        fields("*"),
        json!({"status": {"ip": ["10.0.0.1"]}}),
        "ready",
    );
    check(
        fields("^10[.]"),
        json!({"status": {"ip": ["10.0.0.1"]}}),
        "ready",
    );
    check(
        fields("^11"),
        json!({"status": {"ip": ["10.0.0.1"]}}),
        "pending: status.ip[0] is 10.0.0.1, not ^11",
    );
    check(
        fields("*"),
        json!({"status": {"ip": []}}),
        "pending: status.ip[0] is missing",
    );
    let deployment = |status: Json| json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status});
    let daemons = |status: Json| json!({"kind": "DaemonSet", "metadata": {"generation": 1}, "status": status});
    for (live, wanted) in [
        (
            deployment(json!({"observedGeneration": 1})),
            "pending: its controller has not seen the change yet",
        ),
        (
            deployment(
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}),
            ),
            "pending: 1 of 2 updated, 2 of 2 available",
        ),
        (
            deployment(
                json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
            ),
            "ready",
        ),
        (
            daemons(
                json!({"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}),
            ),
            "pending: 3 of 3 updated, 2 of 3 available",
        ),
    ] {
        check(Condition::RolledOut, live, wanted);
    }
}

#[test]
fn what_velero_runs_has_ended_with_its_last_phase() {
    let failed = json!({"status": {"phase": "PartiallyFailed", "errors": 2}});
    for (live, wanted) in [
        (Json::Null, "pending: the object is not there"),
        (json!({}), "pending: Velero has not begun the restore yet"),
        (
            json!({"status": {"phase": "InProgress", "progress": {"itemsRestored": 3, "totalItems": 9}}}),
            "pending: the restore is InProgress: 3 of 9 items",
        ),
        (
            json!({"status": {"phase": "Finalizing"}}),
            "pending: the restore is Finalizing",
        ),
        (json!({"status": {"phase": "Completed"}}), "ready"),
        (
            failed.clone(),
            "failed: the restore is PartiallyFailed: 2 errors; its log in the bucket has them",
        ),
        (
            json!({"status": {"phase": "FailedValidation", "validationErrors": ["no such backup"]}}),
            "failed: the restore is FailedValidation: no such backup",
        ),
        (
            json!({"status": {"phase": "Failed", "failureReason": "the server was started again"}}),
            "failed: the restore is Failed: the server was started again",
        ),
    ] {
        check(Condition::RestoreEnded, live, wanted);
    }
    check(
        Condition::BackupEnded,
        failed,
        "failed: the backup is PartiallyFailed: 2 errors; its log in the bucket has them",
    );
}
