//! Laws that hold for every kind and every body its table allows.

use super::composite::LivePart;
use super::least::declaration;
use super::testing::{kind, line, object, resource};
use super::{Home, KINDS, Kind, Part};
use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::model::schema::{Field, Presence, Schema, Shape};
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value as Json, json};

/// Bodies that a table allows; not all of them pass `validate`.
fn bodies(fields: &'static [Field]) -> BoxedStrategy<Json> {
    let start = Just(Map::new()).boxed();
    let whole = fields.iter().fold(start, |members, field| {
        let value = match field.presence {
            Presence::Computed | Presence::Rejected(_) => return members,
            Presence::Required => values(field).prop_map(Some).boxed(),
            Presence::Optional | Presence::Default(_) => prop::option::of(values(field)).boxed(),
        };
        (members, value)
            .prop_map(|(mut members, value)| {
                members.extend(value.map(|value| (field.name.to_owned(), value)));
                members
            })
            .boxed()
    });
    whole.prop_map(Json::Object).boxed()
}

fn values(field: &'static Field) -> BoxedStrategy<Json> {
    let any_of = |values: &[Json]| Union::new(values.iter().cloned().map(Just)).boxed();
    match &field.shape {
        Shape::Text if field.name == "version" => any_of(&[json!("1.18.1"), json!("1.19.0")]),
        // `validate` refuses an empty text where one must be or where one stands in.
        Shape::Text if !matches!(field.presence, Presence::Optional) => {
            "[a-z]{1,6}/?".prop_map(Json::String).boxed()
        }
        Shape::Text => "[a-z]{0,6}/?".prop_map(Json::String).boxed(),
        Shape::Choice(texts) => prop::sample::select(*texts)
            .prop_map(|text| json!(text))
            .boxed(),
        Shape::Duration => any_of(&[
            json!("0s"),
            json!("0"),
            json!("1h"),
            json!("1m30s"),
            json!("24h0m0s"),
        ]),
        Shape::Cron => any_of(&[json!("@daily"), json!("0 1 * * *")]),
        Shape::Bool => any::<bool>().prop_map(Json::Bool).boxed(),
        Shape::Integer => (0..4).prop_map(|number| json!(number)).boxed(),
        Shape::TextList => prop::collection::vec(
            any_of(&[json!("*"), json!("a"), json!("b"), json!("")]),
            0..3,
        )
        .prop_map(Json::Array)
        .boxed(),
        Shape::Any if field.name == "manifests" => servers(),
        Shape::Any => manifests(),
        Shape::TextMap => prop::collection::btree_map("[a-z/]{1,3}", "[a-z]{0,2}", 0..3)
            .prop_map(|map| json!(map))
            .boxed(),
        Shape::Block(inner) => bodies(inner).prop_map(|block| json!([block])).boxed(),
        Shape::Blocks(inner) => prop::collection::vec(bodies(inner), 0..3)
            .prop_map(Json::Array)
            .boxed(),
    }
}

/// Manifests of one object, so that two of them can be held against each other.
fn manifests() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(json!("a")),
        Just(json!("")),
        Just(json!(1)),
        Just(json!(false)),
        Just(json!(null))
    ];
    let spec = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::btree_map("[a-c/.]{1,2}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    });
    let named = |spec| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}, "spec": {"x": spec},
        })
    };
    spec.prop_map(named).boxed()
}

