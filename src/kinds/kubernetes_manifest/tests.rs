//! Cases of `kubernetes_manifest`.

use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::kinds::{Loss, Writing, kubernetes_manifest};
use crate::model::condition::Condition;
use crate::model::identity::Key;
use crate::model::json_path::JsonPath;
use crate::model::resource::{Resource, ServedAs};
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_manifest";

fn deployment(spec: Json) -> Json {
    json!({"manifest": {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": spec,
    }})
}

fn container(more: Json) -> Json {
    let mut container =
        json!({"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "1000m"}}});
    let members = container.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    container
}

fn template(containers: Json) -> Json {
    json!({"replicas": 2, "template": {"spec": {"containers": containers}}})
}

/// The object as a server keeps it after we wrote a body: defaults filled in, amounts rewritten, what was declared noted.
fn live(body: &Json) -> Json {
    let declared = resource(KIND, body.clone());
    let mut live = object(KIND, body.clone());
    for (place, value) in kind(KIND).records(&declared) {
        place.set(&mut live, value);
    }
    live["metadata"]["uid"] = "u-1".into();
    live["metadata"]["labels"]["foreign"] = "x".into();
    live["spec"]["progressDeadlineSeconds"] = 600.into();
    live["status"] = json!({"replicas": 2});
    let containers = live["spec"]["template"]["spec"]["containers"].as_array_mut();
    for container in containers.into_iter().flatten() {
        container["imagePullPolicy"] = "IfNotPresent".into();
        container["resources"]["requests"]["cpu"] = "1".into();
    }
    live
}

#[test]
fn what_the_server_fills_in_is_no_difference() {
    let body = deployment(template(json!([container(json!({}))])));
    check_differences(KIND, body.clone(), &live(&body), &[]);
}

#[test]
fn declared_fields_are_ours_and_lists_whole() {
    let before = deployment(template(json!([container(json!({}))])));
    let check = |spec: Json, wanted: &[&str]| {
        check_differences(KIND, deployment(spec), &live(&before), wanted);
    };
    let mut more = template(json!([container(json!({}))]));
    more["replicas"] = 3.into();
    more["paused"] = true.into();
    check(
        more,
        &[
            "manifest.spec.paused: absent -> true [spec.paused = true]",
            "manifest.spec.replicas: 2 -> 3 [spec.replicas = 3]",
        ],
    );
    let one = r#"{"image":"web:1","imagePullPolicy":"IfNotPresent","name":"web","resources":{"requests":{"cpu":"1"}}}"#;
    let two =
        r#"[{"image":"web:1","name":"web","resources":{"requests":{"cpu":"1000m"}}},{"name":"b"}]"#;
    check(
        template(json!([container(json!({})), {"name": "b"}])),
        &[&format!(
            "manifest.spec.template.spec.containers: [{one}] -> {two} [spec.template.spec.containers = {two}]"
        )],
    );
}

#[test]
fn what_is_declared_no_more_is_taken_off() {
    let mut spec = template(json!([container(
        json!({"env": [{"name": "A", "value": "1"}]})
    )]));
    spec["minReadySeconds"] = 5.into();
    let before = deployment(spec);
    let after = deployment(template(json!([container(json!({}))])));
    let declared = resource(KIND, after);
    let found = kind(KIND).differences(&declared, &live(&before));
    let said: Vec<(String, bool)> = found
        .iter()
        .map(|one| (one.attribute.join("."), one.write.is_some()))
        .collect();
    assert_eq!(
        said,
        [
            ("manifest.spec.minReadySeconds".to_owned(), false),
            ("manifest.spec.template.spec.containers".to_owned(), true),
        ]
    );
    // Of an object that we never wrote nothing is taken off.
    let mut by_hand = live(&before);
    by_hand["metadata"]["annotations"] = json!({});
    assert_eq!(kind(KIND).differences(&declared, &by_hand), []);
}

#[test]
fn shows_what_was_declared_and_fingerprints_it() {
    let body = deployment(template(json!([container(json!({}))])));
    let shown = kind(KIND).attributes(&live(&body));
    assert_eq!(
        shown["manifest"]["metadata"]["labels"],
        json!({"app": "web"})
    );
    assert_eq!(
        shown["manifest"]["spec"]["progressDeadlineSeconds"],
        Json::Null
    );
    let projection = kind(KIND).owned(None, &live(&body));
    let before = projection.fingerprint(&live(&body));
    for (place, moves) in [
        ("spec.replicas", true),
        ("metadata.labels.app", true),
        ("metadata.labels.foreign", false),
        ("spec.progressDeadlineSeconds", false),
        ("status.replicas", false),
    ] {
        let mut changed = live(&body);
        JsonPath::dotted(place).set(&mut changed, "new".into());
        assert_eq!(projection.fingerprint(&changed) != before, moves, "{place}");
    }
}

fn title(resource: &Resource) -> Option<(String, String)> {
    match kind(KIND).key(resource)? {
        Key::Kube { resource, .. } => Some((resource.plural.to_string(), resource.title())),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    }
}

fn widget() -> Resource {
    let manifest = json!({"apiVersion": "example.org/v2", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}});
    resource(KIND, json!({"manifest": manifest}))
}

fn definition() -> Json {
    json!({"manifest": {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": false}, {"name": "v2", "served": true, "storage": true}]},
    }})
}

#[test]
fn its_type_is_built_in_declared_or_asked_for() {
    let built_in = resource(KIND, deployment(json!({})));
    let named = |plural: &str, title: &str| Some((plural.to_owned(), title.to_owned()));
    assert_eq!(title(&built_in), named("deployments", "deployments.apps"));
    assert_eq!(title(&widget()), named("", ".example.org"));
    let provided = kubernetes_manifest::provided(&resource(KIND, definition()));
    let versions: Vec<&str> = provided.iter().map(|one| one.version.as_ref()).collect();
    assert_eq!(versions, ["v2"], "what is not served is not provided");
    let mut known = widget();
    known.served_as = ServedAs::Type(provided[0].clone());
    assert_eq!(title(&known), named("widgets", "widgets.example.org"));
    let crd = kubernetes_manifest::definition_of(&provided[0]);
    assert_eq!(crd, kind(KIND).key(&resource(KIND, definition())));
}

#[test]
fn deletes_that_lose_data_say_so() {
    let check = |manifest: Json, wanted: &str| {
        let declared = resource(KIND, json!({"manifest": manifest}));
        let key = kind(KIND).key(&declared).unwrap();
        let said = match kind(KIND).loss(&key, &manifest) {
            Loss::Nothing => "nothing".to_owned(),
            Loss::Namespace => "namespace".to_owned(),
            Loss::Objects(type_) => format!("all {}", type_.title()),
            Loss::Itself(what) => what,
        };
        assert_eq!(said, wanted);
    };
    check(deployment(json!({}))["manifest"].clone(), "nothing");
    check(definition()["manifest"].clone(), "all widgets.example.org");
    check(
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        "namespace",
    );
    let claim = json!({"storageClassName": "fast", "resources": {"requests": {"storage": "8Gi"}}});
    check(
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d", "namespace": "n"}, "spec": claim}),
        "PersistentVolumeClaim d (8Gi, fast)",
    );
    check(
        json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "d", "namespace": "n"}}),
        "database Cluster n/d with all that is in it",
    );
}

