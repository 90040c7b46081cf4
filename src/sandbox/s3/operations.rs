//! The operations of S3 that the sandbox knows, each over the store. Must not know how a request was signed.

use super::REGION;
use super::list::{MOST, Page};
use super::store::{Condition, Conditions, Content, Deleted, Refusal, Store, Version, Versioning};
use crate::sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body_util::BodyExt;
use s3s::dto::{
    Bucket, BucketVersioningStatus, CommonPrefix, CreateBucketInput, CreateBucketOutput,
    DeleteBucketInput, DeleteBucketOutput, DeleteMarkerEntry, DeleteObjectInput,
    DeleteObjectOutput, ETag, ETagCondition, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectInput, GetObjectOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput,
    ListBucketsOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectVersion, Owner, PutBucketVersioningInput,
    PutBucketVersioningOutput, PutObjectInput, PutObjectOutput, Range, StreamingBlob, Timestamp,
};
use s3s::{Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use std::time::SystemTime;

/// The operations, over the store of a sandbox.
pub(super) struct Operations(pub(super) Sandbox);

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NoBucket => S3ErrorCode::NoSuchBucket,
            Refusal::NoKey => S3ErrorCode::NoSuchKey,
            Refusal::NoVersion => S3ErrorCode::NoSuchVersion,
            Refusal::IsDeleteMarker => S3ErrorCode::MethodNotAllowed,
            Refusal::Precondition => S3ErrorCode::PreconditionFailed,
            Refusal::NotModified => S3ErrorCode::NotModified,
            Refusal::NoConditions => S3ErrorCode::NotImplemented,
            Refusal::Denied => S3ErrorCode::AccessDenied,
            Refusal::NotEmpty => S3ErrorCode::BucketNotEmpty,
            Refusal::Marker => S3ErrorCode::InvalidArgument,
        };
        Self::with_message(code, refusal.to_string())
    }
}

fn timestamp(time: jiff::Timestamp) -> Timestamp {
    Timestamp::from(SystemTime::from(time))
}

fn condition(given: ETagCondition) -> Condition {
    match given {
        ETagCondition::Any => Condition::Any,
        ETagCondition::ETag(etag) => Condition::Etag(etag.into_value()),
    }
}

fn conditions(matches: Option<ETagCondition>, matches_none: Option<ETagCondition>) -> Conditions {
    Conditions {
        matches: matches.map(condition),
        matches_none: matches_none.map(condition),
    }
}

fn size(content: &Content) -> i64 {
    i64::try_from(content.body.len()).unwrap_or(i64::MAX)
}

/// The ID of a version, where its bucket has versions at all.
fn shown_id(versioning: Versioning, version: &Version) -> Option<String> {
    match versioning {
        Versioning::Never => None,
        Versioning::Enabled | Versioning::Suspended => Some(version.id.clone()),
    }
}

