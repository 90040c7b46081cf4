//! Why there is no plan at all. Must not know which exit code it becomes.

use crate::model::address::Address;
use crate::model::advice::Advice;
use crate::model::identity::ProviderRef;

/// Why there is no plan at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// Another cluster answers than the one expected (R21): exit 3.
    #[error(transparent)]
    WrongIdentity(Box<WrongIdentity>),
    /// Two addresses are one object, by two provider blocks that reach one cluster (R21).
    #[error(
        "{first} and {second} are both {key} of cluster {cluster}, which two provider blocks reach; an object has one address: remove one of them"
    )]
    SameObject {
        /// One.
        first: Box<Address>,
        /// The other.
        second: Box<Address>,
        /// What they both are.
        key: String,
        /// Identity of the cluster.
        cluster: String,
    },
    /// Steps wait for each other: a mistake of the program.
    #[error("steps wait for each other: {0}")]
    Circle(String),
    /// The plan cannot be written as JSON.
    #[error("the plan cannot be written: {0}")]
    Unwritable(String),
}

/// Another cluster answers than the one expected.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "provider {provider} is another cluster: {title} has identity {found}, expected {expected} ({because}); \
     if this cluster replaces the old one on purpose, write {} in the provider block",
    Advice::identity(.found)
)]
pub struct WrongIdentity {
    /// The provider.
    pub provider: ProviderRef,
    /// Context and server.
    pub title: String,
    /// UID that answered.
    pub found: String,
    /// UID that was expected.
    pub expected: String,
    /// Who expects it.
    pub because: &'static str,
}
