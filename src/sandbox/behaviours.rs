//! What the sandbox imitates, and how we know each piece. No safety rule may rest on a guess alone. Whether a behaviour is
//! *contract-tested* is not written here: it is computed from which contract cases ran on the sandbox and on the real
//! servers; [`BEHAVIOURS`] names the case.

use serde_json::{Value, json};

/// How we know a behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A contract case of this name holds the sandbox and the real servers to it.
    Case(&'static str),
    /// Read in the source or documentation of the real thing.
    Read(&'static str),
    /// Plausible.
    Guessed(&'static str),
}

/// One behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// What happens, a phrase.
    pub name: &'static str,
    /// How we know.
    pub evidence: Evidence,
}

const fn case(name: &'static str, case: &'static str) -> Behaviour {
    Behaviour {
        name,
        evidence: Evidence::Case(case),
    }
}
const fn read(name: &'static str, place: &'static str) -> Behaviour {
    Behaviour {
        name,
        evidence: Evidence::Read(place),
    }
}
const fn guessed(name: &'static str, why: &'static str) -> Behaviour {
    Behaviour {
        name,
        evidence: Evidence::Guessed(why),
    }
}

/// The case about what a backup leaves in its bucket, and what becomes of it.
pub const FILES: &str = "files_of_a_backup";

/// The case about what restores make in the cluster and leave in the bucket.
pub const RESTORES: &str = "restores";

/// All behaviours of actors.
pub const BEHAVIOURS: &[Behaviour] = &[
    case(
        "a location whose bucket exists becomes Available",
        "velero_location_available",
    ),
    case(
        "a location whose bucket does not exist becomes Unavailable with a message",
        "velero_location_unknown_bucket",
    ),
    case(
        "an unknown config key makes a location Unavailable",
        "velero_location_unknown_key",
    ),
    case(
        "of two default locations the older loses the mark",
        "velero_default_flips",
    ),
    read(
        "at its start the server marks its default location",
        "pkg/cmd/server/server.go setDefaultBackupLocation",
    ),
    read(
        "validationFrequency 0 validates once, negative is the default",
        "internal/storage IsReadyToValidate",
    ),
    read(
        "locations are looked at every 10 s and at each spec change",
        "backup_storage_location_controller.go",
    ),
    read(
        "an Available location notes lastSyncedTime each minute",
        "backup_sync_controller.go",
    ),
    case(
        "a directory at a location's root that Velero does not know makes it Unavailable",
        FILES,
    ),
    case(
        "backups of the bucket appear in the cluster, unfinished ones once they expired, as PartiallyFailed",
        FILES,
    ),
    case(
        "PodVolumeBackups come with their backup, changed as its owner, UID and location are",
        FILES,
    ),
    case(
        "a backup whose metadata went from the bucket goes from the cluster, a Failed one stays",
        FILES,
    ),
    case(
        "a schedule with a good cron becomes Enabled, skipImmediately is written false",
        "velero_schedule_enabled",
    ),
    case(
        "a schedule with a bad cron becomes FailedValidation",
        "velero_schedule_bad_cron",
    ),
    case(
        "a schedule fires after its minute, named after the server's clock",
        "velero_schedule_fires",
    ),
    case(
        "skipImmediately is consumed once and notes lastSkipped",
        "velero_unpause_skips",
    ),
    case(
        "unpausing fires at once if a run passed while paused",
        "velero_unpause_fires",
    ),
    read(
        "a paused schedule is not looked at",
        "schedule_controller.go SetupWithManager",
    ),
    read(
        "a run is skipped while a backup of the schedule is New or InProgress",
        "schedule_controller.go checkIfBackupInNewOrProgress",
    ),
    case(
        "a backup takes labels of the template, else of the schedule",
        "velero_backup_labels",
    ),
    read(
        "useOwnerReferencesInBackup makes the schedule own its backups",
        "pkg/builder/backup_builder.go FromSchedule",
    ),
    read(
        "what the server fills into a backup",
        "backup_controller.go prepareBackupRequest",
    ),
    read(
        "a backup to a read-only or unavailable location is FailedValidation",
        "backup_controller.go prepareBackupRequest",
    ),
    read(
        "a restart turns InProgress into Failed",
        "pkg/cmd/server/server.go markInProgressBackupsFailed",
    ),
    case(
        "a backup leaves nine files, the log first, and its tarball holds each object twice",
        FILES,
    ),
    read(
        "a backup whose name is in the bucket already is Failed",
        "backup_controller.go runBackup",
    ),
    case(
        "an expired backup goes with its files as soon as it appears in the cluster",
        FILES,
    ),
    read(
        "expired backups go each hour, only from writable, available locations; others say why in a label",
        "gc_controller.go",
    ),
    case(
        "a restore makes the objects of its backup's tarball without what belonged to their cluster, labelled; its namespaces come as they were",
        RESTORES,
    ),
    case(
        "an object that is there is kept, and where it differs that is a warning, and the object is listed as failed",
        RESTORES,
    ),
    case(
        "a restore leaves its log, results, list of objects, operations and volumes in the bucket",
        RESTORES,
    ),
    case(
        "every restore carries one warning of its finalizer where no type of group snapshots is served",
        RESTORES,
    ),
    case(
        "a restore without a backup is FailedValidation",
        "velero_restore_no_backup",
    ),
    case(
        "a Restore that is deleted goes once its files are gone",
        "velero_restore_no_source",
    ),
    case(
        "a restore of what is never restored is FailedValidation",
        "velero_restore_of_nodes",
    ),
    read(
        "restores run one after the other, their volumes included",
        "restore_controller.go, pkg/restore/restore.go podVolumeWaitGroup",
    ),
    read(
        "types in their order, the others by their names; objects of the cluster only where all namespaces are restored or they are asked for",
        "pkg/restore/restore.go getOrderedResourceCollection",
    ),
    read(
        "a Pod that a restore makes is held back until its volumes are filled; one that is there gets none",
        "pkg/restore/restore.go restoreItem",
    ),
    read(
        "a restore whose log cannot be written is PartiallyFailed, one whose results cannot be written stays Finalizing",
        "restore_controller.go runValidatedRestore, restore_finalizer_controller.go updateResults",
    ),
    read(
        "a restart turns a restore that is InProgress into Failed, and cancels its volumes",
        "pkg/cmd/server/server.go markInProgressRestoresFailed",
    ),
    read(
        "a namespace is born with the certificate of its API server and an account, where a test asks for it",
        "kube-controller-manager root-ca-certificate-publisher, serviceaccount",
    ),
    guessed(
        "a restore makes all its objects two seconds after it began, and fills all its volumes two seconds later",
        "it moves no data",
    ),
    guessed(
        "no hook of a restore is run; one of a Pod's annotations counts as having run",
        "nothing runs in a Pod",
    ),
    guessed(
        "a backup takes two seconds and skips the queue's phases",
        "it moves no data",
    ),
    guessed(
        "controllers react after half a second",
        "a real reaction is between 10 ms and some seconds",
    ),
    guessed(
        "wording of a missing credentials Secret",
        "put together from the wraps in the source",
    ),
    guessed(
        "a backup of the sandbox holds no roles of accounts",
        "of Velero's item actions only that of claims is imitated",
    ),
    guessed(
        "a node agent copies a Pod's volumes at once, each of 1024 bytes, and only where the Pod runs",
        "it moves no data",
    ),
    guessed(
        "claims are bound when a Pod that mounts them appears, to a volume that goes with them",
        "there is one class, which waits for its first consumer",
    ),
    guessed(
        "a location's bucket is the sandbox's, whatever s3Url and credentials it names",
        "Velero's own requests do not go over the wire",
    ),
    guessed(
        "no DeleteBackupRequest is made for an expired backup",
        "the type is not served",
    ),
    case(
        "a terminating namespace empties and goes",
        "namespace_deleted",
    ),
    case(
        "a terminating namespace takes no new objects",
        "terminating_refuses",
    ),
    case(
        "a delete with Orphan goes through a finalizer",
        "delete_orphan",
    ),
    guessed(
        "dependents of a deleted object go half a second later",
        "the garbage collector works from a queue",
    ),
    guessed(
        "a Deployment or DaemonSet runs what was written after half a second",
        "workloads make no Pods, and there is one node",
    ),
    guessed(
        "Velero's server starts anew when its Deployment does, and ends with it",
        "of its flags only its default location and the controllers that it does not run are read, and it does not look whether its types are served",
    ),
    guessed(
        "later pages of a LIST show the present, not the first page's snapshot",
        "no history is kept",
    ),
];

/// As JSON.
pub fn json() -> Value {
    BEHAVIOURS
        .iter()
        .map(|behaviour| {
            let (tag, detail) = tag(behaviour);
            json!({"behaviour": behaviour.name, "tag": tag, "detail": detail})
        })
        .collect()
}

fn tag(behaviour: &Behaviour) -> (&'static str, &'static str) {
    match behaviour.evidence {
        Evidence::Case(name) => ("contract case", name),
        Evidence::Read(place) => ("read in source", place),
        Evidence::Guessed(why) => ("guessed", why),
    }
}

/// As text, one line each. `tested` says whether a contract case ran on both sides.
pub fn table(tested: impl Fn(&str) -> bool) -> String {
    BEHAVIOURS
        .iter()
        .map(|behaviour| {
            let (mut tag, detail) = tag(behaviour);
            if let Evidence::Case(name) = behaviour.evidence {
                tag = if tested(name) {
                    "contract-tested"
                } else {
                    "case not run on both"
                };
            }
            format!("{tag:<21} {:<85} {detail}\n", behaviour.name)
        })
        .collect()
}
