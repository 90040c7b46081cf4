//! From what Velero's program prints to the files of a directory. Pure: must not know where the directory is.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Names the file that tells what the others are.
pub(super) const INDEX: &str = "vendor.json";

/// Format of that file.
const FORMAT: &str = "1.0";

/// Credentials are the user's, and locations are declared one by one: neither is part of an installation.
const LEFT_OUT: &[&str] = &["Secret", "BackupStorageLocation", "VolumeSnapshotLocation"];

/// What is to be written.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Name of each file and its text, the index among them.
    pub(super) files: BTreeMap<String, String>,
    /// What the nodes will pull.
    pub(super) images: BTreeSet<String>,
}

/// Takes apart the list of objects that `velero install --dry-run -o json` prints. The order of the objects, in which
/// they can be made, is kept by numbers in the names of their files.
///
/// # Errors
/// Where the text is no such list, or one of another version.
pub(super) fn bundle(release: &str, text: &str) -> Result<Bundle, String> {
    let list: Json =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    let items = list.get("items").and_then(Json::as_array);
    let items = items.ok_or("there is no list of objects in it")?;
    let mut files = BTreeMap::new();
    let mut images = BTreeSet::new();
    let kept = items.iter().filter(|item| {
        let kind = item.get("kind").and_then(Json::as_str);
        !kind.is_some_and(|kind| LEFT_OUT.contains(&kind))
    });
    for (object, number) in kept.zip(1..) {
        let object = reduced(object);
        images.extend(images_of(&object));
        let yaml = yaml(&object).map_err(|error| error.to_string())?;
        files.insert(file_name(number, &object)?, yaml);
    }
    let tag = format!(":v{release}");
    if !images.iter().any(|image| image.ends_with(&tag)) {
        return Err(format!("no image in it has the tag v{release}"));
    }
    files.insert(INDEX.to_owned(), index(release, &images, &files));
    Ok(Bundle { files, images })
}

/// Names of the files that an index tells of; none where it is no index of ours.
pub(super) fn listed(index: &str) -> BTreeSet<String> {
    let index: Json = serde_json::from_str(index).unwrap_or_default();
    let files = index.get("files").and_then(Json::as_object);
    files
        .into_iter()
        .flat_map(|files| files.keys().cloned())
        .collect()
}

/// JSON is YAML, and read as such it has YAML's numbers; JSON's own are texts that only JSON knows to write.
fn yaml(object: &Json) -> Result<String, serde_yaml_ng::Error> {
    let read: serde_yaml_ng::Value = serde_yaml_ng::from_str(&object.to_string())?;
    serde_yaml_ng::to_string(&read)
}

/// Without what only a server fills in.
fn reduced(object: &Json) -> Json {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    for place in ["/metadata", "/spec/template/metadata"] {
        if let Some(metadata) = object.pointer_mut(place).and_then(Json::as_object_mut) {
            metadata.remove("creationTimestamp");
        }
    }
    object
}

fn images_of(object: &Json) -> Vec<String> {
    let containers = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| {
            let list = object.pointer(&format!("/spec/template/spec/{list}"));
            list.and_then(Json::as_array).into_iter().flatten()
        });
    containers
        .filter_map(|container| container.get("image")?.as_str())
        .map(str::to_owned)
        .collect()
}

fn file_name(number: usize, object: &Json) -> Result<String, String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str);
    let (Some(kind), Some(name)) = (text("/kind"), text("/metadata/name")) else {
        return Err(format!("object {number} in it has no kind or no name"));
    };
    let file = format!("{number:02}-{}-{name}.yaml", kind.to_ascii_lowercase());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    if file.chars().all(plain) {
        Ok(file)
    } else {
        Err(format!("{kind} {name} in it can name no file"))
    }
}

fn index(release: &str, images: &BTreeSet<String>, files: &BTreeMap<String, String>) -> String {
    let digests: BTreeMap<&String, String> = files
        .iter()
        .map(|(name, text)| (name, hex::encode(Sha256::digest(text.as_bytes()))))
        .collect();
    let index = json!({
        "format_version": FORMAT,
        "name": "velero",
        "version": release,
        "images": images,
        "files": digests,
    });
    format!("{index:#}\n")
}
