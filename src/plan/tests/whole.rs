//! Resources that are several objects: one line for the resource, one for each of its objects that something is done to.

use super::*;

fn application(name: &str, body: Json) -> Resource {
    named("velero_application", name, body)
}

fn nextcloud(retention: Json) -> Resource {
    application(
        "nextcloud",
        json!({"name": "nextcloud", "retention": [retention]}),
    )
}

fn all() -> Json {
    json!({"daily": 30, "monthly": 6, "yearly": 2})
}

fn with(declared: Resource, objects: Vec<(&'static str, Json)>) -> Story {
    Story {
        resources: vec![declared],
        objects,
        ..story()
    }
}

fn edit(object: &mut (&'static str, Json), pointer: &str, value: Json) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    object.1.pointer_mut(parent).unwrap()[member] = value;
}

#[test]
fn is_made_object_by_object_and_counted_once() {
    let plan = check(
        &with(nextcloud(all()), Vec::new()),
        "Create velero_application.nextcloud
        - Create velero/nextcloud-default-daily
        - Create velero/nextcloud-default-monthly
        - Create velero/nextcloud-default-yearly
        > create velero_application.nextcloud#1
        > create velero_application.nextcloud#2 after velero_application.nextcloud#1
        > create velero_application.nextcloud#3 after velero_application.nextcloud#2",
    );
    let Op::Kube(op) = &plan.steps[1].op else {
        panic!("no write")
    };
    let label = op.body.at(&[
        "metadata".to_owned(),
        "labels".to_owned(),
        "sk-dr.io/address".to_owned(),
    ]);
    assert_eq!(
        label,
        Some(Expr::Value(json!("velero_application.nextcloud")))
    );
    let owner = op.body.at(&[
        "metadata".to_owned(),
        "labels".to_owned(),
        "sk-dr.io/owner".to_owned(),
    ]);
    let suffix = "velero.io.Schedule/velero/nextcloud-default-monthly";
    let mark = json!(crate::model::identity::owner_label("cluster-1", suffix));
    assert_eq!(owner, Some(Expr::Value(mark)));
    assert!(plan.steps.iter().all(|step| step.binds.is_empty()));
}

#[test]
fn what_was_applied_is_unchanged() {
    let declared = nextcloud(all());
    let objects = applied_parts(&declared);
    check(
        &with(declared, objects),
        "unchanged velero_application.nextcloud",
    );
}

#[test]
fn its_own_attributes_tell_what_they_can() {
    let live = applied_parts(&nextcloud(all()));
    check(
        &with(nextcloud(json!({"daily": 14, "monthly": 6})), live.clone()),
        "Update velero_application.nextcloud (retention.daily, retention.yearly)
        - Update velero/nextcloud-default-daily
        - Delete velero/nextcloud-default-yearly
        > apply velero_application.nextcloud#1
        > delete velero_application.nextcloud#2 after velero_application.nextcloud#1
        ! coverage-shrinks velero_application.nextcloud",
    );
    let mut paused = live.clone();
    edit(&mut paused[1], "/spec/paused", json!(true));
    check(
        &with(nextcloud(all()), paused),
        "Update velero_application.nextcloud
        - Update velero/nextcloud-default-monthly (paused)
        > apply velero_application.nextcloud#1",
    );
    let mut moved = live.clone();
    edit(&mut moved[0], "/spec/schedule", json!("0 9 * * *"));
    edit(&mut moved[0], "/spec/template/ttl", json!("31h"));
    check(
        &with(nextcloud(all()), moved),
        "Update velero_application.nextcloud (retention.daily, schedule.daily)
        - Update velero/nextcloud-default-daily (ttl)
        > apply velero_application.nextcloud#1",
    );
    let lost = live[..2].to_vec();
    check(
        &with(nextcloud(all()), lost),
        "Update velero_application.nextcloud (retention.yearly)
        - Create velero/nextcloud-default-yearly
        > create velero_application.nextcloud#1",
    );
}

/// `ready_hook` and `hook` tell the hooks together, the method and the flags how volumes are copied, and so on.
#[test]
fn what_is_told_in_several_words_is_not_told_twice() {
    let declared = |retention: Json, ignored: &[&str]| {
        let hook = json!({"use": "postgres", "match_labels": {"app": "db"}, "path": "/data/x"});
        let own = json!({"name": "own", "pre": [{"exec": [{"command": ["true"]}]}]});
        let mut declared = application(
            "shop",
            json!({"name": "shop", "ready_hook": [hook], "hook": [own], "retention": [retention]}),
        );
        if !ignored.is_empty() {
            let paths = ignored.iter().map(|name| vec![(*name).to_owned()]);
            declared.lifecycle.ignore_changes = IgnoreChanges::Paths(paths.collect());
        }
        declared
    };
    let applied = applied_parts(&declared(json!({"daily": 7}), &[]));
    check(
        &with(declared(json!({"daily": 14}), &[]), applied.clone()),
        "Update velero_application.shop (retention.daily)
        - Update velero/shop-default-daily
        > apply velero_application.shop#1",
    );
    let ignored = ["hook", "volumes", "excluded_resources"];
    let mut live = applied;
    for (place, value) in [
        ("/spec/template/hooks/resources/0/name", json!("another")),
        ("/spec/template/defaultVolumesToFsBackup", json!(true)),
        ("/spec/template/snapshotVolumes", json!(true)),
        ("/spec/template/excludedResources", json!(["nodes"])),
    ] {
        edit(&mut live[0], place, value);
    }
    check(
        &with(declared(json!({"daily": 7}), &ignored), live.clone()),
        "unchanged velero_application.shop",
    );
    let mut all = declared(json!({"daily": 7}), &[]);
    all.lifecycle.ignore_changes = IgnoreChanges::All;
    check(&with(all, live), "unchanged velero_application.shop");
}

#[test]
fn what_is_ignored_stays_as_it_is_live() {
    let ignoring = |paths: IgnoreChanges| {
        let mut declared = nextcloud(json!({"daily": 7}));
        declared.lifecycle.ignore_changes = paths;
        declared
    };
    let mut live = applied_parts(&nextcloud(all()));
    edit(&mut live[0], "/spec/schedule", json!("0 9 * * *"));
    let retention = IgnoreChanges::Paths(vec![vec!["retention".to_owned()]]);
    check(
        &with(ignoring(retention), live.clone()),
        "Update velero_application.nextcloud (schedule.daily)
        - Update velero/nextcloud-default-daily
        > apply velero_application.nextcloud#1",
    );
    let one = IgnoreChanges::Paths(vec![
        vec!["schedule".to_owned()],
        vec!["retention".to_owned(), "daily".to_owned()],
    ]);
    check(
        &with(ignoring(one), live.clone()),
        "Update velero_application.nextcloud (retention.monthly, retention.yearly)
        - Delete velero/nextcloud-default-yearly
        - Delete velero/nextcloud-default-monthly
        > delete velero_application.nextcloud#1
        > delete velero_application.nextcloud#2 after velero_application.nextcloud#1",
    );
    edit(&mut live[1], "/spec/paused", json!(true));
    check(
        &with(ignoring(IgnoreChanges::All), live),
        "unchanged velero_application.nextcloud",
    );
}

#[test]
fn adoption_is_of_the_whole() {
    let declared = nextcloud(json!({"daily": 30, "monthly": 6}));
    let by_hand: Vec<(&'static str, Json)> = applied_parts(&declared)
        .into_iter()
        .map(|(kind, mut object)| {
            for map in ["labels", "annotations"] {
                object["metadata"].as_object_mut().unwrap().remove(map);
            }
            (kind, object)
        })
        .collect();
    let blocked = with(declared.clone(), by_hand.clone());
    let plan = check(
        &blocked,
        "Update import velero_application.nextcloud blocked [needs-adopt]
        - Update import velero/nextcloud-default-daily (labels.application, labels.profile)
        - Update import velero/nextcloud-default-monthly (labels.application, labels.profile)",
    );
    assert_eq!(
        plan.nodes[0].blockers[0].text,
        "It exists and is not marked as ours."
    );
    let named = Story {
        adopt: vec![declared.address.clone().into()],
        ..with(declared.clone(), by_hand.clone())
    };
    check(
        &named,
        "Update import velero_application.nextcloud
        - Update import velero/nextcloud-default-daily (labels.application, labels.profile)
        - Update import velero/nextcloud-default-monthly (labels.application, labels.profile)
        > apply velero_application.nextcloud#1
        > apply velero_application.nextcloud#2 after velero_application.nextcloud#1",
    );
    // One of them is somebody else's: nothing is done to any.
    let mut other = applied_parts(&declared);
    edit(
        &mut other[1],
        "/metadata/labels/sk-dr.io~1stack",
        json!("other"),
    );
    other[1].1["metadata"]["labels"]["sk-dr.io/stack"] = json!("other");
    let plan = check(
        &with(nextcloud(json!({"daily": 7, "monthly": 6})), other),
        "Update velero_application.nextcloud (retention.daily) blocked [other-stack]
        - Update velero/nextcloud-default-daily
        - NoOp velero/nextcloud-default-monthly
        ! coverage-shrinks velero_application.nextcloud",
    );
    let told = &plan.nodes[0].blockers[0].text;
    assert!(
        told.starts_with("velero/nextcloud-default-monthly: It carries the mark"),
        "{told}"
    );
}

#[test]
fn a_rename_is_one_and_so_is_a_change_of_kind() {
    let old = nextcloud(all());
    let mut renamed = old.clone();
    renamed.address = Address::new("velero_application", "cloud");
    let plan = check(
        &with(renamed, applied_parts(&old)),
        "Update velero_application.cloud
        - Update velero/nextcloud-default-daily
        - Update velero/nextcloud-default-monthly
        - Update velero/nextcloud-default-yearly
        > apply velero_application.cloud#1
        > apply velero_application.cloud#2 after velero_application.cloud#1
        > apply velero_application.cloud#3 after velero_application.cloud#2",
    );
    assert_eq!(plan.nodes[0].previous_address, Some(old.address.clone()));
    assert!(plan.nodes[0].is_same());
    let mut alone = applied_parts(&old);
    for (number, object) in alone.iter_mut().enumerate() {
        object.1["metadata"]["labels"]["sk-dr.io/address"] =
            json!(format!("velero_schedule.s{number}"));
    }
    let plan = make(&with(old, alone)).unwrap();
    assert_eq!(plan.nodes.len(), 1, "{plan:#?}");
    assert_eq!(
        plan.nodes[0].reason.text,
        "renamed from velero_schedule.s0, velero_schedule.s1, velero_schedule.s2"
    );
}

#[test]
fn what_nothing_declares_is_one_orphan() {
    let mut live = applied_parts(&nextcloud(all()));
    let orphan = Story {
        objects: live.clone(),
        ..story()
    };
    let plan = check(
        &orphan,
        "Delete velero_application.nextcloud
        - Delete velero/nextcloud-default-yearly
        - Delete velero/nextcloud-default-monthly
        - Delete velero/nextcloud-default-daily
        > delete velero_application.nextcloud#1
        > delete velero_application.nextcloud#2 after velero_application.nextcloud#1
        > delete velero_application.nextcloud#3 after velero_application.nextcloud#2",
    );
    assert_eq!(plan.nodes[0].before["retention"], json!([all()]));
    let narrowed = Story {
        goal: Goal {
            target: vec![Address::new("velero_schedule", "shop").into()],
            ..story().goal
        },
        resources: vec![schedule("shop")],
        objects: live.clone(),
        ..story()
    };
    let told = lines(&make(&narrowed).unwrap());
    assert!(
        told.contains("! orphan-left velero_application.nextcloud"),
        "{told}"
    );
    assert!(!told.contains("> delete"), "{told}");
    // Adopted ones are released, in the same node.
    live[0].1["metadata"]["labels"]
        .as_object_mut()
        .unwrap()
        .remove(MANAGED_BY_LABEL);
    let plan = make(&Story {
        objects: live,
        ..story()
    })
    .unwrap();
    assert_eq!(plan.nodes.len(), 1);
    assert_eq!(
        plan.nodes[0]
            .parts
            .iter()
            .filter(|part| part.action == super::super::document::Action::Forget)
            .count(),
        1
    );
}

#[test]
fn destroy_and_prevent_destroy_are_for_all_of_it() {
    let goal = Goal {
        mode: GoalMode::Destroy,
        ..story().goal
    };
    let declared = nextcloud(json!({"daily": 30}));
    let live = applied_parts(&nextcloud(json!({"daily": 30, "monthly": 6})));
    let destroyed = Story {
        goal: goal.clone(),
        ..with(declared.clone(), live.clone())
    };
    check(
        &destroyed,
        "Delete velero_application.nextcloud
        - Delete velero/nextcloud-default-monthly
        - Delete velero/nextcloud-default-daily
        > delete velero_application.nextcloud#1
        > delete velero_application.nextcloud#2 after velero_application.nextcloud#1",
    );
    let mut kept = declared;
    kept.lifecycle.prevent_destroy = true;
    let plan = make(&Story {
        goal,
        ..with(kept, live)
    })
    .unwrap();
    assert_eq!(plan.nodes[0].state, NodeState::HeldBack);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.held_back.len(), 1);
}

#[test]
fn other_resources_stand_in_order_with_all_of_it() {
    let declared = application(
        "shop",
        json!({"name": "shop", "storage_location": "main", "retention": [{"daily": 1, "yearly": 1}]}),
    );
    let made = Story {
        resources: vec![declared.clone(), location("main")],
        ..story()
    };
    let told = lines(&make(&made).unwrap());
    assert!(
        told.contains(
            "> create velero_application.shop#1 after velero_backup_storage_location.main#1"
        ),
        "{told}"
    );
    let objects = applied_parts(&declared)
        .into_iter()
        .chain([applied(&location("main"))])
        .collect();
    let told = lines(&make(&Story { objects, ..story() }).unwrap());
    let last = "> delete velero_backup_storage_location.main#1 after velero_application.shop#1, velero_application.shop#2";
    assert!(told.contains(last), "{told}");
}

#[test]
fn unknown_stops_all_of_it_and_says_it_once() {
    let unknown = Story {
        unknown: Some(("schedules", FailureClass::Forbidden)),
        ..with(nextcloud(all()), Vec::new())
    };
    let plan = make(&unknown).unwrap();
    assert_eq!(plan.nodes[0].blockers.len(), 1, "{:#?}", plan.nodes[0]);
    assert!(plan.steps.is_empty());
}

#[test]
fn no_object_has_two_addresses() {
    let plain = named(
        "velero_schedule",
        "daily",
        json!({"name": "nextcloud-default-daily", "schedule": "@daily"}),
    );
    let configuration = Configuration {
        resources: vec![nextcloud(all()), plain],
        ..Configuration::default()
    };
    let found = crate::goal::duplicate_keys(&configuration);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].detail,
        "`velero_application.nextcloud` is already `velero/nextcloud-default-daily`: an object has one address"
    );
}

/// What is declared under another name takes the place of what it was.
#[test]
fn another_name_under_the_same_address_is_a_replacement() {
    let old = schedule("shop");
    let new = named(
        "velero_schedule",
        "shop",
        json!({"name": "store", "schedule": "0 1 * * *", "ttl": "24h", "included_namespaces": ["shop"]}),
    );
    check(
        &with(new, vec![applied(&old)]),
        "Replace velero_schedule.shop (name, id, uid, backup_labels.velero.io/schedule-name, ttl)
        > create velero_schedule.shop#1
        > delete velero_schedule.shop#2 after velero_schedule.shop#1",
    );
    // A composite knows its own: what it was under another name goes after it.
    let renamed = application(
        "nextcloud",
        json!({"name": "cloud", "retention": [{"daily": 30}]}),
    );
    check(
        &with(renamed, applied_parts(&nextcloud(json!({"daily": 30})))),
        "Replace velero_application.nextcloud (name, namespaces)
        - Create velero/cloud-default-daily
        - Delete velero/nextcloud-default-daily
        > create velero_application.nextcloud#1
        > delete velero_application.nextcloud#2 after velero_application.nextcloud#1",
    );
}
