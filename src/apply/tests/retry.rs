//! A restore once more: what would be removed first is looked at, and only what is the restore's own is.

use super::fake::{Fake, place};
use super::paused;
use super::plans::{gate, plan, provider, step, world};
use crate::apply::attempts::at_attempts;
use crate::apply::retry::Looking;
use crate::apply::schedule::Schedule;
use crate::goal::{GoalMode, Recover};
use crate::journal::record::Removed;
use crate::journal::status::{RunState, StepStatus};
use crate::model::expression::Expr;
use crate::model::guard::{Guard, Restored};
use crate::plan::document::{Pinned, Plan, StepId};
use crate::plan::recovery::objects::RESTORES;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const SHOP: &str = "velero_application.shop";

fn id(number: usize) -> StepId {
    StepId(format!("{SHOP}#{number}"))
}

/// The name of the Restore of the application at an attempt.
fn restore(attempt: u32) -> String {
    let pin: Pinned = serde_json::from_value(pinned()).unwrap();
    crate::plan::recovery::objects::restore_name(&pin, "0a1b2c3d", attempt)
}

fn pinned() -> Json {
    json!({
        "of": SHOP, "location": "velero_backup_storage_location.main", "location_name": "main",
        "velero_namespace": "velero", "store": "s3", "bucket": "backups", "root": "", "backup": "shop-1",
        "started": "2026-11-21T01:00:01Z", "completed": "2026-11-21T01:00:03Z", "files": [], "validity": "data-covered",
        "namespaces": ["shop"], "expected": {}, "items": 1, "bytes": 1, "pod_volumes": [], "volumes": 0,
        "types": {
            "configmaps": {"group": "", "version": "v1", "plural": "configmaps", "kind": "ConfigMap", "namespaced": true},
            "persistentvolumeclaims": {"group": "", "version": "v1", "plural": "persistentvolumeclaims", "kind": "PersistentVolumeClaim", "namespaced": true},
            "persistentvolumes": {"group": "", "version": "v1", "plural": "persistentvolumes", "kind": "PersistentVolume", "namespaced": false}
        }
    })
}

/// A restore and the gate behind it, in a cluster that is there.
fn restoring(change: impl FnOnce(&mut Json)) -> Plan {
    let op = Op::Kube(KubeOp {
        provider: provider("kubernetes.old"),
        verb: KubeVerb::Create,
        resource: RESTORES,
        namespace: Some("velero".to_owned()),
        name: restore(1),
        body: Expr::Value(json!({"metadata": {"name": restore(1)}})),
        takes: Vec::new(),
    });
    let back = Guard::Restored(Restored {
        restore: restore(1),
        namespace: "velero".to_owned(),
        objects: Vec::new(),
        volumes: Default::default(),
    });
    let mut made = plan(vec![
        step(&id(1).0, op, &[], Ground::AbsentAtFirstTouch, None),
        gate(&id(2).0, vec![back], &[&id(1).0]),
        gate("velero_application.wiki#1", Vec::new(), &[]),
    ]);
    made.goal.mode = GoalMode::Recover;
    made.goal.recovery = Some(Recover {
        name: "total_loss".to_owned(),
        incarnation: "0a1b2c3d".to_owned(),
        lost: BTreeMap::new(),
        may_exist: BTreeSet::new(),
        scope_namespaces: BTreeSet::from(["shop".to_owned()]),
    });
    let mut pin = pinned();
    change(&mut pin);
    made.pinned = vec![serde_json::from_value(pin).unwrap()];
    made
}

fn put(fake: &Fake, plural: &str, namespace: Option<&str>, name: &str, object: Json) {
    let at = place(&provider("kubernetes.old"), plural, namespace, name);
    fake.inside().objects.insert(at, object);
}

fn put_restore(fake: &Fake, attempt: u32, phase: &str) {
    let name = restore(attempt);
    let object = json!({"metadata": {"name": name, "uid": name, "creationTimestamp": "2026-11-22T09:00:00Z"}, "status": {"phase": phase}});
    put(fake, "restores", Some("velero"), &name, object);
}

fn put_namespace(fake: &Fake, made: &str) {
    let object = json!({"metadata": {"name": "shop", "uid": "u-shop", "creationTimestamp": made}});
    put(fake, "namespaces", None, "shop", object);
}

fn stands(plan: &Plan, restore: StepStatus, gate: StepStatus) -> RunState {
    let mut state = RunState::fresh(plan);
    for (number, status) in [(1, restore), (2, gate)] {
        state.steps.get_mut(&id(number)).unwrap().status = status;
    }
    state
}

/// What another attempt would be, or why there is none.
fn check(plan: &Plan, state: &RunState, fill: impl FnOnce(&Fake), expected: &str) {
    paused(async {
        let fake = world();
        fill(&fake);
        let looking = Looking {
            outside: &fake,
            plan,
            state,
        };
        let told = match looking.again(&SHOP.parse().unwrap()).await {
            Ok(again) => {
                let left: Vec<String> = again
                    .left
                    .iter()
                    .map(|left| {
                        let Removed { namespace, uid } = &left.removed;
                        format!("{namespace} {uid} {} {:?}", left.objects, left.claims)
                    })
                    .collect();
                format!(
                    "{:?}: attempt {} of {}: [{}]",
                    again.what,
                    again.attempt,
                    again.backup,
                    left.join("; ")
                )
            }
            Err(why) => why.to_string(),
        };
        assert!(told.contains(expected), "{told}\nis not: {expected}");
    });
}

