//! Guards of a recovery: its points are as they were, Velero knows them, what was to come back is there, nobody else
//! writes. Each is a few questions and a judgement over their answers; what is not answered never counts as "it is so".

use super::{broken, object, untold};
use crate::model::guard::{Restored, RestoredVolume, Synced};
use crate::model::identity::{KubeResource, ProviderRef};
use crate::plan::queries::list_for;
use crate::world::query::{Answer, BlobEntry, Blobs, Depth, Fact, FailureClass, Live, Query, Why};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Names that are listed one by one; of more the number is told.
const NAMED: usize = 10;

const BACKUPS: KubeResource = velero("backups", "Backup");
const POD_VOLUME_BACKUPS: KubeResource = velero("podvolumebackups", "PodVolumeBackup");
const POD_VOLUME_RESTORES: KubeResource = velero("podvolumerestores", "PodVolumeRestore");

const fn velero(plural: &'static str, kind: &'static str) -> KubeResource {
    KubeResource {
        group: std::borrow::Cow::Borrowed("velero.io"),
        version: std::borrow::Cow::Borrowed("v1"),
        plural: std::borrow::Cow::Borrowed(plural),
        kind: std::borrow::Cow::Borrowed(kind),
        namespaced: true,
    }
}

/// The questions whether Velero knows a backup.
pub(super) fn synced_queries(provider: &ProviderRef, synced: &Synced) -> [Query; 2] {
    [
        Query::Get {
            provider: provider.clone(),
            resource: BACKUPS,
            namespace: Some(synced.namespace.clone()),
            name: synced.backup.clone(),
        },
        list_for(provider, &POD_VOLUME_BACKUPS, Some(&synced.namespace)),
    ]
}

/// Whether Velero knows a backup and the records of its volumes: it takes those over afterwards and never tries again, and
/// a restore that began in between would bring empty volumes.
pub(super) fn synced(provider: &ProviderRef, synced: &Synced, live: &Live) -> Result<(), Why> {
    let [backup, volumes] = synced_queries(provider, synced);
    let Some(found) = object(live, &backup)? else {
        return Err(broken(format!(
            "Velero has not taken backup {} over from location {} yet",
            synced.backup, synced.location
        )));
    };
    let text = |place: &str| found.pointer(place).and_then(Json::as_str);
    let began = text("/status/startTimestamp").and_then(|time| time.parse::<Timestamp>().ok());
    if text("/spec/storageLocation") != Some(&synced.location) || began != Some(synced.started) {
        return Err(broken(format!(
            "the backup {} that Velero knows is another one: it is of location {} and began {}",
            synced.backup,
            text("/spec/storageLocation").unwrap_or("?"),
            text("/status/startTimestamp").unwrap_or("never")
        )));
    }
    let found = of_backup(list(live, &volumes)?, &synced.backup);
    match found >= synced.volumes {
        true => Ok(()),
        false => Err(broken(format!(
            "Velero knows {found} of {} volumes of backup {}",
            synced.volumes, synced.backup
        ))),
    }
}

fn of_backup(volumes: &[Json], backup: &str) -> usize {
    let label = label_value(backup);
    let is_of = |one: &&Json| one["metadata"]["labels"]["velero.io/backup-name"] == label.as_str();
    volumes.iter().filter(is_of).count()
}

/// A name as Velero writes it into a label (`pkg/label`): of one over 63 characters the first 57 and six digits of its
/// sha256.
fn label_value(name: &str) -> String {
    match name.char_indices().nth(63) {
        None => name.to_owned(),
        Some(_) => {
            let start: String = name.chars().take(57).collect();
            format!("{start}{}", crate::model::identity::short_digest(name, 6))
        }
    }
}

/// The questions whether a restore brought everything.
pub(super) fn restored_queries(provider: &ProviderRef, restored: &Restored) -> Vec<Query> {
    let objects = restored.objects.iter().flat_map(|of_type| {
        let namespaces = of_type.names.keys();
        namespaces.map(|namespace| {
            let namespace = Some(namespace.as_str()).filter(|name| !name.is_empty());
            list_for(provider, &of_type.resource, namespace)
        })
    });
    let volumes = (!restored.volumes.is_empty())
        .then(|| list_for(provider, &POD_VOLUME_RESTORES, Some(&restored.namespace)));
    objects.chain(volumes).collect()
}

