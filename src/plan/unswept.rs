//! Where orphans could not be looked for. Must not know what is decided for what is declared.

use super::document::Unswept;
use super::input::Input;
use super::{orphans, queries};
use crate::model::identity::Instance;
use crate::model::resource::Resource;
use crate::world::query::{Answer, FailureClass, Query};

/// Where orphans could not be looked for: LISTs that answered nothing, and providers that the record knows and the
/// configuration does not.
pub fn unswept(input: &Input<'_>) -> Vec<Unswept> {
    let mut unswept = Vec::new();
    // What is in scope and could not be read is blocked; an unread rest would only matter for orphans.
    if orphans::is_narrowed(input.goal) {
        return unswept;
    }
    for (query, answer) in &input.live.answers {
        let (
            Query::List {
                provider,
                resource,
                namespace,
            },
            Answer::Unknown(why),
        ) = (query, answer)
        else {
            continue;
        };
        let concerned =
            queries::is_concerned(input.configuration, provider, resource, input.inventory);
        // The rest was listed to count what a delete loses.
        if !concerned && orphans::kind_of(resource).is_none() {
            continue;
        }
        unswept.push(Unswept {
            provider: provider.clone(),
            resource: match namespace {
                Some(namespace) => format!("{} in namespace {namespace}", resource.title()),
                None => resource.title(),
            },
            reason: why.message.clone(),
            class: why.class,
            concerned,
        });
    }
    for (provider, found) in input.providers {
        let declares = |resource: &Resource| resource.provider.as_ref() == Some(provider);
        // Where something is declared it is blocked with the same reason.
        if let Instance::Unknown { reason } = &found.instance
            && !input.configuration.resources.iter().any(declares)
        {
            unswept.push(Unswept {
                provider: provider.clone(),
                resource: "everything".to_owned(),
                reason: reason.clone(),
                class: FailureClass::Unreachable,
                concerned: true,
            });
        }
    }
    for (provider, uid) in input
        .inventory
        .into_iter()
        .flat_map(|inventory| &inventory.clusters)
    {
        if !input.configuration.providers.contains_key(provider) {
            unswept.push(Unswept {
                provider: provider.clone(),
                resource: "everything".to_owned(),
                reason: format!(
                    "the provider is not in the configuration any more (cluster {uid})"
                ),
                class: FailureClass::Unreachable,
                concerned: false,
            });
        }
    }
    unswept
}
