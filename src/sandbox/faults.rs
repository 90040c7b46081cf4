//! Faults at the wire.
//!
//! # The model
//! A fault happens to one request, between the client and the API. What the client sees and what the server did are two
//! things, and a fault is named after both:
//!
//! | fault | the API sees the request | the client sees |
//! |---|---|---|
//! | refuse 503, refuse 429, refuse 403 | never | that status (429 with `Retry-After`) |
//! | delay | after some seconds | the answer, late |
//! | drop before | never | a broken connection |
//! | drop after | once | a broken connection: the effect is there, its answer is lost |
//! | hang after | once | nothing, ever |
//! | duplicate | twice | the second answer (a proxy that repeated it) |
//! | late | once, some seconds after the client began to wait | nothing, ever: a client that gave up is overtaken by its own request |
//! | cut | once | the answer's head, which says how long the body is, and half of the body |
//!
//! *Seeded* faults: whether a request is hit, and by what, is drawn from hash(seed, method, path, how many such calls were
//! before), so one more request elsewhere moves no other fault, and the same seed gives the same bytes.
//! *Scripted* faults: the n-th request that matches, or every one. A scripted *kill point* calls back before or after the effect, and
//! then breaks the connection; the callback is where a test ends the client, softly or with SIGKILL.
//! Scripts go before seeds. Requests to the control endpoint are never hit.
//!
//! On a paused clock a hung request still has a timer (30 days), else a test without a limit of its own would wait for
//! ever. Dropping a client's future drops a delayed request with it; only `late` outlives its client, in a task of its own
//! that ends with the runtime. Bodies are carried whole, so nothing stalls half-way through one.

use super::server::Server;
use bytes::Bytes;
use http::{Request, Response, header};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tower::BoxError;

/// How long a hung request hangs.
const FOR_EVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 503 in the API's place.
    Unavailable,
    /// 429 in the API's place.
    Throttled {
        /// `Retry-After`.
        seconds: u64,
    },
    /// The request takes longer.
    Delay {
        /// How much.
        seconds: u64,
    },
    /// The connection breaks on the way there.
    DropBefore,
    /// The connection breaks on the way back.
    DropAfter,
    /// The answer never comes.
    HangAfter,
    /// The request arrives twice.
    Duplicate,
    /// The request arrives after the client gave up.
    Late {
        /// How much later.
        seconds: u64,
    },
    /// 403 in the server's place.
    Forbidden,
    /// Half of the answer's body is missing.
    Cut,
}

/// Kinds of faults, to draw from: those that a client gets over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// See [`Fault::Unavailable`].
    Unavailable,
    /// See [`Fault::Throttled`].
    Throttled,
    /// See [`Fault::Delay`].
    Delay,
    /// See [`Fault::DropBefore`].
    DropBefore,
    /// See [`Fault::DropAfter`].
    DropAfter,
    /// See [`Fault::HangAfter`].
    HangAfter,
    /// See [`Fault::Duplicate`].
    Duplicate,
    /// See [`Fault::Late`].
    Late,
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    Kind::Unavailable,
    Kind::Throttled,
    Kind::Delay,
    Kind::DropBefore,
    Kind::DropAfter,
    Kind::HangAfter,
    Kind::Duplicate,
    Kind::Late,
];

/// Faults drawn from a seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seeded {
    /// The seed.
    pub seed: u64,
    /// Of 1000 requests, how many are hit.
    pub per_mille: u64,
    /// Which kinds; none means no faults.
    pub kinds: Vec<Kind>,
}

/// Which requests a script counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matching {
    /// The server that it came to; none: any.
    pub server: Option<Server>,
    /// Method; empty: any.
    pub method: String,
    /// Text within path and query; empty: any.
    pub target: String,
    /// Text that must not be within path and query; empty: none.
    pub not_target: String,
    /// Text within the body; empty: any. Tells one create from another, since both go to one path.
    pub body: String,
}

/// When a kill point calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The request was not carried out and never will be.
    Before,
    /// It was carried out with success; its answer is lost. One that the API refuses is no such request: its answer goes
    /// through, and the next one that matches is it.
    After,
}

/// Called at a kill point with the request.
pub type Callback = Arc<dyn Fn(&Request<Bytes>) + Send + Sync>;

