# Twenty resources: a cluster that a program makes, and all that is declared in it. Planned while no server is known.
sk_dr {
  stack = "kill"
}

locals {
  applications = toset(["a", "b", "c", "d", "e", "f"])
  stores       = toset(["one", "two", "three"])
}

resource "kubernetes_cluster" "main" {
  name       = "main"
  engine     = "command"
  command    = ["sh", "make-cluster.sh"]
  kubeconfig = "kubeconfig"
  timeouts {
    create = "6s"
  }
}

provider "kubernetes" {
  config_path = kubernetes_cluster.main.kubeconfig
}

resource "kubernetes_namespace" "app" {
  for_each = local.applications
  metadata {
    name = each.key
  }
}

# A value that is known only when another step is done: a resumed run must still know it.
resource "kubernetes_namespace" "after" {
  metadata {
    name        = "after"
    annotations = { "example.org/made-after" = kubernetes_namespace.app["a"].metadata[0].uid }
  }
}

resource "velero_backup_storage_location" "main" {
  for_each      = local.stores
  name          = each.key
  provider_name = "aws"
  bucket        = "backups-${each.key}"
  prefix        = "velero"
  config = {
    region           = "fsn1"
    s3ForcePathStyle = "true"
  }
}

resource "velero_schedule" "daily" {
  for_each            = local.applications
  name                = "${each.key}-daily"
  schedule            = "0 1 * * *"
  ttl                 = "720h"
  storage_location    = velero_backup_storage_location.main["one"].name
  included_namespaces = [kubernetes_namespace.app[each.key].metadata[0].name]
}

resource "velero_schedule" "weekly" {
  for_each            = local.stores
  name                = "all-weekly-${each.key}"
  schedule            = "0 3 * * 0"
  ttl                 = "2160h"
  storage_location    = velero_backup_storage_location.main[each.key].name
  included_namespaces = [for one in local.applications : kubernetes_namespace.app[one].metadata[0].name]
}
