//! Values for property tests: what somebody may write or a server may answer, awkward on purpose.

use super::expression::{Expr, Hole, HoleSource, HoleType};
use super::number;
use super::secret::SecretName;
use super::value::{RESERVED_KEY, Value};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value as Json;

/// The same cases each time, and no files beside the tests.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Numbers as JSON writes them: fractions, more digits than a float has, exponents, a minus before zero.
pub(crate) fn numbers() -> BoxedStrategy<String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,60})(\\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?",
        (any::<u32>(), 1..u32::MAX)
            .prop_map(|(left, right)| (f64::from(left) / f64::from(right)).to_string()),
        any::<u128>().prop_map(|number| number.to_string()),
        prop::sample::select(vec!["-0", "-0.0", "1.0", "18446744073709551616", "1E400"])
            .prop_map(str::to_owned),
    ]
    .boxed()
}

/// Texts of every plane, with control characters and what looks like a number.
pub(crate) fn texts() -> BoxedStrategy<String> {
    prop_oneof![
        prop::collection::vec(any::<char>(), 0..6)
            .prop_map(|characters| characters.into_iter().collect()),
        "[\\x00-\\x1f\"\\\\\u{7f}-\u{9f}\u{2028}\u{feff}\u{fffe}\u{10ffff}]{0,6}",
        numbers(),
        Just(RESERVED_KEY.to_owned()),
    ]
    .boxed()
}

/// All texts but the one that the language refuses as a key.
fn keys() -> impl Strategy<Value = String> {
    texts().prop_filter("a key of its own", |key| key != RESERVED_KEY)
}

/// JSON as a server may send it.
pub(crate) fn json() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        numbers().prop_map(|text| Json::Number(text.parse().unwrap())),
        texts().prop_map(Json::String),
    ];
    let inside = leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map(keys(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    });
    (inside, 0..70usize)
        .prop_map(|(inside, levels)| (0..levels).fold(inside, |deep, _| Json::Array(vec![deep])))
        .boxed()
}

/// Values of the language, each JSON once more as itself, with what is known after apply among them.
pub(crate) fn values() -> BoxedStrategy<Value> {
    let hole = Value::hole(Hole {
        source: HoleSource::Run,
        hole_type: HoleType::String,
    });
    let known = json().prop_map(|json| Value::from_json(&json)).boxed();
    let open = prop_oneof![
        Just(hole),
        texts().prop_map(|name| Value::secret(SecretName(name)))
    ];
    let mixed = prop::collection::vec(prop_oneof![known.clone(), open.boxed()], 1..4);
    prop_oneof![known, mixed.prop_map(Value::list)].boxed()
}

/// Closed expressions.
pub(crate) fn expressions() -> BoxedStrategy<Expr> {
    prop_oneof![
        values().prop_map(|value| value.to_expr()),
        json().prop_map(Expr::Value)
    ]
    .boxed()
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn json_keeps_every_digit(text in numbers()) {
        let number = number::parse(&text).unwrap();
        let written = serde_json::to_string(&number::to_json(&number)).unwrap();
        let read: serde_json::Number = serde_json::from_str(&written).unwrap();
        assert_eq!(number::from_json(&read), Ok(number.clone()), "{text} {written}");
        assert_eq!(Json::Number(read), number::to_json(&number), "{text}");
    }

    #[test]
    fn a_value_is_read_as_it_was_written(value in values()) {
        let expression = value.to_expr();
        let text = serde_json::to_string(&expression).unwrap();
        let read: Expr = serde_json::from_str(&text).unwrap();
        assert_eq!(read, expression, "{text}");
        if let Some(known) = read.known() {
            assert_eq!(Value::from_json(known), value, "{text}");
        }
    }
}
