//! Every function: what it makes of good arguments, what it says about bad ones.

mod cases;

use super::all;
use crate::lang::tests::{check, compare, value_beside};
use cases::{BESIDE, FILES, PLAIN};

#[test]
fn each_function_does_what_it_says() {
    for (expression, expected) in PLAIN.iter().copied().flatten() {
        check(expression, expected);
    }
    for (expression, expected) in FILES {
        compare(expression, value_beside(BESIDE, "", expression), expected);
    }
}

#[test]
fn no_function_is_without_a_case() {
    let cases = PLAIN.iter().copied().chain([FILES]).flatten();
    let cases: Vec<&str> = cases.map(|(expression, _)| *expression).collect();
    for function in all() {
        let called = format!("{}(", function.name);
        assert!(cases.iter().any(|case| case.contains(&called)), "{called}");
    }
}

#[test]
fn names_are_unique_and_near_ones_are_proposed() {
    let mut names: Vec<&str> = all().map(|function| function.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    check("lenght([])", "Err: there is no function `lenght`");
    check("core::length([])", "0");
    check("length()", "Err: `length(value)` takes 1 argument, not 0");
    check(
        "element([1])",
        "Err: `element(list, index)` takes 2 arguments, not 1",
    );
}

#[test]
fn what_is_known_later_and_marks_pass_through_where_nobody_looks() {
    let beside = "secret \"s\" { env = \"S\" }\nresource \"loner\" \"a\" {}\n";
    for (expression, expected) in [
        ("length([loner.a.id])", "1"),
        ("keys({a = loner.a.id})", "[\"a\"]"),
        (
            "upper(loner.a.id)",
            "Err: the function `upper` needs a value now, and `loner.a.id` is known only after apply",
        ),
        (
            "sort([loner.a.id])",
            "Err: the function `sort` needs a value now, and `loner.a.id`",
        ),
        (
            "jsonencode({a = secret.s})",
            "Err: the function `jsonencode` needs a value now, and `secret.s` is a secret",
        ),
        (
            "loner.a.id == \"x\"",
            "Err: the operator `==` needs a value now, and `loner.a.id`",
        ),
        (
            "secret.s",
            "Err: an output is shown and stored, and `secret.s` is a secret",
        ),
        (
            "\"x${secret.s}\"",
            "Err: an output is shown and stored, and `secret.s` is a secret",
        ),
        ("issensitive(concat([sensitive(1)], [2]))", "false"),
        (
            "nonsensitive(upper(join(\"\", [sensitive(\"a\")])))",
            "\"A\"",
        ),
        (
            "upper(join(\"\", [sensitive(\"a\")]))",
            "Err: the output does not say so",
        ),
    ] {
        compare(expression, value_beside(&[], beside, expression), expected);
    }
}

/// `SK_DR_UPDATE=1 cargo test --lib functions` writes the page anew; never in CI, which must find what is committed.
#[test]
fn the_committed_page_is_fresh() {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test itself")]
    let switch = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.md");
    let page = super::page();
    if switch("SK_DR_UPDATE") {
        assert!(!switch("CI"), "SK_DR_UPDATE is refused where CI is set");
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/functions.md is stale: run SK_DR_UPDATE=1 cargo test --lib functions"
    );
}
