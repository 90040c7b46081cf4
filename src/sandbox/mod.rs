//! Servers that behave like Kubernetes with Velero and like S3, in this process, for tests and the demo. Nobody but `cli` and tests
//! depends on it, and of the rest it knows `model` only.
//!
//! | file | is |
//! |---|---|
//! | [`state`] | the world as data: saved, loaded, wiped |
//! | [`server`] | which servers there are |
//! | [`kubernetes`] | the API: one request in, one response out |
//! | [`s3`] | buckets, the same way |
//! | [`actors`], [`binder`], [`namespaces`], [`velero`] | what controllers do as virtual time passes |
//! | [`behaviours`] | what is imitated, and how we know it |
//! | [`log`] | every request, readable by tests |
//! | [`faults`] | refuse, delay, drop, hang, duplicate, kill: seeded or scripted |
//! | [`wire`], [`serve`] | in process, and on loopback |
//! | [`control`] | `/_sandbox/`: advance, wipe, edit, faults, log, state |

pub mod actors;
pub mod behaviours;
pub mod binder;
pub mod control;
pub mod faults;
pub mod kubernetes;
pub mod log;
pub mod namespaces;
pub mod s3;
pub mod serve;
pub mod server;
pub mod state;
pub mod velero;
pub mod wire;

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use log::{Entry, Log};
use server::Server;
use state::{LoadError, State};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// A running sandbox. Clones share it. Its clock starts at a given time and goes on with tokio's, so a paused test clock
/// pauses it; [`Sandbox::advance`] moves it besides.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Mutex<Shared>>,
    /// Faults of its wires.
    pub faults: faults::Faults,
}

struct Shared {
    state: State,
    log: Log,
    /// Until when tokio's clock is already counted into the state's time.
    counted: Instant,
}

impl Sandbox {
    /// A new cluster. Directory and seed make its identity.
    pub fn new(directory: &str, seed: u64, now: Timestamp) -> Self {
        Self::from_state(State::new(directory, seed, now))
    }
    /// Goes on with a state.
    pub fn from_state(state: State) -> Self {
        let shared = Shared {
            state,
            log: Log::default(),
            counted: Instant::now(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            faults: faults::Faults::default(),
        }
    }
    /// Goes on where a saved sandbox stopped.
    ///
    /// # Errors
    /// The text is no saved sandbox of this version.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        State::from_json(text).map(Self::from_state)
    }
    /// The sandbox as text, up to now. Faults and the log are not part of it.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        self.with(|state| state.to_json())
    }
    fn lock(&self) -> MutexGuard<'_, Shared> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = SignedDuration::try_from(now.saturating_duration_since(shared.counted))
            .unwrap_or(SignedDuration::ZERO);
        shared.counted = now;
        let until = state::later(shared.state.now, passed);
        actors::run_until(&mut shared.state, until);
        shared
    }
    /// Reads or changes the state, brought up to now.
    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock().state)
    }
    /// Virtual time.
    pub fn now(&self) -> Timestamp {
        self.with(|state| state.now)
    }
    /// Lets time pass at once; controllers do all that falls into it.
    pub fn advance(&self, by: SignedDuration) {
        let mut shared = self.lock();
        let until = state::later(shared.state.now, by);
        actors::run_until(&mut shared.state, until);
    }
    /// Installs Velero: CRDs, namespace, running server.
    pub fn install_velero(&self) {
        self.with(State::install_velero);
    }
    /// Ends Velero's server and starts it again.
    pub fn restart_velero(&self) {
        self.with(velero::restart);
    }
    /// Namespaces hold from now on what controllers of a real cluster put there.
    pub fn furnish_namespaces(&self) {
        self.with(namespaces::furnish_all);
    }
    /// Makes a bucket, if it is not there.
    pub fn add_bucket(&self, name: &str) {
        self.with(|state| state.s3.create_bucket(name, state.now));
    }
    /// The cluster is gone; another one, empty, is in its place. Buckets stay.
    pub fn wipe(&self) {
        self.with(State::wipe);
    }
    /// Continue tokens handed out so far answer 410 from now on.
    pub fn expire_continue_tokens(&self) {
        self.with(|state| state.compacted = state.resource_version + 1);
    }
    /// Requests so far.
    pub fn log(&self) -> Vec<Entry> {
        self.lock().log.entries().to_vec()
    }
    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.lock().log.clear();
    }
    /// Notes a request whose answer never came to be, or was not the sandbox's own.
    pub(crate) fn note(&self, server: Server, request: &Request<Bytes>, outcome: log::Outcome) {
        let mut shared = self.lock();
        let now = shared.state.now;
        shared.log.note(server, request, (outcome, now));
    }
    /// Answers a request to a server, without faults.
    pub fn answer(&self, server: Server, request: &Request<Bytes>) -> Response<Bytes> {
        let response = server.answer(self, request);
        let outcome = log::Outcome::Answered(response.status().as_u16());
        self.note(server, request, outcome);
        response
    }
}
