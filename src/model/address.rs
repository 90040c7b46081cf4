//! Addresses: `type.name`, `type.name["key"]`, `module.a["k"].type.name[0]`. A hint for people; identity is
//! [`super::identity::Key`] (R21).

use super::text::quote;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which instance of a resource or module with `for_each` or `count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// `[0]`, from `count`.
    Index(u64),
    /// `["shop"]`, from `for_each`.
    Name(String),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::Index(index) => write!(f, "[{index}]"),
            InstanceKey::Name(name) => write!(f, "[{}]", quote(name)),
        }
    }
}

/// One call of a module, as a step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    /// Name of the call.
    pub name: String,
    /// Instance, where the call has `for_each` or `count`.
    pub instance: Option<InstanceKey>,
}

/// The calls that lead to a module; none leads to the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(pub Vec<ModuleStep>);

impl ModulePath {
    /// The root module.
    pub const ROOT: ModulePath = ModulePath(Vec::new());

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
    /// One call further.
    #[must_use]
    pub fn inner(&self, name: &str, instance: Option<InstanceKey>) -> Self {
        let mut steps = self.0.clone();
        steps.push(ModuleStep {
            name: name.to_owned(),
            instance,
        });
        Self(steps)
    }
    /// A path as seen from inside this one.
    #[must_use]
    pub fn join(&self, inner: &ModulePath) -> Self {
        Self(self.0.iter().chain(&inner.0).cloned().collect())
    }
    /// Whether `other` is this module, an instance of it, or inside of it: a step without an instance names all.
    pub fn covers(&self, other: &ModulePath) -> bool {
        self.0.len() <= other.0.len() && self.steps_cover(other)
    }
    fn steps_cover(&self, other: &ModulePath) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| {
            mine.name == theirs.name
                && (mine.instance.is_none() || mine.instance == theirs.instance)
        })
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            write!(f, "{dot}module.{}", step.name)?;
            if let Some(instance) = &step.instance {
                instance.fmt(f)?;
            }
        }
        Ok(())
    }
}

/// Where in the configuration a resource instance is declared. Sorted by module, type, name, instance; the root first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address {
    /// The module that declares it.
    pub module: ModulePath,
    /// Resource type, e.g. `velero_schedule`.
    pub kind: String,
    /// Resource name.
    pub name: String,
    /// Instance, where the resource has `for_each` or `count`.
    pub instance: Option<InstanceKey>,
}

impl Address {
    /// `kind.name` of the root module, without an instance.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            module: ModulePath::ROOT,
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
    /// The same as seen from outside of a module: what that module calls `a.b` is `module.m.a.b`.
    #[must_use]
    pub fn within(&self, module: &ModulePath) -> Self {
        Self {
            module: module.join(&self.module),
            ..self.clone()
        }
    }
    /// Whether `self`, as written after `-target`, names `other`: a resource or module without an instance names all its
    /// instances.
    pub fn covers(&self, other: &Address) -> bool {
        self.kind == other.kind
            && self.name == other.name
            && (self.instance.is_none() || self.instance == other.instance)
            && self.module.0.len() == other.module.0.len()
            && self.module.steps_cover(&other.module)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        match &self.instance {
            None => Ok(()),
            Some(instance) => instance.fmt(f),
        }
    }
}

/// What `-target` and its like name: a resource, or everything in a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Target {
    /// Everything in a module, in the modules it calls too.
    Module(ModulePath),
    /// A resource, all its instances or one.
    Resource(Address),
}

impl Target {
    /// Whether it names a resource instance.
    pub fn covers(&self, address: &Address) -> bool {
        match self {
            Target::Module(module) => module.covers(&address.module),
            Target::Resource(resource) => resource.covers(address),
        }
    }
    /// The same as seen from outside of a module.
    #[must_use]
    pub fn within(&self, module: &ModulePath) -> Self {
        match self {
            Target::Module(inner) => Target::Module(module.join(inner)),
            Target::Resource(address) => Target::Resource(address.within(module)),
        }
    }
}

impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Target::Resource(address)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(module) => module.fmt(f),
            Target::Resource(address) => address.fmt(f),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Target {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text that is no address, with the reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{text}` is not an address: {reason}; expected TYPE.NAME, TYPE.NAME[\"key\"] or TYPE.NAME[0], behind module.NAME. where it is in a module"
)]
pub struct InvalidAddress {
    text: String,
    reason: &'static str,
}

