//! Whether a plan that only creates says that nothing speaks for its cluster.

use super::*;

/// How often it is said.
#[track_caller]
fn check(story: &Story, expected: usize) {
    let made = make(story).unwrap();
    let said = made.findings.iter();
    let said = said.filter(|finding| finding.code == "cluster-not-confirmed");
    assert_eq!(said.count(), expected, "{:?}", made.findings);
}

#[test]
fn a_plan_that_only_creates_says_once_that_nothing_speaks_for_the_cluster() {
    let fresh = || Story {
        resources: vec![schedule("shop"), schedule("forum"), namespace("velero")],
        ..story()
    };
    check(&fresh(), 1);
    let recorded = Inventory {
        clusters: [(kubernetes(), UID.to_owned())].into(),
        ..Inventory::default()
    };
    let ours = json!({
        "metadata": { "name": "old", "namespace": "velero", "labels": { "sk-dr.io/stack": "acme" } },
    });
    let only_shop = Goal {
        target: vec!["velero_schedule.shop".parse().unwrap()],
        ..story().goal
    };
    for spoken_for in [
        Story {
            identity: Some(UID),
            ..fresh()
        },
        Story {
            inventory: Some(recorded),
            ..fresh()
        },
        // It is in no node of a plan that is narrowed to another one.
        Story {
            objects: vec![("velero_schedule", ours)],
            goal: only_shop,
            ..fresh()
        },
        Story {
            goal: Goal {
                mode: GoalMode::Destroy,
                ..story().goal
            },
            ..fresh()
        },
        Story {
            instance: Instance::Unknown {
                reason: "silent".to_owned(),
            },
            ..fresh()
        },
        story(),
    ] {
        check(&spoken_for, 0);
    }
}
