//! Identity and the mark (R21 to R23): provider instance + type + natural key, written on every object we own.

use super::address::Address;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt;

/// What every mark starts with.
pub const MARK_PREFIX: &str = "sk-dr.io/";
/// Field manager of every write of ours.
pub const FIELD_MANAGER: &str = "sk-dr";
/// Label: the stack that owns the object.
pub const STACK_LABEL: &str = "sk-dr.io/stack";
/// Label: the address, or a digest of it where characters are not allowed ([`address_label`]).
pub const ADDRESS_LABEL: &str = "sk-dr.io/address";
/// Annotation: the address in full, where the label holds a digest of it ([`MarkPlace`] says for which types).
pub const ADDRESS_ANNOTATION: &str = "sk-dr.io/address";
/// Annotation: `v1/<cluster uid>/<group.kind>/<namespace>/<name>`. Differs from its bearer on a copy (R23). A label of the
/// same name where annotations travel ([`MarkPlace`]).
pub const OWNER_ANNOTATION: &str = "sk-dr.io/owner";
/// Annotation, or label where annotations travel: run and step that created the object; proves after a lost answer that the create was ours.
pub const STEP_ANNOTATION: &str = "sk-dr.io/step";
/// Start of the labels that hold the address in full where no annotation may: the number of the part follows.
const ADDRESS_PART: &str = "sk-dr.io/address-";
/// Bytes of an address in one of these labels: base64 between two letters, of at most 63 characters.
const PART_BYTES: usize = 45;

/// Annotation: `true` where the resource said that data is lost with the object (R27); read once nothing declares it.
pub const HOLDS_DATA_ANNOTATION: &str = "sk-dr.io/holds-data";

/// Annotation: which fields a manifest declared when we last wrote it; what is declared no more is taken off.
pub const FIELDS_ANNOTATION: &str = "sk-dr.io/fields";

/// Label set on what we created, never on what we adopted (R22): tells a delete from a release (R24).
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// Its value.
pub const MANAGED_BY: &str = "sk-dr";
/// A provider block: `kubernetes` or `kubernetes.eu`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct ProviderRef {
    /// Provider type: `kubernetes`.
    pub provider: String,
    /// Alias, where the block has one.
    pub alias: Option<String>,
}

impl fmt::Display for ProviderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            None => f.write_str(&self.provider),
            Some(alias) => write!(f, "{}.{alias}", self.provider),
        }
    }
}

impl From<ProviderRef> for String {
    fn from(provider: ProviderRef) -> Self {
        provider.to_string()
    }
}

impl From<String> for ProviderRef {
    fn from(text: String) -> Self {
        match text.split_once('.') {
            None => Self {
                provider: text,
                alias: None,
            },
            Some((provider, alias)) => Self {
                provider: provider.to_owned(),
                alias: Some(alias.to_owned()),
            },
        }
    }
}

/// Which real thing a provider block speaks to (R21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instance {
    /// Asked and answered: UID of the namespace kube-system.
    Known {
        /// That UID.
        kube_system_uid: String,
    },
    /// A cluster that this plan makes: identified at first touch (R31).
    MadeBy(Address),
    /// Lost by declaration (R1): nothing is asked of it, and another cluster takes its place, identified at first touch.
    Lost {
        /// UID of the lost cluster's kube-system, where it was declared or recorded: that one must not answer any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        /// The cluster of the same plan that takes its place: until it is made, silence is what is expected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replacement: Option<Address>,
    },
    /// A store that a recovery reads: its address is all that tells it, and nothing is made there.
    Store,
    /// Asked, no answer: everything under it is blocked.
    Unknown {
        /// Why, in words.
        reason: String,
    },
}

impl Instance {
    /// Whether it is reached for the first time by the run: nothing of it is known when the plan is made.
    pub fn is_deferred(&self) -> bool {
        match self {
            Instance::MadeBy(_) | Instance::Lost { .. } => true,
            Instance::Known { .. } | Instance::Store | Instance::Unknown { .. } => false,
        }
    }
}

/// A resource of the Kubernetes API, as in a URL. The names of types that a kind knows are constants: a key is made and
/// copied many times for each object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KubeResource {
    /// API group, empty for the core group.
    pub group: Cow<'static, str>,
    /// Version: `v1`.
    pub version: Cow<'static, str>,
    /// Plural in URLs: `schedules`.
    pub plural: Cow<'static, str>,
    /// Kind in bodies: `Schedule`.
    pub kind: Cow<'static, str>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

