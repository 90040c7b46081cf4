//! What is created and updated, in which order, and what the server says to it.

use super::*;

#[test]
fn creates_in_the_order_of_needs() {
    let resources = vec![schedule("shop"), location("main"), namespace("velero")];
    check(
        &Story {
            resources,
            ..story()
        },
        "Create kubernetes_namespace.velero
         Create velero_backup_storage_location.main
         Create velero_schedule.shop
         > create kubernetes_namespace.velero#1
         > create velero_backup_storage_location.main#1 after kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_namespace.velero#1
         ! bucket-not-examined velero_backup_storage_location.main",
    );
}

#[test]
fn a_schedule_waits_for_the_location_it_names() {
    let mut shop = schedule("shop");
    shop.body = shop
        .body
        .with(&["storage_location".to_owned()], Expr::Value(json!("main")));
    check(
        &Story {
            resources: vec![shop, location("main")],
            ..story()
        },
        "Create velero_backup_storage_location.main
         Create velero_schedule.shop
         > create velero_backup_storage_location.main#1
         > create velero_schedule.shop#1 after velero_backup_storage_location.main#1
         ! bucket-not-examined velero_backup_storage_location.main",
    );
}

#[test]
fn what_was_applied_is_unchanged() {
    let resources = vec![schedule("shop"), location("main"), namespace("velero")];
    let objects = resources.iter().map(applied).collect();
    check(
        &Story {
            resources,
            objects,
            ..story()
        },
        "unchanged kubernetes_namespace.velero
         unchanged velero_backup_storage_location.main
         unchanged velero_schedule.shop",
    );
}

#[test]
fn a_hand_paused_schedule_is_unpaused_without_firing() {
    let shop = schedule("shop");
    let objects = vec![edited(&shop, "/spec/paused", json!(true))];
    let made = check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "Update velero_schedule.shop (paused)
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    let body = op.body.known().unwrap();
    assert_eq!(
        (&body["spec"]["paused"], &body["spec"]["skipImmediately"]),
        (&json!(false), &json!(true))
    );
}

#[test]
fn what_goes_is_removed_before_the_rest_is_written() {
    let shop = schedule("shop");
    let mut objects = vec![edited(&shop, "/spec/schedule", json!("0 2 * * *"))];
    objects[0].1["spec"]["template"]["snapshotVolumes"] = json!(true);
    let made = check(
        &Story {
            resources: vec![shop],
            objects: objects.clone(),
            ..story()
        },
        "Update velero_schedule.shop (schedule, snapshot_volumes)
         > remove velero_schedule.shop#1
         > apply velero_schedule.shop#2 after velero_schedule.shop#1",
    );
    let Ground::Present {
        owned, projection, ..
    } = &made.steps[1].ground
    else {
        panic!("{made:?}")
    };
    objects[0].1["spec"]["template"]
        .as_object_mut()
        .unwrap()
        .remove("snapshotVolumes");
    assert_eq!(
        *owned,
        projection.fingerprint(&objects[0].1),
        "the second ground is the first step's result"
    );
}

#[test]
fn ignored_fields_keep_their_live_value() {
    let mut shop = schedule("shop");
    shop.lifecycle.ignore_changes = IgnoreChanges::Paths(vec![vec!["paused".to_owned()]]);
    let mut objects = vec![edited(&shop, "/spec/paused", json!(true))];
    check(
        &Story {
            resources: vec![shop.clone()],
            objects: objects.clone(),
            ..story()
        },
        "unchanged velero_schedule.shop",
    );
    objects[0].1["spec"]["schedule"] = json!("0 2 * * *");
    let made = check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "Update velero_schedule.shop (schedule)
         > apply velero_schedule.shop#1",
    );
    let Op::Kube(op) = &made.steps[0].op else {
        panic!("{made:?}")
    };
    assert_eq!(op.body.known().unwrap()["spec"]["paused"], json!(true));
}