#[test]
fn waits_for_what_it_says() {
    let check = |wait: Json, wanted: Option<Condition>| {
        let mut body = deployment(json!({}));
        body["wait"] = wait;
        let said = kind(KIND).wait(Some(&resource(KIND, body)), Writing::Update);
        assert_eq!(said.map(|wait| wait.condition), wanted);
    };
    check(json!([]), None);
    check(json!([{"rollout": true}]), Some(Condition::RolledOut));
    let fields = [("status.phase".to_owned(), "*".to_owned())];
    check(
        json!([{"fields": {"status.phase": "*"}}]),
        Some(Condition::Fields(fields.into())),
    );
    let established = kind(KIND).wait(Some(&resource(KIND, definition())), Writing::Create);
    assert_eq!(
        established.map(|wait| wait.condition),
        Some(Condition::Established)
    );
}

#[test]
fn fields_left_to_others_are_named() {
    let mut body = deployment(json!({"replicas": 2}));
    body["computed_fields"] = json!(["spec.replicas", "metadata.annotations[\"a.b/c\"]"]);
    let left = kind(KIND).left_to_others(&resource(KIND, body));
    assert_eq!(
        left,
        [
            vec!["manifest", "spec", "replicas"],
            vec!["manifest", "metadata", "annotations", "a.b/c"],
        ]
    );
}

