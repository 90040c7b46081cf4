//! Whose is a live object (R21 to R24): the table of `docs/ownership.md` as one function.

use super::{managers, marks};
use crate::model::address::Address;
use crate::model::identity::{
    ADDRESS_LABEL, KubeResource, MANAGED_BY, MANAGED_BY_LABEL, MarkPlace, OWNER_ANNOTATION,
    STACK_LABEL, address_label, owner_label, owner_mark, owner_mark_suffix,
};
use crate::model::json_path::JsonPath;
use serde_json::Value as Json;
use std::fmt;

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Our stack's mark, made for this very object in this very cluster.
    Ours {
        /// Value of its address label.
        address_label: String,
        /// Created by us or adopted.
        origin: Origin,
    },
    /// No mark at all.
    Unmarked,
    /// Another stack's mark.
    OtherStack(String),
    /// Our stack's mark on an object that it was not made for (R23).
    Copy(Copied),
    /// Our stack's label without a readable owner annotation: proves nothing.
    Damaged,
}

/// What tells that a mark came along with a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// It names another object or cluster.
    Names(String),
    /// It names its bearer, and somebody else wrote it: whoever copies an object may change the name in the mark too, but
    /// the server notes who wrote a field, and takes no word for it with a new object.
    WrittenBy(String),
}

impl fmt::Display for Copied {
    /// As the end of a sentence about the mark.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Copied::Names(mark) => write!(
                f,
                "was made for another object ({mark}): it came along with a backup or a clone"
            ),
            Copied::WrittenBy(who) => write!(
                f,
                "was written by {who} and not by sk-dr: it came along with a copy"
            ),
        }
    }
}

/// How an owned object became ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// We made it: removing the block deletes it.
    Created,
    /// It was there before: removing the block releases it.
    Adopted,
}

/// Where an object lives, for its mark.
pub struct Bearer<'a> {
    /// UID of the cluster's kube-system.
    pub cluster_uid: &'a str,
    /// Its type.
    pub resource: &'a KubeResource,
    /// The object.
    pub live: &'a Json,
}

/// Whose the object is, seen from a stack.
pub fn standing(bearer: &Bearer<'_>, stack: &str) -> Standing {
    let labels = &bearer.live["metadata"]["labels"];
    match (labels[STACK_LABEL].as_str(), owner(bearer)) {
        (None, None) => Standing::Unmarked,
        (None, Some(_)) => Standing::Damaged,
        (Some(other), _) if other != stack => Standing::OtherStack(other.to_owned()),
        (Some(_), None) => Standing::Damaged,
        (Some(_), Some(mark)) if !mark.is_of(bearer) => {
            Standing::Copy(Copied::Names(mark.text().to_owned()))
        }
        (Some(_), Some(mark)) if !managers::holds(bearer.live, &mark.place()) => {
            Standing::Copy(Copied::WrittenBy(writer(bearer.live, &mark.place())))
        }
        (Some(_), Some(_)) => Standing::Ours {
            address_label: labels[ADDRESS_LABEL]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            origin: origin(bearer.live),
        },
    }
}

/// What says whose an object is, beside the label that selects it.
enum Owner<'a> {
    /// The annotation: also on objects of types that keep it in a label, where an earlier version wrote it.
    Annotation(&'a str),
    /// The label.
    Label(&'a str),
}

fn owner<'a>(bearer: &Bearer<'a>) -> Option<Owner<'a>> {
    let metadata = &bearer.live["metadata"];
    let label = match bearer.resource.mark_place() {
        MarkPlace::Labels => metadata["labels"][OWNER_ANNOTATION].as_str(),
        MarkPlace::Annotations => None,
    };
    let annotation = metadata["annotations"][OWNER_ANNOTATION].as_str();
    label
        .map(Owner::Label)
        .or_else(|| annotation.map(Owner::Annotation))
}

impl Owner<'_> {
    fn text(&self) -> &str {
        match self {
            Owner::Annotation(text) | Owner::Label(text) => text,
        }
    }
    fn is_of(&self, bearer: &Bearer<'_>) -> bool {
        match self {
            Owner::Annotation(text) => *text == expected_mark(bearer),
            Owner::Label(text) => *text == expected_label(bearer),
        }
    }
    fn place(&self) -> JsonPath {
        match self {
            Owner::Annotation(_) => marks::annotation(OWNER_ANNOTATION),
            Owner::Label(_) => marks::label(OWNER_ANNOTATION),
        }
    }
}

/// Whether the mark of an object names it, whoever wrote it.
pub fn names_bearer(bearer: &Bearer<'_>) -> bool {
    owner(bearer).is_some_and(|mark| mark.is_of(bearer))
}

/// Whether our field manager owns the mark: a copy by whatever tool has other managers, since the server gives each field of
/// a new object to whoever sent it. Velero puts `managedFields` back with what it restores, so that an object which comes
/// back under its own name is ours again.
pub fn is_written_by_us(live: &Json) -> bool {
    let places = [
        marks::label(OWNER_ANNOTATION),
        marks::annotation(OWNER_ANNOTATION),
    ];
    places.iter().any(|place| managers::holds(live, place))
}

fn writer(live: &Json, place: &JsonPath) -> String {
    managers::last_writer(live, place).map_or_else(|| "somebody".to_owned(), |manager| manager.name)
}

/// Created carries the managed-by label; anything else is treated as adopted, since a release loses nothing.
pub fn origin(live: &Json) -> Origin {
    match live["metadata"]["labels"][MANAGED_BY_LABEL].as_str() {
        Some(MANAGED_BY) => Origin::Created,
        Some(_) | None => Origin::Adopted,
    }
}

/// The owner annotation this bearer should have.
pub fn expected_mark(bearer: &Bearer<'_>) -> String {
    let metadata = &bearer.live["metadata"];
    owner_mark(
        bearer.cluster_uid,
        bearer.resource,
        metadata["namespace"].as_str(),
        metadata["name"].as_str().unwrap_or_default(),
    )
}

/// The owner label this bearer should have, where its type keeps the mark in labels.
fn expected_label(bearer: &Bearer<'_>) -> String {
    let metadata = &bearer.live["metadata"];
    let namespace = metadata["namespace"].as_str();
    let name = metadata["name"].as_str().unwrap_or_default();
    let suffix = owner_mark_suffix(bearer.resource, namespace, name);
    owner_label(bearer.cluster_uid, &suffix)
}

/// Whether an address label stands for an address.
pub fn is_label_of(label: &str, address: &Address) -> bool {
    label == address_label(address)
}
