//! Which plans may run.

use super::plans::{create, plan};
use crate::apply::admission::{Admission, admit};
use crate::journal::record::RunOutcome;
use crate::journal::runs::{RunSummary, Standing};
use crate::plan::document::Plan;

fn summary(run: &str, standing: Standing) -> RunSummary {
    RunSummary {
        run: run.to_owned(),
        standing,
        facts: None,
    }
}

fn check(change: impl FnOnce(&mut Plan), runs: &[RunSummary], expected: Option<(&str, u8)>) {
    let mut plan = plan(vec![
        create("velero_schedule.a#1", "a", &[]),
        create("velero_schedule.b#1", "b", &["velero_schedule.a#1"]),
    ]);
    let before = plan.digest.clone();
    change(&mut plan);
    // A change that does not write its own digest stands for one made by a planner.
    if plan.digest == before && plan.tool != "edited by hand" {
        plan.digest = plan.compute_digest().unwrap();
    }
    let against = Admission {
        stack: Some("test"),
        expect: None,
        runs,
    };
    match (admit(&plan, &against), expected) {
        (Ok(()), None) => {}
        (Err(refusal), Some((text, exit))) => {
            assert!(
                refusal.to_string().contains(text),
                "{refusal}\ndoes not say: {text}"
            );
            assert_eq!(refusal.exit_code(), exit, "{refusal}");
        }
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

#[test]
fn which_plans_may_run() {
    check(|_| {}, &[], None);
    check(
        |plan| plan.made_at = "2020-01-01T00:00:00Z".parse().unwrap(),
        &[],
        None,
    );
    check(
        |plan| plan.version = 2,
        &[],
        Some((
            "is sk-dr-plan version 2, this program carries out sk-dr-plan version 1",
            1,
        )),
    );
    check(
        |plan| plan.format = "tfplan".to_owned(),
        &[],
        Some(("is tfplan version 1", 1)),
    );
    check(
        |plan| plan.tool = "edited by hand".to_owned(),
        &[],
        Some((
            "damaged, was edited, or was made by another version of sk-dr",
            1,
        )),
    );
    check(
        |plan| plan.applyable = false,
        &[],
        Some(("not applyable", 1)),
    );
    check(
        |plan| plan.stack = "other".to_owned(),
        &[],
        Some(("for stack `other`, the configuration is stack `test`", 1)),
    );
    check(
        |plan| plan.steps.reverse(),
        &[],
        Some(("step `velero_schedule.b#1` needs `velero_schedule.a#1`", 1)),
    );
    check(
        |plan| plan.steps[1] = plan.steps[0].clone(),
        &[],
        Some(("occurs twice", 1)),
    );
}

#[test]
fn which_runs_stand_in_the_way() {
    let closed = summary("r1", Standing::Closed(RunOutcome::Partial));
    check(
        |_| {},
        &[closed.clone(), summary("r2", Standing::NeverOpened)],
        None,
    );
    check(
        |_| {},
        &[closed.clone(), summary("r2", Standing::Open)],
        Some((
            "run r2 is open: it was killed or left something in doubt",
            4,
        )),
    );
    check(
        |_| {},
        &[
            closed,
            summary("r2", Standing::Damaged("it is torn".to_owned())),
        ],
        Some(("cannot be told: it is torn", 1)),
    );
}

#[test]
fn a_plan_that_was_not_reviewed_is_stale() {
    let plan = plan(Vec::new());
    let expect = |digest| Admission {
        stack: None,
        expect: Some(digest),
        runs: &[],
    };
    assert!(admit(&plan, &expect(&plan.digest)).is_ok());
    assert_eq!(admit(&plan, &expect("00")).unwrap_err().exit_code(), 3);
}
