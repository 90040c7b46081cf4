//! What only a recovery's steps do: stand on what the run made, take over what is there, wait without a write, go on where
//! something failed, give their place to others while they wait.

use super::fake::{Fault, place};
use super::outcomes::check;
use super::plans::{Kube, create, create_to_change, gate, old, plan, provider, taking, world};
use super::{Attempt, live, paused};
use crate::journal::status::RunState;
use crate::model::condition::Condition;
use crate::model::expression::Expr;
use crate::model::guard::Guard;
use crate::plan::document::{Plan, Step, StepId};
use crate::plan::event::Event;
use crate::world::op::{Ground, KubeVerb};
use crate::world::query::FailureClass;
use serde_json::json;

fn schedule(name: &str) -> String {
    let at = provider("kubernetes.old");
    place(&at, "schedules", Some("velero"), name)
}

fn exists(name: &str) -> Guard {
    Guard::Exists {
        resource: super::plans::resource("schedules"),
        namespace: Some("velero".to_owned()),
        name: name.to_owned(),
    }
}

fn tried(mut step: Step, tried: &[&str]) -> Step {
    step.tried = tried.iter().map(|id| StepId((*id).to_owned())).collect();
    step
}

/// Makes `a`, then pauses what it made.
fn twice() -> Plan {
    let update = Kube {
        body: Expr::Value(json!({"spec": {"paused": true}})),
        takes: &["spec.paused"],
        after: &["velero_schedule.a#1"],
        ground: Ground::OfStep("velero_schedule.a#1".to_owned()),
        ..old("velero_schedule.a#2", KubeVerb::Apply, "a")
    };
    plan(vec![
        create_to_change("velero_schedule.a#1", "a"),
        update.step(),
    ])
}

#[test]
fn what_the_run_made_is_ground_of_its_later_steps() {
    let fake = check(&twice(), |_| {}, "done 2 · Complete · exit 0");
    assert_eq!(
        fake.inside().objects[&schedule("a")]["spec"]["paused"],
        true
    );
    // Between our look and our write somebody deletes it and makes another.
    let another = json!({"metadata": {"uid": "another", "labels": {"sk-dr.io/stack": "test"}}});
    let worse = |fake: &super::fake::Fake| {
        let lost = vec![Fault::Refused(FailureClass::Conflict)];
        let write = format!("apply {}", schedule("a"));
        fake.inside().faults.insert(write, lost);
        fake.inside().appears_later.insert(schedule("a"), another);
    };
    let stopped = "done 1, velero_schedule.a#2 failed Ground · Partial · exit 6";
    check(&twice(), worse, stopped);
}

#[test]
fn what_is_there_is_taken_over_and_what_is_not_is_made() {
    let both = plan(vec![
        taking("velero_schedule.changed#1", "changed"),
        taking("velero_schedule.new#1", "new"),
    ]);
    let fake = check(&both, |_| {}, "done 2 · Complete · exit 0");
    let effects: Vec<String> = fake.inside().effects.keys().cloned().collect();
    assert_eq!(
        effects,
        [
            format!("apply {}", schedule("changed")),
            format!("create {}", schedule("new"))
        ]
    );
    // It keeps what the write does not name.
    let taken = fake.inside().objects[&schedule("changed")].clone();
    assert_eq!(
        (&taken["spec"]["paused"], &taken["metadata"]["uid"]),
        (&json!(true), &json!("uid-of-changed"))
    );
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        for write in [
            format!("apply {}", schedule("changed")),
            format!("create {}", schedule("new")),
        ] {
            let worse = |fake: &super::fake::Fake| {
                fake.inside().faults.insert(write, vec![fault.clone()]);
            };
            let fake = check(&both, worse, "done 2 · Complete · exit 0");
            let effects = &fake.inside().effects;
            assert!(effects.values().all(|count| *count == 1), "{effects:?}");
        }
    }
    // Somebody makes it between our look and our write.
    let made = json!({"kind": "Schedule", "metadata": {"uid": "theirs", "resourceVersion": "7"}, "status": {"phase": "Enabled"}});
    let fake = check(
        &both,
        |fake| {
            fake.inside().appears.insert(schedule("new"), made);
        },
        "done 2 · Complete · exit 0",
    );
    assert_eq!(
        fake.inside().objects[&schedule("new")]["metadata"]["uid"],
        "theirs"
    );
}

/// What is put back where it is missing is left alone where somebody made it anew, also between our look and our write.
#[test]
fn what_is_there_is_kept_and_what_is_not_is_made() {
    let kept = |name: &str| {
        let mut step = taking(&format!("velero_schedule.{name}#1"), name);
        step.ground = Ground::AbsentOrKept;
        step
    };
    let both = plan(vec![kept("changed"), kept("new")]);
    let before = world().inside().objects[&schedule("changed")].clone();
    let fake = check(&both, |_| {}, "done 2 · Complete · exit 0");
    let effects: Vec<String> = fake.inside().effects.keys().cloned().collect();
    assert_eq!(effects, [format!("create {}", schedule("new"))]);
    assert_eq!(fake.inside().objects[&schedule("changed")], before);
    let made = json!({"kind": "Schedule", "metadata": {"uid": "theirs", "resourceVersion": "7"}, "status": {"phase": "Enabled"}});
    let appears = |fake: &super::fake::Fake| {
        fake.inside().appears.insert(schedule("new"), made.clone());
    };
    let fake = check(&both, appears, "done 2 · Complete · exit 0");
    let there = &fake.inside().objects[&schedule("new")];
    assert_eq!(there["metadata"]["uid"], "theirs");
}

