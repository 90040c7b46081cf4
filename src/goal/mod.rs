//! Which desired state a plan is for: everything or a part (`-target`, `-exclude`), to converge or to destroy.
//! Must not know what is live.

pub mod graph;
pub mod imports;
pub mod recovery;
pub mod scope;

use crate::diag::Diagnostic;
use crate::kinds;
use crate::model::address::Target;
use crate::model::identity::{Key, ProviderRef};
use crate::model::resource::{Configuration, Resource};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Converge, destroy or recover.
    pub mode: GoalMode,
    /// `-target`.
    #[serde(default)]
    pub target: Vec<Target>,
    /// `-exclude`.
    #[serde(default)]
    pub exclude: Vec<Target>,
    /// Which recovery, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recover>,
}

/// What a recovery's plan was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// Its name in the configuration.
    pub name: String,
    /// Which time it is recovered: eight hex digits, drawn once (R6).
    pub incarnation: String,
    /// What is lost, each with the identity that it had, where that was declared or recorded (R1).
    pub lost: BTreeMap<ProviderRef, Option<String>>,
    /// Namespaces in scope that may be there already when the new cluster is first reached (R31).
    pub may_exist: BTreeSet<String>,
    /// Namespaces that are restored.
    pub scope_namespaces: BTreeSet<String>,
}

/// Mode of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalMode {
    /// Bring live to what is declared.
    Converge,
    /// Remove what is declared and ours.
    Destroy,
    /// Bring back what is lost, then converge. Nothing is removed.
    Recover,
}

/// Two resources that are one object (R21), as diagnostics at the second of them.
pub fn duplicate_keys(configuration: &Configuration) -> Vec<Diagnostic> {
    let mut first: BTreeMap<(Option<&ProviderRef>, Key), &Resource> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for resource in &configuration.resources {
        // What is several objects may share more than one with another: one diagnostic tells.
        let shared = kinds::keys(resource).into_iter().find_map(|key| {
            let title = key.to_string();
            match first.entry((resource.provider.as_ref(), key)) {
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(resource);
                    None
                }
                std::collections::btree_map::Entry::Occupied(occupied) => {
                    Some((*occupied.get(), title))
                }
            }
        });
        if let Some((other, title)) = shared {
            let mut diagnostic = Diagnostic::error(
                "duplicate-object",
                "Two resources are one object",
                format!(
                    "`{}` is already `{title}`: an object has one address",
                    other.address
                ),
            )
            .at(resource.span_of("name"))
            .within(resource.span);
            diagnostic.address = Some(resource.address.to_string());
            diagnostics.push(diagnostic);
        }
    }
    diagnostics
}

/// A `-target`, `-exclude` or `-adopt` that names nothing in the configuration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{flag}={target} names no resource of the configuration")]
pub struct UnknownAddress {
    /// The flag, as it is typed.
    pub flag: &'static str,
    /// What was given.
    pub target: Target,
}

/// Checks that every address given to a flag covers a declared resource.
///
/// # Errors
/// The first one that does not.
pub fn check_addresses(
    configuration: &Configuration,
    flag: &'static str,
    targets: &[Target],
) -> Result<(), UnknownAddress> {
    let unknown = targets.iter().find(|given| {
        !configuration
            .resources
            .iter()
            .any(|resource| given.covers(&resource.address))
    });
    match unknown {
        None => Ok(()),
        Some(target) => Err(UnknownAddress {
            flag,
            target: target.clone(),
        }),
    }
}