/// Whether every object is there and every volume came back with this Restore. The Restore's own phase proves neither: over
/// Pods that exist it ends Completed and brings no volume.
pub(super) fn restored(
    provider: &ProviderRef,
    restored: &Restored,
    live: &Live,
) -> Result<(), Why> {
    let mut missing = Vec::new();
    for of_type in &restored.objects {
        for (namespace, names) in &of_type.names {
            let within = Some(namespace.as_str()).filter(|name| !name.is_empty());
            let query = list_for(provider, &of_type.resource, within);
            let found: BTreeSet<&str> = list(live, &query)?.iter().filter_map(name_of).collect();
            let absent = names.iter().filter(|name| !found.contains(name.as_str()));
            missing.extend(absent.map(|name| match within {
                Some(namespace) => format!("{} {namespace}/{name}", of_type.resource.kind),
                None => format!("{} {name}", of_type.resource.kind),
            }));
        }
    }
    if !missing.is_empty() {
        return Err(broken(format!(
            "of what {} was to bring, {} is missing: {}",
            restored.restore,
            match missing.len() {
                1 => "1 object".to_owned(),
                many => format!("{many} objects"),
            },
            named(missing)
        )));
    }
    volumes(provider, restored, live)
}

fn volumes(provider: &ProviderRef, restored: &Restored, live: &Live) -> Result<(), Why> {
    if restored.volumes.is_empty() {
        return Ok(());
    }
    let query = list_for(provider, &POD_VOLUME_RESTORES, Some(&restored.namespace));
    let label = label_value(&restored.restore);
    let own = list(live, &query)?
        .iter()
        .filter(|one| one["metadata"]["labels"]["velero.io/restore-name"] == label.as_str());
    let phases: BTreeMap<RestoredVolume, &str> = own
        .map(|one| {
            let text = |place: &str| {
                let found = one.pointer(place).and_then(Json::as_str);
                found.unwrap_or_default().to_owned()
            };
            let volume = RestoredVolume {
                namespace: text("/spec/pod/namespace"),
                pod: text("/spec/pod/name"),
                volume: text("/spec/volume"),
            };
            (volume, one["status"]["phase"].as_str().unwrap_or("New"))
        })
        .collect();
    let missing: Vec<String> = restored
        .volumes
        .iter()
        .filter_map(|volume| {
            let title = format!("{}/{}:{}", volume.namespace, volume.pod, volume.volume);
            match phases.get(volume) {
                Some(&"Completed") => None,
                Some(phase) => Some(format!("{title} ({phase})")),
                None => Some(format!("{title} (never begun)")),
            }
        })
        .collect();
    match missing.len() {
        0 => Ok(()),
        count => Err(broken(format!(
            "{count} of {} volumes did not come back with {}: {}",
            restored.volumes.len(),
            restored.restore,
            named(missing)
        ))),
    }
}

fn named(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    let mut text = all.join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn name_of(object: &Json) -> Option<&str> {
    object["metadata"]["name"].as_str()
}

/// The question who answers behind the Services of a namespace.
pub(super) fn endpoints(provider: &ProviderRef, namespace: &str) -> Query {
    let slices = KubeResource {
        group: "discovery.k8s.io".into(),
        version: "v1".into(),
        plural: "endpointslices".into(),
        kind: "EndpointSlice".into(),
        namespaced: true,
    };
    list_for(provider, &slices, Some(namespace))
}

/// Whether an endpoint of a Service is ready. One that does not say is (`discovery.k8s.io/v1`, EndpointConditions).
pub(super) fn answers(
    query: &Query,
    (namespace, service): (&str, &str),
    live: &Live,
) -> Result<(), Why> {
    let slices = list(live, query)?.iter();
    let own =
        slices.filter(|slice| slice["metadata"]["labels"]["kubernetes.io/service-name"] == service);
    let mut endpoints = own
        .filter_map(|slice| slice["endpoints"].as_array())
        .flatten();
    match endpoints.any(|endpoint| endpoint["conditions"]["ready"] != false) {
        true => Ok(()),
        false => Err(Why {
            class: FailureClass::Wait,
            message: format!("nobody answers behind Service {namespace}/{service} yet"),
        }),
    }
}

/// The questions which types are served: one for each group and version.
pub(super) fn serves_queries(provider: &ProviderRef, types: &BTreeSet<KubeResource>) -> Vec<Query> {
    let queries: BTreeSet<Query> = types
        .iter()
        .map(|type_| versions(provider, type_))
        .collect();
    queries.into_iter().collect()
}

fn versions(provider: &ProviderRef, type_: &KubeResource) -> Query {
    Query::Types {
        provider: provider.clone(),
        group: type_.group.to_string(),
        version: type_.version.to_string(),
    }
}

/// Whether each of these types is served. Velero writes objects back in the version of their backup: of one that the API does
/// not serve every object is an error, told an hour later.
pub(super) fn serves(
    provider: &ProviderRef,
    types: &BTreeSet<KubeResource>,
    live: &Live,
) -> Result<(), Why> {
    let mut missing = Vec::new();
    for type_ in types {
        let served = match live.answer(&versions(provider, type_)) {
            Some(Answer::Present(Fact::Object(served))) => served["resources"].as_array(),
            Some(Answer::NotServed) => None,
            Some(Answer::Unknown(why)) => return Err(why.clone()),
            Some(Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_)))
            | Some(Answer::Absent)
            | None => return Err(untold("it was not answered")),
        };
        let mut served = served.into_iter().flatten();
        if !served.any(|one| one["name"] == type_.plural.as_ref()) {
            missing.push(format!("{} {}", type_.api_version(), type_.kind));
        }
    }
    match missing.len() {
        0 => Ok(()),
        _ => Err(broken(format!(
            "the cluster does not serve what the backups hold: {}. Install what provides it, or declare it, and go on",
            named(missing)
        ))),
    }
}

