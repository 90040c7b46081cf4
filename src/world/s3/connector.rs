//! The SDK's door to the outside, onto our wire. Here is looked once more where a signed request goes, and here secrets are
//! struck out of what a store says of a failure, before the SDK reads it: stores quote what they were sent. Must not know
//! what a request is for.

use super::connect::LARGEST;
use crate::model::server_address::ServerAddress;
use crate::world::query::FailureClass;
use crate::world::redactor::Redactor;
use crate::world::wire::{Again, Unsent, Wire};
use crate::world::words::MOST;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderValue};
use std::fmt;
use tower::{BoxError, ServiceExt};
use zeroize::Zeroizing;

/// Carries requests to one store.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) wire: Wire,
    pub(super) endpoint: ServerAddress,
    /// Knows the credentials that requests are signed with.
    pub(super) redactor: Redactor,
}

impl fmt::Debug for Connector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Connector({})", self.endpoint)
    }
}

impl HttpClient for Connector {
    /// Limits of time are the client's.
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = connector.exchange(request).await;
            answer.map_err(|error| ConnectorError::other(error, None))
        })
    }
}

impl Connector {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, BoxError> {
        let (mut parts, body) = request.try_into_http1x()?.into_parts();
        if !self.leads_to(&parts.uri) {
            return Err(unsent(format!(
                "the request would go to {}, which is not the store",
                parts
                    .uri
                    .authority()
                    .map_or("nobody", |authority| authority.as_str())
            )));
        }
        // It is part of what was signed; over a network the HTTP client would add the same.
        if let Some(authority) = parts.uri.authority() {
            let host = HeaderValue::from_str(authority.as_str())?;
            parts.headers.entry(HOST).or_insert(host);
        }
        let body = body.bytes().map(Bytes::copy_from_slice);
        let body = body.ok_or_else(|| unsent("the request's body is a stream".to_owned()))?;
        let redactor = self.redactor.and(&signature(&parts.headers));
        let is_list = parts
            .uri
            .query()
            .is_some_and(|query| query.contains("list-type=2"));
        let request = http::Request::from_parts(parts, body);
        let (parts, mut body) = self.wire.clone().oneshot(request).await?.into_parts();
        if let Some(words) = cut(&parts.headers, &body) {
            return Err(words.into());
        }
        if parts.status.is_success() {
            // The SDK takes half a list for a list.
            if is_list && is_half_a_list(&body) {
                return Err("the answer was cut: the end of the list is missing".into());
            }
        } else {
            let read = body.get(..MOST).unwrap_or(&body);
            body = redactor.redact_bytes(read).into();
        }
        let response = http::Response::from_parts(parts, SdkBody::from(body));
        Ok(HttpResponse::try_from(response)?)
    }

    /// The store itself, or the name of a bucket in front of it: names of buckets say much in the SDK, and where a request
    /// goes was decided before.
    fn leads_to(&self, uri: &http::Uri) -> bool {
        let host = uri.host().unwrap_or_default();
        let own = self.endpoint.host();
        let is_own = host == own
            || host
                .strip_suffix(own)
                .is_some_and(|bucket| bucket.ends_with('.'));
        let default = self.endpoint.scheme().default_port();
        is_own
            && uri.scheme_str() == Some(self.endpoint.scheme().name())
            && uri.port_u16().unwrap_or(default) == self.endpoint.port()
    }
}

/// What is wrong with a body that is shorter than its headers say. One that is too large was not read to its end.
fn cut(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let said = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    let is_cut = body.len() < said && said <= LARGEST;
    is_cut.then(|| format!("the answer was cut: {} of {said} bytes came", body.len()))
}

fn is_half_a_list(body: &[u8]) -> bool {
    let begins = memchr::memmem::find(body, b"<ListBucketResult").is_some();
    begins && !body.trim_ascii_end().ends_with(b"</ListBucketResult>")
}

/// What strikes out the signature of a request.
fn signature(headers: &HeaderMap) -> Redactor {
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let signature = header.and_then(|header| header.split("Signature=").nth(1));
    let signature = signature.map(|signature| Zeroizing::new(signature.to_owned()));
    Redactor::new(signature.as_ref())
}

fn unsent(message: String) -> BoxError {
    Box::new(Unsent {
        class: FailureClass::Malformed,
        message,
        again: Again::Never,
    })
}
