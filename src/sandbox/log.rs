//! The log of requests, for tests that count effects on the server's side. Credentials are not in it.

use super::server::Server;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde::Serialize;
use sha2::Digest;

/// Bodies longer than this are kept as a digest only.
const KEPT: usize = 64 * 1024;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counted from 1.
    pub number: u64,
    /// Virtual time.
    pub at: Timestamp,
    /// Which server it came to.
    pub server: Server,
    /// Method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Content type, empty where there is none.
    pub content_type: String,
    /// sha256 of the body, in hex.
    pub digest: String,
    /// The body, where it is short enough.
    pub body: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The API answered, with this status; whether the answer arrived is not said here.
    Answered(u16),
    /// A fault answered in the API's place: there was no effect.
    Refused(u16),
    /// A fault dropped it on the way there: there was no effect.
    Lost,
}

impl Entry {
    /// Whether it changed, or could have changed, something: the API answered a write with success and it was no dry run.
    pub fn is_effect(&self) -> bool {
        let write = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
        let succeeded = matches!(self.outcome, Outcome::Answered(200..=299));
        write && succeeded && !self.target.contains("dryRun=")
    }
    /// `POST /api/v1/namespaces 201`, `S3 PUT /bucket/key 200`, for comparisons.
    pub fn line(&self) -> String {
        let outcome = match self.outcome {
            Outcome::Answered(code) => code.to_string(),
            Outcome::Refused(code) => format!("{code} refused"),
            Outcome::Lost => "lost".to_owned(),
        };
        format!(
            "{}{} {} {} {}",
            self.server.prefix(),
            self.method,
            self.target,
            self.digest.get(..12).unwrap_or_default(),
            outcome
        )
    }
}

/// All requests.
#[derive(Debug, Default)]
pub struct Log {
    entries: Vec<Entry>,
    counted: u64,
}

impl Log {
    /// The requests.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Forgets them; numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
    /// Adds one: what came of it, and when.
    pub fn note(
        &mut self,
        server: Server,
        request: &Request<Bytes>,
        (outcome, at): (Outcome, Timestamp),
    ) {
        self.counted += 1;
        let header = request
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let body = request.body();
        self.entries.push(Entry {
            number: self.counted,
            at,
            server,
            method: request.method().to_string(),
            target: request
                .uri()
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            content_type: header.unwrap_or_default().to_owned(),
            digest: hex::encode(sha2::Sha256::digest(body)),
            body: if body.len() <= KEPT {
                String::from_utf8_lossy(body).into_owned()
            } else {
                String::new()
            },
            outcome,
        });
    }
}
