//! Cases of `kubernetes_namespace`.

use crate::kinds::Writing;
use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::model::condition::{Condition, Wait};
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_namespace";

/// A namespace as a server shows it: label `team` is ours by apply, `old` by our POST, `foreign` somebody else's.
fn live() -> Json {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "name": "shop", "uid": "u-1",
            "labels": {"kubernetes.io/metadata.name": "shop", "team": "a", "old": "1", "foreign": "x", "sk-dr.io/stack": "s", "app.kubernetes.io/managed-by": "sk-dr"},
            "managedFields": [
                {"manager": "sk-dr", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}, "f:gone": {}, "f:sk-dr.io/stack": {}}}}},
                {"manager": "sk-dr", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:old": {}, "f:app.kubernetes.io/managed-by": {}, "f:kubernetes.io/metadata.name": {}}}}},
                {"manager": "kubectl-label", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:foreign": {}}}}},
            ],
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    })
}

#[test]
fn builds_the_object() {
    let metadata = json!([{"name": "shop", "labels": {"team": "a"}, "annotations": {}}]);
    let wanted = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}});
    assert_eq!(
        object(
            KIND,
            json!({"metadata": metadata, "timeouts": [{"delete": "1m"}]})
        ),
        wanted
    );
}

#[test]
fn compares_declared_and_owned_keys_only() {
    let check = |labels: Json, wanted: &[&str]| {
        check_differences(
            KIND,
            json!({"metadata": [{"name": "shop", "labels": labels}]}),
            &live(),
            wanted,
        );
    };
    check(json!({"team": "a", "old": "1"}), &[]);
    check(
        json!({"team": "b", "old": "1"}),
        &[r#"metadata.labels.team: "a" -> "b" [metadata.labels.team = "b"]"#],
    );
    check(
        json!({"team": "a"}),
        &[r#"metadata.labels.old: "1" -> absent [metadata.labels.old removed]"#],
    );
    check(json!({"team": "a", "old": "1", "foreign": "x"}), &[]);
    check(
        json!({"team": "a", "old": "1", "foreign": "y", "new": ""}),
        &[
            r#"metadata.labels.foreign: "x" -> "y" [metadata.labels.foreign = "y"]"#,
            r#"metadata.labels.new: absent -> "" [metadata.labels.new = ""]"#,
        ],
    );
    check(
        json!({"team": "<hole>", "old": "1"}),
        &[r#"metadata.labels.team: "a" -> <hole> [metadata.labels.team = <hole>]"#],
    );
    check(
        json!(null),
        &[
            r#"metadata.labels.old: "1" -> absent [metadata.labels.old removed]"#,
            r#"metadata.labels.team: "a" -> absent [metadata.labels.team removed]"#,
        ],
    );
}

#[test]
fn reads_only_what_is_ours() {
    let wanted = json!({"id": "shop", "metadata": [{"name": "shop", "labels": {"team": "a", "old": "1"}, "uid": "u-1"}]});
    assert_eq!(kind(KIND).attributes(&live()), wanted);
    assert_eq!(kind(KIND).unknown_fields(&live()), []);
}

#[test]
fn fingerprints_our_keys_and_marks() {
    let owned = kind(KIND).owned(None, &live()).of(&live());
    assert_eq!(
        owned,
        json!({"metadata": {"labels": {"team": "a", "old": "1", "sk-dr.io/stack": "s", "app.kubernetes.io/managed-by": "sk-dr"}}})
    );
    let declared = resource(
        KIND,
        json!({"metadata": [{"name": "shop", "labels": {"foreign": "x", "later": "1"}}]}),
    );
    let projection = kind(KIND).owned(Some(&declared), &live());
    let before = projection.fingerprint(&live());
    for (label, moves) in [
        ("foreign", true),
        ("later", true),
        ("sk-dr.io/address", true),
        ("other", false),
    ] {
        let mut changed = live();
        changed["metadata"]["labels"][label] = "new".into();
        assert_eq!(projection.fingerprint(&changed) != before, moves, "{label}");
    }
}

#[test]
fn checks_names_and_labels() {
    let check = |metadata: Json, wanted: &[&str]| {
        check_validate(KIND, json!({"metadata": [metadata]}), wanted)
    };
    check(
        json!({"name": "shop", "labels": {"a.b/c": "D-1", "app": ""}, "annotations": {"x": "any thing"}}),
        &[],
    );
    check(
        json!({"name": "Shop"}),
        &[
            r#"error invalid-name metadata.name: "Shop" is no name that Kubernetes takes: `S` is neither a lower-case letter, a digit nor `-`"#,
        ],
    );
    check(
        json!({"name": "kube-system"}),
        &[
            r#"warning system-namespace metadata.name: "kube-system" is one of Kubernetes' own namespaces: its labels can be managed, but sk-dr never deletes it"#,
        ],
    );
    check(
        json!({"name": "shop", "labels": {"sk-dr.io/stack": "x", "a b": "c d"}, "annotations": {"/x": ""}}),
        &[
            r#"error invalid-metadata-key metadata.labels: "a b" is no key of a label: ` ` is neither a letter, a digit, `-`, `_` nor `.`"#,
            r#"error invalid-label-value metadata.labels: "c d" is no value of a label: ` ` is neither a letter, a digit, `-`, `_` nor `.`"#,
            r#"error reserved-key metadata.labels: "sk-dr.io/stack" belongs to sk-dr: keys under `sk-dr.io/` mark what it owns"#,
            r#"error invalid-metadata-key metadata.annotations: "/x" is no key of an annotation: before the `/`, it, or a part of it, is empty"#,
        ],
    );
    check_validate(
        KIND,
        json!({"metadata": [{"name": "shop"}], "timeouts": [{"delete": "-5m"}]}),
        &[r#"error negative-duration timeouts.delete: "-5m" is below zero"#],
    );
}

#[test]
fn waits_and_is_never_deleted_where_kubernetes_owns_it() {
    let declared = resource(
        KIND,
        json!({"metadata": [{"name": "shop"}], "timeouts": [{"delete": "90s"}]}),
    );
    let wait = |condition, limit_s| Some(Wait { condition, limit_s });
    assert_eq!(
        kind(KIND).wait(Some(&declared), Writing::Create),
        wait(Condition::NamespaceActive, 60)
    );
    assert_eq!(kind(KIND).wait(Some(&declared), Writing::Update), None);
    assert_eq!(
        kind(KIND).wait(Some(&declared), Writing::Delete),
        wait(Condition::Gone, 90)
    );
    assert_eq!(
        kind(KIND).wait(None, Writing::Delete),
        wait(Condition::Gone, 300)
    );
    for (name, never) in [
        ("shop", false),
        ("default", true),
        ("kube-system", true),
        ("kubernetes", false),
    ] {
        assert_eq!(
            kind(KIND)
                .never_deleted(&super::namespace_key(name))
                .is_some(),
            never,
            "{name}"
        );
    }
}
