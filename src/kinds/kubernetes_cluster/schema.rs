//! The table of `kubernetes_cluster`.

use crate::model::schema::{Compare, Field, Literal, Schema, Shape, Values};

/// The table.
pub static SCHEMA: Schema = Schema {
    kind: "kubernetes_cluster",
    provider: None,
    summary: "A cluster that a program makes. A provider uses it by `config_path = kubernetes_cluster.main.kubeconfig`. Removing it releases it: nothing runs.",
    example: r#"resource "kubernetes_cluster" "main" {
  name       = "main"
  engine     = "command"
  command    = ["./make-cluster", "--nodes", "3"]
  kubeconfig = "kubeconfig.yaml"
}

provider "kubernetes" {
  config_path = kubernetes_cluster.main.kubeconfig
}
"#,
    fields: &[
        Field::new("name", Shape::Text, "Name of the cluster, in this stack.")
            .required()
            .values(Values::Static)
            .compare(Compare::Never),
        Field::new("engine", Shape::Text, "What makes the cluster; `command` is the only one yet.")
            .default(Literal::Text("command"))
            .compare(Compare::Never),
        Field::new(
            "command",
            Shape::TextList,
            "Program and arguments, no shell. It is run where the kubeconfig is missing, again where an earlier run may not have ended, and so must be safe to repeat.",
        )
        .required()
        .compare(Compare::Never),
        Field::new("environment", Shape::TextMap, "Variables added to the program's environment; secrets may stand here.")
            .values(Values::SecretAllowed)
            .compare(Compare::Never),
        Field::new(
            "kubeconfig",
            Shape::Text,
            "Path of the kubeconfig that the program writes, relative to the configuration directory.",
        )
        .required()
        .values(Values::Static)
        .compare(Compare::Never),
        Field::new("timeouts", Shape::Block(TIMEOUTS), "How long to wait."),
    ],
};

const TIMEOUTS: &[Field] = &[Field::new(
    "create",
    Shape::Duration,
    "For the API of a new cluster to answer; `10m` where it is not set.",
)
.compare(Compare::Never)];
