//! Questions to a store and what proves their answers: that it answered what was asked, whole. Unknown never reads as
//! absent. Must not know what objects mean.

use super::answers::Failure;
use super::client::Client;
use super::connect::LARGEST;
use crate::world::query::{Answer, Blob, BlobEntry, Blobs, Depth, Fact, FailureClass, Why};
use crate::world::wire::chain;
use crate::world::words::Said;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::Object;
use bytes::Bytes;
use futures::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Pages of one list, of 1000 objects each.
const MOST_PAGES: usize = 1000;
/// All pages of one list together take no longer.
const LIST_LIMIT: Duration = Duration::from_secs(15 * 60);
/// A token is sent back in a request's line.
const LONGEST_TOKEN: usize = 16 * 1024;
/// Bytes of one part of an object that is read in parts.
const PART: u64 = 8 * 1024 * 1024;
/// Characters of a name in a message; no store has longer ones.
const LONGEST_NAME: usize = 1024;

/// One version of one object.
#[derive(Clone, Debug)]
pub(in crate::world) struct Version {
    pub(in crate::world) bucket: String,
    pub(in crate::world) key: String,
    /// Without quotes.
    pub(in crate::world) etag: String,
}

/// Which page of a list.
enum Page {
    /// The one after this token; the first one without.
    After(Option<String>),
    /// The first one, of so many objects at most.
    First(u16),
}

/// One part of an object, and where the next one begins.
struct Part {
    bytes: Bytes,
    next: Option<u64>,
}

