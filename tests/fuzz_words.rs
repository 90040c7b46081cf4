//! Whatever a secret is made of, however it is written on the way and wherever it is cut: of what others say of it nothing
//! is shown. The forms are made here by hand, not by the code under test. Bounded; `cargo bolero test` goes on for as long
//! as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bolero::check;
use sk_dr::world::redactor::Redactor;
use sk_dr::world::words::Said;
use zeroize::Zeroizing;

const ITERATIONS: usize = 3000;
/// Of a secret that is cut, so many characters and no more may be left.
const LEFT: usize = 8;

/// A way to write a text, and how many characters one byte becomes at most.
type Form = (fn(&str) -> String, usize);

const FORMS: &[Form] = &[
    (str::to_owned, 1),
    (|text| in_json(text, |_| false), 6),
    // Go's encoding/json.
    (|text| in_json(text, |letter| "<>&".contains(letter)), 6),
    (|text| in_json(text, |letter| !letter.is_ascii()), 6),
    (|text| in_json(text, |_| true), 6),
    (|text| percent(text, "-._~", true), 3),
    (|text| percent(text, "-._~", false), 3),
    (|text| percent(text, "", true), 3),
    (|text| percent(text, "-._~ ", true).replace(' ', "+"), 3),
    (html, 6),
    (
        |text| text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        2,
    ),
    (
        |text| text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        2,
    ),
    (|text| STANDARD.encode(text), 2),
    (|text| STANDARD_NO_PAD.encode(text), 2),
    (|text| URL_SAFE.encode(text), 2),
    (|text| URL_SAFE_NO_PAD.encode(format!("user:{text}")), 2),
    (|text| STANDARD.encode(STANDARD.encode(text)), 3),
    (
        |text| text.split_whitespace().collect::<Vec<_>>().join(" "),
        1,
    ),
    (|text| text.replace(' ', "\n    "), 1),
    (|text| text.replace(' ', "\u{a0}\t"), 1),
];

fn in_json(text: &str, as_number: impl Fn(char) -> bool) -> String {
    let letter = |letter: char| {
        if as_number(letter) {
            let mut units = [0; 2];
            let units = letter.encode_utf16(&mut units).to_vec();
            return units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        }
        let quoted = serde_json::Value::from(String::from(letter)).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    text.chars().map(letter).collect()
}

fn percent(text: &str, kept: &str, is_upper: bool) -> String {
    let byte = |byte: u8| match (byte.is_ascii_alphanumeric(), is_upper) {
        (true, _) => String::from(char::from(byte)),
        _ if kept.as_bytes().contains(&byte) => String::from(char::from(byte)),
        (false, true) => format!("%{byte:02X}"),
        (false, false) => format!("%{byte:02x}"),
    };
    text.bytes().map(byte).collect()
}

fn html(text: &str) -> String {
    let letter = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&#34;".to_owned(),
        '\'' => "&#x27;".to_owned(),
        plain => String::from(plain),
    };
    text.chars().map(letter).collect()
}

/// A secret of visible characters and blanks; nothing where too little of it is visible.
fn secret(bytes: &[u8]) -> Option<String> {
    let letters = "abcXYZ019 \t+/=%&<>\"'\\{}[]()-_.,:;#@!?$~*|^`\u{e9}\u{1f512}";
    let letters: Vec<char> = letters.chars().collect();
    let text: String = bytes
        .iter()
        .map(|byte| letters[usize::from(*byte) % letters.len()])
        .collect();
    let visible = text
        .chars()
        .filter(|letter| !" \t+".contains(*letter))
        .count();
    (visible >= 6).then(|| text.trim().to_owned())
}

fn said(secret: &str, text: &str) -> Vec<String> {
    let redactor = Redactor::new([&Zeroizing::new(secret.to_owned())]);
    let said = Said::of(text.as_bytes(), &redactor);
    vec![
        said.to_string(),
        said.line(),
        said.line_of(200),
        said.end_of(1024),
    ]
}

/// The stretches of so many characters in a text.
fn stretches(text: &str, length: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(length)
        .map(|stretch| stretch.iter().collect())
        .collect()
}

#[test]
fn any_secret_in_any_form() {
    check!()
        .with_iterations(ITERATIONS)
        .with_type::<(Vec<u8>, u8, u16)>()
        .for_each(|(bytes, which, before)| {
            let Some(secret) = secret(bytes) else { return };
            let (write, _) = FORMS[usize::from(*which) % FORMS.len()];
            let form = write(&secret);
            let text = format!("{} <{form}> end", "x".repeat(usize::from(*before) % 300));
            for shown in said(&secret, &text) {
                assert!(!shown.contains(&secret), "{secret:?} in {shown:?}");
                assert!(
                    !shown.contains(&form),
                    "{secret:?} as {form:?} in {shown:?}"
                );
            }
        });
}

#[test]
fn any_secret_cut_anywhere() {
    check!()
        .with_iterations(ITERATIONS)
        .with_type::<(Vec<u8>, u8, u16, bool)>()
        .for_each(|(bytes, which, cut, from_the_end)| {
            let Some(secret) = secret(bytes) else { return };
            let (write, growth) = FORMS[usize::from(*which) % FORMS.len()];
            let form = write(&secret);
            let letters: Vec<char> = form.chars().collect();
            let cut = usize::from(*cut) % (letters.len() + 1);
            let (first, last) = letters.split_at(cut);
            let (first, last): (String, String) = (first.iter().collect(), last.iter().collect());
            let (rest, text) = if *from_the_end {
                (last.clone(), format!("{last} was wrong"))
            } else {
                (first.clone(), format!("no such token: {first}"))
            };
            // What is left may be words of the message by chance only where it is short.
            let longest = LEFT * growth + LEFT;
            for shown in said(&secret, &text) {
                for stretch in stretches(&rest, longest) {
                    assert!(
                        !shown.contains(&stretch),
                        "{secret:?}: {stretch:?} in {shown:?}"
                    );
                }
            }
        });
}
