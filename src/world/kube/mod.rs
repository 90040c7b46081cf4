//! The Kubernetes client: requests, retries, deadlines, and what each answer means.

use super::Wire;
use super::query::Why;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of a `kubernetes` provider with all secrets read; `Debug` and `Serialize` are left out on purpose.
#[derive(Clone)]
pub struct ConnectArguments {
    /// Arguments by name as `facts` of the Terraform provider name them: `host`, `token`, `config_path`, `config_context`, ...
    pub arguments: serde_json::Value,
    /// A copy of the environment: KUBE_* and KUBECONFIG, HOME.
    pub environment: BTreeMap<String, String>,
    /// Relative paths resolve against it.
    pub directory: PathBuf,
}

/// A wire and what to call it.
pub struct Connected {
    /// The wire; requests carry only path and query, it adds server and credentials.
    pub wire: Wire,
    /// Context and server for people.
    pub title: String,
}

/// Makes wires. The real one is made of kube's configuration; a sandbox answers in process.
#[async_trait]
pub trait Wires: Send + Sync {
    /// The wire to the API that the arguments name.
    ///
    /// # Errors
    /// Where they name none: kubeconfig missing or malformed, context unknown.
    async fn connect(&self, arguments: &ConnectArguments) -> Result<Connected, Why>;
}
