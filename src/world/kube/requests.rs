//! The exact requests of each read and write: paths, queries, headers, bodies. Pure: must not send anything.

use super::asked::{Asked, Named};
use crate::model::identity::{
    FIELD_MANAGER, KubeResource, MANAGED_BY, MANAGED_BY_LABEL, MARK_PREFIX, STACK_LABEL,
};
use crate::world::ReadVersion;
use crate::world::op::KubeOp;
use bytes::Bytes;
use http::Method;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Limit of one attempt.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
/// Limit of one attempt at a page of a LIST: 500 big objects over a slow line take their time.
const PAGE_LIMIT: Duration = Duration::from_secs(30);
/// Objects per page; kubectl's own number.
const PAGE_SIZE: usize = 500;

/// Whether repeating a request can do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It changes nothing: tried again whatever went wrong.
    Repeatable,
    /// It has an effect: tried again only where the server certainly did nothing.
    Once,
}

/// Whether a write is only rehearsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It counts.
    Real,
    /// `dryRun=All`: the server answers as if, and stores nothing.
    DryRun,
}

/// Whether an apply takes fields from other managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// It takes them.
    Take,
    /// It is refused with the list of them.
    Ask,
}

/// One request, without server and credentials.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path.
    pub path: String,
    /// Query without `?`; may be empty.
    pub query: String,
    /// Content type of the body, where there is one.
    pub content_type: Option<&'static str>,
    /// Body.
    pub body: Bytes,
    /// Limit of one attempt.
    pub limit: Duration,
    /// Whether it may be repeated.
    pub safety: Safety,
    /// What a success has to hold.
    pub asked: Asked,
}

impl Request {
    /// A read.
    fn get(path: impl Into<String>, asked: Asked) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: String::new(),
            content_type: None,
            body: Bytes::new(),
            limit: ATTEMPT_LIMIT,
            safety: Safety::Repeatable,
            asked,
        }
    }

    fn write(
        op: &KubeOp,
        how: (Method, String),
        content: (&'static str, &Json),
        asked: Asked,
    ) -> Self {
        let (method, query) = how;
        let path = if method == Method::POST {
            collection_path(&op.resource, op.namespace.as_deref())
        } else {
            object_path(&op.resource, op.namespace.as_deref(), &op.name)
        };
        Self {
            method,
            path,
            query,
            content_type: Some(content.0),
            body: Bytes::from(content.1.to_string()),
            limit: ATTEMPT_LIMIT,
            safety: Safety::Once,
            asked,
        }
    }

    /// For people: method and path. The query (field manager, page tokens) helps nobody.
    pub fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// As HTTP.
    ///
    /// # Errors
    /// Where a part is no valid HTTP.
    pub fn to_http(&self) -> Result<http::Request<Bytes>, http::Error> {
        let uri = if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        };
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(uri)
            .header(http::header::ACCEPT, "application/json")
            .header(
                http::header::USER_AGENT,
                concat!("sk-dr/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(content_type) = self.content_type {
            request = request.header(http::header::CONTENT_TYPE, content_type);
        }
        request.body(self.body.clone())
    }
}

/// The namespace kube-system, whose UID is the identity of a cluster (R21).
pub fn identity() -> Request {
    let resource = KubeResource {
        group: "".into(),
        version: "v1".into(),
        plural: "namespaces".into(),
        kind: "Namespace".into(),
        namespaced: false,
    };
    get(&resource, None, "kube-system")
}

/// One object.
pub fn get(resource: &KubeResource, namespace: Option<&str>, name: &str) -> Request {
    let named = Named {
        resource: resource.clone(),
        namespace: namespace.filter(|_| resource.namespaced).map(str::to_owned),
        name: name.to_owned(),
        uid: None,
    };
    Request::get(object_path(resource, namespace, name), Asked::Object(named))
}

/// Which objects of a type a LIST is about.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of one namespace, or of every one.
    All(Option<&'a str>),
    /// Those with the mark of a stack, in every namespace but these.
    Marked {
        /// The stack.
        stack: &'a str,
        /// The namespaces.
        except: &'a [String],
    },
}

/// Characters of namespaces that a LIST leaves out, at most: beyond them a proxy may refuse the address, and what is
/// answered twice is told once all the same.
const EXCEPTIONS: usize = 2_000;

