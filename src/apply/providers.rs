//! Which cluster is this? Providers known at plan are asked before the first effect (R21); one whose cluster this plan
//! makes is asked at first touch (R31). Must not know steps.

use super::judgement::{Seen, seen, text};
use super::outcome::ApplyError;
use super::outside::Outside;
use crate::model::expression::{Bindings, Expr};
use crate::model::identity::{Instance, ProviderRef};
use crate::plan::document::{Plan, PlannedProvider, Step};
use crate::world::query::{FailureClass, Query, Why};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A new API server makes kube-system a moment after it answers.
const FIRST_TOUCH_LIMIT: Duration = Duration::from_secs(60);

/// The provider that a step needs.
pub fn provider_of(step: &Step) -> Option<&ProviderRef> {
    step.op.provider()
}

/// Connects every provider known at plan that these steps need, and checks that it is the same cluster.
///
/// # Errors
/// [`ApplyError::WrongIdentity`], or that it cannot be told.
pub async fn check_known<'a>(
    outside: &dyn Outside,
    plan: &Plan,
    steps: impl Iterator<Item = &'a Step>,
) -> Result<BTreeSet<ProviderRef>, ApplyError> {
    let needed: BTreeSet<&ProviderRef> = steps.filter_map(provider_of).collect();
    let mut connected = BTreeSet::new();
    for provider in needed {
        let unreachable = |why: Why| ApplyError::Provider {
            provider: provider.clone(),
            why,
        };
        let planned = plan
            .providers
            .get(provider)
            .ok_or_else(|| ApplyError::Plan(format!("it has no provider `{provider}`")))?;
        let expected = match &planned.instance {
            Instance::Known { kube_system_uid } => kube_system_uid,
            Instance::MadeBy(_) | Instance::Lost { .. } => continue,
            Instance::Unknown { reason } => {
                return Err(ApplyError::Plan(format!(
                    "provider `{provider}` was not reached when it was made: {reason}"
                )));
            }
        };
        outside
            .connect(provider, &planned.connect, &Bindings::new())
            .await
            .map_err(unreachable)?;
        let found = identity(outside, provider).await.map_err(unreachable)?;
        if found != *expected {
            let expected = expected.clone();
            return Err(ApplyError::WrongIdentity {
                provider: provider.clone(),
                title: planned.title.clone(),
                expected,
                found,
            });
        }
        connected.insert(provider.clone());
    }
    Ok(connected)
}

/// Connects a provider whose cluster this plan made; its identity.
///
/// # Errors
/// Where it cannot be told within a minute.
pub async fn first_touch(
    outside: &dyn Outside,
    provider: &ProviderRef,
    planned: &PlannedProvider,
    bound: &Bindings,
) -> Result<String, Why> {
    let begun = Instant::now();
    outside
        .connect(
            provider,
            &planned.connect,
            &bindings_of(&planned.connect, bound),
        )
        .await?;
    loop {
        match identity(outside, provider).await {
            Ok(found) => return Ok(found),
            Err(why) if begun.elapsed() >= FIRST_TOUCH_LIMIT => return Err(why),
            Err(_) => sleep(Duration::from_secs(1)).await,
        }
    }
}

fn bindings_of(arguments: &Expr, bound: &Bindings) -> Bindings {
    let sources = arguments.holes().into_iter().map(|hole| &hole.source);
    sources
        .filter_map(|source| Some((source.clone(), bound.get(source)?.clone())))
        .collect()
}

async fn identity(outside: &dyn Outside, provider: &ProviderRef) -> Result<String, Why> {
    let malformed = |message: &str| Why {
        class: FailureClass::Malformed,
        message: message.to_owned(),
    };
    match seen(
        &outside
            .answer(&Query::Identity {
                provider: provider.clone(),
            })
            .await,
    )? {
        Seen::Nothing => Err(malformed("the cluster has no namespace kube-system")),
        Seen::Object(object) => match text(object, "/metadata/uid") {
            uid if uid.is_empty() => Err(malformed("the namespace kube-system has no UID")),
            uid => Ok(uid),
        },
    }
}
