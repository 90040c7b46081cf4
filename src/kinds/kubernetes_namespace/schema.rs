//! The table of `kubernetes_namespace`.

use crate::model::schema::{Compare, Field, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_namespace",
    provider: Some("kubernetes"),
    summary: "A namespace. Of an existing one only the declared labels and annotations are managed, never what is in it.",
    example: r#"resource "kubernetes_namespace" "velero" {
  metadata {
    name = "velero"
    labels = {
      "pod-security.kubernetes.io/enforce" = "privileged"
    }
  }
}
"#,
    fields: &[
        Field::new("id", Shape::Text, "Name of the namespace.")
            .computed()
            .at("metadata.name"),
        Field::new(
            "metadata",
            Shape::Block(METADATA),
            "Name, labels and annotations.",
        )
        .required()
        .at("metadata")
        .compare(Compare::Never),
        Field::new("timeouts", Shape::Block(TIMEOUTS), "How long to wait."),
    ],
};

const METADATA: &[Field] = &[
    Field::new("name", Shape::Text, "Name of the namespace.")
        .required()
        .values(Values::Static)
        .at("name")
        .compare(Compare::Never),
    Field::new("generate_name", Shape::Text, "Not supported.").rejected(
        "a generated name is another one at every run, so that nothing could be found again; write `name`",
    ),
    Field::new("labels", Shape::TextMap, "Labels. Keys that others set are left alone.")
        .at("labels")
        .compare(Compare::MapOwnedKeys),
    Field::new("annotations", Shape::TextMap, "Annotations. Keys that others set are left alone.")
        .at("annotations")
        .compare(Compare::MapOwnedKeys),
    Field::new("uid", Shape::Text, "UID that the API server gave the namespace.").computed().at("uid"),
];

const TIMEOUTS: &[Field] = &[Field::new(
    "delete",
    Shape::Duration,
    "For a deleted namespace to be gone, with all that is in it; `5m` where it is not set.",
)
.compare(Compare::Never)];