/// One page of a LIST.
pub fn list(resource: &KubeResource, which: Which<'_>, token: Option<&str>) -> Request {
    let mut query = format!("limit={PAGE_SIZE}");
    let namespace = match which {
        Which::All(namespace) => namespace,
        Which::Marked { stack, except } => {
            query.push_str("&labelSelector=");
            query.push_str(&encode(&format!("{STACK_LABEL}={stack}")));
            let fields: Vec<String> = except
                .iter()
                .map(|namespace| format!("metadata.namespace!={namespace}"))
                .collect();
            let fields = fields.join(",");
            if !fields.is_empty() && fields.len() <= EXCEPTIONS {
                query.push_str("&fieldSelector=");
                query.push_str(&encode(&fields));
            }
            None
        }
    };
    if let Some(token) = token {
        query.push_str("&continue=");
        query.push_str(&encode(token));
    }
    Request {
        query,
        limit: PAGE_LIMIT,
        ..Request::get(
            collection_path(resource, namespace),
            Asked::List(resource.clone(), namespace.map(str::to_owned)),
        )
    }
}

/// Which types a group and version serves.
pub fn discovery(resource: &KubeResource) -> Request {
    Request::get(api_root(resource), Asked::Types(resource.api_version()))
}

/// Which groups there are.
pub fn groups() -> Request {
    Request::get("/apis", Asked::Groups)
}

/// POST: an existing object is never adopted by it, the server answers 409.
pub fn create(op: &KubeOp, body: Json, mode: Mode) -> Request {
    let body = addressed(op, body, None);
    Request::write(
        op,
        (Method::POST, write_query(mode, None)),
        ("application/json", &body),
        answered(op, None, mode),
    )
}

/// Server-side apply. Bound to one read of one object a stale one is 409, another object of the name 422 or 409; unbound
/// it is for rehearsals. After a POST even our own entry makes conflicts without force.
pub fn apply(op: &KubeOp, body: Json, read: Option<&ReadVersion>, how: (Mode, Force)) -> Request {
    let body = addressed(op, body, read);
    Request::write(
        op,
        (Method::PATCH, write_query(how.0, Some(how.1))),
        ("application/apply-patch+yaml", &body),
        answered(op, read, how.0),
    )
}

/// Merge patch: what apply cannot take away after a POST, since the POST's entry still owns it. Null where a field goes;
/// a list that loses members stands whole in `written`.
pub fn remove(op: &KubeOp, written: &Json, read: &ReadVersion, mode: Mode) -> Request {
    let mut body =
        json!({ "metadata": { "uid": read.uid, "resourceVersion": read.resource_version } });
    for path in &op.takes {
        let value = path.get(written).cloned().unwrap_or_default();
        path.set(&mut body, value);
    }
    Request::write(
        op,
        (Method::PATCH, write_query(mode, None)),
        ("application/merge-patch+json", &body),
        answered(op, Some(read), mode),
    )
}

/// DELETE of exactly that object. Dependents of Velero's objects stay: a Schedule may own its Backups, and those are data.
pub fn delete(op: &KubeOp, read: &ReadVersion) -> Request {
    let propagation = if op.resource.group == "velero.io" {
        "Orphan"
    } else {
        "Background"
    };
    let body = json!({
        "apiVersion": "v1", "kind": "DeleteOptions",
        "preconditions": { "uid": read.uid }, "propagationPolicy": propagation,
    });
    Request::write(
        op,
        (Method::DELETE, String::new()),
        ("application/json", &body),
        Asked::Deletion(named(op, Some(read))),
    )
}