impl KubeResource {
    /// `schedules.velero.io`, `namespaces`: as kubectl names it.
    pub fn title(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
    /// Where the marks of its objects stand.
    pub fn mark_place(&self) -> MarkPlace {
        mark_place(&self.group, &self.kind)
    }
    /// `velero.io/v1`, `v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// Natural key of an object inside its provider instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// An object of the Kubernetes API.
    Kube {
        /// Its resource type.
        resource: KubeResource,
        /// Its namespace, where namespaced.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// A cluster made by a command: its declared name.
    Cluster {
        /// That name.
        name: String,
    },
    /// Something made of several objects, each of which has a key of its own.
    Composite {
        /// Resource type in the language: `velero_application`.
        kind: String,
        /// Namespace that it is kept in.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

impl Key {
    /// What it names, whatever version of its type it is read in: one object is served in several.
    pub fn identity(&self) -> String {
        match self {
            Key::Kube {
                resource,
                namespace,
                name,
            } => owner_mark_suffix(resource, namespace.as_deref(), name),
            Key::Cluster { .. } | Key::Composite { .. } => format!("{self:?}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Kube {
                namespace: Some(namespace),
                name,
                ..
            }
            | Key::Composite {
                namespace: Some(namespace),
                name,
                ..
            } => write!(f, "{namespace}/{name}"),
            Key::Kube {
                namespace: None,
                name,
                ..
            }
            | Key::Composite {
                namespace: None,
                name,
                ..
            }
            | Key::Cluster { name } => f.write_str(name),
        }
    }
}

/// Value of the owner annotation for a cluster UID and a key.
pub fn owner_mark(
    cluster_uid: &str,
    resource: &KubeResource,
    namespace: Option<&str>,
    name: &str,
) -> String {
    format!(
        "v1/{cluster_uid}/{}",
        owner_mark_suffix(resource, namespace, name)
    )
}

/// The part of the owner annotation after the cluster UID: `<group.kind>/<namespace>/<name>`.
pub fn owner_mark_suffix(resource: &KubeResource, namespace: Option<&str>, name: &str) -> String {
    let kind = if resource.group.is_empty() {
        resource.kind.to_string()
    } else {
        format!("{}.{}", resource.group, resource.kind)
    };
    format!("{kind}/{}/{name}", namespace.unwrap_or(""))
}

/// Where the marks of a type's objects stand beside the labels that select them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkPlace {
    /// In annotations.
    Annotations,
    /// In labels alone, since a controller copies all annotations to what it makes of the object.
    Labels,
}

/// What a controller copies from an object decides where our marks may stand on it, so that none travels.
///
/// Velero hands *all* annotations of a Schedule to each Backup, and so into the bucket, and nothing keeps them off;
/// labels stay behind as soon as `spec.template.metadata.labels` holds some.
pub fn mark_place(group: &str, kind: &str) -> MarkPlace {
    match (group, kind) {
        ("velero.io", "Schedule") => MarkPlace::Labels,
        (_, _) => MarkPlace::Annotations,
    }
}

/// The owner mark as a label value: cluster UID and a digest of the key.
pub fn owner_label(cluster_uid: &str, suffix: &str) -> String {
    format!("v1.{cluster_uid}.{}", owner_label_suffix(suffix))
}

/// The part of the owner label after the cluster UID, for a key as [`owner_mark_suffix`] writes it.
pub fn owner_label_suffix(suffix: &str) -> String {
    short_digest(suffix, 20)
}

/// First digits of the sha256 of a text.
pub fn short_digest(text: &str, digits: usize) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(text.as_bytes());
    let mut written = hex::encode(&digest[..digest.len().min(digits.div_ceil(2))]);
    written.truncate(digits);
    written
}

/// An address in full as labels, by key.
pub fn address_parts(address: &Address) -> Vec<(String, String)> {
    let text = address.to_string();
    let parts = text.as_bytes().chunks(PART_BYTES).enumerate();
    parts
        .map(|(at, part)| {
            let part = URL_SAFE_NO_PAD.encode(part);
            (format!("{ADDRESS_PART}{}", at + 1), format!("x{part}x"))
        })
        .collect()
}

/// The text that [`address_parts`] put into labels; `None` where there is none, or not all of it.
pub fn address_of_parts(labels: &Json) -> Option<String> {
    let parts = (1..).map_while(|at: u64| labels.get(format!("{ADDRESS_PART}{at}"))?.as_str());
    let mut bytes = Vec::new();
    for part in parts {
        let part = part.strip_prefix('x')?.strip_suffix('x')?;
        bytes.extend(URL_SAFE_NO_PAD.decode(part).ok()?);
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

/// The address as a label value: itself where Kubernetes allows it, else readable start + 10 hex digits of its sha256.
pub fn address_label(address: &Address) -> String {
    let text = address.to_string();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.len() <= 63
        && text.chars().all(allowed)
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        return text;
    }
    let digest = short_digest(&text, 10);
    let readable: String = text.chars().filter(|c| allowed(*c)).take(52).collect();
    format!("{readable}-{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_label(value: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ends = value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && value.ends_with(|c: char| c.is_ascii_alphanumeric());
        value.len() <= 63 && value.chars().all(allowed) && ends
    }

    /// Whatever an address holds, it stands whole in labels that a server takes.
    #[test]
    fn any_address_stands_whole_in_labels() {
        let long = format!("module.m[\"{}\"].velero_schedule.a", "ä%/ ".repeat(40));
        let texts = [
            "a.b",
            "velero_schedule.shop[\"the shop\"]",
            "a.b[12]",
            &long,
        ];
        for text in texts {
            let address: Address = text.parse().unwrap();
            let parts = address_parts(&address);
            let mut values = parts.iter().map(|(_, value)| value);
            assert!(values.all(|value| is_label(value)), "{parts:?}");
            let labels: Json = parts
                .into_iter()
                .map(|(key, value)| (key, Json::from(value)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            assert_eq!(address_of_parts(&labels), Some(address.to_string()));
        }
        for labels in [
            serde_json::json!({"sk-dr.io/address-1": "x!x"}),
            serde_json::json!({}),
        ] {
            assert_eq!(address_of_parts(&labels), None);
        }
    }

    #[test]
    fn an_owner_label_tells_clusters_and_keys_apart() {
        let uid = "c1a616c7-fd14-4679-849a-a4da1cf8067e";
        let one = owner_label(uid, "velero.io.Schedule/velero/shop");
        assert!(is_label(&one), "{one}");
        assert_ne!(one, owner_label(uid, "velero.io.Schedule/velero/shop2"));
        assert_ne!(one, owner_label("other", "velero.io.Schedule/velero/shop"));
    }
}
