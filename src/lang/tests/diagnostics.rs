//! The commonest mistakes as a user sees them.

use super::{load_files, load_text, shown};

#[test]
fn a_wrong_argument() {
    insta::assert_snapshot!(shown(&load_text(
        "resource \"cloud_thing\" \"shop\" {\n  name  = \"shop\"\n  tll   = \"720h\"\n}\n"
    )));
}

#[test]
fn a_wrong_reference() {
    insta::assert_snapshot!(shown(&load_text(
        "variable \"region\" {}\nresource \"loner\" \"a\" {\n  path = var.regoin\n}\n"
    )));
}

#[test]
fn an_unclosed_block() {
    insta::assert_snapshot!(shown(&load_text(
        "resource \"loner\" \"a\" {\n  path = \"x\"\n\nresource \"loner\" \"b\" {\n  path = \"y\n}\n"
    )));
}

#[test]
fn a_cycle() {
    insta::assert_snapshot!(shown(&load_text(
        "locals {\n  a = local.b\n  b = \"${local.c}\"\n  c = [local.a]\n}\n"
    )));
}

#[test]
fn one_of_many_instances() {
    insta::assert_snapshot!(shown(&load_text(
        "resource \"cloud_thing\" \"a\" {\n  for_each = {x = \"1\", y = \"two\", z = \"three\"}\n  name     = each.key\n  size     = each.value\n}\n"
    )));
}

#[test]
fn a_value_from_the_command_line() {
    let text = "sk_dr { stack = \"t\" }\nvariable \"sizes\" {\n  type = list(number)\n}\n";
    insta::assert_snapshot!(shown(&load_files(
        &[("main.hcl", text)],
        &[("sizes", "[1, \"x\"]")]
    )));
}

#[test]
fn nothing_there() {
    insta::assert_snapshot!(shown(&load_files(&[], &[])));
}
