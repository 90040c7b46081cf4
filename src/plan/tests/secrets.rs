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

/// What `kubectl apply` leaves behind: the whole Secret, in clear.
const LEFT_BEHIND: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_below_a_secret_is_shown_by_no_kind() {
    let metadata = json!([{"name": "s", "namespace": "shop"}]);
    let noted = json!({LEFT_BEHIND: "declared anew"});
    let typed = named(
        "kubernetes_secret",
        "typed",
        json!({"metadata": [{"name": "s", "namespace": "shop", "annotations": noted}]}),
    );
    let annotated = named(
        "kubernetes_annotations",
        "annotated",
        json!({"api_version": "v1", "kind": "Secret", "metadata": metadata, "annotations": noted}),
    );
    let manifest = named(
        "kubernetes_manifest",
        "manifest",
        json!({"manifest": {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "namespace": "shop", "annotations": noted},
        }}),
    );
    let live = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {
            "name": "s", "namespace": "shop", "uid": "u", "resourceVersion": "1",
            "annotations": {LEFT_BEHIND: "{\"data\":{\"password\":\"CANARY\"}}"},
        },
        "data": {"password": "CANARY"},
    });
    for declared in [typed, annotated, manifest] {
        let address = declared.address.clone();
        let kind = kinds::find(&address.kind).unwrap();
        let made = make(&Story {
            resources: vec![declared],
            objects: vec![("kubernetes_secret", live.clone())],
            adopt: vec![address.clone().into()],
            ..story()
        })
        .unwrap();
        let node = made
            .nodes
            .iter()
            .find(|node| node.address == address)
            .unwrap();
        assert!(!node.fields.is_empty(), "{address}: {:?}", node.fields);
        let told = serde_json::to_string(&made).unwrap();
        // Neither as it is nor as a hash (R33).
        let mut other = live.clone();
        other["metadata"]["annotations"][LEFT_BEHIND] = json!("of another value");
        let ground = |step: &crate::plan::document::Step| match &step.ground {
            Ground::Present { projection, .. } => (
                projection.fingerprint(&live),
                projection.fingerprint(&other),
            ),
            Ground::Absent
            | Ground::AbsentAtFirstTouch
            | Ground::AbsentOrKept
            | Ground::AnyAtFirstTouch
            | Ground::OfStep(_) => Default::default(),
        };
        assert!(
            made.steps
                .iter()
                .map(ground)
                .all(|(one, other)| one == other),
            "{told}"
        );
        assert!(!told.contains("CANARY"), "{address}: {told}");
        let shown = crate::render::text::plan(&made, crate::render::style::Dress::default());
        assert!(!shown.contains("CANARY"), "{address}: {shown}");
        assert!(shown.contains("(sensitive value)"), "{address}: {shown}");
        let declaration = kinds::least::declaration(kind, &live).to_string();
        assert!(
            !declaration.contains("CANARY") || kind.home() == kinds::Home::Declared,
            "{declaration}"
        );
    }
}
