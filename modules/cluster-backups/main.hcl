# The two backups that every cluster wants beside its applications': Velero's own schedules, and everything cluster-scoped.
#
#   module "cluster" {
#     source    = "builtin:cluster-backups@1"
#     keep_days = 30
#   }

variable "storage_location" {
  type    = string
  default = "default"
}

variable "keep_days" {
  type    = number
  default = 30

  validation {
    condition     = var.keep_days >= 1
    error_message = "Keep at least one day."
  }
}

resource "velero_schedule" "schedules" {
  name                      = "velero-schedules-daily"
  schedule                  = "15 0 * * *"
  ttl                       = "${var.keep_days * 24}h"
  storage_location          = var.storage_location
  included_namespaces       = ["velero"]
  included_resources        = ["schedules.velero.io"]
  include_cluster_resources = false
  backup_labels             = { application = "velero", profile = "schedules" }
}

resource "velero_schedule" "cluster" {
  name                      = "velero-cluster-daily"
  schedule                  = "30 0 * * *"
  ttl                       = "${var.keep_days * 24}h"
  storage_location          = var.storage_location
  included_namespaces       = ["default"]
  include_cluster_resources = true
  snapshot_volumes          = false
  backup_labels             = { application = "velero", profile = "cluster" }
}

output "schedules" {
  description = "Names of the schedules."
  value       = [velero_schedule.schedules.name, velero_schedule.cluster.name]
}
