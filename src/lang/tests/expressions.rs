//! Expressions: operators, templates, loops, steps into values.

use super::{check, compare, value_beside};

#[test]
fn operators() {
    for (expression, expected) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 / 2", "3.5"),
        ("-7 % 3", "-1"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("1 + \"1\"", "2"),
        (
            "\"a\" + \"b\"",
            "Err: the operator `+` needs a number, this is a string",
        ),
        ("1 / 0", "Err: division by zero"),
        ("1 % 0", "Err: division by zero"),
        ("1 == \"1\"", "false"),
        ("[1, {a = 2}] == [1, {a = 2}]", "true"),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2", "true"),
        ("false && 1 / 0 == 1", "false"),
        ("true || 1 / 0 == 1", "true"),
        ("!\"true\"", "false"),
        (
            "!1",
            "Err: the operand of `!` is true or false, this is a number",
        ),
        ("-\"3\"", "-3"),
        ("true ? 1 : 1 / 0", "1"),
        (
            "null ? 1 : 2",
            "Err: a condition is true or false, this is null",
        ),
        (
            "340282366920938463463374607431768211456 - 340282366920938463463374607431768211455",
            "1",
        ),
        ("9007199254740993", "9007199254740993"),
        ("1e3", "1000"),
    ] {
        check(expression, expected);
    }
}

#[test]
fn templates() {
    for (expression, expected) in [
        ("\"a${1 + 1}b${true}\"", "\"a2btrue\""),
        ("\"${[1]}\"", "[1]"),
        (
            "\"a${[1]}\"",
            "Err: only a string, number or bool can be put into a text, this is a list",
        ),
        (
            "\"a${null}\"",
            "Err: only a string, number or bool can be put into a text, this is null",
        ),
        ("\"$${x} %%{y}\"", "\"${x} %{y}\""),
        ("\"%{ if 1 > 2 }a%{ else }b%{ endif }\"", "\"b\""),
        (
            "\"%{ for i, x in [\"a\", \"b\"] }${i}${x},%{ endfor }\"",
            "\"0a,1b,\"",
        ),
        ("\"\\u00e4\\n\\\"\"", "\"ä\\n\\\"\""),
        ("\"%{ if true }\\q%{ endif }\"", "Err: `\\q` is no escape"),
        (
            "\"%{ if true }\\ud800%{ endif }\"",
            "Err: there is no character U+d800",
        ),
        ("<<EOT\na ${1}\n  b\nEOT", "\"a 1\\n  b\\n\""),
        ("<<-EOT\n    a\n      b\n    EOT", "\"a\\n  b\\n\""),
    ] {
        check(expression, expected);
    }
}

#[test]
fn loops() {
    for (expression, expected) in [
        ("[for x in [1, 2, 3] : x * 2 if x != 2]", "[2, 6]"),
        (
            "[for i, x in [\"a\", \"b\"] : \"${i}${x}\"]",
            "[\"0a\", \"1b\"]",
        ),
        (
            "[for k, v in {b = 1, a = 2} : \"${k}${v}\"]",
            "[\"a2\", \"b1\"]",
        ),
        ("{for k, v in {a = 1} : v => k}", "{\"1\": \"a\"}"),
        (
            "{for x in [\"a\", \"a\"] : x => 1}",
            "Err: two elements have the key \"a\"",
        ),
        (
            "{for x in [\"ab\", \"ac\", \"b\"] : substr(x, 0, 1) => x...}",
            "{\"a\": [\"ab\", \"ac\"], \"b\": [\"b\"]}",
        ),
        (
            "[for x in [[1], [2, 3]] : [for y in x : y]]",
            "[[1], [2, 3]]",
        ),
        (
            "[for x in 5 : x]",
            "Err: `for` needs a list, set or map, this is a number",
        ),
        (
            "[for x in null : x]",
            "Err: `for` needs a list, set or map, this is null",
        ),
        ("[for x in [1] : y]", "Err: `y` is not declared here"),
        (
            "{for x in [null] : x => 1}",
            "Err: a key of an object is a string, this is null",
        ),
    ] {
        check(expression, expected);
    }
}

#[test]
fn steps() {
    let beside = "locals {\n  list = [{a = 1}, {a = 2}]\n  map = {\"x y\" = 1, b = {c = 3}}\n}\n";
    for (expression, expected) in [
        ("local.list[1].a", "2"),
        ("local.list.0.a", "1"),
        ("local.list[\"0\"].a", "1"),
        ("local.list[*].a", "[1, 2]"),
        ("local.list.*.a", "[1, 2]"),
        ("local.map[*].b.c", "[3]"),
        ("null[*]", "[]"),
        ("local.map[\"x y\"]", "1"),
        ("local.map.b[\"c\"]", "3"),
        (
            "local.list[2]",
            "Err: there is no element 2: the list has 2 elements",
        ),
        ("local.list[-1]", "Err: there is no element -1"),
        (
            "local.list[0.5]",
            "Err: an element of a list is found by a whole number, this is a number",
        ),
        (
            "local.list.a",
            "Err: this is a list, which has no attributes such as `a`",
        ),
        ("local.map.d", "Err: there is no attribute or key `d`"),
        (
            "local.map.b.c.d",
            "Err: this is a number, which has no attributes such as `d`",
        ),
        ("toset([1])[0]", "Err: the elements of a set have no order"),
        ("local.lits", "Err: there is no local `lits`"),
        ("var.x", "Err: there is no variable `x`"),
        ("nothing.at.all", "Err: `nothing` is not declared here"),
        ("path.module", "\".\""),
        ("each.key", "Err: `each.key` is not declared here"),
        ("data.x.y", "Err: `data` is not declared here"),
    ] {
        compare(expression, value_beside(&[], beside, expression), expected);
    }
}
