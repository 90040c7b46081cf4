//! Objects of any type, of types that the same plan makes, and of those that nobody knows.

use super::*;

fn manifest(name: &str, object: Json) -> Resource {
    named("kubernetes_manifest", name, json!({"manifest": object}))
}

fn web(spec: Json) -> Resource {
    let metadata = json!({"name": "web", "namespace": "shop"});
    manifest(
        "web",
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}),
    )
}

/// The CRD of schedules.
fn schedules() -> Resource {
    let names = json!({"kind": "Schedule", "plural": "schedules"});
    let versions = json!([{"name": "v1", "served": true, "storage": true}]);
    let spec =
        json!({"group": "velero.io", "scope": "Namespaced", "names": names, "versions": versions});
    manifest(
        "schedules",
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "schedules.velero.io"}, "spec": spec}),
    )
}

#[test]
fn a_type_of_the_same_plan_defers_what_is_of_it() {
    let made = check(
        &Story {
            resources: vec![schedule("shop"), schedules(), namespace("velero")],
            not_served: Some("schedules"),
            ..story()
        },
        "Create kubernetes_manifest.schedules
         Create kubernetes_namespace.velero
         Create velero_schedule.shop deferred
         > create kubernetes_manifest.schedules#1
         > create kubernetes_namespace.velero#1
         > create velero_schedule.shop#1 after kubernetes_manifest.schedules#1, kubernetes_namespace.velero#1",
    );
    let last = made.steps.last().unwrap();
    assert_eq!(last.ground, Ground::AbsentAtFirstTouch);
}

#[test]
fn a_manifest_whose_type_nobody_knows_is_blocked() {
    let widget = manifest(
        "w",
        json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}}),
    );
    let check_as = |served_as: ServedAs, code: &str| {
        let mut widget = widget.clone();
        widget.served_as = served_as;
        check(
            &Story {
                resources: vec![widget],
                ..story()
            },
            &format!("NoOp kubernetes_manifest.w blocked [{code}]"),
        );
    };
    check_as(
        ServedAs::Nothing("example.org/v1 Widget".to_owned()),
        "not-served",
    );
    check_as(ServedAs::Unknown("503".to_owned()), "unknown");
    check_as(ServedAs::Unasked, "type-unknown");
    let cluster_wide = KubeResource {
        group: "example.org".into(),
        version: "v1".into(),
        plural: "widgets".into(),
        kind: "Widget".into(),
        namespaced: false,
    };
    check_as(ServedAs::Type(cluster_wide), "namespace");
}

#[test]
fn a_list_is_written_whole_before_the_rest() {
    let (_, mut live) = applied(&web(
        json!({"replicas": 1, "ports": [{"port": 1}, {"port": 2}]}),
    ));
    live["spec"]["ports"][0]["protocol"] = json!("TCP");
    let declared = web(json!({"replicas": 2, "ports": [{"port": 1}]}));
    let made = check(
        &Story {
            resources: vec![declared],
            objects: vec![("deployment", live)],
            ..story()
        },
        "Update kubernetes_manifest.web (manifest.spec.ports, manifest.spec.replicas)
         > remove kubernetes_manifest.web#1
         > apply kubernetes_manifest.web#2 after kubernetes_manifest.web#1",
    );
    let Op::Kube(first) = &made.steps[0].op else {
        panic!("a write to the API");
    };
    let list = Expr::Value(json!({"spec": {"ports": [{"port": 1}]}}));
    assert_eq!(first.body, list);
    let Op::Kube(second) = &made.steps[1].op else {
        panic!("a write to the API");
    };
    assert_eq!(second.takes[0], JsonPath::dotted("spec.replicas"));
}

#[test]
fn orphans_of_any_type_are_found_by_the_record() {
    let declared = web(json!({"replicas": 1}));
    let (_, live) = applied(&declared);
    let key = kinds::find("kubernetes_manifest")
        .unwrap()
        .key(&declared)
        .unwrap();
    let older = match &key {
        Key::Kube {
            resource,
            namespace,
            name,
        } => Key::Kube {
            resource: KubeResource {
                version: "v1beta1".into(),
                ..resource.clone()
            },
            namespace: namespace.clone(),
            name: name.clone(),
        },
        Key::Cluster { .. } | Key::Composite { .. } => panic!("an object of the API"),
    };
    let owned = |key: &Key| OwnedObject {
        provider: Some(kubernetes()),
        kind: "kubernetes_manifest".to_owned(),
        key: key.clone(),
    };
    let with = |resources: Vec<Resource>, key: &Key| Story {
        resources,
        objects: vec![("deployment", live.clone())],
        inventory: Some(Inventory {
            owned: vec![owned(key)],
            ..Inventory::default()
        }),
        ..story()
    };
    check(
        &with(Vec::new(), &key),
        "Delete kubernetes_manifest.web
         > delete kubernetes_manifest.web#1",
    );
    // What the record knows in another version of its type is the same object, and no orphan.
    check(
        &with(vec![declared], &older),
        "unchanged kubernetes_manifest.web",
    );
}
