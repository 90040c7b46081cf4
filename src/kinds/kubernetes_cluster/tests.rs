//! Cases of `kubernetes_cluster`.

use crate::kinds::Writing;
use crate::kinds::testing::{check_validate, kind, resource};
use crate::model::condition::{Condition, Wait};
use crate::model::expression::Expr;
use crate::model::identity::Key;
use serde_json::{Value as Json, json};

const KIND: &str = "kubernetes_cluster";

fn body() -> Json {
    json!({"name": "main", "command": ["./make"], "kubeconfig": "k.yaml"})
}

#[test]
fn has_no_object_and_nothing_to_compare() {
    let cluster = resource(KIND, body());
    assert_eq!(kind(KIND).object(&cluster), Expr::Value(Json::Null));
    assert_eq!(kind(KIND).differences(&cluster, &Json::Null), []);
    assert_eq!(
        kind(KIND).key(&cluster),
        Some(Key::Cluster {
            name: "main".to_owned()
        })
    );
}

#[test]
fn waits_for_the_api() {
    let check = |timeouts: Json, limit_s| {
        let mut body = body();
        body["timeouts"] = timeouts;
        let wait = Some(Wait {
            condition: Condition::ClusterAnswers,
            limit_s,
        });
        assert_eq!(
            kind(KIND).wait(Some(&resource(KIND, body)), Writing::Create),
            wait
        );
    };
    check(json!([]), 600);
    check(json!([{"create": "1h"}]), 3600);
}

#[test]
fn is_never_deleted() {
    assert!(
        kind(KIND)
            .never_deleted(&Key::Cluster {
                name: "main".to_owned()
            })
            .is_some()
    );
    assert_eq!(kind(KIND).wait(None, Writing::Delete), None);
}

#[test]
fn checks_what_the_table_cannot() {
    let check = |attribute: &str, value: Json, wanted: &[&str]| {
        let mut body = body();
        body[attribute] = value;
        check_validate(KIND, body, wanted);
    };
    check("engine", json!("command"), &[]);
    check(
        "engine",
        json!("k3s"),
        &[
            r#"error unknown-engine engine: "k3s" is no engine; `command`, which runs a program of yours, is the only one yet (write `command`)"#,
        ],
    );
    check(
        "command",
        json!([]),
        &["error empty-command command: the list names no program"],
    );
    check(
        "kubeconfig",
        json!(" "),
        &[
            "error empty-path kubeconfig: the path is empty; the kubeconfig is the proof that the cluster is there",
        ],
    );
}
