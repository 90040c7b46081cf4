//! Another natural key is another object (R29): the new one first, and what it replaces only once it is done.

use super::super::document::Action::{Create, Delete};
use super::super::document::{Action, Parting, ReplaceOrder};
use super::*;

/// A schedule at an address, under another name.
fn renamed(address: &str, name: &str) -> Resource {
    let mut made = schedule(name);
    made.address = Address::new("velero_schedule", address);
    made
}

/// What velero_schedule.shop was, and another name that is declared for it now.
fn rename() -> Story {
    Story {
        resources: vec![renamed("shop", "store")],
        objects: vec![applied(&schedule("shop"))],
        ..story()
    }
}

const REPLACED: &str =
    "Replace velero_schedule.shop (name, id, uid, backup_labels.velero.io/schedule-name)
     > create velero_schedule.shop#1
     > delete velero_schedule.shop#2 after velero_schedule.shop#1";

#[test]
fn another_name_is_a_replacement() {
    let made = check(&rename(), REPLACED);
    let node = &made.nodes[0];
    let former = node.former.as_ref().unwrap();
    assert_eq!(
        (former.parting, former.order, former.key.to_string()),
        (
            Parting::Delete,
            ReplaceOrder::CreateFirst,
            "velero/shop".to_owned()
        )
    );
    assert_eq!(former.forced_by, [vec!["name".to_owned()]]);
    assert_eq!(node.key.to_string(), "velero/store");
    assert_eq!(node.halves(), [Create, Delete]);
    assert!(
        made.steps[0].wait.is_some(),
        "the removal waits for a schedule that is Enabled"
    );
    // Another namespace as well, of which velero is not asked to forget the old one.
    let mut moved = schedule("shop");
    moved.body = moved
        .body
        .with(&["namespace".to_owned()], Expr::Value(json!("elsewhere")));
    let made = check(
        &Story {
            resources: vec![moved],
            ..rename()
        },
        "Replace velero_schedule.shop (namespace, id, uid)
         > create velero_schedule.shop#1
         > delete velero_schedule.shop#2 after velero_schedule.shop#1",
    );
    assert_eq!(
        made.nodes[0].former.as_ref().unwrap().forced_by,
        [vec!["namespace".to_owned()]]
    );
}

#[test]
fn what_it_was_is_told_by_its_mark_also_through_moved_blocks() {
    let mut told = rename();
    told.resources = vec![renamed("store", "store")];
    let made = make(&told).unwrap();
    assert_eq!(
        lines(&made),
        "Delete velero_schedule.shop\nCreate velero_schedule.store\n> delete velero_schedule.shop#1\n> create velero_schedule.store#1",
        "another address without a word of it"
    );
    told.moves = vec![Move {
        from: "velero_schedule.shop".parse().unwrap(),
        to: "velero_schedule.store".parse().unwrap(),
    }];
    let made = check(
        &told,
        "Replace velero_schedule.store (name, id, uid, backup_labels.velero.io/schedule-name)
         > create velero_schedule.store#1
         > delete velero_schedule.store#2 after velero_schedule.store#1",
    );
    let previous = made.nodes[0].previous_address.as_ref().unwrap();
    assert_eq!(previous.to_string(), "velero_schedule.shop");
    // A key of a for_each is another address, and no replacement.
    let each = |key: &str| {
        let mut made = schedule(key);
        made.address = format!("velero_schedule.each[\"{key}\"]").parse().unwrap();
        made
    };
    let made = make(&Story {
        resources: vec![each("b")],
        objects: vec![applied(&each("a"))],
        ..story()
    })
    .unwrap();
    assert!(
        made.nodes.iter().all(|node| node.former.is_none()),
        "{}",
        lines(&made)
    );
}

#[test]
fn what_was_adopted_is_released() {
    let mut told = rename();
    let labels = told.objects[0].1["metadata"]["labels"].as_object_mut();
    labels.unwrap().remove(MANAGED_BY_LABEL);
    let made = check(
        &told,
        "Replace velero_schedule.shop (name, id, uid, backup_labels.velero.io/schedule-name)
         > create velero_schedule.shop#1
         > release velero_schedule.shop#2 after velero_schedule.shop#1",
    );
    assert_eq!(
        made.nodes[0].former.as_ref().unwrap().parting,
        Parting::Release
    );
}

