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

pub use super::connecting::ConnectArguments;
use super::query::Why;
use super::wire::Wire;
pub use super::wire::{Again, Unsent};
use async_trait::async_trait;
pub use connect::KubeWires;
pub use sameness::Before;

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
