//! The structural schemas that the sandbox's API checks against: which fields are known, of which type, required,
//! and whether field ownership looks inside. Copied by hand from the CRDs of Velero 1.18.1. Must not know requests or storage.

/// Shape of a value.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A boolean.
    Boolean,
    /// An integer.
    Integer,
    /// A list owned as a whole.
    List(&'static Shape),
    /// A list of strings of which each is owned by itself: `metadata.finalizers`.
    Set,
    /// Any keys, values of one shape; keys are owned one by one.
    Map(&'static Shape),
    /// Known members; members are owned one by one.
    Object(&'static [Field]),
    /// Known members, owned as a whole.
    Atomic(&'static [Field]),
    /// Anything; members of objects are owned one by one.
    Open,
}

/// One member of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// What its absence or null means.
    pub presence: Presence,
}

/// What the absence of a member, or null, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// May be missing, may not be null.
    Optional,
    /// May be missing or null.
    Nullable,
    /// Must be there.
    Required,
    /// Becomes "" when missing.
    DefaultsToEmpty,
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        presence: Presence::Optional,
    }
}
const fn nullable(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        presence: Presence::Nullable,
    }
}
const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        presence: Presence::Required,
    }
}

impl Shape {
    /// Shape of a member; `None`: there is no such member.
    pub fn member(&self, name: &str) -> Option<Shape> {
        match self {
            Shape::Object(fields) | Shape::Atomic(fields) => fields
                .iter()
                .find(|field| field.name == name)
                .map(|field| field.shape),
            Shape::Map(shape) => Some(**shape),
            Shape::Open => Some(Shape::Open),
            Shape::Text
            | Shape::Choice(_)
            | Shape::Boolean
            | Shape::Integer
            | Shape::List(_)
            | Shape::Set => None,
        }
    }
    /// Whether ownership looks at the members of an object of this shape one by one.
    pub fn granular(&self) -> bool {
        match self {
            Shape::Object(_) | Shape::Map(_) | Shape::Open => true,
            Shape::Text
            | Shape::Choice(_)
            | Shape::Boolean
            | Shape::Integer
            | Shape::List(_)
            | Shape::Set
            | Shape::Atomic(_) => false,
        }
    }
    /// Whether a member is a named one, whose containers ownership counts as owned with it.
    pub fn names(&self, member: &str) -> bool {
        match self {
            Shape::Object(fields) | Shape::Atomic(fields) => {
                fields.iter().any(|field| field.name == member)
            }
            // What is stored without a look stands for a schema with named members (a Deployment's spec).
            Shape::Open => true,
            Shape::Text
            | Shape::Choice(_)
            | Shape::Boolean
            | Shape::Integer
            | Shape::List(_)
            | Shape::Set
            | Shape::Map(_) => false,
        }
    }
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const TEXT_MAP: Shape = Shape::Map(&Shape::Text);

/// `metadata` of every object.
pub const METADATA: Shape = Shape::Object(&[
    optional("annotations", TEXT_MAP),
    optional("creationTimestamp", Shape::Text),
    optional("deletionGracePeriodSeconds", Shape::Integer),
    optional("deletionTimestamp", Shape::Text),
    optional("finalizers", Shape::Set),
    optional("generateName", Shape::Text),
    optional("generation", Shape::Integer),
    optional("labels", TEXT_MAP),
    optional("managedFields", Shape::List(&Shape::Open)),
    optional("name", Shape::Text),
    optional("namespace", Shape::Text),
    optional("ownerReferences", Shape::List(&Shape::Open)),
    optional("resourceVersion", Shape::Text),
    optional("selfLink", Shape::Text),
    optional("uid", Shape::Text),
]);

const SELECTOR: Shape = Shape::Atomic(&[
    optional(
        "matchExpressions",
        Shape::List(&Shape::Object(&[
            required("key", Shape::Text),
            required("operator", Shape::Text),
            optional("values", TEXTS),
        ])),
    ),
    optional("matchLabels", TEXT_MAP),
]);

const SECRET_KEY: Shape = Shape::Atomic(&[
    required("key", Shape::Text),
    Field {
        name: "name",
        shape: Shape::Text,
        presence: Presence::DefaultsToEmpty,
    },
    optional("optional", Shape::Boolean),
]);

const LOCAL_REFERENCE: Shape = Shape::Atomic(&[
    optional("apiGroup", Shape::Text),
    required("kind", Shape::Text),
    required("name", Shape::Text),
]);

const EXEC_HOOKS: Shape = Shape::List(&Shape::Object(&[required(
    "exec",
    Shape::Object(&[
        required("command", TEXTS),
        optional("container", Shape::Text),
        optional("onError", Shape::Choice(&["Continue", "Fail"])),
        optional("timeout", Shape::Text),
    ]),
)]));

const BACKUP_HOOKS: Shape = Shape::Object(&[nullable(
    "resources",
    Shape::List(&Shape::Object(&[
        nullable("excludedNamespaces", TEXTS),
        nullable("excludedResources", TEXTS),
        nullable("includedNamespaces", TEXTS),
        nullable("includedResources", TEXTS),
        nullable("labelSelector", SELECTOR),
        required("name", Shape::Text),
        optional("post", EXEC_HOOKS),
        optional("pre", EXEC_HOOKS),
    ])),
)]);

const BACKUP_SPEC: Shape = Shape::Object(&[
    optional("csiSnapshotTimeout", Shape::Text),
    optional("datamover", Shape::Text),
    nullable("defaultVolumesToFsBackup", Shape::Boolean),
    nullable("defaultVolumesToRestic", Shape::Boolean),
    nullable("excludedClusterScopedResources", TEXTS),
    nullable("excludedNamespaceScopedResources", TEXTS),
    nullable("excludedNamespaces", TEXTS),
    nullable("excludedResources", TEXTS),
    optional("hooks", BACKUP_HOOKS),
    nullable("includeClusterResources", Shape::Boolean),
    nullable("includedClusterScopedResources", TEXTS),
    nullable("includedNamespaceScopedResources", TEXTS),
    nullable("includedNamespaces", TEXTS),
    nullable("includedResources", TEXTS),
    optional("itemOperationTimeout", Shape::Text),
    nullable("labelSelector", SELECTOR),
    optional("metadata", Shape::Object(&[optional("labels", TEXT_MAP)])),
    nullable("orLabelSelectors", Shape::List(&SELECTOR)),
    nullable("orderedResources", TEXT_MAP),
    optional("resourcePolicy", LOCAL_REFERENCE),
    nullable("snapshotMoveData", Shape::Boolean),
    nullable("snapshotVolumes", Shape::Boolean),
    optional("storageLocation", Shape::Text),
    optional("ttl", Shape::Text),
    nullable(
        "uploaderConfig",
        Shape::Object(&[optional("parallelFilesUpload", Shape::Integer)]),
    ),
    optional("volumeGroupSnapshotLabelKey", Shape::Text),
    optional("volumeSnapshotLocations", TEXTS),
]);

const HOOK_STATUS: Shape = Shape::Object(&[
    optional("hooksAttempted", Shape::Integer),
    optional("hooksFailed", Shape::Integer),
]);

const BACKUP_PHASES: Shape = Shape::Choice(&[
    "New",
    "Queued",
    "ReadyToStart",
    "FailedValidation",
    "InProgress",
    "WaitingForPluginOperations",
    "WaitingForPluginOperationsPartiallyFailed",
    "Finalizing",
    "FinalizingPartiallyFailed",
    "Completed",
    "PartiallyFailed",
    "Failed",
    "Deleting",
]);

const BACKUP_STATUS: Shape = Shape::Object(&[
    optional("backupItemOperationsAttempted", Shape::Integer),
    optional("backupItemOperationsCompleted", Shape::Integer),
    optional("backupItemOperationsFailed", Shape::Integer),
    nullable("completionTimestamp", Shape::Text),
    optional("csiVolumeSnapshotsAttempted", Shape::Integer),
    optional("csiVolumeSnapshotsCompleted", Shape::Integer),
    optional("errors", Shape::Integer),
    nullable("expiration", Shape::Text),
    optional("failureReason", Shape::Text),
    optional("formatVersion", Shape::Text),
    nullable("hookStatus", HOOK_STATUS),
    optional("phase", BACKUP_PHASES),
    nullable(
        "progress",
        Shape::Object(&[
            optional("itemsBackedUp", Shape::Integer),
            optional("totalItems", Shape::Integer),
        ]),
    ),
    optional("queuePosition", Shape::Integer),
    nullable("startTimestamp", Shape::Text),
    nullable("validationErrors", TEXTS),
    optional("version", Shape::Integer),
    optional("volumeSnapshotsAttempted", Shape::Integer),
    optional("volumeSnapshotsCompleted", Shape::Integer),
    optional("warnings", Shape::Integer),
]);

const ACCESS_MODE: Shape = Shape::Choice(&["ReadOnly", "ReadWrite"]);

const LOCATION_SPEC: Shape = Shape::Object(&[
    optional("accessMode", ACCESS_MODE),
    nullable("backupSyncPeriod", Shape::Text),
    optional("config", TEXT_MAP),
    optional("credential", SECRET_KEY),
    optional("default", Shape::Boolean),
    required(
        "objectStorage",
        Shape::Object(&[
            required("bucket", Shape::Text),
            optional("caCert", Shape::Text),
            optional("caCertRef", SECRET_KEY),
            optional("prefix", Shape::Text),
        ]),
    ),
    required("provider", Shape::Text),
    nullable("validationFrequency", Shape::Text),
]);

const LOCATION_STATUS: Shape = Shape::Object(&[
    optional("accessMode", ACCESS_MODE),
    optional("lastSyncedRevision", Shape::Text),
    nullable("lastSyncedTime", Shape::Text),
    nullable("lastValidationTime", Shape::Text),
    optional("message", Shape::Text),
    optional("phase", Shape::Choice(&["Available", "Unavailable"])),
]);

const SNAPSHOT_LOCATION_SPEC: Shape = Shape::Object(&[
    optional("config", TEXT_MAP),
    optional("credential", SECRET_KEY),
    required("provider", Shape::Text),
]);

const SNAPSHOT_LOCATION_STATUS: Shape = Shape::Object(&[optional(
    "phase",
    Shape::Choice(&["Available", "Unavailable"]),
)]);

const RESTORE_HOOKS: Shape = Shape::Object(&[optional(
    "resources",
    Shape::List(&Shape::Object(&[
        nullable("excludedNamespaces", TEXTS),
        nullable("excludedResources", TEXTS),
        nullable("includedNamespaces", TEXTS),
        nullable("includedResources", TEXTS),
        nullable("labelSelector", SELECTOR),
        required("name", Shape::Text),
        optional("postHooks", Shape::List(&Shape::Open)),
    ])),
)]);

const RESTORE_SPEC: Shape = Shape::Object(&[
    optional("backupName", Shape::Text),
    nullable("excludedNamespaces", TEXTS),
    nullable("excludedResources", TEXTS),
    nullable("existingResourcePolicy", Shape::Text),
    optional("hooks", RESTORE_HOOKS),
    nullable("includeClusterResources", Shape::Boolean),
    nullable("includedNamespaces", TEXTS),
    nullable("includedResources", TEXTS),
    optional("itemOperationTimeout", Shape::Text),
    nullable("labelSelector", SELECTOR),
    optional("namespaceMapping", TEXT_MAP),
    nullable("orLabelSelectors", Shape::List(&SELECTOR)),
    nullable("preserveNodePorts", Shape::Boolean),
    nullable("resourceModifier", LOCAL_REFERENCE),
    nullable("restorePVs", Shape::Boolean),
    nullable(
        "restoreStatus",
        Shape::Object(&[
            nullable("excludedResources", TEXTS),
            nullable("includedResources", TEXTS),
        ]),
    ),
    optional("scheduleName", Shape::Text),
    nullable(
        "uploaderConfig",
        Shape::Object(&[
            optional("parallelFilesDownload", Shape::Integer),
            nullable("writeSparseFiles", Shape::Boolean),
        ]),
    ),
]);

const RESTORE_PHASES: Shape = Shape::Choice(&[
    "New",
    "FailedValidation",
    "InProgress",
    "WaitingForPluginOperations",
    "WaitingForPluginOperationsPartiallyFailed",
    "Completed",
    "PartiallyFailed",
    "Failed",
    "Finalizing",
    "FinalizingPartiallyFailed",
]);

const RESTORE_STATUS: Shape = Shape::Object(&[
    nullable("completionTimestamp", Shape::Text),
    optional("errors", Shape::Integer),
    optional("failureReason", Shape::Text),
    nullable("hookStatus", HOOK_STATUS),
    optional("phase", RESTORE_PHASES),
    nullable(
        "progress",
        Shape::Object(&[
            optional("itemsRestored", Shape::Integer),
            optional("totalItems", Shape::Integer),
        ]),
    ),
    optional("restoreItemOperationsAttempted", Shape::Integer),
    optional("restoreItemOperationsCompleted", Shape::Integer),
    optional("restoreItemOperationsFailed", Shape::Integer),
    nullable("startTimestamp", Shape::Text),
    nullable("validationErrors", TEXTS),
    optional("warnings", Shape::Integer),
]);

const SCHEDULE_SPEC: Shape = Shape::Object(&[
    optional("paused", Shape::Boolean),
    required("schedule", Shape::Text),
    optional("skipImmediately", Shape::Boolean),
    required("template", BACKUP_SPEC),
    nullable("useOwnerReferencesInBackup", Shape::Boolean),
]);

const SCHEDULE_STATUS: Shape = Shape::Object(&[
    nullable("lastBackup", Shape::Text),
    nullable("lastSkipped", Shape::Text),
    optional(
        "phase",
        Shape::Choice(&["New", "Enabled", "FailedValidation"]),
    ),
    optional("validationErrors", TEXTS),
]);

macro_rules! object {
    ($($more:expr),* $(,)?) => {
        Shape::Object(&[optional("apiVersion", Shape::Text), optional("kind", Shape::Text), optional("metadata", METADATA), $($more),*])
    };
}

/// A Namespace.
pub const NAMESPACE: Shape = object![
    optional("spec", Shape::Object(&[optional("finalizers", TEXTS)])),
    optional(
        "status",
        Shape::Object(&[
            optional("conditions", Shape::List(&Shape::Open)),
            optional("phase", Shape::Text)
        ])
    ),
];
/// A Secret.
pub const SECRET: Shape = object![
    optional("data", TEXT_MAP),
    optional("immutable", Shape::Boolean),
    optional("stringData", TEXT_MAP),
    optional("type", Shape::Text),
];
/// A ConfigMap.
pub const CONFIG_MAP: Shape = object![
    optional("binaryData", TEXT_MAP),
    optional("data", TEXT_MAP),
    optional("immutable", Shape::Boolean)
];
/// An object whose spec and status are stored without a look.
pub const STORED: Shape = object![
    optional("spec", Shape::Open),
    optional("status", Shape::Open)
];
/// A ValidatingWebhookConfiguration.
pub const WEBHOOKS: Shape = object![optional("webhooks", Shape::Open)];
/// An EndpointSlice.
pub const ENDPOINTS: Shape = object![
    optional("addressType", Shape::Open),
    optional("endpoints", Shape::Open),
    optional("ports", Shape::Open)
];
/// A ClusterRoleBinding.
pub const BINDING: Shape = object![
    optional("roleRef", Shape::Open),
    optional("subjects", Shape::Open)
];
/// A BackupStorageLocation.
pub const LOCATION: Shape = object![
    optional("spec", LOCATION_SPEC),
    optional("status", LOCATION_STATUS)
];
/// A VolumeSnapshotLocation.
pub const SNAPSHOT_LOCATION: Shape = object![
    optional("spec", SNAPSHOT_LOCATION_SPEC),
    optional("status", SNAPSHOT_LOCATION_STATUS)
];
/// A Schedule.
pub const SCHEDULE: Shape = object![
    optional("spec", SCHEDULE_SPEC),
    optional("status", SCHEDULE_STATUS)
];
/// A Backup.
pub const BACKUP: Shape = object![
    optional("spec", BACKUP_SPEC),
    optional("status", BACKUP_STATUS)
];
/// A Restore.
pub const RESTORE: Shape = object![
    optional("spec", RESTORE_SPEC),
    optional("status", RESTORE_STATUS)
];
