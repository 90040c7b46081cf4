//! `check`, `precondition`, `postcondition`: what holds, what does not, what cannot be told.

use super::{listed, load_text, shown};
use crate::model::checks::{CheckResult, CheckStatus};

/// The results of a text without mistakes, one a line.
fn check(text: &str, expected: &[&str]) {
    let loaded = load_text(text);
    assert!(loaded.diagnostics.is_empty(), "{text}\n{}", shown(&loaded));
    let line = |result: &CheckResult| {
        let status = match result.status {
            CheckStatus::Pass => "pass",
            CheckStatus::Fail => "fail",
            CheckStatus::Unknown => "unknown",
        };
        let said = [result.problems.join(" "), result.open.join(" ")].concat();
        format!("{:?} {status} {said}", result.subject)
    };
    let lines: Vec<String> = loaded.configuration.checks.iter().map(line).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    assert_eq!(lines, expected, "{text}");
}

fn wrong(text: &str, expected: &[&str]) {
    let loaded = load_text(text);
    assert_eq!(listed(&loaded), expected, "{text}\n{}", shown(&loaded));
}

const A: &str = "resource \"cloud_thing\" \"a\" { name = \"a\" }\n";

fn assertion(condition: &str, message: &str) -> String {
    format!(
        "{A}check \"c\" {{\n  assert {{\n    condition = {condition}\n    error_message = {message}\n  }}\n}}\n"
    )
}

#[test]
fn a_check_stops_nothing() {
    for (condition, message, expected) in [
        ("true", "\"No.\"", "Block(\"c\") pass"),
        (
            "cloud_thing.a.name == \"a\"",
            "\"No.\"",
            "Block(\"c\") pass",
        ),
        (
            "cloud_thing.a.name == \"b\"",
            "\"It is ${cloud_thing.a.name}.\"",
            "Block(\"c\") fail It is a.",
        ),
        (
            "cloud_thing.a.id == \"b\"",
            "\"No.\"",
            "Block(\"c\") unknown the operator `==` needs a value now, and `cloud_thing.a.id` is known only after apply",
        ),
        // What is not looked at need not be known.
        (
            "true || cloud_thing.a.id == \"b\"",
            "\"No.\"",
            "Block(\"c\") pass",
        ),
        // That it does not hold is not lost with what is said about it.
        (
            "false",
            "\"It is ${cloud_thing.a.id}.\"",
            "Block(\"c\") fail The condition does not hold; what is said about it cannot be shown.",
        ),
        (
            "false",
            "sensitive(\"hunter2\")",
            "Block(\"c\") fail The condition does not hold; what is said about it cannot be shown.",
        ),
    ] {
        check(&assertion(condition, message), &[expected]);
    }
}

#[test]
fn a_mistake_in_a_check_is_a_mistake() {
    for (text, expected) in [
        (
            assertion("\"x\"", "\"No.\""),
            &["not-a-bool: the condition of an `assert` is true or false, this is a string"][..],
        ),
        (
            assertion("cloud_thing.b.name == 1", "\"No.\""),
            &["undeclared: there is no resource `cloud_thing.b`"],
        ),
        (
            assertion("1 / 0 == 1", "\"No.\""),
            &["division-by-zero: division by zero"],
        ),
        (
            "check \"c\" {}\ncheck \"d\" {\n  assert {}\n  data \"x\" \"y\" {}\n}\ncheck \"d\" {\n  assert {\n    condition = true\n    error_message = \"x\"\n  }\n}\n".to_owned(),
            &[
                "missing-argument: `check` needs a block `assert`: what is to hold",
                "missing-argument: `assert` needs the argument `condition`",
                "unsupported-block: `check` has no block `data`",
                "duplicate: check.d is already declared at main.hcl:4",
            ],
        ),
        (
            "secret \"s\" { env = \"S\" }\ncheck \"c\" {\n  assert {\n    condition = secret.s == \"x\"\n    error_message = \"x\"\n  }\n}\n".to_owned(),
            &["secret-used: the operator `==` needs a value now, and `secret.s` is a secret, which is read only at the moment of use"],
        ),
    ] {
        wrong(&text, expected);
    }
}

fn conditions(block: &str, condition: &str) -> String {
    format!(
        "{A}resource \"cloud_thing\" \"b\" {{\n  for_each = toset([\"x\", \"y\"])\n  name = each.key\n  label = cloud_thing.a.name\n  lifecycle {{\n    {block} {{\n      condition = {condition}\n      error_message = \"${{each.key}} is wrong.\"\n    }}\n  }}\n}}\nresource \"loner\" \"l\" {{ path = cloud_thing.b[\"x\"].name }}\n"
    )
}

