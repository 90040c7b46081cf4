//! What controllers put into each new namespace of a real cluster: the certificate of its API server and an account. Each
//! cluster has a certificate of its own, so what a backup of one brings is never what the other has. Must not know requests.

use super::state::{State, stamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Whether these controllers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Furnishing {
    /// Namespaces are born empty.
    #[default]
    Off,
    /// As in a real cluster.
    On,
}

impl Furnishing {
    /// Whether they do not: the form that is not saved.
    pub fn is_off(&self) -> bool {
        match self {
            Self::Off => true,
            Self::On => false,
        }
    }
}

/// From now on namespaces are furnished, those that are there too.
pub fn furnish_all(state: &mut State) {
    state.furnishing = Furnishing::On;
    let names: Vec<String> = state
        .list("namespaces", None)
        .filter_map(|(key, _)| key.strip_prefix("namespaces/").map(str::to_owned))
        .collect();
    for name in names {
        furnish(state, &name);
    }
}

/// Furnishes a namespace that is new.
pub fn furnish(state: &mut State, namespace: &str) {
    if state.furnishing.is_off() {
        return;
    }
    let certificate = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        state.cluster_uid()
    );
    let root = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": certificate},
    });
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
    for (title, name, mut object) in [
        ("configmaps", "kube-root-ca.crt", root),
        ("serviceaccounts", "default", account),
    ] {
        object["metadata"]["namespace"] = json!(namespace);
        object["metadata"]["uid"] = json!(state.peek_uid());
        object["metadata"]["creationTimestamp"] = json!(stamp(state.now));
        state.take_uid();
        state.store(&format!("{title}/{namespace}/{name}"), object);
    }
}
