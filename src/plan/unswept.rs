//! What was not looked into, and what that means. Must not know what is decided for what is declared.

use super::document::{Unswept, Weight};
use super::input::Input;
use super::{orphans, queries};
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::identity::{Instance, KubeResource, ProviderRef};
use crate::world::query::{Answer, Fact, FailureClass, Query, Why};
use std::collections::BTreeSet;

/// What was not looked into: providers and LISTs that answered nothing, and providers that the record knows and the
/// configuration does not.
pub fn unswept(input: &Input<'_>, scope: &BTreeSet<Address>) -> Vec<Unswept> {
    let mut all = Vec::new();
    for (provider, found) in input.providers {
        match &found.instance {
            Instance::Unknown { reason } => {
                let class = found.failure.unwrap_or(FailureClass::Unreachable);
                let why = Why {
                    class,
                    message: reason.clone(),
                };
                all.push(whole(input, scope, provider, &why));
            }
            Instance::MadeBy(cluster) => all.extend(not_made(input, provider, cluster)),
            // That nothing is asked of it is what was declared; in a store nothing is ours.
            Instance::Lost { .. } | Instance::Store => {}
            Instance::Known { .. } => all.extend(lists(input, scope, provider)),
        }
    }
    let recorded = input
        .inventory
        .into_iter()
        .flat_map(|inventory| &inventory.clusters);
    for (provider, uid) in recorded {
        if orphans::is_narrowed(input.goal) || input.configuration.providers.contains_key(provider)
        {
            continue;
        }
        all.push(Unswept {
            provider: provider.clone(),
            resource: None,
            reason: format!("the provider is not in the configuration any more (cluster {uid})"),
            class: None,
            weight: Weight::Error,
            next: format!(
                "Declare provider {provider} again until nothing of this stack is left there."
            ),
        });
    }
    all
}

/// How many LISTs a provider answered. That a type is not served tells nothing of the others.
pub fn answers(input: &Input<'_>, provider: &ProviderRef) -> usize {
    let answered = |(query, answer): &(&Query, &Answer)| match (query.listed(), answer) {
        (Some((asked, _)), Answer::Present(Fact::List(_))) => asked == provider,
        _ => false,
    };
    input.live.answers.iter().filter(answered).count()
}

/// Nothing at all was seen of a provider. What was left out on purpose is worth a word, where something else was compared.
fn whole(
    input: &Input<'_>,
    scope: &BTreeSet<Address>,
    provider: &ProviderRef,
    why: &Why,
) -> Unswept {
    let mut resources = input.configuration.resources.iter();
    let is_asked_for = !orphans::is_narrowed(input.goal)
        || resources.any(|resource| {
            resource.provider.as_ref() == Some(provider) && scope.contains(&resource.address)
        });
    let mut others = input.providers.keys();
    let is_alone = !others.any(|other| answers(input, other) > 0);
    let weight = match is_asked_for || is_alone {
        true => Weight::Error,
        false => Weight::Note,
    };
    Unswept {
        provider: provider.clone(),
        resource: None,
        reason: why.message.clone(),
        class: Some(why.class),
        weight,
        next: next(why.class).to_owned(),
    }
}

/// The cluster that a provider stands on does not exist here: nothing can be said to be gone from it.
fn not_made(input: &Input<'_>, provider: &ProviderRef, cluster: &Address) -> Option<Unswept> {
    match input.goal.mode {
        GoalMode::Converge | GoalMode::Recover => return None,
        GoalMode::Destroy => {}
    }
    let is_recorded = input
        .inventory
        .is_some_and(|inventory| inventory.clusters.contains_key(provider));
    Some(Unswept {
        provider: provider.clone(),
        resource: None,
        reason: format!(
            "the kubeconfig of {cluster} is not here, so nothing was asked of that cluster"
        ),
        class: None,
        weight: match is_recorded {
            true => Weight::Error,
            false => Weight::Note,
        },
        next: "Bring the kubeconfig back, then plan again.".to_owned(),
    })
}

