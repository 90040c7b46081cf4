//! Addresses: `type.name`, `type.name["key"]`, `type.name[0]`. A hint for people; identity is [`super::identity::Key`] (R21).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which instance of a resource with `for_each` or `count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `[0]`, from `count`.
    Index(u64),
    /// `["shop"]`, from `for_each`.
    Name(String),
}

/// Where in the configuration a resource instance is declared. Sorted by type, name, instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address {
    /// Resource type, e.g. `velero_schedule`.
    pub kind: String,
    /// Resource name.
    pub name: String,
    /// Instance, where the resource has `for_each` or `count`.
    pub instance: Option<InstanceKey>,
}

impl Address {
    /// `kind.name` without an instance.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            instance: None,
        }
    }
    /// The same resource, one instance of it.
    #[must_use]
    pub fn with_instance(&self, instance: InstanceKey) -> Self {
        Self {
            instance: Some(instance),
            ..self.clone()
        }
    }
    /// Whether `self`, as written after `-target`, names `other`: a resource without an instance names all its instances.
    pub fn covers(&self, other: &Address) -> bool {
        self.kind == other.kind
            && self.name == other.name
            && (self.instance.is_none() || self.instance == other.instance)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)?;
        match &self.instance {
            None => Ok(()),
            Some(InstanceKey::Index(index)) => write!(f, "[{index}]"),
            Some(InstanceKey::Name(name)) => write!(f, "[{}]", super::text::quote(name)),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text that is no address, with the reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{text}` is not an address: {reason}; expected TYPE.NAME, TYPE.NAME[\"key\"] or TYPE.NAME[0]"
)]
pub struct InvalidAddress {
    text: String,
    reason: &'static str,
}

impl FromStr for Address {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| InvalidAddress {
            text: text.to_owned(),
            reason,
        };
        let (resource, instance) = match text.find('[') {
            None => (text, None),
            Some(at) => (&text[..at], Some(&text[at..])),
        };
        let (kind, name) = resource
            .split_once('.')
            .ok_or_else(|| fail("there is no dot"))?;
        if !is_identifier(kind) || !is_identifier(name) {
            return Err(fail("a part is not an identifier"));
        }
        let instance =
            match instance {
                None => None,
                Some(bracket) => {
                    let inner = bracket
                        .strip_prefix('[')
                        .and_then(|rest| rest.strip_suffix(']'))
                        .ok_or_else(|| fail("the bracket does not end"))?;
                    Some(parse_instance(inner).ok_or_else(|| {
                        fail("the instance is neither a number nor a quoted text")
                    })?)
                }
            };
        Ok(Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            instance,
        })
    }
}

fn parse_instance(inner: &str) -> Option<InstanceKey> {
    match inner.parse::<u64>() {
        Ok(index) => Some(InstanceKey::Index(index)),
        Err(_) => serde_json::from_str::<String>(inner)
            .ok()
            .map(InstanceKey::Name),
    }
}

/// Letters, digits, `_` and `-`, not starting with a digit or `-`: what HCL calls an identifier.
pub fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        for text in [
            "a.b",
            "velero_schedule.app[\"shop\"]",
            "a.b[7]",
            "a.b[\"quo\\\"te\"]",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "a", "a.b[", "a.b[x]", "a.1", ".b", "a.b]"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