#[derive(Clone)]
enum Action {
    Fault(Fault),
    Kill(Matching, Moment, Callback),
}

struct Script {
    matching: Matching,
    turn: Turn,
    action: Action,
}

/// When a script acts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// After so many requests that match, and never again.
    Once(u64),
    /// At each.
    Always,
}

#[derive(Default)]
struct Inner {
    seeded: Option<Seeded>,
    called: Option<fn(&str) -> String>,
    counts: BTreeMap<(String, String), u64>,
    scripts: Vec<Script>,
    hits: Vec<String>,
}

/// The faults of a sandbox. Clones share them.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Inner>>);

/// How a request gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// To the API.
    Through,
    /// A fault answers with this status.
    Refused(u16),
    /// Not at all.
    Lost,
}

impl Matching {
    /// Requests of a method whose path and query hold a text.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            ..Self::default()
        }
    }
    /// The same, of one server.
    #[must_use]
    pub fn at(self, server: Server) -> Self {
        Self {
            server: Some(server),
            ..self
        }
    }
    fn matches(&self, server: Server, (method, target, body): (&str, &str, &[u8])) -> bool {
        self.server.is_none_or(|wanted| wanted == server)
            && (self.method.is_empty() || self.method == method)
            && target.contains(&self.target)
            && (self.not_target.is_empty() || !target.contains(&self.not_target))
            && (self.body.is_empty() || String::from_utf8_lossy(body).contains(&self.body))
    }
}

impl Seeded {
    fn draw(&self, method: &str, path: &str, nth: u64) -> Option<Fault> {
        let digest =
            sha2::Sha256::digest(format!("{}\n{method}\n{path}\n{nth}", self.seed).as_bytes());
        let number = |from: usize| {
            let bytes = digest
                .get(from..from + 8)
                .and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
            u64::from_be_bytes(bytes.unwrap_or_default())
        };
        if number(0) % 1000 >= self.per_mille || self.kinds.is_empty() {
            return None;
        }
        let kind = self
            .kinds
            .get(usize::try_from(number(8) % self.kinds.len() as u64).ok()?)?;
        let seconds = 1 + number(16) % 30;
        Some(match kind {
            Kind::Unavailable => Fault::Unavailable,
            Kind::Throttled => Fault::Throttled { seconds },
            Kind::Delay => Fault::Delay { seconds },
            Kind::DropBefore => Fault::DropBefore,
            Kind::DropAfter => Fault::DropAfter,
            Kind::HangAfter => Fault::HangAfter,
            Kind::Duplicate => Fault::Duplicate,
            Kind::Late => Fault::Late { seconds },
        })
    }
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Draws faults from a seed from now on, counting calls from zero; `None` stops it.
    pub fn seed(&self, seeded: Option<Seeded>) {
        let mut inner = self.lock();
        inner.seeded = seeded;
        inner.counts.clear();
    }
    /// What a path is called where faults are drawn and told: one that holds a name that its client drew would be hit in
    /// another way each time.
    pub fn call(&self, called: fn(&str) -> String) {
        self.lock().called = Some(called);
    }
    /// Lets the n-th (from 1) matching request from now on be hit.
    pub fn script(&self, matching: Matching, nth: u64, fault: Fault) {
        self.add(matching, Turn::Once(nth.max(1)), Action::Fault(fault));
    }
    /// Lets every matching request be hit, from now on.
    pub fn always(&self, matching: Matching, fault: Fault) {
        self.add(matching, Turn::Always, Action::Fault(fault));
    }
    /// Sets a kill point at the n-th (from 1) matching request from now on.
    pub fn kill_at(&self, matching: Matching, nth: u64, point: (Moment, Callback)) {
        let action = Action::Kill(matching.clone(), point.0, point.1);
        self.add(matching, Turn::Once(nth.max(1)), action);
    }
    fn add(&self, matching: Matching, turn: Turn, action: Action) {
        self.lock().scripts.push(Script {
            matching,
            turn,
            action,
        });
    }
    /// No more faults.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }
    /// What was hit: `POST /api/v1/namespaces #0: DropAfter`.
    pub fn hits(&self) -> Vec<String> {
        self.lock().hits.clone()
    }