#[test]
fn nothing_goes_where_what_takes_its_place_is_not_made() {
    let mut protected = rename();
    protected.resources[0].lifecycle.prevent_destroy = true;
    let made = check(
        &protected,
        "Replace velero_schedule.shop (name, id, uid, backup_labels.velero.io/schedule-name) held back",
    );
    assert_eq!(made.held_back.len(), 1, "{:?}", made.held_back);
    // Its name is taken by an object that is not ours.
    let mut taken = rename();
    taken.objects.push(by_hand(&renamed("shop", "store")));
    check(
        &taken,
        "Delete velero_schedule.orphan_velero_shop held back
         Update import velero_schedule.shop blocked [needs-adopt]",
    );
    let narrow = |target: Vec<Target>, exclude: Vec<Target>| Goal {
        target,
        exclude,
        ..rename().goal
    };
    let shop = || Address::new("velero_schedule", "shop").into();
    let wiki = || Address::new("velero_schedule", "wiki").into();
    for (goal, expected) in [
        (narrow(vec![shop()], Vec::new()), REPLACED.to_owned()),
        (
            narrow(vec![wiki()], Vec::new()),
            "Create velero_schedule.wiki
             > create velero_schedule.wiki#1
             ! orphan-left velero_schedule.orphan_velero_shop"
                .to_owned(),
        ),
        (
            narrow(Vec::new(), vec![shop()]),
            "Create velero_schedule.wiki
             > create velero_schedule.wiki#1
             ! orphan-left velero_schedule.orphan_velero_shop"
                .to_owned(),
        ),
    ] {
        let mut told = rename();
        told.resources.push(schedule("wiki"));
        told.goal = goal;
        check(&told, &expected);
    }
}

#[test]
fn what_is_left_of_a_replacement_goes_once_the_new_one_is_done() {
    let new = renamed("shop", "store");
    let mut told = rename();
    let mut done = applied(&new);
    done.1["status"] = json!({"phase": "Enabled"});
    told.objects.push(done);
    check(
        &told,
        "Delete velero_schedule.orphan_velero_shop
         unchanged velero_schedule.shop
         > delete velero_schedule.orphan_velero_shop#1",
    );
    // Not well yet: the old one is all there is.
    told.objects[1].1["status"] = json!({"phase": "FailedValidation", "validationErrors": ["no"]});
    let made = check(
        &told,
        "Delete velero_schedule.orphan_velero_shop held back
         unchanged velero_schedule.shop",
    );
    assert!(
        made.held_back[0].reason.contains("is not ready"),
        "{:?}",
        made.held_back
    );
    // Changed at the same time: after that.
    told.objects[1] = edited(&new, "/spec/schedule", json!("0 9 * * *"));
    check(
        &told,
        "Delete velero_schedule.orphan_velero_shop
         Update velero_schedule.shop (schedule)
         > apply velero_schedule.shop#1
         > delete velero_schedule.orphan_velero_shop#1 after velero_schedule.shop#1",
    );
    // Two that were left: the newest is shown with the new one, the other goes after it too.
    let mut twice = rename();
    let mut older = applied(&renamed("shop", "stall"));
    older.1["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    twice.objects[0].1["metadata"]["creationTimestamp"] = json!("2026-02-01T00:00:00Z");
    twice.objects.push(older);
    check(
        &twice,
        "Delete velero_schedule.orphan_velero_stall
         Replace velero_schedule.shop (name, id, uid, backup_labels.velero.io/schedule-name)
         > create velero_schedule.shop#1
         > delete velero_schedule.orphan_velero_stall#1 after velero_schedule.shop#1
         > delete velero_schedule.shop#2 after velero_schedule.shop#1",
    );
}

#[test]
fn what_holds_data_is_made_anew_and_goes_only_with_a_consent() {
    let mut new = namespace("shop");
    new.body = Expr::Value(json!({"metadata": [{"name": "store"}]}));
    let mut told = Story {
        resources: vec![new],
        objects: vec![applied(&namespace("shop"))],
        ..story()
    };
    let made = check(
        &told,
        "Delete kubernetes_namespace.orphan_shop held back
         Create kubernetes_namespace.shop
         > create kubernetes_namespace.shop#1",
    );
    told.consents = vec![made.held_back[0].consent.clone().unwrap()];
    check(
        &told,
        "Replace kubernetes_namespace.shop (metadata.name, id)
         > create kubernetes_namespace.shop#1
         > delete kubernetes_namespace.shop#2 after kubernetes_namespace.shop#1",
    );
}

#[test]
fn who_uses_what_is_replaced_turns_to_the_new_one_before_the_old_one_goes() {
    let mut moved = location("main");
    moved.body = Expr::Value(json!({
        "name": "second", "namespace": "velero", "provider_name": "aws", "bucket": "others", "access_mode": "ReadWrite", "config": {"region": "fsn1"}
    }));
    let uses = |name: &str| {
        let mut made = schedule("shop");
        made.body = made
            .body
            .with(&["storage_location".to_owned()], Expr::Value(json!(name)));
        made
    };
    let made = make(&Story {
        resources: vec![moved, uses("second")],
        objects: vec![applied(&location("main")), applied(&uses("main"))],
        ..story()
    })
    .unwrap();
    let steps: Vec<String> = lines(&made)
        .lines()
        .filter(|line| line.starts_with('>'))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        steps,
        [
            "> create velero_backup_storage_location.main#1",
            "> apply velero_schedule.shop#1 after velero_backup_storage_location.main#1",
            "> delete velero_backup_storage_location.main#2 after velero_backup_storage_location.main#1, velero_schedule.shop#1",
        ]
    );
}

