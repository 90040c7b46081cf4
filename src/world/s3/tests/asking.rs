//! Questions and answers.

use super::{SECRET, Sent, Step, TOKEN, client, client_of, failing, ok};
use crate::world::query::{Answer, Depth, Fact, Why};
use crate::world::s3::{Client, Version};
use futures::StreamExt;
use serde_json::json;
use std::sync::Arc;

const OBJECT: &[(&str, &str)] = &[
    ("etag", "\"e1\""),
    ("last-modified", "Sun, 22 Nov 2026 00:00:00 GMT"),
    ("content-length", "5"),
];

fn page(parts: &str) -> Step {
    ok(
        &[],
        &format!("<ListBucketResult><Name>bucket</Name>{parts}</ListBucketResult>"),
    )
}

fn entry(key: &str) -> String {
    format!(
        "<Contents><Key>{key}</Key><Size>3</Size><ETag>\"e\"</ETag><LastModified>2026-11-22T00:00:00.000Z</LastModified></Contents>"
    )
}

const WHOLE: &str = "<IsTruncated>false</IsTruncated>";

fn said(answer: Answer) -> String {
    match answer {
        Answer::Present(Fact::Blobs(blobs)) => {
            let keys: Vec<String> = blobs.objects.into_iter().map(|one| one.key).collect();
            format!("{}; {}", keys.join(" "), blobs.names.join(" "))
        }
        Answer::Present(Fact::Bytes(blob)) => {
            format!("{} {}", blob.etag, String::from_utf8_lossy(&blob.bytes))
        }
        Answer::Present(other) => format!("{other:?}"),
        Answer::Absent => "absent".to_owned(),
        Answer::NotServed => "not served".to_owned(),
        Answer::Unknown(why) => told(&why),
    }
}

/// Whatever is told, no secret is.
fn told(why: &Why) -> String {
    let text = format!("{:?} {}", why.class, why.message);
    for secret in [SECRET, TOKEN, "wJalrXUt", "Signature=0", "Signature=f"] {
        assert!(!text.contains(secret), "{text}");
    }
    text
}

async fn get(steps: Vec<Step>) -> (String, usize) {
    let (client, sent) = client(steps);
    (said(client.blob("bucket", "key").await), count(&sent))
}

async fn list(steps: Vec<Step>) -> (String, usize) {
    let (client, sent) = client(steps);
    (
        said(client.blobs("bucket", "p/", Depth::Names).await),
        count(&sent),
    )
}

fn count(sent: &Sent) -> usize {
    sent.lock().unwrap().len()
}

/// The words of an answer and how many requests it took.
fn check((found, requests): (String, usize), expected: &str, expected_requests: usize) {
    for part in expected.split(" .. ") {
        assert!(found.contains(part), "{found:?} has no {part:?}");
    }
    assert_eq!(requests, expected_requests, "{found}");
}