fn limit(asked: Option<i32>) -> usize {
    asked.map_or(MOST, |asked| usize::try_from(asked).unwrap_or(0).min(MOST))
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The body whole, which it is: it was read before the request was understood.
async fn whole(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(body) = body else {
        return Ok(Bytes::new());
    };
    let read = Body::from(body).collect().await;
    read.map(http_body_util::Collected::to_bytes)
        .map_err(|_| S3Error::new(S3ErrorCode::IncompleteBody))
}

impl Operations {
    fn store<T>(
        &self,
        look: impl FnOnce(&mut Store, jiff::Timestamp) -> Result<T, Refusal>,
    ) -> S3Result<T> {
        let found = self.0.with(|state| {
            let now = state.now;
            look(&mut state.s3, now)
        });
        Ok(found?)
    }
    /// The account that all buckets belong to. It outlives clusters.
    fn owner(&self) -> Owner {
        Owner {
            id: Some(self.0.with(|state| state.s3_owner())),
            display_name: Some("sandbox".to_owned()),
        }
    }
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(
        &self,
        _: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.store(|store, _| {
            let shown = store.buckets().map(|(name, bucket)| Bucket {
                name: Some(name.clone()),
                creation_date: Some(timestamp(bucket.created)),
                bucket_region: Some(REGION.to_owned()),
            });
            Ok(shown.collect())
        })?;
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets),
            owner: Some(self.owner()),
            ..Default::default()
        }))
    }

    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = request.input.bucket;
        self.store(|store, now| {
            store.create_bucket(&name, now);
            Ok(())
        })?;
        Ok(S3Response::new(CreateBucketOutput {
            location: Some(format!("/{name}")),
        }))
    }

    async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.store(|store, _| store.delete_bucket(&request.input.bucket))?;
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store(|store, _| store.bucket(&request.input.bucket).map(|_| ()))?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(REGION.to_owned()),
            ..Default::default()
        }))
    }

    /// Null, which is us-east-1.
    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.store(|store, _| store.bucket(&request.input.bucket).map(|_| ()))?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    /// No bucket has rules here.
    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
        self.store(|store, _| store.bucket(&request.input.bucket).map(|_| ()))?;
        Err(S3Error::with_message(
            S3ErrorCode::NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist",
        ))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let versioning =
            self.store(|store, _| Ok(store.bucket(&request.input.bucket)?.versioning))?;
        let status = match versioning {
            Versioning::Never => None,
            Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
            Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
        };
        Ok(S3Response::new(GetBucketVersioningOutput {
            status: status.map(BucketVersioningStatus::from_static),
            ..Default::default()
        }))
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<PutBucketVersioningInput>,
    ) -> S3Result<S3Response<PutBucketVersioningOutput>> {
        let input = request.input;
        let status = input.versioning_configuration.status;
        let to = match status.as_ref().map(BucketVersioningStatus::as_str) {
            Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
            Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
            Some(_) | None => return Err(S3Error::new(S3ErrorCode::MalformedXML)),
        };
        self.store(|store, _| store.set_versioning(&input.bucket, to))?;
        Ok(S3Response::new(PutBucketVersioningOutput {}))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let mut content = Content::new(whole(input.body).await?);
        if let Some(given) = input.content_md5
            && hex::encode(STANDARD.decode(given).unwrap_or_default()) != content.etag
        {
            let message = "The Content-MD5 you specified did not match what we received.";
            return Err(S3Error::with_message(S3ErrorCode::BadDigest, message));
        }
        content.content_type = input.content_type;
        content.metadata = input.metadata.into_iter().flatten().collect();
        let etag = content.etag.clone();
        let conditions = conditions(input.if_match, input.if_none_match);
        let version_id = self.store(|store, now| {
            store.put((&input.bucket, &input.key), content, &conditions, now)
        })?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            version_id,
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let found = Found::look(
            self,
            (input.bucket, input.key, input.version_id),
            &conditions(input.if_match, input.if_none_match),
        )?;
        let (body, content_range) = found.part(input.range)?;
        Ok(S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(i64::try_from(body.len()).unwrap_or(i64::MAX)),
            body: Some(StreamingBlob::from(Body::from(body))),
            content_range,
            content_type: found.content.content_type,
            metadata: Some(found.content.metadata.into_iter().collect()),
            e_tag: Some(ETag::Strong(found.content.etag)),
            last_modified: Some(found.modified),
            version_id: found.version_id,
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let found = Found::look(
            self,
            (input.bucket, input.key, input.version_id),
            &conditions(input.if_match, input.if_none_match),
        )?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(size(&found.content)),
            content_type: found.content.content_type,
            metadata: Some(found.content.metadata.into_iter().collect()),
            e_tag: Some(ETag::Strong(found.content.etag)),
            last_modified: Some(found.modified),
            version_id: found.version_id,
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let conditions = conditions(input.if_match, None);
        let deleted = self.store(|store, now| {
            let version = input.version_id.as_deref();
            store.delete((&input.bucket, &input.key), version, &conditions, now)
        })?;
        let (delete_marker, version_id) = match deleted {
            Deleted::Gone => (None, None),
            Deleted::Marked(id) => (Some(true), Some(id)),
            Deleted::Version { id, was_marker } => (was_marker.then_some(true), Some(id)),
        };
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker,
            version_id,
            ..Default::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let after = match &input.continuation_token {
            None => String::new(),
            Some(token) => from_token(token).ok_or(Refusal::Marker)?,
        };
        let limit = limit(input.max_keys);
        let owner = input.fetch_owner.unwrap_or(false).then(|| self.owner());
        let (objects, prefixes, next) = self.store(|store, _| {
            let page = Page {
                prefix: input.prefix.as_deref().unwrap_or_default(),
                delimiter: input.delimiter.as_deref().unwrap_or_default(),
                start_after: input.start_after.as_deref().unwrap_or_default(),
                after: &after,
                limit,
            };
            let listed = store.list(&input.bucket, &page)?;
            let objects = listed.objects.into_iter();
            let objects: Vec<Object> = objects
                .map(|(key, version, content)| Object {
                    key: Some(key.to_owned()),
                    e_tag: Some(ETag::Strong(content.etag.clone())),
                    last_modified: Some(timestamp(version.modified)),
                    size: Some(size(content)),
                    owner: owner.clone(),
                    ..Default::default()
                })
                .collect();
            let prefixes = listed.prefixes.into_iter();
            let prefixes: Vec<CommonPrefix> = prefixes
                .map(|prefix| CommonPrefix {
                    prefix: Some(prefix.to_owned()),
                })
                .collect();
            Ok((objects, prefixes, listed.next.map(to_token)))
        })?;
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            start_after: input.start_after,
            continuation_token: input.continuation_token,
            max_keys: Some(count(limit)),
            key_count: Some(count(objects.len() + prefixes.len())),
            is_truncated: Some(next.is_some()),
            next_continuation_token: next,
            contents: Some(objects),
            common_prefixes: Some(prefixes),
            ..Default::default()
        }))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let input = request.input;
        if input
            .delimiter
            .as_ref()
            .is_some_and(|delimiter| !delimiter.is_empty())
        {
            return Err(S3Error::new(S3ErrorCode::NotImplemented));
        }
        let limit = limit(input.max_keys);
        let owner = self.owner();
        let output = self.store(|store, _| {
            let prefix = input.prefix.as_deref().unwrap_or_default();
            let marker = input.version_id_marker.as_deref().unwrap_or_default();
            let after = input.key_marker.as_deref().map(|key| (key, marker));
            let (shown, more) = store.versions(&input.bucket, prefix, (after, limit))?;
            let mut output = ListObjectVersionsOutput {
                is_truncated: Some(more),
                ..Default::default()
            };
            if let Some(last) = shown.last().filter(|_| more) {
                output.next_key_marker = Some(last.key.to_owned());
                output.next_version_id_marker = Some(last.version.id.clone());
            }
            for one in shown {
                let (key, id) = (Some(one.key.to_owned()), Some(one.version.id.clone()));
                let last_modified = Some(timestamp(one.version.modified));
                match &one.version.content {
                    Some(content) => output.versions.get_or_insert_default().push(ObjectVersion {
                        key,
                        version_id: id,
                        is_latest: Some(one.is_latest),
                        last_modified,
                        e_tag: Some(ETag::Strong(content.etag.clone())),
                        size: Some(size(content)),
                        owner: Some(owner.clone()),
                        ..Default::default()
                    }),
                    None => output
                        .delete_markers
                        .get_or_insert_default()
                        .push(DeleteMarkerEntry {
                            key,
                            version_id: id,
                            is_latest: Some(one.is_latest),
                            last_modified,
                            owner: Some(owner.clone()),
                        }),
                }
            }
            Ok(output)
        })?;
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: input.prefix,
            key_marker: input.key_marker,
            version_id_marker: input.version_id_marker,
            max_keys: Some(count(limit)),
            ..output
        }))
    }
}

