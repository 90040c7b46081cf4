//! Server and node agent as rendered: what their container says, and the same with what is declared over it. Must not
//! know what else an installation is made of.

use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Where `velero install --secret-file` mounts the credentials, and the name of the volume.
const MOUNT: &str = "/credentials";
const VOLUME: &str = "cloud-credentials";

/// Variables by which plugins find the credentials; all of them are set, whatever the store.
const VARIABLES: &[&str] = &[
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
];

/// A Secret that is mounted.
pub(super) struct Mounted {
    /// Name of the Secret.
    pub(super) name: String,
    /// Key in it: name of the file.
    pub(super) key: String,
}

/// What is declared over what is rendered.
#[derive(Default)]
pub(super) struct Settings {
    /// Flags, without dashes.
    pub(super) args: BTreeMap<String, String>,
    /// Requests and limits, each whole; `None`: as rendered.
    pub(super) resources: BTreeMap<&'static str, Json>,
    /// Version of its image. Rendered objects have it; where those of another version live, it is what differs.
    pub(super) version: Option<String>,
}

/// Members of a container's `resources`.
pub(super) const AMOUNTS: [&str; 2] = ["requests", "limits"];

const CONTAINER: &str = "/spec/template/spec/containers/0";

fn container(workload: &Json) -> Option<&Json> {
    workload.pointer(CONTAINER)
}

/// Version of the image: its tag without the `v`. `None`: it has no tag, or one that is no version.
pub(super) fn version(workload: &Json) -> Option<String> {
    let (_, version) = tag(container(workload)?.get("image")?.as_str()?)?;
    Some(version.to_owned())
}

/// An image's name, and the version in its tag; `None`: it has no such tag, or a digest says which it is.
fn tag(image: &str) -> Option<(&str, &str)> {
    let (name, version) = image.rsplit_once(":v")?;
    (!version.contains(['/', '@'])).then_some((name, version))
}

/// One flag as it stands among the arguments.
struct Flag {
    name: String,
    value: String,
    words: Vec<String>,
}

/// Words before the flags (`node-agent server`), and the flags in their order.
fn taken_apart(workload: &Json) -> (Vec<String>, Vec<Flag>) {
    let args = container(workload).and_then(|container| container.get("args")?.as_array());
    let args = args.into_iter().flatten().filter_map(Json::as_str);
    let (mut before, mut flags): (Vec<String>, Vec<Flag>) = (Vec::new(), Vec::new());
    for word in args {
        match (word.strip_prefix("--"), flags.last_mut()) {
            (Some(flag), _) => {
                let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
                flags.push(Flag {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    words: vec![word.to_owned()],
                });
            }
            (None, Some(flag)) => {
                word.clone_into(&mut flag.value);
                flag.words.push(word.to_owned());
            }
            (None, None) => before.push(word.to_owned()),
        }
    }
    for flag in &mut flags {
        // `--restore-only` alone.
        if flag.words.len() == 1 && flag.words.iter().all(|word| !word.contains('=')) {
            "true".clone_into(&mut flag.value);
        }
    }
    (before, flags)
}

/// Its flags; of one that is there twice the last, which is what counts.
pub(super) fn args(workload: &Json) -> Map<String, Json> {
    let (_, flags) = taken_apart(workload);
    let flags = flags.into_iter();
    flags.map(|flag| (flag.name, flag.value.into())).collect()
}

/// What its container asks for: requests and limits, where it says so.
pub(super) fn resources(workload: &Json) -> Json {
    let said = container(workload).and_then(|container| container.get("resources"));
    let members = AMOUNTS.into_iter().filter_map(|name| {
        let amounts = said?.get(name)?.as_object()?;
        let text = |amount: &Json| {
            amount
                .as_str()
                .map_or_else(|| amount.to_string(), str::to_owned)
        };
        let amounts: Map<String, Json> = amounts
            .iter()
            .map(|(name, amount)| (name.clone(), text(amount).into()))
            .collect();
        Some((name.to_owned(), Json::Object(amounts)))
    });
    Json::Object(members.collect())
}

/// The workload with what is declared over it.
pub(super) fn set(mut workload: Json, settings: &Settings) -> Json {
    let args = merged(&workload, &settings.args);
    let Some(container) = workload.pointer_mut(CONTAINER) else {
        return workload;
    };
    if !settings.args.is_empty() {
        container["args"] = args.into();
    }
    let image = container["image"].as_str().unwrap_or_default();
    let tagged = tag(image).zip(settings.version.as_ref());
    if let Some(((name, _), version)) = tagged {
        container["image"] = format!("{name}:v{version}").into();
    }
    for (name, amounts) in &settings.resources {
        container["resources"][*name] = amounts.clone();
    }
    workload
}

/// Rendered flags in their place, with the declared value where it is another; the others after them, by name.
fn merged(workload: &Json, declared: &BTreeMap<String, String>) -> Vec<String> {
    let (mut words, flags) = taken_apart(workload);
    let written = |name: &str, value: &str| format!("--{name}={value}");
    let rendered: Vec<String> = flags.iter().map(|flag| flag.name.clone()).collect();
    for flag in flags {
        match declared.get(&flag.name) {
            Some(value) if *value != flag.value => words.push(written(&flag.name, value)),
            Some(_) | None => words.extend(flag.words),
        }
    }
    let more = declared.iter().filter(|(name, _)| !rendered.contains(name));
    words.extend(more.map(|(name, value)| written(name, value)));
    words
}

/// The workload with a Secret mounted, as `velero install --secret-file` renders it.
pub(super) fn mount(mut workload: Json, secret: &Mounted) -> Json {
    let file = format!("{MOUNT}/{}", secret.key);
    if let Some(pod) = workload.pointer_mut("/spec/template/spec") {
        // 292 is 0444 in the only way that JSON can say it.
        let source = json!({"defaultMode": 292, "secretName": secret.name});
        put(pod, "volumes", json!({"name": VOLUME, "secret": source}));
    }
    if let Some(container) = workload.pointer_mut(CONTAINER) {
        for name in VARIABLES {
            put(container, "env", json!({"name": name, "value": file}));
        }
        let mount = json!({"mountPath": MOUNT, "name": VOLUME});
        put(container, "volumeMounts", mount);
    }
    workload
}

/// Puts a member at the end of a list, in place of one of its name.
fn put(object: &mut Json, list: &str, member: Json) {
    let Some(members) = object.as_object_mut() else {
        return;
    };
    let list = members.entry(list).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.retain(|other| other.get("name") != member.get("name"));
        list.push(member);
    }
}
