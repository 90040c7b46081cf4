//! From chosen objects to the text of a configuration: names, references, and what is said beside them. Pure.

use super::choice::{Adoption, Candidate};
use crate::kinds::{self, Home, Kind};
use crate::model::address::{Address, is_identifier};
use crate::model::expression::Expr;
use crate::model::identity::{Key, KubeResource};
use crate::model::schema::{Field, Shape, Values};
use crate::render::hcl::{Block, Term, block, comment};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that goes into the text.
pub(super) struct Document<'a> {
    /// Where it comes from, for the first line.
    pub(super) heading: String,
    /// Name of the stack, where there is no settings block yet.
    pub(super) stack: Option<String>,
    /// Arguments of the provider block, where there is none yet.
    pub(super) provider: Option<&'a Expr>,
    /// Addresses that are taken.
    pub(super) taken: BTreeSet<Address>,
    /// What is declared already.
    pub(super) declared: &'a BTreeMap<Key, Address>,
    /// What is to be declared.
    pub(super) candidates: &'a [Candidate<'a>],
}

/// The text, and the address that each candidate got.
pub(super) struct Written {
    /// The text.
    pub(super) text: String,
    /// In the order of the candidates.
    pub(super) addresses: Vec<Address>,
}

/// An argument that names another object, by the end of its path.
struct Naming {
    argument: &'static [&'static str],
    kind: &'static str,
    output: &'static str,
}

const NAMINGS: &[Naming] = &[
    Naming {
        argument: &["namespace"],
        kind: "kubernetes_namespace",
        output: "metadata[0].name",
    },
    Naming {
        argument: &["included_namespaces"],
        kind: "kubernetes_namespace",
        output: "metadata[0].name",
    },
    Naming {
        argument: &["storage_location"],
        kind: "velero_backup_storage_location",
        output: "name",
    },
    Naming {
        argument: &["volume_snapshot_locations"],
        kind: "velero_volume_snapshot_location",
        output: "name",
    },
];

const SETTINGS: &[Field] = &[Field::new("stack", Shape::Text, "Name of the stack.")];
const SECRET: &[Field] = &[Field::new("env", Shape::Text, "Variable that holds it.")];

impl Document<'_> {
    /// Writes it.
    pub(super) fn written(&self) -> Written {
        let addresses = addresses(self.candidates, self.taken.clone());
        let known: BTreeMap<&Key, &Address> = self
            .declared
            .iter()
            .chain(self.candidates.iter().map(|one| one.key).zip(&addresses))
            .collect();
        let mut parts = vec![format!(
            "{}\n",
            comment(&format!("Imported from {}.", self.heading))
        )];
        parts.extend(self.stack.as_ref().map(|stack| settings(stack)));
        parts.extend(self.provider.map(provider));
        for (candidate, address) in self.candidates.iter().zip(&addresses) {
            let mut translation = Translation {
                known: &known,
                candidate,
                address,
                secrets: BTreeMap::new(),
            };
            let body = translation.body();
            parts.extend(
                translation
                    .secrets
                    .into_iter()
                    .map(|(name, variable)| secret(name, variable)),
            );
            parts.push(block(&Block {
                comments: candidate.remarks.clone(),
                header: vec![
                    "resource".to_owned(),
                    address.kind.clone(),
                    address.name.clone(),
                ],
                fields: candidate.kind.schema().fields,
                body,
            }));
        }
        parts.extend(adoption(self.candidates, &addresses));
        Written {
            text: parts.join("\n"),
            addresses,
        }
    }
}

fn settings(stack: &str) -> String {
    block(&Block {
        comments: vec!["Name of this configuration; choose it before the first apply.".to_owned()],
        header: vec!["sk_dr".to_owned()],
        fields: SETTINGS,
        body: [("stack".to_owned(), Term::Value(stack.into()))].into(),
    })
}

fn provider(arguments: &Expr) -> String {
    let known = arguments.known().and_then(Json::as_object);
    let body = known
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), Term::Value(value.clone())));
    block(&Block {
        comments: Vec::new(),
        header: vec!["provider".to_owned(), "kubernetes".to_owned()],
        fields: kinds::providers::arguments("kubernetes").unwrap_or_default(),
        body: body.collect(),
    })
}

fn secret(name: String, variable: String) -> String {
    block(&Block {
        comments: vec![
            "Give it the value that the cluster has, or the next apply changes it there."
                .to_owned(),
        ],
        header: vec!["secret".to_owned(), name],
        fields: SECRET,
        body: [("env".to_owned(), Term::Value(variable.into()))].into(),
    })
}

