//! The Kubernetes client: requests, retries, deadlines, and what each answer means.

mod answers;
mod asked;
pub mod client;
mod connect;
mod credential_files;
mod credentials;
mod guarded;
mod kubeconfig;
mod plugins;
mod reads;
mod renewing;
mod requests;
mod sameness;
#[cfg(test)]
mod tests;
mod users;
mod writes;

use super::Wire;
use super::clock::Clock;
use super::guard::Guard;
use super::query::{FailureClass, Why};
use super::waiting::Waiting;
use async_trait::async_trait;
pub use connect::KubeWires;
pub use sameness::Before;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of a `kubernetes` provider with all secrets read; `Debug` and `Serialize` are left out on purpose.
#[derive(Clone)]
pub struct ConnectArguments {
    /// Arguments by name as `facts` of the Terraform provider name them: `host`, `token`, `config_path`, `config_context`, ...
    pub arguments: serde_json::Value,
    /// A copy of the environment: KUBE_* and KUBECONFIG, HOME.
    pub environment: BTreeMap<String, String>,
    /// Relative paths resolve against it.
    pub directory: PathBuf,
    /// Which programs may be started and which servers asked.
    pub guard: Guard,
    /// Tells when a credential expires.
    pub clock: Arc<dyn Clock>,
    /// Who is told what is waited for.
    pub waiting: Waiting,
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

/// Whether a request that could not be sent may go better later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// A server may come up.
    Later,
    /// A certificate or credential stays wrong.
    Never,
}

/// Error of a [`Wire`] whose request certainly never left: a write that ends so is refused, not in doubt.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unsent {
    /// Class of the failure.
    pub class: FailureClass,
    /// Words.
    pub message: String,
    /// Whether trying again makes sense.
    pub again: Again,
}

/// An error and its causes on one line, without repeating what a cause already said.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = error.source();
    }
    words
}
