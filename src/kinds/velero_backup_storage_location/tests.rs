//! Cases of `velero_backup_storage_location`.

use crate::kinds::Writing;
use crate::kinds::testing::{check_differences, check_validate, kind, object, resource};
use crate::model::condition::{Condition, Wait};
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "velero_backup_storage_location";

fn body() -> Json {
    json!({"name": "main", "provider_name": "aws", "bucket": "backups"})
}

fn with(mut base: Json, more: Json) -> Json {
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// A live location with this spec beside provider and bucket.
fn live(spec: Json) -> Json {
    let base = json!({"provider": "aws", "objectStorage": {"bucket": "backups"}});
    json!({"metadata": {"name": "main", "namespace": "velero"}, "spec": with(base, spec)})
}

#[test]
fn builds_the_object() {
    let body = with(
        body(),
        json!({
            "prefix": "velero", "config": {"region": "eu", "checksumAlgorithm": ""}, "ca_cert": "PEM",
            "credential": [{"name": "cloud", "key": "key"}], "backup_sync_period": "0s", "labels": {"a": "b"},
        }),
    );
    let wanted = json!({
        "apiVersion": "velero.io/v1", "kind": "BackupStorageLocation",
        "metadata": {"name": "main", "namespace": "velero", "labels": {"a": "b"}},
        "spec": {
            "provider": "aws", "accessMode": "ReadWrite", "backupSyncPeriod": "0s",
            "config": {"region": "eu", "checksumAlgorithm": ""}, "credential": {"name": "cloud", "key": "key"},
            "objectStorage": {"bucket": "backups", "prefix": "velero", "caCert": "UEVN"},
        },
    });
    assert_eq!(object(KIND, body), wanted);
}

#[test]
fn what_the_server_writes_is_no_difference() {
    let check =
        |more: Json, spec: Json| check_differences(KIND, with(body(), more), &live(spec), &[]);
    check(json!({}), json!({"default": true}));
    check(
        json!({}),
        json!({"provider": "velero.io/aws", "accessMode": "ReadWrite", "config": {}, "credential": null}),
    );
    check(json!({"provider_name": "velero.io/aws"}), json!({}));
    check(
        json!({"prefix": "/velero/"}),
        json!({"objectStorage": {"bucket": "backups", "prefix": "velero"}}),
    );
    check(
        json!({"prefix": ""}),
        json!({"objectStorage": {"bucket": "backups", "caCert": null}}),
    );
    check(
        json!({"backup_sync_period": "60s"}),
        json!({"backupSyncPeriod": "1m0s"}),
    );
    check(
        json!({"ca_cert": "PEM"}),
        json!({"objectStorage": {"bucket": "backups", "caCert": "UEVN"}}),
    );
}

#[test]
fn differences_by_each_law() {
    let check = |more: Json, spec: Json, wanted: &[&str]| {
        check_differences(KIND, with(body(), more), &live(spec), wanted)
    };
    let moved =
        " # moves nothing: existing backups stay at the old place and leave this cluster's sight";
    check(
        json!({"bucket": "new"}),
        json!({}),
        &[&format!(
            r#"bucket: "backups" -> "new" [spec.objectStorage.bucket = "new"]{moved}"#
        )],
    );
    check(
        json!({}),
        json!({"objectStorage": {"bucket": "backups", "prefix": "old"}}),
        &[&format!(
            r#"prefix: "old" -> absent [spec.objectStorage.prefix removed]{moved}"#
        )],
    );
    check(
        json!({}),
        json!({"accessMode": "ReadOnly"}),
        &[r#"access_mode: "ReadOnly" -> "ReadWrite" [spec.accessMode = "ReadWrite"]"#],
    );
    // An empty text in the plugin's settings is a value: some stores need checksumAlgorithm "".
    check(
        json!({"config": {"region": "eu", "checksumAlgorithm": ""}}),
        json!({"config": {"region": "eu"}}),
        &[r#"config.checksumAlgorithm: absent -> "" [spec.config.checksumAlgorithm = ""]"#],
    );
    // Zero disables here, so that it differs from what the server does by itself.
    check(
        json!({"validation_frequency": "0s"}),
        json!({}),
        &[r#"validation_frequency: absent -> "0s" [spec.validationFrequency = "0s"]"#],
    );
    check(
        json!({}),
        json!({"backupSyncPeriod": "0s"}),
        &[r#"backup_sync_period: "0s" -> absent [spec.backupSyncPeriod removed]"#],
    );
    check(
        json!({"credential": [{"name": "a", "key": "k"}]}),
        json!({"credential": {"name": "b", "key": "k"}}),
        &[
            r#"credential: [{"key":"k","name":"b"}] -> [{"key":"k","name":"a"}] [spec.credential = {"key":"k","name":"a"}]"#,
        ],
    );
    check(
        json!({}),
        json!({"credential": {"name": "b", "key": "k"}}),
        &[r#"credential: [{"key":"k","name":"b"}] -> absent [spec.credential removed]"#],
    );
    check(
        json!({"credential": [{"name": "a", "key": "k"}]}),
        json!({}),
        &[
            r#"credential: absent -> [{"key":"k","name":"a"}] [spec.credential = {"key":"k","name":"a"}]"#,
        ],
    );
    check(
        json!({"ca_cert": "NEW"}),
        json!({"objectStorage": {"bucket": "backups", "caCert": "UEVN"}}),
        &[r#"ca_cert: "PEM" -> "NEW" [spec.objectStorage.caCert = "TkVX"]"#],
    );
    check(
        json!({"ca_cert": "<hole>"}),
        json!({"objectStorage": {"bucket": "backups", "caCert": "UEVN"}}),
        &[r#"ca_cert: "PEM" -> <hole> [spec.objectStorage.caCert = base64encode(...)]"#],
    );
}

#[test]
fn fields_it_does_not_know_are_told() {
    let live = live(
        json!({"default": true, "newField": {"a": 1}, "credential": {"name": "a", "key": "b", "optional": true}, "empty": []}),
    );
    let wanted = [
        JsonPath::dotted("spec.credential.optional"),
        JsonPath::dotted("spec.newField"),
    ];
    assert_eq!(kind(KIND).unknown_fields(&live), wanted);
}

#[test]
fn fingerprints_all_but_what_the_server_sets() {
    let projection = kind(KIND).owned(Some(&resource(KIND, body())), &live(json!({})));
    let before = projection.fingerprint(&live(json!({})));
    assert_eq!(
        projection.fingerprint(&live(json!({"default": true}))),
        before
    );
    assert_ne!(
        projection.fingerprint(&live(json!({"accessMode": "ReadOnly"}))),
        before
    );
    let mut validated = live(json!({}));
    validated["status"] = json!({"phase": "Available"});
    assert_eq!(projection.fingerprint(&validated), before);
}

#[test]
fn waits_and_needs() {
    let location = resource(KIND, with(body(), json!({"timeouts": [{"create": "30s"}]})));
    let wait = |writing| kind(KIND).wait(Some(&location), writing);
    assert_eq!(
        wait(Writing::Create),
        Some(Wait {
            condition: Condition::LocationAvailable,
            limit_s: 30
        })
    );
    assert_eq!(
        wait(Writing::Update),
        Some(Wait {
            condition: Condition::LocationAvailable,
            limit_s: 120
        })
    );
    assert_eq!(
        wait(Writing::Delete),
        Some(Wait {
            condition: Condition::Gone,
            limit_s: 120
        })
    );
    let needs: Vec<String> = kind(KIND)
        .needs(&location)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(needs, ["velero"]);
    assert_eq!(
        kind(KIND).live_needs(&live(json!({}))),
        kind(KIND).needs(&location)
    );
}

#[test]
fn checks_what_velero_or_the_plugin_would_refuse() {
    let check = |more: Json, wanted: &[&str]| check_validate(KIND, with(body(), more), wanted);
    check(
        json!({"config": {"region": "eu", "s3ForcePathStyle": "true"}}),
        &[],
    );
    check(
        json!({"config": {"s3ForcePathstyle": "true", "prefix": "x", "nonsense_key": "y"}}),
        &[
            r#"error unknown-plugin-config config: velero-plugin-for-aws has no setting "nonsense_key"; it would refuse the whole location (it knows region, s3Url, publicUrl, s3ForcePathStyle, signatureVersion, profile, serverSideEncryption, kmsKeyId, customerKeyEncryptionFile, customerKeyEncryptionSecret, insecureSkipTLSVerify, enableSharedConfig, tagging, checksumAlgorithm)"#,
            r#"error unknown-plugin-config config: velero-plugin-for-aws has no setting "prefix"; it would refuse the whole location (this is an argument of the resource, not of the plugin)"#,
            r#"error unknown-plugin-config config: velero-plugin-for-aws has no setting "s3ForcePathstyle"; it would refuse the whole location (did you mean `s3ForcePathStyle`?)"#,
        ],
    );
    check(
        json!({"provider_name": "example.org/other", "config": {"any": "x"}}),
        &[],
    );
    check(
        json!({"bucket": "backups/velero"}),
        &[
            r#"error invalid-bucket bucket: "backups/velero" holds a `/`; Velero refuses such a bucket (write `backups`; the path goes to `prefix = "velero"`)"#,
        ],
    );
    check(
        json!({"ca_cert": "PEM", "ca_cert_ref": [{"name": "a", "key": "b"}]}),
        &[
            "error two-ca-certificates ca_cert_ref: `ca_cert` and `ca_cert_ref` exclude one another; Velero would make the location Unavailable",
        ],
    );
    check(
        json!({"validation_frequency": "1d", "backup_sync_period": "1h 30m"}),
        &[
            r#"error invalid-duration backup_sync_period: time: unknown unit "h " in duration "1h 30m" (write `1h30m`)"#,
            r#"error invalid-duration validation_frequency: time: unknown unit "d" in duration "1d" (write `24h`)"#,
        ],
    );
}

/// Bytes that are no text cannot be declared: they are not the text of their base64, and no difference to a block without.
#[test]
fn a_certificate_that_is_no_text_is_left_as_it_is() {
    let live = |certificate: &str| {
        json!({"metadata": {"name": "main", "namespace": "velero"}, "spec": {"provider": "aws",
            "objectStorage": {"bucket": "backups", "caCert": certificate}}})
    };
    let body = json!({"name": "main", "provider_name": "aws", "bucket": "backups"});
    let der = live("MIIB//79/Q==");
    check_differences(KIND, body.clone(), &der, &[]);
    assert_eq!(kind(KIND).attributes(&der).get("ca_cert"), None);
    let declared = with(body.clone(), json!({"ca_cert": "PEM"}));
    let line = r#"ca_cert: absent -> "PEM" [spec.objectStorage.caCert = "UEVN"] # in place of bytes that are no text"#;
    check_differences(KIND, declared, &der, &[line]);
    // A text that is not declared goes, as before.
    let line = r#"ca_cert: "PEM" -> absent [spec.objectStorage.caCert removed]"#;
    check_differences(KIND, body, &live("UEVN"), &[line]);
}
