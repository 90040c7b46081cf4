//! Identity and the mark (R21 to R23): provider instance + type + natural key, written on every object we own.

use super::address::Address;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Field manager of every write of ours.
pub const FIELD_MANAGER: &str = "sk-dr";
/// Label: the stack that owns the object.
pub const STACK_LABEL: &str = "sk-dr.io/stack";
/// Label: the address, or a digest of it where characters are not allowed ([`address_label`]).
pub const ADDRESS_LABEL: &str = "sk-dr.io/address";
/// Annotation: the address in full, where the label holds a digest of it.
pub const ADDRESS_ANNOTATION: &str = "sk-dr.io/address";
/// Annotation: `v1/<cluster uid>/<group.kind>/<namespace>/<name>`. Differs from its bearer on a copy (R23).
pub const OWNER_ANNOTATION: &str = "sk-dr.io/owner";
/// Annotation: run and step that created the object; proves after a lost answer that the create was ours.
pub const STEP_ANNOTATION: &str = "sk-dr.io/step";

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
    /// Asked, no answer: everything under it is blocked.
    Unknown {
        /// Why, in words.
        reason: String,
    },
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

/// The address as a label value: itself where Kubernetes allows it, else readable start + 10 hex digits of its sha256.
pub fn address_label(address: &Address) -> String {
    use sha2::Digest;
    let text = address.to_string();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.len() <= 63
        && text.chars().all(allowed)
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        return text;
    }
    let digest = hex::encode(sha2::Sha256::digest(text.as_bytes()));
    let readable: String = text.chars().filter(|c| allowed(*c)).take(52).collect();
    format!("{readable}-{}", &digest[..10])
}
