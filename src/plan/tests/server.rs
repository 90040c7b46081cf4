//! A server and what guards it: nothing that it runs is ended, its Secrets are there before it, versions follow one another.

use super::*;
use crate::kinds::velero_server::tests::body;

fn server(more: Json) -> Resource {
    named("velero_server", "main", body(more))
}

/// What lives after an apply, with a replica that is ready.
fn live(declared: &Resource) -> Vec<(&'static str, Json)> {
    let mut objects = applied_parts(declared);
    for (_, object) in &mut objects {
        if object["kind"] == "Deployment" {
            object["status"] = json!({"readyReplicas": 1});
        }
    }
    objects
}

fn run(kind: &str, phase: &str) -> (&'static str, Json) {
    let object = json!({
        "kind": kind, "metadata": {"name": "shop-daily", "namespace": "velero"}, "status": {"phase": phase},
    });
    ("run", object)
}

/// Declared with another flag than what lives, beside these objects.
fn changed(more: Vec<(&'static str, Json)>) -> Story {
    let mut objects = live(&server(json!({})));
    objects.extend(more);
    Story {
        resources: vec![server(json!({"args": {"features": "EnableCSI"}}))],
        objects,
        ..story()
    }
}

const CHANGE: &str = "Update velero_server.main (args.features)
    - Update velero/velero
    > remove velero_server.main#1
    > apply velero_server.main#2 after velero_server.main#1";

#[test]
fn is_made_in_order_and_then_unchanged() {
    let declared = server(json!({}));
    let plan = check(
        &Story {
            resources: vec![declared.clone()],
            ..story()
        },
        "Create velero_server.main
        - Create backups.velero.io
        - Create velero
        - Create velero/velero
        - Create velero/velero-repo-credentials
        - Create velero/velero
        - Create velero/node-agent
        > create velero_server.main#1
        > create velero_server.main#2 after velero_server.main#1
        > create velero_server.main#3 after velero_server.main#2
        > create velero_server.main#4 after velero_server.main#3
        > create velero_server.main#5 after velero_server.main#4
        > create velero_server.main#6 after velero_server.main#5",
    );
    assert!(plan.steps.iter().all(|step| step.guards.is_empty()));
    let objects = live(&declared);
    check(
        &Story {
            resources: vec![declared],
            objects,
            ..story()
        },
        "unchanged velero_server.main",
    );
}

#[test]
fn is_changed_only_while_it_runs_nothing() {
    check(&changed(vec![run("Backup", "Completed")]), CHANGE);
    let plan = make(&changed(Vec::new())).unwrap();
    let guards: Vec<usize> = plan.steps.iter().map(|step| step.guards.len()).collect();
    assert_eq!(
        guards,
        [1, 0],
        "the second one writes a note and restarts nothing"
    );
    for (kind, phase) in [
        ("Backup", "InProgress"),
        ("Restore", "New"),
        ("PodVolumeBackup", "Prepared"),
        ("DataDownload", "Canceling"),
    ] {
        let plan = check(
            &changed(vec![run(kind, phase)]),
            "Update velero_server.main (args.features) blocked [busy]
            - Update velero/velero",
        );
        assert_eq!(
            plan.nodes[0].blockers[0].text,
            format!(
                "Velero runs {kind} shop-daily ({phase}), which a change of the server would end."
            )
        );
    }
    let mut stopped = changed(vec![run("Backup", "InProgress")]);
    for (_, object) in &mut stopped.objects {
        object["status"]["readyReplicas"] = json!(0);
    }
    check(&stopped, CHANGE);
    // Nothing is written: what runs is nobody's business.
    let mut same = changed(vec![run("Backup", "InProgress")]);
    same.resources = vec![server(json!({}))];
    check(&same, "unchanged velero_server.main");
}

#[test]
fn an_unknown_answer_is_never_nothing() {
    for plural in ["backups", "restores", "podvolumebackups"] {
        let mut untold = changed(Vec::new());
        untold.unknown = Some((plural, FailureClass::Forbidden));
        let plan = check(
            &untold,
            "Update velero_server.main (args.features) blocked [unknown]
            - Update velero/velero",
        );
        assert!(
            plan.nodes[0].blockers[0]
                .cure
                .contains("list on backups.velero.io")
        );
    }
    let mut gone = changed(Vec::new());
    gone.not_served = Some("datauploads");
    check(&gone, CHANGE);
}

#[test]
fn many_runs_are_counted() {
    let runs = (0..9).map(|number| {
        let (kind, mut object) = run("Backup", "Queued");
        object["metadata"]["name"] = json!(format!("b{number}"));
        (kind, object)
    });
    let plan = make(&changed(runs.collect())).unwrap();
    let text = &plan.nodes[0].blockers[0].text;
    assert!(text.contains("b4 (Queued) and 4 more"), "{text}");
}

#[test]
fn versions_follow_one_another() {
    let objects = live(&server(json!({"version": "1.19.0"})));
    let plan = check(
        &Story {
            resources: vec![server(json!({}))],
            objects,
            ..story()
        },
        "Update velero_server.main (version) blocked [obstacle]
        - Update velero/velero
        - Update velero/node-agent",
    );
    let text = &plan.nodes[0].blockers[0].text;
    assert!(
        text.starts_with("1.19.0 runs and 1.18.1 is declared"),
        "{text}"
    );
}

fn password() -> Resource {
    named(
        "kubernetes_secret",
        "password",
        json!({
            "metadata": [{"name": "velero-repo-credentials", "namespace": "velero"}],
            "data": {"repository-password": "p"}, "type": "Opaque",
        }),
    )
}

/// A server whose password is not declared with it, in a namespace that is.
fn without_password(more: Vec<Resource>, objects: Vec<(&'static str, Json)>) -> Story {
    let manifests: Vec<Json> = crate::kinds::velero_server::tests::rendered()
        .into_iter()
        .filter(|object| object["kind"] != "Namespace")
        .collect();
    let declared = server(json!({"repository_credentials": [{}], "manifests": manifests}));
    Story {
        resources: [vec![declared, namespace("velero")], more].concat(),
        objects,
        ..story()
    }
}

#[test]
fn the_password_is_there_before_the_server() {
    let plan = make(&without_password(Vec::new(), Vec::new())).unwrap();
    let blockers: Vec<_> = plan.nodes.iter().flat_map(|node| &node.blockers).collect();
    assert_eq!(blockers.len(), 1);
    assert_eq!(
        blockers[0].text,
        "Secret velero/velero-repo-credentials does not exist, and nothing that is declared makes it."
    );

    let plan = make(&without_password(vec![password()], Vec::new())).unwrap();
    assert!(plan.nodes.iter().all(|node| node.blockers.is_empty()));
    let first = &plan
        .steps
        .iter()
        .find(|step| step.id.0 == "velero_server.main#1")
        .unwrap();
    let after: Vec<&str> = first.after.iter().map(|id| id.0.as_str()).collect();
    assert_eq!(
        after,
        [
            "kubernetes_namespace.velero#1",
            "kubernetes_secret.password#1"
        ]
    );
    let guarded = plan
        .steps
        .iter()
        .filter(|step| !step.guards.is_empty())
        .count();
    assert_eq!(guarded, 2, "server and node agent");

    let there = vec![by_hand(&password())];
    let plan = make(&without_password(Vec::new(), there)).unwrap();
    assert!(plan.nodes.iter().all(|node| node.blockers.is_empty()));

    let mut untold = without_password(Vec::new(), Vec::new());
    untold.unknown = Some(("secrets", FailureClass::Forbidden));
    let plan = make(&untold).unwrap();
    let codes: Vec<&str> = plan
        .nodes
        .iter()
        .flat_map(|node| &node.blockers)
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(codes, ["unknown"]);

    let mut deferred = without_password(Vec::new(), Vec::new());
    deferred.instance = Instance::MadeBy(Address::new("kubernetes_cluster", "main"));
    let plan = make(&deferred).unwrap();
    let codes: Vec<&str> = plan
        .nodes
        .iter()
        .flat_map(|node| &node.blockers)
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(codes, ["missing"]);
}

#[test]
fn what_is_rendered_no_more_goes_and_is_guarded() {
    let manifests: Vec<Json> = crate::kinds::velero_server::tests::rendered()
        .into_iter()
        .filter(|object| object["kind"] != "DaemonSet")
        .collect();
    let story = |runs: Vec<(&'static str, Json)>| {
        let mut objects = live(&server(json!({})));
        objects.extend(runs);
        Story {
            resources: vec![server(json!({"manifests": manifests}))],
            objects,
            inventory: Some(Inventory {
                owned: kinds::keys(&server(json!({})))
                    .into_iter()
                    .map(|key| OwnedObject {
                        provider: Some(kubernetes()),
                        kind: "velero_server".to_owned(),
                        key,
                    })
                    .collect(),
                ..Inventory::default()
            }),
            ..super::story()
        }
    };
    check(
        &story(Vec::new()),
        "Update velero_server.main (node_agent)
        - Delete velero/node-agent
        > delete velero_server.main#1",
    );
    check(
        &story(vec![run("Backup", "InProgress")]),
        "Update velero_server.main (node_agent) blocked [busy]
        - Delete velero/node-agent",
    );
}

#[test]
fn adoption_is_of_all_of_it() {
    let declared = server(json!({}));
    let by_hand = live(&declared).into_iter().map(|(kind, mut object)| {
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.remove("annotations");
        metadata.insert("labels".to_owned(), json!({"component": "velero"}));
        (kind, object)
    });
    let mut story = Story {
        resources: vec![declared.clone()],
        objects: by_hand.collect(),
        ..super::story()
    };
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].blockers[0].code, "needs-adopt");
    story.adopt = vec!["velero_server.main".parse().unwrap()];
    let plan = make(&story).unwrap();
    assert!(plan.nodes[0].importing && plan.nodes[0].blockers.is_empty());
    assert!(
        plan.nodes[0].fields.is_empty(),
        "{:?}",
        plan.nodes[0].fields
    );
    // Marks alone restart nothing.
    story.objects.push(run("Restore", "InProgress"));
    let plan = make(&story).unwrap();
    assert!(plan.nodes[0].blockers.is_empty());
    story.resources = vec![server(json!({"args": {"features": "EnableCSI"}}))];
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].blockers[0].code, "busy");
}

