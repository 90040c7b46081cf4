//! One request to one API: limit of each attempt, retries with seeded pauses, and an end to both. Keeps the HTTP status,
//! since a body that is no Status object says nothing. Must not know what a request is for beyond whether it may be repeated.

use super::requests::{Request, Safety};
use super::sameness::{Connections, Sameness};
use super::{Again, Unsent, answers};
use crate::world::Wire;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::words::Said;
use http::StatusCode;
use serde_json::Value as Json;
use sha2::Digest;
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt;

/// Attempts at one request.
const MAX_TRIES: u32 = 5;
/// First pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer, whatever the server's Retry-After asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// One request with all its attempts and pauses ends within this.
const TOTAL_LIMIT: Duration = Duration::from_secs(60);

/// A client of one API.
#[derive(Clone)]
pub struct Client {
    wire: Wire,
    title: String,
    seed: u64,
    /// Strikes out what the server may quote.
    redactor: Redactor,
    pub(super) sameness: Sameness,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// What it holds.
    pub content: Content,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
    /// How often it was tried.
    pub tries: u32,
}

/// What an answer holds. Of a failure only what may be shown: its bytes end where they are read.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// JSON of a success.
    Object(Json),
    /// A failure.
    Failure {
        /// The Status, where it is one.
        status: Option<Json>,
        /// What the server said, on one line.
        words: String,
    },
    /// A success that cannot be read: what it is.
    Nonsense(String),
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// The request certainly never reached the server.
    Unsent(Why),
    /// It may have.
    Lost(Why),
}

impl NoReply {
    /// Why, either way.
    pub fn into_why(self) -> Why {
        match self {
            NoReply::Unsent(why) | NoReply::Lost(why) => why,
        }
    }
}

enum Attempt {
    Replied(Reply),
    Unsent {
        class: FailureClass,
        message: String,
        again: Again,
    },
    Lost(String),
}

impl Client {
    /// A client over a wire; `seed` decides the pauses.
    pub fn new(wire: Wire, title: String, seed: u64, redactor: Redactor) -> Self {
        Self {
            wire,
            title,
            seed,
            redactor,
            sameness: Sameness::default(),
        }
    }

    /// The same client, which knows the secrets of what it is about to send too.
    #[must_use]
    pub fn knowing(&self, more: &Redactor) -> Self {
        let mut client = self.clone();
        client.redactor = client.redactor.and(more);
        client
    }