/// JSON patch that takes our marks and our managedFields entries off `live`; everything else stays as it is. Never an
/// empty apply: for a kind without required fields that would delete the spec. `None` where nothing of ours is on it: a
/// proxy sent the patch twice, and the answer to the second is a failed test.
pub fn release(op: &KubeOp, live: &Json, read: &ReadVersion) -> Option<Request> {
    let metadata = live.get("metadata").unwrap_or(&Json::Null);
    let tested = ["uid", "resourceVersion"];
    let test = |member| {
        let value = metadata.get(member).unwrap_or(&Json::Null);
        json!({ "op": "test", "path": format!("/metadata/{member}"), "value": value })
    };
    let mut patch: Vec<Json> = tested.map(test).into();
    for map in ["labels", "annotations"] {
        let members = metadata
            .get(map)
            .and_then(Json::as_object)
            .into_iter()
            .flatten();
        // That we made it is no longer so for whoever adopts it: what is adopted is never deleted (R24).
        let is_ours = |(key, value): &(&String, &Json)| {
            let is_made = *key == MANAGED_BY_LABEL && *value == MANAGED_BY;
            key.starts_with(MARK_PREFIX) || is_made
        };
        for (key, _) in members.filter(is_ours) {
            patch.push(json!({ "op": "remove", "path": format!("/metadata/{map}/{}", pointer_escape(key)) }));
        }
    }
    if let Some(entries) = metadata.get("managedFields").and_then(Json::as_array) {
        let ours =
            |entry: &&Json| entry.get("manager").and_then(Json::as_str) == Some(FIELD_MANAGER);
        let mut others: Vec<Json> = entries
            .iter()
            .filter(|entry| !ours(entry))
            .cloned()
            .collect();
        let has_ours = others.len() < entries.len();
        // An empty list reads as "not sent" and changes nothing; one empty entry resets them.
        if others.is_empty() {
            others.push(json!({}));
        }
        if has_ours {
            patch.push(
                json!({ "op": "replace", "path": "/metadata/managedFields", "value": others }),
            );
        }
    }
    if patch.len() == tested.len() {
        return None;
    }
    Some(Request::write(
        op,
        (Method::PATCH, format!("fieldManager={FIELD_MANAGER}")),
        ("application/json-patch+json", &Json::Array(patch)),
        Asked::Object(named(op, Some(read))),
    ))
}

/// What the answer to a write has to be.
fn answered(op: &KubeOp, read: Option<&ReadVersion>, mode: Mode) -> Asked {
    match mode {
        Mode::Real => Asked::Object(named(op, read)),
        Mode::DryRun => Asked::Rehearsal(named(op, read)),
    }
}

fn named(op: &KubeOp, read: Option<&ReadVersion>) -> Named {
    Named {
        resource: op.resource.clone(),
        namespace: op.namespace.clone().filter(|_| op.resource.namespaced),
        name: op.name.clone(),
        uid: read.map(|read| read.uid.clone()),
    }
}

fn write_query(mode: Mode, force: Option<Force>) -> String {
    let mut query = format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict");
    match force {
        Some(Force::Take) => query.push_str("&force=true"),
        Some(Force::Ask) => query.push_str("&force=false"),
        None => {}
    }
    match mode {
        Mode::Real => {}
        Mode::DryRun => query.push_str("&dryRun=All"),
    }
    query
}

/// The body with type, name and, where bound to a read, its uid and resourceVersion.
fn addressed(op: &KubeOp, body: Json, read: Option<&ReadVersion>) -> Json {
    let mut members = match body {
        Json::Object(members) => members,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            serde_json::Map::new()
        }
    };
    members.insert("apiVersion".to_owned(), op.resource.api_version().into());
    members.insert("kind".to_owned(), op.resource.kind.clone().into());
    let metadata = members.entry("metadata").or_insert_with(|| json!({}));
    if let Json::Object(metadata) = metadata {
        metadata.insert("name".to_owned(), op.name.clone().into());
        if let Some(namespace) = &op.namespace {
            metadata.insert("namespace".to_owned(), namespace.clone().into());
        }
        if let Some(read) = read {
            metadata.insert("uid".to_owned(), read.uid.clone().into());
            metadata.insert(
                "resourceVersion".to_owned(),
                read.resource_version.clone().into(),
            );
        }
    }
    Json::Object(members)
}

fn api_root(resource: &KubeResource) -> String {
    if resource.group.is_empty() {
        format!("/api/{}", encode(&resource.version))
    } else {
        format!(
            "/apis/{}/{}",
            encode(&resource.group),
            encode(&resource.version)
        )
    }
}

fn collection_path(resource: &KubeResource, namespace: Option<&str>) -> String {
    let root = api_root(resource);
    match namespace {
        Some(namespace) if resource.namespaced => {
            format!(
                "{root}/namespaces/{}/{}",
                encode(namespace),
                encode(&resource.plural)
            )
        }
        Some(_) | None => format!("{root}/{}", encode(&resource.plural)),
    }
}

fn object_path(resource: &KubeResource, namespace: Option<&str>, name: &str) -> String {
    format!("{}/{}", collection_path(resource, namespace), encode(name))
}

fn pointer_escape(member: &str) -> String {
    member.replace('~', "~0").replace('/', "~1")
}

/// Percent-encoding of everything but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
