//! Variables: type constraints, conversion, defaults, null, sensitive, validation.

use super::{HEAD, listed, load_files, shown};

/// What `var.x` of a block is, with a value or without.
fn check(body: &str, given: Option<&str>, expected: &str) {
    let text =
        format!("{HEAD}variable \"x\" {{\n{body}\n}}\noutput \"x\" {{\n  value = var.x\n}}\n");
    let variables: Vec<(&str, &str)> = given.map(|text| ("x", text)).into_iter().collect();
    let loaded = load_files(&[("main.hcl", &text)], &variables);
    let what = format!("{body} given {given:?}");
    let found = loaded.configuration.outputs.get("x");
    let found = match found.and_then(|output| output.value.known()) {
        Some(value) if loaded.diagnostics.is_empty() => Ok(value.clone()),
        Some(_) | None => Err(listed(&loaded).join("\n")),
    };
    super::compare(&what, found, expected);
}

#[test]
fn types_convert() {
    for (body, given, expected) in TYPES {
        check(body, *given, expected);
    }
}

const TYPES: &[(&str, Option<&str>, &str)] = &[
    ("", Some("1"), "\"1\""),
    ("type = string", Some("1"), "\"1\""),
    ("type = string\ndefault = 1.50", None, "\"1.5\""),
    ("type = number", Some("1.5"), "1.5"),
    (
        "type = number",
        Some("x"),
        "Err: -var x does not fit the type of `var.x`: a number is needed, this string spells none",
    ),
    ("type = bool", Some("true"), "true"),
    (
        "type = bool\ndefault = 1",
        None,
        "Err: the default does not fit the type: a bool is needed, this is a number",
    ),
    ("type = list(string)", Some("[1, \"a\"]"), "[\"1\", \"a\"]"),
    (
        "type = list(number)",
        Some("[1, \"a\"]"),
        "Err: [1]: a number is needed, this string spells none",
    ),
    (
        "type = set(string)",
        Some("[\"b\", \"a\", \"b\"]"),
        "[\"a\", \"b\"]",
    ),
    ("type = map(number)", Some("{a = \"1\"}"), "{\"a\": 1}"),
    (
        "type = map(number)",
        Some("{a = []}"),
        "Err: [\"a\"]: a number is needed, this is a list",
    ),
    (
        "type = tuple([string, number])",
        Some("[1, 2]"),
        "[\"1\", 2]",
    ),
    (
        "type = tuple([string])",
        Some("[1, 2]"),
        "Err: 1 elements are needed, there are 2",
    ),
    ("type = list(any)", Some("[1, \"a\"]"), "[\"1\", \"a\"]"),
    ("type = any", Some("{a = [1]}"), "{\"a\": [1]}"),
    (
        "type = object({ a = string, b = optional(number, 3), c = optional(bool) })",
        Some("{a = 1, z = 2}"),
        "{\"a\": \"1\", \"b\": 3, \"c\": null}",
    ),
    (
        "type = object({ a = string })",
        Some("{b = 1}"),
        "Err: the member `a` is missing",
    ),
    (
        "type = object({ name = string })",
        Some("{nmae = 1}"),
        "Err: the member `name` is missing (there is `nmae`)",
    ),
    (
        "type = object({ a = object({ b = optional(list(string), [\"x\"]) }) })",
        Some("{a = {}}"),
        "{\"a\": {\"b\": [\"x\"]}}",
    ),
    (
        "type = object({ a = optional(number, \"x\") })",
        Some("{}"),
        "Err: a number is needed, this string spells none",
    ),
    ("type = strin", Some("a"), "Err: there is no type `strin`"),
    (
        "type = \"string\"",
        Some("a"),
        "Err: a type is a word, such as string or list(string): write string without quotes",
    ),
    (
        "type = list(string, number)",
        Some("[]"),
        "Err: `list` takes one argument",
    ),
    (
        "type = optional(string)",
        Some("a"),
        "Err: `optional` stands only in an object type",
    ),
    ("type = secret", Some("a"), "Err: `a` is not declared here"),
    (
        "type = secret",
        Some("\"a\""),
        "Err: a secret is needed, such as secret.NAME, this is a string",
    ),
    ("type = secret\ndefault = null", None, "null"),
    (
        "type = secret\ndefault = \"a\"",
        None,
        "Err: the default does not fit the type: a secret is needed, such as secret.NAME, this is a string",
    ),
    (
        "type = secret\ndefault = secret.lost",
        None,
        "Err: the default names the secret `lost`, which there is not",
    ),
    (
        "type = object({ a = optional(object({ b = optional(string, \"x\"), c = optional(number) }), {}) })",
        Some("{}"),
        "{\"a\": {\"b\": \"x\", \"c\": null}}",
    ),
    (
        "type = object({ a = optional(object({ b = optional(string, \"x\") })) })",
        Some("{}"),
        "{\"a\": null}",
    ),
    (
        "type = object({ a = optional(object({ b = optional(string, \"x\"), c = string }), { c = 1 }) })",
        Some("{a = null}"),
        "{\"a\": {\"b\": \"x\", \"c\": \"1\"}}",
    ),
    (
        "type = object({ a = optional(string, \"x\") })",
        Some("{a = null}"),
        "{\"a\": \"x\"}",
    ),
    (
        "type = object({ a = optional(string, null) })",
        Some("{}"),
        "{\"a\": null}",
    ),
    (
        "type = object({ a = string })",
        Some("{a = null}"),
        "{\"a\": null}",
    ),
    (
        "type = list(object({ a = string, b = optional(list(number), [1]) }))",
        Some("[{a = 1}, {a = true, b = [\"2\"]}, {a = \"x\", b = null}]"),
        "[{\"a\": \"1\", \"b\": [1]}, {\"a\": \"true\", \"b\": [2]}, {\"a\": \"x\", \"b\": [1]}]",
    ),
    (
        "type = map(object({ a = optional(bool, true) }))",
        Some("{x = {}, y = {a = \"false\"}}"),
        "{\"x\": {\"a\": true}, \"y\": {\"a\": false}}",
    ),
    (
        "type = set(object({ a = optional(number, 1) }))",
        Some("[{}, {a = 1}, {a = \"1\"}]"),
        "[{\"a\": 1}]",
    ),
    (
        "type = map(object({ a = optional(map(string), { k = \"v\" }) }))\ndefault = { x = {} }",
        None,
        "{\"x\": {\"a\": {\"k\": \"v\"}}}",
    ),
    (
        "type = object({ a = optional(list(object({ b = optional(string, \"x\") })), [{}]) })\ndefault = {}",
        None,
        "{\"a\": [{\"b\": \"x\"}]}",
    ),
    (
        "type = object({ a = optional(object({ b = string }), {}) })",
        Some("{}"),
        "Err: the member `b` is missing",
    ),
    (
        "type = object({ a = optional() })",
        Some("{}"),
        "Err: `optional` takes a type and, if wanted, a default",
    ),
    (
        "type = object({ a = optional(string, var.y) })",
        Some("{}"),
        "Err: `var` is not declared here",
    ),
    ("type = bool", Some("1"), "Err: a bool is needed"),
    ("type = bool", Some("True"), "Err: a bool is needed"),
    ("type = string\ndefault = true", None, "\"true\""),
    (
        "type = number\ndefault = \"0x10\"",
        None,
        "Err: a number is needed",
    ),
    ("type = number\ndefault = \"1e3\"", None, "1000"),
    (
        "type = number\ndefault = true",
        None,
        "Err: a number is needed, this is a bool",
    ),
    (
        "type = string\ndefault = []",
        None,
        "Err: a string is needed, this is a list",
    ),
    (
        "type = list(string)\ndefault = {}",
        None,
        "Err: a list is needed, this is an object",
    ),
    (
        "type = map(string)\ndefault = []",
        None,
        "Err: a map is needed, this is a list",
    ),
    (
        "type = list(any)\ndefault = [true, \"a\", null]",
        None,
        "[\"true\", \"a\", null]",
    ),
    (
        "type = map(any)\ndefault = { a = 1, b = \"x\" }",
        None,
        "{\"a\": \"1\", \"b\": \"x\"}",
    ),
    (
        "type = set(number)\ndefault = [2, \"1\", 2.0]",
        None,
        "[1, 2]",
    ),
    (
        "type = list(list(string))\ndefault = [[1], []]",
        None,
        "[[\"1\"], []]",
    ),
    (
        "type = tuple([string, optional(number)])",
        Some("[]"),
        "Err: `optional` stands only in an object type",
    ),
    ("type = tuple([])\ndefault = []", None, "[]"),
    ("type = object({})\ndefault = { a = 1 }", None, "{}"),
    (
        "type = list(string)",
        Some("[1,"),
        "Err: this `[` is never closed",
    ),
    (
        "type = list(string)",
        Some("[var.y]"),
        "Err: `var` is not declared here",
    ),
    ("type = list(string)", Some(""), "Err: expected a value"),
];

