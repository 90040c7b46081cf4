//! The table of served types. A new type is one entry here and a shape in [`super::schema`].

use super::schema::{self, Shape};

/// A served type.
#[derive(Debug)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Plural, as in URLs.
    pub plural: &'static str,
    /// Singular.
    pub singular: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Short names for kubectl.
    pub short_names: &'static [&'static str],
    /// Where its objects live.
    pub scope: Scope,
    /// How it is served.
    pub origin: Origin,
    /// What its objects look like.
    pub shape: Shape,
}

/// Where objects live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the cluster.
    Cluster,
    /// In a namespace.
    Namespaced,
}

/// How a type is served; the answers of the API differ between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of Kubernetes.
    BuiltIn,
    /// By a CRD of Velero, so only once those are installed.
    Velero,
}

/// Group of Velero's types.
pub const VELERO_GROUP: &str = "velero.io";

const fn built_in(
    group: &'static str,
    names: [&'static str; 3],
    scope: Scope,
    shape: Shape,
) -> Resource {
    let [plural, singular, kind] = names;
    Resource {
        group,
        plural,
        singular,
        kind,
        short_names: &[],
        scope,
        origin: Origin::BuiltIn,
        shape,
    }
}
const fn velero(names: [&'static str; 3], shape: Shape) -> Resource {
    let [plural, singular, kind] = names;
    let scope = Scope::Namespaced;
    Resource {
        group: VELERO_GROUP,
        plural,
        singular,
        kind,
        short_names: &[],
        scope,
        origin: Origin::Velero,
        shape,
    }
}

/// All served types.
pub const RESOURCES: &[Resource] = &[
    Resource {
        short_names: &["ns"],
        ..built_in(
            "",
            ["namespaces", "namespace", "Namespace"],
            Scope::Cluster,
            schema::NAMESPACE,
        )
    },
    Resource {
        short_names: &["cm"],
        ..built_in(
            "",
            ["configmaps", "configmap", "ConfigMap"],
            Scope::Namespaced,
            schema::CONFIG_MAP,
        )
    },
    Resource {
        short_names: &["pv"],
        ..built_in(
            "",
            ["persistentvolumes", "persistentvolume", "PersistentVolume"],
            Scope::Cluster,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["po"],
        ..built_in(
            "",
            ["pods", "pod", "Pod"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["svc"],
        ..built_in(
            "",
            ["services", "service", "Service"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["pvc"],
        ..built_in(
            "",
            [
                "persistentvolumeclaims",
                "persistentvolumeclaim",
                "PersistentVolumeClaim",
            ],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    built_in(
        "",
        ["secrets", "secret", "Secret"],
        Scope::Namespaced,
        schema::SECRET,
    ),
    Resource {
        short_names: &["deploy"],
        ..built_in(
            "apps",
            ["deployments", "deployment", "Deployment"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["cj"],
        ..built_in(
            "batch",
            ["cronjobs", "cronjob", "CronJob"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    built_in(
        "discovery.k8s.io",
        ["endpointslices", "endpointslice", "EndpointSlice"],
        Scope::Namespaced,
        schema::ENDPOINTS,
    ),
    built_in(
        "admissionregistration.k8s.io",
        [
            "validatingwebhookconfigurations",
            "validatingwebhookconfiguration",
            "ValidatingWebhookConfiguration",
        ],
        Scope::Cluster,
        schema::WEBHOOKS,
    ),
    Resource {
        short_names: &["ds"],
        ..built_in(
            "apps",
            ["daemonsets", "daemonset", "DaemonSet"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["sts"],
        ..built_in(
            "apps",
            ["statefulsets", "statefulset", "StatefulSet"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    Resource {
        short_names: &["sa"],
        ..built_in(
            "",
            ["serviceaccounts", "serviceaccount", "ServiceAccount"],
            Scope::Namespaced,
            schema::STORED,
        )
    },
    built_in(
        "rbac.authorization.k8s.io",
        [
            "clusterrolebindings",
            "clusterrolebinding",
            "ClusterRoleBinding",
        ],
        Scope::Cluster,
        schema::BINDING,
    ),
    Resource {
        short_names: &["crd", "crds"],
        ..built_in(
            "apiextensions.k8s.io",
            [
                "customresourcedefinitions",
                "customresourcedefinition",
                "CustomResourceDefinition",
            ],
            Scope::Cluster,
            schema::STORED,
        )
    },
    velero(["backups", "backup", "Backup"], schema::BACKUP),
    Resource {
        short_names: &["bsl"],
        ..velero(
            [
                "backupstoragelocations",
                "backupstoragelocation",
                "BackupStorageLocation",
            ],
            schema::LOCATION,
        )
    },
    velero(
        ["podvolumebackups", "podvolumebackup", "PodVolumeBackup"],
        schema::STORED,
    ),
    velero(
        ["podvolumerestores", "podvolumerestore", "PodVolumeRestore"],
        schema::STORED,
    ),
    velero(["restores", "restore", "Restore"], schema::RESTORE),
    velero(["schedules", "schedule", "Schedule"], schema::SCHEDULE),
    Resource {
        short_names: &["vsl"],
        ..velero(
            [
                "volumesnapshotlocations",
                "volumesnapshotlocation",
                "VolumeSnapshotLocation",
            ],
            schema::SNAPSHOT_LOCATION,
        )
    },
];

impl Resource {
    /// `schedules.velero.io`, `namespaces`.
    pub fn title(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
    /// `Schedule.velero.io`, `Namespace`: as error messages name the kind.
    pub fn kind_title(&self) -> String {
        if self.group.is_empty() {
            self.kind.to_owned()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }
    /// `velero.io/v1`, `v1`. Every served type has version v1.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            "v1".to_owned()
        } else {
            format!("{}/v1", self.group)
        }
    }
    /// Key of an object in the store: etcd's order is the order of these texts.
    pub fn object_key(&self, namespace: Option<&str>, name: &str) -> String {
        match namespace {
            Some(namespace) => format!("{}/{namespace}/{name}", self.title()),
            None => format!("{}/{name}", self.title()),
        }
    }
    /// Whether a metadata.generation is kept: of custom resources and Deployments.
    pub fn has_generation(&self) -> bool {
        self.origin == Origin::Velero
            || self.group == "apps"
            || self.group == "apiextensions.k8s.io"
    }
}

/// The type with this title.
pub fn by_title(title: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.title() == title)
}
