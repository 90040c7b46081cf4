//! What the table of a location does not tell: settings that the plugin refuses, and what a change means for backups.

use super::schema::SCHEMA;
use crate::diag::Diagnostic;
use crate::kinds::syntax::{Checker, dns_label, dns_subdomain, nearest};
use crate::kinds::{Difference, compare, table};
use crate::model::expression::Expr;
use crate::model::resource::Resource;
use crate::model::text::quote;
use serde_json::Value as Json;

/// Keys that velero-plugin-for-aws takes; it refuses the whole location for any other.
const AWS_CONFIG: [&str; 14] = [
    "region",
    "s3Url",
    "publicUrl",
    "s3ForcePathStyle",
    "signatureVersion",
    "profile",
    "serverSideEncryption",
    "kmsKeyId",
    "customerKeyEncryptionFile",
    "customerKeyEncryptionSecret",
    "insecureSkipTLSVerify",
    "enableSharedConfig",
    "tagging",
    "checksumAlgorithm",
];
/// Velero takes bucket, prefix and CA from the spec and hands them to the plugin as config, so they are known there too.
const AWS_SET_BY_VELERO: [&str; 3] = ["bucket", "prefix", "caCert"];
const MOVED_NOTE: &str =
    "moves nothing: existing backups stay at the old place and leave this cluster's sight";

/// Differences, with what they mean for backups.
pub(super) fn differences(resource: &Resource, live: &Json) -> Vec<Difference> {
    let mut found = compare::differences(SCHEMA.fields, &resource.body, live);
    for difference in found.iter_mut().filter(|difference| {
        difference
            .attribute
            .first()
            .is_some_and(|attribute| attribute == "bucket" || attribute == "prefix")
    }) {
        difference.note = Some(MOVED_NOTE.into());
    }
    found
}

/// Whether a declared location would write where a live one writes: in the same prefix, inside of it, or around it. What is
/// not known yet may be the same. One that only reads shares it with anybody.
pub(super) fn shares_prefix(resource: &Resource, live: &Json) -> bool {
    let spec = &live["spec"];
    let reads = |mode: Option<&str>| mode == Some("ReadOnly");
    if reads(resource.text("access_mode").as_deref()) || reads(spec["accessMode"].as_str()) {
        return false;
    }
    let differs = |declared: Option<Expr>, live: &str| {
        let declared = declared.unwrap_or(Expr::Value(Json::Null));
        let known = declared
            .known()
            .map(|value| value.as_str().unwrap_or_default().to_owned());
        known.is_some_and(|known| known.trim_end_matches('/') != live.trim_end_matches('/'))
    };
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let store = resource
        .body
        .member("config")
        .and_then(|config| config.member("s3Url"));
    if differs(
        resource.body.member("bucket"),
        &text(&spec["objectStorage"]["bucket"]),
    ) || differs(store, &text(&spec["config"]["s3Url"]))
    {
        return false;
    }
    let segments = |prefix: &str| -> Vec<String> {
        let parts = prefix.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let live = segments(&text(&spec["objectStorage"]["prefix"]));
    match resource.body.member("prefix") {
        None => true,
        Some(prefix) => prefix.known().is_none_or(|prefix| {
            let declared = segments(prefix.as_str().unwrap_or_default());
            declared.starts_with(&live) || live.starts_with(&declared)
        }),
    }
}

/// Checks a declared location.
pub(super) fn validate(resource: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::start(SCHEMA.fields, resource, diagnostics);
    checker.name("name", resource.text("name").as_deref(), dns_subdomain);
    checker.name(
        "namespace",
        resource.text("namespace").as_deref(),
        dns_label,
    );
    bucket(&mut checker);
    config(&mut checker);
    let says = |block: &str| {
        resource
            .body
            .member(block)
            .is_some_and(|value| !value.known().is_some_and(table::is_empty))
    };
    if says("ca_cert") && says("ca_cert_ref") {
        let detail = "`ca_cert` and `ca_cert_ref` exclude one another; Velero would make the location Unavailable".to_owned();
        checker.add(checker.mistake(
            "ca_cert_ref",
            "two-ca-certificates",
            "Two CA certificates",
            detail,
        ));
    }
}

fn bucket(checker: &mut Checker<'_>) {
    let Some(bucket) = checker.resource.text("bucket") else {
        return;
    };
    if bucket.is_empty() {
        let detail = "a location is a bucket, and the name is empty".to_owned();
        checker.add(checker.mistake("bucket", "invalid-bucket", "Invalid bucket", detail));
    } else if let Some((name, prefix)) = bucket.split_once('/') {
        let detail = format!(
            "{} holds a `/`; Velero refuses such a bucket",
            quote(&bucket)
        );
        let mistake = checker.mistake("bucket", "invalid-bucket", "Invalid bucket", detail);
        let prefix = quote(prefix.trim_matches('/'));
        checker.add(
            checker
                .mend(mistake, "bucket", name)
                .hint(format!("the path goes to `prefix = {prefix}`")),
        );
    }
}

fn config(checker: &mut Checker<'_>) {
    let provider = checker.resource.text("provider_name");
    if !matches!(provider.as_deref(), Some("aws" | "velero.io/aws")) {
        return;
    }
    let keys: Vec<String> = match checker.resource.body.member("config") {
        Some(Expr::Value(Json::Object(members))) => members.keys().cloned().collect(),
        Some(Expr::Object(members)) => members.keys().cloned().collect(),
        Some(
            Expr::Value(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. },
        )
        | None => return,
    };
    for key in keys
        .iter()
        .filter(|key| !AWS_CONFIG.contains(&key.as_str()))
    {
        let detail = format!(
            "velero-plugin-for-aws has no setting {}; it would refuse the whole location",
            quote(key)
        );
        let mistake = checker.mistake(
            "config",
            "unknown-plugin-config",
            "Unknown plugin setting",
            detail,
        );
        let mistake = match nearest(key, &AWS_CONFIG) {
            _ if AWS_SET_BY_VELERO.contains(&key.as_str()) => {
                mistake.hint("this is an argument of the resource, not of the plugin")
            }
            Some(meant) => mistake.hint(format!("did you mean `{meant}`?")),
            None => mistake.hint(format!("it knows {}", AWS_CONFIG.join(", "))),
        };
        checker.add(mistake);
    }
}
