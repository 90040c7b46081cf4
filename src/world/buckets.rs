//! The doors of the outside to buckets that we write to ourselves: the journal's. Must not know what is kept there.

use super::World;
use super::query::{BlobEntry, Why};
use super::s3::{BucketState, Expiry, Put, Versions};
use crate::model::identity::ProviderRef;
use bytes::Bytes;

impl World {
    /// Writes an object where none of this key is; nothing is ever written over.
    ///
    /// # Errors
    /// Where the store refuses it, or does not answer: it may or may not be there then.
    pub async fn put_new(
        &self,
        provider: &ProviderRef,
        (bucket, key): (&str, &str),
        bytes: &Bytes,
    ) -> Result<Put, Why> {
        self.store(provider)?.put_new(bucket, key, bytes).await
    }
    /// The first objects below a prefix, in the order of their keys: one page, of so many at most.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub async fn first_blobs(
        &self,
        provider: &ProviderRef,
        (bucket, prefix): (&str, &str),
        most: u16,
    ) -> Result<Vec<BlobEntry>, Why> {
        self.store(provider)?
            .first_blobs(bucket, prefix, most)
            .await
    }
    /// Whether a bucket is there.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub async fn bucket_state(
        &self,
        provider: &ProviderRef,
        bucket: &str,
    ) -> Result<BucketState, Why> {
        self.store(provider)?.bucket_state(bucket).await
    }
    /// Makes a bucket without versions.
    ///
    /// # Errors
    /// Where the store refuses it, or does not answer.
    pub async fn make_bucket(&self, provider: &ProviderRef, bucket: &str) -> Result<(), Why> {
        self.store(provider)?.make_bucket(bucket).await
    }
    /// Whether a bucket keeps versions.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub async fn bucket_versions(
        &self,
        provider: &ProviderRef,
        bucket: &str,
    ) -> Result<Versions, Why> {
        self.store(provider)?.versions(bucket).await
    }
    /// Rules by which a bucket deletes objects by itself.
    ///
    /// # Errors
    /// Where they cannot be told.
    pub async fn bucket_expiry(
        &self,
        provider: &ProviderRef,
        bucket: &str,
    ) -> Result<Vec<Expiry>, Why> {
        self.store(provider)?.expiry(bucket).await
    }
}