impl Client {
    /// What a bucket holds below a prefix.
    pub async fn blobs(&self, bucket: &str, prefix: &str, depth: Depth) -> Answer {
        match self.listed(bucket, prefix, depth).await {
            Ok(blobs) => Answer::Present(Fact::Blobs(blobs)),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// Ends whatever the store answers: pages, time and tokens are counted.
    async fn listed(&self, bucket: &str, prefix: &str, depth: Depth) -> Result<Blobs, Why> {
        let title = self.title_of("LIST", bucket, prefix);
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let nonsense = |words: String| self.nonsense(&title, &words);
        let begun = Instant::now();
        let (mut objects, mut names) = (Vec::new(), BTreeSet::new());
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .page((&title, bucket, prefix), depth, Page::After(token.take()))
                .await;
            let page = page.map_err(|failure| failure.why)?;
            let next = read_page(&page, (bucket, prefix), (&mut objects, &mut names));
            let Some(next) = next.map_err(nonsense)? else {
                break;
            };
            if tokens.contains(&next) {
                return Err(nonsense("the list goes round in a circle".to_owned()));
            } else if tokens.len() + 1 == MOST_PAGES {
                return Err(nonsense(format!(
                    "the list does not end after {MOST_PAGES} pages"
                )));
            } else if begun.elapsed() >= LIST_LIMIT {
                let limit = LIST_LIMIT.as_secs();
                return Err(nonsense(format!("the list did not end within {limit} s")));
            } else if next.len() > LONGEST_TOKEN {
                return Err(nonsense(format!(
                    "the token of the next page is longer than {LONGEST_TOKEN} bytes"
                )));
            }
            tokens.insert(next.clone());
            token = Some(next);
        }
        objects.sort_by(|one: &BlobEntry, other| one.key.cmp(&other.key));
        Ok(Blobs {
            objects,
            names: names.into_iter().collect(),
        })
    }

    /// The first objects below a prefix in the order of their keys, so many at most.
    pub(in crate::world) async fn first_blobs(
        &self,
        bucket: &str,
        prefix: &str,
        most: u16,
    ) -> Result<Vec<BlobEntry>, Why> {
        let title = self.title_of("LIST", bucket, prefix);
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let which = Page::First(most);
        let page = self.page((&title, bucket, prefix), Depth::All, which).await;
        let page = page.map_err(|failure| failure.why)?;
        let mut objects = Vec::new();
        let into = (&mut objects, &mut BTreeSet::new());
        read_page(&page, (bucket, prefix), into).map_err(|words| self.nonsense(&title, &words))?;
        objects.sort_by(|one: &BlobEntry, other| one.key.cmp(&other.key));
        objects.truncate(usize::from(most));
        Ok(objects)
    }

    async fn page(
        &self,
        (title, bucket, prefix): (&str, &str, &str),
        depth: Depth,
        which: Page,
    ) -> Result<ListObjectsV2Output, Failure> {
        let delimiter = match depth {
            Depth::All => None,
            Depth::Names => Some("/".to_owned()),
        };
        let (token, most) = match which {
            Page::After(token) => (token, None),
            Page::First(most) => (None, Some(i32::from(most))),
        };
        let send = || {
            let list = self.sdk.list_objects_v2().bucket(bucket).prefix(prefix);
            let list = list.set_delimiter(delimiter.clone()).set_max_keys(most);
            list.set_continuation_token(token.clone()).send().boxed()
        };
        self.ask(title, send).await
    }

    /// One object, whole. Absent where the store says that it has no such key, and by nothing else.
    pub async fn blob(&self, bucket: &str, key: &str) -> Answer {
        let title = self.title_of("GET", bucket, key);
        if let Err(words) = check_bucket(bucket) {
            return Answer::Unknown(self.nonsense(&title, &words));
        }
        let send = || self.sdk.get_object().bucket(bucket).key(key).send().boxed();
        match self.ask(&title, send).await {
            Ok(output) => match self.whole(&title, output).await {
                Ok(blob) => Answer::Present(Fact::Bytes(blob)),
                Err(why) => Answer::Unknown(why),
            },
            Err(failure) if failure.says_no_such_key() => Answer::Absent,
            Err(failure) => Answer::Unknown(failure.why),
        }
    }

    async fn whole(&self, title: &str, output: GetObjectOutput) -> Result<Blob, Why> {
        let nonsense = |words: &str| self.nonsense(title, words);
        let etag = output
            .e_tag()
            .map(unquoted)
            .ok_or_else(|| nonsense("the answer has no ETag"))?;
        let modified = timestamp(output.last_modified());
        let modified = modified.ok_or_else(|| nonsense("the answer has no LastModified"))?;
        Ok(Blob {
            bytes: self.body(title, output).await?,
            etag,
            modified,
        })
    }

    async fn body(&self, title: &str, output: GetObjectOutput) -> Result<Bytes, Why> {
        let said = output
            .content_length()
            .and_then(|length| usize::try_from(length).ok());
        if said.is_none_or(|length| length > LARGEST) {
            let words = format!(
                "the object is larger than {} MiB, or does not say how large it is",
                LARGEST >> 20
            );
            return Err(self.nonsense(title, &words));
        }
        // Its length is looked at on the way.
        let body = output.body.collect().await;
        let body = body.map_err(|error| self.nonsense(title, &self.said(&chain(&error))))?;
        Ok(body.into_bytes())
    }

    /// One version of an object from its beginning to its end, a part at a time. Ends with the first error.
    pub(in crate::world) fn parts(
        self: Arc<Self>,
        version: Version,
    ) -> BoxStream<'static, Result<Bytes, Why>> {
        let from = Some((self, version, 0));
        stream::try_unfold(from, |at| async move {
            let Some((client, version, offset)) = at else {
                return Ok(None);
            };
            let part = client.part(&version, offset).await?;
            let rest = part.next.map(|next| (client, version, next));
            Ok(Some((part.bytes, rest)))
        })
        .boxed()
    }

    async fn part(&self, version: &Version, offset: u64) -> Result<Part, Why> {
        let Version { bucket, key, etag } = version;
        let title = self.title_of("GET", bucket, key);
        check_bucket(bucket).map_err(|words| self.nonsense(&title, &words))?;
        let range = format!("bytes={offset}-{}", offset.saturating_add(PART - 1));
        let send = || {
            let get = self.sdk.get_object().bucket(bucket).key(key);
            get.if_match(format!("\"{etag}\""))
                .range(&range)
                .send()
                .boxed()
        };
        let output = match self.ask(&title, send).await {
            Ok(output) => output,
            // No range lies within an empty object.
            Err(failure) if failure.status == Some(416) && offset == 0 => {
                return self.empty(version, failure).await;
            }
            Err(failure) if failure.status == Some(412) => return Err(self.moved(&title, etag)),
            Err(failure) => return Err(failure.why),
        };
        if output.e_tag().map(unquoted).as_deref() != Some(etag) {
            return Err(self.moved(&title, etag));
        }
        let range = output.content_range().map(str::to_owned);
        let bytes = self.body(&title, output).await?;
        let next = match range {
            Some(range) => after(&range, offset, bytes.len())
                .ok_or_else(|| self.nonsense(&title, "another part came than was asked for"))?,
            // It does not know ranges, and gave the whole.
            None if offset == 0 => None,
            None => return Err(self.nonsense(&title, "the whole came instead of a part")),
        };
        Ok(Part { bytes, next })
    }

