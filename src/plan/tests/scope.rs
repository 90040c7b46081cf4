//! What a plan covers and what it must leave: the unknown, blockers, `-target` and `-exclude`, other and future clusters.

use super::*;

#[test]
fn unknown_is_never_absent() {
    let resources = vec![schedule("shop"), namespace("velero")];
    let told = |class| Story {
        resources: resources.clone(),
        unknown: Some(("schedules", class)),
        ..story()
    };
    for class in [
        FailureClass::Forbidden,
        FailureClass::Unavailable,
        FailureClass::Unreachable,
    ] {
        let made = check(
            &told(class),
            "Create kubernetes_namespace.velero
             NoOp velero_schedule.shop blocked [unknown]
             > create kubernetes_namespace.velero#1",
        );
        assert!(!made.applyable);
    }
    let no_crds = Story {
        resources: resources.clone(),
        not_served: Some("schedules"),
        ..story()
    };
    check(
        &no_crds,
        "Create kubernetes_namespace.velero
         Create velero_schedule.shop blocked [not-served]
         > create kubernetes_namespace.velero#1",
    );
    let silent = Story {
        resources,
        instance: Instance::Unknown {
            reason: "timeout".to_owned(),
        },
        ..story()
    };
    check(
        &silent,
        "NoOp kubernetes_namespace.velero blocked [unknown]
         NoOp velero_schedule.shop blocked [unknown]",
    );
}

#[test]
fn a_blocker_stops_what_needs_it_and_nothing_more() {
    let resources = vec![schedule("shop"), namespace("velero"), namespace("wiki")];
    let objects = vec![by_hand(&resources[1])];
    check(
        &Story {
            resources,
            objects,
            ..story()
        },
        "Update import kubernetes_namespace.velero blocked [needs-adopt]
         Create kubernetes_namespace.wiki
         Create velero_schedule.shop blocked [needs]
         > create kubernetes_namespace.wiki#1",
    );
}

#[test]
fn target_brings_its_needs_and_exclude_takes_dependents() {
    let resources = vec![schedule("shop"), namespace("velero"), namespace("wiki")];
    let mut told = Story {
        resources,
        ..story()
    };
    told.goal.target = vec![Address::new("velero_schedule", "shop").into()];
    check(
        &told,
        "Create kubernetes_namespace.velero
         Create velero_schedule.shop
         > create kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_namespace.velero#1",
    );
    told.goal.target.clear();
    told.goal.exclude = vec![Address::new("kubernetes_namespace", "velero").into()];
    check(
        &told,
        "Create kubernetes_namespace.wiki
         > create kubernetes_namespace.wiki#1",
    );
}

#[test]
fn another_cluster_is_refused_before_anything_is_planned() {
    let recorded = |uid: &str| Inventory {
        clusters: BTreeMap::from([(kubernetes(), uid.to_owned())]),
        owned: vec![OwnedObject {
            provider: Some(kubernetes()),
            kind: "velero_schedule".to_owned(),
            key: Key::Kube {
                resource: home("velero_schedule"),
                namespace: Some("velero".to_owned()),
                name: "shop".to_owned(),
            },
        }],
        made_clusters: BTreeMap::new(),
    };
    let mut told = Story {
        resources: vec![schedule("shop")],
        inventory: Some(recorded("cluster-0")),
        ..story()
    };
    assert!(matches!(make(&told), Err(Refusal::WrongIdentity(_))), "R21");
    told.identity = Some(UID);
    check(
        &told,
        "Create velero_schedule.shop
         > create velero_schedule.shop#1",
    );
    told.inventory = None;
    told.identity = Some("cluster-0");
    assert!(matches!(make(&told), Err(Refusal::WrongIdentity(_))));
}

#[test]
fn a_cluster_of_the_same_plan_defers_what_is_in_it() {
    let cluster = named(
        "kubernetes_cluster",
        "main",
        json!({"name": "main", "engine": "command", "command": ["make-cluster"], "kubeconfig": "kubeconfig"}),
    );
    let instance = Instance::MadeBy(cluster.address.clone());
    let made = check(
        &Story { resources: vec![cluster, namespace("velero"), schedule("shop")], instance, ..story() },
        "Create kubernetes_cluster.main
         Create kubernetes_namespace.velero deferred
         Create velero_schedule.shop deferred
         > run kubernetes_cluster.main#1
         > create kubernetes_namespace.velero#1 after kubernetes_cluster.main#1
         > create velero_schedule.shop#1 after kubernetes_cluster.main#1, kubernetes_namespace.velero#1",
    );
    assert_eq!(made.steps[1].ground, Ground::AbsentAtFirstTouch);
    let Op::Kube(op) = &made.steps[1].op else {
        panic!("{made:?}")
    };
    assert_eq!(
        op.body.holes().len(),
        2,
        "cluster identity and run are bound at apply"
    );
}
