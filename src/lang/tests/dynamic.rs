//! `dynamic`: which blocks it makes, and what is wrong with it.

use super::{listed, load_text, resources, shown};
use crate::model::expression::Expr;
use serde_json::{Value as Json, json};

/// The blocks `rule` of a resource with this in it; null: it declares none.
fn check(body: &str, expected: &Json) {
    let text = format!("resource \"cloud_thing\" \"a\" {{\n  name = \"a\"\n{body}\n}}\n");
    let all = resources(&text);
    let expected =
        Some(Expr::Value(expected.clone())).filter(|wanted| *wanted != Expr::Value(Json::Null));
    assert_eq!(all[0].body.member("rule"), expected, "{body}");
}

fn wrong(text: &str, expected: &[&str]) {
    let loaded = load_text(text);
    assert_eq!(listed(&loaded), expected, "{text}\n{}", shown(&loaded));
}

#[test]
fn makes_a_block_of_each_element() {
    for (body, expected) in [
        (
            "  dynamic \"rule\" {\n    for_each = [\"x\", \"y\"]\n    content { action = \"${rule.key}${rule.value}\" }\n  }",
            json!([{"action": "0x"}, {"action": "1y"}]),
        ),
        (
            "  dynamic \"rule\" {\n    for_each = toset([\"y\", \"x\", \"y\"])\n    content { action = \"${rule.key}${rule.value}\" }\n  }",
            json!([{"action": "xx"}, {"action": "yy"}]),
        ),
        (
            "  dynamic \"rule\" {\n    for_each = {b = 1, a = 2}\n    iterator = it\n    content { action = \"${it.key}${it.value}\" }\n  }",
            json!([{"action": "a2"}, {"action": "b1"}]),
        ),
        (
            "  dynamic \"rule\" {\n    for_each = []\n    content { action = \"x\" }\n  }",
            json!(null),
        ),
        // Blocks stand in the order in which they are written.
        (
            "  rule { action = \"first\" }\n  dynamic \"rule\" {\n    for_each = [1, 2]\n    content { action = rule.value }\n  }\n  rule { action = \"last\" }",
            json!([{"action": "first"}, {"action": "1"}, {"action": "2"}, {"action": "last"}]),
        ),
        (
            "  dynamic \"rule\" {\n    for_each = [{city = \"Bonn\", on = true}, {city = \"Ulm\", on = false}]\n    iterator = r\n    content {\n      action = r.key\n      dynamic \"place\" {\n        for_each = r.value.on ? [r.value.city] : []\n        content { city = \"${r.key} ${place.value}\" }\n      }\n    }\n  }",
            json!([{"action": "0", "place": [{"city": "0 Bonn"}]}, {"action": "1"}]),
        ),
        // A name inside hides the one outside.
        (
            "  dynamic \"rule\" {\n    for_each = [\"out\"]\n    iterator = x\n    content {\n      action = x.value\n      dynamic \"place\" {\n        for_each = [\"${x.value}er\"]\n        iterator = x\n        content { city = x.value }\n      }\n    }\n  }",
            json!([{"action": "out", "place": [{"city": "outer"}]}]),
        ),
    ] {
        check(body, &expected);
    }
}

#[test]
fn stands_in_instances_and_providers() {
    let all = resources(
        "locals {\n  cities = {a = [\"Ulm\"], b = []}\n}\nprovider \"cloud\" {\n  alias = \"x\"\n  dynamic \"retry\" {\n    for_each = [3]\n    content { times = retry.value }\n  }\n}\nresource \"cloud_thing\" \"a\" {\n  for_each = local.cities\n  name = each.key\n  dynamic \"place\" {\n    for_each = each.value\n    content { city = \"${each.key} ${place.value}\" }\n  }\n}\nresource \"loner\" \"l\" { path = cloud_thing.a[\"a\"].place[0].city }\n",
    );
    let place = |at: usize| all[at].body.member("place");
    assert_eq!(place(0), Some(Expr::Value(json!([{"city": "a Ulm"}]))));
    assert_eq!(place(1), None);
    assert_eq!(all[2].text("path").as_deref(), Some("a Ulm"));
}