    async fn empty(&self, version: &Version, failure: Failure) -> Result<Part, Why> {
        let title = self.title_of("GET", &version.bucket, &version.key);
        match self.blob(&version.bucket, &version.key).await {
            Answer::Present(Fact::Bytes(blob)) if blob.etag != version.etag => {
                Err(self.moved(&title, &version.etag))
            }
            Answer::Present(Fact::Bytes(blob)) if blob.bytes.is_empty() => Ok(Part {
                bytes: blob.bytes,
                next: None,
            }),
            Answer::Unknown(why) => Err(why),
            Answer::Present(_) | Answer::Absent | Answer::NotServed => Err(failure.why),
        }
    }

    fn moved(&self, title: &str, etag: &str) -> Why {
        Why {
            class: FailureClass::Ground,
            message: format!(
                "{title}: the object was written anew: its ETag is not {} any more",
                self.said(etag)
            ),
        }
    }

    pub(super) fn title_of(&self, verb: &str, bucket: &str, name: &str) -> String {
        self.said(&format!("{verb} s3://{bucket}/{name}"))
    }

    fn said(&self, text: &str) -> String {
        Said::of(text.as_bytes(), &self.redactor).line_of(LONGEST_NAME)
    }
}

impl Failure {
    /// A 404 alone may come from a proxy, or mean the bucket.
    fn says_no_such_key(&self) -> bool {
        self.status == Some(404) && self.code.as_deref() == Some("NoSuchKey")
    }
}

/// Names that lead somewhere else in the SDK (an ARN), or in a path, are none.
///
/// # Errors
/// Where it is none.
pub(super) fn check_bucket(bucket: &str) -> Result<(), String> {
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = (3..=255).contains(&bucket.len()) && bucket.bytes().all(of_a_name);
    if is_name && bucket.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("this is no name of a bucket: 3 to 63 letters, digits, dots and hyphens".to_owned())
    }
}

/// Takes over what a page holds; the token of the next one, where there is one.
///
/// # Errors
/// Where the page is not one of what was asked.
fn read_page(
    page: &ListObjectsV2Output,
    (bucket, prefix): (&str, &str),
    (objects, names): (&mut Vec<BlobEntry>, &mut BTreeSet<String>),
) -> Result<Option<String>, String> {
    if page.name().is_some_and(|name| name != bucket) {
        return Err("the answer lists another bucket".to_owned());
    }
    for object in page.contents() {
        let entry = entry(object).ok_or("an object of the list has no key, size, ETag or date")?;
        if !entry.key.starts_with(prefix) {
            return Err("the answer lists what was not asked for".to_owned());
        }
        objects.push(entry);
    }
    for folder in page.common_prefixes() {
        let name = folder
            .prefix()
            .and_then(|folder| folder.strip_prefix(prefix));
        let name = name.ok_or("the answer lists what was not asked for")?;
        names.insert(name.trim_end_matches('/').to_owned());
    }
    match (page.is_truncated(), page.next_continuation_token()) {
        (Some(false), _) => Ok(None),
        (Some(true), Some(next)) if !next.is_empty() => Ok(Some(next.to_owned())),
        (Some(true), _) => Err("the list goes on and does not say where".to_owned()),
        (None, _) => Err("the answer does not say whether it is whole".to_owned()),
    }
}

fn entry(object: &Object) -> Option<BlobEntry> {
    Some(BlobEntry {
        key: object.key()?.to_owned(),
        size: u64::try_from(object.size()?).ok()?,
        etag: unquoted(object.e_tag()?),
        modified: timestamp(object.last_modified())?,
    })
}

fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// Where the next part begins after `bytes A-B/TOTAL`: `Some(None)` after the last one, `None` where it is another part
/// than the one of so many bytes from `offset`.
fn after(range: &str, offset: u64, length: usize) -> Option<Option<u64>> {
    let (place, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = place.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let total: u64 = total.parse().ok()?;
    let next = last.checked_add(1)?;
    let is_asked = first == offset && next.checked_sub(first)? == u64::try_from(length).ok()?;
    match next.cmp(&total) {
        _ if !is_asked || length == 0 => None,
        std::cmp::Ordering::Less => Some(Some(next)),
        std::cmp::Ordering::Equal => Some(None),
        std::cmp::Ordering::Greater => None,
    }
}