/// What a server is rendered as: a Deployment and a DaemonSet, sometimes with something else before them.
fn servers() -> BoxedStrategy<Json> {
    let words = prop::collection::vec("--[a-c]=[a-z]{0,2}|--[d-f]", 0..3);
    let amounts = prop::option::of(Just(json!({"limits": {"cpu": "1"}})));
    let workload = |kind: &'static str, name: &'static str| {
        (words.clone(), amounts.clone()).prop_map(move |(words, amounts)| {
            let mut flags: Vec<String> = Vec::new();
            for word in words {
                let name = |word: &str| word.split('=').next().map(str::to_owned);
                if !flags.iter().any(|flag| name(flag) == name(&word)) {
                    flags.push(word);
                }
            }
            let args: Vec<String> = std::iter::once("server".to_owned()).chain(flags).collect();
            let mut container = json!({"name": name, "image": "velero/velero:v1.18.1", "args": args});
            if let Some(amounts) = amounts {
                container["resources"] = amounts;
            }
            json!({
                "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "velero"},
                "spec": {"template": {"spec": {"containers": [container]}}},
            })
        })
    };
    let server = workload("Deployment", "velero");
    let agent = workload("DaemonSet", "node-agent");
    let other = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "velero", "namespace": "velero"}});
    let others = prop::collection::vec(Just(other), 0..2);
    (others, server, agent)
        .prop_map(|(others, server, agent)| others.into_iter().chain([server, agent]).collect())
        .boxed()
}

/// Any kind with two bodies for it.
pub(crate) fn cases() -> BoxedStrategy<(&'static str, Json, Json)> {
    let one = |schema: &'static Schema| {
        (bodies(schema.fields), bodies(schema.fields))
            .prop_map(|(body, other)| (schema.kind, body, other))
            .boxed()
    };
    Union::new(KINDS.iter().map(|kind| one(kind.schema()))).boxed()
}

/// Every place of a table that is not inside of a list.
fn places(fields: &[Field], above: &JsonPath, found: &mut Vec<JsonPath>) {
    for field in fields.iter().filter(|field| !field.place.is_empty()) {
        let place = super::table::join(above, &JsonPath::dotted(field.place));
        if let Shape::Block(inner) = &field.shape {
            places(inner, &place, found);
        }
        found.push(place);
    }
}

fn no_differences(name: &str, body: &Json, live: &Json) {
    let found = kind(name).differences(&resource(name, body.clone()), live);
    let lines: Vec<String> = found.iter().map(line).collect();
    assert!(lines.is_empty(), "{body} against {live}: {lines:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(200) })]

    /// What is written is what is declared.
    #[test]
    fn an_object_does_not_differ_from_itself((name, body, _) in cases()) {
        let live = object(name, body.clone());
        no_differences(name, &body, &live);
        assert_eq!(kind(name).unknown_fields(&live), []);
    }

    /// A client that writes absent fields as null, `[]` or `{}` makes no difference.
    #[test]
    fn empty_is_absent((name, body, _) in cases(), empty in prop::sample::select(vec![json!(null), json!([]), json!({})])) {
        let live = object(name, body.clone());
        let mut found = Vec::new();
        places(kind(name).schema().fields, &JsonPath(Vec::new()), &mut found);
        for place in found.iter().filter(|place| place.0.first().is_some_and(|first| first == "spec")) {
            if place.get(&live).is_none() {
                let mut noisy = live.clone();
                place.set(&mut noisy, empty.clone());
                no_differences(name, &body, &noisy);
            }
        }
    }

    /// What is read, declared again, is the same: adopting what was read changes nothing.
    #[test]
    fn what_is_read_declares_the_same((name, body, _) in cases()) {
        let live = object(name, body);
        let mut read = kind(name).attributes(&live);
        // What is never shown cannot be read back; undeclared, it is left alone.
        for hidden in kind(name).sensitive() {
            read.as_object_mut().unwrap().remove(*hidden);
        }
        no_differences(name, &read, &live);
    }

    /// What a plan shows of a resource that is several objects makes the same objects: a plan that is read is held
    /// against its steps.
    #[test]
    fn what_is_shown_makes_the_same_objects((name, body, _) in cases()) {
        let declared = resource(name, body);
        if let Some(composite) = kind(name).composite() {
            let shown = Resource { body: composite.completed(&declared), ..declared.clone() };
            let objects = |resource: &Resource| -> Vec<Expr> {
                let parts = composite.parts(resource).into_iter();
                parts.map(|part| part.kind.object(&part.resource)).collect()
            };
            // What a server was rendered as is not among what is shown of it.
            if name != "velero_server" {
                assert_eq!(objects(&shown), objects(&declared));
            }
        }
    }

    /// The least that declares an object declares it whole, and nothing can be left out of it.
    #[test]
    fn the_least_declares_the_same((name, body, _) in cases()) {
        let live = object(name, body);
        let least = declaration(kind(name), &live);
        no_differences(name, &least, &live);
        let once_more = declaration(kind(name), &object(name, least.clone()));
        assert_eq!(once_more, least);
    }

    /// Writing what the differences say, and only that, leaves none.
    #[test]
    fn writing_the_differences_leaves_none((name, body, other) in cases()) {
        let mut live = object(name, other);
        for difference in kind(name).differences(&resource(name, body.clone()), &live) {
            let value = difference.write.map(|write| write.into_known().unwrap());
            difference.place.set(&mut live, value.unwrap_or_default());
        }
        no_differences(name, &body, &live);
    }
}

/// A composite with a body for it.
fn composites() -> BoxedStrategy<(&'static str, Json)> {
    let schemas = KINDS.iter().filter(|kind| kind.composite().is_some());
    let one = |schema: &'static Schema| {
        bodies(schema.fields)
            .prop_map(|body| (schema.kind, body))
            .boxed()
    };
    Union::new(schemas.map(|kind| one(kind.schema()))).boxed()
}

