//! The client of S3 stores: the AWS SDK writes, signs and reads, our own wire carries (so that sandbox and faults sit where
//! they sit for Kubernetes), our own tries repeat. Reads, and writes of what is not there yet; nothing is written over and
//! nothing deleted. Must not know what a bucket holds.

mod answers;
mod client;
mod connect;
mod connector;
mod reads;
mod rules;
mod settings;
#[cfg(test)]
mod tests;
mod writes;

use super::connecting::ConnectArguments;
use super::query::Why;
use super::redactor::Redactor;
use super::wire::Wire;
use crate::model::server_address::ServerAddress;
pub use client::Client;
pub use connect::StoreWires;
pub(super) use reads::Version;
pub use rules::{Expiry, Versions};
pub use writes::{BucketState, Put};

/// How a store proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// By an authority that this machine trusts.
    Machine,
    /// By this one alone: PEM text.
    Authority(String),
}

/// Makes wires to stores. The real one is hyper over rustls; a sandbox answers in process. Requests carry whole addresses
/// and are signed.
pub trait Wires: Send + Sync {
    /// The wire to the store at this address. Asks nothing.
    ///
    /// # Errors
    /// Where the authority cannot be used.
    fn wire(&self, endpoint: &ServerAddress, trust: &Trust) -> Result<Wire, Why>;
}

/// A client of the store that the arguments name. Asks nothing.
///
/// # Errors
/// Where they name none, an argument cannot be used, or credentials are missing.
pub(super) fn connect(
    arguments: &ConnectArguments,
    wires: &dyn Wires,
    (seed, redactor): (u64, &Redactor),
) -> Result<Client, Why> {
    let settings = settings::read(arguments)?;
    let wire = wires.wire(&settings.endpoint, &settings.trust)?;
    Ok(Client::new(
        wire,
        settings,
        arguments.clock.clone(),
        (seed, redactor),
    ))
}
