//! From live objects back to the server that they are. Must not know what is declared.

use super::object::{Role, role};
use super::workload;
use serde_json::{Map, Value as Json, json};

/// Namespace of the server: that of its Deployment, else of the first object that is in one.
pub(super) fn namespace(objects: &[Json]) -> String {
    let of = |object: &Json| object["metadata"]["namespace"].as_str().map(str::to_owned);
    let server = objects.iter().find(|object| role(object) == Role::Server);
    server
        .and_then(of)
        .or_else(|| objects.iter().find_map(of))
        .unwrap_or_else(|| "velero".to_owned())
}

/// The server that objects amount to.
pub(super) fn of(objects: &[Json]) -> Json {
    let names = objects.iter().map(name);
    let mut reading = json!({"namespace": namespace(objects), "objects": names.collect::<Json>()});
    let find = |wanted: Role| objects.iter().find(|object| role(object) == wanted);
    if let (Json::Object(members), Some(server)) = (&mut reading, find(Role::Server)) {
        members.extend(
            workload::version(server).map(|version| ("version".to_owned(), version.into())),
        );
        members.extend(workload(server));
    }
    if let (Json::Object(members), Some(agent)) = (&mut reading, find(Role::NodeAgent)) {
        members.insert("node_agent".to_owned(), workload(agent).into());
    }
    reading
}

fn name(object: &Json) -> Json {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    format!("{kind}/{name}").into()
}

fn workload(object: &Json) -> Map<String, Json> {
    let args = workload::args(object).into();
    let resources = workload::resources(object);
    Map::from_iter([
        ("args".to_owned(), args),
        ("resources".to_owned(), resources),
    ])
}
