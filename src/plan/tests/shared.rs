//! Cases of what is ours in some fields only (R25).

use super::*;

const VOLUMES: &str = "backup.velero.io/backup-volumes";

fn annotations(template: Json) -> Resource {
    named(
        "kubernetes_annotations",
        "web",
        json!({"api_version": "apps/v1", "kind": "Deployment",
            "metadata": [{"name": "web", "namespace": "shop"}], "template_annotations": template}),
    )
}

/// A Deployment that a chart made, with these annotations in its template; those of `ours` are applied by us.
fn deployment(template: Json, ours: &[&str]) -> (&'static str, Json) {
    let keys = |keys: Vec<String>| -> Json {
        let fields = keys.iter().map(|key| (format!("f:{key}"), json!({})));
        let keys = fields.collect::<serde_json::Map<_, _>>();
        json!({"f:spec": {"f:template": {"f:metadata": {"f:annotations": keys}}}})
    };
    let all = template.as_object().unwrap().keys();
    let (mine, others): (Vec<String>, Vec<String>) =
        all.cloned().partition(|key| ours.contains(&key.as_str()));
    let mut managers =
        vec![json!({"manager": "helm", "operation": "Update", "fieldsV1": keys(others)})];
    if !mine.is_empty() {
        managers.push(json!({"manager": "sk-dr", "operation": "Apply", "fieldsV1": keys(mine)}));
    }
    let object = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "1", "resourceVersion": "7",
            "managedFields": managers},
        "spec": {"template": {"metadata": {"annotations": template}}}});
    ("deployment", object)
}

fn with(resources: Vec<Resource>, objects: Vec<(&'static str, Json)>) -> Story {
    Story {
        resources,
        objects,
        ..story()
    }
}

/// The record of an earlier run that wrote to it.
fn recorded() -> Option<Inventory> {
    let declared = annotations(json!({}));
    let kind = kinds::find("kubernetes_annotations").unwrap();
    Some(Inventory {
        owned: vec![OwnedObject {
            provider: Some(kubernetes()),
            kind: "kubernetes_annotations".to_owned(),
            key: kind.key(&declared).unwrap(),
        }],
        ..Inventory::default()
    })
}

fn destroying() -> Goal {
    Goal {
        mode: GoalMode::Destroy,
        target: Vec::new(),
        exclude: Vec::new(),
        recovery: None,
    }
}

#[test]
fn fields_of_what_others_make_are_written_without_a_mark() {
    let volumes = json!({VOLUMES: "data"});
    let plan = check(
        &with(
            vec![annotations(volumes.clone())],
            vec![deployment(json!({"checksum": "9"}), &[])],
        ),
        "Update kubernetes_annotations.web (template_annotations.backup.velero.io/backup-volumes)
        > apply kubernetes_annotations.web#1",
    );
    let note = plan.nodes[0].fields[0].note.as_deref();
    assert_eq!(note, Some("rolls Deployment shop/web"));
    let Op::Kube(op) = &plan.steps[0].op else {
        panic!("a write to the API");
    };
    let wanted = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {"annotations": volumes}}}});
    assert_eq!(op.body.known(), Some(&wanted));
}

#[test]
fn what_is_there_already_rolls_nothing() {
    let volumes = json!({VOLUMES: "data"});
    let unchanged = "unchanged kubernetes_annotations.web";
    let declared = || vec![annotations(volumes.clone())];
    check(
        &with(declared(), vec![deployment(volumes.clone(), &[])]),
        unchanged,
    );
    check(
        &with(declared(), vec![deployment(volumes.clone(), &[VOLUMES])]),
        unchanged,
    );
}

#[test]
fn a_key_that_is_declared_no_more_goes() {
    check(
        &with(
            vec![annotations(json!({}))],
            vec![deployment(json!({VOLUMES: "data", "a": "1"}), &[VOLUMES])],
        ),
        "Update kubernetes_annotations.web (template_annotations.backup.velero.io/backup-volumes)
        > remove kubernetes_annotations.web#1",
    );
}

#[test]
fn what_is_not_there_is_not_ours_to_make() {
    let declared = || vec![annotations(json!({VOLUMES: "data"}))];
    let blocked = "NoOp kubernetes_annotations.web blocked [not-made]";
    check(&with(declared(), Vec::new()), blocked);
    let destroy = Story {
        goal: destroying(),
        ..with(declared(), Vec::new())
    };
    check(&destroy, "");
}

#[test]
fn a_marked_object_is_declared_whole_elsewhere() {
    let (kind, mut object) = deployment(json!({}), &[]);
    object["metadata"]["labels"]["sk-dr.io/stack"] = json!("other");
    let objects = vec![(kind, object)];
    let declared = || vec![annotations(json!({VOLUMES: "data"}))];
    check(
        &with(declared(), objects.clone()),
        "NoOp kubernetes_annotations.web blocked [declared-whole]",
    );
    let destroy = Story {
        goal: destroying(),
        ..with(declared(), objects)
    };
    check(&destroy, "! left-alone kubernetes_annotations.web");
}

#[test]
fn another_that_applies_keeps_its_fields_unless_forced() {
    let (kind, mut object) = deployment(json!({VOLUMES: "uploads"}), &[]);
    object["metadata"]["managedFields"][0]["manager"] = json!("argocd");
    object["metadata"]["managedFields"][0]["operation"] = json!("Apply");
    let conflict = with(
        vec![annotations(json!({VOLUMES: "data"}))],
        vec![(kind, object)],
    );
    check(
        &conflict,
        "Update kubernetes_annotations.web (template_annotations.backup.velero.io/backup-volumes) blocked [conflict]",
    );
    let forced = Story {
        conflicts: Conflicts::Force,
        ..conflict
    };
    check(
        &forced,
        "Update kubernetes_annotations.web (template_annotations.backup.velero.io/backup-volumes)
        > apply kubernetes_annotations.web#1",
    );
}

/// Nothing on the object says whose the fields are but their manager; that they are this stack's, the record says.
#[test]
fn fields_are_given_up_and_nothing_is_deleted() {
    let ours = || vec![deployment(json!({VOLUMES: "data"}), &[VOLUMES])];
    let destroy = Story {
        goal: destroying(),
        ..with(vec![annotations(json!({VOLUMES: "data"}))], ours())
    };
    check(
        &destroy,
        "Forget kubernetes_annotations.web
        > release kubernetes_annotations.web#1",
    );
    let orphan = Story {
        inventory: recorded(),
        ..with(Vec::new(), ours())
    };
    check(
        &orphan,
        "Forget kubernetes_annotations.orphan_shop_web
        > release kubernetes_annotations.orphan_shop_web#1",
    );
    let foreign = Story {
        inventory: recorded(),
        ..with(Vec::new(), vec![deployment(json!({VOLUMES: "data"}), &[])])
    };
    check(&foreign, "");
    let narrowed = Story {
        goal: Goal {
            target: vec![Target::Resource(Address::new("velero_schedule", "shop"))],
            ..story().goal
        },
        ..orphan
    };
    check(
        &narrowed,
        "! orphan-left kubernetes_annotations.orphan_shop_web",
    );
    // Nobody's record: another stack may have written them.
    check(&with(Vec::new(), ours()), "");
}
