//! One way to read the arguments of a connection: unset, usable, or set and unusable. What is set and cannot be used (a
//! variable of CI that nobody set makes it empty) is an error that names it, and never a reason to look elsewhere: the
//! next place to look is another cluster. Must not know what an argument is for.

use super::duration::{GoDuration, InvalidDuration};
use super::server_address::ServerAddress;
use serde_json::Value as Json;
use std::time::Duration;

/// What became of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument<T> {
    /// Not there, or null: what comes after it may say the same.
    Unset,
    /// Its value.
    Usable(T),
    /// It is there and cannot be used.
    Unusable(Unusable),
}

/// An argument that is set and cannot be used. Never holds its value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {why}")]
pub struct Unusable {
    /// Its name.
    pub name: String,
    /// What is wrong with it, to be read after the name.
    pub why: String,
}

impl<T> Argument<T> {
    /// The value, where there is one.
    ///
    /// # Errors
    /// Where it is set and cannot be used.
    pub fn known(self) -> Result<Option<T>, Unusable> {
        match self {
            Argument::Unset => Ok(None),
            Argument::Usable(value) => Ok(Some(value)),
            Argument::Unusable(unusable) => Err(unusable),
        }
    }
}

/// Arguments by name.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(pub &'a Json);

impl<'a> Arguments<'a> {
    /// A text that says something.
    pub fn text(&self, name: &str) -> Argument<&'a str> {
        self.read(name, text)
    }

    /// At least one text, each of which says something.
    pub fn texts(&self, name: &str) -> Argument<Vec<&'a str>> {
        self.read(name, texts)
    }

    /// A boolean.
    pub fn flag(&self, name: &str) -> Argument<bool> {
        self.read(name, |value| {
            value
                .as_bool()
                .ok_or_else(|| "must be true or false".to_owned())
        })
    }

    /// Address of a server; `https` where it says no scheme.
    pub fn server(&self, name: &str) -> Argument<ServerAddress> {
        self.read(name, |value| server(text(value)?))
    }

    /// A limit of time: longer than zero.
    pub fn duration(&self, name: &str) -> Argument<Duration> {
        self.read(name, |value| duration(text(value)?))
    }

    /// Region of a store.
    pub fn region(&self, name: &str) -> Argument<&'a str> {
        self.read(name, |value| region(text(value)?))
    }

    /// PEM text.
    pub fn pem(&self, name: &str) -> Argument<&'a str> {
        self.read(name, |value| pem(text(value)?))
    }

    fn read<T>(
        &self,
        name: &str,
        reader: impl FnOnce(&'a Json) -> Result<T, String>,
    ) -> Argument<T> {
        match self.0.get(name) {
            None | Some(Json::Null) => Argument::Unset,
            Some(value) => match reader(value) {
                Ok(value) => Argument::Usable(value),
                Err(why) => Argument::Unusable(Unusable {
                    name: name.to_owned(),
                    why,
                }),
            },
        }
    }
}

/// # Errors
/// Where it is no text, or an empty one.
fn text(value: &Json) -> Result<&str, String> {
    match value.as_str() {
        None => Err("must be a string".to_owned()),
        Some(text) if text.trim().is_empty() => Err(EMPTY.to_owned()),
        Some(text) => Ok(text),
    }
}

/// Said of what is there and says nothing.
const EMPTY: &str = "is set and empty: give it a value, or null where it should not count";

fn texts(value: &Json) -> Result<Vec<&str>, String> {
    let members = value
        .as_array()
        .ok_or_else(|| "must be a list of strings".to_owned())?;
    if members.is_empty() {
        return Err(EMPTY.to_owned());
    }
    let one = |(at, member)| text(member).map_err(|why| format!("[{at}] {why}"));
    members.iter().enumerate().map(one).collect()
}

/// An address as the argument `host` and KUBE_HOST take it.
///
/// # Errors
/// Where it is none.
pub fn server(text: &str) -> Result<ServerAddress, String> {
    let whole = if text.contains("://") {
        ServerAddress::parse(text)
    } else {
        ServerAddress::parse(&format!("https://{text}"))
    };
    whole.map_err(|error| error.to_string())
}

/// A Go duration that a limit may have.
///
/// # Errors
/// Where it is none, or not longer than zero.
fn duration(text: &str) -> Result<Duration, String> {
    let duration: GoDuration = text
        .parse()
        .map_err(|error: InvalidDuration| format!("is no duration: {error}"))?;
    match u64::try_from(duration.nanoseconds()) {
        Ok(nanoseconds) if nanoseconds > 0 => Ok(Duration::from_nanos(nanoseconds)),
        Ok(_) | Err(_) => Err("must be longer than zero".to_owned()),
    }
}

/// Region of a store as the argument and AWS_REGION take it. It becomes part of a host's name, so nothing else may stand
/// in it.
///
/// # Errors
/// Where it is none.
pub fn region(text: &str) -> Result<&str, String> {
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if text.len() <= 63 && text.bytes().all(of_a_name) {
        Ok(text)
    } else {
        Err("is no region: letters, digits and hyphens".to_owned())
    }
}

/// PEM text.
///
/// # Errors
/// Where it is none.
pub fn pem(text: &str) -> Result<&str, String> {
    if text.contains("-----BEGIN ") {
        Ok(text)
    } else {
        Err(
            "must be PEM text, neither a path nor base64: use file(...) or base64decode(...)"
                .to_owned(),
        )
    }
}

/// A switch in the environment, as Terraform's providers read it.
///
/// # Errors
/// Where it is neither.
pub fn switch(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Each reader over one value: `-` unset, `+` usable, else what is wrong.
    fn check(value: Json, expected: [&str; 5]) {
        fn said<T>(argument: Argument<T>) -> String {
            match argument.known() {
                Ok(None) => "-".to_owned(),
                Ok(Some(_)) => "+".to_owned(),
                Err(unusable) => unusable.to_string(),
            }
        }
        let given = json!({ "x": value });
        let arguments = Arguments(&given);
        let found = [
            said(arguments.text("x")),
            said(arguments.texts("x")),
            said(arguments.flag("x")),
            said(arguments.server("x")),
            said(arguments.pem("x")),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{given}: {found}, not {expected}");
        }
    }

    #[test]
    fn set_and_unusable_is_never_unset() {
        let (empty, string) = ("x is set and empty", "x must be a string");
        let (list, flag) = ("x must be a list", "x must be true or false");
        check(Json::Null, ["-", "-", "-", "-", "-"]);
        check(json!(""), [empty, list, flag, empty, empty]);
        check(json!(" \n"), [empty, list, flag, empty, empty]);
        check(json!("a"), ["+", list, flag, "+", "x must be PEM"]);
        check(json!("-----BEGIN X"), ["+", list, flag, "x ", "+"]);
        check(json!(5), [string, list, flag, string, string]);
        check(json!([]), [string, empty, flag, string, string]);
        check(json!(["a"]), [string, "+", flag, string, string]);
        let second = "x [1] is set and empty";
        check(json!(["a", ""]), [string, second, flag, string, string]);
        check(json!([1]), [string, "x [0] must be", flag, string, string]);
        check(json!(false), [string, list, "+", string, string]);
        assert_eq!(Arguments(&json!({})).text("x"), Argument::Unset);
    }

    #[test]
    fn a_switch_is_one_of_two() {
        assert_eq!(switch("1"), Ok(true));
        assert_eq!(switch("False"), Ok(false));
        for text in ["", "yes", "tRUE", "true "] {
            assert!(switch(text).is_err(), "{text}");
        }
    }
}
