//! What the objects of a namespace are, so that those before a loss can be held against those after it. What differs by its
//! nature is left out by the list that stands here, and nothing else. Knows nothing of sk-dr.

use crate::requests::Requests;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Collections that are compared. Not here: Events, EndpointSlices, Jobs and Pods that ended, which nobody restores.
const COLLECTIONS: &[(&str, &str)] = &[
    ("/api/v1", "configmaps"),
    ("/api/v1", "persistentvolumeclaims"),
    ("/api/v1", "pods"),
    ("/api/v1", "secrets"),
    ("/api/v1", "serviceaccounts"),
    ("/api/v1", "services"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "replicasets"),
    ("/apis/apps/v1", "statefulsets"),
    ("/apis/batch/v1", "cronjobs"),
    ("/apis/networking.k8s.io/v1", "ingresses"),
    ("/apis/networking.k8s.io/v1", "networkpolicies"),
    ("/apis/policy/v1", "poddisruptionbudgets"),
    ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    ("/apis/rbac.authorization.k8s.io/v1", "roles"),
];

/// What is another in another cluster, or is said by whoever runs the object.
const IGNORED: &[&str] = &[
    "/metadata/uid",
    "/metadata/resourceVersion",
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/managedFields",
    "/metadata/ownerReferences/0/uid",
    // Of a Pod that has its name already.
    "/metadata/generateName",
    // Velero's own mark on what it restored.
    "/metadata/labels/velero.io~1backup-name",
    "/metadata/labels/velero.io~1restore-name",
    // Our own mark, which names the cluster and the run.
    "/metadata/annotations/sk-dr.io~1owner",
    "/metadata/annotations/sk-dr.io~1step",
    // What binds claim and volume.
    "/metadata/annotations/pv.kubernetes.io~1bind-completed",
    "/metadata/annotations/pv.kubernetes.io~1bound-by-controller",
    "/spec/volumeName",
    "/status",
];

/// Addresses of Services, which are given out again; a Service without one has none afterwards either.
const ADDRESSES: &[&str] = &["/spec/clusterIP", "/spec/clusterIPs"];

/// Velero's first container in a Pod whose volumes it filled.
const ADDED: (&str, &str) = ("/spec/initContainers", "restore-wait");

/// Each object by collection and name.
pub type Objects = BTreeMap<String, Json>;

/// All objects of some namespaces.
pub async fn objects(requests: &Requests, namespaces: &[&str]) -> Objects {
    let mut found = Objects::new();
    for namespace in namespaces {
        let path = format!("/api/v1/namespaces/{namespace}");
        let own = requests.read(&path).await;
        found.insert(format!("namespaces {namespace}"), without_ignored(own));
        for (group, plural) in COLLECTIONS {
            let path = format!("{group}/namespaces/{namespace}/{plural}");
            let list = requests.read(&path).await;
            let all = list["items"].as_array().into_iter().flatten();
            for object in all.filter(|object| object["status"]["phase"] != "Succeeded") {
                let name = object["metadata"]["name"].as_str().unwrap();
                let key = format!("{plural} {namespace}/{name}");
                found.insert(key, without_ignored(object.clone()));
            }
        }
    }
    found
}

/// The differences, each with the object that has it; none: they are alike.
pub fn differences(before: &Objects, after: &Objects) -> Vec<String> {
    let mut told = Vec::new();
    let missing = before.keys().filter(|key| !after.contains_key(*key));
    told.extend(missing.map(|key| format!("{key} is not there")));
    for (key, object) in after {
        match before.get(key) {
            None => told.push(format!("{key} was not there")),
            Some(old) if old != object => {
                let text = |object: &Json| serde_json::to_string_pretty(object).unwrap();
                let (old, new) = (text(old), text(object));
                let difference = similar::TextDiff::from_lines(&old, &new);
                let difference = difference.unified_diff().context_radius(1).to_string();
                told.push(format!("{key}\n{difference}"));
            }
            Some(_) => {}
        }
    }
    told
}

fn without_ignored(mut object: Json) -> Json {
    let has_none = object.pointer("/spec/clusterIP") == Some(&Json::from("None"));
    let addresses = ADDRESSES.iter().filter(|_| !has_none);
    for pointer in IGNORED.iter().chain(addresses) {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        if let Some(members) = object.pointer_mut(parent).and_then(Json::as_object_mut) {
            members.remove(&member.replace("~1", "/"));
        }
    }
    let (list, name) = ADDED;
    if let Some(containers) = object.pointer_mut(list).and_then(Json::as_array_mut) {
        containers.retain(|container| container["name"] != name);
    }
    without_empty(object)
}

/// Objects and lists that hold nothing say as much as none.
fn without_empty(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| (name, without_empty(value)));
            let is_empty = |value: &Json| {
                value.as_object().is_some_and(serde_json::Map::is_empty)
                    || value.as_array().is_some_and(Vec::is_empty)
            };
            Json::Object(members.filter(|(_, value)| !is_empty(value)).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_empty).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value,
    }
}
