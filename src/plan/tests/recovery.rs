//! What a recovery's goal changes in a plan: nothing is asked of what is lost, nothing is removed, a loss is no obstacle.

use super::*;
use crate::goal::Recover;
use crate::goal::graph::Graph;
use crate::plan::decision::{Object, Resolution, Work};
use crate::plan::document::{Step, StepId};
use crate::plan::order::{self, Planned};

fn recovering(story: Story) -> Story {
    Story {
        goal: Goal {
            mode: GoalMode::Recover,
            recovery: Some(Recover {
                name: "total_loss".to_owned(),
                incarnation: "0a1b2c3d".to_owned(),
                lost: BTreeMap::from([(kubernetes(), Some("cluster-0".to_owned()))]),
                may_exist: BTreeSet::new(),
                scope_namespaces: BTreeSet::new(),
            }),
            ..story.goal.clone()
        },
        ..story
    }
}

fn lost() -> Instance {
    Instance::Lost {
        identity: Some("cluster-0".to_owned()),
        replacement: None,
    }
}

#[test]
fn what_is_lost_is_absent_by_declaration_and_nothing_is_asked_of_it() {
    let told = recovering(Story {
        resources: vec![namespace("velero"), schedule("shop")],
        // What would be found if anybody asked.
        objects: vec![("velero_schedule", json!({"metadata": {"name": "shop"}}))],
        instance: lost(),
        ..story()
    });
    let made = check(
        &told,
        "Create kubernetes_namespace.velero deferred
         Create velero_schedule.shop deferred
         > create kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_namespace.velero#1",
    );
    assert_eq!(
        made.nodes[1].reason.text,
        "absent by declaration: kubernetes is lost"
    );
    assert_eq!(made.steps[1].ground, Ground::AbsentAtFirstTouch);
    let Op::Kube(op) = &made.steps[1].op else {
        panic!("{made:?}")
    };
    assert_eq!(op.body.holes().len(), 2, "identity and run are bound later");
}

#[test]
fn a_recovery_makes_a_recorded_cluster_again_and_removes_nothing() {
    let cluster = named(
        "kubernetes_cluster",
        "main",
        json!({"name": "main", "engine": "command", "command": ["make-cluster"], "kubeconfig": "kubeconfig"}),
    );
    let made_before = Inventory {
        made_clusters: BTreeMap::from([("main".to_owned(), "kubeconfig".to_owned())]),
        ..Inventory::default()
    };
    let again = Story {
        instance: Instance::MadeBy(cluster.address.clone()),
        resources: vec![cluster],
        inventory: Some(made_before),
        ..story()
    };
    let blocked = "Create kubernetes_cluster.main blocked [loss]";
    check(&again, blocked);
    check(
        &recovering(again),
        "Create kubernetes_cluster.main
         > run kubernetes_cluster.main#1",
    );
    // Where the provider is not lost, what nothing declares stays, as what a restore brought back would.
    let orphaned = || Story {
        objects: vec![applied(&schedule("gone"))],
        ..story()
    };
    check(
        &orphaned(),
        "Delete velero_schedule.gone
         > delete velero_schedule.gone#1",
    );
    check(&recovering(orphaned()), "");
}

/// What the maker of steps says of their order stands beside what is derived, and takes part in it.
#[test]
fn what_is_to_be_tried_before_comes_before() {
    let told = Story {
        resources: vec![schedule("a"), schedule("b")],
        ..story()
    };
    let made = check(
        &told,
        "Create velero_schedule.a
         Create velero_schedule.b
         > create velero_schedule.a#1
         > create velero_schedule.b#1",
    );
    let configuration = Configuration::default();
    let graph = Graph::of(&configuration);
    let resolutions: Vec<_> = made.nodes.iter().cloned().map(resolution).collect();
    let order = |tried: &[(&str, &str)], after: &[(&str, &str)]| {
        let of = |pairs: &[(&str, &str)], id: &str| {
            let mut pairs = pairs.iter();
            let found = pairs.find(|(step, _)| *step == id);
            found.map(|(_, before)| StepId(format!("velero_schedule.{before}#1")))
        };
        let planned = resolutions.iter().zip(made.steps.clone());
        let planned = planned.map(|(resolution, step)| {
            let name = step.node.name.clone();
            let step = Step {
                tried: of(tried, &name).into_iter().collect(),
                after: of(after, &name).into_iter().collect(),
                ..step
            };
            Planned {
                resolution,
                steps: vec![vec![step]],
            }
        });
        order::ordered(planned.collect(), &graph)
            .map(|steps| steps.iter().map(|step| step.node.name.clone()).collect())
            .map_err(|circle| circle.0.len())
    };
    let names = |names: [&str; 2]| Ok(names.map(str::to_owned).to_vec());
    assert_eq!(order(&[], &[]), names(["a", "b"]));
    assert_eq!(order(&[("a", "b")], &[]), names(["b", "a"]));
    assert_eq!(order(&[], &[("a", "b")]), names(["b", "a"]));
    assert_eq!(order(&[("a", "b")], &[("b", "a")]), Err(2));
}

fn resolution(node: Node) -> Resolution<'static> {
    let kind = kinds::find(&node.kind).unwrap();
    let object = Object {
        key: node.key.clone(),
        kind,
        resource: None,
        live: None,
        work: Work::Create,
        guards: Vec::new(),
    };
    Resolution {
        node,
        objects: vec![object],
        held_back: Vec::new(),
        heir: None,
    }
}
