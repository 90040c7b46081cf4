//! What an S3 server does with what `sk-dr` and Velero ask of one, told line by line. The same words must come from the
//! sandbox and from a real server; what differs between servers that are right (IDs of versions, times) is not told.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use std::fmt::Debug;

/// Tells what came of a request: what it answered, or status and code.
fn outcome<T, E: ProvideErrorMetadata + Debug>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    tell: impl FnOnce(T) -> String,
) -> String {
    match answer {
        Ok(answer) => tell(answer),
        Err(error) => {
            let status = error.raw_response().map(|raw| raw.status().as_u16());
            let status = status.map_or("no answer".to_owned(), |status| status.to_string());
            let code = error.as_service_error().and_then(|error| error.code());
            format!("{status} {}", code.unwrap_or("-"))
        }
    }
}

struct Story<'a> {
    client: &'a Client,
    bucket: &'a str,
    told: String,
}

impl Story<'_> {
    fn tell(&mut self, asked: &str, came: &str) {
        self.told += &format!("{asked}: {came}\n");
    }
    async fn put(&mut self, key: &str, text: &str, conditions: (Option<&str>, Option<&str>)) {
        let request = self.client.put_object().bucket(self.bucket).key(key);
        let request = request
            .set_if_match(conditions.0.map(str::to_owned))
            .set_if_none_match(conditions.1.map(str::to_owned))
            .content_md5(STANDARD.encode(Md5::digest(text)))
            .body(ByteStream::from(text.as_bytes().to_vec()));
        let came = outcome(request.send().await, |answer| {
            format!(
                "etag {}, {}",
                answer.e_tag().unwrap_or("-"),
                version(answer.version_id())
            )
        });
        self.tell(&format!("put {key} {text:?} {}", told(conditions)), &came);
    }
    async fn get(&mut self, key: &str, range: Option<&str>, if_match: Option<&str>) {
        let request = self.client.get_object().bucket(self.bucket).key(key);
        let request = request
            .set_range(range.map(str::to_owned))
            .set_if_match(if_match.map(str::to_owned));
        let came = match request.send().await {
            Ok(answer) => {
                let head = format!(
                    "length {}, range {}, etag {}",
                    answer.content_length().unwrap_or(-1),
                    answer.content_range().unwrap_or("-"),
                    answer.e_tag().unwrap_or("-")
                );
                let body = answer.body.collect().await.unwrap().into_bytes();
                format!("{:?}, {head}", String::from_utf8_lossy(&body))
            }
            Err(error) => outcome(Err::<(), _>(error), |()| String::new()),
        };
        let asked = format!("get {key} {range:?} {}", told((if_match, None)));
        self.tell(&asked, &came);
    }
    async fn head(&mut self, key: &str) {
        let request = self.client.head_object().bucket(self.bucket).key(key);
        let came = outcome(request.send().await, |answer| {
            format!(
                "length {}, etag {}, type {}",
                answer.content_length().unwrap_or(-1),
                answer.e_tag().unwrap_or("-"),
                answer.content_type().unwrap_or("-")
            )
        });
        self.tell(&format!("head {key}"), &came);
    }
    async fn delete(&mut self, key: &str) {
        let request = self.client.delete_object().bucket(self.bucket).key(key);
        let came = outcome(request.send().await, |answer| {
            let marker = answer.delete_marker().unwrap_or(false);
            format!("marker {marker}, {}", version(answer.version_id()))
        });
        self.tell(&format!("delete {key}"), &came);
    }
    /// All pages of a listing, each in a line.
    async fn list(&mut self, prefix: &str, delimiter: Option<&str>, most: i32) {
        let mut token = None;
        loop {
            let request = self.client.list_objects_v2().bucket(self.bucket);
            let request = request
                .prefix(prefix)
                .set_delimiter(delimiter.map(str::to_owned))
                .set_continuation_token(token)
                .max_keys(most);
            let mut next = None;
            let came = outcome(request.send().await, |answer| {
                next = answer.next_continuation_token().map(str::to_owned);
                let keys: Vec<String> = answer
                    .contents()
                    .iter()
                    .map(|object| {
                        let (key, size) = (object.key(), object.size());
                        format!("{}({})", key.unwrap_or("-"), size.unwrap_or(-1))
                    })
                    .collect();
                let prefixes: Vec<&str> = answer
                    .common_prefixes()
                    .iter()
                    .filter_map(|prefix| prefix.prefix())
                    .collect();
                let more = answer.is_truncated().unwrap_or(false);
                format!(
                    "{keys:?} {prefixes:?} of {:?}, more {more}",
                    answer.key_count()
                )
            });
            self.tell(&format!("list {prefix:?} {delimiter:?} by {most}"), &came);
            token = next;
            if token.is_none() {
                return;
            }
        }
    }
    async fn versions(&mut self, most: i32) {
        let mut after = (None, None);
        loop {
            let request = self.client.list_object_versions().bucket(self.bucket);
            let request = request
                .prefix("v/")
                .max_keys(most)
                .set_key_marker(after.0)
                .set_version_id_marker(after.1);
            let answer = request.send().await.unwrap();
            let versions = answer.versions().iter();
            let mut shown: Vec<String> = versions
                .map(|one| {
                    let latest = one.is_latest().unwrap_or(false);
                    format!(
                        "{} size {:?} latest {latest}",
                        one.key().unwrap_or("-"),
                        one.size()
                    )
                })
                .collect();
            shown.extend(answer.delete_markers().iter().map(|one| {
                let latest = one.is_latest().unwrap_or(false);
                format!("{} marker latest {latest}", one.key().unwrap_or("-"))
            }));
            let more = answer.is_truncated().unwrap_or(false);
            self.tell(
                &format!("versions by {most}"),
                &format!("{shown:?}, more {more}"),
            );
            after = (
                answer.next_key_marker().map(str::to_owned),
                answer.next_version_id_marker().map(str::to_owned),
            );
            if !more {
                return;
            }
        }
    }
    async fn set_versioning(&mut self, status: BucketVersioningStatus) {
        let configuration = VersioningConfiguration::builder()
            .status(status.clone())
            .build();
        let request = self.client.put_bucket_versioning().bucket(self.bucket);
        let came = request.versioning_configuration(configuration).send().await;
        let came = outcome(came, |_| "done".to_owned());
        self.tell(&format!("versioning {status}"), &came);
    }
    async fn versioning(&mut self) {
        let request = self.client.get_bucket_versioning().bucket(self.bucket);
        let came = outcome(request.send().await, |answer| {
            format!("{:?}", answer.status())
        });
        self.tell("versioning", &came);
    }
}