/// What is known later may stand in the content, not in `for_each`.
#[test]
fn needs_its_elements_when_the_plan_is_made() {
    let other = "resource \"cloud_thing\" \"b\" { name = \"b\" }\n";
    let all = resources(&format!(
        "{other}resource \"cloud_thing\" \"a\" {{\n  name = \"a\"\n  dynamic \"rule\" {{\n    for_each = [cloud_thing.b.id]\n    content {{ action = rule.value }}\n  }}\n}}\n"
    ));
    assert_eq!(all[0].body.holes().len(), 1);
    assert_eq!(all[0].references.len(), 1);
    let later = "split(\",\", cloud_thing.b.id)";
    for (for_each, expected) in [
        (
            "cloud_thing.b.id",
            "unknown-used: `for_each` of `dynamic \"rule\"` needs a value now, and `cloud_thing.b.id` is known only after apply",
        ),
        (
            later,
            "unknown-used: the function `split` needs a value now, and `cloud_thing.b.id` is known only after apply",
        ),
        (
            "null",
            "not-a-collection: `for_each` of `dynamic \"rule\"` needs a list, set or map, this is null",
        ),
        (
            "\"x\"",
            "not-a-collection: `for_each` of `dynamic \"rule\"` needs a list, set or map, this is a string",
        ),
        (
            "sensitive([1])",
            "sensitive-value: how many blocks there are is shown, and this value is sensitive",
        ),
    ] {
        wrong(
            &format!(
                "{other}resource \"cloud_thing\" \"a\" {{\n  name = \"a\"\n  dynamic \"rule\" {{\n    for_each = {for_each}\n    content {{ action = \"x\" }}\n  }}\n}}\n"
            ),
            &[expected],
        );
    }
}

#[test]
fn every_mistake_in_it_is_found() {
    for (body, expected) in [
        (
            "dynamic \"rule\" {}",
            &[
                "missing-argument: `dynamic` needs the argument `for_each`",
                "missing-argument: `dynamic` needs the block `content`: what stands in each `rule`",
            ][..],
        ),
        (
            "dynamic {}",
            &["wrong-labels: this block is written dynamic \"BLOCK\" { }"],
        ),
        (
            "dynamic \"rul\" {\n    for_each = []\n    content {}\n  }",
            &["unsupported-block: `cloud_thing` has no block `rul`"],
        ),
        (
            "dynamic \"tags\" {\n    for_each = []\n    content {}\n  }",
            &["unsupported-block: `tags` is an argument: write tags = { ... }"],
        ),
        (
            "dynamic \"rule\" {\n    for_each = [1]\n    iterator = \"x\"\n    labels = [1]\n    foreach = 1\n    contents {}\n    content { actoin = \"x\" }\n    content {}\n  }",
            &[
                "invalid-name: `iterator` is a word without quotes: what the element is called inside",
                "wrong-labels: the block `rule` has no labels",
                "unsupported-argument: `dynamic` has no argument `foreach`",
                "unsupported-block: `dynamic` has no block `contents`",
                "missing-argument: `rule` needs the argument `action`",
                "unsupported-argument: `rule` has no argument `actoin`",
                "duplicate: there can be one `content` block",
            ],
        ),
        (
            "dynamic \"rule\" {\n    for_each = rule.value\n    content { action = roole.value }\n  }",
            &[
                "undeclared: `rule` is not declared here",
                "undeclared: `roole` is not declared here",
            ],
        ),
        (
            "dynamic \"rule\" {\n    for_each = [1]\n    content { action = rule.vlaue }\n  }",
            &["unknown-attribute: there is no attribute or key `vlaue`"],
        ),
        (
            "dynamic \"place\" {\n    for_each = [1, 2]\n    content { city = place.value }\n  }",
            &["duplicate: there can be one `place` block, this makes 2"],
        ),
        (
            "place { city = \"x\" }\n  dynamic \"place\" {\n    for_each = [1]\n    content { city = place.value }\n  }",
            &["duplicate: there can be one `place` block, this makes 2"],
        ),
    ] {
        wrong(
            &format!("resource \"cloud_thing\" \"a\" {{\n  name = \"a\"\n  {body}\n}}\n"),
            expected,
        );
    }
}
