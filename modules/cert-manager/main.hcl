# cert-manager: its objects, but for orders and challenges. Restored ones would order certificates again that are there, and
# use up what the authority allows in a week.
#
#   module "cert-manager" {
#     source = "builtin:cert-manager@1"
#   }

variable "profile" {
  description = "Name of the profile: follows the application's in the names of its Schedules."
  type        = string
  default     = "default"
}

variable "namespaces" {
  description = "Namespaces to back up, [\"*\"] for all."
  type        = list(string)
  default     = ["cert-manager"]
}

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

variable "excluded_resources" {
  description = "More resources that are not backed up."
  type        = list(string)
  default     = []
}

resource "velero_application" "this" {
  count = var.enabled ? 1 : 0

  name               = "cert-manager"
  profile            = var.profile
  namespaces         = var.namespaces
  excluded_resources = concat(["orders.acme.cert-manager.io", "challenges.acme.cert-manager.io"], var.excluded_resources)
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
}

output "schedules" {
  description = "Names of the Schedules; none where it is not enabled."
  value       = flatten([for one in velero_application.this : one.schedules])
}
