//! What Velero's kinds share: resource types, keys and pieces of tables. Must not know how a Velero server is installed.

use super::syntax::known_text;
use crate::model::condition::{Condition, Wait};
use crate::model::duration::GoDuration;
use crate::model::identity::{Key, KubeResource};
use crate::model::json_path::JsonPath;
use crate::model::resource::Resource;
use crate::model::schema::{Compare, Field, Literal, Shape, Values};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Group and version of all of them.
pub(super) const API_VERSION: &str = "velero.io/v1";
/// Seconds that Velero gets to say whether a location or schedule is good: it looks once a minute.
const LIMIT_S: u64 = 120;

pub(super) const NAME: Field = Field::new("name", Shape::Text, "Name of the object.")
    .required()
    .values(Values::Static)
    .at("metadata.name")
    .compare(Compare::Never);
pub(super) const NAMESPACE: Field = Field::new(
    "namespace",
    Shape::Text,
    "Namespace that the Velero server runs in.",
)
.default(Literal::Text("velero"))
.values(Values::Static)
.at("metadata.namespace")
.compare(Compare::Never);
pub(super) const LABELS: Field = Field::new(
    "labels",
    Shape::TextMap,
    "Labels of the object. Keys that others set are left alone.",
)
.at("metadata.labels")
.compare(Compare::MapOwnedKeys);
pub(super) const ANNOTATIONS: Field = Field::new(
    "annotations",
    Shape::TextMap,
    "Annotations of the object. Keys that others set are left alone.",
)
.at("metadata.annotations")
.compare(Compare::MapOwnedKeys);
pub(super) const ID: Field = Field::new("id", Shape::Text, "Name of the object.")
    .computed()
    .at("metadata.name");
pub(super) const UID: Field = Field::new(
    "uid",
    Shape::Text,
    "UID that the API server gave the object.",
)
.computed()
.at("metadata.uid");
pub(super) const TIMEOUTS: Field = Field::new(
    "timeouts",
    Shape::Block(TIMEOUT_FIELDS),
    "How long to wait.",
);
const TIMEOUT_FIELDS: &[Field] = &[
    Field::new(
        "create",
        Shape::Duration,
        "For a new object to be ready; `2m` where it is not set.",
    )
    .compare(Compare::Never),
    Field::new(
        "update",
        Shape::Duration,
        "For a changed object to be ready; `2m` where it is not set.",
    )
    .compare(Compare::Never),
    Field::new(
        "delete",
        Shape::Duration,
        "For a deleted object to be gone; `2m` where it is not set.",
    )
    .compare(Compare::Never),
];

pub(super) const SECRET_KEY: &[Field] = &[
    Field::new("name", Shape::Text, "Name of the Secret.")
        .required()
        .at("name"),
    Field::new("key", Shape::Text, "Key in the Secret.")
        .required()
        .at("key"),
];

/// A resource type of Velero.
pub(super) fn resource(plural: &'static str, kind: &'static str) -> KubeResource {
    KubeResource {
        group: "velero.io".into(),
        version: "v1".into(),
        plural: plural.into(),
        kind: kind.into(),
        namespaced: true,
    }
}

/// `backupstoragelocations.velero.io`.
pub(super) fn location() -> KubeResource {
    resource("backupstoragelocations", "BackupStorageLocation")
}

/// `schedules.velero.io`.
pub(super) fn schedule() -> KubeResource {
    resource("schedules", "Schedule")
}

/// `volumesnapshotlocations.velero.io`.
pub(super) fn snapshot_location() -> KubeResource {
    resource("volumesnapshotlocations", "VolumeSnapshotLocation")
}

/// Key of a declared object: name and namespace are static, so that they are missing only where a mistake was found.
pub(super) fn key(type_: KubeResource, declared: &Resource) -> Option<Key> {
    let name = declared.text("name")?;
    Some(Key::Kube {
        resource: type_,
        namespace: Some(namespace(declared)),
        name,
    })
}

/// Its namespace.
pub(super) fn namespace(declared: &Resource) -> String {
    declared
        .text("namespace")
        .unwrap_or_else(|| "velero".to_owned())
}

/// Key of an object in a namespace, named by plain text.
pub(super) fn named_key(type_: KubeResource, namespace: &str, name: &str) -> Key {
    Key::Kube {
        resource: type_,
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

/// Namespace of a live object.
pub(super) fn live_namespace(live: &Json) -> Option<&str> {
    live.get("metadata")?.get("namespace")?.as_str()
}

/// Computed attributes of all of them.
pub(super) fn computed() -> BTreeMap<&'static str, JsonPath> {
    BTreeMap::from([
        ("id", JsonPath::dotted("metadata.name")),
        ("uid", JsonPath::dotted("metadata.uid")),
    ])
}

/// A wait with the limit of a `timeouts` block, else Velero's usual.
pub(super) fn wait(declared: Option<&Resource>, condition: Condition, timeout: &str) -> Wait {
    Wait {
        condition,
        limit_s: limit_s(declared, timeout).unwrap_or(LIMIT_S),
    }
}

/// Seconds that a `timeouts` block sets.
pub(super) fn limit_s(declared: Option<&Resource>, timeout: &str) -> Option<u64> {
    let text = known_text(&declared?.in_block("timeouts", timeout)?)?;
    text.parse::<GoDuration>()
        .ok()
        .map(GoDuration::seconds_rounded_up)
}
