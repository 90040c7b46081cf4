//! From what is rendered, and what is declared over it, to the objects of a server.

use super::reading;
use super::schema::SCHEMA;
use super::workload::{self, AMOUNTS, Mounted, Settings};
use crate::kinds::kubernetes_manifest::Manifest;
use crate::kinds::kubernetes_secret::{Secret, secret_key};
use crate::kinds::{Part, table};
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::resource::{Resource, ServedAs};
use crate::model::secret::HIDDEN;
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the server's Deployment; those of node agents begin so.
const SERVER: &str = "velero";
const NODE_AGENT: &str = "node-agent";
/// The Secret that unlocks the repositories of all volumes, and its key. Both names are Velero's own.
const REPOSITORY_CREDENTIALS: &str = "velero-repo-credentials";
const REPOSITORY_PASSWORD: &str = "repository-password";

/// What an object is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its Deployment.
    Server,
    /// A DaemonSet of its node agents, of Linux or Windows.
    NodeAgent,
    /// Something else: a type, the namespace, a right.
    Other,
}

/// What an object is, by kind and name.
pub(super) fn role(object: &Json) -> Role {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    match object["kind"].as_str() {
        Some("Deployment") if name == SERVER => Role::Server,
        Some("DaemonSet") if name.starts_with(NODE_AGENT) => Role::NodeAgent,
        Some(_) | None => Role::Other,
    }
}

/// The rendered objects; none where they are no list, which is reported.
pub(super) fn manifests(resource: &Resource) -> Vec<Json> {
    let declared = resource.body.member("manifests").and_then(Expr::into_known);
    match declared {
        Some(Json::Array(objects)) => objects,
        Some(_) | None => Vec::new(),
    }
}

/// Namespace of the server.
pub(super) fn namespace(resource: &Resource) -> String {
    reading::namespace(&manifests(resource))
}

/// Key of a server.
pub(super) fn key(namespace: String) -> Key {
    Key::Composite {
        kind: SCHEMA.kind.to_owned(),
        namespace: Some(namespace),
        name: SERVER.to_owned(),
    }
}

fn block(body: &Expr, name: &str) -> Option<Expr> {
    let blocks = body.member(name)?;
    table::blocks(&blocks).into_iter().next()
}

fn settings(body: &Expr, version: Option<String>) -> Settings {
    let args = body.member("args").and_then(Expr::into_known);
    let args = args
        .as_ref()
        .and_then(Json::as_object)
        .into_iter()
        .flatten();
    let args = args.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let resources = block(body, "resources");
    let amounts = |name: &'static str| {
        let amounts = resources.as_ref()?.member(name)?.into_known()?;
        (!table::is_empty(&amounts)).then_some((name, amounts))
    };
    Settings {
        args: args.collect(),
        resources: AMOUNTS.into_iter().filter_map(amounts).collect(),
        version,
    }
}

/// The Secret with the store's credentials, where one is declared.
fn mounted(resource: &Resource) -> Option<Mounted> {
    let block = block(&resource.body, "credentials")?;
    let text = |name: &str, default: &str| {
        let said = block.member(name).and_then(Expr::into_known);
        let said = said.and_then(|said| said.as_str().map(str::to_owned));
        said.unwrap_or_else(|| default.to_owned())
    };
    Some(Mounted {
        name: text("name", "cloud-credentials"),
        key: text("key", "cloud"),
    })
}

/// The objects as they are to be, in the order in which they are rendered.
fn objects(resource: &Resource) -> Vec<Json> {
    let version = || resource.text("version");
    let server = settings(&resource.body, version());
    let node_agent = block(&resource.body, "node_agent");
    let node_agent = node_agent.unwrap_or_else(|| Expr::object(BTreeMap::new()));
    let node_agent = settings(&node_agent, version());
    let mounted = mounted(resource);
    let set = |object: Json, settings: &Settings| {
        let object = workload::set(object, settings);
        match &mounted {
            Some(secret) => workload::mount(object, secret),
            None => object,
        }
    };
    manifests(resource)
        .into_iter()
        .map(|object| match role(&object) {
            Role::Server => set(object, &server),
            Role::NodeAgent => set(object, &node_agent),
            Role::Other => object,
        })
        .collect()
}

