//! Where values of variables come from, and which of them counts.

use super::{HEAD, listed, load_given, shown};
use crate::lang::{GivenVariables, OnLine};

const ONE: &str = "variable \"x\" { default = \"default\" }\noutput \"x\" { value = var.x }\n";

/// A command line: `name=text`, or the name of a file.
fn line(words: &[&str]) -> Vec<OnLine> {
    let one = |word: &&str| match word.split_once('=') {
        Some((name, text)) => OnLine::Value {
            name: name.to_owned(),
            text: text.to_owned(),
        },
        None => OnLine::File((*word).to_owned()),
    };
    words.iter().map(one).collect()
}

/// What `var.x` is with these files, this value in the environment, this command line.
fn check(
    (main, files): (&str, &[(&str, &str)]),
    environment: Option<&str>,
    words: &[&str],
    expected: &str,
) {
    let main = format!("{HEAD}{main}");
    let mut all = vec![("main.hcl", main.as_str())];
    all.extend_from_slice(files);
    let environment = environment.map(|text| ("x".to_owned(), text.to_owned()));
    let given = GivenVariables {
        environment: environment.into_iter().collect(),
        line: line(words),
    };
    let loaded = load_given(&all, given);
    let found = loaded.configuration.outputs.get("x");
    let found = match found.and_then(|output| output.value.known()) {
        Some(value) if loaded.diagnostics.is_empty() => Ok(value.clone()),
        Some(_) | None => Err(listed(&loaded).join("\n")),
    };
    super::compare(&format!("{files:?} {words:?}"), found, expected);
}

#[test]
fn what_comes_later_wins() {
    let a = ("a.auto.vars.hcl", "x = \"a\"\n");
    let b = ("b.auto.vars.hcl", "x = \"b\"\n");
    let c = ("c.vars.hcl", "x = \"c\"\n");
    let d = ("sub/d.vars.hcl", "x = \"d\"\n");
    for (files, environment, words, expected) in [
        (&[][..], None, &[][..], "\"default\""),
        (&[], Some("environment"), &[], "\"environment\""),
        (&[a], Some("environment"), &[], "\"a\""),
        (&[b, a], Some("environment"), &[], "\"b\""),
        (&[c], Some("environment"), &[], "\"environment\""),
        (&[a, c], None, &["c.vars.hcl"], "\"c\""),
        (&[c, d], None, &["c.vars.hcl", "sub/d.vars.hcl"], "\"d\""),
        (&[c, d], None, &["sub/d.vars.hcl", "c.vars.hcl"], "\"c\""),
        (&[a, c], None, &["c.vars.hcl", "x=line"], "\"line\""),
        (&[a, c], None, &["x=line", "c.vars.hcl"], "\"c\""),
        (&[], None, &["x=1", "x=2"], "\"2\""),
    ] {
        check((ONE, files), environment, words, expected);
    }
}

#[test]
fn files_are_values_and_nothing_else() {
    let numbers = "variable \"x\" { type = list(number) }\noutput \"x\" { value = var.x }\n";
    for (main, file, expected) in [
        (numbers, "x = [1, \"2\"]\n", "[1, 2]"),
        (numbers, "x = null\n", "null"),
        (numbers, "x = [for n in [1, 2] : n * 2]\n", "[2, 4]"),
        (
            numbers,
            "x = [1, \"a\"]\n",
            "Err: wrong-type: this does not fit the type of `var.x`: [1]: a number is needed, this string spells none",
        ),
        (
            numbers,
            "x = [var.y]\n",
            "Err: undeclared: `var` is not declared here",
        ),
        (
            numbers,
            "x = [\n",
            "Err: unbalanced: this `[` is never closed",
        ),
        (
            numbers,
            "x = []\nx = []\n",
            "Err: duplicate-argument: this value is already given in this file",
        ),
        (
            numbers,
            "variable \"x\" {}\n",
            "Err: unsupported-block: a file of values holds NAME = VALUE, no blocks",
        ),
        (ONE, "x = {a = 1}\n", "{\"a\": 1}"),
        (
            ONE,
            "y = 1\n",
            "Err: undeclared: there is no variable `y`, so this value is not used",
        ),
    ] {
        check(
            (main, &[("v.vars.hcl", file)]),
            None,
            &["v.vars.hcl"],
            expected,
        );
    }
    check(
        (ONE, &[]),
        None,
        &["v.vars.hcl"],
        "Err: unreadable-file: v.vars.hcl cannot be read: there is no such file",
    );
    check(
        (ONE, &[("terraform.tfvars", "x = 1"), ("b.auto.tfvars", "")]),
        None,
        &[],
        "Err: file-not-read: b.auto.tfvars is not read: its values count for Terraform only\nfile-not-read: terraform.tfvars is not read",
    );
}

#[test]
fn a_validation_names_the_file() {
    let main = "variable \"x\" {\n  validation {\n    condition = var.x == \"a\"\n    error_message = \"No.\"\n  }\n}\n";
    let main = format!("{HEAD}{main}");
    let files = [("main.hcl", main.as_str()), ("v.auto.vars.hcl", "x = 1\n")];
    let shown = shown(&load_given(&files, GivenVariables::default()));
    assert!(
        shown.contains("the value comes from v.auto.vars.hcl"),
        "{shown}"
    );
}

/// Neither the value nor its length, beside whichever mistake.
#[test]
fn a_sensitive_value_of_a_file_is_shown_nowhere() {
    let main = format!(
        "{HEAD}variable \"x\" {{\n  type = list(number)\n  sensitive = true\n}}\nvariable \"n\" {{ type = number }}\n"
    );
    for file in [
        "x = [\"hunter2\"]\nn = 1\n",
        "x = [hunter2]\nn = 1\n",
        "x = [\n  \"hunter2\"]\nn = \"a\"\n",
        "x = [jsondecode(\"hunter2\")]\nn = 1\n",
        "xx = \"hunter2\"\nx = []\nn = 1\n",
        "x = [\"hunter2\nn = 1\n",
        "n = 1\nx = <<EOT\nhunter2\nEOT\n",
        "x = []\nn = ]\ny = \"hunter2\"\n",
    ] {
        let files = [("main.hcl", main.as_str()), ("v.auto.vars.hcl", file)];
        let loaded = load_given(&files, GivenVariables::default());
        assert!(!loaded.diagnostics.is_empty(), "{file}");
        let shown = shown(&loaded);
        let json = crate::diag::json::report(&loaded.diagnostics, &loaded.configuration.sources);
        for text in [shown, json.to_string()] {
            assert!(!text.contains("hunter2"), "{file}\n{text}");
        }
    }
}