/// The command line that adopts what is not ours yet.
fn adoption(candidates: &[Candidate<'_>], addresses: &[Address]) -> Option<String> {
    let mut flags = candidates
        .iter()
        .zip(addresses)
        .filter(|(candidate, _)| candidate.adoption == Adoption::Needed)
        .map(|(_, address)| format!("-adopt={}", crate::plan::shell_word(&address.to_string())))
        .peekable();
    flags.peek()?;
    let words: Vec<String> = ["sk-dr plan".to_owned()].into_iter().chain(flags).collect();
    let lines = [
        "# To adopt all of it:".to_owned(),
        format!("#   {}", words.join(" \\\n#     ")),
    ];
    Some(lines.join("\n") + "\n")
}

/// An address for each candidate that nothing else has.
fn addresses(candidates: &[Candidate<'_>], mut taken: BTreeSet<Address>) -> Vec<Address> {
    let mut found = Vec::new();
    for candidate in candidates {
        let kind = candidate.kind.schema().kind;
        let (namespace, name) = match candidate.key {
            Key::Kube {
                namespace, name, ..
            } => (namespace.as_deref(), name.as_str()),
            Key::Composite {
                namespace, name, ..
            } => (namespace.as_deref(), name.as_str()),
            Key::Cluster { name } => (None, name.as_str()),
        };
        let plain = identifier(name);
        let full = namespace.map(|namespace| identifier(&format!("{namespace}_{name}")));
        let numbered = (2..).map(|number: u64| format!("{plain}_{number}"));
        let mut names = [plain.clone()].into_iter().chain(full).chain(numbered);
        let free = names.find_map(|name| {
            let address = Address::new(kind, name);
            taken.insert(address.clone()).then_some(address)
        });
        found.extend(free);
    }
    found
}

/// A name as an identifier of the language.
fn identifier(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if is_identifier(&plain) {
        plain
    } else {
        format!("_{plain}")
    }
}

/// One object on its way to a body.
struct Translation<'a> {
    known: &'a BTreeMap<&'a Key, &'a Address>,
    candidate: &'a Candidate<'a>,
    address: &'a Address,
    /// Name of each secret that stands for a value, and its variable.
    secrets: BTreeMap<String, String>,
}

impl Translation<'_> {
    fn body(&mut self) -> BTreeMap<String, Term> {
        let least = kinds::least::declaration(self.candidate.kind, self.candidate.live);
        self.members(self.candidate.kind.schema().fields, &least, &[])
    }

    fn members(&mut self, fields: &[Field], body: &Json, above: &[&str]) -> BTreeMap<String, Term> {
        let mut members = BTreeMap::new();
        for field in fields {
            let Some(value) = body.get(field.name) else {
                continue;
            };
            let path = [above, &[field.name]].concat();
            let term = match (&field.shape, value) {
                (Shape::Block(inner) | Shape::Blocks(inner), Json::Array(blocks)) => {
                    let blocks = blocks
                        .iter()
                        .map(|block| Term::Map(self.members(inner, block, &path)));
                    Term::List(blocks.collect())
                }
                (_, value) if field.values == Values::SecretAllowed => {
                    self.hidden(value, field.name)
                }
                (_, value) => self.named(value, &path),
            };
            members.insert(field.name.to_owned(), term);
        }
        members
    }

    /// A value that may be secret is: a reference to fill in stands for it.
    fn hidden(&mut self, value: &Json, name: &str) -> Term {
        match value {
            Json::Object(members) => Term::Map(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.hidden(value, name)))
                    .collect(),
            ),
            Json::Array(members) => {
                let members = members.iter().enumerate();
                Term::List(
                    members
                        .map(|(at, value)| self.hidden(value, &format!("{name}_{at}")))
                        .collect(),
                )
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                let secret = identifier(&format!("{}_{name}", self.address.name));
                self.secrets.insert(secret.clone(), secret.to_uppercase());
                Term::Reference(format!("secret.{secret}"))
            }
        }
    }

    /// A text that names something declared becomes a reference to it.
    fn named(&self, value: &Json, path: &[&str]) -> Term {
        let naming = NAMINGS
            .iter()
            .find(|naming| path.ends_with(naming.argument));
        match (naming, value) {
            (Some(naming), Json::Array(members)) => Term::List(
                members
                    .iter()
                    .map(|member| self.reference(naming, member))
                    .collect(),
            ),
            (Some(naming), value) => self.reference(naming, value),
            (None, value) => Term::Value(value.clone()),
        }
    }

    fn reference(&self, naming: &Naming, value: &Json) -> Term {
        let target = value.as_str().and_then(|name| {
            let kind = kinds::find(naming.kind)?;
            let key = self.key_of(kind, name)?;
            self.known.get(&key)
        });
        match target {
            Some(address) if *address != self.address => {
                Term::Reference(format!("{address}.{}", naming.output))
            }
            Some(_) | None => Term::Value(value.clone()),
        }
    }

    /// Key of an object that this one names: beside it, where its type lives in namespaces.
    fn key_of(&self, kind: &dyn Kind, name: &str) -> Option<Key> {
        let Home::Kube(resource) = kind.home() else {
            return None;
        };
        let beside = |resource: &KubeResource| match self.candidate.key {
            Key::Kube { namespace, .. } if resource.namespaced => namespace.clone(),
            Key::Kube { .. } | Key::Cluster { .. } | Key::Composite { .. } => None,
        };
        Some(Key::Kube {
            namespace: beside(&resource),
            resource,
            name: name.to_owned(),
        })
    }
}
