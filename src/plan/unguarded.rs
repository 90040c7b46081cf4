//! A plan that would make everything in a cluster that nothing speaks for: no `identity`, no record of an earlier run,
//! nothing of this stack live. The usual cause is a context that points elsewhere. Must not stop anything: a first apply
//! looks the same.

use super::declared_identity;
use super::document::{Action, Finding, FindingSeverity, Plan};
use super::input::Input;
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::identity::{Instance, ProviderRef, STACK_LABEL};
use crate::world::query::{Answer, Fact, Query};
use std::collections::BTreeSet;

/// One word for each such provider.
pub(super) fn findings(input: &Input<'_>, plan: &Plan) -> Vec<Finding> {
    match input.goal.mode {
        GoalMode::Destroy => return Vec::new(),
        GoalMode::Converge | GoalMode::Recover => {}
    }
    let unchanged: BTreeSet<&Address> = plan.unchanged.iter().collect();
    let holds_ours: BTreeSet<&ProviderRef> = input
        .configuration
        .resources
        .iter()
        .filter(|resource| unchanged.contains(&resource.address))
        .filter_map(|resource| resource.provider.as_ref())
        .collect();
    let providers = input.providers.iter();
    providers
        .filter(|(provider, _)| !is_spoken_for(input, provider))
        .filter(|(provider, _)| !holds_ours.contains(provider) && only_creates(plan, provider))
        .filter(|(provider, _)| !is_something_ours(input, provider))
        .filter_map(|(provider, found)| match &found.instance {
            Instance::Known { kube_system_uid } => {
                Some(finding(provider, &found.title, kube_system_uid))
            }
            Instance::MadeBy(_)
            | Instance::Lost { .. }
            | Instance::Store
            | Instance::Unknown { .. } => None,
        })
        .collect()
}

/// Whether the wrong cluster would be a refusal (R21).
fn is_spoken_for(input: &Input<'_>, provider: &ProviderRef) -> bool {
    let recorded = input.inventory.map(|inventory| &inventory.clusters);
    declared_identity(input.configuration, provider).is_some()
        || recorded.is_some_and(|clusters| clusters.contains_key(provider))
}

fn only_creates(plan: &Plan, provider: &ProviderRef) -> bool {
    let mut nodes = plan
        .nodes
        .iter()
        .filter(|node| node.provider.as_ref() == Some(provider))
        .peekable();
    nodes.peek().is_some() && nodes.all(|node| node.action == Action::Create)
}

/// Whether an object of this stack was found there: under `-target` it may be in no node.
fn is_something_ours(input: &Input<'_>, provider: &ProviderRef) -> bool {
    let stack = input.configuration.settings.stack.as_str();
    let mut answers = input.live.answers.iter();
    answers.any(|(query, answer)| match (query, answer) {
        (Query::List { provider: of, .. }, Answer::Present(Fact::List(objects))) => {
            let mut labels = objects
                .iter()
                .map(|object| &object["metadata"]["labels"][STACK_LABEL]);
            of == provider && labels.any(|label| label.as_str() == Some(stack))
        }
        (_, _) => false,
    })
}

fn finding(provider: &ProviderRef, title: &str, uid: &str) -> Finding {
    Finding {
        code: "cluster-not-confirmed".to_owned(),
        severity: FindingSeverity::Warning,
        address: None,
        summary: "Nothing tells whether this is the right cluster".to_owned(),
        detail: format!(
            "Provider {provider} reaches {title}. Nothing of this stack was found there, and no earlier run is recorded \
             here: everything would be created. If that is meant, declare identity = \"{uid}\" in the provider block, and another \
             cluster is refused."
        ),
    }
}
