//! Numbers as the real server keeps them. Must not know objects.

use serde_json::{Number, Value};

/// Go's server keeps a number as a whole one of 64 bits or as the nearest float: more digits do not come back.
pub(super) fn keep_as_go_does(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            let float = number.as_f64().and_then(Number::from_f64);
            *number = float.unwrap_or_else(|| number.clone());
        }
        Value::Array(items) => items.iter_mut().for_each(keep_as_go_does),
        Value::Object(members) => members.values_mut().for_each(keep_as_go_does),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: &str, kept: &str) {
        let mut value = serde_json::from_str(sent).unwrap();
        keep_as_go_does(&mut value);
        assert_eq!(value.to_string(), kept, "{sent}");
    }

    #[test]
    fn whole_numbers_of_64_bits_or_floats() {
        check("[9007199254740993, -1]", "[9007199254740993,-1]");
        check(
            "{\"a\": 0.230769230769230769230769230769}",
            "{\"a\":0.23076923076923078}",
        );
        check("1.50", "1.5");
    }
}
