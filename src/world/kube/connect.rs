//! The real wire: hyper over rustls under kube's own layers (server address, credentials and their refresh). No retry layer:
//! kube's keeps one request busy for minutes. Credentials never reach a message.

use super::sameness::Connections;
use super::{
    Again, ConnectArguments, Connected, Unsent, Wires, answers, chain, credentials, kubeconfig,
};
use crate::world::Wire;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::words::{MOST, Said};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http_body_util::BodyExt;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::{AuthError, Body, ConfigExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tower::util::MapResponse;
use tower::{BoxError, ServiceBuilder, ServiceExt};

/// A server that is there takes a connection within this.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Characters of a plugin's standard error that are shown.
const SHOWN_STDERR: usize = 1024;
/// A credential plugin may ask an identity provider, or a person.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(60);

/// Makes wires from arguments, KUBE_* variables, kubeconfig files and service accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeWires;

#[async_trait]
impl Wires for KubeWires {
    async fn connect(&self, arguments: &ConnectArguments) -> Result<Connected, Why> {
        let arguments = arguments.clone();
        // Credential plugins run inside, as blocking processes.
        let work = tokio::task::spawn_blocking(move || connect(&arguments));
        match tokio::time::timeout(CREDENTIALS_LIMIT, work).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(_)) => Err(refuse("connecting was given up: the program is ending")),
            Err(_) => Err(refuse(format!(
                "credentials were not there within {} s",
                CREDENTIALS_LIMIT.as_secs()
            ))),
        }
    }
}

fn connect(arguments: &ConnectArguments) -> Result<Connected, Why> {
    let resolved = kubeconfig::resolve(arguments)?;
    let (title, redactor) = (resolved.title, Arc::new(resolved.redactor));
    let failed = |error: &kube::Error| failed(&title, error, &redactor);
    let mut config = Config::try_from(resolved.kubeconfig).map_err(|error| {
        let words = redactor.redact(&kubeconfig::words(&error));
        refuse(format!("{title}: {words}"))
    })?;
    // kube takes HTTPS_PROXY from the process; a proxy that was asked for is refused with its reason by `resolve`.
    config.proxy_url = None;
    // Another part of the process may have installed it; either is the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = Arc::new(AtomicU64::new(0));
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT_LIMIT));
    let wire = if config.cluster_url.scheme_str() == Some("http") {
        // Without TLS no trust store is needed, and some machines have none.
        wire(
            &config,
            (redactor.clone(), made.clone()),
            legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(counted(http, &made)),
        )
    } else {
        let https = config
            .rustls_https_connector_with_connector(http)
            .map_err(|error| failed(&error))?;
        wire(
            &config,
            (redactor.clone(), made.clone()),
            legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(counted(https, &made)),
        )
    };
    Ok(Connected {
        wire: wire.map_err(|error| failed(&error))?,
        title,
    })
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

fn wire<C>(
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
    let body = read(body, limit).await?;
    let connections = Connections(made.load(Ordering::Relaxed));
    parts.extensions.insert(connections);
    let header = credentials::of_header(authorization.as_ref());
    parts.extensions.insert(known.and(&Redactor::new(&header)));
    Ok(http::Response::from_parts(parts, body))
}

/// Little more than so many bytes at most: enough to see that it is too long.
async fn read(mut body: hyper::body::Incoming, limit: usize) -> Result<Bytes, hyper::Error> {
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

/// Marks errors that arose before the request left: no connection, TLS, credentials.
fn unsent(error: BoxError, redactor: &Redactor) -> BoxError {
    if let Some(auth) = error.downcast_ref::<AuthError>() {
        let (class, message) = (FailureClass::Unauthenticated, auth_words(auth, redactor));
        return Box::new(Unsent {
            class,
            message,
            again: Again::Never,
        });
    }
    match error.downcast_ref::<legacy::Error>() {
        Some(client) if client.is_connect() => {
            let message = chain(client);
            let (class, again) = if is_tls(client) {
                (FailureClass::Untrusted, Again::Never)
            } else {
                (FailureClass::Unreachable, Again::Later)
            };
            Box::new(Unsent {
                class,
                message,
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

fn failed(title: &str, error: &kube::Error, redactor: &Redactor) -> Why {
    let words = if let kube::Error::Auth(auth) = error {
        auth_words(auth, redactor)
    } else {
        redactor.redact(&chain(error))
    };
    refuse(format!("{title}: {words}"))
}

/// kube's own words for a failed plugin print its whole environment and its standard output, which may be the credential.
fn auth_words(error: &AuthError, redactor: &Redactor) -> String {
    if let AuthError::AuthExecRun { out, .. } = error {
        let redactor = redactor.and(&Redactor::new(&credentials::of_output(&out.stdout)));
        let said = Said::at_the_end(&out.stderr, &redactor).end_of(SHOWN_STDERR);
        format!("the credential plugin failed, {}: {said}", out.status)
    } else if let AuthError::AuthExecStart(error) = error {
        format!("the credential plugin could not be started: {error}")
    } else if let AuthError::AuthExecParse(_) = error {
        "the credential plugin's output is no ExecCredential".to_owned()
    } else if let AuthError::AuthExec(_) = error {
        "the kubeconfig's auth-provider gave no token".to_owned()
    } else {
        redactor.redact(&chain(error))
    }
}

fn refuse(message: impl Into<String>) -> Why {
    Why {
        class: FailureClass::Unauthenticated,
        message: message.into(),
    }
}
