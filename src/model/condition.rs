//! What a step waits for, as data. The judgement over a live object is [`judge`]; it is pure.

use serde::{Deserialize, Serialize};

/// What must hold before a step counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The object is gone, or another object (other UID) has its name.
    Gone,
    /// A namespace's `status.phase` is Active.
    NamespaceActive,
    /// A location is Available, validated after the write.
    LocationAvailable,
    /// A schedule is Enabled; FailedValidation ends at once.
    ScheduleEnabled,
    /// A cluster's API answers through its kubeconfig.
    ClusterAnswers,
}

/// A wait with its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// For what.
    #[serde(rename = "for")]
    pub condition: Condition,
    /// Seconds after which the step fails with the server's reason.
    pub limit_s: u64,
}