#[test]
fn defaults_nulls_and_validations() {
    let even = "type = number\nvalidation {\n  condition = var.x % 2 == 0\n  error_message = \"${var.x} is odd.\"\n}";
    for (body, given, expected) in [
        (
            "type = string",
            None,
            "Err: `var.x` has no default, and no value was given",
        ),
        ("type = list(string)\ndefault = null", None, "null"),
        (
            "type = list(string)\ndefault = [\"a\"]",
            Some("null"),
            "null",
        ),
        (
            "type = list(string)\ndefault = [\"a\"]\nnullable = false",
            Some("null"),
            "[\"a\"]",
        ),
        (
            "type = list(string)\nnullable = false",
            Some("null"),
            "Err: `var.x` may not be null",
        ),
        (even, Some("4"), "4"),
        (even, Some("3"), "Err: 3 is odd."),
        (
            "validation {\n  condition = true\n}",
            Some("3"),
            "Err: `validation` needs the argument `error_message`",
        ),
        (
            "validation {\n  condition = local.y\n  error_message = \"x\"\n}",
            Some("3"),
            "Err: there is no local `y`",
        ),
        (
            "validation {\n  condition = \"maybe\"\n  error_message = \"x\"\n}",
            Some("3"),
            "Err: the condition of a validation is true or false, this is a string",
        ),
        (
            "defalt = 1",
            Some("3"),
            "Err: `variable` has no argument `defalt`",
        ),
        (
            "default = var.y",
            Some("3"),
            "Err: `var` is not declared here",
        ),
    ] {
        check(body, given, expected);
    }
}

