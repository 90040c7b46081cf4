//! Which forms of a secret are recognised, and which words stay.

use super::{HIDDEN, Redactor};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use std::fmt::Write;
use zeroize::Zeroizing;

/// Characters that every encoding changes.
const SECRET: &str = "s3cr\"t/with+signs~&<más>\u{1f512}";

fn redactor(secret: &str) -> Redactor {
    Redactor::new([&Zeroizing::new(secret.to_owned())])
}

/// The form is hidden whole, between words that stay.
fn check(secret: &str, form: &str) {
    let redacted = redactor(secret).redact(&format!("a <{form}> b"));
    assert_eq!(redacted, format!("a <{HIDDEN}> b"), "{form}");
}

/// Digits that share bits with a neighbour may stay; nothing else.
fn check_base64(secret: &str, form: &str) {
    let redacted = redactor(secret).redact(&format!("a <{form}> b"));
    let (before, after) = redacted
        .split_once(HIDDEN)
        .unwrap_or_else(|| panic!("{form}: {redacted}"));
    assert!(
        after.ends_with("> b") && before.starts_with("a <"),
        "{redacted}"
    );
    let left = before.len() + after.len();
    assert!(left < "a <> b".len() + 50, "{form}: {redacted}");
}

fn written(text: &str, write: impl Fn(char) -> Option<String>) -> String {
    let letter = |letter| write(letter).unwrap_or_else(|| String::from(letter));
    text.chars().map(letter).collect()
}

fn percent(text: &str, is_kept: impl Fn(u8) -> bool) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if is_kept(byte) {
            all.push(char::from(byte));
        } else {
            write!(all, "%{byte:02X}").unwrap();
        }
        all
    })
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As Go's encoding/json does with `<`, `>` and `&`.
fn go(text: &str) -> String {
    written(&json(text), |letter| {
        "<>&"
            .contains(letter)
            .then(|| format!("\\u{:04x}", u32::from(letter)))
    })
}

/// As JSON without a character beyond ASCII.
fn ascii(text: &str) -> String {
    let units = text.encode_utf16();
    units.map(|unit| format!("\\u{unit:04X}")).collect()
}

fn html(text: &str) -> String {
    written(text, |letter| {
        let name = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&#34;",
            '+' => "&#43;",
            '/' => "&#x2F;",
            _ => return None,
        };
        Some(name.to_owned())
    })
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_secret_is_recognised_in_other_words() {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let url = percent(SECRET, unreserved);
    for form in [
        SECRET.to_owned(),
        json(SECRET),
        json(&json(SECRET)),
        go(SECRET),
        ascii(SECRET),
        url.clone(),
        url.to_ascii_lowercase(),
        percent(SECRET, |byte| byte.is_ascii_alphanumeric()),
        percent(SECRET, |_| false),
        percent(&url, unreserved),
        html(SECRET),
        html(&json(SECRET)),
        hexadecimal(SECRET),
        hexadecimal(SECRET).to_uppercase(),
        percent(&go(SECRET), unreserved),
        hexadecimal(&url),
    ] {
        check(SECRET, &form);
    }
}

#[test]
fn base64_is_read_at_every_place_and_twice() {
    for before in ["", "u", "us", "usr", "user:"] {
        let text = format!("{before}{SECRET}, and more");
        for once in [
            STANDARD.encode(&text),
            URL_SAFE.encode(&text),
            URL_SAFE_NO_PAD.encode(&text),
        ] {
            check_base64(SECRET, &once);
            check_base64(SECRET, &STANDARD.encode(&once));
            check_base64(SECRET, &format!("{}\n  {}", &once[..20], &once[20..]));
            check_base64(SECRET, &format!("YmVmb3Jl{once}"));
        }
        let inside = json(&serde_json::json!({ "auth": text }).to_string());
        check_base64(SECRET, &STANDARD.encode(inside));
    }
}

#[test]
fn folding_and_wrapping_hide_nothing() {
    let secret = "correct  horse\tbattery\u{a0}staple";
    for form in [
        "correct horse battery staple",
        "correct\n    horse battery staple",
        "correct++horse%09battery%C2%A0staple",
        "correct horse bat\n  tery staple",
        "correct&nbsp;&nbsp;horse\\tbattery\\u00a0staple",
        "correct\u{200b}horse battery staple",
    ] {
        check(secret, form);
    }
}

#[test]
fn what_a_cut_leaves_is_no_secret_either() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let forms = [
        secret.to_owned(),
        STANDARD.encode(secret),
        percent(secret, |_| false),
        hexadecimal(secret),
    ];
    for form in &forms {
        for cut in (0..form.len()).step_by(7) {
            for (text, rest) in [
                (format!("token: {}", &form[..cut]), &form[..cut]),
                (format!("token: {}...", &form[..cut]), &form[..cut]),
                (format!("token: {}... (more)", &form[..cut]), &form[..cut]),
                (format!("{}: no such token", &form[cut..]), &form[cut..]),
            ] {
                let shown = redactor(secret).redact(&text);
                let longest = rest
                    .as_bytes()
                    .windows(25)
                    .any(|part| shown.contains(std::str::from_utf8(part).unwrap()));
                assert!(!longest, "{text} is shown as {shown}");
            }
        }
    }
    let middle = format!("...{}...", &secret[20..40]);
    assert_eq!(redactor(secret).redact(&middle), format!("...{HIDDEN}..."));
}

#[test]
fn ordinary_words_stay() {
    for (secret, text, expected) in [
        ("", "nothing at all", "nothing at all".to_owned()),
        (
            "abc",
            "YWJj stays, only (abc) goes",
            format!("YWJj stays, only ({HIDDEN}) goes"),
        ),
        (
            "first line\nab",
            "ab and first line",
            format!("ab and {HIDDEN}"),
        ),
        (
            "password1234",
            "a password is missing here",
            "a password is missing here".to_owned(),
        ),
        ("secretsecret", "secretsecretsecret", HIDDEN.to_owned()),
    ] {
        assert_eq!(redactor(secret).redact(text), expected, "{secret}");
    }
    let page = "the quick brown fox ".repeat(5000);
    assert_eq!(redactor(SECRET).redact(&page), page);
}

#[test]
fn what_cannot_be_searched_is_not_shown() {
    let puzzle = "%2525252541".repeat(20_000);
    assert_eq!(redactor(SECRET).redact(&puzzle).len(), puzzle.len());
    let redacted =
        redactor("7").redact_json(serde_json::json!({ "port": 7, "b7": ["7", 8, true] }));
    let expected = serde_json::json!({ "port": HIDDEN, format!("b{HIDDEN}"): [HIDDEN, 8, true] });
    assert_eq!(redacted, expected);
}
