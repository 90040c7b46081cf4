//! Small laws about text shown to people: quoting and lists of names.

/// The text in double quotes with JSON's escapes, as HCL writes it.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
