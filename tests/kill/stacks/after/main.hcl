# Twenty resources: created, updated, emptied of a field, adopted, deleted, released; one of them is several objects, of
# which one is updated, one created and one deleted.
sk_dr {
  stack = "kill"
}

provider "kubernetes" {
  config_path = "kubeconfig"
}

resource "kubernetes_namespace" "app" {
  for_each = toset(["a", "b", "c", "d"])
  metadata {
    name   = each.key
    labels = { tier = "two" }
  }
}

resource "velero_backup_storage_location" "main" {
  for_each             = toset(["one", "two"])
  name                 = each.key
  provider_name        = "aws"
  bucket               = "backups-${each.key}"
  validation_frequency = "3m"
}

resource "velero_schedule" "daily" {
  for_each            = toset(["a", "b", "c"])
  name                = "${each.key}-daily"
  schedule            = "30 1 * * *"
  ttl                 = "720h"
  storage_location    = velero_backup_storage_location.main["one"].name
  included_namespaces = [kubernetes_namespace.app[each.key].metadata[0].name]
}

resource "velero_schedule" "weekly" {
  for_each            = toset(["a", "b", "c", "d"])
  name                = "${each.key}-weekly"
  schedule            = "0 3 * * 0"
  included_namespaces = [kubernetes_namespace.app[each.key].metadata[0].name]
}

resource "velero_application" "wiki" {
  namespaces = ["a"]
  retention {
    daily   = 14
    monthly = 6
  }
}

# One of them is as declared but for our marks, the others differ.
resource "velero_schedule" "found" {
  for_each            = toset(["r", "s", "t"])
  name                = "${each.key}-by-hand"
  schedule            = each.key == "r" ? "0 6 * * *" : "0 7 * * *"
  included_namespaces = ["a"]
}
