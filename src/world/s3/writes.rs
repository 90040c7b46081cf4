//! What the program writes to a store: objects that nothing may be written over, and a bucket for them. Every write carries
//! its condition and its checksum. Must not know what objects mean; whose an object is that was already there is for the
//! caller to tell, by reading it.

use super::answers::Failure;
use super::client::Client;
use super::reads::check_bucket;
use crate::world::query::Why;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::FutureExt;
use md5::{Digest, Md5};

/// What came of writing an object where none may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there, and durable.
    Written,
    /// An object of this key is there already: one of somebody else, or our own of a try whose answer was lost.
    Taken,
}

/// Whether a bucket is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// It is, and may be looked at.
    There,
    /// The store has none of this name.
    Missing,
}

impl Client {
    /// Writes an object where none of this key is. What may go better is tried again, and what an earlier try wrote is
    /// [`Put::Taken`] then.
    ///
    /// # Errors
    /// Where the store refuses it, or does not answer: it may or may not be there then.
    pub(in crate::world) async fn put_new(
        &self,
        bucket: &str,
        key: &str,
        bytes: &Bytes,
    ) -> Result<Put, Why> {
        let title = self.title_of("PUT", bucket, key);
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let checksum = STANDARD.encode(Md5::digest(bytes));
        let send = || {
            let put = self.sdk.put_object().bucket(bucket).key(key);
            put.if_none_match("*")
                .content_md5(&checksum)
                .content_type("application/octet-stream")
                .body(ByteStream::from(bytes.clone()))
                .send()
                .boxed()
        };
        match self.ask(&title, send).await {
            Ok(_) => Ok(Put::Written),
            Err(failure) if failure.status == Some(412) => Ok(Put::Taken),
            Err(failure) => Err(failure.why),
        }
    }

    /// Whether a bucket is there. A 404 to this question has no body, so its status is the whole answer.
    ///
    /// # Errors
    /// Where that cannot be told: 403 may be somebody else's bucket.
    pub(in crate::world) async fn bucket_state(&self, bucket: &str) -> Result<BucketState, Why> {
        let title = self.title_of("HEAD", bucket, "");
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let send = || self.sdk.head_bucket().bucket(bucket).send().boxed();
        match self.ask(&title, send).await {
            Ok(_) => Ok(BucketState::There),
            Err(failure) if failure.status == Some(404) => Ok(BucketState::Missing),
            Err(failure) => Err(failure.why),
        }
    }

    /// Makes a bucket without versions.
    ///
    /// # Errors
    /// Where the store refuses it, or does not answer.
    pub(in crate::world) async fn make_bucket(&self, bucket: &str) -> Result<(), Why> {
        let title = self.title_of("CREATE", bucket, "");
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let send = || {
            let create = self.sdk.create_bucket().bucket(bucket);
            create
                .set_create_bucket_configuration(self.placement())
                .send()
                .boxed()
        };
        let made = self.ask(&title, send).await;
        made.map(|_| ()).map_err(|failure: Failure| failure.why)
    }
}
