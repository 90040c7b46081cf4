//! Cases of `velero_volume_snapshot_location`.

use crate::kinds::Writing;
use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::model::condition::{Condition, Wait};
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "velero_volume_snapshot_location";

fn body(more: Json) -> Json {
    let mut base = json!({"name": "ebs", "provider_name": "aws", "config": {"region": "eu"}});
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn live(spec: Json) -> Json {
    json!({"metadata": {"name": "ebs", "namespace": "velero"}, "spec": spec})
}

#[test]
fn builds_the_object() {
    let more = json!({"credential": [{"name": "cloud", "key": "snapshots"}], "labels": {"a": "b"}});
    let wanted = json!({
        "apiVersion": "velero.io/v1", "kind": "VolumeSnapshotLocation",
        "metadata": {"name": "ebs", "namespace": "velero", "labels": {"a": "b"}},
        "spec": {"provider": "aws", "config": {"region": "eu"}, "credential": {"name": "cloud", "key": "snapshots"}},
    });
    assert_eq!(object(KIND, body(more)), wanted);
}

#[test]
fn differences_by_each_law() {
    let check =
        |spec: Json, wanted: &[&str]| check_differences(KIND, body(json!({})), &live(spec), wanted);
    check(
        json!({"provider": "velero.io/aws", "config": {"region": "eu"}, "credential": null}),
        &[],
    );
    check(
        json!({"provider": "gcp", "config": {"region": "us", "profile": "x"}}),
        &[
            r#"provider_name: "gcp" -> "aws" [spec.provider = "aws"]"#,
            r#"config.profile: "x" -> absent [spec.config.profile removed]"#,
            r#"config.region: "us" -> "eu" [spec.config.region = "eu"]"#,
        ],
    );
    check(
        json!({"provider": "aws", "config": {"region": "eu"}, "credential": {"name": "a", "key": "k"}}),
        &[r#"credential: [{"key":"k","name":"a"}] -> absent [spec.credential removed]"#],
    );
}

#[test]
fn what_is_there_is_ready() {
    let wait = |more: Json, writing| kind(KIND).wait(Some(&resource(KIND, body(more))), writing);
    assert_eq!(wait(json!({}), Writing::Create), None);
    assert_eq!(wait(json!({}), Writing::Update), None);
    assert_eq!(
        wait(json!({"timeouts": [{"delete": "5s"}]}), Writing::Delete),
        Some(Wait {
            condition: Condition::Gone,
            limit_s: 5
        })
    );
}

#[test]
fn needs_its_namespace_and_tells_what_it_does_not_know() {
    let live = live(json!({"provider": "aws", "newField": 1}));
    let needs = kind(KIND).needs(&resource(KIND, body(json!({}))));
    assert_eq!(kind(KIND).live_needs(&live), needs);
    assert_eq!(
        needs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["velero"]
    );
    assert_eq!(
        kind(KIND).unknown_fields(&live),
        [JsonPath::dotted("spec.newField")]
    );
}

#[test]
fn checks_what_the_plugin_would_refuse() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    check(json!({}), &[]);
    check(
        json!({"provider_name": "example.org/other", "config": {}}),
        &[],
    );
    check(json!({"config": "<hole>"}), &[]);
    check(json!({"config": {"region": "<hole>"}}), &[]);
    check(
        json!({"config": {"profile": "x"}}),
        &[
            "error missing-plugin-config config: velero-plugin-for-aws needs the region of the volumes; without it every backup that takes a snapshot fails (add `region` to `config`)",
        ],
    );
    check(
        json!({"name": "EBS"}),
        &[
            r#"error invalid-name name: "EBS" is no name that Kubernetes takes: `E` is neither a lower-case letter, a digit nor `-`"#,
        ],
    );
}
