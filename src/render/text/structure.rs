//! Texts that are JSON or YAML on both sides, to be compared by what they say and not by their lines. Must not know how a
//! difference is printed.

use serde_json::Value as Json;

/// Bytes of a text up to which it is read.
const READ: usize = 128 * 1024;

/// Both sides of a text, read.
pub(crate) struct Structure {
    /// The function of the language that writes such a text.
    pub(crate) function: &'static str,
    /// Before.
    pub(crate) before: Json,
    /// After.
    pub(crate) after: Json,
}

/// Both texts read, where both are a mapping or both a list, and say different things. Texts of one line are read as JSON
/// only: much of what people write in a line happens to be YAML.
pub(crate) fn structure(before: &str, after: &str) -> Option<Structure> {
    if before.len() > READ || after.len() > READ {
        return None;
    }
    let (function, before, after) = match (json(before), json(after)) {
        (Some(before), Some(after)) => ("jsonencode", before, after),
        (Some(_) | None, Some(_) | None) => ("yamlencode", yaml(before)?, yaml(after)?),
    };
    let same_shape =
        (before.is_object() && after.is_object()) || (before.is_array() && after.is_array());
    // Equal ones differ in comments or spaces, which only their lines show.
    (same_shape && before != after).then_some(Structure {
        function,
        before,
        after,
    })
}

fn json(text: &str) -> Option<Json> {
    let is_container = text.trim_start().starts_with(['{', '[']);
    is_container
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

fn yaml(text: &str) -> Option<Json> {
    let is_long = text.trim_end().contains('\n');
    // Read as YAML first: it refuses a key that stands twice, of which JSON would keep the last.
    let read: serde_yaml_ng::Value = is_long
        .then(|| serde_yaml_ng::from_str(text).ok())
        .flatten()?;
    let read = serde_json::to_value(read).ok()?;
    (read.is_object() || read.is_array()).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: Option<&str>) {
        for (before, after) in [(before, after), (after, before)] {
            let found = structure(before, after);
            assert_eq!(
                found.map(|found| found.function),
                expected,
                "{before} {after}"
            );
        }
    }

    #[test]
    fn is_read_only_where_it_is_one() {
        check("{\"a\":1}", "{\"a\":2}", Some("jsonencode"));
        check("[1]", "[1,2]", Some("jsonencode"));
        check("a: 1\nb: 2\n", "a: 1\nb: 3\n", Some("yamlencode"));
        check("- a\n- b", "- a\n- c", Some("yamlencode"));
        check("a: 1\nb: 2\n", "{\"a\": 1,\n\"b\": 3}", Some("yamlencode"));
        // Another shape, the same sense, one line of prose, several documents, no YAML at all.
        check("{\"a\":1}", "[1]", None);
        check("{\"a\":1}", "{ \"a\": 1 }", None);
        check("a: 1 # one\nb: 2\n", "a: 1\nb: 2\n", None);
        check("note: hello", "note: bye", None);
        check("a: 1\n---\nb: 2\n", "a: 1\n---\nb: 3\n", None);
        check("a: b: c\nd\n", "a: 1\nb: 2\n", None);
        check("a: 1\na: 2\n", "a: 1\nb: 2\n", None);
        check("1: a\n2: b\n", "1: a\n2: c\n", Some("yamlencode"));
        let long = format!("a: \"{}\"\nb: 1\n", "x".repeat(READ));
        check(&long, "a: 1\nb: 2\n", None);
    }

    #[test]
    fn a_bomb_of_aliases_is_not_read() {
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (one, next) in ('a'..='y').zip('b'..='z') {
            let alias = format!("*{one}");
            bomb.push_str(&format!(
                "{next}: &{next} [{}]\n",
                [alias.as_str(); 9].join(", ")
            ));
        }
        check(&bomb, "a: 1\nb: 2\n", None);
    }
}
