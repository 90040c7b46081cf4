//! S3 over [`Store`]: one request in, one response out. `s3s` speaks the protocol and checks signatures (always: nobody is
//! let in without); what it means is ours. Path style only. How far a signature's time is off is not looked at, because
//! the sandbox's clock is another than that of its clients.
//!
//! | file | is |
//! |---|---|
//! | [`store`], [`list`] | buckets as data |
//! | `operations` | each operation of the protocol over them |
//!
//! What is not in `operations` answers 501 NotImplemented, as a store that says what it cannot.

pub mod list;
mod operations;
pub mod store;

use super::Sandbox;
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use operations::Operations;
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use std::sync::Arc;
pub use store::Store;

/// Access key of the one user, who may do everything.
pub const ACCESS_KEY: &str = "sandbox";
/// Its secret key.
pub const SECRET_KEY: &str = "sandbox-secret-key";
/// Region of all buckets.
pub const REGION: &str = "us-east-1";

struct OneUser;

#[async_trait::async_trait]
impl S3Auth for OneUser {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == ACCESS_KEY {
            return Ok(SecretKey::from(SECRET_KEY));
        }
        Err(S3Error::with_message(
            S3ErrorCode::InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records.",
        ))
    }
}

fn service(sandbox: &Sandbox) -> S3Service {
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    let mut builder = S3ServiceBuilder::new(Operations(sandbox.clone()));
    builder.set_auth(OneUser);
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.build()
}

/// Answers a request at the sandbox's time.
pub(super) fn answer(sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
    // Everything is in memory, so nothing is ever waited for.
    exchange(service(sandbox), request)
        .now_or_never()
        .flatten()
        .unwrap_or_else(|| refusal(500, None))
}

async fn exchange(service: S3Service, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let (parts, body) = request.clone().into_parts();
    let is_head = parts.method == Method::HEAD;
    let asked = Request::from_parts(parts, Body::from(body));
    let (parts, body) = service.call(asked).await.ok()?.into_parts();
    let body = if is_head {
        Bytes::new()
    } else {
        body.collect().await.ok()?.to_bytes()
    };
    Some(Response::from_parts(parts, body))
}

/// An answer in the place of the store's.
pub(super) fn refusal(code: u16, retry_after: Option<u64>) -> Response<Bytes> {
    let (name, message) = match code {
        403 => ("AccessDenied", "Access Denied"),
        429 => ("TooManyRequests", "Please reduce your request rate."),
        500 => (
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        _ => ("ServiceUnavailable", "Service is unable to handle request."),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{name}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml"),
    );
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
