//! Paths and queries of the Kubernetes API. Must not know objects.

use super::resources::{Origin, RESOURCES, Resource, Scope};
use super::status::Failure;
use crate::sandbox::state::State;
use std::collections::BTreeMap;

/// What a path names.
#[derive(Debug)]
pub enum Route {
    /// `/version`.
    Version,
    /// `/readyz`, `/livez`, `/healthz`.
    Health,
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1`, `/apis/GROUP/v1`: the group.
    Resources(String),
    /// All objects of a type.
    Collection {
        /// The type.
        resource: &'static Resource,
        /// One namespace; `None`: all, or a type of the cluster.
        namespace: Option<String>,
    },
    /// One object.
    Object {
        /// The type.
        resource: &'static Resource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

/// Query parameters, decoded. `force=true` and a bare `force` are both there in real requests.
#[derive(Clone, Debug, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// From the part after `?`.
    pub fn parse(query: Option<&str>) -> Self {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }
    /// A parameter that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
    /// Whether it is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let hex = tail.get(..2).and_then(|pair| hex::decode(pair).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                decoded.extend(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => decoded.push(b' '),
            (other, _) => decoded.push(*other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Finds what a path names.
///
/// # Errors
/// The 404 that the real server gives: text for paths and types that nobody serves, a Status below a built-in group.
pub fn route(state: &State, path: &str) -> Result<Route, Failure> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["version"] => Ok(Route::Version),
        ["readyz" | "livez" | "healthz"] => Ok(Route::Health),
        ["api"] => Ok(Route::CoreVersions),
        ["apis"] => Ok(Route::Groups),
        ["api", "v1"] => Ok(Route::Resources(String::new())),
        ["api", "v1", rest @ ..] => objects(state, "", rest),
        ["apis", group] if served(state, group) => Ok(Route::Group((*group).to_owned())),
        ["apis", group, "v1"] if served(state, group) => Ok(Route::Resources((*group).to_owned())),
        ["apis", group, "v1", rest @ ..] if served(state, group) => objects(state, group, rest),
        ["apis", group, _, ..] if built_in(group) => Err(Failure::no_resource()),
        _ => Err(Failure::PageNotFound),
    }
}

/// Types that are served now.
pub fn served_resources(state: &State) -> impl Iterator<Item = &'static Resource> + use<'_> {
    RESOURCES
        .iter()
        .filter(|resource| resource.origin == Origin::BuiltIn || state.defines(resource))
}

fn served(state: &State, group: &str) -> bool {
    served_resources(state).any(|resource| resource.group == group)
}

fn built_in(group: &str) -> bool {
    RESOURCES
        .iter()
        .any(|resource| resource.origin == Origin::BuiltIn && resource.group == group)
}

fn objects(state: &State, group: &str, rest: &[&str]) -> Result<Route, Failure> {
    let find = |plural: &str, scope: Scope| {
        served_resources(state)
            .find(|resource| {
                resource.group == group && resource.plural == plural && resource.scope == scope
            })
            .ok_or_else(|| {
                if built_in(group) {
                    Failure::no_resource()
                } else {
                    Failure::PageNotFound
                }
            })
    };
    match rest {
        ["namespaces", namespace, plural] => Ok(Route::Collection {
            resource: find(plural, Scope::Namespaced)?,
            namespace: Some((*namespace).to_owned()),
        }),
        ["namespaces", namespace, plural, name] => Ok(Route::Object {
            resource: find(plural, Scope::Namespaced)?,
            namespace: Some((*namespace).to_owned()),
            name: (*name).to_owned(),
        }),
        // A subresource that the type does not have: none of Velero's types has `status`.
        ["namespaces", _, plural, name, _] => {
            Err(Failure::not_found(find(plural, Scope::Namespaced)?, name))
        }
        [plural] => {
            let resource =
                find(plural, Scope::Cluster).or_else(|_| find(plural, Scope::Namespaced))?;
            Ok(Route::Collection {
                resource,
                namespace: None,
            })
        }
        [plural, name] => Ok(Route::Object {
            resource: find(plural, Scope::Cluster)?,
            namespace: None,
            name: (*name).to_owned(),
        }),
        _ => Err(if built_in(group) {
            Failure::no_resource()
        } else {
            Failure::PageNotFound
        }),
    }
}
