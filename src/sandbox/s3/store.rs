//! Buckets and what is in them, as data: versions, delete markers, conditions. Every change is counted, and nothing in it
//! is drawn or read from a clock: the caller says what time it is. Must not know HTTP, nor who asks.

use super::list::{Listed, Page, Shown};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version ID of what is written while a bucket keeps no versions.
pub const UNVERSIONED: &str = "null";

/// All buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    buckets: BTreeMap<String, Bucket>,
    changes: u64,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// When it was made.
    pub created: Timestamp,
    /// Whether it keeps what is written over or deleted.
    pub versioning: Versioning,
    /// What it does with a conditional write.
    pub conditional_writes: ConditionalWrites,
    /// Whether it lets anybody write.
    #[serde(default, skip_serializing_if = "Writes::are_allowed")]
    writes: Writes,
    /// Versions of each key, oldest first; never none.
    objects: BTreeMap<String, Vec<Version>>,
}

/// Whether what is written is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writes {
    /// It is.
    #[default]
    Allowed,
    /// 403, as for credentials that may only read.
    Refused,
}

impl Writes {
    fn are_allowed(&self) -> bool {
        *self == Self::Allowed
    }
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// It never did.
    Never,
    /// It does.
    Enabled,
    /// It did, and keeps those.
    Suspended,
}

/// What a bucket does with `If-None-Match` and `If-Match` of a write. Stores differ, and most say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionalWrites {
    /// They hold.
    Honoured,
    /// They hold, but in a bucket with versions they are taken and ignored, as by Ceph 16.
    IgnoredWhereVersioned,
    /// They are taken and ignored, as by Garage and rclone.
    Ignored,
    /// 501, as by Backblaze B2.
    Refused,
}

/// One version of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Its ID, [`UNVERSIONED`] where the bucket kept none.
    pub id: String,
    /// When it was written: whole seconds, as S3 tells them.
    pub modified: Timestamp,
    /// What was written; `None` is a delete marker.
    pub content: Option<Content>,
}

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The bytes.
    #[serde(with = "in_base64")]
    pub body: Bytes,
    /// MD5 of the bytes in hex, without quotes.
    pub etag: String,
    /// Content type that it was written with.
    pub content_type: Option<String>,
    /// User metadata, without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

impl Content {
    /// Bytes without more to say about them.
    pub fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let etag = hex::encode(Md5::digest(&body));
        Self {
            body,
            etag,
            content_type: None,
            metadata: BTreeMap::new(),
        }
    }
}

/// What must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `*`: anything.
    Any,
    /// Exactly this.
    Etag(String),
}

impl Condition {
    fn holds(&self, there: &Content) -> bool {
        match self {
            Self::Any => true,
            Self::Etag(etag) => *etag == there.etag,
        }
    }
}

/// Conditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`.
    pub matches: Option<Condition>,
    /// `If-None-Match`.
    pub matches_none: Option<Condition>,
}

/// Why a request is refused, in the words of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoBucket,
    /// There is no such object.
    #[error("The specified key does not exist.")]
    NoKey,
    /// There is no such version.
    #[error("The specified version does not exist.")]
    NoVersion,
    /// That version is a delete marker, which holds nothing.
    #[error("The specified method is not allowed against this resource.")]
    IsDeleteMarker,
    /// What must be there is not, or the other way round.
    #[error("At least one of the pre-conditions you specified did not hold")]
    Precondition,
    /// What the client has is what there is.
    #[error("Not Modified")]
    NotModified,
    /// The store knows no conditions.
    #[error("A header you provided implies functionality that is not implemented")]
    NoConditions,
    /// Who asks may not.
    #[error("Access Denied")]
    Denied,
    /// There is something in the bucket.
    #[error("The bucket you tried to delete is not empty")]
    NotEmpty,
    /// A continuation token or marker that the store did not hand out.
    #[error("The continuation token provided is incorrect")]
    Marker,
}

/// What a delete did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// What was there is gone, or nothing was.
    Gone,
    /// A delete marker of this version stands in front of it.
    Marked(String),
    /// This version is gone.
    Version {
        /// Which.
        id: String,
        /// Whether it was a delete marker.
        was_marker: bool,
    },
}

