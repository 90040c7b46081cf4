//! What guards a step is asked once more, just before its write.

use super::fake::{Fake, place};
use super::outcomes::check;
use super::plans::{Kube, old, plan, provider};
use crate::model::condition::Condition;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::model::identity::{Instance, KubeResource};
use crate::plan::document::{Plan, PlannedProvider};
use crate::world::op::KubeVerb;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

fn type_(plural: &str, kind: &str) -> KubeResource {
    KubeResource {
        group: "velero.io".into(),
        version: "v1".into(),
        plural: plural.to_owned().into(),
        kind: kind.to_owned().into(),
        namespaced: true,
    }
}

fn guarded(guard: Guard) -> Plan {
    let mut step = Kube {
        body: Expr::Value(json!({"spec": {"paused": false}})),
        takes: &["spec.paused"],
        ..old("velero_schedule.changed#1", KubeVerb::Apply, "changed")
    }
    .step();
    step.guards = vec![guard];
    plan(vec![step])
}

/// A resumed recovery has no step left whose own provider the store is, and its guards ask the store all the same.
#[test]
fn the_store_that_a_guard_asks_is_connected_before_the_first_effect() {
    let mut plan = guarded(Guard::SoleWriter {
        store: provider("s3"),
        bucket: "backups".to_owned(),
        prefix: "velero/".to_owned(),
        known: BTreeSet::new(),
    });
    let store = PlannedProvider {
        instance: Instance::Store,
        connect: Expr::Value(json!({})),
        title: "a store".to_owned(),
        answers: 1,
    };
    plan.providers.insert(provider("s3"), store);
    plan.digest = plan.compute_digest().unwrap();
    let refused = "provider `s3` cannot be asked which cluster it is: no kubeconfig; nothing was changed · exit 1";
    check(&plan, |_| {}, refused);
}

fn put(fake: &Fake, plural: &str, name: &str, object: Json) {
    let place = place(&provider("kubernetes.old"), plural, Some("velero"), name);
    fake.inside().objects.insert(place, object);
}

fn server(fake: &Fake, ready: u64) {
    let object = json!({"kind": "Deployment", "status": {"readyReplicas": ready}});
    put(fake, "deployments", "velero", object);
}

fn run(fake: &Fake, plural: &str, kind: &str, phase: &str) {
    let object = json!({"kind": kind, "metadata": {"name": "shop"}, "status": {"phase": phase}});
    put(fake, plural, "shop", object);
}

const DONE: &str = "done 1 · Complete · exit 0";
const STOPPED: &str = "done 0, velero_schedule.changed#1 failed Ground · Partial · exit 3";

#[test]
fn a_server_is_changed_only_while_it_runs_nothing() {
    let plan = guarded(Guard::Idle {
        namespace: "velero".to_owned(),
        deployment: "velero".to_owned(),
        runs: vec![type_("backups", "Backup"), type_("restores", "Restore")],
    });
    let case = |ready: u64, plural: &'static str, kind: &'static str, phase: &'static str| {
        move |fake: &Fake| {
            server(fake, ready);
            run(fake, plural, kind, phase);
        }
    };
    check(&plan, |fake| server(fake, 1), DONE);
    check(&plan, case(1, "backups", "Backup", "Completed"), DONE);
    check(&plan, case(1, "backups", "Backup", "PartiallyFailed"), DONE);
    check(&plan, case(1, "backups", "Backup", "Deleting"), DONE);
    for (plural, kind, phase) in [
        ("backups", "Backup", "InProgress"),
        ("backups", "Backup", ""),
        ("backups", "Backup", "Queued"),
        ("backups", "Backup", "WaitingForPluginOperations"),
        ("backups", "Backup", "Finalizing"),
        ("restores", "Restore", "InProgress"),
    ] {
        let fake = check(&plan, case(1, plural, kind, phase), STOPPED);
        assert!(fake.inside().effects.is_empty(), "{kind} {phase}");
    }
    // What a server without a replica was at is lost already; it may be mended.
    check(&plan, case(0, "backups", "Backup", "InProgress"), DONE);
    check(
        &plan,
        |fake| run(fake, "backups", "Backup", "InProgress"),
        DONE,
    );
}

#[test]
fn an_unknown_answer_is_not_taken_for_nothing() {
    let plan = guarded(Guard::Idle {
        namespace: "velero".to_owned(),
        deployment: "velero".to_owned(),
        runs: vec![type_("backups", "Backup")],
    });
    let silent = |fake: &Fake| {
        server(fake, 1);
        let list = place(&provider("kubernetes.old"), "backups", Some("velero"), "");
        fake.inside().silent_after.insert(list, (0, 1));
    };
    let expected = "done 0, velero_schedule.changed#1 failed Unreachable · Partial · exit 1";
    let fake = check(&plan, silent, expected);
    assert!(fake.inside().effects.is_empty());
}

#[test]
fn what_must_be_there_is_there_before() {
    let plan = guarded(Guard::Exists {
        resource: type_("restores", "Restore"),
        namespace: Some("velero".to_owned()),
        name: "shop".to_owned(),
    });
    check(&plan, |_| {}, STOPPED);
    check(&plan, |fake| run(fake, "restores", "Restore", "New"), DONE);
}

/// A gate is waited for, to its limit and no longer; what is behind it stays as it is.
#[test]
fn what_is_not_ready_is_waited_for() {
    let plan = guarded(Guard::Ready {
        resource: type_("backupstoragelocations", "BackupStorageLocation"),
        namespace: Some("velero".to_owned()),
        name: "main".to_owned(),
        condition: Condition::LocationAvailable,
        limit_s: 120,
    });
    let location = |phase: &'static str| {
        move |fake: &Fake| {
            let object = json!({
                "kind": "BackupStorageLocation", "metadata": {"name": "main", "creationTimestamp": "2026-11-21T08:00:00Z"},
                "status": {"phase": phase, "lastValidationTime": "2026-11-21T09:00:00Z", "message": "no such bucket"}
            });
            put(fake, "backupstoragelocations", "main", object);
        }
    };
    check(&plan, location("Available"), DONE);
    for not_ready in ["Unavailable", ""] {
        let expected = "done 0, velero_schedule.changed#1 failed Wait · Partial · exit 1";
        let fake = check(&plan, location(not_ready), expected);
        assert!(fake.inside().effects.is_empty(), "{not_ready}");
    }
}
