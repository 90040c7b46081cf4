//! What must hold beside an object when it is written, as data of a plan (R35). Must not know how it is found out.

use super::condition::Condition;
use super::identity::KubeResource;
use serde::{Deserialize, Serialize};

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// A Velero server runs nothing: of these types no object in its namespace is between its first phase and its last. A
    /// server without a ready replica runs nothing, whatever its objects say; else one that does not start could never be
    /// mended.
    Idle {
        /// Its namespace.
        namespace: String,
        /// Name of its Deployment.
        deployment: String,
        /// Types of what it runs.
        runs: Vec<KubeResource>,
    },
    /// This object is there and ready; it is waited for, by apply alone.
    Ready {
        /// Its type.
        resource: KubeResource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// What it is ready by.
        condition: Condition,
        /// Seconds that it is waited for.
        limit_s: u64,
    },
    /// This object is there.
    Exists {
        /// Its type.
        resource: KubeResource,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

/// Last phases of what Velero runs (api/v1 and api/v2alpha1 of 1.18.1). A backup at `Deleting` is taken up again by whoever
/// starts next.
const ENDED: &[&str] = &[
    "Canceled",
    "Completed",
    "Deleting",
    "Failed",
    "FailedValidation",
    "PartiallyFailed",
];

/// Whether an object that Velero runs is still to end. One without a phase waits for its turn.
pub fn is_running(phase: &str) -> bool {
    !ENDED.contains(&phase)
}
