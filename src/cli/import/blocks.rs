//! From chosen objects to the text of a configuration: names, references, and what is said beside them. Pure.

use super::entry::{Entry, addresses};
use crate::kinds::{self, Home, Kind};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::schema::{Field, Shape};
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
    pub(super) entries: &'a [Entry<'a>],
    /// What no block can declare: it stands in comments.
    pub(super) unsaid: &'a [Entry<'a>],
}

/// The text, and the address that each entry got.
pub(super) struct Written {
    /// The text.
    pub(super) text: String,
    /// In the order of the entries.
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
        argument: &["namespaces"],
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

const IMPORT: &[Field] = &[
    Field::new("to", Shape::Text, "Address of the resource."),
    Field::new("id", Shape::Text, "Its natural key."),
];

/// Above the first import block.
const ADOPTION: &str = "The next apply makes what exists ours; after it these blocks can go.";

impl Document<'_> {
    /// Writes it.
    pub(super) fn written(&self) -> Written {
        let addresses = addresses(self.entries, self.taken.clone());
        let mut known = self.declared.clone();
        let named = self.entries.iter().zip(&addresses);
        known.extend(
            named.filter_map(|(entry, address)| Some((entry.key()?.clone(), address.clone()))),
        );
        let mut parts = vec![format!(
            "{}\n",
            comment(&format!("Imported from {}.", self.heading))
        )];
        parts.extend(self.stack.as_ref().map(|stack| settings(stack)));
        parts.extend(self.provider.map(provider));
        for (entry, address) in self.entries.iter().zip(&addresses) {
            parts.push(entry_block(&known, entry, address));
        }
        let unsaid = self.unsaid.iter();
        parts.extend(unsaid.map(|entry| commented(&known, entry)));
        parts.extend(adoptions(self.entries, &addresses));
        Written {
            text: parts.join("\n"),
            addresses,
        }
    }
}

fn entry_block(known: &BTreeMap<Key, Address>, entry: &Entry<'_>, address: &Address) -> String {
    let translation = Translation {
        known,
        entry,
        address,
    };
    let fields = entry.kind.schema().fields;
    block(&Block {
        comments: entry.remarks(),
        header: vec![
            "resource".to_owned(),
            address.kind.clone(),
            address.name.clone(),
        ],
        fields,
        body: translation.members(fields, &entry.body(address), &[]),
        ignored: entry.ignored(),
    })
}

/// A block that is none: what it would say, and why it cannot be said.
fn commented(known: &BTreeMap<Key, Address>, entry: &Entry<'_>) -> String {
    let addresses = addresses(std::slice::from_ref(entry), BTreeSet::new());
    let text = addresses
        .first()
        .map(|address| entry_block(known, entry, address));
    let text = text.unwrap_or_default();
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(_) => line.to_owned(),
        None => comment(line),
    });
    lines.map(|line| line + "\n").collect()
}

fn settings(stack: &str) -> String {
    block(&Block {
        comments: vec!["Name of this configuration; choose it before the first apply.".to_owned()],
        header: vec!["sk_dr".to_owned()],
        fields: SETTINGS,
        body: [("stack".to_owned(), Term::Value(stack.into()))].into(),
        ignored: Vec::new(),
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
        ignored: Vec::new(),
    })
}

/// A block for each entry that is not ours yet, under its natural key: the next apply adopts it (R24).
fn adoptions(entries: &[Entry<'_>], addresses: &[Address]) -> Vec<String> {
    let needed = entries
        .iter()
        .zip(addresses)
        .filter(|(entry, _)| entry.is_to_be_adopted());
    let named = needed.filter_map(|(entry, address)| Some((entry.id()?, address)));
    named
        .enumerate()
        .map(|(at, (id, address))| {
            let first = (at == 0).then(|| ADOPTION.to_owned());
            block(&Block {
                comments: first.into_iter().collect(),
                header: vec!["import".to_owned()],
                fields: IMPORT,
                body: [
                    ("to".to_owned(), Term::Reference(address.to_string())),
                    ("id".to_owned(), Term::Value(id.to_string().into())),
                ]
                .into(),
                ignored: Vec::new(),
            })
        })
        .collect()
}

/// One entry on its way to a block.
struct Translation<'a> {
    known: &'a BTreeMap<Key, Address>,
    entry: &'a Entry<'a>,
    address: &'a Address,
}

impl Translation<'_> {
    fn members(&self, fields: &[Field], body: &Json, above: &[&str]) -> BTreeMap<String, Term> {
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
                (_, value) => self.named(value, &path),
            };
            members.insert(field.name.to_owned(), term);
        }
        members
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
            Some(address) if address != self.address => {
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
        let namespace = self.entry.namespace().filter(|_| resource.namespaced);
        Some(Key::Kube {
            namespace: namespace.map(str::to_owned),
            resource,
            name: name.to_owned(),
        })
    }
}