const OF_X: &str = "Resource(Address { module: ModulePath([]), kind: \"cloud_thing\", name: \"b\", instance: Some(Name(\"x\")) })";
const OF_Y: &str = "Resource(Address { module: ModulePath([]), kind: \"cloud_thing\", name: \"b\", instance: Some(Name(\"y\")) })";

#[test]
fn conditions_of_a_resource_hold_or_end_it() {
    for (block, condition) in [
        ("precondition", "each.key != \"z\""),
        ("precondition", "cloud_thing.a.name == \"a\""),
        ("postcondition", "self.name == each.key"),
        (
            "postcondition",
            "self.mode == \"ReadWrite\" && self.label == \"a\"",
        ),
    ] {
        check(
            &conditions(block, condition),
            &[&format!("{OF_X} pass"), &format!("{OF_Y} pass")],
        );
    }
    let open = "unknown the operator `==` needs a value now, and `cloud_thing.b[\"x\"].id` is known only after apply";
    check(
        &conditions("postcondition", "self.name == \"y\" || self.id == \"\""),
        &[&format!("{OF_X} {open}"), &format!("{OF_Y} pass")],
    );
    for (block, condition, expected) in [
        (
            "precondition",
            "each.key != \"y\"",
            "precondition-failed: y is wrong.",
        ),
        (
            "postcondition",
            "self.name != \"y\"",
            "postcondition-failed: y is wrong.",
        ),
        (
            "precondition",
            "self.name == \"y\"",
            "undeclared: `self` is not declared here",
        ),
        (
            "postcondition",
            "self.nmae == \"y\"",
            "unknown-attribute: there is no attribute or key `nmae`",
        ),
        (
            "postcondition",
            "cloud_thing.b[\"x\"].name == \"x\"",
            "cycle: these need each other: cloud_thing.b -> cloud_thing.b",
        ),
    ] {
        wrong(&conditions(block, condition), &[expected]);
    }
}

#[test]
fn protection_is_an_expression_known_at_plan() {
    let text = |value: &str| {
        format!(
            "{A}resource \"cloud_thing\" \"b\" {{\n  for_each = {{x = true, y = false}}\n  name = each.key\n  lifecycle {{ prevent_destroy = {value} }}\n}}\n"
        )
    };
    let loaded = load_text(&text("each.value && cloud_thing.a.name == \"a\""));
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    let protected: Vec<bool> = loaded
        .configuration
        .resources
        .iter()
        .map(|one| one.lifecycle.prevent_destroy)
        .collect();
    assert_eq!(protected, [false, true, false]);
    wrong(
        &text("cloud_thing.a.id == \"x\""),
        &[
            "unknown-used: the operator `==` needs a value now, and `cloud_thing.a.id` is known only after apply",
        ],
    );
}

/// Which values may be a secret, and that it goes where secrets go and nowhere else.
#[test]
fn a_secret_comes_by_a_variable() {
    let text = |default: &str, rest: &str| {
        format!(
            "secret \"s\" {{ env = \"S\" }}\nvariable \"x\" {{\n  type = secret\n  default = {default}\n}}\n{rest}"
        )
    };
    let token = "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  token = \"t-${var.x}\"\n}\n";
    let loaded = load_text(&text("secret.s", token));
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
    assert_eq!(loaded.configuration.resources[0].body.secrets().len(), 1);
    for (rest, expected) in [
        (
            "output \"o\" { value = var.x }\n",
            "secret-used: an output is shown and stored, and `secret.s` is a secret",
        ),
        (
            "resource \"cloud_thing\" \"a\" {\n  name = \"a\"\n  label = var.x\n}\n",
            "secret-used: `label` takes no secret, and `secret.s` is one: it would be stored or shown",
        ),
    ] {
        wrong(&text("secret.s", rest), &[expected]);
    }
    let main = format!("{}{}", super::HEAD, text("null", token));
    for (given, expected) in [
        ("secret.s", vec![]),
        (
            "secret.t",
            vec!["unknown-attribute: there is no attribute or key `t`"],
        ),
    ] {
        let loaded = super::load_files(&[("main.hcl", &main)], &[("x", given)]);
        assert_eq!(listed(&loaded), expected);
    }
}

#[test]
fn what_follows_from_a_declaration_is_seen_afterwards() {
    let text = |condition: &str| {
        format!(
            "resource \"loner\" \"l\" {{\n  path = \"long\"\n  lifecycle {{\n    postcondition {{\n      condition = {condition}\n      error_message = \"It is ${{self.title}}.\"\n    }}\n  }}\n}}\n"
        )
    };
    let of_it = "Resource(Address { module: ModulePath([]), kind: \"loner\", name: \"l\", instance: None })";
    check(
        &text("self.title == \"the long one\""),
        &[&format!("{of_it} pass")],
    );
    wrong(
        &text("self.title == \"another\""),
        &["postcondition-failed: It is the long one."],
    );
}
