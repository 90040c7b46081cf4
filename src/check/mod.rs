//! Findings of a configuration and of a plan: what is allowed and still deserves a word. One file per lint, all in the
//! list below; each has a code, and a section in `docs/lints.md` that is written from here. A finding never changes what a
//! plan does. Must not ask anything: it reads what was declared and what the plan's questions found.

mod allowed;
mod bucket_not_examined;
mod checksum_algorithm;
mod coverage;
mod coverage_ends;
mod database_without_hook;
mod default_location_name;
mod default_ttl;
mod foreign_owner;
mod gitops_prunes_backups;
mod hetzner_snapshots;
mod image;
mod load_balancer_name;
mod location_in_use;
mod location_moves;
mod manifests;
mod names;
mod namespace_protected;
mod objective_missed;
mod owner_references;
mod page;
mod read_only_location;
mod registry_inside;
pub mod scene;
mod selector;
mod several_snapshot_locations;
mod shared_prefix;
mod skipped_run;
#[cfg(test)]
mod tests;
mod too_frequent;
mod velero_namespace;
mod view;
mod volumes_not_covered;

use crate::diag::Diagnostic;
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::resource::Configuration;
use crate::plan::decided::Decided;
use crate::plan::document::{Finding, FindingSeverity as Severity};
pub(crate) use names::length;
pub use page::page;
use scene::Scene;
use std::collections::BTreeSet;

/// What a lint needs to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What is declared: `validate` shows it too.
    Declared,
    /// What is live besides: shown by `plan` and `drift`.
    Live,
}

/// A lint.
pub struct Lint {
    /// Stable code, with dashes.
    pub code: &'static str,
    /// How much is at stake.
    pub severity: Severity,
    /// What it needs to see.
    pub sight: Sight,
    /// Fixed phrase.
    pub summary: &'static str,
    /// Why it matters, for the page.
    pub cause: &'static str,
    /// What to do, said with each finding.
    pub cure: &'static str,
    /// What it cannot see, for the page; empty where there is nothing to say.
    pub blind: &'static str,
    /// Looks.
    pub check: fn(&Scene<'_>) -> Vec<Hit>,
}

/// One place that a lint found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The resource; none for what is live and not declared.
    pub address: Option<Address>,
    /// The attribute that says so, by member names joined with dots; empty for the whole block.
    pub attribute: &'static str,
    /// Full sentences.
    pub detail: String,
}

/// Every lint, those with the most at stake first, then by code.
pub const LINTS: &[&Lint] = &[
    &coverage_ends::ADOPTION,
    &bucket_not_examined::LINT,
    &database_without_hook::LINT,
    &gitops_prunes_backups::LINT,
    &location_in_use::LINT,
    &location_moves::LINT,
    &namespace_protected::LINT,
    &objective_missed::LINT,
    &read_only_location::LINT,
    &several_snapshot_locations::LINT,
    &shared_prefix::LINT,
    &volumes_not_covered::LINT,
    &checksum_algorithm::LINT,
    &coverage_ends::UPDATE,
    &default_location_name::LINT,
    &default_ttl::LINT,
    &foreign_owner::LINT,
    &hetzner_snapshots::LINT,
    &load_balancer_name::LINT,
    &owner_references::LINT,
    &registry_inside::LINT,
    &skipped_run::LINT,
    &too_frequent::LINT,
    &velero_namespace::LINT,
];

/// All findings of a plan that is being made, in the order of the lints: of what goes nothing is said, and where the plan is
/// about a part of the configuration only, its findings are too.
pub fn findings(decided: &Decided<'_>) -> Vec<Finding> {
    match decided.mode() {
        // What is declared was looked at on quiet days; a recovery makes some of it otherwise on purpose.
        GoalMode::Destroy | GoalMode::Recover => Vec::new(),
        GoalMode::Converge => {
            let nodes = decided.nodes().iter().collect();
            let scene = Scene::planned(decided.configuration(), decided.objects(), nodes);
            let found = found_in(&scene, decided.narrowed_to()).into_iter();
            found.filter(|one| !is_answered(decided, one)).collect()
        }
    }
}

/// What was looked into is not said to be unseen.
fn is_answered(decided: &Decided<'_>, found: &Finding) -> bool {
    let address = found.address.as_ref();
    found.code == bucket_not_examined::LINT.code
        && address.is_some_and(|address| decided.looked_into(address))
}

fn found_in(scene: &Scene<'_>, about: Option<&BTreeSet<Address>>) -> Vec<Finding> {
    let concerns = |hit: &Hit| match (&hit.address, about) {
        (Some(address), Some(about)) => about.contains(address),
        (None, Some(_)) => false,
        (_, None) => true,
    };
    hits(scene)
        .filter(|(_, hit)| concerns(hit))
        .map(|(lint, hit)| Finding {
            code: lint.code.to_owned(),
            severity: lint.severity,
            address: hit.address,
            summary: lint.summary.to_owned(),
            detail: format!("{} {}", hit.detail, lint.cure),
        })
        .collect()
}

/// What can be said of a configuration alone, each at its place in the text.
pub fn diagnostics(configuration: &Configuration) -> Vec<Diagnostic> {
    let scene = Scene::declared(configuration);
    hits(&scene)
        .map(|(lint, hit)| {
            let mut diagnostic = Diagnostic::warning(lint.code, lint.summary, hit.detail);
            diagnostic.stake = match lint.severity {
                Severity::Danger => Some("danger"),
                Severity::Warning => None,
            };
            if let Some(resource) = hit
                .address
                .as_ref()
                .and_then(|address| scene.owner(address))
            {
                diagnostic = diagnostic
                    .at(resource.span_of(hit.attribute))
                    .within(resource.span);
                diagnostic.address = Some(resource.address.to_string());
            }
            diagnostic.hint(lint.cure)
        })
        .collect()
}

/// Allowances that name no lint, which would silence nothing.
pub use allowed::unknown_codes;

fn hits<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = (&'static Lint, Hit)> + 's {
    let allowed = &scene.configuration.settings.allowed_lints;
    let stands =
        |lint: &Lint, hit: &Hit| !allowed::is_allowed(allowed, lint.code, hit.address.as_ref());
    LINTS.iter().flat_map(move |lint| {
        let mut said = BTreeSet::new();
        let found = (lint.check)(scene).into_iter();
        found
            .filter(move |hit| stands(lint, hit))
            // The objects of one resource mostly have one fault.
            .filter(move |hit| said.insert(hit.clone()))
            .map(move |hit| (*lint, hit))
    })
}
