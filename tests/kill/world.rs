//! What the server saw and what is left of it: effects by object, and the world without what differs from run to run.

use serde_json::Value as Json;
use sk_dr::sandbox::log::Entry;
use std::collections::BTreeMap;

/// The objects of a sandbox by `type/namespace/name`. UIDs are named after their bearers, wherever they stand; versions
/// and times are left out, and `generation` where a status counts too: a location's is written by the clock.
pub fn world(objects: &BTreeMap<String, Json>) -> BTreeMap<String, Json> {
    let names: Vec<(&str, String)> = objects
        .iter()
        .filter_map(|(key, object)| {
            Some((
                object.pointer("/metadata/uid")?.as_str()?,
                format!("uid of {key}"),
            ))
        })
        .collect();
    let clean = |object: &Json| {
        let named = names.iter().fold(object.to_string(), |text, (uid, name)| {
            text.replace(uid, name)
        });
        let mut object: Json = serde_json::from_str(&named).unwrap();
        clean(&mut object);
        object
    };
    objects
        .iter()
        .map(|(key, object)| (key.clone(), clean(object)))
        .collect()
}

fn clean(object: &mut Json) {
    let is_location = object["kind"] == "BackupStorageLocation";
    let metadata = &mut object["metadata"];
    for member in ["resourceVersion", "creationTimestamp"] {
        metadata.as_object_mut().unwrap().remove(member);
    }
    if is_location {
        metadata.as_object_mut().unwrap().remove("generation");
    }
    // `<run>/<step>`: another run id in each life.
    if let Some(Json::String(step)) = metadata.pointer_mut("/annotations/sk-dr.io~1step") {
        *step = step.split_once('/').map_or("", |(_, step)| step).to_owned();
    }
    if let Some(Json::String(step)) = metadata.pointer_mut("/labels/sk-dr.io~1step") {
        *step = step
            .rsplit_once('.')
            .map_or("", |(_, step)| step)
            .to_owned();
    }
    if let Some(entries) = metadata["managedFields"].as_array_mut() {
        for entry in entries.iter_mut() {
            entry.as_object_mut().unwrap().remove("time");
        }
        entries.sort_by_key(Json::to_string);
    }
    if let Some(status) = object.get_mut("status").and_then(Json::as_object_mut) {
        status.retain(|member, _| !member.ends_with("Time"));
    }
}

/// Path of the object that a write is about; a create names it in its body.
pub fn subject(entry: &Entry) -> String {
    let path = entry.target.split('?').next().unwrap_or_default();
    if entry.method == "POST" {
        let body: Json = serde_json::from_str(&entry.body).unwrap_or_default();
        format!(
            "{path}/{}",
            body["metadata"]["name"].as_str().unwrap_or_default()
        )
    } else {
        path.to_owned()
    }
}

/// Whether the request asks for an effect, whatever came of it. A dry run asks for none.
pub fn is_write(entry: &Entry) -> bool {
    entry.method != "GET" && !entry.target.contains("dryRun=")
}

/// How often each object was changed.
pub fn effects(log: &[Entry]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.is_effect()) {
        *counted.entry(subject(entry)).or_insert(0) += 1;
    }
    counted
}

/// What differs between two maps, one line each, for a message.
pub fn differences<V: PartialEq + std::fmt::Display>(
    expected: &BTreeMap<String, V>,
    found: &BTreeMap<String, V>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in expected {
        match found.get(key) {
            Some(other) if other == value => {}
            Some(other) => lines.push(format!("{key}: expected {value}\n      found {other}")),
            None => lines.push(format!("{key}: missing, expected {value}")),
        }
    }
    let new = found.iter().filter(|(key, _)| !expected.contains_key(*key));
    lines.extend(new.map(|(key, value)| format!("{key}: not expected: {value}")));
    lines
}