#[test]
fn all_of_it_goes_with_one_consent_and_never_under_a_backup() {
    let declared = server(json!({}));
    let mut story = Story {
        objects: live(&declared),
        resources: vec![declared],
        ..super::story()
    };
    story.goal.mode = GoalMode::Destroy;
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].state, NodeState::HeldBack);
    assert_eq!(plan.held_back.len(), 1, "{:#?}", plan.held_back);
    let held = &plan.held_back[0];
    let key =
        "key Secret velero/velero-repo-credentials: what it unlocks cannot be read without it";
    assert!(held.losses.contains(&key.to_owned()), "{:?}", held.losses);
    assert!(
        held.losses.contains(&"1 × Deployment".to_owned()),
        "{:?}",
        held.losses
    );

    story.consents = held.consent.iter().cloned().collect();
    let plan = check(
        &story,
        "Delete velero_server.main
        - Delete velero/node-agent
        - Delete velero/velero
        - Delete velero/velero
        - Delete velero/velero-repo-credentials
        - Delete velero
        - Delete backups.velero.io
        > delete velero_server.main#1
        > delete velero_server.main#2 after velero_server.main#1
        > delete velero_server.main#3 after velero_server.main#2
        > delete velero_server.main#4 after velero_server.main#1, velero_server.main#2, velero_server.main#3
        > delete velero_server.main#5 after velero_server.main#1, velero_server.main#2, velero_server.main#3, velero_server.main#4
        > delete velero_server.main#6 after velero_server.main#1, velero_server.main#2, velero_server.main#3, velero_server.main#4, velero_server.main#5",
    );
    assert!(plan.steps.iter().all(|step| step.guards.len() == 1));

    // Another object of a type that goes, another consent.
    let mut more = live(&server(json!({})));
    more.push(run("Backup", "Completed"));
    story.objects = more;
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].state, NodeState::HeldBack);
    story.consents = plan.held_back[0].consent.iter().cloned().collect();
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].state, NodeState::Planned);
    for (_, object) in &mut story.objects {
        if object["kind"] == "Backup" {
            object["status"]["phase"] = json!("Finalizing");
        }
    }
    let plan = make(&story).unwrap();
    assert_eq!(plan.nodes[0].blockers[0].code, "busy");
}

#[test]
fn an_upgrade_is_told_by_its_version() {
    let story = |runs: Vec<(&'static str, Json)>| Story {
        resources: vec![server(json!({"version": "1.19.0"}))],
        objects: [live(&server(json!({}))), runs].concat(),
        ..super::story()
    };
    let plan = check(
        &story(Vec::new()),
        "Update velero_server.main (version)
        - Update velero/velero
        - Update velero/node-agent
        > remove velero_server.main#1
        > apply velero_server.main#2 after velero_server.main#1
        > remove velero_server.main#3 after velero_server.main#2
        > apply velero_server.main#4 after velero_server.main#3",
    );
    let guards: Vec<usize> = plan.steps.iter().map(|step| step.guards.len()).collect();
    assert_eq!(guards, [1, 0, 1, 0]);
    let plan = make(&story(vec![run("PodVolumeRestore", "InProgress")])).unwrap();
    assert_eq!(plan.nodes[0].blockers[0].code, "busy");
}
