//! What can be said about a configuration before anything is evaluated: arguments against schemas, names against
//! declarations, the order of evaluation. So a mistake in a branch that is not taken is a mistake all the same.

mod attributes;
mod blocks;
mod bodies;
pub mod dynamic;
mod journal;
pub mod order;
mod providers;
mod recovery;
mod refactoring;
pub mod references;
pub mod shape;
mod steps;
pub mod tree;

pub use blocks::Checked;
pub use providers::missing;

use super::library::{Library, ModuleIndex};
use super::module::ResourceName;
use crate::diag::Diagnostic;
use crate::model::schema::Schemas;
use order::Needs;
use std::collections::{BTreeMap, BTreeSet};
use tree::{Place, Tree, UnitIndex};

/// What was found out about a configuration.
pub struct Findings<'m> {
    /// Modules, each once.
    pub modules: BTreeMap<ModuleIndex, Checked<'m>>,
    /// What everything needs, across modules.
    pub needs: Needs<Place>,
    /// Resources without the provider they are under.
    pub lacking: BTreeSet<(UnitIndex, &'m ResourceName)>,
}

/// Checks every module, and how they fit together.
pub fn check<'m>(
    library: &'m Library,
    tree: &Tree<'m>,
    schemas: &dyn Schemas,
    diagnostics: &mut Vec<Diagnostic>,
) -> Findings<'m> {
    let modules: BTreeMap<ModuleIndex, Checked<'m>> = library
        .modules()
        .iter()
        .enumerate()
        .map(|(at, module)| {
            let checked = blocks::check(module, library, schemas, diagnostics);
            refactoring::check(module, library, diagnostics);
            journal::check(module, diagnostics);
            recovery::check(module, library, diagnostics);
            (ModuleIndex(at), checked)
        })
        .collect();
    let lacking = providers::check(tree, &modules, diagnostics);
    let needs = tree.needs(&modules);
    Findings {
        modules,
        needs,
        lacking,
    }
}
