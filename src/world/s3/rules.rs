//! What a bucket does to objects by itself: keeps what is written over, deletes what has become old. Must not judge it.

use super::client::Client;
use super::reads::check_bucket;
use crate::world::query::Why;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ExpirationStatus, LifecycleRule, LifecycleRuleFilter,
};
use futures::FutureExt;

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// It never did.
    Never,
    /// It does, or did and was told to stop.
    Kept,
}

/// A rule by which a bucket deletes objects that are old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Name of the rule.
    pub rule: String,
    /// What the keys begin with.
    pub prefix: String,
}

impl Expiry {
    /// Whether an object whose key begins so may be deleted by it.
    pub fn reaches(&self, prefix: &str) -> bool {
        self.prefix.starts_with(prefix) || prefix.starts_with(&self.prefix)
    }
}

impl Client {
    /// Whether a bucket keeps versions.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub(in crate::world) async fn versions(&self, bucket: &str) -> Result<Versions, Why> {
        let title = self.title_of("GET", bucket, "?versioning");
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let send = || {
            self.sdk
                .get_bucket_versioning()
                .bucket(bucket)
                .send()
                .boxed()
        };
        let output = self
            .ask(&title, send)
            .await
            .map_err(|failure| failure.why)?;
        match output.status() {
            None => Ok(Versions::Never),
            Some(BucketVersioningStatus::Enabled | BucketVersioningStatus::Suspended) => {
                Ok(Versions::Kept)
            }
            Some(other) => {
                let words = format!("the versioning is `{other}`, which is none of S3's");
                Err(self.nonsense(&title, &words))
            }
        }
    }

    /// Rules by which a bucket deletes the newest version of an object.
    ///
    /// # Errors
    /// Where they cannot be told.
    pub(in crate::world) async fn expiry(&self, bucket: &str) -> Result<Vec<Expiry>, Why> {
        let title = self.title_of("GET", bucket, "?lifecycle");
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let send = || {
            let get = self.sdk.get_bucket_lifecycle_configuration();
            get.bucket(bucket).send().boxed()
        };
        match self.ask(&title, send).await {
            Ok(output) => Ok(output.rules().iter().filter_map(expiry).collect()),
            Err(failure) if failure.code.as_deref() == Some("NoSuchLifecycleConfiguration") => {
                Ok(Vec::new())
            }
            Err(failure) => Err(failure.why),
        }
    }
}

/// What of a rule deletes objects; none where it is off, looks at what is not the newest, or at tags, which we set none of.
fn expiry(rule: &LifecycleRule) -> Option<Expiry> {
    let expiration = rule.expiration()?;
    let is_on = *rule.status() == ExpirationStatus::Enabled;
    if !is_on || (expiration.days().is_none() && expiration.date().is_none()) {
        return None;
    }
    let of_filter = |filter: &LifecycleRuleFilter| -> Option<String> {
        let and = filter.and();
        let is_tagged = filter.tag().is_some() || and.is_some_and(|and| !and.tags().is_empty());
        let prefix = filter.prefix().or(and.and_then(|and| and.prefix()));
        (!is_tagged).then(|| prefix.unwrap_or_default().to_owned())
    };
    let prefix = match rule.filter() {
        Some(filter) => of_filter(filter)?,
        None => legacy_prefix(rule),
    };
    Some(Expiry {
        rule: rule.id().unwrap_or_default().to_owned(),
        prefix,
    })
}

/// What stood in the place of the filter, and what Ceph still answers.
#[expect(deprecated, reason = "Ceph answers no other")]
fn legacy_prefix(rule: &LifecycleRule) -> String {
    rule.prefix().unwrap_or_default().to_owned()
}
