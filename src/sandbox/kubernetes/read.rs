//! GET and LIST: paging, selectors. Must not know how objects are written.

use super::resources::{Origin, Resource};
use super::routes::Parameters;
use super::status::Failure;
use crate::sandbox::state::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One object.
///
/// # Errors
/// 404.
pub fn get(
    state: &State,
    resource: &Resource,
    namespace: Option<&str>,
    name: &str,
) -> Result<Value, Failure> {
    let key = resource.object_key(namespace, name);
    state
        .objects
        .get(&key)
        .cloned()
        .ok_or_else(|| Failure::not_found(resource, name))
}

#[derive(Serialize, Deserialize)]
struct Token {
    v: String,
    rv: u64,
    start: String,
}

/// All objects of a type, or a page of them.
///
/// # Errors
/// 400 of a bad limit, token or selector; 410 of an expired token.
pub fn list(
    state: &State,
    resource: &Resource,
    namespace: Option<&str>,
    parameters: &Parameters,
) -> Result<Value, Failure> {
    if parameters.is_true("watch") {
        return Err(Failure::method_not_allowed());
    }
    let limit: usize = match parameters.get("limit") {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Failure::bad_request(format!(
                "strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        })?,
    };
    let token = parameters
        .get("continue")
        .map(|text| read_token(state, text))
        .transpose()?;
    let selector = Selector::parse(parameters)?;
    let start = token.as_ref().map_or("", |token| token.start.as_str());
    let mut rest = state
        .list(&resource.title(), namespace)
        .filter(|(key, object)| key.as_str() >= start && selector.matches(object))
        .peekable();
    let mut items = Vec::new();
    let mut last = String::new();
    while let Some((key, object)) = rest.next_if(|_| limit == 0 || items.len() < limit) {
        last.clone_from(key);
        items.push(item(resource, object));
    }
    let remaining = rest.count();
    let version = token.map_or(state.resource_version, |token| token.rv);
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if remaining > 0 {
        let next = Token {
            v: "meta.k8s.io/v1".to_owned(),
            rv: version,
            start: format!("{last}\0"),
        };
        let text = serde_json::to_string(&next).unwrap_or_default();
        metadata["continue"] = json!(URL_SAFE_NO_PAD.encode(text));
        // With a selector the server does not know how many are left.
        if selector.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    } else if resource.origin == Origin::Velero {
        metadata["continue"] = json!("");
    }
    Ok(json!({
        "apiVersion": resource.api_version(), "kind": format!("{}List", resource.kind), "metadata": metadata, "items": items,
    }))
}

/// Items of built-in types carry no apiVersion and kind in a list, custom resources do.
fn item(resource: &Resource, object: &Value) -> Value {
    let mut item = object.clone();
    if let (Origin::BuiltIn, Value::Object(members)) = (resource.origin, &mut item) {
        members.remove("apiVersion");
        members.remove("kind");
    }
    item
}

fn read_token(state: &State, text: &str) -> Result<Token, Failure> {
    let invalid = |why: String| {
        Failure::bad_request(format!(
            "invalid continue token: continue key is not valid: {why}"
        ))
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        invalid(format!(
            "illegal base64 data at input byte {}",
            text.len() / 4 * 4
        ))
    })?;
    let token: Token =
        serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
    if token.rv < state.compacted {
        return Err(Failure::Status {
            code: 410,
            reason: Some("Expired"),
            message: "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.".to_owned(),
            details: None,
        });
    }
    Ok(token)
}

#[derive(Default)]
struct Selector {
    terms: Vec<Term>,
}

struct Term {
    pointer: String,
    wanted: Wanted,
}

enum Wanted {
    Equal(String),
    Different(String),
    There,
}

impl Selector {
    fn parse(parameters: &Parameters) -> Result<Self, Failure> {
        let mut selector = Self::default();
        for text in parameters
            .get("labelSelector")
            .into_iter()
            .flat_map(|text| text.split(','))
        {
            selector.terms.push(Term::parse(text, "/metadata/labels/"));
        }
        for text in parameters
            .get("fieldSelector")
            .into_iter()
            .flat_map(|text| text.split(','))
        {
            let term = Term::parse(text, "/");
            if !matches!(
                term.pointer.as_str(),
                "/metadata.name" | "/metadata.namespace"
            ) {
                return Err(Failure::bad_request(format!(
                    "field label not supported: {text}"
                )));
            }
            selector.terms.push(Term {
                pointer: term.pointer.replace('.', "/"),
                wanted: term.wanted,
            });
        }
        Ok(selector)
    }
    fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
    fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| {
            let found = object.pointer(&term.pointer).and_then(Value::as_str);
            match &term.wanted {
                Wanted::Equal(value) => found == Some(value),
                Wanted::Different(value) => found != Some(value),
                Wanted::There => found.is_some(),
            }
        })
    }
}

impl Term {
    fn parse(text: &str, prefix: &str) -> Self {
        let escape = |name: &str| {
            format!(
                "{prefix}{}",
                name.trim().replace('~', "~0").replace('/', "~1")
            )
        };
        if let Some((name, value)) = text.split_once("!=") {
            return Self {
                pointer: escape(name),
                wanted: Wanted::Different(value.trim().to_owned()),
            };
        }
        match text.split_once('=') {
            Some((name, value)) => Self {
                pointer: escape(name),
                wanted: Wanted::Equal(value.trim_start_matches('=').trim().to_owned()),
            },
            None => Self {
                pointer: escape(text),
                wanted: Wanted::There,
            },
        }
    }
}
