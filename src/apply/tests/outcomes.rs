//! What comes of a run when the outside lies, refuses, is silent, or has moved; and the exit code that says so.

use super::fake::{Fake, Fault, op_name, place};
use super::plans::{create, every_verb, ground_of, old, old_object, plan, provider, world};
use super::{Attempt, Life, RUN, another, first, live, paused};
use crate::journal::record::{Entry, RunOutcome};
use crate::journal::runs::load;
use crate::journal::status::RunState;
use crate::model::expression::Expr;
use crate::model::identity::{Key, OWNER_ANNOTATION, STEP_ANNOTATION};
use crate::plan::document::Plan;
use crate::plan::event::Event;
use crate::world::op::KubeVerb;
use crate::world::query::FailureClass;
use serde_json::json;
use std::time::Duration;

/// A run in a world made worse, told in few words: done, failed with class, skipped, in doubt, exit code.
pub fn check(plan: &Plan, worse: impl FnOnce(&Fake), expected: &str) -> Fake {
    paused(async {
        let fake = world();
        worse(&fake);
        let told = tell(first(&fake, plan, 4).await);
        assert_eq!(told, expected);
        fake
    })
}

pub fn tell(life: Life) -> String {
    let report = match life {
        Life::Ended(report) => report,
        Life::Refused(error) => return format!("{error} · exit {}", error.exit_code()),
        Life::Died => return "died".to_owned(),
    };
    let mut parts = vec![format!("done {}", report.done.len())];
    parts.extend(
        report
            .failed
            .iter()
            .map(|failed| format!("{} failed {:?}", failed.step, failed.class)),
    );
    parts.extend(
        report
            .skipped
            .iter()
            .map(|(step, because)| format!("{step} skipped: {because}")),
    );
    parts.extend(
        report
            .in_doubt
            .iter()
            .map(|(step, because)| format!("{step} in doubt: {because}")),
    );
    parts.extend(report.todo.iter().map(|step| format!("{step} to do")));
    parts.extend(report.warnings.iter().cloned());
    let outcome = report
        .outcome
        .map_or("open".to_owned(), |outcome| format!("{outcome:?}"));
    format!(
        "{} · {outcome} · exit {}",
        parts.join(", "),
        report.exit_code()
    )
}

fn two() -> Plan {
    plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        create("velero_schedule.b#1", "b", &["velero_schedule.a#1"]),
    ])
}

fn at(name: &str) -> String {
    place(
        &provider("kubernetes.old"),
        "schedules",
        Some("velero"),
        name,
    )
}

fn once(fake: &Fake) {
    let effects = &fake.inside().effects;
    assert!(effects.values().all(|count| *count == 1), "{effects:?}");
}

#[test]
fn every_lost_answer_is_made_up_for() {
    let plan = every_verb();
    let faults = [
        Fault::AnswerLost,
        Fault::RequestLost,
        Fault::Late(Duration::from_millis(4)),
        Fault::Late(Duration::from_millis(30)),
    ];
    for step in &plan.steps {
        for fault in &faults {
            let worse = |fake: &Fake| {
                drop(
                    fake.inside()
                        .faults
                        .insert(op_name(&step.op), vec![fault.clone()]),
                )
            };
            let fake = check(&plan, worse, "done 8 · Complete · exit 0");
            once(&fake);
        }
    }
}

/// A proxy repeats a request, and the answer to the second one, a conflict with ourselves, is what comes back.
#[test]
fn a_write_that_arrives_twice_is_found_to_be_ours() {
    let plan = every_verb();
    for verb in ["create", "apply", "remove", "release"] {
        for step in &plan.steps {
            if op_name(&step.op).starts_with(verb) {
                let worse = |fake: &Fake| {
                    drop(
                        fake.inside()
                            .faults
                            .insert(op_name(&step.op), vec![Fault::Twice]),
                    )
                };
                once(&check(&plan, worse, "done 8 · Complete · exit 0"));
            }
        }
    }
}

#[test]
fn a_write_that_met_a_controller_is_tried_again() {
    let plan = every_verb();
    for verb in ["apply", "remove", "release"] {
        let step = plan
            .steps
            .iter()
            .find(|step| op_name(&step.op).starts_with(verb))
            .unwrap();
        let conflicts = |count: usize| vec![Fault::Refused(FailureClass::Conflict); count];
        let worse =
            |fake: &Fake| drop(fake.inside().faults.insert(op_name(&step.op), conflicts(5)));
        once(&check(&plan, worse, "done 8 · Complete · exit 0"));
    }
}

