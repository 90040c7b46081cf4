//! The real wire: hyper over rustls under kube's own layers (server address, credentials and their refresh). No retry layer:
//! kube's keeps one request busy for minutes. Credentials never reach a message.

use super::renewing::Renewing;
use super::sameness::Connections;
use super::{ConnectArguments, Connected, Wires, answers, credentials, kubeconfig};
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::wire::{self, Again, CONNECT_LIMIT, Unsent, Wire, chain};
use crate::world::words::MOST;
use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::{AuthError, Body, ConfigExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::util::MapResponse;
use tower::{BoxError, ServiceBuilder, ServiceExt};

/// Makes wires from arguments, KUBE_* variables, kubeconfig files and service accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeWires;

#[async_trait]
impl Wires for KubeWires {
    async fn connect(&self, arguments: &ConnectArguments) -> Result<Connected, Why> {
        let resolved = kubeconfig::resolve(arguments)?;
        let (title, redactor) = (resolved.title, Arc::new(resolved.redactor));
        let mut config = Config::try_from(resolved.kubeconfig).map_err(|error| {
            let words = redactor.redact(&kubeconfig::words(&error));
            kubeconfig::refuse(format!("{title}: {words}"))
        })?;
        // Not read again from the kubeconfig: one parse for check, display and request.
        config.cluster_url = resolved
            .server
            .uri()
            .map_err(|error| kubeconfig::refuse(format!("{title}: {error}")))?;
        // kube takes HTTPS_PROXY from the process; a proxy that was asked for is refused with its reason by `resolve`.
        config.proxy_url = None;
        // Another part of the process may have installed it; either is the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wire = match resolved.plugin {
            None => {
                let made = Arc::new(AtomicU64::new(0));
                whole_wire(&config, &redactor, &made)
                    .map_err(|error| failed(&title, &error, &redactor))?
            }
            Some(plugin) => Renewing::start(config, plugin, redactor, arguments.clock.clone())
                .await
                .map_err(|why| Why {
                    message: format!("{title}: {}", why.message),
                    ..why
                })?,
        };
        Ok(Connected { wire, title })
    }
}

/// The wire of a configuration without a plugin; `made` counts its connections.
pub(super) fn whole_wire(
    config: &Config,
    redactor: &Arc<Redactor>,
    made: &Arc<AtomicU64>,
) -> Result<Wire, kube::Error> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT_LIMIT));
    if config.cluster_url.scheme_str() == Some("http") {
        // Without TLS no trust store is needed, and some machines have none.
        let client = legacy::Client::builder(TokioExecutor::new());
        let client = client.build::<_, Body>(counted(http, made));
        return wire_of(config, (redactor.clone(), made.clone()), client);
    }
    let https = config.rustls_https_connector_with_connector(http)?;
    let client = legacy::Client::builder(TokioExecutor::new());
    let client = client.build::<_, Body>(counted(https, made));
    wire_of(config, (redactor.clone(), made.clone()), client)
}

/// A connector whose connections are counted.
fn counted<C>(
    connector: C,
    made: &Arc<AtomicU64>,
) -> MapResponse<C, impl Fn(C::Response) -> C::Response + Clone + use<C>>
where
    C: tower::Service<http::Uri>,
{
    let made = made.clone();
    MapResponse::new(connector, move |connection| {
        made.fetch_add(1, Ordering::Relaxed);
        connection
    })
}

fn wire_of<C>(
    config: &Config,
    (redactor, made): (Arc<Redactor>, Arc<AtomicU64>),
    client: legacy::Client<C, Body>,
) -> Result<Wire, kube::Error>
where
    C: legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    let known = redactor.clone();
    let below = tower::service_fn(move |request: http::Request<Body>| {
        exchange(client.clone(), (known.clone(), made.clone()), request)
    });
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .service(below);
    Ok(Wire::new(tower::service_fn(
        move |request: http::Request<Bytes>| {
            let (service, redactor) = (service.clone(), redactor.clone());
            async move {
                let sent = service.oneshot(request.map(Body::from)).await;
                sent.map_err(|error| unsent(error, &redactor))
            }
        },
    )))
}

/// Below the credentials: what the server says about a request it did not like may quote them, wherever they came from
/// (R32), so the answer carries along what strikes them out. A body without end is read to its limit.
async fn exchange<C>(
    client: legacy::Client<C, Body>,
    (known, made): (Arc<Redactor>, Arc<AtomicU64>),
    request: http::Request<Body>,
) -> Result<http::Response<Bytes>, BoxError>
where
    C: legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let (mut parts, body) = client.request(request).await?.into_parts();
    let limit = if parts.status.is_success() {
        answers::LARGEST
    } else {
        MOST
    };
    let body = wire::read(body, limit).await?;
    let connections = Connections(made.load(Ordering::Relaxed));
    parts.extensions.insert(connections);
    let header = credentials::of_header(authorization.as_ref());
    parts.extensions.insert(known.and(&Redactor::new(&header)));
    Ok(http::Response::from_parts(parts, body))
}

/// Marks errors that arose before the request left: credentials too.
fn unsent(error: BoxError, redactor: &Redactor) -> BoxError {
    if let Some(auth) = error.downcast_ref::<AuthError>() {
        let message = redactor.redact(&chain(auth));
        let class = FailureClass::Unauthenticated;
        return Box::new(Unsent {
            class,
            message,
            again: Again::Never,
        });
    }
    wire::unsent(error)
}

fn failed(title: &str, error: &kube::Error, redactor: &Redactor) -> Why {
    kubeconfig::refuse(format!("{title}: {}", redactor.redact(&chain(error))))
}