#[test]
fn what_another_stack_marked_or_what_goes_is_not_taken_over() {
    let one = plan(vec![taking("velero_schedule.changed#1", "changed")]);
    let changes = [
        json!({"labels": {"sk-dr.io/stack": "other"}}),
        json!({"deletionTimestamp": "2026-11-21T09:00:00Z"}),
    ];
    for change in changes {
        let worse = |fake: &super::fake::Fake| {
            let mut inside = fake.inside();
            let object = inside.objects.get_mut(&schedule("changed")).unwrap();
            for (name, value) in change.as_object().unwrap() {
                object["metadata"][name] = value.clone();
            }
        };
        let fake = check(
            &one,
            worse,
            "done 0, velero_schedule.changed#1 failed Ground · Partial · exit 3",
        );
        assert!(fake.inside().effects.is_empty());
    }
}

#[test]
fn a_gate_is_waited_for_and_no_longer_than_its_limit() {
    let ready = Guard::Ready {
        resource: super::plans::resource("schedules"),
        namespace: Some("velero".to_owned()),
        name: "a".to_owned(),
        condition: Condition::ScheduleEnabled,
        limit_s: 1,
    };
    let gated = || {
        let mut made = create("velero_schedule.a#1", "a", &[]);
        made.wait = None;
        plan(vec![
            made,
            gate(
                "velero_schedule.gate#1",
                vec![ready.clone()],
                &["velero_schedule.a#1"],
            ),
            create("velero_schedule.b#1", "b", &["velero_schedule.gate#1"]),
        ])
    };
    check(&gated(), |_| {}, "done 3 · Complete · exit 0");
    let stuck = "done 1, velero_schedule.gate#1 failed Wait, velero_schedule.b#1 skipped: `velero_schedule.gate` failed \
                 · Partial · exit 6";
    check(&gated(), |fake| fake.inside().stuck = true, stuck);
    // A gate that is the first of a run changes nothing.
    let alone = plan(vec![gate(
        "velero_schedule.gate#1",
        vec![exists("no")],
        &[],
    )]);
    check(
        &alone,
        |_| {},
        "done 0, velero_schedule.gate#1 failed Wait · Partial · exit 1",
    );
}

#[test]
fn who_waits_for_the_end_of_a_step_goes_on_when_it_fails() {
    let steps = || {
        plan(vec![
            create("velero_schedule.a#1", "a", &[]),
            tried(
                create("velero_schedule.b#1", "b", &[]),
                &["velero_schedule.a#1"],
            ),
            create("velero_schedule.c#1", "c", &["velero_schedule.a#1"]),
            tried(
                create("velero_schedule.d#1", "d", &[]),
                &["velero_schedule.b#1", "velero_schedule.c#1"],
            ),
        ])
    };
    check(&steps(), |_| {}, "done 4 · Complete · exit 0");
    let fault = |fault: Fault| {
        move |fake: &super::fake::Fake| {
            let create = format!("create {}", schedule("a"));
            fake.inside().faults.insert(create, vec![fault; 9]);
        }
    };
    check(
        &steps(),
        fault(Fault::Refused(FailureClass::Forbidden)),
        "done 2, velero_schedule.a#1 failed Forbidden, velero_schedule.c#1 skipped: `velero_schedule.a` failed · Partial \
         · exit 6",
    );
    // What is in doubt has not ended.
    check(
        &steps(),
        fault(Fault::RequestLost),
        "done 0, velero_schedule.a#1 in doubt: the answer was lost, velero_schedule.b#1 to do, velero_schedule.c#1 to do, \
         velero_schedule.d#1 to do · open · exit 6",
    );
}

/// With one place the gate would wait for ever for what comes behind it.
#[test]
fn what_waits_gives_its_place_to_others() {
    paused(async {
        let plan = plan(vec![
            gate("velero_schedule.gate#1", vec![exists("b")], &[]),
            create("velero_schedule.b#1", "b", &[]),
        ]);
        let fake = world();
        let mut told = Vec::new();
        let attempt = Attempt {
            fake: &fake,
            parallelism: 1,
            stop: None,
            events: &mut |event| {
                if let Event::StepWaiting { text, .. } = event {
                    told.push(text);
                }
            },
        };
        let life = live(attempt, &plan, RunState::fresh(&plan), 1).await;
        assert_eq!(life.report().exit_code(), 0);
        assert_eq!(told[0], "Schedule velero/b does not exist");
        assert_eq!(fake.inside().most_in_flight, 1);
    });
}