/// Whether there is an ID of a version, not which.
fn version(id: Option<&str>) -> &'static str {
    match id {
        None | Some("null") => "no version",
        Some(_) => "a version",
    }
}

fn told((matches, matches_none): (Option<&str>, Option<&str>)) -> String {
    let mut told = String::new();
    if let Some(etag) = matches {
        told += &format!("if {etag} is there");
    }
    if let Some(etag) = matches_none {
        told += &format!("if {etag} is not there");
    }
    told
}

fn begin<'a>(client: &'a Client, bucket: &'a str) -> Story<'a> {
    Story {
        client,
        bucket,
        told: String::new(),
    }
}

/// The story of a bucket, which must not be there yet.
pub async fn tell(client: &Client, bucket: &str) -> String {
    let mut story = begin(client, bucket);
    buckets(&mut story).await;
    objects(&mut story).await;
    lists(&mut story).await;
    versions(&mut story).await;
    ending(&mut story).await;
    story.told
}

async fn buckets(story: &mut Story<'_>) {
    let head = async |story: &mut Story<'_>| {
        let request = story.client.head_bucket().bucket(story.bucket);
        let came = outcome(request.send().await, |_| "there".to_owned());
        story.tell("head bucket", &came);
    };
    head(story).await;
    let request = story.client.create_bucket().bucket(story.bucket);
    let came = outcome(request.send().await, |_| "done".to_owned());
    story.tell("create bucket", &came);
    head(story).await;
    let came = outcome(story.client.list_buckets().send().await, |answer| {
        let ours = |name: &str| name == story.bucket;
        let mut names = answer.buckets().iter().filter_map(|bucket| bucket.name());
        let owner = answer.owner().and_then(|owner| owner.id());
        format!(
            "ours {}, owner named {}",
            names.any(ours),
            owner.is_some_and(|id| !id.is_empty())
        )
    });
    story.tell("list buckets", &came);
    let request = story.client.get_bucket_lifecycle_configuration();
    let came = request.bucket(story.bucket).send().await;
    let came = outcome(came, |answer| format!("{} rules", answer.rules().len()));
    story.tell("lifecycle", &came);
}

