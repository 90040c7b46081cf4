# Backups of applications in three tiers, as an operator thinks of them: how many dailies, monthlies and yearlies to keep.
#
#   module "backups" {
#     source       = "builtin:application-backups@1"
#     applications = { shop = { daily = 30 } }
#   }
#
# The expiry of each tier is count x period (24 h, 31 days, 365 days), so that the count is what stays.

variable "applications" {
  description = "Applications by name; the namespace is the name unless namespaces are given."
  type = map(object({
    namespaces       = optional(list(string))
    storage_location = optional(string, "default")
    profile          = optional(string, "default")
    daily            = optional(number, 30)
    monthly          = optional(number, 6)
    yearly           = optional(number, 0)
  }))
  default = {}

  validation {
    condition     = alltrue([for name, application in var.applications : application.daily + application.monthly + application.yearly > 0])
    error_message = "An application that keeps nothing is not protected: give at least one count."
  }
}

variable "velero_namespace" {
  type    = string
  default = "velero"
}

locals {
  tiers = {
    daily   = { schedule = "0 1 * * *", period_hours = 24 }
    monthly = { schedule = "0 3 1 * *", period_hours = 24 * 31 }
    yearly  = { schedule = "0 5 1 1 *", period_hours = 24 * 365 }
  }

  schedules = merge([
    for name, application in var.applications : {
      for tier, rhythm in local.tiers : "${name}-${application.profile}-${tier}" => {
        application      = name
        profile          = application.profile
        namespaces       = application.namespaces == null ? [name] : application.namespaces
        storage_location = application.storage_location
        schedule         = rhythm.schedule
        ttl              = "${rhythm.period_hours * application[tier]}h"
      } if application[tier] > 0
    }
  ]...)

  # Cluster-scoped types that are not an application's: its volumes are taken, the rest is left to the cluster's own backup.
  not_an_applications = [
    "apiservices.apiregistration.k8s.io",
    "certificatesigningrequests.certificates.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "csinodes.storage.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
    "nodes",
    "priorityclasses.scheduling.k8s.io",
    "storageclasses.storage.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
  ]
}

resource "velero_schedule" "application" {
  for_each = local.schedules

  name                         = each.key
  namespace                    = var.velero_namespace
  schedule                     = each.value.schedule
  ttl                          = each.value.ttl
  storage_location             = each.value.storage_location
  included_namespaces          = each.value.namespaces
  excluded_resources           = local.not_an_applications
  include_cluster_resources    = true
  snapshot_volumes             = false
  default_volumes_to_fs_backup = false
  backup_labels = {
    application = each.value.application
    profile     = each.value.profile
  }
}

output "schedules" {
  description = "Names of the schedules by application, profile and tier."
  value       = { for key, schedule in velero_schedule.application : key => schedule.name }
}
