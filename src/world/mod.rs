//! The seam: two doors to the outside (answer a query, perform an operation) and the clock. There is one [`World`]:
//! the real clients; tests and the demo put a sandbox behind them at the wire. Must not know kinds or a plan's meaning.

mod buckets;
pub mod clock;
mod connecting;
pub mod guard;
pub mod kopia;
pub mod kube;
pub mod local;
pub mod op;
pub mod query;
pub mod redactor;
mod running;
pub mod s3;
pub mod substitute;
#[cfg(test)]
mod tests;
mod tries;
pub mod waiting;
mod wire;
pub mod words;

use crate::model::expression::{Bindings, Expr};
use crate::model::identity::ProviderRef;
use crate::model::secret::{SecretName, SecretSource};
use crate::world::op::Op;
use bytes::Bytes;
use clock::Clock;
use connecting::ConnectArguments;
use futures::StreamExt;
use futures::stream::BoxStream;
use guard::Guard;
use jiff::Timestamp;
use kube::Before;
use kube::client::Client;
use local::files;
use query::{Answer, DryRun, Effect, FailureClass, Live, Query, Why};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use substitute::{Exposed, Redactor, substitute};
use waiting::Waiting;
pub use wire::Wire;
use words::Said;

/// Limit of a program for which none is given.
pub const PROGRAM_LIMIT: Duration = Duration::from_secs(30 * 60);
/// Questions asked at the same time where nobody says.
const QUESTIONS: usize = 10;

/// What the process hands over. Nothing below reads the environment or the clock by itself.
#[derive(Clone)]
pub struct Doors {
    /// A copy of the environment.
    pub environment: BTreeMap<String, String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes the wire to a Kubernetes API.
    pub wires: Arc<dyn kube::Wires>,
    /// Makes the wire to a store.
    pub stores: Arc<dyn s3::Wires>,
    /// Relative paths in arguments resolve against this directory.
    pub directory: PathBuf,
    /// Where each secret is.
    pub secrets: BTreeMap<SecretName, SecretSource>,
    /// What the configuration may make happen.
    pub guard: Guard,
    /// Decides the pauses between tries: same seed, same pauses.
    pub seed: u64,
    /// Who is told what is waited for.
    pub waiting: Waiting,
}

/// What an operation is bound to beside its own text.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// Values of holes.
    pub bindings: Bindings,
    /// UID and resourceVersion of the read on which the ground was checked; `None` for a create or a program.
    pub read: Option<ReadVersion>,
    /// Limit of a program; [`PROGRAM_LIMIT`] where there is none.
    pub limit: Option<Duration>,
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
    /// Strikes out what the environment holds for a secret: whoever inherits it may print it.
    known: Redactor,
    connections: Mutex<BTreeMap<ProviderRef, Connection>>,
    questions: usize,
}

/// What is behind a provider block.
#[derive(Clone)]
enum Connection {
    Cluster(Arc<Client>),
    Store(Arc<s3::Client>),
}

impl Connection {
    fn title(&self) -> &str {
        match self {
            Connection::Cluster(client) => client.title(),
            Connection::Store(client) => client.title(),
        }
    }
}

