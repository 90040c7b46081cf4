//! Flags of Velero's programs, as `velero server --help` and `velero node-agent server --help` of 1.18.1 list them.

use crate::diag::suggest::nearest;

/// Minor version whose flags these are.
pub(super) const MINOR: [u64; 2] = [1, 18];

/// Flags of the server.
pub(super) const SERVER: &[&str] = &[
    "backup-repository-configmap",
    "backup-sync-period",
    "client-burst",
    "client-page-size",
    "client-qps",
    "concurrent-backups",
    "default-backup-storage-location",
    "default-backup-ttl",
    "default-item-operation-timeout",
    "default-repo-maintain-frequency",
    "default-snapshot-move-data",
    "default-volume-snapshot-locations",
    "default-volumes-to-fs-backup",
    "disable-controllers",
    "disable-informer-cache",
    "features",
    "fs-backup-timeout",
    "garbage-collection-frequency",
    "item-block-worker-count",
    "item-operation-sync-frequency",
    "log-format",
    "log-level",
    "max-concurrent-k8s-connections",
    "metrics-address",
    "plugin-dir",
    "profiler-address",
    "repo-maintenance-job-configmap",
    "resource-timeout",
    "restore-only",
    "restore-resource-priorities",
    "schedule-skip-immediately",
    "store-validation-frequency",
    "terminating-resource-timeout",
    "uploader-type",
    "volume-group-snapshot-label-key",
];

/// Flags of the node agent.
pub(super) const NODE_AGENT: &[&str] = &[
    "backup-repository-configmap",
    "data-mover-prepare-timeout",
    "features",
    "log-format",
    "log-level",
    "metrics-address",
    "node-agent-configmap",
    "resource-timeout",
];

/// Flags that say where it runs, which its objects say.
const PLACES: &[&str] = &["kubeconfig", "kubecontext", "namespace"];

/// Controllers that the server can do without.
const CONTROLLERS: &[&str] = &[
    "backup",
    "backup-deletion",
    "backup-finalizer",
    "backup-operations",
    "backup-queue",
    "backup-repo",
    "backup-sync",
    "download-request",
    "gc",
    "restore",
    "restore-finalizer",
    "restore-operations",
    "schedule",
    "server-status-request",
];

/// What is wrong with a flag, and what may be meant.
pub(super) struct Wrong {
    pub(super) detail: String,
    pub(super) hint: Option<String>,
}

/// What keeps the program from starting with this flag.
pub(super) fn wrong(known: &[&'static str], name: &str, value: &str) -> Option<Wrong> {
    if PLACES.contains(&name) {
        let detail = format!("`{name}` is not for `args`: the server runs where its Deployment is");
        return Some(Wrong { detail, hint: None });
    }
    if !known.contains(&name) {
        let plain = name.trim_start_matches('-');
        return Some(Wrong {
            detail: format!(
                "there is no flag `{name}`, and with one that it does not know it does not start"
            ),
            hint: nearest(plain, known.iter().copied())
                .map(|name| format!("did you mean `{name}`?")),
        });
    }
    if name != "disable-controllers" {
        return None;
    }
    let names = value.split(',').map(str::trim);
    let unknown = names.filter(|name| !name.is_empty() && !CONTROLLERS.contains(name));
    unknown.into_iter().next().map(|unknown| Wrong {
        detail: format!("there is no controller `{unknown}`, and the server does not start"),
        hint: nearest(unknown, CONTROLLERS.iter().copied())
            .map(|name| format!("did you mean `{name}`?")),
    })
}