#[test]
fn what_a_failed_restore_made_goes_before_the_next() {
    use StepStatus::{Done, Failed, InDoubt, Skipped, Todo};
    let plan = restoring(|_| {});
    let failed = stands(&plan, Failed, Skipped);
    let left = |fake: &Fake| {
        put_restore(fake, 1, "PartiallyFailed");
        put_namespace(fake, "2026-11-22T09:00:00Z");
        put(fake, "configmaps", Some("shop"), "prices", json!({}));
        let claim = json!({"metadata": {"name": "orders"}});
        put(
            fake,
            "persistentvolumeclaims",
            Some("shop"),
            "orders",
            claim,
        );
    };
    let all = "attempt 2 of shop-1: [shop u-shop 2 [\"orders\"]";
    check(&plan, &failed, left, all);
    // Its gate tells the same.
    check(&plan, &stands(&plan, Done, Failed), left, all);
    let ended = |fake: &Fake| put_restore(fake, 1, "FailedValidation");
    check(&plan, &failed, ended, "attempt 2 of shop-1: ");
    check(&plan, &stands(&plan, Done, Done), left, "is done");
    check(&plan, &stands(&plan, Todo, Todo), left, "is to do");
    check(&plan, &stands(&plan, InDoubt, Todo), left, "is in doubt");
}

/// Everything else needs what stage *infra* brought: nothing of it goes, and another attempt brings the rest.
#[test]
fn what_came_first_stays() {
    let plan = restoring(|pin| pin["turn"] = json!("infra"));
    let failed = stands(&plan, StepStatus::Failed, StepStatus::Skipped);
    let left = |fake: &Fake| {
        put_restore(fake, 1, "PartiallyFailed");
        put_namespace(fake, "2026-11-22T09:00:00Z");
    };
    check(&plan, &failed, left, "Rest: attempt 2 of shop-1: []");
}

#[test]
fn types_that_are_not_served_are_accepted_once_somebody_looked() {
    let mut plan = restoring(|_| {});
    let served = Guard::Serves {
        types: BTreeSet::new(),
    };
    plan.steps
        .push(gate("recovery.total_loss#4", vec![served], &[]));
    let told = |status: StepStatus| {
        let fake = world();
        let mut state = RunState::fresh(&plan);
        let id = StepId("recovery.total_loss#4".to_owned());
        state.steps.get_mut(&id).unwrap().status = status;
        let looking = Looking {
            outside: &fake,
            plan: &plan,
            state: &state,
        };
        match looking.unserved() {
            Ok(step) => step.0,
            Err(why) => why.to_string(),
        }
    };
    assert_eq!(told(StepStatus::Failed), "recovery.total_loss#4");
    for other in [StepStatus::Todo, StepStatus::Done, StepStatus::InDoubt] {
        assert!(told(other).contains("nothing to accept"), "{other}");
    }
}

#[test]
fn what_is_not_its_own_stays() {
    let plan = restoring(|_| {});
    let failed = stands(&plan, StepStatus::Failed, StepStatus::Skipped);
    let at_work = |fake: &Fake| put_restore(fake, 1, "InProgress");
    check(&plan, &failed, at_work, "has not ended its restore");
    let older = |fake: &Fake| {
        put_restore(fake, 1, "Failed");
        put_namespace(fake, "2026-11-22T08:59:59Z");
    };
    check(&plan, &failed, older, "namespace shop is older than it");
    let none = |fake: &Fake| put_namespace(fake, "2026-11-22T09:00:00Z");
    check(&plan, &failed, none, "and no Restore was made");
    let left = |fake: &Fake| {
        put_restore(fake, 1, "Failed");
        put_namespace(fake, "2026-11-22T09:00:00Z");
    };
    let mut declared = restoring(|_| {});
    let recovery = declared.goal.recovery.as_mut().unwrap();
    recovery.may_exist.insert("shop".to_owned());
    check(&declared, &failed, left, "may be there by declaration");
    let disk = json!([{"claim": "shop/orders", "volume": "pv", "handle": "1", "size": "1Gi"}]);
    let adopted = restoring(|pin| pin["disks"] = disk);
    let bound = |fake: &Fake| {
        left(fake);
        put(fake, "persistentvolumes", None, "pv", json!({}));
    };
    check(&adopted, &failed, bound, "a disk that outlived its cluster");
    // Somebody let go of it by hand: the Restore brings it back as before.
    check(&adopted, &failed, left, "attempt 2 of shop-1");
    let silent = |fake: &Fake| {
        left(fake);
        let at = place(&provider("kubernetes.old"), "configmaps", Some("shop"), "");
        fake.inside().silent_after.insert(at, (0, 9));
    };
    check(&plan, &failed, silent, "cannot be told");
}

#[test]
fn the_next_attempt_has_a_name_of_its_own() {
    let plan = restoring(|_| {});
    let mut state = stands(&plan, StepStatus::Failed, StepStatus::Skipped);
    assert_eq!(at_attempts(plan.clone(), &state), plan);
    let retry = crate::journal::status::Retry {
        attempt: 3,
        removed: Vec::new(),
    };
    state.retries.insert(id(1), retry);
    let now = at_attempts(plan.clone(), &state);
    let text = serde_json::to_string(&now.steps).unwrap();
    assert_eq!(text.matches(&restore(3)).count(), 3, "{text}");
    assert!(!text.contains(&restore(1)), "{text}");
}

/// What is done stays done, also where a step that it only waited for is made once more.
#[test]
fn what_waited_for_a_failed_step_is_not_begun_twice() {
    let mut plan = restoring(|_| {});
    plan.steps[2].tried = vec![id(1)];
    let done = |step: &StepId| step.0 == "velero_application.wiki#1";
    let mut schedule = Schedule::new(&plan, done);
    assert_eq!(schedule.take(), Some(0));
    schedule.done(0);
    assert_eq!(schedule.take(), Some(1));
    schedule.done(1);
    assert_eq!(schedule.take(), None);
}
