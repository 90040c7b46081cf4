//! The guards of a point's steps, from what the plan pinned.

use super::super::document::{Pinned, PinnedObject};
use super::objects;
use crate::model::guard::{Guard, Restored, RestoredType, RestoredVolume, Synced};
use crate::model::recovery::Turn;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds for somebody to answer behind a Service: its Pods were restored a while ago.
const ANSWERS_S: u64 = 600;

/// What is to be back, in words.
pub(super) fn restored_title(pin: &Pinned) -> String {
    let count = |number: u64, what: &str| match number {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    };
    let objects = count(pin.items, "object");
    match pin.pod_volumes.len() as u64 {
        0 if pin.items == 1 => format!("check that {objects} is back"),
        0 => format!("check that {objects} are back"),
        volumes => format!(
            "check that {objects} and {} are back",
            count(volumes, "volume")
        ),
    }
}

/// Its files are as they were.
pub(super) fn pinned(pin: &Pinned) -> Guard {
    let etags = pin.files.iter();
    Guard::Pinned {
        store: pin.store.clone(),
        bucket: pin.bucket.clone(),
        prefix: format!("{}backups/{}/", pin.root, pin.backup),
        etags: etags
            .map(|file| (file.key.clone(), file.etag.clone()))
            .collect(),
    }
}

/// Velero knows it.
pub(super) fn synced(pin: &Pinned) -> Guard {
    Guard::Synced(Synced {
        namespace: pin.velero_namespace.clone(),
        backup: pin.backup.clone(),
        location: pin.location_name.clone(),
        started: pin.started,
        volumes: pin.pod_volumes.len(),
    })
}

/// Somebody answers behind each Service that an object hands requests to.
pub(super) fn answers(object: &PinnedObject) -> Vec<Guard> {
    let services = object.services.iter().filter_map(|one| one.split_once('/'));
    let guards = services.map(|(namespace, service)| Guard::Answers {
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        limit_s: ANSWERS_S,
    });
    guards.collect()
}

/// Everything that the points hold can be written back. What stage *infra* brings a definition of is served afterwards.
pub(super) fn served(pins: &[Pinned]) -> Guard {
    const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";
    let infra = pins.iter().filter(|pin| pin.turn == Turn::Infra);
    let defined = infra.filter_map(|pin| pin.expected.get(DEFINITIONS));
    let defined: BTreeSet<&String> = defined.flatten().collect();
    let types = pins.iter().flat_map(|pin| &pin.types);
    let types = types.filter(|(title, _)| !defined.contains(title));
    Guard::Serves {
        types: types.map(|(_, type_)| type_.clone()).collect(),
    }
}

/// What is to be there, by type and namespace.
fn expected(pin: &Pinned) -> Vec<RestoredType> {
    let types = pin.expected.iter().filter_map(|(title, items)| {
        let resource = pin.types.get(title)?.clone();
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for item in items {
            let (namespace, name) = item.split_once('/').unwrap_or(("", item));
            let of_namespace = names.entry(namespace.to_owned()).or_default();
            of_namespace.insert(name.to_owned());
        }
        Some(RestoredType { resource, names })
    });
    types.collect()
}

/// All of it is back.
pub(super) fn restored(pin: &Pinned, incarnation: &str) -> Guard {
    let volumes = pin.pod_volumes.iter().map(|volume| RestoredVolume {
        namespace: volume.namespace.clone(),
        pod: volume.pod.clone(),
        volume: volume.volume.clone(),
    });
    Guard::Restored(Restored {
        restore: objects::restore_name(pin, incarnation, 1),
        namespace: pin.velero_namespace.clone(),
        objects: expected(pin),
        volumes: volumes.collect(),
    })
}
