//! The seam: two doors to the outside (answer a query, perform an operation) and the clock. There is one [`World`]:
//! the real clients; tests and the demo put a sandbox behind them at the wire. Must not know kinds or a plan's meaning.

pub mod clock;
pub mod kube;
pub mod local;
pub mod query;

use crate::model::expression::{Bindings, Expr};
use crate::model::identity::ProviderRef;
use crate::model::secret::{SecretName, SecretSource};
use crate::plan::document::Op;
use bytes::Bytes;
use clock::Clock;
use query::{Answer, Effect, FailureClass, Query, Why};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The seam under every client: one request, one answer, both whole. Production, sandbox and faults are such services.
pub type Wire =
    tower::util::BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, tower::BoxError>;

/// What the process hands over. Nothing below reads the environment or the clock by itself.
#[derive(Clone)]
pub struct Doors {
    /// A copy of the environment.
    pub environment: BTreeMap<String, String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes the wire to a Kubernetes API.
    pub wires: Arc<dyn kube::Wires>,
    /// Relative paths in arguments resolve against this directory.
    pub directory: PathBuf,
    /// Where each secret is.
    pub secrets: BTreeMap<SecretName, SecretSource>,
}

/// What an operation is bound to beside its own text.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// Values of holes.
    pub bindings: Bindings,
    /// UID and resourceVersion of the read on which the ground was checked; `None` for a create or a program.
    pub read: Option<ReadVersion>,
}

/// One read of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadVersion {
    /// Its UID.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
}

/// The outside.
pub struct World {
    doors: Doors,
}

impl World {
    /// Connects nothing yet.
    pub fn new(doors: Doors) -> Self {
        Self { doors }
    }
    /// The doors it was made of.
    pub fn doors(&self) -> &Doors {
        &self.doors
    }
    /// Connects a provider with its arguments (an object); replaces an earlier connection. Returns context and server for people.
    ///
    /// # Errors
    /// Where arguments cannot be read (kubeconfig missing, secret unreadable). Does not ask the server anything.
    pub async fn connect(
        &self,
        provider: &ProviderRef,
        _arguments: &Expr,
        _bindings: &Bindings,
    ) -> Result<String, Why> {
        Err(Why {
            class: FailureClass::Unreachable,
            message: format!("{provider} has no client"),
        })
    }
    /// Answers a question, with retries and a deadline.
    pub async fn answer(&self, query: &Query) -> Answer {
        Answer::Unknown(Why {
            class: FailureClass::Unreachable,
            message: format!("{query:?} has no client"),
        })
    }
    /// Performs an operation: once, except where the server certainly did nothing (429, connection refused).
    pub async fn perform(&self, _op: &Op, _bound: &Bound) -> Effect {
        Effect::Refused(Why {
            class: FailureClass::Unreachable,
            message: "no client".to_owned(),
        })
    }
}