#[test]
fn a_refusal_stops_what_needs_it_and_nothing_else() {
    for class in [
        FailureClass::Invalid,
        FailureClass::Forbidden,
        FailureClass::Unavailable,
        FailureClass::Unreachable,
    ] {
        let worse = |fake: &Fake| {
            drop(
                fake.inside()
                    .faults
                    .insert(format!("create {}", at("a")), vec![Fault::Refused(class)]),
            )
        };
        let expected = "velero_schedule.b#1 skipped: `velero_schedule.a` failed";
        check(
            &two(),
            worse,
            &format!("done 0, velero_schedule.a#1 failed {class:?}, {expected} · Partial · exit 1"),
        );
    }
    let three = plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        create("velero_schedule.b#1", "b", &["velero_schedule.a#1"]),
        create("velero_schedule.c#1", "c", &["velero_schedule.b#1"]),
        create("velero_schedule.d#1", "d", &[]),
    ]);
    let worse = |fake: &Fake| {
        drop(fake.inside().faults.insert(
            format!("create {}", at("a")),
            vec![Fault::Refused(FailureClass::Invalid)],
        ))
    };
    let expected = "done 1, velero_schedule.a#1 failed Invalid, velero_schedule.b#1 skipped: `velero_schedule.a` failed, \
                    velero_schedule.c#1 skipped: `velero_schedule.a` failed · Partial · exit 6";
    check(&three, worse, expected);
}

#[test]
fn moved_ground_is_refused_before_the_write() {
    let stranger = |fake: &Fake| {
        drop(
            fake.inside()
                .objects
                .insert(at("a"), json!({"metadata": {"uid": "x"}})),
        )
    };
    let skipped = "velero_schedule.b#1 skipped: `velero_schedule.a` failed";
    let expected =
        format!("done 0, velero_schedule.a#1 failed Ground, {skipped} · Partial · exit 3");
    let fake = check(&two(), stranger, &expected);
    assert!(fake.inside().effects.is_empty());

    let change = |pointer: &'static str, to: serde_json::Value| {
        move |fake: &Fake| {
            *fake
                .inside()
                .objects
                .get_mut(&at("changed"))
                .unwrap()
                .pointer_mut(pointer)
                .unwrap() = to
        }
    };
    let update = plan(vec![
        super::plans::Kube {
            body: Expr::Value(json!({"spec": {"paused": false}})),
            takes: &["spec.paused"],
            ..old("velero_schedule.changed#1", KubeVerb::Apply, "changed")
        }
        .step(),
    ]);
    let moved = "done 0, velero_schedule.changed#1 failed Ground · Partial · exit 3";
    check(&update, change("/spec/schedule", json!("@hourly")), moved);
    check(&update, change("/metadata/uid", json!("another")), moved);
    check(
        &update,
        |fake| drop(fake.inside().objects.remove(&at("changed"))),
        moved,
    );
    let deleting = |fake: &Fake| {
        fake.inside().objects.get_mut(&at("changed")).unwrap()["metadata"]["deletionTimestamp"] =
            json!("2026")
    };
    check(&update, deleting, moved);
    // Status and version are not ground.
    check(
        &update,
        change("/status/phase", json!("New")),
        "done 1 · Complete · exit 0",
    );
    check(
        &update,
        change("/metadata/resourceVersion", json!("77")),
        "done 1 · Complete · exit 0",
    );
}

#[test]
fn ground_moved_after_something_was_done_is_partial() {
    let two = plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        old("velero_schedule.gone#1", KubeVerb::Delete, "gone").step(),
    ]);
    let moved = |fake: &Fake| {
        fake.inside().objects.get_mut(&at("gone")).unwrap()["spec"]["paused"] = json!(false)
    };
    check(
        &two,
        moved,
        "done 1, velero_schedule.gone#1 failed Ground · Partial · exit 6",
    );
}

#[test]
fn an_object_that_appeared_meanwhile_is_judged_by_its_marks() {
    // The server says AlreadyExists: the fault stands for a race between our look and our write.
    let exists = |object: serde_json::Value| {
        move |fake: &Fake| {
            fake.inside().faults.insert(
                format!("create {}", at("a")),
                vec![Fault::Refused(FailureClass::Conflict)],
            );
            fake.inside().appears.insert(at("a"), object);
        }
    };
    let ours = json!({"metadata": {"uid": "x", "annotations": {STEP_ANNOTATION: "run-1/velero_schedule.a#1", OWNER_ANNOTATION: "v1/known"}},
        "status": {"phase": "Enabled"}});
    let mut earlier = ours.clone();
    earlier["metadata"]["annotations"][STEP_ANNOTATION] = json!("run-0/velero_schedule.a#1");
    earlier["spec"] = json!({"schedule": "@daily", "extra": 1});
    let by = |manager: &str| json!([{"manager": manager, "operation": "Update", "fieldsV1": {"f:metadata": {"f:annotations": {format!("f:{OWNER_ANNOTATION}"): {}}}}}]);
    earlier["metadata"]["managedFields"] = by("sk-dr");
    let mut by_hand = earlier.clone();
    by_hand["metadata"]["managedFields"] = by("kubectl-client-side-apply");
    let mut other_spec = earlier.clone();
    other_spec["spec"]["schedule"] = json!("@hourly");
    let mut copy = ours.clone();
    copy["metadata"]["annotations"][OWNER_ANNOTATION] = json!("v1/another cluster");
    let one = plan(vec![create("velero_schedule.a#1", "a", &[])]);
    let refused = "done 0, velero_schedule.a#1 failed Ground · Partial · exit 3";
    check(&one, exists(ours), "done 1 · Complete · exit 0");
    check(&one, exists(earlier), "done 1 · Complete · exit 0");
    check(&one, exists(other_spec), refused);
    check(&one, exists(by_hand), refused);
    check(&one, exists(copy), refused);
    check(&one, exists(json!({"metadata": {"uid": "x"}})), refused);
}

