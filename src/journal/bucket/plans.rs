//! Plans beside the runs, packed, each under its digest: one plan of many runs is kept once.

use super::BucketStore;
use crate::journal::document::{self, encode};
use crate::journal::store::{Append, StoreError};
use crate::plan::document::Plan;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use std::io::Read;

/// Bytes of a plan once it is unpacked.
const PLAN_BYTES: u64 = 1 << 30;

impl BucketStore {
    /// The plan beside the runs, under its digest: one plan of many runs is kept once.
    pub(super) async fn keep_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let key = self.keys.plan(&plan.digest);
        let text = encode(&self.shown(&key), plan)?;
        let mut packed = Vec::new();
        let read = GzEncoder::new(text.as_slice(), Compression::default()).read_to_end(&mut packed);
        read.map_err(|error| StoreError::unusable(self.shown(&key), error.to_string()))?;
        match self.put(&key, &packed.into()).await? {
            Append::Written => Ok(()),
            // Packed by another version perhaps: what it holds counts.
            Append::SerialTaken => match self.read_plan(&key).await?.digest == plan.digest {
                true => Ok(()),
                false => Err(StoreError::unusable(
                    self.shown(&key),
                    "it holds another plan than its name says",
                )),
            },
        }
    }

    pub(super) async fn read_plan(&self, key: &str) -> Result<Plan, StoreError> {
        let packed = self.read_whole(key).await?;
        let mut text = Vec::new();
        let read = GzDecoder::new(packed.as_ref())
            .take(PLAN_BYTES)
            .read_to_end(&mut text);
        read.map_err(|error| {
            StoreError::unusable(self.shown(key), format!("it is damaged: {error}"))
        })?;
        document::plan(&self.shown(key), &text)
    }
}
