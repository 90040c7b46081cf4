//! Stores that a plan asks: those of a recovery's points, and those that a new location would write to.

use super::{Request, unreached};
use crate::model::expression::Bindings;
use crate::model::identity::{Instance, ProviderRef};
use crate::plan::document::Plan;
use crate::plan::full_bucket;
use crate::plan::input::FoundProvider;
use crate::world::World;
use crate::world::query::{Answer, Query};
use std::collections::{BTreeMap, BTreeSet};

/// The stores that a recovery's points are in: apply asks them again.
pub(super) async fn of_points(
    world: &World,
    request: &Request<'_>,
) -> BTreeMap<ProviderRef, FoundProvider> {
    let pins = request.recovery.map(|recovering| recovering.pins.iter());
    let names: BTreeSet<&ProviderRef> = pins.into_iter().flatten().map(|pin| &pin.store).collect();
    let mut found = BTreeMap::new();
    for provider in names {
        let Some(block) = request.configuration.providers.get(provider) else {
            continue;
        };
        let connected = world
            .connect(provider, &block.arguments, &Bindings::new())
            .await;
        let one = match connected {
            Ok(title) => FoundProvider {
                title,
                instance: Instance::Store,
                failure: None,
            },
            Err(why) => unreached("", why),
        };
        found.insert(provider.clone(), one);
    }
    found
}

/// What is in the buckets of locations that the plan makes writable (R2). Where a store is not reached nothing is said of
/// it, and the plan says that nobody looked.
pub(super) async fn look_into(
    world: &World,
    request: &Request<'_>,
    plan: &Plan,
) -> BTreeMap<Query, Answer> {
    let mut answers = BTreeMap::new();
    let made = plan
        .nodes
        .iter()
        .filter(|node| full_bucket::makes_writable(node));
    for query in made.filter_map(|node| request.buckets.get(&node.address)) {
        let Query::Blobs { provider, .. } = query else {
            continue;
        };
        let Some(block) = request.configuration.providers.get(provider) else {
            continue;
        };
        let connected = world
            .connect(provider, &block.arguments, &Bindings::new())
            .await;
        if connected.is_ok() {
            answers.insert(query.clone(), world.answer(query).await);
        }
    }
    answers
}
