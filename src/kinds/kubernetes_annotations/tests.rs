//! Cases of `kubernetes_annotations`.

use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::kinds::{Ownership, TakesFields, Writing, keys};
use crate::model::condition::{Condition, Wait};
use crate::model::identity::Key;
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_annotations";
const VOLUMES: &str = "backup.velero.io/backup-volumes";

/// A body about a Deployment with these members.
fn body(more: Json) -> Json {
    let mut body = json!({"api_version": "apps/v1", "kind": "Deployment",
        "metadata": [{"name": "web", "namespace": "shop"}]});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

/// A Deployment of a chart, with keys of ours in both maps.
fn live(annotations: Json, template: Json) -> Json {
    let keys = |map: &Json| -> Json {
        let keys = map.as_object().unwrap().keys();
        keys.filter(|key| key.starts_with("our"))
            .map(|key| (format!("f:{key}"), json!({})))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let fields = json!({
        "f:metadata": {"f:annotations": keys(&annotations)},
        "f:spec": {"f:template": {"f:metadata": {"f:annotations": keys(&template)}}},
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": annotations,
            "managedFields": [{"manager": "sk-dr", "operation": "Apply", "fieldsV1": fields}]},
        "spec": {"replicas": 2, "template": {"metadata": {"annotations": template, "labels": {"app": "web"}}}},
    })
}

#[test]
fn writes_its_keys_and_nothing_else() {
    let volumes = json!({VOLUMES: "data,uploads"});
    let body =
        body(json!({"annotations": {"a": "1"}, "template_annotations": volumes, "force": true}));
    let wanted = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"a": "1"}},
        "spec": {"template": {"metadata": {"annotations": volumes}}},
    });
    assert_eq!(object(KIND, body), wanted);
}

