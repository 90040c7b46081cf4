//! What an import starts from: the configuration beside which its blocks will stand, and the way to the cluster.

use crate::cli::arguments::ImportFlags;
use crate::cli::load;
use crate::cli::process::{Process, Trouble};
use crate::lang::limits;
use crate::lang::sources::Sources;
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::resource::Configuration;
use serde_json::Map;
use std::collections::BTreeSet;
use std::path::Path;

/// Longest name of a stack.
const STACK: usize = 63;

/// The ground.
pub(super) struct Ground {
    /// What is declared; empty where there is no file yet.
    pub(super) configuration: Configuration,
    /// The provider that is read through.
    pub(super) provider: ProviderRef,
    /// Its arguments.
    pub(super) arguments: Expr,
    has_files: bool,
}

impl Ground {
    /// Of the directory and the flags.
    ///
    /// # Errors
    /// Where the configuration is not valid, or says by itself where the cluster is.
    pub(super) fn of(process: &mut Process, flags: &ImportFlags) -> Result<Self, Trouble> {
        let has_files = has_files(&load::directory(process, &flags.variables));
        let configuration = if has_files {
            load::valid(process, &flags.variables, flags.colour.flag())?
        } else {
            Configuration::default()
        };
        let provider = ProviderRef {
            provider: "kubernetes".to_owned(),
            alias: None,
        };
        let given = given(flags);
        let arguments = match configuration.providers.get(&provider) {
            Some(_) if !given.is_empty() => {
                let detail = "The configuration has a block `provider \"kubernetes\"`, which says where the cluster is: leave out -kubeconfig and -context.";
                return Err(Trouble::error("Two ways to the cluster", detail));
            }
            Some(block) => block.arguments.clone(),
            None => Expr::Value(given.into()),
        };
        Ok(Self {
            configuration,
            provider,
            arguments,
            has_files,
        })
    }

    /// Arguments of the provider block that the configuration lacks.
    pub(super) fn new_provider(&self) -> Option<&Expr> {
        let is_there = self.configuration.providers.contains_key(&self.provider);
        (!is_there).then_some(&self.arguments)
    }

    /// A name for the stack, where there is no configuration yet: the directory's.
    pub(super) fn new_stack(&self, directory: &Path) -> Option<String> {
        if self.has_files {
            return None;
        }
        let name = directory.file_name().and_then(|name| name.to_str());
        let name: String = name
            .unwrap_or_default()
            .to_lowercase()
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() || c.is_ascii_digit() {
                    c
                } else {
                    '-'
                }
            })
            .take(STACK)
            .collect();
        let name = name.trim_matches('-');
        Some(if name.is_empty() { "main" } else { name }.to_owned())
    }

    /// Addresses that are taken.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        let resources = self.configuration.resources.iter();
        resources
            .map(|resource| Address::new(&resource.address.kind, &resource.address.name))
            .collect()
    }
}

/// Whether anything is written in the directory. A shell makes the empty file of `sk-dr import > velero.hcl` before
/// anything is read.
fn has_files(directory: &impl Sources) -> bool {
    let is_written = |name: &String| {
        let bytes = directory.read(name, limits::FILE_BYTES);
        bytes.map_or(true, |bytes| !bytes.iter().all(u8::is_ascii_whitespace))
    };
    let names = directory.list(".");
    names.map_or(true, |names| names.iter().any(is_written))
}

fn given(flags: &ImportFlags) -> Map<String, serde_json::Value> {
    let named = [
        ("config_path", &flags.kubeconfig),
        ("config_context", &flags.context),
    ];
    named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())))
        .collect()
}
