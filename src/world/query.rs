//! Questions and answers. An answer is present, absent, not served, or unknown with a reason; unknown never reads as absent.

use crate::model::identity::{KubeResource, ProviderRef};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A question to the outside. Ordered, so that answers can be kept in a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Which cluster is this: the namespace kube-system. Present carries that object.
    Identity {
        /// The provider.
        provider: ProviderRef,
    },
    /// All objects of a type, paged, no selector. Present carries [`Fact::List`].
    List {
        /// The provider.
        provider: ProviderRef,
        /// The type.
        resource: KubeResource,
        /// One namespace, or all.
        namespace: Option<String>,
    },
    /// All objects of a namespaced type that carry the mark of a stack, in every namespace but these. Present carries
    /// [`Fact::List`].
    Marked {
        /// The provider.
        provider: ProviderRef,
        /// The type.
        resource: KubeResource,
        /// The stack.
        stack: String,
        /// Namespaces in which the type is listed whole.
        except: Vec<String>,
    },
    /// Which types a group and version serves. Present carries the list of them as one object.
    Types {
        /// The provider.
        provider: ProviderRef,
        /// API group, empty for the core group.
        group: String,
        /// Version.
        version: String,
    },
    /// One object.
    Get {
        /// The provider.
        provider: ProviderRef,
        /// The type.
        resource: KubeResource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// Objects of a bucket below a prefix, paged. Present carries [`Fact::Blobs`]; a bucket that is not there is unknown.
    Blobs {
        /// The store.
        provider: ProviderRef,
        /// The bucket.
        bucket: String,
        /// What the keys begin with; with a `/` at its end where it stands for a folder.
        prefix: String,
        /// How far down.
        depth: Depth,
    },
    /// One object of a bucket, whole. Present carries [`Fact::Bytes`]; only its key may be absent.
    Blob {
        /// The store.
        provider: ProviderRef,
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// A cluster made by a command: is its kubeconfig there, and does the API behind it answer?
    Cluster {
        /// Kubeconfig path, absolute.
        kubeconfig: String,
    },
}

/// How far down a bucket is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Every object.
    All,
    /// Objects and names of folders directly below the prefix: what holds a further `/` is its folder's name alone.
    Names,
}

impl Query {
    /// Whose objects of which type it asks for, where it asks for many.
    pub fn listed(&self) -> Option<(&ProviderRef, &KubeResource)> {
        match self {
            Query::List {
                provider, resource, ..
            }
            | Query::Marked {
                provider, resource, ..
            } => Some((provider, resource)),
            Query::Identity { .. }
            | Query::Types { .. }
            | Query::Get { .. }
            | Query::Blobs { .. }
            | Query::Blob { .. }
            | Query::Cluster { .. } => None,
        }
    }
}

/// What the outside said.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is there.
    Present(Fact),
    /// It is proven not to be there (404 with a Status, file missing).
    Absent,
    /// The API does not serve this type: LIST 404 and discovery agree.
    NotServed,
    /// It cannot be told.
    Unknown(Why),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// One object.
    Object(Json),
    /// Objects of a LIST, sorted by namespace and name.
    List(Vec<Json>),
    /// Objects of a bucket.
    Blobs(Blobs),
    /// One of them.
    Bytes(Blob),
}

/// What a bucket holds below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blobs {
    /// Objects, sorted by key.
    pub objects: Vec<BlobEntry>,
    /// Names of folders, sorted, without the prefix and without a `/`; empty with [`Depth::All`].
    pub names: Vec<String>,
}

/// One object of a bucket, as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its whole key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Its ETag, without quotes.
    pub etag: String,
    /// When it was written, by the store's clock.
    pub modified: Timestamp,
}

/// One object of a bucket, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// What it holds, as it is stored.
    pub bytes: Bytes,
    /// Its ETag, without quotes.
    pub etag: String,
    /// When it was written, by the store's clock.
    pub modified: Timestamp,
}

/// Why something cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Class of the failure.
    pub class: FailureClass,
    /// Full words: request, status, the server's message, how often tried.
    pub message: String,
}

/// Classes of failure that the rest treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// 401, or credentials that could not be read.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// No answer: refused, timeout, broken connection.
    Unreachable,
    /// TLS: the server's certificate is not trusted, or not for this name.
    Untrusted,
    /// 429, 5xx after all tries.
    Unavailable,
    /// An answer that makes no sense.
    Malformed,
    /// The server refused the content: 400, 422, Strict.
    Invalid,
    /// 501: the server does not know what was asked for.
    Unsupported,
    /// 409: somebody else changed or holds it, uid precondition failed.
    Conflict,
    /// 404 where the object or its namespace should be.
    NotFound,
    /// A program exited with a failure or could not be started.
    Program,
    /// A secret or hole could not be read.
    Value,
    /// The wait's limit passed, or the server said it failed.
    Wait,
    /// The ground moved (R35).
    Ground,
    /// The cluster that answers is another one (R21).
    WrongIdentity,
}

/// Everything asked and answered for one plan.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The answers.
    pub answers: BTreeMap<Query, Answer>,
}

impl Live {
    /// The answer; `None` where it was not asked, which callers treat as unknown, never as absent.
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        self.answers.get(query)
    }
}

/// Outcome of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Done; the object as the server returned it (`null` where there is none).
    Done(Json),
    /// Certainly not done.
    Refused(Why),
    /// The request went out, no answer came: it may or may not have had its effect.
    InDoubt(Why),
}

/// Which kind of write gave a field to its manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagerOperation {
    /// Server-side apply: a controller that will write it again (Argo CD, Flux).
    Apply,
    /// Any other write (kubectl edit).
    Update,
}

/// A field that a write would take from another manager.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conflict {
    /// The field as the server writes it: `.spec.schedule`.
    pub field: String,
    /// Who holds it.
    pub manager: String,
    /// By which kind of write.
    pub operation: ManagerOperation,
}

/// What came of rehearsing a write (R36).
#[derive(Clone, Debug, PartialEq)]
pub enum DryRun {
    /// The server would accept it.
    Object {
        /// The object as it would be, with the server's defaults.
        object: Json,
        /// Fields that it would take from others; our own are not among them.
        conflicts: Vec<Conflict>,
    },
    /// No right to write: not confirmed by the server, which is no obstacle to a plan.
    Forbidden(Why),
    /// It cannot be rehearsed: its namespace is not there yet, a value is not known yet, nothing to confirm.
    Skipped(Why),
    /// The server would refuse it.
    Refused(Why),
    /// It cannot be told.
    Unknown(Why),
}