#[test]
fn only_its_own_keys_differ_and_a_template_rolls() {
    let check = |more: Json, wanted: &[&str]| {
        let live = live(
            json!({"chart": "1", "our-a": "1"}),
            json!({"checksum": "9", "our-b": "1"}),
        );
        check_differences(KIND, body(more), &live, wanted);
    };
    let same = json!({"annotations": {"our-a": "1"}, "template_annotations": {"our-b": "1"}});
    check(same, &[]);
    // There already, by whomever: nothing is written and nothing rolls.
    check(
        json!({"annotations": {"our-a": "1", "chart": "1"}, "template_annotations": {"our-b": "1", "checksum": "9"}}),
        &[],
    );
    check(
        json!({"annotations": {"our-a": "2"}, "template_annotations": {"our-b": "1"}}),
        &[r#"annotations.our-a: "1" -> "2" [metadata.annotations.our-a = "2"]"#],
    );
    check(
        json!({"annotations": {"our-a": "1"}, "template_annotations": {"our-c": "1"}}),
        &[
            r#"template_annotations.our-b: "1" -> absent [spec.template.metadata.annotations.our-b removed] # rolls Deployment shop/web"#,
            r#"template_annotations.our-c: absent -> "1" [spec.template.metadata.annotations.our-c = "1"] # rolls Deployment shop/web"#,
        ],
    );
}

#[test]
fn fingerprints_its_keys_and_marks() {
    let live = live(
        json!({"chart": "1", "our-a": "1"}),
        json!({"checksum": "9", "our-b": "1"}),
    );
    let declared = resource(
        KIND,
        body(json!({"template_annotations": {VOLUMES: "data"}})),
    );
    let projection = kind(KIND).owned(Some(&declared), &live);
    let before = projection.fingerprint(&live);
    let template = JsonPath::dotted("spec.template.metadata.annotations");
    let metadata = JsonPath::dotted("metadata.annotations");
    let marked = JsonPath::dotted("metadata.labels").child("sk-dr.io/stack");
    for (place, moves) in [
        (template.child(VOLUMES), true),
        (template.child("our-b"), true),
        (template.child("checksum"), false),
        (metadata.child("our-a"), true),
        (metadata.child("chart"), false),
        (JsonPath::dotted("spec.replicas"), false),
        (marked, true),
    ] {
        let mut changed = live.clone();
        place.set(&mut changed, "new".into());
        assert_eq!(
            projection.fingerprint(&changed) != before,
            moves,
            "{place:?}"
        );
    }
}

#[test]
fn is_found_by_type_and_name() {
    let check = |more: Json, wanted: Option<&str>| {
        let keys = keys(&resource(KIND, body(more.clone())));
        let found = keys.first().map(|key| match key {
            Key::Kube { resource, .. } => format!("{} {key}", resource.title()),
            Key::Cluster { .. } | Key::Composite { .. } => panic!("no object of the API"),
        });
        assert_eq!(found.as_deref(), wanted, "{more}");
    };
    check(json!({}), Some("deployments.apps shop/web"));
    check(
        json!({"kind": "StatefulSet"}),
        Some("statefulsets.apps shop/web"),
    );
    let unnamed = json!({"metadata": [{"name": "web"}]});
    check(unnamed, Some("deployments.apps default/web"));
    let namespace =
        json!({"api_version": "v1", "kind": "Namespace", "metadata": [{"name": "shop"}]});
    check(namespace, Some("namespaces shop"));
    check(json!({"kind": "Deploy"}), None);
}

#[test]
fn owns_fields_only_and_waits_for_pods() {
    let kind = kind(KIND);
    assert_eq!(kind.ownership(), Ownership::Fields);
    let wait = |more: Json| kind.wait(Some(&resource(KIND, body(more))), Writing::Update);
    let rolled_out = |limit_s| {
        Some(Wait {
            condition: Condition::RolledOut,
            limit_s,
        })
    };
    let template = json!({VOLUMES: "data"});
    assert_eq!(
        wait(json!({"template_annotations": template})),
        rolled_out(600)
    );
    let patient = json!({"template_annotations": template, "timeouts": [{"update": "1m"}]});
    assert_eq!(wait(patient), rolled_out(60));
    let off = json!({"template_annotations": template, "wait_for_rollout": false});
    assert_eq!(wait(off), None);
    assert_eq!(wait(json!({"annotations": {"a": "1"}})), None);
    let takes = |force: bool| kind.takes_fields(&resource(KIND, body(json!({"force": force}))));
    assert_eq!(takes(true), TakesFields::FromAppliers);
    assert_eq!(takes(false), TakesFields::AsThePlanSays);
}

#[test]
fn checks_what_the_table_cannot() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    let template = json!({VOLUMES: "data"});
    check(json!({"template_annotations": template}), &[]);
    // What takes the last key off again.
    check(json!({"template_annotations": {}}), &[]);
    check(
        json!({}),
        &[
            "error no-annotations metadata: it declares neither `annotations` nor `template_annotations`",
        ],
    );
    check(
        json!({"kind": "CronJob", "api_version": "batch/v1", "template_annotations": template}),
        &[
            "error no-template template_annotations: a CronJob does not replace its pods where their template changes; only a Deployment, StatefulSet or DaemonSet does",
        ],
    );
    check(
        json!({"api_version": "apps/v2", "annotations": {"a": "1"}}),
        &[
            r#"error unknown-type kind: "apps/v2" "Deployment" is no type that is part of Kubernetes (`api_version = "apps/v1"` and `kind = "Deployment"`; an object of another type is declared as a `kubernetes_manifest`)"#,
        ],
    );
    check(
        json!({"api_version": "v1", "kind": "Namespace", "annotations": {"a": "1"}}),
        &["error no-namespace metadata.namespace: a Namespace lives in no namespace"],
    );
    check(
        json!({"annotations": {"sk-dr.io/owner": "me"}}),
        &[
            r#"error reserved-key annotations: "sk-dr.io/owner" belongs to sk-dr: keys under `sk-dr.io/` mark what it owns"#,
        ],
    );
}
