//! The table of `velero_server`. Places are those of its reading, which has the form of the attributes.

use crate::kinds::kubernetes_manifest::schema::TIMEOUTS;
use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "velero_server",
    provider: Some("kubernetes"),
    summary: "A Velero server, made of the objects that `sk-dr vendor velero` has written into the repository: types, namespace, rights, server, node agent. It changes no location and no schedule. While a backup or a restore runs, no change is made to it.",
    example: r#"locals {
  velero = "vendor/velero-1.18.1"
  index  = jsondecode(file("${local.velero}/vendor.json"))
}

resource "velero_server" "main" {
  version   = local.index.version
  manifests = [for name, digest in local.index.files : yamldecode(file("${local.velero}/${name}"))]

  args = {
    "default-backup-ttl" = "720h"
  }
  resources {
    limits = { cpu = "1", memory = "1Gi" }
  }
  node_agent {
    resources {
      requests = { cpu = "100m", memory = "256Mi" }
    }
  }
  credentials {
    data = <<-EOT
      [default]
      aws_access_key_id=${secret.s3_key_id}
      aws_secret_access_key=${secret.s3_key}
    EOT
  }
  repository_credentials {
    repository_password = secret.repository_password
  }

  lifecycle {
    precondition {
      condition     = alltrue([for name, digest in local.index.files : filesha256("${local.velero}/${name}") == digest])
      error_message = "A file in ${local.velero} is not as it was rendered."
    }
  }
}
"#,
    fields: &[
        Field::new("namespace", Shape::Text, "Namespace that it runs in: that of its Deployment. It follows from the configuration and is known at plan.")
            .computed()
            .at("namespace"),
        Field::new("objects", Shape::TextList, "What it is made of, as `Deployment/velero`.")
            .computed()
            .at("objects"),
        Field::new("version", Shape::Text, "Version of Velero: `1.18.1`, which is the oldest that is taken. The images of server and node agent have it as their tag.")
            .required()
            .values(Values::Static)
            .at("version"),
        Field::new("manifests", Shape::Any, "The objects, as [rendered](../vendor.md) for this version, in the order in which they can be made. Each is managed as a `kubernetes_manifest` would. Leave one out to declare it by itself, such as a Namespace that others need first.")
            .required()
            .values(Values::Static)
            .compare(Compare::Never),
        Field::new("args", Shape::TextMap, "Flags of the server, without dashes, over those that are rendered: `{ \"disable-controllers\" = \"gc,schedule\" }`.")
            .values(Values::Static)
            .at("args")
            .compare(Compare::MapExact),
        Field::new("resources", Shape::Block(RESOURCES), "What the server's container asks for, over what is rendered.")
            .at("resources")
            .compare(Compare::Never),
        Field::new("node_agent", Shape::Block(NODE_AGENT), "The node agent, where it is among the manifests.")
            .at("node_agent")
            .compare(Compare::Never),
        Field::new("credentials", Shape::Block(CREDENTIALS), "The Secret with the credentials of the object store, which server and node agent then mount as `velero install --secret-file` has it. Not needed where every location names its own.")
            .compare(Compare::Never),
        Field::new("repository_credentials", Shape::Block(REPOSITORY_CREDENTIALS), "The Secret `velero-repo-credentials`, whose password unlocks the data of all volumes. It is there before the server: one that finds none makes it with a password that everybody knows.")
            .required()
            .compare(Compare::Never),
        Field::new("wait", Shape::Bool, "Whether to wait until server and node agent run what was written.")
            .default(Literal::Bool(true))
            .values(Values::Static)
            .compare(Compare::Never),
        Field::new("timeouts", Shape::Block(TIMEOUTS), "How long to wait, for each object."),
    ],
};

const ARGS_OF_AGENT: &str =
    "Flags of the node agent, without dashes, over those that are rendered.";

const RESOURCES: &[Field] = &[
    Field::new(
        "requests",
        Shape::TextMap,
        "What is set aside for it: `{ cpu = \"500m\", memory = \"128Mi\" }`.",
    )
    .values(Values::Static)
    .at("requests")
    .compare(Compare::MapExact),
    Field::new("limits", Shape::TextMap, "What it may take at most.")
        .values(Values::Static)
        .at("limits")
        .compare(Compare::MapExact),
];

const NODE_AGENT: &[Field] = &[
    Field::new("args", Shape::TextMap, ARGS_OF_AGENT)
        .values(Values::Static)
        .at("args")
        .compare(Compare::MapExact),
    Field::new(
        "resources",
        Shape::Block(RESOURCES),
        "What its container asks for, over what is rendered.",
    )
    .at("resources")
    .compare(Compare::Never),
];

const CREDENTIALS: &[Field] = &[
    Field::new("name", Shape::Text, "Name of the Secret.")
        .default(Literal::Text("cloud-credentials"))
        .values(Values::Static)
        .compare(Compare::Never),
    Field::new("key", Shape::Text, "Key in the Secret.")
        .default(Literal::Text("cloud"))
        .values(Values::Static)
        .compare(Compare::Never),
    Field::new(
        "data",
        Shape::Text,
        "What the Secret holds, made with the server. Where it is not set, the Secret is one that exists or is declared by itself.",
    )
    .values(Values::SecretAllowed)
    .compare(Compare::Never),
];

const REPOSITORY_CREDENTIALS: &[Field] = &[Field::new(
    "repository_password",
    Shape::Text,
    "The password, made with the server; it cannot be changed later. Where it is not set, the Secret is one that exists or is declared by itself.",
)
.values(Values::SecretAllowed)
.compare(Compare::Never)];
