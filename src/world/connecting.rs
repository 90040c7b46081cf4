//! What a provider is connected with. Must not know what kind of server it leads to.

use super::clock::Clock;
use super::guard::Guard;
use super::waiting::Waiting;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of a provider with all secrets read; `Debug` and `Serialize` are left out on purpose.
#[derive(Clone)]
pub struct ConnectArguments {
    /// Arguments by name, as the provider block has them: `host`, `token`, `config_path`, `endpoint`, ...
    pub arguments: serde_json::Value,
    /// A copy of the environment: KUBE_* and KUBECONFIG, AWS_*, HOME.
    pub environment: BTreeMap<String, String>,
    /// Relative paths resolve against it.
    pub directory: PathBuf,
    /// Which programs may be started, which files read and which servers asked.
    pub guard: Guard,
    /// Tells when a credential expires.
    pub clock: Arc<dyn Clock>,
    /// Who is told what is waited for.
    pub waiting: Waiting,
}

impl ConnectArguments {
    /// A variable of the environment. An empty one is as good as none, as with kubectl, Terraform's providers and the AWS
    /// tools: whoever unsets one for a single command writes `NAME= command`.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
