//! What a tarball holds, as far as a decision needs it: how many objects of which type in which namespace, which
//! namespaces they were, and which claims its Pods mount. Must not know how a tarball is read.

use super::files::Counts;
use super::items::{Item, Items};
use super::point::{Point, Shortfall};
use super::volumes::{Claim, PodVolume};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Annotation of a Pod: volumes that are not backed up.
const LEFT_OUT: &str = "backup.velero.io/backup-volumes-excludes";
/// Annotation of a Pod: volumes that are backed up file by file.
const NAMED: &str = "backup.velero.io/backup-volumes";

/// Of a whole tarball.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Objects by type (`deployments.apps`) and namespace; a cluster-scoped one has none.
    pub counts: Counts,
    /// Namespace objects by name.
    pub namespaces: BTreeMap<String, NamespaceObject>,
    /// Claims that its Pods mount.
    pub mounts: Vec<Mount>,
    /// Every object by name, where that was asked for.
    pub objects: Option<Box<Items>>,
}

/// Which namespace a backup saw under a name: another UID is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceObject {
    /// UID.
    pub uid: String,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// A claim that a Pod mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The claim.
    pub claim: Claim,
    /// Where: Velero names volumes of Pods.
    pub volume: PodVolume,
    /// What the Pod says about it.
    pub wish: Wish,
}

/// What a Pod says about the backup of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    None,
    /// It is not to be backed up file by file.
    LeftOut,
    /// It is to be backed up file by file.
    Named,
}

impl Contents {
    /// Of a tarball whose objects are wanted by name.
    pub(super) fn naming() -> Self {
        Self {
            objects: Some(Box::default()),
            ..Self::default()
        }
    }

    /// Objects in all.
    pub fn items(&self) -> u64 {
        let types = self.counts.values();
        types.flat_map(BTreeMap::values).sum()
    }

    /// Whether a namespace of it is another one than in the backup before it, and was made after that (R8).
    pub fn new_namespace(&self, before: &Contents, point: &Point) -> Option<Shortfall> {
        self.namespaces.iter().find_map(|(name, now)| {
            let former = before.namespaces.get(name)?;
            let created = now.created?;
            let is_new = former.uid != now.uid && created > point.backup.started?;
            is_new.then(|| Shortfall::NewNamespace {
                namespace: name.clone(),
                created,
            })
        })
    }

    /// Takes a path in; whether the bytes of its object are wanted too. Each object stands there twice, under its own path
    /// and under that of its version: only the first counts.
    pub(super) fn count(&mut self, path: &str) -> bool {
        let Some(Place {
            type_, namespace, ..
        }) = place(path)
        else {
            return false;
        };
        let of_type = self.counts.entry(type_.to_owned()).or_default();
        *of_type.entry(namespace.map(str::to_owned)).or_default() += 1;
        self.objects.is_some()
            || matches!((type_, namespace), ("namespaces", None) | ("pods", Some(_)))
    }

    /// Takes an object in whose bytes were wanted.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn object(&mut self, path: &str, bytes: &[u8]) -> Result<(), &'static str> {
        let Some(place) = place(path) else {
            return Ok(());
        };
        match (place.type_, place.namespace) {
            ("namespaces", None) => {
                let object: Namespace =
                    serde_json::from_slice(bytes).map_err(|_| "a Namespace in it is damaged")?;
                let metadata = object.metadata;
                let found = NamespaceObject {
                    uid: metadata.uid,
                    created: metadata.creation_timestamp,
                };
                self.namespaces.insert(metadata.name, found);
            }
            ("pods", Some(_)) => {
                let pod = serde_json::from_slice(bytes).map_err(|_| "a Pod in it is damaged")?;
                self.mounts.extend(mounts(pod));
            }
            (_, Some(_) | None) => {}
        }
        match &mut self.objects {
            None => Ok(()),
            Some(objects) => objects.take(place.type_, place.item(), bytes),
        }
    }
}

/// Where an object stands in a tarball.
struct Place<'a> {
    type_: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl Place<'_> {
    fn item(&self) -> Item {
        Item {
            namespace: self.namespace.map(str::to_owned),
            name: self.name.to_owned(),
        }
    }
}

/// Of `resources/<type>/{cluster | namespaces/<namespace>}/<name>.json`.
fn place(path: &str) -> Option<Place<'_>> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut parts = path.split('/');
    if parts.next() != Some("resources") {
        return None;
    }
    let type_ = parts.next()?;
    let namespace = match parts.next()? {
        "cluster" => None,
        "namespaces" => Some(parts.next()?),
        _version => return None,
    };
    let name = parts.next()?.strip_suffix(".json")?;
    parts.next().is_none().then_some(Place {
        type_,
        namespace,
        name,
    })
}

fn mounts(pod: Pod) -> Vec<Mount> {
    let metadata = pod.metadata;
    let names = |annotation: &str| -> BTreeSet<String> {
        let text = metadata.annotations.as_ref();
        let text = text.and_then(|all| all.get(annotation));
        let names = text.into_iter().flat_map(|text| text.split(','));
        names.map(|name| name.trim().to_owned()).collect()
    };
    let (left_out, named) = (names(LEFT_OUT), names(NAMED));
    let volumes = pod.spec.and_then(|spec| spec.volumes).unwrap_or_default();
    let claims = volumes.into_iter().filter_map(|volume| {
        let claim = match (volume.persistent_volume_claim, volume.ephemeral) {
            (Some(claim), _) => claim.claim_name,
            // Kubernetes names the claim that it makes for such a volume.
            (None, Some(_)) => format!("{}-{}", metadata.name, volume.name),
            (None, None) => return None,
        };
        let wish = match &volume.name {
            name if left_out.contains(name) => Wish::LeftOut,
            name if named.contains(name) => Wish::Named,
            _neither => Wish::None,
        };
        Some(Mount {
            claim: Claim {
                namespace: metadata.namespace.clone(),
                name: claim,
            },
            volume: PodVolume {
                namespace: metadata.namespace.clone(),
                pod: metadata.name.clone(),
                volume: volume.name,
            },
            wish,
        })
    });
    claims.collect()
}

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    uid: String,
    creation_timestamp: Option<Timestamp>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    spec: Option<PodSpec>,
}

#[derive(Deserialize)]
struct PodSpec {
    volumes: Option<Vec<Volume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    persistent_volume_claim: Option<ClaimSource>,
    ephemeral: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimSource {
    claim_name: String,
}
