//! Arguments and environment.

use super::{Noon, arguments, read};
use crate::model::server_address::ServerAddress;
use crate::world::guard::{Guard, Permissions, Proof};
use crate::world::query::FailureClass;
use crate::world::s3::{StoreWires, Trust, Wires, settings};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "env-id"),
    ("AWS_SECRET_ACCESS_KEY", "env-key"),
];

/// Endpoint, region, access key, style; or what is wrong.
fn check(given: Json, environment: &[(&str, &str)], expected: &str) {
    let found = match read(given.clone(), environment) {
        Ok(found) => {
            let style = if found.is_path_style { "path" } else { "host" };
            let token = found
                .credentials
                .session_token
                .map(|token| format!("+{}", token.as_str()));
            format!(
                "{} {} {}:{}{} {style} {}s",
                found.endpoint,
                found.region,
                found.credentials.access_key,
                found.credentials.secret_key.as_str(),
                token.unwrap_or_default(),
                found.request_limit.as_secs()
            )
        }
        Err(why) => {
            assert_eq!(why.class, FailureClass::Value);
            why.message
        }
    };
    assert!(
        found.contains(expected),
        "{given} {environment:?}: {found}, not {expected}"
    );
}

#[test]
fn arguments_come_before_the_environment() {
    let block = json!({"endpoint": "https://Store.test/", "region": "fsn1", "access_key": "id", "secret_key": "key"});
    check(
        block.clone(),
        &[],
        "https://store.test fsn1 id:key path 30s",
    );
    let other = [
        ("AWS_ENDPOINT_URL_S3", "https://other.test"),
        ("AWS_REGION", "other"),
        ("AWS_ACCESS_KEY_ID", "other"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "other"),
    ];
    check(block, &other, "https://store.test fsn1 id:key path 30s");
    check(
        json!({}),
        &other,
        "https://other.test other other:other+other path 30s",
    );
    check(
        json!({"endpoint": "store.test"}),
        &KEYS,
        "https://store.test us-east-1 env-id:env-key path",
    );
    check(
        json!({"region": "eu-central-1"}),
        &KEYS,
        "https://s3.eu-central-1.amazonaws.com eu-central-1 env-id:env-key host",
    );
    check(
        json!({"region": "cn-north-1"}),
        &KEYS,
        "https://s3.cn-north-1.amazonaws.com.cn",
    );
    check(
        json!({"region": "a", "use_path_style": true, "request_timeout": "1m"}),
        &KEYS,
        "path 60s",
    );
    let both = [
        KEYS[0],
        KEYS[1],
        ("AWS_ENDPOINT_URL_S3", ""),
        ("AWS_ENDPOINT_URL", "http://minio:9000"),
    ];
    check(json!({}), &both, "http://minio:9000 us-east-1");
}

#[test]
fn what_is_set_and_unusable_is_an_error() {
    for (given, expected) in [
        (json!({"endpoint": ""}), "endpoint is set and empty"),
        (
            json!({"endpoint": "https://a@b"}),
            "endpoint holds user info",
        ),
        (json!({"region": ""}), "region is set and empty"),
        (json!({"region": "evil.test/"}), "region is no region"),
        (
            json!({"endpoint": "s", "access_key": "id"}),
            "secret_key is missing beside access_key",
        ),
        (
            json!({"endpoint": "s", "secret_key": "key"}),
            "access_key is missing beside secret_key",
        ),
        (
            json!({"endpoint": "s", "session_token": "t"}),
            "access_key is missing beside",
        ),
        (
            json!({"endpoint": "s", "access_key": "id", "secret_key": ""}),
            "secret_key is set and empty",
        ),
        (
            json!({"endpoint": "s", "access_key": "id", "secret_key": "a\nb"}),
            "secret_key holds characters",
        ),
        (
            json!({"endpoint": "s", "request_timeout": "0s"}),
            "request_timeout must be longer than zero",
        ),
        (
            json!({"endpoint": "s", "use_path_style": "yes"}),
            "use_path_style must be true or false",
        ),
        (
            json!({"endpoint": "s", "ca_cert": "/no/such/file"}),
            "ca_cert /no/such/file",
        ),
        (
            json!({"endpoint": "s", "ca_cert": "/dev/null"}),
            "ca_cert /dev/null",
        ),
        (json!({}), "no store is named"),
    ] {
        check(given, &KEYS, expected);
    }
    check(
        json!({"endpoint": "s"}),
        &KEYS[..1],
        "AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID",
    );
    check(json!({"endpoint": "s"}), &[], "there are no credentials");
    check(
        json!({}),
        &[KEYS[0], KEYS[1], ("AWS_REGION", "a b")],
        "AWS_REGION is no region",
    );
    check(
        json!({}),
        &[KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "ftp://x")],
        "AWS_ENDPOINT_URL needs http",
    );
}