impl World {
    /// Connects nothing yet.
    pub fn new(doors: Doors) -> Self {
        Self {
            known: local::secrets::known(&doors),
            doors,
            connections: Mutex::new(BTreeMap::new()),
            questions: QUESTIONS,
        }
    }
    /// The same, asking at most so many questions at a time.
    #[must_use]
    pub fn asking(self, questions: u16) -> Self {
        Self {
            questions: usize::from(questions).max(1),
            ..self
        }
    }
    /// The doors it was made of.
    pub fn doors(&self) -> &Doors {
        &self.doors
    }
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.doors.clock.now()
    }
    /// Connects a provider with its arguments (an object); replaces an earlier connection. Returns context and server for people.
    ///
    /// # Errors
    /// Where arguments cannot be read (kubeconfig missing, secret unreadable). Does not ask the server anything.
    pub async fn connect(
        &self,
        provider: &ProviderRef,
        arguments: &Expr,
        bindings: &Bindings,
    ) -> Result<String, Why> {
        let exposed = self.expose(arguments, bindings).await?;
        let redactor = exposed.redactor().and(&self.known);
        let arguments = ConnectArguments {
            arguments: exposed.value().clone(),
            environment: self.doors.environment.clone(),
            directory: self.doors.directory.clone(),
            guard: self.doors.guard.clone(),
            clock: self.doors.clock.clone(),
            waiting: self.doors.waiting.clone(),
        };
        let connection = match provider.provider.as_str() {
            "kubernetes" => self.connect_cluster(&arguments, &redactor).await,
            "s3" => {
                let knowing = (self.doors.seed, &redactor);
                s3::connect(&arguments, self.doors.stores.as_ref(), knowing)
                    .map(|client| Connection::Store(Arc::new(client)))
            }
            _ => Err(Why {
                class: FailureClass::Malformed,
                message: format!("provider {provider} has no client in this version"),
            }),
        };
        let connection = connection.map_err(|why| said(why, &redactor))?;
        let title = connection.title().to_owned();
        self.lock().insert(provider.clone(), connection);
        Ok(title)
    }

    async fn connect_cluster(
        &self,
        arguments: &ConnectArguments,
        redactor: &Redactor,
    ) -> Result<Connection, Why> {
        let connected = self.doors.wires.connect(arguments).await?;
        // A context is called what its file says.
        let title = Said::of(connected.title.as_bytes(), redactor).line();
        let (seed, redactor) = (self.doors.seed, redactor.clone());
        let client = Client::new(connected.wire, title, seed, redactor);
        Ok(Connection::Cluster(Arc::new(client)))
    }
    /// Answers a question, with retries and a deadline.
    pub async fn answer(&self, query: &Query) -> Answer {
        match query {
            Query::Identity { provider } => match self.client(provider) {
                Ok(client) => client.identity().await,
                Err(why) => Answer::Unknown(why),
            },
            Query::List {
                provider,
                resource,
                namespace,
            } => match self.same_client(provider).await {
                Ok(client) => client.list(resource, namespace.as_deref()).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Marked {
                provider,
                resource,
                stack,
                except,
            } => match self.client(provider) {
                Ok(client) => client.marked(resource, stack, except).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Types {
                provider,
                group,
                version,
            } => match self.same_client(provider).await {
                Ok(client) => client.types(group, version).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Get {
                provider,
                resource,
                namespace,
                name,
            } => match self.same_client(provider).await {
                Ok(client) => client.get(resource, namespace.as_deref(), name).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Blobs {
                provider,
                bucket,
                prefix,
                depth,
            } => match self.store(provider) {
                Ok(store) => store.blobs(bucket, prefix, *depth).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Blob {
                provider,
                bucket,
                key,
            } => match self.store(provider) {
                Ok(store) => store.blob(bucket, key).await,
                Err(why) => Answer::Unknown(why),
            },
            Query::Cluster { kubeconfig } => self.cluster(kubeconfig).await,
        }
    }
    /// Strikes out of what objects of a store say whatever nobody may see. Their bytes come as they are: they are unpacked
    /// before anything is read in them.
    pub fn redactor(&self, provider: &ProviderRef) -> Redactor {
        self.store(provider)
            .map_or_else(|_| self.known.clone(), |store| store.redactor().clone())
    }
    /// Reads one version of an object of a bucket, which may be of any size, in parts of some MiB and from its beginning to
    /// its end. `etag` is the one that a listing has. The stream ends with the first error: the object was written anew
    /// meanwhile ([`FailureClass::Ground`]), is not there, cannot be read.
    pub fn read_blob(
        &self,
        provider: &ProviderRef,
        bucket: &str,
        key: &str,
        etag: &str,
    ) -> BoxStream<'static, Result<Bytes, Why>> {
        match self.store(provider) {
            Ok(store) => store.parts(s3::Version {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                etag: etag.to_owned(),
            }),
            Err(why) => futures::stream::once(async { Err(why) }).boxed(),
        }
    }
    /// Answers questions, several at a time, each once; one that fails does not touch the others.
    pub async fn answer_all(&self, queries: Vec<Query>) -> Live {
        let queries: BTreeSet<Query> = queries.into_iter().collect();
        let ask = |query: Query| async move {
            let answer = self.answer(&query).await;
            (query, answer)
        };
        Live {
            answers: futures::stream::iter(queries)
                .map(ask)
                .buffer_unordered(self.questions)
                .collect()
                .await,
        }
    }
    /// Performs an operation: once, except where the server certainly did nothing (429, connection refused).
    pub async fn perform(&self, op: &Op, bound: &Bound) -> Effect {
        match op {
            Op::Kube(op) => {
                let client = match self.client(&op.provider) {
                    Ok(client) => client,
                    Err(why) => return Effect::Refused(why),
                };
                let body = match self.expose(&op.body, &bound.bindings).await {
                    Ok(body) => body,
                    Err(why) => return Effect::Refused(why),
                };
                // Last: reading a secret may take a person a minute.
                if let Err(why) = client.check_same(Before::Writing).await {
                    return Effect::Refused(why);
                }
                client
                    .knowing(body.redactor())
                    .perform(op, body.value().clone(), bound.read.as_ref())
                    .await
            }
            Op::Local(op) => self.run(op, bound).await,
            Op::Await(_) => Effect::Done(Json::Null),
        }
    }
    /// Rehearses a write: what the server would make of it, and whose fields it would take (R36).
    pub async fn dry_run(&self, op: &Op, bound: &Bound) -> DryRun {
        let op = match op {
            Op::Kube(op) => op,
            Op::Local(_) => {
                let message = "a program cannot be rehearsed".to_owned();
                return DryRun::Skipped(Why {
                    class: FailureClass::Program,
                    message,
                });
            }
            Op::Await(_) => {
                let message = "it writes nothing".to_owned();
                return DryRun::Skipped(Why {
                    class: FailureClass::Invalid,
                    message,
                });
            }
        };
        let client = match self.client(&op.provider) {
            Ok(client) => client,
            Err(why) => return DryRun::Unknown(why),
        };
        match self.expose(&op.body, &bound.bindings).await {
            Ok(body) => {
                client
                    .knowing(body.redactor())
                    .dry_run(op, body.value().clone(), bound.read.as_ref())
                    .await
            }
            Err(why) => DryRun::Skipped(why),
        }
    }
    /// Whether an expression has a certain value; which one is told to nobody.
    ///
    /// # Errors
    /// Where the expression cannot be read here.
    pub async fn is_value(&self, expr: &Expr, value: &Json) -> Result<bool, Why> {
        let exposed = self.expose(expr, &Bindings::new()).await?;
        Ok(exposed.value() == value)
    }
    /// Whether a password opens one of kopia's repositories; which password is told to nobody.
    ///
    /// # Errors
    /// Where the password cannot be read here.
    pub async fn opens(
        &self,
        password: &Expr,
        repository: &kopia::Repository,
    ) -> Result<bool, Why> {
        let exposed = self.expose(password, &Bindings::new()).await?;
        let password = exposed.value().as_str().unwrap_or_default();
        Ok(repository.opens(password.as_bytes()))
    }
    /// Whether a secret is where it should be. Its value is not looked at and no program is run.
    ///
    /// # Errors
    /// Where it is not: variable not set, file not readable, program not there.
    pub fn check_secret(&self, name: &SecretName) -> Result<(), Why> {
        local::secrets::check(&self.doors, name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ProviderRef, Connection>> {
        // The map is whole whenever the lock is free: nothing panics while holding it.
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self, provider: &ProviderRef) -> Result<Connection, Why> {
        self.lock().get(provider).cloned().ok_or_else(|| Why {
            class: FailureClass::Unreachable,
            message: format!("provider {provider} is not connected"),
        })
    }

    fn client(&self, provider: &ProviderRef) -> Result<Arc<Client>, Why> {
        match self.connection(provider)? {
            Connection::Cluster(client) => Ok(client),
            Connection::Store(_) => Err(Why {
                class: FailureClass::Malformed,
                message: format!("provider {provider} is a store, not a cluster"),
            }),
        }
    }

    fn store(&self, provider: &ProviderRef) -> Result<Arc<s3::Client>, Why> {
        match self.connection(provider)? {
            Connection::Store(client) => Ok(client),
            Connection::Cluster(_) => Err(Why {
                class: FailureClass::Malformed,
                message: format!("provider {provider} is a cluster, not a store"),
            }),
        }
    }

    /// The client, as long as the cluster behind it is the one that was met: what another one holds proves nothing.
    async fn same_client(&self, provider: &ProviderRef) -> Result<Arc<Client>, Why> {
        let client = self.client(provider)?;
        client.check_same(Before::Reading).await?;
        Ok(client)
    }

    async fn expose(&self, expr: &Expr, bindings: &Bindings) -> Result<Exposed, Why> {
        let secrets = local::secrets::read_all(&self.doors, expr.secrets()).await?;
        substitute(expr, bindings, &secrets)
    }

    /// Absent only where the file is missing; a file whose API is silent may be a cluster in trouble.
    async fn cluster(&self, kubeconfig: &str) -> Answer {
        let path = local::resolve(&self.doors.environment, &self.doors.directory, kubeconfig);
        let unknown = |message| {
            Answer::Unknown(Why {
                class: FailureClass::Unreachable,
                message,
            })
        };
        let boundary = match self.doors.guard.file(&path) {
            Ok(boundary) => boundary,
            Err(message) => return unknown(message),
        };
        match files::is_there(&boundary, &path) {
            Ok(true) => {}
            Ok(false) => return Answer::Absent,
            Err(error) => return unknown(format!("kubeconfig {}: {error}", path.display())),
        }
        let mut environment = self.doors.environment.clone();
        // The question is about this file: a KUBE_CTX or KUBE_TOKEN meant for another cluster would answer for it.
        environment.retain(|name, _| !name.starts_with("KUBE"));
        let arguments = ConnectArguments {
            arguments: json!({ "config_path": path.display().to_string() }),
            environment,
            directory: self.doors.directory.clone(),
            guard: self.doors.guard.clone(),
            clock: self.doors.clock.clone(),
            waiting: self.doors.waiting.clone(),
        };
        match self.doors.wires.connect(&arguments).await {
            Ok(connected) => {
                let title = Said::of(connected.title.as_bytes(), &self.known).line();
                Client::new(connected.wire, title, self.doors.seed, self.known.clone())
                    .identity()
                    .await
            }
            Err(why) => Answer::Unknown(said(why, &self.known)),
        }
    }
}

/// What a library says of a file or a program quotes it.
fn said(why: Why, redactor: &Redactor) -> Why {
    Why {
        message: Said::of(why.message.as_bytes(), redactor).to_string(),
        ..why
    }
}
