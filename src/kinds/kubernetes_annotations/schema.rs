//! The table of `kubernetes_annotations`.

use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_annotations",
    provider: Some("kubernetes"),
    summary: "Annotations on an object that others make: a chart, a GitOps controller, an operator. Only the declared keys are managed. The object carries no mark of ours and is never made or deleted; where it is not there the resource is blocked. Removing the resource leaves the annotations as they are and gives the fields up; a key that is to go is taken out of the map first.",
    example: r#"# Velero's node agent copies the volume `data` of these pods. Annotating a pod template rolls the workload once.
resource "kubernetes_annotations" "jenkins" {
  api_version = "apps/v1"
  kind        = "StatefulSet"
  metadata {
    name      = "jenkins"
    namespace = "jenkins"
  }
  template_annotations = {
    "backup.velero.io/backup-volumes" = "data"
  }
}
"#,
    fields: &[
        Field::new("api_version", Shape::Text, "`apiVersion` of the object: a type that is part of Kubernetes.")
            .required()
            .values(Values::Static)
            .at("apiVersion")
            .compare(Compare::Never),
        Field::new("kind", Shape::Text, "Kind of the object.")
            .required()
            .values(Values::Static)
            .at("kind")
            .compare(Compare::Never),
        Field::new("metadata", Shape::Block(METADATA), "Which object.")
            .required()
            .at("metadata")
            .compare(Compare::Never),
        Field::new("annotations", Shape::TextMap, "Annotations of the object itself.")
            .at("metadata.annotations")
            .compare(Compare::MapOwnedKeys),
        Field::new("template_annotations", Shape::TextMap, "Annotations of the pods that a Deployment, StatefulSet or DaemonSet makes. A change replaces its pods, and the plan says so.")
            .at("spec.template.metadata.annotations")
            .compare(Compare::MapOwnedKeys),
        Field::new("force", Shape::Bool, "Whether keys are taken that Argo CD, Flux or another that applies holds; without it the resource is blocked until `-force-conflicts`.")
            .default(Literal::Bool(false))
            .compare(Compare::Never),
        Field::new("wait_for_rollout", Shape::Bool, "Whether a change of `template_annotations` is done only once the pods are replaced.")
            .default(Literal::Bool(true))
            .compare(Compare::Never),
        Field::new("field_manager", Shape::Text, "Not supported.")
            .rejected("every write is by the field manager `sk-dr`, by which it is found again"),
        Field::new("timeouts", Shape::Block(TIMEOUTS), "How long to wait."),
    ],
};

const METADATA: &[Field] = &[
    Field::new("name", Shape::Text, "Its name.")
        .required()
        .values(Values::Static)
        .at("name")
        .compare(Compare::Never),
    Field::new(
        "namespace",
        Shape::Text,
        "Its namespace; `default` where it is not set and the type has one.",
    )
    .values(Values::Static)
    .at("namespace")
    .compare(Compare::Never),
];

const TIMEOUTS: &[Field] = &[Field::new(
    "update",
    Shape::Duration,
    "For the pods to be replaced; `10m` where it is not set.",
)
.compare(Compare::Never)];
