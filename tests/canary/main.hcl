# A secret from every source that the language has; the test puts its paths between the signs.
sk_dr {
  stack = "canary"
}
variable "phrase" {
  type      = string
  sensitive = true
}
secret "env" {
  env = "CANARY_ENV"
}
secret "file" {
  file = "@keep@/secret.txt"
}
secret "command" {
  command = ["@keep@/print-secret", "--quiet"]
}
secret "token" {
  env = "CANARY_TOKEN"
}
provider "kubernetes" {
  host  = "@server@"
  token = secret.token
}
provider "kubernetes" {
  alias       = "file"
  config_path = "@keep@/kubeconfig"
}
provider "kubernetes" {
  alias       = "exec"
  config_path = "@keep@/kubeconfig-exec"
}
provider "kubernetes" {
  alias       = "made"
  config_path = kubernetes_cluster.main.kubeconfig
}
resource "kubernetes_cluster" "main" {
  name       = "main"
  engine     = "command"
  command    = ["@keep@/make-cluster", "--nodes", "3"]
  kubeconfig = "@keep@/made.yaml"
  environment = {
    FROM_ENV     = secret.env
    FROM_FILE    = secret.file
    FROM_COMMAND = secret.command
    JOINED       = "user:${secret.env}@host and ${secret.file}"
  }
}
resource "kubernetes_namespace" "token" {
  metadata { name = "by-token" }
}
resource "kubernetes_namespace" "file" {
  provider = kubernetes.file
  metadata { name = "by-file" }
}
resource "kubernetes_namespace" "exec" {
  provider = kubernetes.exec
  metadata { name = "by-plugin" }
}
secret "data" {
  env = "CANARY_DATA"
}
resource "kubernetes_secret" "data" {
  metadata {
    name      = "data"
    namespace = "velero"
  }
  data = {
    plain  = secret.data
    joined = "[default]\nkey=${secret.data}\n"
  }
}
resource "velero_schedule" "nightly" {
  name     = "nightly"
  schedule = "0 1 * * *"
  ttl      = "720h"
  depends_on = [kubernetes_cluster.main]
}
output "length" {
  value = nonsensitive(length(var.phrase))
}
output "phrase" {
  value     = var.phrase
  sensitive = true
}