/// A Secret of the server.
struct Credentials {
    name: String,
    key: String,
    /// Where its value is declared.
    place: [&'static str; 2],
    /// `None`: it is declared by somebody else, or exists.
    value: Option<Expr>,
}

fn credentials(resource: &Resource) -> Vec<Credentials> {
    let value = |[name, attribute]: [&str; 2]| {
        let value = block(&resource.body, name)?.member(attribute)?;
        (value != Expr::Value(Json::Null)).then_some(value)
    };
    let store = ["credentials", "data"];
    let repository = ["repository_credentials", "repository_password"];
    let store = mounted(resource).map(|secret| Credentials {
        name: secret.name,
        key: secret.key,
        place: store,
        value: value(store),
    });
    let repository = Credentials {
        name: REPOSITORY_CREDENTIALS.to_owned(),
        key: REPOSITORY_PASSWORD.to_owned(),
        place: repository,
        value: value(repository),
    };
    store.into_iter().chain([repository]).collect()
}

/// Keys of Secrets that must be there before the server and that it does not make.
pub(super) fn secrets_of_others(resource: &Resource) -> Vec<Key> {
    let namespace = namespace(resource);
    let credentials = credentials(resource).into_iter();
    credentials
        .filter(|secret| secret.value.is_none())
        .map(|secret| secret_key(&namespace, &secret.name))
        .collect()
}

/// Its objects: what nothing runs without, then the Secrets, then what runs.
pub(super) fn parts(resource: &Resource) -> Vec<Part<'static>> {
    let (workloads, before): (Vec<Json>, Vec<Json>) = objects(resource)
        .into_iter()
        .partition(|object| role(object) != Role::Other);
    let namespace = namespace(resource);
    let secrets = credentials(resource)
        .into_iter()
        .filter_map(|secret| secret_part(resource, &namespace, secret));
    let before = before.into_iter().map(|one| manifest_part(resource, one));
    let workloads = workloads
        .into_iter()
        .map(|one| manifest_part(resource, one));
    before.chain(secrets).chain(workloads).collect()
}

fn manifest_part(resource: &Resource, object: Json) -> Part<'static> {
    let waits = resource.body.member("wait") != Some(Expr::Value(json!(false)));
    let is_awaited = waits && role(&object) != Role::Other;
    let mut members = BTreeMap::from([("manifest".to_owned(), Expr::Value(object))]);
    if is_awaited {
        let wait = Expr::Value(json!([{"rollout": true}]));
        members.insert("wait".to_owned(), wait);
    }
    let timeouts = resource.body.member("timeouts");
    members.extend(timeouts.map(|timeouts| ("timeouts".to_owned(), timeouts)));
    let span = ("manifest", resource.spans.get("manifests").copied());
    let mut declared = part(resource, members, &[span]);
    // What is sensitive may stand anywhere in it.
    let is_of_secrets = |path: &Vec<String>| {
        let first = path.first().map(String::as_str);
        matches!(first, Some("credentials" | "repository_credentials"))
    };
    if !resource.sensitive.iter().all(is_of_secrets) {
        declared.sensitive = BTreeSet::from([vec!["manifest".to_owned()]]);
    }
    Part {
        kind: &Manifest,
        resource: Cow::Owned(declared),
    }
}

fn secret_part(resource: &Resource, namespace: &str, secret: Credentials) -> Option<Part<'static>> {
    let place = secret.place.join(".");
    let metadata = json!([{"name": secret.name, "namespace": namespace}]);
    let data = BTreeMap::from([(secret.key, secret.value?)]);
    let members = BTreeMap::from([
        ("metadata".to_owned(), Expr::Value(metadata)),
        ("data".to_owned(), Expr::object(data)),
        ("type".to_owned(), Expr::Value(json!("Opaque"))),
    ]);
    let span = ("data", resource.spans.get(&place).copied());
    let mut declared = part(resource, members, &[span]);
    let is_sensitive = |path: &Vec<String>| {
        let path = path.iter().map(String::as_str);
        path.eq(secret.place)
    };
    if resource.sensitive.iter().any(is_sensitive) {
        declared.sensitive = BTreeSet::from([vec!["data".to_owned()]]);
    }
    Some(Part {
        kind: &Secret,
        resource: Cow::Owned(declared),
    })
}

fn part(
    server: &Resource,
    members: BTreeMap<String, Expr>,
    spans: &[(&str, Option<crate::diag::Span>)],
) -> Resource {
    let spans = spans.iter();
    Resource {
        address: server.address.clone(),
        provider: server.provider.clone(),
        body: Expr::object(members),
        sensitive: BTreeSet::new(),
        references: server.references.clone(),
        lifecycle: server.lifecycle.clone(),
        served_as: ServedAs::default(),
        span: server.span,
        spans: spans
            .filter_map(|(name, span)| Some(((*name).to_owned(), (*span)?)))
            .collect(),
    }
}

/// What is declared, with what the rendered objects say where nothing is declared; without the objects themselves, of
/// which only the names are shown, and without values of Secrets.
pub(super) fn completed(resource: &Resource) -> Expr {
    let reading = reading::of(&objects(resource));
    let rendered = Expr::Value(table::attributes(SCHEMA.fields, &reading));
    let mut members = resource.body.clone().into_members();
    members.remove("manifests");
    members.extend(rendered.into_members());
    for secret in credentials(resource) {
        let [name, attribute] = secret.place;
        if let (Some(block), Some(Expr::Value(_))) = (block(&resource.body, name), secret.value) {
            let hidden = block.with(&[attribute.to_owned()], Expr::Value(HIDDEN.into()));
            members.insert(name.to_owned(), Expr::list(vec![hidden]));
        }
    }
    Expr::object(members)
}
