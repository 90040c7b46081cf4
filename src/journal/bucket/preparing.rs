//! The bucket of a journal before its first run: made where it is missing, and seen to keep what a journal needs. Must not
//! touch what others keep in it.

use super::BucketStore;
use crate::journal::document::encode;
use crate::journal::record::VERSION;
use crate::journal::store::{Append, StoreError};
use crate::world::s3::BucketState;
use bytes::Bytes;
use serde::Serialize;

/// What was done to have a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Whether the bucket was made.
    pub bucket: Bucket,
    /// What of it could not be told.
    pub unknown: Vec<String>,
}

/// Where the bucket came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// It was there.
    Found,
    /// It is new, without versions.
    Made,
}

/// Whose the place is, for people who look into the bucket.
#[derive(Serialize)]
struct Owner<'a> {
    version: u32,
    stack: &'a str,
    kept_by: &'static str,
}

impl BucketStore {
    /// Makes the bucket where it is missing, and proves that it keeps the condition of a write. Once more changes nothing.
    ///
    /// # Errors
    /// Where it cannot be made, or may hold no journal.
    pub async fn prepare(&self, stack: &str) -> Result<Prepared, StoreError> {
        let (provider, name) = (&self.place.provider, self.place.bucket.as_str());
        let state = self.world.bucket_state(provider, name).await;
        let bucket = match state.map_err(|why| self.failed("", why))? {
            BucketState::There => Bucket::Found,
            BucketState::Missing => {
                let made = self.world.make_bucket(provider, name).await;
                made.map_err(|why| self.failed("", why))?;
                Bucket::Made
            }
        };
        let unknown = self.looked_at().await?;
        let owner = Owner {
            version: VERSION,
            stack,
            kept_by: "sk-dr",
        };
        let key = self.keys.owner();
        let text = Bytes::from(encode(&self.shown(&key), &owner)?);
        match self.put(&key, &text).await? {
            Append::Written => self.prove(&key, &text).await?,
            Append::SerialTaken => {
                let message = format!("another stack than `{stack}` keeps its journal here");
                return Err(StoreError::unusable(self.shown(&key), message));
            }
        }
        Ok(Prepared { bucket, unknown })
    }
}