/// The question for the files of a point, or for the names of backups.
pub(super) fn below(store: &ProviderRef, bucket: &str, prefix: &str, depth: Depth) -> Query {
    Query::Blobs {
        provider: store.clone(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        depth,
    }
}

/// Whether the files of a point are those that the plan saw.
pub(super) fn pinned(
    query: &Query,
    etags: &BTreeMap<String, String>,
    live: &Live,
) -> Result<(), Why> {
    let found: BTreeMap<&str, &BlobEntry> = blobs(live, query)?
        .objects
        .iter()
        .map(|entry| (entry.key.as_str(), entry))
        .collect();
    for (key, etag) in etags {
        match found.get(key.as_str()) {
            Some(entry) if entry.etag == *etag => {}
            Some(entry) => {
                return Err(broken(format!(
                    "{key} was written again since the plan was made, at {}",
                    entry.modified
                )));
            }
            None => {
                return Err(broken(format!(
                    "{key} is gone from the bucket since the plan was made"
                )));
            }
        }
    }
    Ok(())
}

/// Whether all backups of a location are those that the plan saw: our own come later, and no lost cluster makes any.
pub(super) fn sole_writer(query: &Query, known: &BTreeSet<String>, live: &Live) -> Result<(), Why> {
    let names = &blobs(live, query)?.names;
    let foreign: Vec<String> = names
        .iter()
        .filter(|name| !known.contains(*name))
        .cloned()
        .collect();
    match foreign.is_empty() {
        true => Ok(()),
        false => Err(broken(format!(
            "another cluster writes backups there: {} came since the plan was made. End that cluster's Velero, move what it wrote out of the prefix, and go on with the run",
            named(foreign)
        ))),
    }
}

fn list<'a>(live: &'a Live, query: &Query) -> Result<&'a [Json], Why> {
    match live.answer(query) {
        Some(Answer::Present(Fact::List(objects))) => Ok(objects),
        // Of a type that is not served there is nothing.
        Some(Answer::NotServed | Answer::Absent) => Ok(&[]),
        Some(Answer::Unknown(why)) => Err(why.clone()),
        Some(Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_))) | None => {
            Err(untold("it was not answered"))
        }
    }
}

fn blobs<'a>(live: &'a Live, query: &Query) -> Result<&'a Blobs, Why> {
    match live.answer(query) {
        Some(Answer::Present(Fact::Blobs(blobs))) => Ok(blobs),
        Some(Answer::Unknown(why)) => Err(why.clone()),
        Some(Answer::Absent) => Err(Why {
            class: FailureClass::NotFound,
            message: "the bucket is not there".to_owned(),
        }),
        Some(Answer::Present(Fact::Object(_) | Fact::List(_) | Fact::Bytes(_)))
        | Some(Answer::NotServed)
        | None => Err(untold("it was not answered")),
    }
}

#[cfg(test)]
mod tests;