    /// Sends until there is an answer worth having, or an end.
    ///
    /// # Errors
    /// Where there was none.
    pub async fn ask(&self, request: &Request) -> Result<Reply, NoReply> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let left = TOTAL_LIMIT.saturating_sub(begun.elapsed());
            let attempt = self.attempt(request, request.limit.min(left)).await;
            if tries < MAX_TRIES && may_repeat(&attempt, request.safety) {
                let pause = self.pause(request, tries, &attempt);
                // A pause after which no time is left is time lost.
                if begun.elapsed() + pause < TOTAL_LIMIT {
                    tokio::time::sleep(pause).await;
                    continue;
                }
            }
            return self.end(request, attempt, (tries, begun.elapsed()));
        }
    }

    async fn attempt(&self, request: &Request, limit: Duration) -> Attempt {
        let message = match request.to_http() {
            Ok(message) => message,
            Err(error) => {
                let message = format!("the request cannot be written: {error}");
                return Attempt::Unsent {
                    class: FailureClass::Malformed,
                    message,
                    again: Again::Never,
                };
            }
        };
        match tokio::time::timeout(limit, self.wire.clone().oneshot(message)).await {
            Err(_) => {
                self.sameness.lost();
                Attempt::Lost(format!("no answer within {} s", limit.as_secs()))
            }
            Ok(Err(error)) => {
                self.sameness.lost();
                self.lost(&error)
            }
            Ok(Ok(response)) => {
                if let Some(connections) = response.extensions().get::<Connections>() {
                    self.sameness.made(*connections);
                }
                let status = response.status();
                // What the wire adds to a request, it knows alone.
                let redactor = match response.extensions().get::<Redactor>() {
                    Some(more) => self.redactor.and(more),
                    None => self.redactor.clone(),
                };
                Attempt::Replied(Reply {
                    status,
                    retry_after: retry_after(response.headers()),
                    content: answers::content(status, response.body(), &redactor),
                    tries: 1,
                })
            }
        }
    }

    /// Exponential, times 0.5 to 1.5 by a draw from seed, request and try: the same run pauses the same, and one request
    /// more elsewhere does not reshuffle the others. Retry-After is a lower bound.
    fn pause(&self, request: &Request, tries: u32, attempt: &Attempt) -> Duration {
        let mut hash = sha2::Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(tries.to_be_bytes());
        hash.update(request.title());
        let draw = hash
            .finalize()
            .first()
            .copied()
            .map_or(0.5, |byte| f64::from(byte) / 255.0);
        let own = FIRST_PAUSE
            .saturating_mul(1 << tries.saturating_sub(1).min(16))
            .mul_f64(0.5 + draw);
        let asked = match attempt {
            Attempt::Replied(reply) => reply.retry_after.unwrap_or_default(),
            Attempt::Unsent { .. } | Attempt::Lost(_) => Duration::ZERO,
        };
        own.max(asked).min(LONGEST_PAUSE)
    }

    /// A wire tells by [`Unsent`] that nothing left; an in-process wire of a test may also say so with an `io::Error`.
    fn lost(&self, error: &tower::BoxError) -> Attempt {
        let said = |words: &str| Said::of(words.as_bytes(), &self.redactor).line();
        let mut link: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
        while let Some(cause) = link {
            if let Some(unsent) = cause.downcast_ref::<Unsent>() {
                return Attempt::Unsent {
                    class: unsent.class,
                    message: said(&unsent.message),
                    again: unsent.again,
                };
            }
            if let Some(error) = cause.downcast_ref::<std::io::Error>()
                && matches!(
                    error.kind(),
                    std::io::ErrorKind::ConnectionRefused
                        | std::io::ErrorKind::HostUnreachable
                        | std::io::ErrorKind::NetworkUnreachable
                )
            {
                return Attempt::Unsent {
                    class: FailureClass::Unreachable,
                    message: said(&error.to_string()),
                    again: Again::Later,
                };
            }
            link = cause.source();
        }
        Attempt::Lost(said(&super::chain(error.as_ref())))
    }

    fn end(
        &self,
        request: &Request,
        attempt: Attempt,
        (tries, took): (u32, Duration),
    ) -> Result<Reply, NoReply> {
        let say = |words: String| {
            let spent = if tries > 1 {
                format!(" (tried {tries} times in {} s)", took.as_secs())
            } else {
                String::new()
            };
            format!("{}: {words}; {}{spent}", request.title(), self.title)
        };
        match attempt {
            Attempt::Replied(reply) => Ok(Reply { tries, ..reply }),
            Attempt::Unsent { class, message, .. } => Err(NoReply::Unsent(Why {
                class,
                message: say(message),
            })),
            Attempt::Lost(message) => Err(NoReply::Lost(Why {
                class: FailureClass::Unreachable,
                message: say(message),
            })),
        }
    }
}

fn may_repeat(attempt: &Attempt, safety: Safety) -> bool {
    match attempt {
        Attempt::Unsent { again, .. } => *again == Again::Later,
        Attempt::Lost(_) => safety == Safety::Repeatable,
        // 429 is answered before anything is done.
        Attempt::Replied(reply) if reply.status == StatusCode::TOO_MANY_REQUESTS => true,
        Attempt::Replied(reply) => {
            safety == Safety::Repeatable
                && reply.status.is_server_error()
                && !answers::is_strict_refusal(reply)
        }
    }
}

fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse::<u64>()
        .ok()?;
    Some(Duration::from_secs(seconds))
}