#[test]
fn a_wrong_cluster_is_refused_before_anything() {
    let wrong = |fake: &Fake| {
        drop(fake.inside().clusters.insert(
            "kubernetes.old".to_owned(),
            "identity-of-another".to_owned(),
        ))
    };
    let expected = "provider `kubernetes.old` (old at https://old) is another cluster: the plan was made for identity-of-old, \
                    identity-of-another answers; nothing was changed · exit 3";
    let fake = check(&every_verb(), wrong, expected);
    assert!(fake.inside().runs.is_empty() && fake.inside().effects.is_empty());
    let gone = |fake: &Fake| drop(fake.inside().clusters.remove("kubernetes.old"));
    let expected = "provider `kubernetes.old` cannot be asked which cluster it is: no kubeconfig; nothing was changed · exit 1";
    assert!(
        check(&every_verb(), gone, expected)
            .inside()
            .runs
            .is_empty()
    );
}

#[test]
fn whoever_loses_a_serial_stops_before_the_next_effect() {
    for (serial, effects, exit) in [(1, 0, 4), (2, 0, 4), (3, 1, 6), (4, 1, 6), (5, 2, 6)] {
        let worse = |fake: &Fake| fake.inside().taken.push(serial);
        let stopped = "was taken over by another process, which wrote record";
        let expected =
            format!("run run-1 {stopped} {serial}; stopped before the next effect · exit {exit}");
        let fake = check(&two(), worse, &expected);
        assert_eq!(fake.inside().effects.len(), effects, "serial {serial}");
    }
}

#[test]
fn a_wait_ends_at_its_limit_with_the_reason() {
    let never = |fake: &Fake| fake.inside().stuck = true;
    let plan = two();
    let fake = check(
        &plan,
        never,
        "done 0, velero_schedule.a#1 failed Wait, velero_schedule.b#1 skipped: `velero_schedule.a` failed · Partial · exit 6",
    );
    let records = fake.inside().runs[RUN].1.clone();
    let message = records
        .iter()
        .flat_map(|record| &record.entries)
        .find_map(|entry| {
            if let Entry::StepFailed { message, .. } = entry {
                Some(message.clone())
            } else {
                None
            }
        });
    assert_eq!(
        message.as_deref(),
        Some("not done within 30s: Velero has not looked at the schedule yet")
    );
    assert_eq!(
        fake.inside().inventory.as_ref().unwrap().owned.len(),
        1,
        "what was made and not ready is remembered"
    );
}

#[test]
fn what_cannot_be_told_stays_in_doubt_and_is_resumed() {
    paused(async {
        let fake = world();
        fake.inside()
            .faults
            .insert(format!("create {}", at("a")), vec![Fault::AnswerLost]);
        // The first question, about the ground, is answered; then silence for as long as it is asked about.
        fake.inside().silent_after.insert(at("a"), (1, 5));
        let told = tell(first(&fake, &two(), 1).await);
        let expected = "done 0, velero_schedule.a#1 in doubt: connection refused, velero_schedule.b#1 to do · open · exit 6";
        assert_eq!(told, expected);
        assert_eq!(
            tell(another(&fake, 1, 2).await),
            "done 2 · Complete · exit 0"
        );
        once(&fake);
    });
}

#[test]
fn a_server_that_never_answers_leaves_it_in_doubt() {
    let never = |fake: &Fake| {
        drop(
            fake.inside()
                .faults
                .insert(format!("create {}", at("a")), vec![Fault::RequestLost; 9]),
        )
    };
    let expected = "done 0, velero_schedule.a#1 in doubt: the answer was lost, velero_schedule.b#1 to do · open · exit 6";
    check(&two(), never, expected);
}

