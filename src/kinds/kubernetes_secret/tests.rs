//! Cases of `kubernetes_secret`.

use crate::kinds::Loss;
use crate::kinds::testing::{check_differences, check_validate, kind, line, object, resource};
use crate::model::expression::Expr;
use crate::model::secret::SecretName;
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_secret";

fn body(more: Json) -> Json {
    let mut body = json!({"metadata": [{"name": "s3", "namespace": "velero"}]});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

/// Values: `one`, empty, and bytes that are no text.
fn live() -> Json {
    let values = json!({"data": {"a": "one", "b": ""}, "binary_data": {"c": "/w=="}});
    object(KIND, body(values))
}

#[test]
fn builds_the_object() {
    let wanted = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3", "namespace": "velero"}, "type": "Opaque",
        "data": {"a": "b25l", "b": "", "c": "/w=="},
    });
    assert_eq!(live(), wanted);
    let without = object(KIND, body(json!({"type": "kubernetes.io/tls"})));
    assert_eq!(
        without,
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3", "namespace": "velero"}, "type": "kubernetes.io/tls",
        })
    );
}

#[test]
fn values_are_compared_and_not_shown() {
    let check = |more: Json, wanted: &[&str]| check_differences(KIND, body(more), &live(), wanted);
    check(
        json!({"data": {"a": "one", "b": ""}, "binary_data": {"c": "/w=="}}),
        &[],
    );
    check(json!({}), &[]);
    check(
        json!({"data": {"a": "two", "new": "x"}, "binary_data": {"c": "/w=="}}),
        &[
            r#"data.a: "(sensitive value)" -> "(sensitive value)" [data.a = "dHdv"]"#,
            r#"data.b: "(sensitive value)" -> absent [data.b removed]"#,
            r#"data.new: absent -> "(sensitive value)" [data.new = "eA=="]"#,
        ],
    );
    check(
        json!({"data": {"a": "<hole>", "b": ""}, "binary_data": {"c": "/w=="}}),
        &[r#"data.a: "(sensitive value)" -> <hole> [data.a = base64encode(...)]"#],
    );
    check(
        json!({"type": "kubernetes.io/tls"}),
        &[r#"type: "Opaque" -> "kubernetes.io/tls" [type = "kubernetes.io/tls"]"#],
    );
}

#[test]
fn a_secret_is_written_by_reference() {
    let mut declared = resource(KIND, body(json!({})));
    let password = Expr::Secret(SecretName("password".to_owned()));
    let path = ["data".to_owned(), "a".to_owned()];
    declared.body = declared.body.with(&path, password.clone());
    let written = kind(KIND).object(&declared).at(&path);
    let encoded = Expr::Call {
        function: "base64encode".to_owned(),
        arguments: vec![password.clone()],
    };
    assert_eq!(written, Some(encoded));
    let differences = kind(KIND).differences(&declared, &live());
    let lines: Vec<String> = differences.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            r#"data.a: "(sensitive value)" -> (partly known) [data.a = base64encode(...)]"#,
            r#"data.b: "(sensitive value)" -> absent [data.b removed]"#,
            r#"data.c: "(sensitive value)" -> absent [data.c removed]"#,
        ]
    );
}

#[test]
fn what_is_read_holds_no_value() {
    let shown = kind(KIND).attributes(&live());
    let hidden = "(sensitive value)";
    assert_eq!(
        shown["data"],
        json!({"a": hidden, "b": hidden, "c": hidden})
    );
    let fingerprinted = kind(KIND).owned(None, &live()).of(&live());
    assert_eq!(fingerprinted, json!({"type": "Opaque"}));
}

#[test]
fn a_key_is_lost_only_with_consent() {
    let check = |name: &str, holds_key: Json, wanted: bool| {
        let metadata = json!([{"name": name, "namespace": "velero"}]);
        let declared = resource(KIND, json!({"metadata": metadata, "holds_key": holds_key}));
        let key = kind(KIND).key(&declared).unwrap();
        let mut live = kind(KIND).object(&declared).into_known().unwrap();
        for (place, value) in kind(KIND).records(&declared) {
            place.set(&mut live, value);
        }
        let loses = kind(KIND).loss(&key, &live) != Loss::Nothing;
        assert_eq!(loses, wanted, "{name} {holds_key}");
    };
    check("s3", json!(null), false);
    check("s3", json!(false), false);
    check("s3", json!(true), true);
    check("velero-repo-credentials", json!(null), true);
    check("velero-repo-credentials", json!(false), true);
}

#[test]
fn its_type_and_what_is_immutable_stay() {
    let check = |more: Json, wanted: Option<&str>| {
        let mut live = live();
        live["immutable"] = true.into();
        let differences = kind(KIND).differences(&resource(KIND, body(more.clone())), &live);
        let said = kind(KIND).cannot_change(&live, &differences);
        let said = said.map(|obstacle| obstacle.text);
        assert_eq!(said.as_deref(), wanted, "{more}");
    };
    check(json!({"immutable": true}), None);
    check(
        json!({"immutable": true, "type": "other"}),
        Some("The type of a Secret cannot be changed."),
    );
    check(
        json!({"immutable": true, "data": {"a": "two"}}),
        Some("The live object is immutable, and data.a would change."),
    );
}

#[test]
fn the_password_of_repositories_stays() {
    let declared = |name: &str, data: Json| {
        let metadata = json!([{"name": name, "namespace": "velero"}]);
        resource(KIND, json!({"metadata": metadata, "data": data}))
    };
    let check = |name: &str, data: Json, wanted: bool| {
        let live = declared(name, json!({"repository-password": "p"}));
        let live = kind(KIND).object(&live).into_known().unwrap();
        let differences = kind(KIND).differences(&declared(name, data.clone()), &live);
        let said = kind(KIND).cannot_change(&live, &differences);
        assert_eq!(said.is_some(), wanted, "{name} {data}: {said:?}");
    };
    let name = "velero-repo-credentials";
    check(name, json!({"repository-password": "p"}), false);
    check(
        name,
        json!({"repository-password": "p", "more": "m"}),
        false,
    );
    check(name, json!({"repository-password": "q"}), true);
    check(name, json!({"more": "m"}), true);
    check("other", json!({"repository-password": "q"}), false);
}

#[test]
fn checks_what_the_table_cannot() {
    check_validate(
        KIND,
        body(json!({"binary_data": {"k": "no base64"}})),
        &[
            r#"error invalid-base64 binary_data: the value of "k" is no base64 (`filebase64(path)` reads a file as base64; a text goes to `data` as it is)"#,
        ],
    );
    let mut declared = resource(KIND, body(json!({"data": {"a": "x"}})));
    declared.sensitive.insert(vec!["data".to_owned()]);
    let mut diagnostics = Vec::new();
    kind(KIND).validate(&declared, &mut diagnostics);
    let codes: Vec<&str> = diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["sensitive-stored"]);
}
