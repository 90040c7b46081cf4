//! Whose an object is: adoption, marks, renames, orphans, and what goes with consent only.

use super::*;
use crate::plan::document::Sight;

#[test]
fn adoption_is_named_or_blocked() {
    let shop = schedule("shop");
    let objects = vec![by_hand(&shop)];
    let mut told = Story {
        resources: vec![shop.clone()],
        objects,
        ..story()
    };
    let made = check(
        &told,
        "Update import velero_schedule.shop blocked [needs-adopt]",
    );
    assert!(!made.applyable);
    told.adopt = vec![shop.address.clone().into()];
    let made = check(
        &told,
        "Update import velero_schedule.shop
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert!(
        op.body.known().unwrap()["metadata"]["labels"][MANAGED_BY_LABEL].is_null(),
        "it is not what we created"
    );
}

#[test]
fn marks_of_others_copies_and_damage_are_never_ours() {
    let shop = schedule("shop");
    let label = "/metadata/labels/sk-dr.io~1stack";
    let owner = "/metadata/labels/sk-dr.io~1owner";
    let cases = [
        (edited(&shop, label, json!("other")), "Noop", "other-stack"),
        (
            edited(
                &shop,
                owner,
                json!(owner_label("elsewhere", "velero.io.Schedule/velero/shop")),
            ),
            "Update import",
            "copy",
        ),
        (
            edited(&shop, owner, Json::Null),
            "Update import",
            "damaged-mark",
        ),
    ];
    for (object, action, code) in cases {
        let objects = vec![object];
        let action = action.replace("Noop", "NoOp");
        check(
            &Story {
                resources: vec![shop.clone()],
                objects: objects.clone(),
                ..story()
            },
            &format!("{action} velero_schedule.shop blocked [{code}]"),
        );
        let undeclared = make(&Story {
            objects: objects.clone(),
            ..story()
        })
        .unwrap();
        assert!(
            undeclared.nodes.is_empty() && undeclared.steps.is_empty(),
            "never an orphan: {code}"
        );
        let goal = Goal {
            mode: GoalMode::Destroy,
            target: Vec::new(),
            exclude: Vec::new(),
            recovery: None,
        };
        let destroyed = make(&Story {
            resources: vec![shop.clone()],
            objects,
            goal,
            ..story()
        })
        .unwrap();
        assert!(destroyed.steps.is_empty(), "never destroyed: {code}");
    }
}

/// A Schedule as an earlier version marked it: the owner in annotations, which travel to its Backups.
fn marked_in_annotations(declared: &Resource) -> (&'static str, Json) {
    let (kind, mut object) = applied(declared);
    let labels = object["metadata"]["labels"].as_object_mut().unwrap();
    labels.remove("sk-dr.io/owner").unwrap();
    let mark = owner_mark(UID, &home("velero_schedule"), Some("velero"), "shop");
    object["metadata"]["annotations"] =
        json!({"sk-dr.io/owner": mark, "sk-dr.io/step": "run/a.b#1", "note": "x"});
    (kind, object)
}

#[test]
fn marks_that_travel_move_in_one_write() {
    let shop = schedule("shop");
    let objects = vec![marked_in_annotations(&shop)];
    let mut told = Story {
        resources: vec![shop],
        objects,
        ..story()
    };
    let made = check(
        &told,
        "Update velero_schedule.shop
         > remove velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    let suffix = "velero.io.Schedule/velero/shop";
    let body = op.body.known().unwrap();
    assert_eq!(
        body["metadata"]["labels"]["sk-dr.io/owner"],
        owner_label(UID, suffix)
    );
    let gone: Vec<String> = op.takes.iter().map(|place| place.0.join(" ")).collect();
    assert_eq!(
        gone,
        [
            "metadata annotations sk-dr.io/owner",
            "metadata annotations sk-dr.io/step",
            "metadata labels sk-dr.io/stack",
            "metadata labels sk-dr.io/owner",
            "metadata labels sk-dr.io/address",
        ]
    );
    // Another's mark of the old kind is a copy as before.
    told.objects[0].1["metadata"]["annotations"]["sk-dr.io/owner"] = json!("v1/elsewhere/x");
    check(&told, "Update import velero_schedule.shop blocked [copy]");
}

/// An address that no label holds is named by several, none of which travels.
#[test]
fn nothing_of_ours_stands_in_annotations_of_a_schedule() {
    let mut shop = schedule("shop");
    shop.address.instance = Some(crate::model::address::InstanceKey::Name(
        "the shop".to_owned(),
    ));
    let made = make(&Story {
        resources: vec![shop.clone()],
        ..story()
    })
    .unwrap();
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert_eq!(
        op.body
            .at(&["metadata".to_owned(), "annotations".to_owned()]),
        None
    );
    let labels = op
        .body
        .at(&["metadata".to_owned(), "labels".to_owned()])
        .unwrap();
    let names: Vec<String> = labels.into_members().into_keys().collect();
    assert_eq!(
        names,
        [
            "app.kubernetes.io/managed-by",
            "sk-dr.io/address",
            "sk-dr.io/address-1",
            "sk-dr.io/owner",
            "sk-dr.io/stack",
            "sk-dr.io/step"
        ]
    );
    // Declared no more, it is still known by its address.
    let (kind, mut object) = applied(&shop);
    for (key, value) in crate::model::identity::address_parts(&shop.address) {
        object["metadata"]["labels"][key] = json!(value);
    }
    check(
        &Story {
            objects: vec![(kind, object)],
            ..story()
        },
        "Delete velero_schedule.shop[\"the shop\"]
         > delete velero_schedule.shop[\"the shop\"]#1",
    );
}

/// Adopting writes labels for the Backups along with the marks, or these would travel.
#[test]
fn adoption_keeps_its_marks_off_backups() {
    let shop = schedule("shop");
    let (kind, mut object) = by_hand(&shop);
    object["spec"]["template"]
        .as_object_mut()
        .unwrap()
        .remove("metadata");
    let told = Story {
        resources: vec![shop.clone()],
        objects: vec![(kind, object)],
        adopt: vec![shop.address.into()],
        ..story()
    };
    let made = check(
        &told,
        "Update import velero_schedule.shop
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    let labels = &op.body.known().unwrap()["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels, &json!({"velero.io/schedule-name": "shop"}));
}

/// `kubectl get -o yaml | sed | kubectl apply`: the name in the mark was changed too, and the server noted who wrote it.
#[test]
fn a_mark_that_somebody_else_wrote_is_a_copy() {
    let shop = schedule("shop");
    let copied = |managers: Json| {
        let (kind, mut object) = applied(&schedule("copied"));
        object["metadata"]["labels"]["sk-dr.io/address"] = json!("velero_schedule.shop");
        object["metadata"]["managedFields"] = managers;
        (kind, object)
    };
    let kubectl = || written_by("kubectl-client-side-apply", "Update");
    let mut of_sk_dr = written_by("sk-dr", "Apply");
    of_sk_dr["fieldsV1"] = json!({"f:metadata": {"f:annotations": {"f:shop": {}}}});
    for managers in [
        json!([kubectl()]),
        json!([kubectl(), of_sk_dr]),
        json!([]),
        Json::Null,
    ] {
        let told = Story {
            resources: vec![shop.clone()],
            objects: vec![applied(&shop), copied(managers.clone())],
            ..story()
        };
        let made = check(
            &told,
            "unchanged velero_schedule.shop
             ! copy",
        );
        assert!(
            made.findings[0].detail.contains("and not by sk-dr"),
            "{:?}",
            made.findings
        );
        // Declared, it is adopted by name only.
        let made = make(&Story {
            resources: vec![schedule("copied")],
            objects: vec![copied(managers)],
            ..story()
        })
        .unwrap();
        assert_eq!(
            lines(&made),
            "Update import velero_schedule.copied blocked [copy]"
        );
    }
    // Adopted it is no creation of ours: what would be deleted with its block is released.
    let mut told = Story {
        resources: vec![schedule("copied")],
        objects: vec![copied(json!([kubectl()]))],
        adopt: vec![schedule("copied").address.into()],
        ..story()
    };
    told.objects[0].1["metadata"]["labels"]["sk-dr.io/step"] = json!("r.1");
    let made = make(&told).unwrap();
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    let taken_off = |place: &JsonPath| op.body.at(&place.0).is_none();
    for key in [MANAGED_BY_LABEL, "sk-dr.io/step"] {
        let place = super::super::marks::label(key);
        assert!(op.takes.contains(&place) && taken_off(&place), "{op:?}");
    }
    // Beside others who wrote the same, our word counts.
    let mut genuine = applied(&shop);
    genuine.1["metadata"]["managedFields"] = json!([kubectl(), written_by("sk-dr", "Apply")]);
    check(
        &Story {
            resources: vec![shop],
            objects: vec![genuine],
            ..story()
        },
        "unchanged velero_schedule.shop",
    );
}

#[test]
fn a_rename_is_an_update_of_the_mark() {
    let old = schedule("shop");
    let mut new = schedule("shop");
    new.address = Address::new("velero_schedule", "store");
    let made = check(
        &Story {
            resources: vec![new],
            objects: vec![applied(&old)],
            ..story()
        },
        "Update velero_schedule.store
         > apply velero_schedule.store#1",
    );
    assert_eq!(made.nodes[0].previous_address, Some(old.address));
}

#[test]
fn orphans_go_users_first_and_never_under_target() {
    let mut shop = schedule("shop");
    shop.body = shop
        .body
        .with(&["storage_location".to_owned()], Expr::Value(json!("main")));
    let objects = vec![applied(&shop), applied(&location("main"))];
    let mut told = Story {
        resources: vec![schedule("wiki")],
        objects,
        ..story()
    };
    check(
        &told,
        "Delete velero_backup_storage_location.main
         Delete velero_schedule.shop
         Create velero_schedule.wiki
         > delete velero_schedule.shop#1
         > delete velero_backup_storage_location.main#1 after velero_schedule.shop#1
         > create velero_schedule.wiki#1
         ! location-in-use velero_backup_storage_location.main",
    );
    told.goal.target = vec![Address::new("velero_schedule", "wiki").into()];
    check(
        &told,
        "Create velero_schedule.wiki
         > create velero_schedule.wiki#1
         ! orphan-left velero_backup_storage_location.main
         ! orphan-left velero_schedule.shop",
    );
    told.goal.target.clear();
    told.unknown = Some(("schedules", FailureClass::Unavailable));
    let made = make(&told).unwrap();
    assert!(
        made.steps
            .iter()
            .all(|step| step.node.kind != "velero_schedule"),
        "an unknown LIST deletes nothing"
    );
}

#[test]
fn one_cluster_under_two_provider_blocks_has_each_object_once() {
    let mut under = schedule("wiki");
    under.provider = Some(aliased("weak"));
    let mut told = story();
    told.also = Some("weak");
    told.resources = vec![schedule("shop"), under.clone()];
    told.objects = vec![applied(&schedule("shop")), applied(&under)];
    check(
        &told,
        "unchanged velero_schedule.shop
         unchanged velero_schedule.wiki",
    );
    told.resources.clear();
    let gone = make(&told).unwrap();
    let names: Vec<String> = gone
        .nodes
        .iter()
        .map(|node| node.address.to_string())
        .collect();
    assert_eq!(names, ["velero_schedule.shop", "velero_schedule.wiki"]);
    // The same object by both blocks: nobody could say which address it has.
    let mut twice = schedule("shop");
    twice.address = Address::new("velero_schedule", "again");
    twice.provider = Some(aliased("weak"));
    told.resources = vec![schedule("shop"), twice];
    let refusal = make(&told).unwrap_err().to_string();
    assert!(
        refusal.starts_with("velero_schedule.again and velero_schedule.shop are both "),
        "{refusal}"
    );
}

#[test]
fn a_provider_without_resources_is_asked_and_missed() {
    let mut configuration = Configuration::default();
    let block = Provider {
        arguments: Expr::Value(json!({})),
        references: BTreeSet::new(),
        spans: BTreeMap::new(),
        span: resource("velero_schedule", json!({})).span,
    };
    configuration.providers.insert(kubernetes(), block);
    assert!(queries::providers_asked(&configuration).contains(&kubernetes()));
    let silent = Story {
        instance: Instance::Unknown {
            reason: "connection refused".to_owned(),
        },
        ..story()
    };
    let unswept = make(&silent).unwrap().unswept;
    assert_eq!(
        (unswept[0].resource.as_deref(), unswept[0].reason.as_str()),
        (None, "connection refused")
    );
    let narrowed = Story {
        goal: Goal {
            exclude: vec![Address::new("velero_schedule", "shop").into()],
            ..silent.goal.clone()
        },
        ..silent
    };
    // Left out or not: nothing at all was seen, so nothing is claimed.
    let made = make(&narrowed).unwrap();
    assert!(made.is_blind() && !made.applyable, "{made:?}");
}

#[test]
fn adopted_orphans_are_released() {
    let shop = schedule("shop");
    let mut objects = vec![applied(&shop)];
    objects[0].1["metadata"]["labels"]
        .as_object_mut()
        .unwrap()
        .remove(MANAGED_BY_LABEL);
    let made = check(
        &Story { objects, ..story() },
        "Forget velero_schedule.shop
         > release velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert_eq!(op.verb, KubeVerb::Release);
}

#[test]
fn a_namespace_goes_only_with_a_consent_that_names_its_losses() {
    let shop = namespace("shop");
    let claim = |size: &str| {
        (
            "claim",
            json!({"metadata": {"name": "data", "namespace": "shop"},
            "spec": {"storageClassName": "hcloud-volumes", "resources": {"requests": {"storage": size}}}}),
        )
    };
    let mut told = Story {
        objects: vec![applied(&shop), claim("10Gi")],
        ..story()
    };
    let made = check(&told, "Delete kubernetes_namespace.shop held back");
    let held = &made.held_back[0];
    assert_eq!(
        held.losses,
        ["PersistentVolumeClaim data (10Gi, hcloud-volumes)"]
    );
    told.consents = vec![held.consent.clone().unwrap()];
    check(
        &told,
        "Delete kubernetes_namespace.shop
         > delete kubernetes_namespace.shop#1",
    );
    told.objects[1] = claim("20Gi");
    check(&told, "Delete kubernetes_namespace.shop held back");
    told.unknown = Some(("persistentvolumeclaims", FailureClass::Forbidden));
    check(&told, "Delete kubernetes_namespace.shop blocked [unknown]");
}

#[test]
fn prevent_destroy_holds_back_what_it_uses_too() {
    let mut shop = schedule("shop");
    shop.lifecycle.prevent_destroy = true;
    let resources = vec![shop, namespace("velero"), schedule("wiki")];
    let objects = resources.iter().map(applied).collect();
    let goal = Goal {
        mode: GoalMode::Destroy,
        target: Vec::new(),
        exclude: Vec::new(),
        recovery: None,
    };
    let made = check(
        &Story {
            resources,
            objects,
            goal,
            ..story()
        },
        "Delete kubernetes_namespace.velero held back
         Delete velero_schedule.shop held back
         Delete velero_schedule.wiki
         > delete velero_schedule.wiki#1",
    );
    assert!(made.applyable);
}

/// A checkout without a journal knows no namespace but Velero's: what is ours elsewhere is found by its label (R27).
#[test]
fn an_orphan_is_found_in_a_namespace_that_nothing_names() {
    let mut far = schedule("shop");
    far.body = far
        .body
        .with(&["namespace".to_owned()], Expr::Value(json!("second")));
    let told = Story {
        objects: vec![applied(&far)],
        ..story()
    };
    check(
        &told,
        "Delete velero_schedule.shop
         > delete velero_schedule.shop#1",
    );
    // Nobody's, and another stack's, are none of ours.
    let mut other = applied(&far);
    other.1["metadata"]["labels"]["sk-dr.io/stack"] = json!("other");
    let others = Story {
        objects: vec![other],
        ..story()
    };
    check(&others, "");
    // Without the right the plan says where it did not look, and claims no more than it saw.
    let narrow = Story {
        unknown: Some(("schedules", FailureClass::Forbidden)),
        ..told
    };
    let made = make(&narrow).unwrap();
    let places: Vec<_> = made
        .unswept
        .iter()
        .filter_map(|place| place.resource.as_deref())
        .collect();
    assert_eq!(
        places,
        [
            "schedules.velero.io in namespace shop",
            "schedules.velero.io in namespace velero",
            "schedules.velero.io in other namespaces"
        ]
    );
    assert!(matches!(made.sight(), Sight::Part(_)), "{made:?}");
    let broken = Story {
        unknown: Some(("schedules", FailureClass::Unreachable)),
        ..narrow
    };
    assert!(make(&broken).unwrap().is_blind());
    // A missing right is no doubt about what is here; no answer is.
    let elsewhere = |class| {
        let story = Story {
            unknown: Some((ELSEWHERE, class)),
            ..story()
        };
        make(&story).unwrap().is_blind()
    };
    assert!(!elsewhere(FailureClass::Forbidden));
    assert!(elsewhere(FailureClass::Unreachable));
}
