//! The table of `kubernetes_manifest`.

use crate::model::schema::{Compare, Field, Schema, Shape};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_manifest",
    provider: Some("kubernetes"),
    summary: "An object of any type, custom ones included. What the manifest says is managed, and nothing else of the object.",
    example: r#"resource "kubernetes_manifest" "grafana" {
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata = {
      name      = "grafana"
      namespace = "monitoring"
    }
    spec = {
      selector = { matchLabels = { app = "grafana" } }
      template = {
        metadata = { labels = { app = "grafana" } }
        spec     = { containers = [{ name = "grafana", image = "grafana/grafana:12.2.0" }] }
      }
    }
  }
  # An autoscaler writes it.
  computed_fields = ["spec.replicas"]
  wait {
    rollout = true
  }
}
"#,
    fields: &[
        Field::new(
            "manifest",
            Shape::Any,
            "The object, as in a YAML file: `yamldecode(file(\"...\"))` reads one. What it does not say is not managed; a list is compared and written whole, but for what the server fills into its members. What was declared before and is no more is taken off.",
        )
        .required()
        .compare(Compare::Never),
        Field::new(
            "computed_fields",
            Shape::TextList,
            "Fields of the manifest that are written when the object is made and left to others then: `spec.replicas`, `metadata.annotations[\"a.b/c\"]`.",
        )
        .compare(Compare::Never),
        Field::new(
            "wait",
            Shape::Block(WAIT),
            "What must hold for a write to be done; one of the three. A CustomResourceDefinition is waited for until its type is served.",
        ),
        Field::new("field_manager", Shape::Block(FIELD_MANAGER), "Fields that others hold."),
        Field::new("timeouts", Shape::Block(TIMEOUTS), "How long to wait."),
        Field::new("wait_for", Shape::Text, "Not supported.")
            .rejected("it is an old form of the block `wait`"),
        Field::new("object", Shape::Text, "Not supported.").rejected(
            "the live object is not told as a value; `manifest` is what was declared",
        ),
    ],
};

const WAIT: &[Field] = &[
    Field::new(
        "fields",
        Shape::TextMap,
        "Places in the object with a regular expression for each that must match somewhere in its value; `*` is any value.",
    )
    .compare(Compare::Never),
    Field::new(
        "rollout",
        Shape::Bool,
        "Whether to wait for a Deployment, StatefulSet or DaemonSet to run what was written.",
    )
    .compare(Compare::Never),
    Field::new("condition", Shape::Blocks(CONDITION), "Conditions in the object's status that must hold."),
];

const CONDITION: &[Field] = &[
    Field::new("type", Shape::Text, "Its type: `Ready`.")
        .required()
        .compare(Compare::Never),
    Field::new("status", Shape::Text, "Its status: `True`.")
        .required()
        .compare(Compare::Never),
];

const FIELD_MANAGER: &[Field] = &[
    Field::new("name", Shape::Text, "Not supported.")
        .rejected("every write is by the field manager `sk-dr`, by which it is found again"),
    Field::new(
        "force_conflicts",
        Shape::Bool,
        "Whether fields are taken that Argo CD, Flux or another that applies holds; without it the resource is blocked until `-force-conflicts`.",
    )
    .compare(Compare::Never),
];

/// How long to wait for an object of any type.
pub(in crate::kinds) const TIMEOUTS: &[Field] = &[
    Field::new(
        "create",
        Shape::Duration,
        "For a new object to be ready; `10m` where it is not set.",
    )
    .compare(Compare::Never),
    Field::new(
        "update",
        Shape::Duration,
        "For a changed object to be ready; `10m` where it is not set.",
    )
    .compare(Compare::Never),
    Field::new(
        "delete",
        Shape::Duration,
        "For a deleted object to be gone; `10m` where it is not set.",
    )
    .compare(Compare::Never),
];
