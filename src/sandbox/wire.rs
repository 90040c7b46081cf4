//! The sandbox in process: a service of the type that stands under every client, with faults in between.

use super::Sandbox;
use super::control;
use super::log::Outcome;
use super::server::Server;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response};
use tower::BoxError;
use tower::util::BoxCloneSyncService;

/// One request, one answer, both whole. The same type as the wire under the clients, spelled here because the sandbox
/// must not know them.
pub type Wire = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, BoxError>;

impl Sandbox {
    /// A wire to the Kubernetes API, whose requests carry this token, unless they carry one of their own.
    pub fn wire(&self, token: &str) -> Wire {
        let sandbox = self.clone();
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok();
        BoxCloneSyncService::new(tower::service_fn(move |mut request: Request<Bytes>| {
            let sandbox = sandbox.clone();
            if let Some(bearer) = &bearer {
                request
                    .headers_mut()
                    .entry(AUTHORIZATION)
                    .or_insert_with(|| bearer.clone());
            }
            async move { sandbox.exchange(Server::Kubernetes, request).await }
        }))
    }
    /// A wire to the buckets. Requests are signed by the client, with [`super::s3::ACCESS_KEY`].
    pub fn s3_wire(&self) -> Wire {
        let sandbox = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Bytes>| {
            let sandbox = sandbox.clone();
            async move { sandbox.exchange(Server::S3, request).await }
        }))
    }
    /// Carries a request through the faults to a server, or to the control endpoint, which is beside the API.
    ///
    /// # Errors
    /// Where a fault breaks the connection.
    pub async fn exchange(
        &self,
        server: Server,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, BoxError> {
        if server == Server::Kubernetes && request.uri().path().starts_with(control::PREFIX) {
            return Ok(control::answer(self, &request));
        }
        let sandbox = self.clone();
        self.faults
            .carry(server, request, move |request, passage| match passage {
                super::faults::Passage::Through => Some(sandbox.answer(server, request)),
                super::faults::Passage::Refused(code) => {
                    sandbox.note(server, request, Outcome::Refused(code));
                    None
                }
                super::faults::Passage::Lost => {
                    sandbox.note(server, request, Outcome::Lost);
                    None
                }
            })
            .await
    }
}
