//! The `metadata` block of kinds that live in a namespace and are named as Kubernetes names its objects: its table, the
//! key that it tells, and what it must hold. Must not know any one kind.

use super::syntax::{Checker, dns_label, dns_subdomain, known_text};
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::model::schema::{Compare, Field, Literal, Shape, Values};
use std::collections::BTreeMap;

/// The block.
pub(super) const METADATA: Field = Field::new(
    "metadata",
    Shape::Block(MEMBERS),
    "Name, namespace, labels and annotations.",
)
.required()
.at("metadata")
.compare(Compare::Never);

/// Name of the object, as a computed attribute.
pub(super) const ID: Field = Field::new("id", Shape::Text, "Name of the object.")
    .computed()
    .at("metadata.name");

const MEMBERS: &[Field] = &[
    Field::new("name", Shape::Text, "Name of the object.")
        .required()
        .values(Values::Static)
        .at("name")
        .compare(Compare::Never),
    Field::new("generate_name", Shape::Text, "Not supported.").rejected(
        "a generated name is another one at every run, so that nothing could be found again; write `name`",
    ),
    Field::new("namespace", Shape::Text, "Its namespace.")
        .default(Literal::Text("default"))
        .values(Values::Static)
        .at("namespace")
        .compare(Compare::Never),
    Field::new("labels", Shape::TextMap, "Labels. Keys that others set are left alone.")
        .at("labels")
        .compare(Compare::MapOwnedKeys),
    Field::new("annotations", Shape::TextMap, "Annotations. Keys that others set are left alone.")
        .at("annotations")
        .compare(Compare::MapOwnedKeys),
    Field::new("uid", Shape::Text, "UID that the API server gave the object.").computed().at("uid"),
];

/// Declared namespace.
pub(super) fn namespace(declared: &Resource) -> String {
    declared
        .in_block("metadata", "namespace")
        .as_ref()
        .and_then(known_text)
        .unwrap_or_else(|| "default".to_owned())
}

/// Key of a declared object; `None` only where its name is a mistake that was reported.
pub(super) fn key(resource: KubeResource, declared: &Resource) -> Option<Key> {
    Some(Key::Kube {
        resource,
        namespace: Some(namespace(declared)),
        name: known_text(&declared.in_block("metadata", "name")?)?,
    })
}

/// Checks the names in the block.
pub(super) fn validate(checker: &mut Checker<'_>) {
    let name = checker
        .resource
        .in_block("metadata", "name")
        .as_ref()
        .and_then(known_text);
    checker.name("metadata.name", name.as_deref(), dns_subdomain);
    let namespace = namespace(checker.resource);
    checker.name("metadata.namespace", Some(&namespace), dns_label);
}

/// Computed attributes of all of them.
pub(super) fn computed() -> BTreeMap<&'static str, JsonPath> {
    BTreeMap::from([
        ("id", JsonPath::dotted("metadata.name")),
        ("metadata[0].uid", JsonPath::dotted("metadata.uid")),
    ])
}

/// A type of the core group whose objects live in a namespace.
pub(super) fn core(plural: &'static str, kind: &'static str) -> KubeResource {
    KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: plural.into(),
        kind: kind.into(),
        namespaced: true,
    }
}
