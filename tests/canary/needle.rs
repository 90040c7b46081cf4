//! A canary and the forms it could leak in. The forms are made here by hand, not by the code under test.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A secret of the test: a text that is nowhere else, with characters that every encoding changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Which source it comes from.
    pub source: &'static str,
    /// The secret.
    pub text: String,
}

/// One way to write a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// What to look for.
    pub text: String,
}

/// Names of all forms.
pub const FORMS: &[&str] = &[
    "raw",
    "JSON",
    "JSON twice",
    "URL, upper case",
    "URL, lower case",
    "URL, tilde kept",
    "base64 at 0",
    "base64 at 1",
    "base64 at 2",
    "base64 for URLs at 0",
    "base64 for URLs at 1",
    "base64 for URLs at 2",
];

impl Canary {
    pub fn new(source: &'static str) -> Self {
        // Visible ASCII only: it has to fit into a header.
        let text = format!(
            "canary-{source}-7f\"3>a\\9/c+d?&e=f%g~{}",
            source.len() * 7919
        );
        Self { source, text }
    }
    /// All its forms, in the order of [`FORMS`].
    pub fn forms(&self) -> Vec<Form> {
        let json = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let texts = [
            self.text.clone(),
            json(&self.text),
            json(&json(&self.text)),
            percent(&self.text, "", char::to_ascii_uppercase),
            percent(&self.text, "", char::to_ascii_lowercase),
            percent(&self.text, "~", char::to_ascii_uppercase),
            base64_at(&STANDARD, &self.text, 0),
            base64_at(&STANDARD, &self.text, 1),
            base64_at(&STANDARD, &self.text, 2),
            base64_at(&URL_SAFE, &self.text, 0),
            base64_at(&URL_SAFE, &self.text, 1),
            base64_at(&URL_SAFE, &self.text, 2),
        ];
        let forms = FORMS.iter().zip(texts);
        forms.map(|(name, text)| Form { name, text }).collect()
    }
    /// What a text gives away of it.
    pub fn found_in(&self, text: &str) -> Vec<&'static str> {
        let forms = self.forms().into_iter();
        forms
            .filter(|form| text.contains(&form.text))
            .map(|form| form.name)
            .collect()
    }
}

fn percent(text: &str, kept: &str, case: fn(&char) -> char) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || kept.as_bytes().contains(&byte)
    };
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                let hex: String = format!("{byte:02x}")
                    .chars()
                    .map(|digit| case(&digit))
                    .collect();
                format!("%{hex}")
            }
        })
        .collect()
}

/// The characters of base64 that depend on the text alone where so many bytes stand before it.
pub fn base64_at(engine: &impl Engine, text: &str, before: usize) -> String {
    let mut bytes = vec![b'x'; before];
    bytes.extend(text.as_bytes());
    let bits = bytes.len() * 8;
    let encoded = engine.encode(&bytes);
    // A character stands for six bits: those that share bits with what is before, or would with what is after, do not count.
    encoded[(before * 8).div_ceil(6)..bits / 6].to_owned()
}
