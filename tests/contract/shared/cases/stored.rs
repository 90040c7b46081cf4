//! Secrets and ConfigMaps: whose each key is, and what cannot be changed.

use super::super::case::{Case, Step};
use super::case;
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/$ns/secrets";
const SECRET: &str = "/api/v1/namespaces/$ns/secrets/s";
const CONFIG_MAPS: &str = "/api/v1/namespaces/$ns/configmaps";
const CONFIG_MAP: &str = "/api/v1/namespaces/$ns/configmaps/c";

fn secret(parts: Value) -> Value {
    object("Secret", "s", parts)
}

fn object(kind: &str, name: &str, parts: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    let members = object.as_object_mut().unwrap();
    members.extend(parts.as_object().unwrap().clone());
    object
}

/// All of them.
pub fn stored() -> Vec<Case> {
    let manager = "fieldManager=sk-dr&fieldValidation=Strict";
    let fixed = |field: &str| json!({"reason": "FieldValueForbidden", "field": field, "message": "Forbidden: field is immutable when `immutable` is set"});
    vec![
        case("secret_keys", vec![
            Step::post(&format!("{SECRETS}?{manager}"), secret(json!({"data": {"a": "YQ==", "b": "Yg=="}}))).gives(201, json!({
                "type": "Opaque", "metadata": {"managedFields": [{"manager": "sk-dr", "operation": "Update",
                    "fieldsV1": {"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:type": {}}}]},
            })),
            Step::merge(&format!("{SECRET}?{manager}"), json!({"data": {"b": null}})).gives(200, json!({"data": {"a": "YQ==", "b": "$absent"}})),
            Step::apply(&format!("{SECRET}?{manager}&force=true"), secret(json!({"data": {"a": "eA=="}, "type": "Opaque"}))).gives(200, json!({"data": {"a": "eA=="}})),
            Step::apply(&format!("{SECRET}?{manager}&force=true"), secret(json!({"data": {"a": "eA=="}, "type": "example.com/other"}))).gives(422, json!({
                "reason": "Invalid", "message": "$has type: Invalid value: \"example.com/other\": field is immutable",
            })),
        ]),
        case("immutable_for_good", vec![
            Step::post(SECRETS, secret(json!({"data": {"a": "YQ=="}, "immutable": true}))),
            Step::merge(SECRET, json!({"metadata": {"labels": {"still": "free"}}})),
            Step::merge(SECRET, json!({"data": {"a": "eA=="}})).gives(422, json!({"reason": "Invalid", "details": {"causes": [fixed("data")]}})),
            Step::merge(SECRET, json!({"immutable": null})).gives(422, json!({"details": {"causes": [fixed("immutable")]}})),
            Step::post(CONFIG_MAPS, object("ConfigMap", "c", json!({"data": {"a": "1"}, "immutable": true}))),
            Step::merge(CONFIG_MAP, json!({"data": {"a": "2"}})).gives(422, json!({"details": {"causes": [fixed("data")]}})),
            Step::merge(CONFIG_MAP, json!({"binaryData": {"b": "YQ=="}})).gives(422, json!({"details": {"causes": [fixed("binaryData")]}})),
        ]),
    ]
}
