//! Cases of `kubernetes_config_map`.

use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_config_map";

fn body(more: Json) -> Json {
    let mut body = json!({"metadata": [{"name": "policy", "namespace": "velero"}]});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

fn live() -> Json {
    object(
        KIND,
        body(json!({"data": {"a": "1", "b": ""}, "binary_data": {"c": "YQ=="}})),
    )
}

#[test]
fn builds_the_object() {
    let wanted = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "policy", "namespace": "velero"},
        "data": {"a": "1", "b": ""}, "binaryData": {"c": "YQ=="},
    });
    assert_eq!(live(), wanted);
}

#[test]
fn all_data_is_ours() {
    let check = |more: Json, wanted: &[&str]| check_differences(KIND, body(more), &live(), wanted);
    check(
        json!({"data": {"a": "1", "b": ""}, "binary_data": {"c": "YQ=="}}),
        &[],
    );
    check(
        json!({"data": {"a": "2"}, "binary_data": {"c": "YQ=="}, "immutable": true}),
        &[
            r#"data.a: "1" -> "2" [data.a = "2"]"#,
            r#"data.b: "" -> absent [data.b removed]"#,
            "immutable: absent -> true [immutable = true]",
        ],
    );
    check(
        json!({"data": {"a": "1", "b": ""}}),
        &[r#"binary_data: {"c":"YQ=="} -> absent [binaryData removed]"#],
    );
}

#[test]
fn fingerprints_its_data() {
    let declared = resource(KIND, body(json!({})));
    let projection = kind(KIND).owned(Some(&declared), &live());
    let before = projection.fingerprint(&live());
    for (place, moves) in [("data.a", true), ("binaryData.c", true), ("other", false)] {
        let mut changed = live();
        JsonPath::dotted(place).set(&mut changed, "new".into());
        assert_eq!(projection.fingerprint(&changed) != before, moves, "{place}");
    }
}

#[test]
fn what_is_immutable_stays() {
    let mut live = live();
    live["immutable"] = true.into();
    let check = |more: Json, wanted: Option<&str>| {
        let differences = kind(KIND).differences(&resource(KIND, body(more.clone())), &live);
        let said = kind(KIND).cannot_change(&live, &differences);
        let said = said.map(|obstacle| obstacle.text);
        assert_eq!(said.as_deref(), wanted, "{more}");
    };
    let data = json!({"a": "1", "b": ""});
    let binary = json!({"c": "YQ=="});
    check(
        json!({"data": data, "binary_data": binary, "immutable": true}),
        None,
    );
    check(
        json!({"data": {"a": "1"}, "binary_data": binary, "immutable": true}),
        Some("The live object is immutable, and data.b would change."),
    );
    check(
        json!({"data": data, "binary_data": binary}),
        Some("The live object is immutable, and immutable would change."),
    );
}

#[test]
fn checks_keys_and_base64() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, body(more), wanted);
    check(
        json!({"data": {"a.B-c_1": "any"}, "binary_data": {"d": "YQ=="}}),
        &[],
    );
    check(
        json!({"data": {"a b": "", "..": "", "c": ""}, "binary_data": {"c": "YQ==", "d": "no"}}),
        &[
            r#"error invalid-key data: ".." is no key that Kubernetes takes: it may become the name of a file"#,
            r#"error invalid-key data: "a b" is no key that Kubernetes takes: ` ` is neither a letter, a digit, `-`, `_` nor `.`"#,
            r#"error invalid-base64 binary_data: the value of "d" is no base64 (`filebase64(path)` reads a file as base64; a text goes to `data` as it is)"#,
            r#"error duplicate binary_data: "c" stands in `data` too; the object has it once"#,
        ],
    );
    check_validate(
        KIND,
        json!({"metadata": [{"name": "Policy", "namespace": "a.b"}]}),
        &[
            r#"error invalid-name metadata.name: "Policy" is no name that Kubernetes takes: `P` is neither a lower-case letter, a digit nor `-`"#,
            r#"error invalid-name metadata.namespace: "a.b" is no name that Kubernetes takes: `.` is neither a lower-case letter, a digit nor `-`"#,
        ],
    );
}
