//! Values that nobody may see: compared where they can be read, written where they differ.

use super::*;

/// A Secret that declares `password` by reference, and its object with a value of before.
fn secret(name: &str, holds_key: Json) -> (Resource, (&'static str, Json)) {
    let metadata = json!([{"name": name, "namespace": "shop"}]);
    let body =
        json!({"metadata": metadata, "data": {"password": "of before"}, "holds_key": holds_key});
    let mut declared = named("kubernetes_secret", name, body);
    let live = applied(&declared);
    let path = ["data".to_owned(), "password".to_owned()];
    let password = Expr::Secret(SecretName("password".to_owned()));
    declared.body = declared.body.with(&path, password);
    (declared, live)
}

#[test]
fn secret_values_are_written_only_where_they_were_found_to_differ() {
    let (declared, live) = secret("s", json!(null));
    let key = kinds::find("kubernetes_secret").unwrap().key(&declared);
    let path = JsonPath::dotted("data.password");
    let place = (declared.address.clone(), key.unwrap(), path);
    let check_with = |comparison: Option<Comparison>, expected: &str| {
        let comparisons = comparison.map(|one| (place.clone(), one)).into_iter();
        let made = check(
            &Story {
                resources: vec![declared.clone()],
                objects: vec![live.clone()],
                comparisons: comparisons.collect(),
                ..story()
            },
            expected,
        );
        let text = serde_json::to_string(&made).unwrap();
        assert!(!text.contains("of before"), "{text}");
        assert!(!text.contains("b2YgYmVmb3Jl"), "{text}");
    };
    check_with(Some(Comparison::Same), "unchanged kubernetes_secret.s");
    check_with(
        Some(Comparison::Differs),
        "Update kubernetes_secret.s (data.password)
         > apply kubernetes_secret.s#1",
    );
    let why = "secret password: environment variable P is not set".to_owned();
    check_with(
        Some(Comparison::NotCompared(why)),
        "unchanged kubernetes_secret.s
         ! not-compared kubernetes_secret.s",
    );
    check_with(None, "unchanged kubernetes_secret.s");
}

#[test]
fn a_secret_that_is_not_there_blocks_what_writes_it() {
    let (declared, live) = secret("s", json!(null));
    let unreadable = BTreeMap::from([(SecretName("password".to_owned()), "not set".to_owned())]);
    let blocked = Story {
        resources: vec![declared, namespace("shop")],
        unreadable,
        ..story()
    };
    check(
        &blocked,
        "Create kubernetes_namespace.shop
         Create kubernetes_secret.s blocked [secret]
         > create kubernetes_namespace.shop#1",
    );
    check(
        &Story {
            resources: blocked.resources.into_iter().take(1).collect(),
            objects: vec![live],
            unreadable: blocked.unreadable,
            ..story()
        },
        "unchanged kubernetes_secret.s",
    );
}

#[test]
fn a_key_secret_goes_only_with_consent_and_others_as_they_are() {
    let (_, plain) = secret("plain", json!(null));
    let (key, mut holding) = secret("key", json!(true));
    let orphans = Story {
        objects: vec![plain, holding.clone()],
        inventory: Some(Inventory {
            owned: vec![OwnedObject {
                provider: Some(kubernetes()),
                kind: "kubernetes_secret".to_owned(),
                key: kinds::find("kubernetes_secret").unwrap().key(&key).unwrap(),
            }],
            ..Inventory::default()
        }),
        ..story()
    };
    let made = check(
        &orphans,
        "Delete kubernetes_secret.key held back
         Delete kubernetes_secret.plain
         > delete kubernetes_secret.plain#1",
    );
    assert_eq!(
        made.held_back[0].losses,
        ["key Secret shop/key: what it unlocks cannot be read without it"]
    );
    // Nobody is asked for the right to read Secrets of a namespace where none was ever declared.
    check(
        &Story {
            inventory: None,
            ..orphans
        },
        "",
    );
    // What the resource says about it is noted on the object, also where nothing else changes.
    holding.1["metadata"]["annotations"]["sk-dr.io/holds-data"] = json!("false");
    check(
        &Story {
            resources: vec![key],
            objects: vec![holding],
            ..story()
        },
        "Update kubernetes_secret.key
         > apply kubernetes_secret.key#1",
    );
}

#[test]
fn what_the_server_never_changes_is_a_blocker() {
    let (mut declared, live) = secret("s", json!(null));
    declared.body = declared
        .body
        .with(&["type".to_owned()], Expr::Value(json!("other")));
    check(
        &Story {
            resources: vec![declared],
            objects: vec![live],
            ..story()
        },
        "Update kubernetes_secret.s (type) blocked [immutable]",
    );
}