impl Store {
    /// How often anything was changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }
    /// All buckets, in order.
    pub fn buckets(&self) -> impl Iterator<Item = (&String, &Bucket)> {
        self.buckets.iter()
    }
    /// A bucket.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or(Refusal::NoBucket)
    }
    fn bucket_to_change(&mut self, name: &str) -> Result<&mut Bucket, Refusal> {
        self.changes += 1;
        self.buckets.get_mut(name).ok_or(Refusal::NoBucket)
    }
    /// Makes a bucket. One that is there stays as it is, as in us-east-1 and on Ceph.
    pub fn create_bucket(&mut self, name: &str, now: Timestamp) {
        if !self.buckets.contains_key(name) {
            self.changes += 1;
            let bucket = Bucket {
                created: whole_second(now),
                versioning: Versioning::Never,
                conditional_writes: ConditionalWrites::Honoured,
                writes: Writes::Allowed,
                objects: BTreeMap::new(),
            };
            self.buckets.insert(name.to_owned(), bucket);
        }
    }
    /// Deletes an empty bucket.
    ///
    /// # Errors
    /// There is none, or something is in it: a version or a delete marker is something.
    pub fn delete_bucket(&mut self, name: &str) -> Result<(), Refusal> {
        if !self.bucket(name)?.objects.is_empty() {
            return Err(Refusal::NotEmpty);
        }
        self.changes += 1;
        self.buckets.remove(name);
        Ok(())
    }
    /// Sets whether versions are kept.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn set_versioning(&mut self, name: &str, to: Versioning) -> Result<(), Refusal> {
        self.bucket_to_change(name)?.versioning = to;
        Ok(())
    }
    /// Sets what is done with conditional writes.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn set_conditional_writes(
        &mut self,
        name: &str,
        to: ConditionalWrites,
    ) -> Result<(), Refusal> {
        self.bucket_to_change(name)?.conditional_writes = to;
        Ok(())
    }
    /// Sets whether what is written is taken.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn set_writes(&mut self, name: &str, to: Writes) -> Result<(), Refusal> {
        self.bucket_to_change(name)?.writes = to;
        Ok(())
    }
    /// Writes an object; the ID of its version, where versions are kept.
    ///
    /// # Errors
    /// There is no such bucket, or a condition does not hold.
    pub fn put(
        &mut self,
        place: (&str, &str),
        content: Content,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        self.bucket(place.0)?.allows(place.1, conditions)?;
        Ok(self
            .add(place, Some(content), now)?
            .filter(|id| id != UNVERSIONED))
    }
    /// Adds a version; its ID where the bucket keeps or kept versions.
    fn add(
        &mut self,
        (bucket, key): (&str, &str),
        content: Option<Content>,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let number = self.changes + 1;
        let bucket = self.bucket_to_change(bucket)?;
        let versions = bucket.objects.entry(key.to_owned()).or_default();
        let id = match bucket.versioning {
            Versioning::Enabled => format!("{number:032}"),
            Versioning::Never | Versioning::Suspended => {
                versions.retain(|version| version.id != UNVERSIONED);
                UNVERSIONED.to_owned()
            }
        };
        versions.push(Version {
            id: id.clone(),
            modified: whole_second(now),
            content,
        });
        let kept = bucket.versioning != Versioning::Never;
        Ok(kept.then_some(id))
    }
    /// The newest version of an object, or the one asked for.
    ///
    /// # Errors
    /// It is not there, is a delete marker, or a condition does not hold.
    pub fn get(
        &self,
        (bucket, key): (&str, &str),
        version: Option<&str>,
        conditions: &Conditions,
    ) -> Result<(&Version, &Content), Refusal> {
        let found = self.bucket(bucket)?.version(key, version)?;
        let missing = version.map_or(Refusal::NoKey, |_| Refusal::IsDeleteMarker);
        let content = found.content.as_ref().ok_or(missing)?;
        if let Some(wanted) = &conditions.matches
            && !wanted.holds(content)
        {
            return Err(Refusal::Precondition);
        }
        if let Some(known) = &conditions.matches_none
            && known.holds(content)
        {
            return Err(Refusal::NotModified);
        }
        Ok((found, content))
    }
    /// Deletes an object, or one version of it. What is not there may be deleted.
    ///
    /// # Errors
    /// There is no such bucket, or a condition does not hold.
    pub fn delete(
        &mut self,
        place: (&str, &str),
        version: Option<&str>,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Deleted, Refusal> {
        let bucket = self.bucket(place.0)?;
        bucket.allows(place.1, conditions)?;
        if let Some(id) = version {
            return self.delete_version(place, id);
        }
        match bucket.versioning {
            Versioning::Never => {
                self.bucket_to_change(place.0)?.objects.remove(place.1);
                Ok(Deleted::Gone)
            }
            Versioning::Enabled | Versioning::Suspended => {
                let id = self.add(place, None, now)?;
                Ok(Deleted::Marked(id.unwrap_or_default()))
            }
        }
    }
    fn delete_version(
        &mut self,
        (bucket, key): (&str, &str),
        id: &str,
    ) -> Result<Deleted, Refusal> {
        let bucket = self.bucket_to_change(bucket)?;
        let versions = bucket.objects.entry(key.to_owned()).or_default();
        let was_marker = versions
            .iter()
            .any(|version| version.id == id && version.content.is_none());
        versions.retain(|version| version.id != id);
        if versions.is_empty() {
            bucket.objects.remove(key);
        }
        Ok(Deleted::Version {
            id: id.to_owned(),
            was_marker,
        })
    }
    /// Lists objects, without those that are deleted.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn list(&self, bucket: &str, page: &Page<'_>) -> Result<Listed<'_>, Refusal> {
        let objects = self.bucket(bucket)?.objects.iter();
        Ok(page.of(objects.filter_map(|(key, versions)| {
            let newest = versions.last()?;
            Some((key.as_str(), newest, newest.content.as_ref()?))
        })))
    }
    /// Lists all versions below a prefix that come after a place, newest first within a key; whether there are more.
    ///
    /// # Errors
    /// There is no such bucket, or nothing stands at the place.
    pub fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        (after, limit): (Option<(&str, &str)>, usize),
    ) -> Result<(Vec<Shown<'_>>, bool), Refusal> {
        let objects = self.bucket(bucket)?.objects.iter();
        let all: Vec<Shown<'_>> = objects
            .filter(|(key, _)| key.starts_with(prefix))
            .flat_map(|(key, versions)| Shown::all_of(key, versions))
            .collect();
        let start = match after {
            None => 0,
            // A key alone stands for all its versions.
            Some((key, "")) => all.partition_point(|shown| shown.key <= key),
            Some((key, id)) => {
                let is_it = |shown: &Shown<'_>| shown.key == key && shown.version.id == id;
                1 + all.iter().position(is_it).ok_or(Refusal::Marker)?
            }
        };
        let more = all.len() > start + limit;
        Ok((all.into_iter().skip(start).take(limit).collect(), more))
    }
}

