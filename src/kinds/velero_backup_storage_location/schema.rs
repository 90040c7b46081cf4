//! The table of `velero_backup_storage_location`, of Velero 1.18.1.

use crate::kinds::velero;
use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "velero_backup_storage_location",
    provider: Some("kubernetes"),
    summary: "Where Velero keeps backups: a bucket and a prefix in it. Removing it never touches what is in the bucket.",
    example: r#"resource "velero_backup_storage_location" "default" {
  name          = "default"
  provider_name = "aws"
  bucket        = "backups"
  prefix        = "velero"
  config = {
    region           = "eu-central"
    s3Url            = "https://s3.example.org"
    s3ForcePathStyle = "true"
  }
  credential {
    name = "cloud-credentials"
    key  = "cloud"
  }
}
"#,
    fields: &[
        velero::ID,
        velero::UID,
        velero::NAME,
        velero::NAMESPACE,
        velero::LABELS,
        velero::ANNOTATIONS,
        Field::new("provider_name", Shape::Text, "Velero plugin: `aws` is `velero.io/aws`.")
            .required()
            .at("spec.provider")
            .compare(Compare::PluginName),
        Field::new(
            "bucket",
            Shape::Text,
            "Bucket. A change moves nothing: existing backups stay in the old one, out of sight.",
        )
        .required()
        .at("spec.objectStorage.bucket"),
        Field::new(
            "prefix",
            Shape::Text,
            "Path inside of the bucket. Velero refuses a place that holds anything else, so give it one of its own.",
        )
        .at("spec.objectStorage.prefix")
        .compare(Compare::Prefix),
        Field::new("access_mode", Shape::Choice(&["ReadWrite", "ReadOnly"]), "Whether backups may be written and expire.")
            .default(Literal::Text("ReadWrite"))
            .at("spec.accessMode")
            .compare(Compare::AbsentIs("ReadWrite")),
        Field::new("config", Shape::TextMap, "Settings of the plugin. An empty text is a value and differs from none.")
            .at("spec.config")
            .compare(Compare::MapExact),
        Field::new(
            "credential",
            Shape::Block(velero::SECRET_KEY),
            "Kubernetes Secret with the credentials, in the same namespace; the server's own where it is not set.",
        )
        .at("spec.credential"),
        Field::new("ca_cert", Shape::Text, "CA certificate of the store, PEM. Not together with `ca_cert_ref`.")
            .at("spec.objectStorage.caCert")
            .compare(Compare::Base64),
        Field::new("ca_cert_ref", Shape::Block(velero::SECRET_KEY), "Kubernetes Secret with the CA certificate of the store.")
            .at("spec.objectStorage.caCertRef"),
        Field::new(
            "backup_sync_period",
            Shape::Duration,
            "How often Velero looks for backups in the bucket; `0s` never, unset as the server is set up (`1m`).",
        )
        .at("spec.backupSyncPeriod")
        .compare(Compare::Duration),
        Field::new(
            "validation_frequency",
            Shape::Duration,
            "How often Velero checks the location; `0s` once only, unset as the server is set up (`1m`).",
        )
        .at("spec.validationFrequency")
        .compare(Compare::Duration),
        Field::new("default", Shape::Bool, "Not supported.").rejected(
            "which location is the default belongs to the server, which sets it at every start (`--default-backup-storage-location`)",
        ),
        Field::new(
            "catalog",
            Shape::Block(CATALOG),
            "How the bucket is read to list its backups and to judge objectives. Never sent to the cluster. Needed only where several provider blocks have the endpoint and region of `config`; where one has, that is taken.",
        )
        .compare(Compare::Never),
        velero::TIMEOUTS,
    ],
};

const CATALOG: &[Field] = &[Field::new(
    "provider",
    Shape::Text,
    "Provider block with the credentials to read the bucket: `s3.archive`.",
)
.required()
.values(Values::Provider("s3"))
.compare(Compare::Never)];
