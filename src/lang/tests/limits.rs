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