/// An object that was found.
struct Found {
    content: Content,
    modified: Timestamp,
    version_id: Option<String>,
}

impl Found {
    fn look(
        operations: &Operations,
        (bucket, key, version): (String, String, Option<String>),
        conditions: &Conditions,
    ) -> S3Result<Self> {
        operations.store(|store, _| {
            let versioning = store.bucket(&bucket)?.versioning;
            let (version, content) = store.get((&bucket, &key), version.as_deref(), conditions)?;
            Ok(Self {
                content: content.clone(),
                modified: timestamp(version.modified),
                version_id: shown_id(versioning, version),
            })
        })
    }
    /// What a range asks for, and what to say of it.
    fn part(&self, range: Option<Range>) -> S3Result<(Bytes, Option<String>)> {
        let body = &self.content.body;
        let Some(range) = range else {
            return Ok((body.clone(), None));
        };
        let length = body.len() as u64;
        let part = range.check(length)?;
        let told = format!(
            "bytes {}-{}/{length}",
            part.start,
            part.end.saturating_sub(1)
        );
        let (start, end) = (part.start as usize, part.end as usize);
        Ok((body.slice(start..end), Some(told)))
    }
}

/// A token for the page after this entry; opaque, so that nobody relies on what is in it.
fn to_token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

fn from_token(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