impl FromStr for Address {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<Target>()? {
            Target::Resource(address) => Ok(address),
            Target::Module(_) => Err(InvalidAddress {
                text: text.to_owned(),
                reason: "it names a module, and no resource in it",
            }),
        }
    }
}

impl FromStr for Target {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|reason| InvalidAddress {
            text: text.to_owned(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<Target, &'static str> {
    let mut module = ModulePath::ROOT;
    let mut rest = text;
    loop {
        let (kind, after) = rest.split_once('.').ok_or("there is no dot")?;
        let (name, after) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
        if !is_identifier(kind) || !is_identifier(name) {
            return Err("a part is not an identifier");
        }
        let (instance, after) = instance(after)?;
        if kind != "module" {
            if !after.is_empty() {
                return Err("there is something behind it");
            }
            return Ok(Target::Resource(Address {
                module,
                kind: kind.to_owned(),
                name: name.to_owned(),
                instance,
            }));
        }
        module = module.inner(name, instance);
        if after.is_empty() {
            return Ok(Target::Module(module));
        }
        rest = after.strip_prefix('.').ok_or("there is no dot")?;
    }
}

/// The instance at the start of a text, where there is one, and what is behind it.
fn instance(text: &str) -> Result<(Option<InstanceKey>, &str), &'static str> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok((None, text));
    };
    let neither = "the instance is neither a number nor a quoted text";
    let length = if inner.starts_with('"') {
        quoted_length(inner).ok_or("the bracket does not end")?
    } else {
        inner.find(']').ok_or("the bracket does not end")?
    };
    let (key, after) = inner.split_at(length);
    let after = after.strip_prefix(']').ok_or("the bracket does not end")?;
    let key = match key.parse::<u64>() {
        Ok(index) => InstanceKey::Index(index),
        Err(_) => InstanceKey::Name(serde_json::from_str(key).map_err(|_| neither)?),
    };
    Ok((Some(key), after))
}

/// Bytes of the quoted text that a text begins with, its quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
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
            "module.m.a.b",
            "module.m[\"k.]\\\"[\"].module.n[0].a.b[\"c.d\"]",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for text in ["module.m", "module.m[\"k\"].module.n"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        for text in [
            "",
            "a",
            "a.b[",
            "a.b[x]",
            "a.1",
            ".b",
            "a.b]",
            "a.b.c",
            "a.b[0].c",
            "module",
            "module.m.",
            "module.m.a",
            "module.m[0]a.b",
            "a.b[\"x]",
            "a.b[\"x\"",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_target_covers() {
        let covers = |target: &str, address: &str| {
            target
                .parse::<Target>()
                .unwrap()
                .covers(&address.parse().unwrap())
        };
        for (target, address, expected) in [
            ("a.b", "a.b[0]", true),
            ("a.b[0]", "a.b[1]", false),
            ("a.b", "module.m.a.b", false),
            ("module.m.a.b", "a.b", false),
            ("module.m", "module.m.a.b", true),
            ("module.m", "module.m[\"k\"].module.n.a.b[0]", true),
            ("module.m[\"k\"]", "module.m[\"l\"].a.b", false),
            ("module.m.a.b", "module.m[\"k\"].a.b[0]", true),
            ("module.m.a.b", "module.m.module.n.a.b", false),
            ("module.m.module.n", "module.m.a.b", false),
        ] {
            assert_eq!(covers(target, address), expected, "{target} {address}");
        }
    }
}
