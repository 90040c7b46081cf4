//! Small laws about text shown to people: quoting and lists of names.

/// The text in double quotes with JSON's escapes, as HCL writes it.
pub fn quote(text: &str) -> String {
    let stands_for_itself = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(stands_for_itself) {
        format!("\"{text}\"")
    } else {
        serde_json::Value::from(text).to_string()
    }
}
