//! The table of `kubernetes_secret`.

use crate::kinds::metadata_block::{ID, METADATA};
use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_secret",
    provider: Some("kubernetes"),
    summary: "A Secret. Its values are shown nowhere; those that are a `secret` stand in no plan either, only where they are read.",
    example: r#"secret "s3_key_id" {
  env = "S3_ACCESS_KEY"
}
secret "s3_key" {
  env = "S3_SECRET_KEY"
}
resource "kubernetes_secret" "s3" {
  metadata {
    name      = "s3-credentials"
    namespace = "velero"
  }
  data = {
    cloud = <<-EOT
      [default]
      aws_access_key_id=${secret.s3_key_id}
      aws_secret_access_key=${secret.s3_key}
    EOT
  }
}
"#,
    fields: &[
        ID,
        METADATA,
        Field::new(
            "data",
            Shape::TextMap,
            "Texts by key; secrets may stand here. Held against the live object where both can be read. With neither `data` nor `binary_data` the live values are left alone, else a key that is not declared goes.",
        )
        .values(Values::SecretAllowed)
        .compare(Compare::Never),
        Field::new(
            "binary_data",
            Shape::TextMap,
            "What is no text, by key, in base64; secrets that hold base64 may stand here.",
        )
        .values(Values::SecretAllowed)
        .compare(Compare::Never),
        Field::new("type", Shape::Text, "Type of the Secret; it cannot be changed.")
            .default(Literal::Text("Opaque"))
            .values(Values::Static)
            .at("type")
            .compare(Compare::AbsentIs("Opaque")),
        Field::new(
            "immutable",
            Shape::Bool,
            "Whether the server refuses every later change of the data. It cannot be taken back.",
        )
        .at("immutable")
        .compare(Compare::FalseAbsent),
        Field::new(
            "holds_key",
            Shape::Bool,
            "Whether data elsewhere is lost without it, such as a cipher of backups: deleting it needs a consent. `velero-repo-credentials` always does.",
        )
        .compare(Compare::Never),
        rejected("data_wo"),
        rejected("data_wo_revision"),
        rejected("binary_data_wo"),
        rejected("binary_data_wo_revision"),
        Field::new("wait_for_service_account_token", Shape::Bool, "Not supported.").rejected(
            "tokens of service accounts are not made here; such a Secret is stored and not waited for",
        ),
    ],
};

const fn rejected(name: &'static str) -> Field {
    Field::new(name, Shape::Text, "Not supported.")
        .rejected("no value that comes from a `secret` is stored anywhere: write it in `data`")
}
