//! Whether a bucket may hold a journal: what it does by itself must not undo what is written. Must not write.

use super::BucketStore;
use crate::journal::store::StoreError;
use crate::world::s3::Versions;

impl BucketStore {
    /// What could not be told.
    pub(super) async fn looked_at(&self) -> Result<Vec<String>, StoreError> {
        let said = [self.check_versions().await?, self.check_expiry().await?];
        Ok(said.into_iter().flatten().collect())
    }

    /// Versioning: where it was ever on, some stores take a condition and ignore it.
    async fn check_versions(&self) -> Result<Option<String>, StoreError> {
        let (provider, bucket) = (&self.place.provider, &self.place.bucket);
        match self.world.bucket_versions(provider, bucket).await {
            Ok(Versions::Never) => Ok(None),
            Ok(Versions::Kept) => Err(StoreError::unusable(
                self.place.to_string(),
                format!(
                    "bucket `{bucket}` keeps versions, or once did. Some stores then ignore the condition that keeps two \
                     runs apart. Keep the journal in a bucket of its own that never had versioning"
                ),
            )),
            Err(why) => Ok(Some(format!(
                "whether bucket `{bucket}` keeps versions could not be told: {}",
                why.message
            ))),
        }
    }

    async fn check_expiry(&self) -> Result<Option<String>, StoreError> {
        let (provider, bucket) = (&self.place.provider, &self.place.bucket);
        let rules = match self.world.bucket_expiry(provider, bucket).await {
            Ok(rules) => rules,
            Err(why) => {
                return Ok(Some(format!(
                    "whether bucket `{bucket}` deletes old objects by a lifecycle rule could not be told: {}",
                    why.message
                )));
            }
        };
        match rules.iter().find(|rule| rule.reaches(self.keys.prefix())) {
            None => Ok(None),
            Some(rule) => Err(StoreError::unusable(
                self.place.to_string(),
                format!(
                    "lifecycle rule `{}` of bucket `{bucket}` deletes old objects below `{}`, and with them what the journal \
                     knows. Take it away, or keep the journal in a bucket of its own",
                    rule.rule, rule.prefix
                ),
            )),
        }
    }
}
