//! What is shared is not copied.

use super::{load_text, shown};

/// A list of ten thousand, handed on by a thousand locals and read by each: copies would be ten million values, beyond
/// the budget, and minutes.
#[test]
fn values_are_shared() {
    let mut text = String::from("locals {\n  l0 = range(10000)\n");
    for at in 1..1000 {
        text.push_str(&format!(
            "  l{at} = {{ list = local.l0, first = local.l0[{at}] }}\n"
        ));
    }
    text.push_str("}\n");
    let loaded = load_text(&text);
    assert!(loaded.diagnostics.is_empty(), "{}", shown(&loaded));
}

/// `[[...x...]]`, in two steps, since one text may not be so deep.
fn check_depth(levels: usize, inside: &str, is_stored: bool) {
    let (outer, inner) = (levels / 2, levels - levels / 2);
    let nested = |levels, x: &str| format!("{}{x}{}", "[".repeat(levels), "]".repeat(levels));
    let loaded = load_text(&format!(
        "locals {{\n  inner = {}\n}}\noutput \"x\" {{\n  value = {}\n}}\n\
         resource \"cloud_thing\" \"t\" {{\n  name = \"t\"\n}}\n",
        nested(inner, inside),
        nested(outer, "local.inner"),
    ));
    assert_eq!(
        loaded.diagnostics.is_empty(),
        is_stored,
        "{levels} {inside}\n{}",
        shown(&loaded)
    );
    // Read as a plan is, with levels around it as in a plan.
    let outputs = loaded.configuration.outputs;
    let written = serde_json::to_string(
        &outputs
            .values()
            .map(|output| &output.value)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let around = format!("{}{written}{}", "[".repeat(30), "]".repeat(30));
    assert!(
        serde_json::from_str::<serde_json::Value>(&around).is_ok(),
        "{levels} {inside}"
    );
}

#[test]
fn a_key_that_would_not_be_read_back_is_refused() {
    let loaded =
        load_text("output \"x\" {\n  value = { \"$serde_json::private::Number\" = \"1\" }\n}\n");
    assert!(shown(&loaded).contains("Invalid key"), "{}", shown(&loaded));
}

#[test]
fn a_stored_value_is_no_deeper_than_its_readers_go() {
    check_depth(80, "1", true);
    check_depth(81, "1", false);
    check_depth(40, "cloud_thing.t.id", true);
    check_depth(41, "cloud_thing.t.id", false);
}