#[test]
fn an_authority_is_text_or_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    std::fs::write(directory.path().join("ca.pem"), pem).unwrap();
    std::fs::write(directory.path().join("other"), "text").unwrap();
    let found = |ca_cert: &str| {
        let mut given = arguments(json!({"endpoint": "s", "ca_cert": ca_cert}), &KEYS);
        given.directory = directory.path().to_owned();
        settings::read(&given)
            .map(|found| found.trust)
            .map_err(|why| why.message)
    };
    assert_eq!(found(pem), Ok(Trust::Authority(pem.to_owned())));
    assert_eq!(found("ca.pem"), Ok(Trust::Authority(pem.to_owned())));
    assert_eq!(
        found("other"),
        Err("ca_cert names a file that holds no PEM text".to_owned())
    );
    let endpoint = ServerAddress::parse("https://store.test").unwrap();
    let wrong = StoreWires
        .wire(&endpoint, &Trust::Authority(pem.to_owned()))
        .err()
        .unwrap();
    assert!(
        wrong
            .message
            .contains("ca_cert holds no certificate of an authority"),
        "{}",
        wrong.message
    );
    let key = Trust::Authority(
        "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n".to_owned(),
    );
    let wrong = StoreWires.wire(&endpoint, &key).err().unwrap();
    assert_eq!(wrong.message, "ca_cert holds no certificate");
    assert!(StoreWires.wire(&endpoint, &Trust::Machine).is_ok());
}

/// With one server allowed, and a file beside the repository.
fn safe(given: Json, environment: &[(&str, &str)], expected: &str) {
    let pem = "-----BEGIN X-----\nab\n-----END X-----";
    let server = |text: &str| ServerAddress::parse(text).unwrap();
    let proof = Proof {
        cluster_ca_certificate: Some(pem.to_owned()),
        ..Proof::default()
    };
    let mut given = arguments(given, environment);
    given.guard = Guard::Safe(Arc::new(Permissions {
        repository: "/repository".into(),
        servers: BTreeMap::from([(server("https://allowed.test"), proof)]),
        files: BTreeSet::new(),
        ..Permissions::default()
    }));
    given.clock = Arc::new(Noon);
    let found = settings::read(&given)
        .err()
        .map(|why| why.message)
        .unwrap_or_default();
    assert!(
        found.contains(expected) && found.is_empty() == expected.is_empty(),
        "{}: {found}",
        given.arguments
    );
}

#[test]
fn a_request_chooses_no_store() {
    let refused = "-safe sends credentials to no server that only the configuration names";
    safe(json!({"endpoint": "https://allowed.test"}), &KEYS, "");
    safe(json!({"endpoint": "https://evil.test"}), &KEYS, refused);
    safe(json!({"endpoint": "http://allowed.test"}), &KEYS, refused);
    safe(json!({"region": "eu-central-1"}), &KEYS, refused);
    let operators = [
        KEYS[0],
        KEYS[1],
        ("AWS_ENDPOINT_URL_S3", "https://own.test"),
    ];
    safe(json!({}), &operators, "");
    safe(json!({"region": "x"}), &operators, "");
    safe(
        json!({}),
        &[KEYS[0], KEYS[1], ("AWS_REGION", "eu-central-1")],
        "",
    );
    let own = "-----BEGIN X-----\nab\n-----END X-----";
    safe(
        json!({"endpoint": "https://allowed.test", "ca_cert": own}),
        &KEYS,
        "",
    );
    safe(
        json!({"endpoint": "https://allowed.test", "ca_cert": "-----BEGIN X-----\nac\n-----END X-----"}),
        &KEYS,
        "takes no cluster_ca_certificate for https://allowed.test",
    );
    safe(
        json!({"ca_cert": own}),
        &operators,
        "takes no cluster_ca_certificate for https://own.test",
    );
    safe(
        json!({"endpoint": "https://allowed.test", "ca_cert": "/etc/passwd"}),
        &KEYS,
        "reads no file outside of the repository",
    );
}
