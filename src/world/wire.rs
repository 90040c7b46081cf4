//! The seam under every client, and what it tells of a request that came to nothing. Must not know which API is asked.

use super::query::FailureClass;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper_util::client::legacy;
use std::time::Duration;
use tower::BoxError;

/// One request, one answer, both whole. Production, sandbox and faults are such services.
pub type Wire =
    tower::util::BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, BoxError>;

/// A server that is there takes a connection within this.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Whether a request that could not be sent may go better later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// A server may come up.
    Later,
    /// A certificate or credential stays wrong.
    Never,
}

/// Error of a [`Wire`] whose request certainly never left: a write that ends so is refused, not in doubt.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unsent {
    /// Class of the failure.
    pub class: FailureClass,
    /// Words.
    pub message: String,
    /// Whether trying again makes sense.
    pub again: Again,
}

impl Unsent {
    /// What an error says, where it says that nothing left: a wire says so by [`Unsent`], an in-process wire of a test may
    /// also say it with an `io::Error`.
    pub(super) fn of(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut link = Some(error);
        while let Some(cause) = link {
            if let Some(unsent) = cause.downcast_ref::<Unsent>() {
                return Some(unsent.clone());
            }
            if let Some(error) = cause.downcast_ref::<std::io::Error>()
                && matches!(
                    error.kind(),
                    std::io::ErrorKind::ConnectionRefused
                        | std::io::ErrorKind::HostUnreachable
                        | std::io::ErrorKind::NetworkUnreachable
                )
            {
                return Some(Unsent {
                    class: FailureClass::Unreachable,
                    message: error.to_string(),
                    again: Again::Later,
                });
            }
            link = cause.source();
        }
        None
    }
}

/// Marks errors of the HTTP client that arose before the request left: no connection, TLS.
pub(super) fn unsent(error: BoxError) -> BoxError {
    match error.downcast_ref::<legacy::Error>() {
        Some(client) if client.is_connect() => {
            let (class, again) = if is_tls(client) {
                (FailureClass::Untrusted, Again::Never)
            } else {
                (FailureClass::Unreachable, Again::Later)
            };
            Box::new(Unsent {
                class,
                message: chain(client),
                again,
            })
        }
        Some(_) | None => error,
    }
}

/// An io error carries what it wraps inside, and gives only the source of that as its own.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inside = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || inside.is_some_and(|inside| is_tls(inside))
        || error.source().is_some_and(is_tls)
}

/// An error and its causes on one line, without repeating what a cause already said.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = error.source();
    }
    words
}

/// Little more than so many bytes of a body at most: enough to see that it is too long.
///
/// # Errors
/// Where the connection breaks before its end.
pub(super) async fn read(
    mut body: hyper::body::Incoming,
    limit: usize,
) -> Result<Bytes, hyper::Error> {
    let mut read = BytesMut::new();
    while read.len() <= limit {
        let Some(frame) = body.frame().await else {
            break;
        };
        if let Ok(data) = frame?.into_data() {
            read.extend_from_slice(&data);
        }
    }
    Ok(read.freeze())
}