#[tokio::test(start_paused = true)]
async fn an_object_is_there_or_not_or_unknown() {
    check(get(vec![ok(OBJECT, "hello")]).await, "e1 hello", 1);
    check(get(vec![failing(404, "NoSuchKey")]).await, "absent", 1);
    // A 404 that says nothing of a key proves nothing.
    check(
        get(vec![failing(404, "NoSuchBucket")]).await,
        "NotFound GET s3://bucket/key: answered 404 NoSuchBucket",
        1,
    );
    check(
        get(vec![Step::Answer(404, &[], "<html>no</html>".into())]).await,
        "Malformed .. answered 404: <html>no</html>",
        1,
    );
    check(
        get(vec![Step::Answer(404, &[], String::new())]).await,
        "Malformed .. answered 404 NotFound;",
        1,
    );
    // Nor does a success that is another one.
    check(
        get(vec![ok(&[("content-length", "5")], "hello")]).await,
        "Malformed .. no ETag",
        1,
    );
    check(
        get(vec![ok(OBJECT, "hel"), ok(OBJECT, "hello")]).await,
        "e1 hello",
        2,
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_it_is_and_what_to_do() {
    for (status, code, expected) in [
        (
            403,
            "AccessDenied",
            "Forbidden GET s3://bucket/key: answered 403 AccessDenied: about (sensitive value)",
        ),
        (
            403,
            "AccessDenied",
            "Forbidden .. it needs s3:ListBucket on the bucket and s3:GetObject",
        ),
        (
            404,
            "NoSuchBucket",
            "NotFound .. Correct the bucket's name, or `endpoint` and `region`",
        ),
        (
            400,
            "ExpiredToken",
            "Unauthenticated .. The session token has expired.",
        ),
        (
            403,
            "InvalidAccessKeyId",
            "Unauthenticated .. The store has no such access key.",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "Unauthenticated .. The secret key is not the one",
        ),
        (
            403,
            "RequestTimeTooSkewed",
            "Unauthenticated .. Set this machine's clock.",
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            "Invalid .. `region` is not the one of the bucket",
        ),
        (
            400,
            "InvalidArgument",
            "Invalid .. store https://store.test:9000 (region here)",
        ),
    ] {
        check(get(vec![failing(status, code)]).await, expected, 1);
    }
}

/// As Ceph answers.
#[tokio::test(start_paused = true)]
async fn a_code_without_words_is_told_alone() {
    let empty = "<Error><Code>NoSuchBucket</Code><Message></Message></Error>";
    check(
        get(vec![Step::Answer(404, &[], empty.to_owned())]).await,
        "answered 404 NoSuchBucket; store",
        1,
    );
    check(
        get(vec![Step::Answer(
            403,
            &[],
            empty.replace("NoSuchBucket", "InvalidAccessKeyId"),
        )])
        .await,
        "answered 403 InvalidAccessKeyId; store https://store.test:9000 (region here)\nThe store has no such",
        1,
    );
    check(
        get(vec![Step::Unsent(
            "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
        )])
        .await,
        "Untrusted .. (region here)\nThe store's certificate is one of an authority",
        1,
    );
    check(
        get(vec![Step::Quoting(403)]).await,
        "Unauthenticated .. Signature=(sensitive value)",
        1,
    );
}

#[tokio::test(start_paused = true)]
async fn another_region_is_named_and_not_followed() {
    let redirect = |headers| {
        Step::Answer(
            301,
            headers,
            "<Error><Code>PermanentRedirect</Code></Error>".into(),
        )
    };
    check(
        get(vec![redirect(&[
            ("x-amz-bucket-region", "eu-north-1"),
            ("location", "https://evil.test/"),
        ])])
        .await,
        "Invalid .. answered 301 PermanentRedirect .. Set `region = \"eu-north-1\"`.",
        1,
    );
    check(get(vec![redirect(&[])]).await, "does not say in which", 1);
}

#[tokio::test(start_paused = true)]
async fn what_may_go_better_is_tried_again_and_ends() {
    check(
        get(vec![
            failing(503, "SlowDown"),
            Step::Broken,
            ok(OBJECT, "hello"),
        ])
        .await,
        "e1 hello",
        3,
    );
    check(
        get(vec![Step::Always(500, String::new())]).await,
        "Unavailable .. (tried 5 times in",
        5,
    );
    check(
        get(vec![Step::Silence, Step::Silence]).await,
        "Unreachable .. no answer within",
        2,
    );
    check(
        get(vec![
            Step::Answer(429, &[("retry-after", "7")], String::new()),
            ok(OBJECT, "hello"),
        ])
        .await,
        "e1 hello",
        2,
    );
}

#[tokio::test(start_paused = true)]
async fn all_tries_take_twice_the_limit_of_one() {
    let given = json!({"endpoint": "https://store.test", "access_key": "AKIA", "secret_key": SECRET, "request_timeout": "3s"});
    let (client, sent) = client_of(given, vec![Step::Silence, Step::Silence]);
    let begun = tokio::time::Instant::now();
    check(
        (said(client.blob("bucket", "key").await), count(&sent)),
        "no answer within 2 s",
        2,
    );
    assert!(
        begun.elapsed().as_secs_f64() <= 6.01,
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_is_whole_or_unknown() {
    let first = format!(
        "{}<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>",
        entry("p/b")
    );
    let folder = "<CommonPrefixes><Prefix>p/c/</Prefix></CommonPrefixes>";
    check(
        list(vec![
            page(&first),
            page(&format!("{}{folder}{WHOLE}", entry("p/a"))),
        ])
        .await,
        "p/a p/b; c",
        2,
    );
    check(list(vec![page(WHOLE)]).await, "; ", 1);
    for (body, expected) in [
        (entry("p/a"), "does not say whether it is whole"),
        (
            format!("<IsTruncated>true</IsTruncated>{}", entry("p/a")),
            "goes on and does not say where",
        ),
        (
            format!("{}{WHOLE}", entry("q/a")),
            "lists what was not asked for",
        ),
        (
            format!("<CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>{WHOLE}"),
            "lists what was not asked for",
        ),
        (format!("<Name>other</Name>{WHOLE}"), "lists another bucket"),
        (
            format!("<Contents><Key>p/a</Key></Contents>{WHOLE}"),
            "has no key, size, ETag or date",
        ),
    ] {
        check(
            list(vec![page(&body)]).await,
            &format!("Malformed .. {expected}"),
            1,
        );
    }
    for body in [
        "",
        "{}",
        "<html></html>",
        "<ListAllMyBucketsResult/>",
        "<a><b></a>",
    ] {
        check(
            list(vec![ok(&[], body)]).await,
            "Malformed .. and it cannot be read",
            1,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_list_is_no_list() {
    // The SDK takes what was cut for a list.
    let cut = format!(
        "<ListBucketResult><Name>bucket</Name>{WHOLE}{}",
        entry("p/a")
    );
    check(
        list(vec![Step::Always(200, cut)]).await,
        "Unreachable .. the end of the list is missing .. (tried 5 times",
        5,
    );
    let short: &[(&str, &str)] = &[("content-length", "500")];
    let half = Step::Answer(200, short, "<ListBucketResult>".to_owned());
    check(list(vec![half, page(WHOLE)]).await, "; ", 2);
    check(
        list(vec![failing(404, "NoSuchBucket")]).await,
        "NotFound",
        1,
    );
    check(
        list(vec![failing(403, "AccessDenied")]).await,
        "Forbidden",
        1,
    );
    // A failure under 200 is a failure.
    let body = "<Error><Code>InternalError</Code><Message>later</Message></Error>";
    check(list(vec![ok(&[], body)]).await, "Malformed", 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_end_ends() {
    let next = |token: &str| {
        page(&format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"
        ))
    };
    check(
        list(vec![next("a"), next("b"), next("a")]).await,
        "Malformed .. goes round in a circle",
        3,
    );
    let pages = (0..1000).map(|number| next(&number.to_string())).collect();
    check(
        list(pages).await,
        "Malformed .. does not end after 1000 pages",
        1000,
    );
    check(
        list(vec![next(&"x".repeat(16 * 1024 + 1))]).await,
        "Malformed .. longer than 16384 bytes",
        1,
    );
}

async fn parts(steps: Vec<Step>) -> (String, usize) {
    let (client, sent) = client(steps);
    let version = Version {
        bucket: "bucket".to_owned(),
        key: "key".to_owned(),
        etag: "e1".to_owned(),
    };
    let found: Vec<String> = Arc::clone(&client)
        .parts(version)
        .map(|part| match part {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(why) => told(&why),
        })
        .collect()
        .await;
    for (_, headers) in sent.lock().unwrap().iter() {
        assert!(headers.get("if-match").is_none_or(|tag| tag == "\"e1\""));
    }
    (found.join("|"), count(&sent))
}

const PART: &[(&str, &str)] = &[
    ("etag", "\"e1\""),
    ("content-length", "5"),
    ("content-range", "bytes 0-4/8"),
];

#[tokio::test(start_paused = true)]
async fn parts_are_of_one_version_and_whole() {
    let next = |range: &'static [(&'static str, &'static str)], body: &str| {
        Step::Answer(206, range, body.to_owned())
    };
    let rest: &[(&str, &str)] = &[
        ("etag", "\"e1\""),
        ("content-length", "3"),
        ("content-range", "bytes 5-7/8"),
    ];
    let other: &[(&str, &str)] = &[
        ("etag", "\"e2\""),
        ("content-length", "3"),
        ("content-range", "bytes 5-7/8"),
    ];
    let elsewhere: &[(&str, &str)] = &[
        ("etag", "\"e1\""),
        ("content-length", "3"),
        ("content-range", "bytes 4-6/8"),
    ];
    check(
        parts(vec![next(PART, "hello"), Step::Broken, next(rest, "you")]).await,
        "hello|you",
        3,
    );
    check(
        parts(vec![next(PART, "hello"), next(other, "you")]).await,
        "hello|Ground .. written anew",
        2,
    );
    check(
        parts(vec![
            next(PART, "hello"),
            failing(412, "PreconditionFailed"),
        ])
        .await,
        "hello|Ground .. written anew",
        2,
    );
    check(
        parts(vec![next(PART, "hello"), next(elsewhere, "you")]).await,
        "hello|Malformed .. another part came",
        2,
    );
    check(
        parts(vec![
            next(PART, "hello"),
            next(rest, "yo"),
            next(rest, "you"),
        ])
        .await,
        "hello|you",
        3,
    );
    check(
        parts(vec![next(PART, "hello"), ok(OBJECT, "hello")]).await,
        "hello|Malformed .. the whole came",
        2,
    );
    check(
        parts(vec![next(PART, "hello"), failing(404, "NoSuchKey")]).await,
        "hello|NotFound",
        2,
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_no_parts_is_read_whole() {
    // A store that knows no ranges gives the whole at once.
    check(parts(vec![ok(OBJECT, "hello")]).await, "hello", 1);
    let empty: &[(&str, &str)] = &[
        ("etag", "\"e1\""),
        ("last-modified", "Sun, 22 Nov 2026 00:00:00 GMT"),
        ("content-length", "0"),
    ];
    check(
        parts(vec![failing(416, "InvalidRange"), ok(empty, "")]).await,
        "",
        2,
    );
    check(
        parts(vec![failing(416, "InvalidRange"), ok(OBJECT, "hello")]).await,
        "Invalid",
        2,
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_goes_to_the_store_and_nowhere_else() {
    for bucket in [
        "arn:aws:s3:::evil",
        "evil.test/",
        "..",
        "a",
        "evil?x",
        "b#c",
        "tés",
    ] {
        let (client, sent) = client(Vec::new());
        let found = said(client.blob(bucket, "key").await);
        assert!(found.contains("no name of a bucket"), "{bucket}: {found}");
        let found = said(client.blobs(bucket, "", Depth::All).await);
        assert!(found.contains("no name of a bucket"), "{bucket}: {found}");
        assert_eq!(count(&sent), 0);
    }
    let address = |client: Arc<Client>, sent: Sent, key: &'static str| async move {
        let found = said(client.blob("bucket", key).await);
        assert_eq!(found, "e1 hello");
        sent.lock().unwrap()[0].0.clone()
    };
    let style = |given: serde_json::Value| {
        let mut whole = json!({"endpoint": "https://store.test:9000/below", "access_key": "AKIA", "secret_key": SECRET});
        let members = given.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(members);
        client_of(whole, vec![ok(OBJECT, "hello")])
    };
    let (path, sent) = style(json!({}));
    assert_eq!(
        address(path, sent, "a/../b c").await,
        "https://store.test:9000/below/bucket/a/../b%20c?x-id=GetObject"
    );
    let (host, sent) = style(json!({"use_path_style": false}));
    assert_eq!(
        address(host, sent, "a").await,
        "https://bucket.store.test:9000/below/a?x-id=GetObject"
    );
    let (aws, sent) = style(json!({"endpoint": null, "region": "eu-central-1"}));
    assert_eq!(
        address(aws, sent, "a").await,
        "https://bucket.s3.eu-central-1.amazonaws.com/a?x-id=GetObject"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_are_signed_and_carry_no_checksum() {
    let (client, sent) = client(vec![ok(OBJECT, "hello")]);
    client.blob("bucket", "key").await;
    let (_, headers) = &sent.lock().unwrap()[0];
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert!(
        text("authorization")
            .starts_with("AWS4-HMAC-SHA256 Credential=AKIA/20261118/here/s3/aws4_request"),
        "{}",
        text("authorization")
    );
    assert_eq!(text("x-amz-security-token"), TOKEN);
    assert!(
        headers
            .keys()
            .all(|name| !name.as_str().contains("checksum")),
        "{headers:?}"
    );
}
