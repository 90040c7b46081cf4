//! The inventory: what runs of a stack have owned. Written at the end of a run, read when the next plan is made.

use super::identity::{Key, ProviderRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was ever owned (R26): evidence, never authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// kube-system UID of each provider seen.
    pub clusters: BTreeMap<ProviderRef, String>,
    /// What was owned, by provider, type and key.
    pub owned: Vec<OwnedObject>,
    /// Names of clusters made by a command, with their kubeconfig.
    #[serde(default)]
    pub made_clusters: BTreeMap<String, String>,
}

/// One object in the inventory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnedObject {
    /// Provider; none for clusters made by a command.
    pub provider: Option<ProviderRef>,
    /// Resource type of the language: `velero_schedule`.
    pub kind: String,
    /// Natural key.
    pub key: Key,
}