#[test]
fn checks_what_the_table_cannot() {
    let check = |manifest: Json, more: Json, wanted: &[&str]| {
        let mut body = json!({"manifest": manifest});
        let members = body.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        check_validate(KIND, body, wanted);
    };
    let deployment = deployment(json!({}))["manifest"].clone();
    check(deployment.clone(), json!({}), &[]);
    check(
        json!("text"),
        json!({}),
        &["error invalid-manifest manifest: `manifest` is an object, as in a YAML file"],
    );
    check(
        json!({"apiVersion": "v1", "metadata": {"uid": "u"}, "status": {}}),
        json!({}),
        &[
            "error invalid-manifest manifest: `kind` is missing",
            "error invalid-manifest manifest: `metadata.name` is missing",
            "error invalid-manifest manifest: `status` is the controller's; leave it out of the manifest",
            "error invalid-manifest manifest: `metadata.uid` is the server's; leave it out of the manifest",
        ],
    );
    check(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}),
        json!({}),
        &[
            "error secret-in-manifest manifest: values in a manifest are shown in plans and stored with them (write a `kubernetes_secret`, which shows and stores none)",
        ],
    );
    check(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}),
        json!({"wait": [{"rollout": true, "fields": {"a..b": "("}}], "computed_fields": ["spec.ports[0].port"]}),
        &[
            "error invalid-manifest manifest: a Service lives in a namespace: `metadata.namespace` is missing",
            "error two-waits wait: `fields`, `rollout` and `condition` exclude one another",
            "error no-rollout wait.rollout: a Service is not rolled out; Deployment, StatefulSet, DaemonSet are",
            r#"error invalid-path wait.fields: "a..b" is no place in an object: a name is missing behind a `.`"#,
            r#"error invalid-pattern wait.fields: "(" is no regular expression"#,
            r#"error invalid-path computed_fields: "spec.ports[0].port" is no field of the manifest: a list is compared and written whole, so that it is left to others whole"#,
        ],
    );
}

fn schedule(template: Json) -> Json {
    json!({"manifest": {
        "apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "shop", "namespace": "velero"},
        "spec": {"schedule": "@daily", "paused": false, "template": template},
    }})
}

/// Without labels for its Backups a Schedule hands them its own, our marks too.
#[test]
fn a_schedule_says_what_labels_its_backups_carry() {
    let line = "error schedule-without-backup-labels manifest: `spec.template.metadata.labels` is missing: Velero would copy all labels of the Schedule, ownership marks too, to each Backup and into the bucket (Velero adds one label anyway, which does: `labels = { \"velero.io/schedule-name\" = \"shop\" }`; a `velero_schedule` writes it by itself)";
    for metadata in [json!({}), json!({"labels": {}}), json!({"labels": null})] {
        check_validate(KIND, schedule(json!({"metadata": metadata})), &[line]);
    }
    for labels in [json!({"a": "b"}), json!("<hole>")] {
        let template = json!({"metadata": {"labels": labels}});
        check_validate(KIND, schedule(template), &[]);
    }
    let mut other = schedule(json!({}));
    other["manifest"]["apiVersion"] = json!("example.org/v1");
    check_validate(KIND, other, &[]);
}

/// Annotations of a Schedule travel to its Backups, so that no note stands there: our field manager tells what was ours.
#[test]
fn what_was_declared_of_a_schedule_is_told_by_field_manager() {
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    let declared = resource(KIND, schedule(labels.clone()));
    assert_eq!(kind(KIND).records(&declared), []);
    let mut before = labels;
    before["ttl"] = json!("24h");
    before["includedNamespaces"] = json!(["shop"]);
    let mut live = object(KIND, schedule(before));
    live["spec"]["template"]["storageLocation"] = json!("main");
    live["metadata"]["labels"] = json!({"sk-dr.io/stack": "acme", "foreign": "x"});
    live["metadata"]["managedFields"] = json!([
        {"manager": "sk-dr", "operation": "Apply", "fieldsV1": {
            "f:metadata": {"f:labels": {"f:sk-dr.io/stack": {}}},
            "f:spec": {"f:schedule": {}, "f:paused": {}, "f:template": {
                "f:includedNamespaces": {}, "f:metadata": {"f:labels": {".": {}, "f:a": {}}}, "f:ttl": {}}}}},
        {"manager": "kubectl-edit", "operation": "Update",
            "fieldsV1": {"f:spec": {"f:template": {"f:storageLocation": {}}}}},
    ]);
    let found = kind(KIND).differences(&declared, &live);
    let gone: Vec<String> = found.iter().map(|one| one.attribute.join(".")).collect();
    let wanted = [
        "manifest.spec.template.includedNamespaces",
        "manifest.spec.template.ttl",
    ];
    assert_eq!(gone, wanted);
    assert!(found.iter().all(|one| one.write.is_none()));
}
