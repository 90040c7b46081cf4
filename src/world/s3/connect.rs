//! The real wire: hyper over rustls, with the authorities of this machine or with one of the user's own. Adds nothing to a
//! request. Must not know what is asked.

use super::{Trust, Wires};
use crate::model::server_address::{Scheme, ServerAddress};
use crate::world::query::{FailureClass, Why};
use crate::world::wire::{self, CONNECT_LIMIT, Wire};
use crate::world::words::MOST;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::{self, connect::Connect, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tower::BoxError;

/// Bytes of one body. Metadata of a backup is smaller; what is larger is read in parts.
pub(super) const LARGEST: usize = 64 * 1024 * 1024;

/// Makes wires over the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreWires;

impl Wires for StoreWires {
    fn wire(&self, endpoint: &ServerAddress, trust: &Trust) -> Result<Wire, Why> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_LIMIT));
        match endpoint.scheme() {
            // Without TLS no authority is needed, and some machines have none.
            Scheme::Http => Ok(over(http)),
            Scheme::Https => {
                let https = HttpsConnectorBuilder::new().with_tls_config(tls(trust)?);
                Ok(over(https.https_only().enable_http1().wrap_connector(http)))
            }
        }
    }
}

fn tls(trust: &Trust) -> Result<ClientConfig, Why> {
    let mut roots = RootCertStore::empty();
    match trust {
        Trust::Machine => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                return Err(untrusted(
                    "this machine trusts no authority, so no server can prove who it is: name one by `ca_cert`",
                ));
            }
        }
        Trust::Authority(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate
                    .map_err(|error| untrusted(&format!("ca_cert is no PEM text: {error}")))?;
                roots.add(certificate).map_err(|error| {
                    untrusted(&format!(
                        "ca_cert holds no certificate of an authority: {error}"
                    ))
                })?;
            }
            if roots.is_empty() {
                return Err(untrusted("ca_cert holds no certificate"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| untrusted(&error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn over<C>(connector: C) -> Wire
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = legacy::Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector);
    Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        exchange(client.clone(), request)
    }))
}

/// A body without end is read to its limit.
async fn exchange<C>(
    client: legacy::Client<C, Full<Bytes>>,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, BoxError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let sent = client.request(request.map(Full::new)).await;
    let (parts, body) = sent
        .map_err(|error| wire::unsent(Box::new(error)))?
        .into_parts();
    let limit = if parts.status.is_success() {
        LARGEST
    } else {
        MOST
    };
    let body = wire::read(body, limit).await?;
    Ok(http::Response::from_parts(parts, body))
}

fn untrusted(message: &str) -> Why {
    Why {
        class: FailureClass::Untrusted,
        message: message.to_owned(),
    }
}
