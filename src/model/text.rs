//! Small laws about text shown to people: quoting, and what a terminal must not see.

/// The text in double quotes with JSON's escapes, as HCL writes it.
pub fn quote(text: &str) -> String {
    let stands_for_itself = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(stands_for_itself) {
        format!("\"{text}\"")
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// The text without what could move a cursor, hide or reorder text on a terminal: names and messages come from servers,
/// and a field manager may be called `\u{1b}[2K`.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_hazardous(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Control characters other than newline and tab, marks that reorder text, and what nobody sees: two names that look the
/// same are not.
pub fn is_hazardous(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}
