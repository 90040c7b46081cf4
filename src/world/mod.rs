//! The seam: two doors to the outside (answer a query, perform an operation) and the clock. There is one [`World`]:
//! the real clients; tests and the demo put a sandbox behind them at the wire. Must not know kinds or a plan's meaning.

pub mod clock;
pub mod guard;
pub mod kube;
pub mod local;
pub mod query;
pub mod redactor;
pub mod substitute;
#[cfg(test)]
mod tests;
pub mod waiting;
pub mod words;

use crate::model::expression::{Bindings, Expr};
use crate::model::identity::ProviderRef;
use crate::model::secret::{SecretName, SecretSource};
use crate::plan::document::{LocalOp, Op};
use bytes::Bytes;
use clock::Clock;
use futures::StreamExt;
use guard::{Guard, Start};
use jiff::Timestamp;
use kube::Before;
use kube::ConnectArguments;
use kube::client::Client;
use local::files;
use local::program::{self, Ended, Program};
use query::{Answer, DryRun, Effect, FailureClass, Live, Query, Why};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use substitute::{Exposed, Redactor, substitute};
use waiting::Waiting;
use words::Said;

/// Limit of a program for which none is given.
pub const PROGRAM_LIMIT: Duration = Duration::from_secs(30 * 60);
/// Questions asked at the same time where nobody says.
const QUESTIONS: usize = 10;

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
    clients: Mutex<BTreeMap<ProviderRef, Arc<Client>>>,
    questions: usize,
}

impl World {
    /// Connects nothing yet.
    pub fn new(doors: Doors) -> Self {
        Self {
            known: local::secrets::known(&doors),
            doors,
            clients: Mutex::new(BTreeMap::new()),
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
        if provider.provider != "kubernetes" {
            let message = format!("provider {provider} has no client in this version");
            return Err(Why {
                class: FailureClass::Malformed,
                message,
            });
        }
        let exposed = self.expose(arguments, bindings).await?;
        let arguments = ConnectArguments {
            arguments: exposed.value().clone(),
            environment: self.doors.environment.clone(),
            directory: self.doors.directory.clone(),
            guard: self.doors.guard.clone(),
            clock: self.doors.clock.clone(),
            waiting: self.doors.waiting.clone(),
        };
        let connected = self
            .doors
            .wires
            .connect(&arguments)
            .await
            .map_err(|why| said(why, &exposed.redactor().and(&self.known)))?;
        let redactor = exposed.redactor().and(&self.known);
        // A context is called what its file says.
        let title = Said::of(connected.title.as_bytes(), &redactor).line();
        let client = Client::new(connected.wire, title.clone(), self.doors.seed, redactor);
        self.lock().insert(provider.clone(), Arc::new(client));
        Ok(title)
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
            Query::Cluster { kubeconfig } => self.cluster(kubeconfig).await,
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
    /// Whether a secret is where it should be. Its value is not looked at and no program is run.
    ///
    /// # Errors
    /// Where it is not: variable not set, file not readable, program not there.
    pub fn check_secret(&self, name: &SecretName) -> Result<(), Why> {
        local::secrets::check(&self.doors, name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ProviderRef, Arc<Client>>> {
        // The map is whole whenever the lock is free: nothing panics while holding it.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, provider: &ProviderRef) -> Result<Arc<Client>, Why> {
        self.lock().get(provider).cloned().ok_or_else(|| Why {
            class: FailureClass::Unreachable,
            message: format!("provider {provider} is not connected"),
        })
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

    async fn run(&self, op: &LocalOp, bound: &Bound) -> Effect {
        let refuse = |class, message: String| Effect::Refused(Why { class, message });
        if op.command.iter().any(|word| !word.secrets().is_empty()) {
            let message =
                "a secret in a command would show in the process list; hand it over by environment"
                    .to_owned();
            return refuse(FailureClass::Value, message);
        }
        let command = Expr::list(op.command.clone());
        let environment = Expr::object(op.environment.clone());
        let exposed = match (
            self.expose(&command, &bound.bindings).await,
            self.expose(&environment, &bound.bindings).await,
        ) {
            (Ok(command), Ok(environment)) => (command, environment),
            (Err(why), _) | (_, Err(why)) => return Effect::Refused(why),
        };
        let (Some(words), Some(declared)) =
            (texts(exposed.0.value()), variables(exposed.1.value()))
        else {
            return refuse(
                FailureClass::Value,
                "command and environment take texts, numbers and booleans only".to_owned(),
            );
        };
        let set: Vec<String> = declared.keys().cloned().collect();
        let mut environment = local::handed_on(&self.doors.environment);
        environment.extend(declared);
        let directory = self.doors.directory.clone();
        let name = words.first().map_or("", String::as_str);
        if let Some(file) = local::find_program(name, &environment, &directory) {
            let start = Start {
                words: &words,
                file: &file,
                environment: &set,
            };
            if let Err(message) = self.doors.guard.start(start) {
                return refuse(FailureClass::Program, message);
            }
        }
        let program = Program {
            words,
            environment,
            directory,
            limit: bound.limit.unwrap_or(PROGRAM_LIMIT),
        };
        match program::run(&program, &exposed.1.redactor().and(&self.known)).await {
            Ended::Well => Effect::Done(Json::Null),
            Ended::NotStarted(message) | Ended::Failed(message) => {
                refuse(FailureClass::Program, message)
            }
            Ended::Overdue(message) => Effect::InDoubt(Why {
                class: FailureClass::Wait,
                message,
            }),
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

fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        scalar @ (Json::Number(_) | Json::Bool(_)) => Some(scalar.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn texts(list: &Json) -> Option<Vec<String>> {
    list.as_array()?.iter().map(text).collect()
}

fn variables(map: &Json) -> Option<BTreeMap<String, String>> {
    map.as_object()?
        .iter()
        .map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}