#[test]
fn a_cluster_made_by_the_run_must_stay_the_same() {
    paused(async {
        let fake = world();
        let plan = every_verb();
        // Dies after the identity was recorded and the namespace begun.
        let mut point = 0;
        loop {
            fake.revive(Some(point));
            point += 1;
            assert!(matches!(first(&fake, &plan, 1).await, Life::Died));
            // Reading the run locks the same world.
            let begun = fake.inside().runs.contains_key(RUN);
            if begun && !load(&fake, RUN).await.unwrap().1.identities.is_empty() {
                break;
            }
            *fake.inside() = std::mem::take(&mut *world().inside());
        }
        fake.revive(None);
        fake.inside().clusters.insert(
            "kubernetes".to_owned(),
            "identity-of-an-impostor".to_owned(),
        );
        let told = tell(another(&fake, 1, 2).await);
        assert!(
            told.contains("kubernetes_namespace.velero#1 failed WrongIdentity"),
            "{told}"
        );
        assert!(
            !fake
                .inside()
                .effects
                .keys()
                .any(|name| name.starts_with("create")),
            "nothing was made in the other cluster"
        );
    });
}

#[test]
fn the_inventory_says_what_was_ever_owned() {
    let fake = check(&every_verb(), |_| {}, "done 8 · Complete · exit 0");
    let inventory = fake.inside().inventory.clone().unwrap();
    let names: Vec<String> = inventory
        .owned
        .iter()
        .map(|owned| format!("{} {}", owned.kind, owned.key))
        .collect();
    let expected = [
        "kubernetes_cluster main",
        "kubernetes_namespace velero",
        "velero_schedule velero/one",
        "velero_schedule velero/two",
        "velero_schedule velero/changed",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        inventory.clusters.values().collect::<Vec<_>>(),
        ["identity-of-kubernetes", "identity-of-old"]
    );
    assert_eq!(inventory.made_clusters["main"], "kubernetes");
    let closed = paused(load(&fake, RUN)).unwrap().1;
    assert_eq!(
        (closed.outcome, closed.inventory.as_ref()),
        (Some(RunOutcome::Complete), Some(&inventory))
    );
    assert!(matches!(inventory.owned[0].key, Key::Cluster { .. }));
}

#[test]
fn bound_values_reach_who_needs_them_and_the_journal() {
    let fake = check(&every_verb(), |_| {}, "done 8 · Complete · exit 0");
    let namespace = place(&provider("kubernetes"), "namespaces", None, "velero");
    let schedule = place(&provider("kubernetes"), "schedules", Some("velero"), "one");
    let inside = fake.inside();
    assert_eq!(
        inside.objects[&schedule]["spec"]["uid"],
        inside.objects[&namespace]["metadata"]["uid"]
    );
    let annotations = &inside.objects[&schedule]["metadata"]["annotations"];
    assert_eq!(annotations[STEP_ANNOTATION], "run-1/velero_schedule.one#1");
    assert_eq!(
        annotations[OWNER_ANNOTATION],
        "v1/identity-of-kubernetes/velero_schedule.one#1"
    );
}

#[test]
fn parallel_steps_stay_within_their_number_and_begin_in_order() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number:02}")).collect();
    let ids: Vec<String> = names
        .iter()
        .map(|name| format!("velero_schedule.{name}#1"))
        .collect();
    let wide = plan(
        names
            .iter()
            .zip(&ids)
            .map(|(name, id)| create(id, name, &[]))
            .collect(),
    );
    let mut orders = Vec::new();
    for parallelism in [1, 4, 4] {
        paused(async {
            let fake = world();
            let mut begun = Vec::new();
            let mut hear = |event| {
                if let Event::StepStarted { step, .. } = event {
                    begun.push(step);
                }
            };
            let attempt = Attempt {
                fake: &fake,
                parallelism,
                stop: None,
                events: &mut hear,
            };
            let report = live(attempt, &wide, RunState::fresh(&wide), 1)
                .await
                .report();
            assert_eq!(report.done.len(), 20);
            assert_eq!(fake.inside().most_in_flight, parallelism);
            assert_eq!(
                begun.iter().map(|step| step.0.clone()).collect::<Vec<_>>(),
                ids,
                "in the plan's order"
            );
            let entries: Vec<Entry> = fake.inside().runs[RUN]
                .1
                .iter()
                .flat_map(|record| record.entries.clone())
                .collect();
            orders.push(entries);
        });
    }
    assert_eq!(
        orders[1], orders[2],
        "the same input writes the same journal"
    );
    assert_ne!(orders[0], orders[1]);
}

#[test]
fn the_ground_of_the_tests_is_the_object_of_the_tests() {
    let crate::world::op::Ground::Present {
        owned, projection, ..
    } = ground_of("changed")
    else {
        panic!()
    };
    assert_eq!(projection.fingerprint(&old_object("changed")), owned);
}
