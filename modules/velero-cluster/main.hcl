# Everything that belongs to no namespace, and the namespace `default`: types, rights, storage classes. A cluster that is built
# anew needs it before any application, and a recovery restores it before all of them.
#
#   module "velero-cluster" {
#     source = "builtin:velero-cluster@1"
#   }

variable "retention" {
  description = "How many backups of each period are kept, by their age: 24 h, 31 days, 365 days times the count."
  type = object({
    daily   = optional(number, 30)
    monthly = optional(number, 6)
    yearly  = optional(number, 0)
  })
  default = {}
}

variable "schedule" {
  description = "When backups of each period are made: cron expressions in the time zone of Velero's server."
  type = object({
    daily   = optional(string, "0 1 * * *")
    monthly = optional(string, "0 3 1 * *")
    yearly  = optional(string, "0 5 1 1 *")
  })
  default = {}
}

variable "storage_location" {
  description = "Name of the location to store backups in."
  type        = string
  default     = "default"
}

variable "rpo" {
  description = "How old the newest backup may be; null for no objective."
  type        = string
  default     = "26h"
}

variable "velero_namespace" {
  description = "Namespace that the Velero server runs in."
  type        = string
  default     = "velero"
}

variable "labels" {
  description = "More labels of the Schedules and of their backups."
  type        = map(string)
  default     = {}
}

variable "paused" {
  description = "Whether the Schedules stay, but make no backups."
  type        = bool
  default     = false
}

variable "enabled" {
  description = "Whether there are Schedules at all; existing backups stay in the bucket."
  type        = bool
  default     = true
}

variable "namespaces" {
  description = "Namespaces whose objects go along with the cluster-scoped ones."
  type        = list(string)
  default     = ["default"]
}

resource "velero_application" "this" {
  count = var.enabled ? 1 : 0

  name               = "velero"
  profile            = "cluster"
  namespaces         = var.namespaces
  default_exclusions = false
  cluster_resources  = "all"
  volumes            = "none"
  namespace          = var.velero_namespace
  labels             = var.labels
  paused             = var.paused
  storage_location   = var.storage_location
  rpo                = var.rpo

  schedule {
    daily   = var.schedule.daily
    monthly = var.schedule.monthly
    yearly  = var.schedule.yearly
  }
  retention {
    daily   = var.retention.daily
    monthly = var.retention.monthly
    yearly  = var.retention.yearly
  }
  restore {
    order = -1
  }
}

output "schedules" {
  description = "Names of the Schedules; none where it is not enabled."
  value       = flatten([for one in velero_application.this : one.schedules])
}