/// What is read, with what is declared of attributes that no live object tells: rendered objects, values of Secrets.
/// Hooks that are known by name are read as hooks.
fn declared_again(kind: &dyn Kind, body: &Json, reading: &Json) -> Json {
    let mut again = kind.attributes(reading);
    let fields = kind.schema().fields.iter();
    for field in fields.filter(|field| field.place.is_empty() && field.name != "ready_hook") {
        if let Some(value) = body.get(field.name) {
            again[field.name] = value.clone();
        }
    }
    again
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(200) })]

    /// What is read from the parts, expanded again, is those parts; and it is what was declared.
    #[test]
    fn parts_of_what_is_read_are_the_parts((name, body) in composites()) {
        let composite = kind(name).composite().unwrap();
        let declared = resource(name, body.clone());
        let parts = composite.parts(&declared);
        let live: Vec<Json> = parts.iter().map(|part| part.kind.object(&part.resource).into_known().unwrap()).collect();
        if live.is_empty() {
            return Ok(());
        }
        let seen: Vec<LivePart<'_>> = parts.iter().zip(&live).map(|(part, live)| LivePart { kind: part.kind, live }).collect();
        let reading = composite.read(&seen);
        no_differences(name, &body, &reading);
        assert_eq!(Some(composite.reading_key(&reading)), kind(name).key(&declared), "{body} reads {reading}");
        let again = composite.parts(&resource(name, declared_again(kind(name), &body, &reading)));
        let keys = |parts: &[Part<'_>]| -> Vec<_> { parts.iter().map(|part| part.kind.key(&part.resource)).collect() };
        assert_eq!(keys(&again), keys(&parts), "{body} reads {reading}");
        for (part, live) in again.iter().zip(&live) {
            let lines: Vec<String> = part.kind.differences(&part.resource, live).iter().map(line).collect();
            assert!(lines.is_empty(), "{body} reads {reading}: {lines:#?}");
        }
    }
}

#[test]
fn whoever_lives_in_parts_says_which() {
    for kind in KINDS {
        let is_composite = kind.composite().is_some();
        assert_eq!(
            kind.home() == Home::Parts,
            is_composite,
            "{}",
            kind.schema().kind
        );
    }
}

#[test]
fn the_registry_is_sorted_and_finds_each() {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.schema().kind).collect();
    assert!(names.is_sorted(), "{names:?}");
    for name in names {
        assert_eq!(kind(name).schema().kind, name);
    }
}
