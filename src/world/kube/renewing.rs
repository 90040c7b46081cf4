//! A wire whose credential comes from a plugin and expires: the plugin runs once at the start and once before each end of a
//! credential, whoever asks meanwhile waits for the same run. Must not know what is asked over the wire.

use super::connect::whole_wire;
use super::kubeconfig::refuse;
use super::plugins::{Credential, Plugin};
use super::{credentials, users};
use crate::world::clock::Clock;
use crate::world::query::Why;
use crate::world::redactor::Redactor;
use crate::world::wire::{Again, Unsent, Wire, chain};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use kube::Config;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Mutex;
use tower::{BoxError, ServiceExt};

/// A request that is sent with a credential should still be answered under it.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A configuration and the plugin that completes it.
pub(super) struct Renewing {
    config: Config,
    plugin: Plugin,
    redactor: Arc<Redactor>,
    clock: Arc<dyn Clock>,
    current: Mutex<Option<Current>>,
    /// Connections of every wire so far: a new one may lead to another cluster.
    made: Arc<AtomicU64>,
}

/// The wire under one credential.
struct Current {
    wire: Wire,
    expires: Option<Timestamp>,
}

impl Renewing {
    /// Runs the plugin for the first time.
    ///
    /// # Errors
    /// Where it gives no credential, or one that cannot be used.
    pub(super) async fn start(
        config: Config,
        plugin: Plugin,
        redactor: Arc<Redactor>,
        clock: Arc<dyn Clock>,
    ) -> Result<Wire, Why> {
        let renewing = Arc::new(Self {
            config,
            plugin,
            redactor,
            clock,
            current: Mutex::new(None),
            made: Arc::new(AtomicU64::new(0)),
        });
        renewing.wire().await?;
        Ok(Wire::new(tower::service_fn(
            move |request: http::Request<Bytes>| {
                let renewing = renewing.clone();
                async move { renewing.send(request).await }
            },
        )))
    }

    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, BoxError> {
        match self.wire().await {
            Ok(wire) => wire.oneshot(request).await,
            Err(why) => Err(Box::new(Unsent {
                class: why.class,
                message: why.message,
                again: Again::Never,
            })),
        }
    }

    /// The wire under a credential that lasts. Others wait at the lock: one run serves all.
    async fn wire(&self) -> Result<Wire, Why> {
        let mut current = self.current.lock().await;
        let lasts = |one: &&Current| {
            one.expires.is_none_or(|end| {
                self.clock
                    .now()
                    .saturating_add(MARGIN)
                    .is_ok_and(|soon| soon < end)
            })
        };
        if let Some(one) = current.as_ref().filter(lasts) {
            return Ok(one.wire.clone());
        }
        let made = self.made(self.plugin.run(&self.redactor).await?)?;
        let wire = made.wire.clone();
        *current = Some(made);
        Ok(wire)
    }

    fn made(&self, credential: Credential) -> Result<Current, Why> {
        let user = users::of_members(credential.user)?;
        let redactor = Arc::new(
            self.redactor
                .and(&Redactor::new(&credentials::of_user(&user))),
        );
        let mut config = self.config.clone();
        // Whom the kubeconfig impersonates stays.
        config.auth_info.token = user.token;
        config.auth_info.client_certificate_data = user.client_certificate_data;
        config.auth_info.client_key_data = user.client_key_data;
        let wire = whole_wire(&config, &redactor, &self.made)
            .map_err(|error| refuse(redactor.redact(&chain(&error))))?;
        Ok(Current {
            wire,
            expires: credential.expires,
        })
    }
}
