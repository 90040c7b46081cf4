//! The table of `velero_volume_snapshot_location`, of Velero 1.18.1.

use crate::kinds::velero;
use crate::model::schema::{Compare, Field, Schema, Shape};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "velero_volume_snapshot_location",
    provider: Some("kubernetes"),
    summary: "Where a plugin of Velero keeps snapshots of volumes. Velero never says whether one works; without a plugin that takes snapshots of this cluster's volumes, declare none.",
    example: r#"resource "velero_volume_snapshot_location" "ebs" {
  name          = "ebs"
  provider_name = "aws"
  config = {
    region = "eu-central-1"
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
        Field::new(
            "provider_name",
            Shape::Text,
            "Velero plugin that takes the snapshots: `aws` is `velero.io/aws`.",
        )
        .required()
        .at("spec.provider")
        .compare(Compare::PluginName),
        Field::new(
            "config",
            Shape::TextMap,
            "Settings of the plugin. An empty text is a value and differs from none.",
        )
        .at("spec.config")
        .compare(Compare::MapExact),
        Field::new(
            "credential",
            Shape::Block(velero::SECRET_KEY),
            "Kubernetes Secret with the credentials, in the same namespace; the server's own where it is not set.",
        )
        .at("spec.credential"),
        velero::TIMEOUTS,
    ],
};
