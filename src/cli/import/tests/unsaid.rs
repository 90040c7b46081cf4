//! What a block cannot say: left out with the live text and the reason, and left as it is.

use super::*;
use crate::kinds::KINDS;
use crate::model::json_path::JsonPath;

const LOCATION: &str = "velero_backup_storage_location";

/// A live object with more in its spec.
fn live_with(name: &'static str, spec: Json, more: Json) -> Objects {
    let mut spec = spec;
    let more = more.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(more);
    let metadata = json!({"name": "shop", "namespace": "velero"});
    objects(vec![(name, json!({"metadata": metadata, "spec": spec}))])
}

fn schedule(more: Json) -> Objects {
    live_with(
        SCHEDULE,
        json!({"schedule": "@daily", "template": {}}),
        more,
    )
}

fn location(more: Json) -> Objects {
    let spec = json!({"provider": "aws", "objectStorage": {"bucket": "b"}});
    live_with(LOCATION, spec, more)
}

#[test]
fn what_cannot_be_said_is_left_out_with_a_word() {
    let check = |objects: Objects, wanted: &[&str]| {
        super::check(&objects);
        let text = written(&objects).text;
        for line in wanted {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    };
    check(
        schedule(json!({"template": {"excludedNamespaces": ["*"], "ttl": "24h0m0s"}})),
        &[
            r#"# Left out and left as it is, since excluding `*` leaves nothing; Velero refuses every such backup: excluded_namespaces = ["*"]"#,
            "  ttl      = \"24h\"\n",
            "\n\n  lifecycle {\n    ignore_changes = [excluded_namespaces]\n  }\n}\n",
        ],
    );
    check(
        schedule(json!({"template": {"ttl": "1w"}})),
        &[
            "# Left out and left as it is, since",
            "ttl = \"1w\"",
            "ignore_changes = [ttl]",
        ],
    );
    check(
        location(json!({"config": {"bucket": "b", "region": "eu"}})),
        &[
            "config.bucket = \"b\"",
            "ignore_changes = [config.bucket]",
            "    region = \"eu\"",
        ],
    );
    check(
        location(json!({"objectStorage": {"bucket": "b", "caCert": "MIIB//79/Q=="}})),
        &[
            "# Left out and left as it is, since it holds bytes that are no text: ca_cert = \"MIIB//79/Q==\"",
        ],
    );
    // Without an argument that must be there, there is no block.
    check(
        schedule(json!({"schedule": "0 1 * * 7"})),
        &[
            "# Left out: velero_schedule velero/shop, since no block can declare it: ",
            "#   schedule = \"0 1 * * 7\"",
        ],
    );
    check(
        location(json!({"objectStorage": {"bucket": "b/c"}})),
        &["since no block can declare it: \"b/c\" holds a `/`"],
    );
}

/// A value of any type.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        texts().prop_map(Json::from),
        prop::sample::select(vec!["*", "0 1 * * 7", "AP8=", "1w", "a/b"]).prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let members = prop::collection::btree_map("[a-z/.]{1,4}", inner.clone(), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Json::from),
            members.prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Places of a kind's fields in its objects, but for metadata, which servers check.
fn places(name: &str) -> Vec<&'static str> {
    let fields = kind(name).schema().fields.iter();
    fields
        .map(|field| field.place)
        .filter(|place| !place.is_empty() && !place.starts_with("metadata"))
        .collect()
}

/// Live objects of any kind with anything in some places.
fn odd_objects() -> impl Strategy<Value = (&'static str, Json)> {
    let kinds = KINDS
        .iter()
        .filter(|kind| matches!(kind.home(), Home::Kube(_)));
    let kinds = kinds.map(|kind| kind.schema().kind);
    let kinds: Vec<&'static str> = kinds.filter(|name| !places(name).is_empty()).collect();
    let object = prop::sample::select(kinds).prop_flat_map(|name| {
        let changes = (prop::sample::select(places(name)), anything());
        (Just(name), prop::collection::vec(changes, 1..6))
    });
    object.prop_map(|(name, changes)| {
        let metadata = json!({"name": "shop", "namespace": "velero"});
        let mut live = json!({"metadata": metadata, "spec": {
            "schedule": "@daily", "provider": "aws", "objectStorage": {"bucket": "b"}, "template": {}}});
        for (place, value) in changes {
            JsonPath::dotted(place).set(&mut live, value);
        }
        (name, live)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(300) })]

    /// Whatever an object holds, what is written for it is a configuration against which it does not differ, or it is said
    /// why there is none.
    #[test]
    fn any_live_object_is_declared_or_left_out_with_a_word((name, live) in odd_objects()) {
        check(&objects(vec![(name, live)]));
    }
}