#[test]
fn what_is_several_objects_is_replaced_as_one() {
    let application = |name: &str| {
        named(
            "velero_application",
            "shop",
            json!({"name": name, "retention": [{"daily": 30, "monthly": 6, "yearly": 0}]}),
        )
    };
    let told = |declared: Resource| Story {
        resources: vec![declared],
        objects: applied_parts(&application("shop")),
        ..story()
    };
    let made = make(&told(application("store"))).unwrap();
    let node = &made.nodes[0];
    assert_eq!(node.action, Action::Replace, "{}", lines(&made));
    let former = node.former.as_ref().unwrap();
    assert_eq!(former.key.to_string(), "velero/shop-default");
    let steps: Vec<&str> = made.steps.iter().map(|step| step.id.0.as_str()).collect();
    let doing: Vec<Action> = made.steps.iter().map(|step| node.doing(step)).collect();
    assert_eq!(doing, [Create, Create, Delete, Delete], "{steps:?}");
    let mut protected = application("store");
    protected.lifecycle.prevent_destroy = true;
    let made = make(&told(protected)).unwrap();
    assert!(
        made.steps.is_empty() && made.held_back.len() == 1,
        "{}",
        lines(&made)
    );
    // One of its objects stays: then it is the same resource, and changed.
    let mut fewer = application("shop");
    fewer.body = fewer.body.with(
        &["retention".to_owned()],
        Expr::Value(json!([{"daily": 30, "monthly": 0, "yearly": 2}])),
    );
    let made = make(&told(fewer)).unwrap();
    assert_eq!(made.nodes[0].action, Action::Update, "{}", lines(&made));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn two_locations_never_write_to_one_prefix() {
    let second = |change: Json| {
        let mut body = json!({
            "name": "second", "namespace": "velero", "provider_name": "aws", "bucket": "backups",
            "access_mode": "ReadWrite", "config": {"region": "fsn1"}
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let mut made = location("main");
        made.body = Expr::Value(body);
        made
    };
    let told = |change: Json| Story {
        resources: vec![second(change)],
        objects: vec![applied(&location("main"))],
        ..story()
    };
    let order = |told: &Story| {
        let made = make(told).unwrap();
        let former = made.nodes[0].former.clone().unwrap();
        let doing: Vec<Action> = made
            .steps
            .iter()
            .map(|step| made.nodes[0].doing(step))
            .collect();
        (former.order, doing)
    };
    for (change, expected) in [
        (json!({}), (ReplaceOrder::RemoveFirst, vec![Delete, Create])),
        (
            json!({"prefix": "inside"}),
            (ReplaceOrder::RemoveFirst, vec![Delete, Create]),
        ),
        (
            json!({"bucket": "others"}),
            (ReplaceOrder::CreateFirst, vec![Create, Delete]),
        ),
        (
            json!({"access_mode": "ReadOnly"}),
            (ReplaceOrder::CreateFirst, vec![Create, Delete]),
        ),
        (
            json!({"config": {"region": "fsn1", "s3Url": "https://elsewhere"}}),
            (ReplaceOrder::CreateFirst, vec![Create, Delete]),
        ),
    ] {
        assert_eq!(order(&told(change.clone())), expected, "{change}");
    }
    // What the server does not take, or what nobody could ask it, is no reason to let the old one go.
    for (confirmation, code) in [
        (Confirmation::Refused("no".to_owned()), "refused"),
        (
            Confirmation::NotConfirmed("403".to_owned()),
            "not-confirmed",
        ),
    ] {
        let mut told = told(json!({}));
        let declared = &told.resources[0];
        let key = kinds::find(&declared.address.kind)
            .unwrap()
            .key(declared)
            .unwrap();
        told.confirmations
            .insert((declared.address.clone(), key), confirmation);
        let made = make(&told).unwrap();
        assert!(made.steps.is_empty() && !made.applyable, "{}", lines(&made));
        assert_eq!(made.nodes[0].blockers[0].code, code);
    }
    // Released it would stay and go on writing.
    let mut adopted = told(json!({}));
    let labels = adopted.objects[0].1["metadata"]["labels"].as_object_mut();
    labels.unwrap().remove(MANAGED_BY_LABEL);
    let made = make(&adopted).unwrap();
    assert_eq!(
        made.nodes[0].blockers[0].code,
        "two-writers",
        "{}",
        lines(&made)
    );
    assert!(made.steps.is_empty());
}
