//! Which cluster is this? Providers known at plan are asked before the first effect (R21), and so is what takes the place
//! of a lost one (R1); one whose cluster this plan makes is asked at first touch (R31). Must not know what steps do.

use super::bare;
use super::judgement::{Seen, seen, text};
use super::outcome::ApplyError;
use super::outside::Outside;
use crate::model::address::Address;
use crate::model::expression::{Bindings, Expr};
use crate::model::guard::Guard;
use crate::model::identity::{Instance, ProviderRef};
use crate::plan::document::{Plan, PlannedProvider, Step};
use crate::world::op::Op;
use crate::world::query::{FailureClass, Query, Why};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A new API server makes kube-system a moment after it answers.
const FIRST_TOUCH_LIMIT: Duration = Duration::from_secs(60);

/// The provider that a step needs.
pub fn provider_of(step: &Step) -> Option<&ProviderRef> {
    step.op.provider()
}

/// Every provider that is asked for a step: its own, and the stores of its guards.
fn asked_for(step: &Step) -> impl Iterator<Item = &ProviderRef> {
    let stores = step.guards.iter().filter_map(Guard::store);
    provider_of(step).into_iter().chain(stores)
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
    let needed: BTreeSet<&ProviderRef> = steps.flat_map(asked_for).collect();
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
            Instance::Known { kube_system_uid } => Some(kube_system_uid),
            Instance::Store => None,
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
        connected.insert(provider.clone());
        let Some(expected) = expected else { continue };
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
    }
    Ok(connected)
}

/// What was found when a lost provider's cluster was reached for the first time.
#[derive(Debug, Default)]
pub struct Proved {
    /// Identities of the clusters that answer.
    pub identities: BTreeMap<ProviderRef, String>,
    /// What is there beside, and stops nothing.
    pub noticed: Vec<String>,
}

/// Proves, before the first effect, that what was declared lost does not answer, and that what takes its place is empty
/// (R1, R31). Where the plan makes that cluster, silence is what is expected; that cluster is proved at first touch.
///
/// # Errors
/// [`ApplyError::LostAnswers`], [`ApplyError::NotBare`], or that it cannot be told.
pub async fn prove_lost(outside: &dyn Outside, plan: &Plan) -> Result<Proved, ApplyError> {
    let mut proved = Proved::default();
    for (provider, planned) in &plan.providers {
        let Instance::Lost {
            identity: lost,
            replacement,
        } = &planned.instance
        else {
            continue;
        };
        let unreachable = |why: Why| ApplyError::Provider {
            provider: provider.clone(),
            why,
        };
        let reached = match outside
            .connect(provider, &planned.connect, &Bindings::new())
            .await
        {
            Ok(_) => identity(outside, provider).await,
            Err(why) => Err(why),
        };
        let found = match reached {
            Ok(found) => found,
            Err(why) if is_to_come(plan, replacement.as_ref()) && is_silence(why.class) => continue,
            Err(why) => return Err(unreachable(why)),
        };
        if lost.as_ref() == Some(&found) {
            return Err(ApplyError::LostAnswers {
                provider: provider.clone(),
                found,
            });
        }
        let bare = bare::look(outside, plan, provider).await;
        let bare = bare.map_err(unreachable)?;
        if !bare.forbidden.is_empty() {
            return Err(ApplyError::NotBare {
                provider: provider.clone(),
                found: bare.forbidden,
            });
        }
        proved.noticed.extend(bare.noticed);
        proved.identities.insert(provider.clone(), found);
    }
    Ok(proved)
}

/// Whether the cluster that takes the place of a lost one is still to be made by this plan.
fn is_to_come(plan: &Plan, replacement: Option<&Address>) -> bool {
    let made = |step: &Step| match step.op {
        Op::Local(_) => replacement == Some(&step.node),
        Op::Kube(_) | Op::Await(_) => false,
    };
    plan.steps.iter().any(made)
}

/// Whether nothing answered: a server that refuses us is one.
fn is_silence(class: FailureClass) -> bool {
    match class {
        FailureClass::Unreachable
        | FailureClass::Unavailable
        | FailureClass::Malformed
        | FailureClass::Invalid
        | FailureClass::Unsupported
        | FailureClass::NotFound
        | FailureClass::Program
        | FailureClass::Value
        | FailureClass::Wait => true,
        FailureClass::Unauthenticated
        | FailureClass::Forbidden
        | FailureClass::Untrusted
        | FailureClass::Conflict
        | FailureClass::Ground
        | FailureClass::WrongIdentity => false,
    }
}

/// The same of one whose cluster this run made, or that answers only now.
///
/// # Errors
/// Why nothing may be written there.
pub async fn prove_new(
    outside: &dyn Outside,
    plan: &Plan,
    provider: &ProviderRef,
    found: &str,
) -> Result<Vec<String>, Why> {
    let Some(Instance::Lost { identity: lost, .. }) = plan
        .providers
        .get(provider)
        .map(|planned| &planned.instance)
    else {
        return Ok(Vec::new());
    };
    if lost.as_deref() == Some(found) {
        return Err(Why {
            class: FailureClass::WrongIdentity,
            message: format!(
                "provider `{provider}` was declared lost, and the lost cluster answers: {found} is its identity"
            ),
        });
    }
    let bare = bare::look(outside, plan, provider).await?;
    match bare.forbidden.is_empty() {
        true => Ok(bare.noticed),
        false => Err(super::judgement::moved(format!(
            "it is to take the place of a lost cluster, and is not empty: {}",
            bare.forbidden.join("; ")
        ))),
    }
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