/// LISTs of a provider that answered nothing; one entry where none answered.
fn lists(input: &Input<'_>, scope: &BTreeSet<Address>, provider: &ProviderRef) -> Vec<Unswept> {
    let mut missed = input.live.answers.iter().filter_map(|(query, answer)| {
        let Answer::Unknown(why) = answer else {
            return None;
        };
        let (asked, resource) = query.listed()?;
        (asked == provider).then_some((query, resource, why))
    });
    if answers(input, provider) == 0 {
        let first = missed.next().map(|(_, _, why)| why);
        return first
            .map(|why| whole(input, scope, provider, why))
            .into_iter()
            .collect();
    }
    // What is in scope and could not be read is blocked; an unread rest would only matter for orphans.
    if orphans::is_narrowed(input.goal) {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut elsewhere = Vec::new();
    for (query, resource, why) in missed {
        let (place, is_note) = match query {
            Query::Marked { .. } if why.class == FailureClass::Forbidden => {
                elsewhere.push((resource.title(), why));
                continue;
            }
            Query::Marked { .. } => (format!("{} in other namespaces", resource.title()), false),
            Query::List {
                namespace: Some(namespace),
                ..
            } => (
                format!("{} in namespace {namespace}", resource.title()),
                is_note(input, provider, resource, why),
            ),
            Query::List {
                namespace: None, ..
            }
            | Query::Identity { .. }
            | Query::Types { .. }
            | Query::Get { .. }
            | Query::Blobs { .. }
            | Query::Blob { .. }
            | Query::Cluster { .. } => (resource.title(), is_note(input, provider, resource, why)),
        };
        let is_concerned =
            queries::is_concerned(input.configuration, provider, resource, input.inventory);
        // The rest was listed to count what a delete loses.
        if !is_concerned && orphans::kind_of(resource).is_none() {
            continue;
        }
        all.push(one(provider, place, why, is_note));
    }
    // One right is missing for all of them.
    if let Some((_, why)) = elsewhere.first() {
        let titles: Vec<&str> = elsewhere.iter().map(|(title, _)| title.as_str()).collect();
        let place = format!("{} in other namespaces", titles.join(", "));
        all.push(one(provider, place, why, true));
    }
    all
}

/// Whether a LIST that answered nothing hides nothing: the right is missing on a type that was never used here.
fn is_note(input: &Input<'_>, provider: &ProviderRef, resource: &KubeResource, why: &Why) -> bool {
    why.class == FailureClass::Forbidden
        && !queries::is_concerned(input.configuration, provider, resource, input.inventory)
}

fn one(provider: &ProviderRef, place: String, why: &Why, is_note: bool) -> Unswept {
    let (weight, next) = match is_note {
        true => (Weight::Note, String::new()),
        false => (Weight::Error, next(why.class).to_owned()),
    };
    Unswept {
        provider: provider.clone(),
        resource: Some(place),
        reason: why.message.clone(),
        class: Some(why.class),
        weight,
        next,
    }
}

/// What to do next, by class of failure.
fn next(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Unauthenticated => {
            "Renew the credentials (a token or a client certificate may have expired), see that kubectl gets in with them, then plan again."
        }
        FailureClass::Forbidden => {
            "Give these credentials the rights in docs/permissions.md, then plan again."
        }
        FailureClass::Unreachable => {
            "See whether kubectl reaches this server from here. If not, start it, or mend the address or the network; then plan again."
        }
        FailureClass::Untrusted => {
            "Name the authority that signed the server's certificate (`cluster_ca_certificate`, or the kubeconfig's), or mend the address; then plan again."
        }
        FailureClass::Unavailable => "Wait until the server has less to do, then plan again.",
        FailureClass::Malformed
        | FailureClass::NotFound
        | FailureClass::Invalid
        | FailureClass::Unsupported => {
            "See whether a Kubernetes API answers at this address, then plan again."
        }
        FailureClass::Program => {
            "See that the program works when it is run by hand (most often somebody has to log in again), then plan again."
        }
        FailureClass::Value => {
            "Mend the provider block, or the file or variable that it takes its settings from; then plan again."
        }
        FailureClass::Conflict
        | FailureClass::Wait
        | FailureClass::Ground
        | FailureClass::WrongIdentity => "Mend the provider block, then plan again.",
    }
}

/// What keeps a resource from being looked at, where nothing was seen of its provider.
pub fn unreached_text(provider: &ProviderRef) -> String {
    format!("Provider {provider} was not reached.")
}
