//! One write of a journal in a bucket: where an answer is lost the object is read back, and what may go better is tried
//! again, up to a limit (R43). Must not know what is written.

use super::BucketStore;
use crate::journal::store::{Append, Fault, StoreError};
use crate::model::advice::Advice;
use crate::world::query::{Answer, Fact, FailureClass, Query, Why};
use crate::world::s3::Put;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// A write of a run that this process holds is tried for so long. Past that the run stops before its next effect.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// What a store that refuses the condition leaves.
const CHOICE: &str = "A journal needs a store that keeps the condition of a write (If-None-Match). Keep it in another store, or in a directory: `journal { path }`";

impl BucketStore {
    /// Writes an object where none is, and tells whether the one that is there now is ours: only its bytes say so.
    ///
    /// # Errors
    /// Where it cannot be written; it may or may not be there then.
    pub(super) async fn put(&self, key: &str, bytes: &Bytes) -> Result<Append, StoreError> {
        self.patiently(key, async || self.put_once(key, bytes).await)
            .await
    }

    /// Tries what a write needs, for as long as a run that this process holds can wait.
    ///
    /// # Errors
    /// Where it cannot be done.
    pub(super) async fn patiently<T>(
        &self,
        key: &str,
        once: impl AsyncFn() -> Result<T, Why>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let why = match once().await {
                Ok(done) => return Ok(done),
                Err(why) => why,
            };
            let is_time = begun.elapsed() + pause < LIMIT;
            if !(self.holds.get() && fault(why.class) == Fault::Unreached && is_time) {
                return Err(self.failed(key, why));
            }
            let left = LIMIT.saturating_sub(begun.elapsed()).as_secs();
            self.world.doors().waiting.tell(&format!(
                "The journal cannot be written, so nothing more is begun; trying for another {left} s: {}",
                why.message
            ));
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            if why.class == FailureClass::Unauthenticated {
                // Credentials may have been renewed where they are kept. If not, the store says so again.
                let _ = self.connect().await;
            }
        }
    }

    async fn put_once(&self, key: &str, bytes: &Bytes) -> Result<Append, Why> {
        let place = (self.place.bucket.as_str(), key);
        let put = self.world.put_new(&self.place.provider, place, bytes);
        match put.await {
            Ok(Put::Written) => Ok(Append::Written),
            // Ours, where the answer to an earlier try was lost.
            Ok(Put::Taken) => match self.is_there(key, bytes).await? {
                Some(append) => Ok(append),
                None => Err(Why {
                    class: FailureClass::Malformed,
                    message: format!("{} is there, and it is not", self.shown(key)),
                }),
            },
            Err(why) if fault(why.class) == Fault::Unreached => {
                match self.is_there(key, bytes).await {
                    Ok(Some(append)) => Ok(append),
                    Ok(None) | Err(_) => Err(why),
                }
            }
            Err(why) => Err(why),
        }
    }

    /// Whose the object is, where there is one.
    async fn is_there(&self, key: &str, bytes: &Bytes) -> Result<Option<Append>, Why> {
        let query = Query::Blob {
            provider: self.place.provider.clone(),
            bucket: self.place.bucket.clone(),
            key: key.to_owned(),
        };
        match self.world.answer(&query).await {
            Answer::Present(Fact::Bytes(blob)) if blob.bytes == bytes => Ok(Some(Append::Written)),
            Answer::Present(Fact::Bytes(_)) => Ok(Some(Append::SerialTaken)),
            Answer::Absent => Ok(None),
            Answer::Unknown(why) => Err(why),
            Answer::Present(_) | Answer::NotServed => Err(Why {
                class: FailureClass::Malformed,
                message: format!("{}: the store answers something else", self.shown(key)),
            }),
        }
    }

    /// Writes once more what was just written: a store that takes it keeps no condition, and would let two runs go on side
    /// by side. Asked once, at the first write of each process.
    ///
    /// # Errors
    /// Where the store takes it, or does not answer.
    pub(super) async fn prove(&self, key: &str, bytes: &Bytes) -> Result<(), StoreError> {
        if self.is_proven.get() {
            return Ok(());
        }
        let place = (self.place.bucket.as_str(), key);
        let again = self.world.put_new(&self.place.provider, place, bytes);
        match again.await {
            Ok(Put::Taken) => {
                self.is_proven.set(true);
                Ok(())
            }
            Ok(Put::Written) => Err(StoreError::unusable(
                self.shown(key),
                format!(
                    "this store ignores conditions: it took a second write of the same key, so it could not keep two runs \
                     apart. {CHOICE}"
                ),
            )),
            Err(why) => Err(self.failed(key, why)),
        }
    }

    /// What a failure of the store says of the journal.
    pub(super) fn failed(&self, key: &str, why: Why) -> StoreError {
        let cure = match why.class {
            FailureClass::Unsupported => {
                format!("\n{CHOICE}")
            }
            FailureClass::NotFound => {
                format!("\nMake it with `{}`", Advice::make_journal())
            }
            FailureClass::Forbidden => "\nA journal needs s3:ListBucket on its bucket, and s3:GetObject and s3:PutObject below its prefix".to_owned(),
            FailureClass::Unauthenticated
            | FailureClass::Unreachable
            | FailureClass::Untrusted
            | FailureClass::Unavailable
            | FailureClass::Malformed
            | FailureClass::Invalid
            | FailureClass::Conflict
            | FailureClass::Program
            | FailureClass::Value
            | FailureClass::Wait
            | FailureClass::Ground
            | FailureClass::WrongIdentity => String::new(),
        };
        let message = format!("{}{cure}", why.message);
        StoreError::unusable(self.shown(key), message).of(fault(why.class))
    }
}

/// Whether a failure may pass: then nothing is known of what the journal holds.
fn fault(class: FailureClass) -> Fault {
    match class {
        FailureClass::Unauthenticated
        | FailureClass::Unreachable
        | FailureClass::Unavailable
        | FailureClass::Forbidden
        | FailureClass::Untrusted
        | FailureClass::Malformed => Fault::Unreached,
        FailureClass::Invalid
        | FailureClass::Unsupported
        | FailureClass::Conflict
        | FailureClass::NotFound
        | FailureClass::Program
        | FailureClass::Value
        | FailureClass::Wait
        | FailureClass::Ground
        | FailureClass::WrongIdentity => Fault::Unusable,
    }
}
