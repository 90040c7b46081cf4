//! The table of `kubernetes_config_map`.

use crate::kinds::metadata_block::{ID, METADATA};
use crate::model::schema::{Compare, Field, Schema, Shape};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_config_map",
    provider: Some("kubernetes"),
    summary: "A ConfigMap. All of its data is managed: a key that is not declared goes.",
    example: r#"resource "kubernetes_config_map" "volume_policy" {
  metadata {
    name      = "volume-policy"
    namespace = "velero"
  }
  data = {
    "policy.yaml" = yamlencode({
      version        = "v1"
      volumePolicies = []
    })
  }
}
"#,
    fields: &[
        ID,
        METADATA,
        Field::new("data", Shape::TextMap, "Texts by key.")
            .at("data")
            .compare(Compare::MapExact),
        Field::new(
            "binary_data",
            Shape::TextMap,
            "What is no text, by key, in base64.",
        )
        .at("binaryData")
        .compare(Compare::MapExact),
        Field::new(
            "immutable",
            Shape::Bool,
            "Whether the server refuses every later change of the data. It cannot be taken back.",
        )
        .at("immutable")
        .compare(Compare::FalseAbsent),
    ],
};
