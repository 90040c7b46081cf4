//! Whether the cluster that answers is still the one that answered before: an address is a hint (R21), and a long run
//! outlives connections, tunnels and load balancers. Asked again where a connection was lost or made anew since the last
//! look, and after a minute. Must not know which cluster a plan was made for.

use super::client::{Client, Reply};
use super::requests;
use crate::world::query::{FailureClass, Why};
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A look is worth this long.
const FRESH: Duration = Duration::from_secs(60);

/// What a wire counts in its answers: connections made so far. One more, and another server may be behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections(pub u64);

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// A question. A client opens one connection more for each question at the same time, and that is no reconnect.
    Reading,
    /// A write. A connection that was made since the last look may lead elsewhere.
    Writing,
}

/// What is known of the cluster behind a client; shared by all that know it.
#[derive(Clone, Default)]
pub(super) struct Sameness {
    seen: Arc<Mutex<Option<Look>>>,
    /// Connections lost.
    lost: Arc<AtomicU64>,
    /// Connections made.
    made: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Look {
    uid: String,
    at: Instant,
    disturbed: (u64, u64),
}

impl Sameness {
    /// A connection was lost, or could not be made.
    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// So many connections were made by now.
    pub(super) fn made(&self, connections: Connections) {
        self.made.fetch_max(connections.0, Ordering::Relaxed);
    }

    fn disturbed(&self) -> (u64, u64) {
        (
            self.lost.load(Ordering::Relaxed),
            self.made.load(Ordering::Relaxed),
        )
    }

    fn look(&self, uid: &str) -> Look {
        Look {
            uid: uid.to_owned(),
            at: Instant::now(),
            disturbed: self.disturbed(),
        }
    }
}

impl Client {
    /// Takes note of the cluster that answered; the first one is kept.
    pub(super) async fn met(&self, kube_system: &Json) {
        let uid = uid(kube_system);
        let mut seen = self.sameness.seen.lock().await;
        if seen.as_ref().is_none_or(|look| look.uid == uid) {
            *seen = Some(self.sameness.look(uid));
        }
    }

    /// Whether the cluster is the one that was met. Nothing is asked where none was, or a moment ago.
    ///
    /// # Errors
    /// Where it is another one, or cannot be told: then nothing may be done on the strength of what was seen before.
    pub async fn check_same(&self, before: Before) -> Result<(), Why> {
        let mut seen = self.sameness.seen.lock().await;
        let Some(look) = seen.as_ref() else {
            return Ok(());
        };
        let (lost, made) = self.sameness.disturbed();
        let is_quiet = match before {
            Before::Reading => look.disturbed.0 == lost,
            Before::Writing => look.disturbed == (lost, made),
        };
        if look.at.elapsed() < FRESH && is_quiet {
            return Ok(());
        }
        let found = self.object(&requests::identity()).await;
        let found = found.map_err(|(why, _): (Why, Option<Reply>)| Why {
            class: why.class,
            message: format!(
                "it cannot be told whether this is still the cluster of before: {}",
                why.message
            ),
        })?;
        let uid = uid(&found);
        if uid != look.uid {
            return Err(Why {
                class: FailureClass::WrongIdentity,
                message: format!(
                    "another cluster answers now: it was {} before, and is {uid}; nothing more is written to it",
                    look.uid
                ),
            });
        }
        *seen = Some(self.sameness.look(uid));
        Ok(())
    }
}

fn uid(kube_system: &Json) -> &str {
    let uid = kube_system.pointer("/metadata/uid");
    uid.and_then(Json::as_str).unwrap_or_default()
}
