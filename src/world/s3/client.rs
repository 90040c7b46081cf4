//! One request to one store: limit of each attempt, retries with seeded pauses, and an end to both. The SDK itself tries
//! once. Must not know what is asked for beyond that it may be repeated: every verb is a read, or writes only what is not there.

use super::answers::{self, Failure};
use super::connector::Connector;
use super::settings::{ANY_REGION, Credentials, Settings};
use crate::world::clock::Clock;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::tries::{MAX_TRIES, pause};
use crate::world::wire::Wire;
use aws_sdk_s3::Config;
use aws_sdk_s3::config::{
    self, BehaviorVersion, IdentityCache, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::BoxFuture;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A client of one store.
pub struct Client {
    pub(super) sdk: aws_sdk_s3::Client,
    title: String,
    seed: u64,
    request_limit: Duration,
    region: String,
    /// Strikes out what the store may quote.
    pub(super) redactor: Redactor,
}

/// The time of signatures is the world's.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Time")
    }
}

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        SystemTime::from(self.0.now())
    }
}

impl Client {
    /// A client over a wire; `seed` decides the pauses.
    pub(super) fn new(
        wire: Wire,
        settings: Settings,
        clock: Arc<dyn Clock>,
        (seed, redactor): (u64, &Redactor),
    ) -> Self {
        let redactor = redactor.and(&secrets(&settings.credentials));
        Self {
            title: format!("store {} (region {})", settings.endpoint, settings.region),
            seed,
            request_limit: settings.request_limit,
            region: settings.region.clone(),
            redactor: redactor.clone(),
            sdk: aws_sdk_s3::Client::from_conf(config(wire, settings, clock, redactor)),
        }
    }

    /// Strikes out what is secret to the store: whoever writes there may have read it in a request.
    pub(in crate::world) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Where a new bucket is: in the region of the client. The oldest region of S3 must not be named, and is what stores that
    /// have none are called by.
    pub(super) fn placement(&self) -> Option<CreateBucketConfiguration> {
        (self.region != ANY_REGION).then(|| {
            let place = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder()
                .location_constraint(place)
                .build()
        })
    }

    /// Address and region for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Asks until there is an answer worth having, or an end: all tries together take twice the limit of one.
    ///
    /// # Errors
    /// Where there was none, or it is a failure.
    pub(super) async fn ask<'a, T, E>(
        &self,
        title: &str,
        send: impl Fn() -> BoxFuture<'a, Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let (begun, total) = (Instant::now(), self.request_limit.saturating_mul(2));
        let mut tries = 0;
        loop {
            tries += 1;
            let limit = self
                .request_limit
                .min(total.saturating_sub(begun.elapsed()));
            let failure = match tokio::time::timeout(limit, send()).await {
                Ok(Ok(output)) => return Ok(output),
                Ok(Err(error)) => answers::failure(&error, &self.redactor),
                Err(_) => answers::overdue(limit),
            };
            if tries < MAX_TRIES && failure.may_repeat {
                let pause = pause(self.seed, title, tries, failure.retry_after);
                // A pause after which no time is left is time lost.
                if begun.elapsed() + pause < total {
                    tokio::time::sleep(pause).await;
                    continue;
                }
            }
            return Err(self.told(title, failure, (tries, begun.elapsed())));
        }
    }

    fn told(&self, title: &str, failure: Failure, (tries, took): (u32, Duration)) -> Failure {
        let spent = match tries {
            1 => String::new(),
            _ => format!(" (tried {tries} times in {} s)", took.as_secs()),
        };
        let cure = failure.cure.iter().map(|cure| format!("\n{cure}"));
        let cure: String = cure.collect();
        let message = format!(
            "{title}: {}; {}{spent}{cure}",
            failure.why.message, self.title
        );
        Failure {
            why: Why {
                message,
                ..failure.why
            },
            ..failure
        }
    }

    /// An answer that makes no sense.
    pub(super) fn nonsense(&self, title: &str, words: &str) -> Why {
        Why {
            class: FailureClass::Malformed,
            message: format!("{title}: {words}; {}", self.title),
        }
    }
}

/// What strikes the credentials out of a text.
fn secrets(credentials: &Credentials) -> Redactor {
    let token = credentials.session_token.as_ref();
    Redactor::new([&credentials.secret_key].into_iter().chain(token))
}

/// One attempt, no checksums that a store may not know, nothing read from the machine.
fn config(wire: Wire, settings: Settings, clock: Arc<dyn Clock>, redactor: Redactor) -> Config {
    let credentials = config::Credentials::new(
        settings.credentials.access_key,
        settings.credentials.secret_key.as_str(),
        settings
            .credentials
            .session_token
            .map(|token| token.as_str().to_owned()),
        None,
        "provider block",
    );
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        // Without the slash the SDK would join the last part of its path and the bucket to one name.
        .endpoint_url(format!("{}/", settings.endpoint))
        .region(Region::new(settings.region))
        .force_path_style(settings.is_path_style)
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::no_cache())
        .http_client(Connector {
            wire,
            endpoint: settings.endpoint,
            redactor,
        })
        .time_source(Time(clock))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .disable_s3_express_session_auth(true)
        .disable_multi_region_access_points(true)
        .use_arn_region(false)
        .build()
}
