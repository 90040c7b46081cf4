//! Paths into JSON objects, and projections: which part of an object is ours (R35). Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Member names from the root, outermost first: `["spec", "template", "ttl"]`. Lists are atomic, so there are no indices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonPath(pub Vec<String>);

impl JsonPath {
    /// From dotted text without quoting: `spec.template.ttl`.
    pub fn dotted(text: &str) -> Self {
        Self(text.split('.').map(str::to_owned).collect())
    }
    /// With one more member.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut members = self.0.clone();
        members.push(name.to_owned());
        Self(members)
    }
    /// Value there.
    pub fn get<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.0
            .iter()
            .try_fold(root, |value, member| value.get(member))
    }
    /// Takes away what stands there.
    pub fn remove(&self, root: &mut Value) {
        remove(root, &self.0);
    }
    /// Puts a value there, making objects on the way.
    pub fn set(&self, root: &mut Value, value: Value) {
        put(root, self.0.iter().map(String::as_str), value);
    }
}

/// Puts a value at a path of member names, making objects on the way.
pub(super) fn put<'p>(root: &mut Value, path: impl Iterator<Item = &'p str>, value: Value) {
    let mut place = root;
    for member in path {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(members) = place else {
            return;
        };
        place = members.entry(member).or_insert(Value::Null);
    }
    *place = value;
}

/// The part of an object that a fingerprint covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Projection {
    /// Paths that count, each whole.
    pub include: Vec<JsonPath>,
    /// Paths below them that do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<JsonPath>,
}

impl Projection {
    /// The object reduced to what counts.
    pub fn of(&self, object: &Value) -> Value {
        let mut reduced = Value::Object(serde_json::Map::new());
        for path in &self.include {
            if let Some(value) = path.get(object) {
                path.set(&mut reduced, value.clone());
            }
        }
        for path in &self.exclude {
            remove(&mut reduced, &path.0);
        }
        reduced
    }
    /// sha256, in hex, of the canonical JSON of the object reduced to what counts. serde_json keeps members sorted.
    pub fn fingerprint(&self, object: &Value) -> String {
        use sha2::Digest;
        hex::encode(sha2::Sha256::digest(self.of(object).to_string().as_bytes()))
    }
}

fn remove(value: &mut Value, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            if let Value::Object(members) = value {
                members.remove(last);
            }
        }
        [first, rest @ ..] => {
            if let Some(inner) = value.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}