async fn objects(story: &mut Story<'_>) {
    let one = "\"f97c5d29941bfb1b2fdab0874906ab82\"";
    let other = "\"00000000000000000000000000000000\"";
    story.get("o/a", None, None).await;
    story.head("o/a").await;
    story.put("o/a", "one", (None, Some("*"))).await;
    story.put("o/a", "two", (None, Some("*"))).await;
    story.get("o/a", None, None).await;
    story.head("o/a").await;
    story.get("o/a", None, Some(one)).await;
    story.get("o/a", None, Some(other)).await;
    story.get("o/a", Some("bytes=1-1"), Some(one)).await;
    story.get("o/a", Some("bytes=1-99"), None).await;
    story.get("o/a", Some("bytes=-2"), None).await;
    story.get("o/a", Some("bytes=3-"), None).await;
    story.put("o/a", "three", (Some(other), None)).await;
    story.put("o/a", "three", (Some(one), None)).await;
    story.get("o/a", None, None).await;
    story.delete("o/a").await;
    story.delete("o/a").await;
    story.get("o/a", None, None).await;
}

async fn lists(story: &mut Story<'_>) {
    for key in [
        "l/a", "l/b/1", "l/b/2", "l/b!", "l/c/1/x", "l/d", "l/ä", "m", "l/",
    ] {
        story.put(key, "x", (None, None)).await;
    }
    story.list("l/", None, 1000).await;
    story.list("l/", None, 2).await;
    story.list("l/", Some("/"), 1000).await;
    story.list("l/", Some("/"), 2).await;
    story.list("", Some("/"), 1).await;
    story.list("none/", None, 10).await;
}

async fn versions(story: &mut Story<'_>) {
    story.put("v/a", "0", (None, None)).await;
    story.set_versioning(BucketVersioningStatus::Enabled).await;
    story.put("v/a", "11", (None, None)).await;
    story.put("v/a", "222", (None, None)).await;
    story.put("v/b", "1", (None, None)).await;
    story.delete("v/a").await;
    story.get("v/a", None, None).await;
    story.list("v/", None, 10).await;
    story.versions(1000).await;
    story.versions(1).await;
}

async fn ending(story: &mut Story<'_>) {
    let request = story.client.delete_bucket().bucket(story.bucket);
    let came = outcome(request.send().await, |_| "done".to_owned());
    story.tell("delete bucket", &came);
    let request = story.client.list_objects_v2().bucket("no-such-bucket");
    let came = outcome(request.send().await, |_| "done".to_owned());
    story.tell("list another bucket", &came);
    let request = story.client.put_object().bucket("no-such-bucket").key("k");
    let came = outcome(request.send().await, |_| "done".to_owned());
    story.tell("put into another bucket", &came);
}

/// What S3's documentation says and moto 5.2.5 does otherwise: it takes a body that its MD5 is not of, drops the older
/// versions when versioning is suspended, and tells its state in a form that the SDK cannot read.
pub async fn tell_what_moto_does_otherwise(client: &Client, bucket: &str) -> String {
    let mut story = begin(client, bucket);
    let story = &mut story;
    let created = client.create_bucket().bucket(bucket).send().await;
    story.tell("create bucket", &outcome(created, |_| "done".to_owned()));
    let request = story.client.put_object().bucket(story.bucket).key("a");
    let request = request
        .content_md5(STANDARD.encode(Md5::digest("four")))
        .body(ByteStream::from_static(b"five"));
    let came = outcome(request.send().await, |_| "done".to_owned());
    story.tell("put a with the MD5 of something else", &came);
    story.versioning().await;
    story.put("v/a", "1", (None, None)).await;
    story.set_versioning(BucketVersioningStatus::Enabled).await;
    story.versioning().await;
    story.put("v/a", "22", (None, None)).await;
    story.delete("v/a").await;
    story
        .set_versioning(BucketVersioningStatus::Suspended)
        .await;
    story.versioning().await;
    story.put("v/a", "4444", (None, None)).await;
    story.get("v/a", None, None).await;
    story.versions(1000).await;
    story.told.clone()
}
