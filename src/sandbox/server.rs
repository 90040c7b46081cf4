//! The servers of the sandbox: each answers requests on a wire of its own, over the one state.

use super::{Sandbox, kubernetes, s3};
use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// The Kubernetes API.
    Kubernetes,
    /// Buckets.
    S3,
}

impl Server {
    /// Answers a request.
    pub(super) fn answer(self, sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
        match self {
            Self::Kubernetes => sandbox.with(|state| kubernetes::answer(state, request)),
            Self::S3 => s3::answer(sandbox, request),
        }
    }
    /// What it would say in place of an answer, in its own form.
    pub(super) fn refusal(self, code: u16, retry_after: Option<u64>) -> Response<Bytes> {
        match self {
            Self::Kubernetes => kubernetes::status::refusal(code, retry_after),
            Self::S3 => s3::refusal(code, retry_after),
        }
    }
    /// Begins a line about a request: nothing for Kubernetes, where most requests go.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Kubernetes => "",
            Self::S3 => "S3 ",
        }
    }
    /// Bytes of the largest request that it takes over HTTP.
    pub(super) fn largest_request(self) -> usize {
        match self {
            // As the real server has it.
            Self::Kubernetes => 3 * 1024 * 1024,
            Self::S3 => 256 * 1024 * 1024,
        }
    }
}
