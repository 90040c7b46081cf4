//! One request to one API: limit of each attempt, retries with seeded pauses, and an end to both. Keeps the HTTP status,
//! since a body that is no Status object says nothing. Must not know what a request is for beyond whether it may be repeated.

use super::answers;
use super::requests::{Request, Safety};
use super::sameness::{Connections, Sameness};
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::tries::{MAX_TRIES, pause, retry_after};
use crate::world::wire::{Again, Unsent, Wire, chain};
use crate::world::words::Said;
use http::StatusCode;
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt;

/// One request with all its attempts and pauses ends within this.
const TOTAL_LIMIT: Duration = Duration::from_secs(60);

/// A client of one API.
#[derive(Clone)]
pub struct Client {
    wire: Wire,
    title: String,
    seed: u64,
    /// Strikes out what the server may quote.
    pub(super) redactor: Redactor,
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

    /// Context and server for people.
    pub fn title(&self) -> &str {
        &self.title
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
                    retry_after: retry_after(
                        response
                            .headers()
                            .get(http::header::RETRY_AFTER)
                            .and_then(|value| value.to_str().ok()),
                    ),
                    content: answers::content(status, response.body(), &redactor),
                    tries: 1,
                })
            }
        }
    }

    fn pause(&self, request: &Request, tries: u32, attempt: &Attempt) -> Duration {
        let asked = match attempt {
            Attempt::Replied(reply) => reply.retry_after.unwrap_or_default(),
            Attempt::Unsent { .. } | Attempt::Lost(_) => Duration::ZERO,
        };
        pause(self.seed, &request.title(), tries, asked)
    }

    fn lost(&self, error: &tower::BoxError) -> Attempt {
        let said = |words: &str| Said::of(words.as_bytes(), &self.redactor).line();
        match Unsent::of(error.as_ref()) {
            Some(unsent) => Attempt::Unsent {
                class: unsent.class,
                message: said(&unsent.message),
                again: unsent.again,
            },
            None => Attempt::Lost(said(&chain(error.as_ref()))),
        }
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