    /// Decides about a request; counts it.
    fn decide(&self, server: Server, request: &Request<Bytes>) -> Option<Action> {
        let method = request.method().as_str().to_owned();
        let path = request.uri().path().to_owned();
        // A bucket may be called as a part of the API is.
        let place = format!("{}{method}", server.prefix());
        let target = request
            .uri()
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut inner = self.lock();
        let mut scripted = None;
        for script in &mut inner.scripts {
            let asked = (method.as_str(), target.as_str(), &request.body()[..]);
            if !script.matching.matches(server, asked) {
                continue;
            }
            let acts = match &mut script.turn {
                Turn::Once(left) => {
                    *left -= 1;
                    *left == 0
                }
                Turn::Always => true,
            };
            if acts && scripted.is_none() {
                scripted = Some(script.action.clone());
            }
        }
        inner.scripts.retain(|script| script.turn != Turn::Once(0));
        let path = inner.called.map_or(path.clone(), |called| called(&path));
        let count = inner
            .counts
            .entry((place.clone(), path.clone()))
            .or_insert(0);
        let nth = *count;
        *count += 1;
        let drawn = inner
            .seeded
            .as_ref()
            .and_then(|seeded| seeded.draw(&place, &path, nth));
        let action = scripted.or(drawn.map(Action::Fault))?;
        let name = match &action {
            Action::Fault(fault) => format!("{fault:?}"),
            Action::Kill(_, moment, _) => format!("Kill{moment:?}"),
        };
        inner.hits.push(format!("{place} {path} #{nth}: {name}"));
        Some(action)
    }

    /// Carries a request to a backend, or not. The backend is told how it passes and answers what goes through.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn carry<B>(
        &self,
        server: Server,
        request: Request<Bytes>,
        backend: B,
    ) -> Result<Response<Bytes>, BoxError>
    where
        B: Fn(&Request<Bytes>, Passage) -> Option<Response<Bytes>> + Send + 'static,
    {
        let through =
            |request: &Request<Bytes>| backend(request, Passage::Through).ok_or_else(broken);
        let refuse = |code: u16, retry_after: Option<u64>| {
            backend(&request, Passage::Refused(code));
            Ok(server.refusal(code, retry_after))
        };
        match self.decide(server, &request) {
            None => through(&request),
            Some(Action::Kill(_, Moment::Before, callback)) => {
                backend(&request, Passage::Lost);
                callback(&request);
                Err(broken())
            }
            Some(Action::Kill(matching, Moment::After, callback)) => {
                let response = through(&request)?;
                if !response.status().is_success() {
                    self.kill_at(matching, 1, (Moment::After, callback));
                    return Ok(response);
                }
                callback(&request);
                Err(broken())
            }
            Some(Action::Fault(fault)) => match fault {
                Fault::Unavailable => refuse(503, None),
                Fault::Throttled { seconds } => refuse(429, Some(seconds)),
                Fault::Delay { seconds } => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    through(&request)
                }
                Fault::DropBefore => {
                    backend(&request, Passage::Lost);
                    Err(broken())
                }
                Fault::DropAfter => {
                    through(&request)?;
                    Err(broken())
                }
                Fault::HangAfter => {
                    through(&request)?;
                    hang().await
                }
                Fault::Duplicate => {
                    through(&request)?;
                    through(&request)
                }
                Fault::Late { seconds } => {
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                        backend(&request, Passage::Through);
                    });
                    hang().await
                }
                Fault::Forbidden => refuse(403, None),
                Fault::Cut => Ok(cut(through(&request)?)),
            },
        }
    }
}

/// The head says what the body was.
fn cut(response: Response<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(
        header::CONTENT_LENGTH,
        header::HeaderValue::from(body.len()),
    );
    Response::from_parts(parts, body.slice(..body.len() / 2))
}

async fn hang() -> Result<Response<Bytes>, BoxError> {
    tokio::time::sleep(FOR_EVER).await;
    Err(Box::new(Error::new(
        ErrorKind::TimedOut,
        "the sandbox never answered",
    )))
}

fn broken() -> BoxError {
    Box::new(Error::new(
        ErrorKind::ConnectionReset,
        "the connection was broken by a fault of the sandbox",
    ))
}