#[test]
fn a_sensitive_value_is_shown_nowhere() {
    let text = format!(
        "{HEAD}variable \"x\" {{\n  type = list(number)\n  sensitive = true\n}}\noutput \"x\" {{\n  value = var.x\n}}\n"
    );
    for given in ["[\"hunter2\"]", "[hunter2", "hunter2", "[\"${hunter2}\"]"] {
        let loaded = load_files(&[("main.hcl", &text)], &[("x", given)]);
        assert!(!loaded.diagnostics.is_empty(), "{given}");
        assert!(!shown(&loaded).contains("hunter2"), "{}", shown(&loaded));
    }
    let loaded = load_files(&[("main.hcl", &text)], &[("x", "[1]")]);
    assert_eq!(
        listed(&loaded),
        ["sensitive-value: this value is made of a sensitive one, and the output does not say so"]
    );
}

#[test]
fn a_variable_that_is_not_declared_is_a_mistake_on_the_command_line() {
    let text = format!("{HEAD}variable \"name\" {{ default = \"a\" }}\n");
    let loaded = load_files(&[("main.hcl", &text)], &[("nmae", "b")]);
    assert_eq!(
        listed(&loaded),
        ["undeclared: -var gives a value to `nmae`, and there is no such variable"]
    );
    assert!(shown(&loaded).contains("did you mean `name`?"));
}
