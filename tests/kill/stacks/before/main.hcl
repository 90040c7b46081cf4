# The world that the other configuration changes.
sk_dr {
  stack = "kill"
}

provider "kubernetes" {
  config_path = "kubeconfig"
}

resource "kubernetes_namespace" "app" {
  for_each = toset(["a", "b", "c"])
  metadata {
    name   = each.key
    labels = { tier = "one", "example.org/old" = "yes" }
  }
}

resource "velero_backup_storage_location" "main" {
  for_each             = toset(["one", "two"])
  name                 = each.key
  provider_name        = "aws"
  bucket               = "backups-${each.key}"
  backup_sync_period   = "2m"
  validation_frequency = "2m"
}

resource "velero_schedule" "daily" {
  for_each            = toset(["a", "b", "c"])
  name                = "${each.key}-daily"
  schedule            = "0 1 * * *"
  ttl                 = "720h"
  storage_location    = velero_backup_storage_location.main["one"].name
  included_namespaces = [kubernetes_namespace.app[each.key].metadata[0].name]
}

resource "velero_schedule" "weekly" {
  for_each            = toset(["a", "b", "c"])
  name                = "${each.key}-weekly"
  schedule            = "0 3 * * 0"
  ttl                 = "2160h"
  included_namespaces = [kubernetes_namespace.app[each.key].metadata[0].name]
}

resource "velero_schedule" "old" {
  name                = "x-old"
  schedule            = "0 5 * * *"
  included_namespaces = ["a"]
}

# Three objects, one resource.
resource "velero_application" "wiki" {
  namespaces = ["a"]
  retention {
    daily  = 7
    yearly = 1
  }
}

# Made by hand, adopted: released when it is no longer declared.
resource "velero_schedule" "taken" {
  for_each            = toset(["p", "q"])
  name                = "${each.key}-by-hand"
  schedule            = "0 6 * * *"
  included_namespaces = ["a"]
}