impl Bucket {
    fn version(&self, key: &str, id: Option<&str>) -> Result<&Version, Refusal> {
        let versions = self.objects.get(key);
        match id {
            None => versions
                .and_then(|versions| versions.last())
                .ok_or(Refusal::NoKey),
            Some(id) => versions
                .into_iter()
                .flatten()
                .find(|version| version.id == id)
                .ok_or(Refusal::NoVersion),
        }
    }
    /// Whether a write may go on.
    fn allows(&self, key: &str, conditions: &Conditions) -> Result<(), Refusal> {
        if !self.writes.are_allowed() {
            return Err(Refusal::Denied);
        }
        if *conditions == Conditions::default() {
            return Ok(());
        }
        match self.conditional_writes {
            ConditionalWrites::Honoured => {}
            ConditionalWrites::IgnoredWhereVersioned => match self.versioning {
                Versioning::Never => {}
                Versioning::Enabled | Versioning::Suspended => return Ok(()),
            },
            ConditionalWrites::Ignored => return Ok(()),
            ConditionalWrites::Refused => return Err(Refusal::NoConditions),
        }
        let there = self.version(key, None).ok();
        let there = there.and_then(|version| version.content.as_ref());
        match (&conditions.matches, there) {
            (Some(_), None) => return Err(Refusal::NoKey),
            (Some(wanted), Some(there)) if !wanted.holds(there) => {
                return Err(Refusal::Precondition);
            }
            (Some(_) | None, _) => {}
        }
        match (&conditions.matches_none, there) {
            (Some(unwanted), Some(there)) if unwanted.holds(there) => Err(Refusal::Precondition),
            (Some(_) | None, _) => Ok(()),
        }
    }
}

/// S3 tells times in whole seconds.
fn whole_second(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(time.subsec_nanosecond().into()))
        .unwrap_or(time)
}

mod in_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }
    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(D::Error::custom)
    }
}