#[test]
fn a_field_of_another_apply_manager_blocks_unless_forced() {
    let shop = schedule("shop");
    let managed = |operation: &str| {
        let mut object = edited(&shop, "/spec/schedule", json!("0 2 * * *"));
        object.1["metadata"]["managedFields"] = json!([written_by("sk-dr", "Apply"), {"manager": "argocd", "operation": operation, "fieldsV1": {"f:spec": {"f:schedule": {}}}}]);
        vec![object]
    };
    let mut told = Story {
        resources: vec![shop.clone()],
        objects: managed("Apply"),
        ..story()
    };
    check(
        &told,
        "Update velero_schedule.shop (schedule) blocked [conflict]\n! foreign-owner velero_schedule.shop",
    );
    told.conflicts = Conflicts::Force;
    check(
        &told,
        "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1\n! foreign-owner velero_schedule.shop",
    );
    told.conflicts = Conflicts::Block;
    told.objects = managed("Update");
    let made = check(
        &told,
        "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1",
    );
    assert_eq!(made.nodes[0].fields[0].by.as_ref().unwrap().name, "argocd");
}

#[test]
fn what_the_server_says_to_a_dry_run() {
    let shop = schedule("shop");
    let objects = vec![edited(&shop, "/spec/schedule", json!("0 2 * * *"))];
    let key = kinds::keys(&shop).remove(0);
    let told = |confirmation| Story {
        resources: vec![shop.clone()],
        objects: objects.clone(),
        confirmations: BTreeMap::from([((shop.address.clone(), key.clone()), confirmation)]),
        ..story()
    };
    let planned = "Update velero_schedule.shop (schedule)\n> apply velero_schedule.shop#1";
    check(&told(Confirmation::Confirmed), planned);
    let forbidden = Confirmation::NotConfirmed("403".to_owned());
    check(
        &told(forbidden),
        &format!("{planned}\n! not-confirmed velero_schedule.shop"),
    );
    let refused = Confirmation::Refused("spec.schedule: Invalid".to_owned());
    check(
        &told(refused),
        "Update velero_schedule.shop (schedule) blocked [refused]",
    );
}

#[test]
fn terminating_objects_wait() {
    let shop = schedule("shop");
    let objects = vec![edited(
        &shop,
        "/metadata/deletionTimestamp",
        json!("2026-01-01T00:00:00Z"),
    )];
    check(
        &Story {
            resources: vec![shop],
            objects,
            ..story()
        },
        "NoOp velero_schedule.shop blocked [terminating]",
    );
}

/// A namespace that carries another one's UID in an annotation.
fn made_after(name: &str, other: &str) -> Resource {
    let uid = Expr::Hole(Box::new(Hole {
        source: HoleSource::Resource {
            address: Address::new("kubernetes_namespace", other),
            attribute: "metadata[0].uid".to_owned(),
        },
        hole_type: HoleType::String,
    }));
    let text = Expr::Concat(vec![Expr::Value("after-".into()), uid]);
    let metadata = Expr::Value(json!({"name": name})).with(
        &["annotations".to_owned(), "example.org/after".to_owned()],
        text,
    );
    let mut made = namespace(name);
    made.body = Expr::object(BTreeMap::from([(
        "metadata".to_owned(),
        Expr::list(vec![metadata]),
    )]));
    made.references = BTreeSet::from([Address::new("kubernetes_namespace", other)]);
    made
}

#[test]
fn a_uid_of_what_exists_is_known_at_plan() {
    let (shop, wiki) = (namespace("shop"), made_after("wiki", "shop"));
    let mut told = story();
    told.resources = vec![shop.clone(), wiki.clone()];
    check(
        &told,
        "Create kubernetes_namespace.shop
         Create kubernetes_namespace.wiki
         > create kubernetes_namespace.shop#1
         > create kubernetes_namespace.wiki#1 after kubernetes_namespace.shop#1",
    );
    let mut known = namespace("wiki");
    known.body = Expr::Value(
        json!({"metadata": [{"name": "wiki", "annotations": {"example.org/after": "after-uid-shop"}}]}),
    );
    told.objects = vec![applied(&shop), applied(&known)];
    check(
        &told,
        "unchanged kubernetes_namespace.shop
         unchanged kubernetes_namespace.wiki",
    );
}
