//! Holes that live objects fill: an attribute that is known only after apply is known once its object exists, and no
//! update changes it. Without this a reference to a UID would be a difference in every plan.

use super::found::Objects;
use crate::kinds;
use crate::model::address::Address;
use crate::model::expression::{Bindings, HoleSource};
use crate::model::resource::{Configuration, Resource};
use crate::world::query::Live;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The configuration with the values that live objects have. Borrowed where nothing refers to one.
pub fn configuration<'a>(declared: &'a Configuration, live: &Live) -> Cow<'a, Configuration> {
    let bindings = bindings(declared, live);
    if bindings.is_empty() {
        return Cow::Borrowed(declared);
    }
    let mut bound = declared.clone();
    for resource in &mut bound.resources {
        resource.body = resource.body.bound(&bindings);
    }
    for output in bound.outputs.values_mut() {
        output.value = output.value.bound(&bindings);
    }
    Cow::Owned(bound)
}

/// Only attributes that somebody refers to: most configurations of 10 000 resources have none.
fn bindings(declared: &Configuration, live: &Live) -> Bindings {
    let bodies = declared.resources.iter().map(|resource| &resource.body);
    let outputs = declared.outputs.values().map(|output| &output.value);
    let wanted: Vec<&HoleSource> = bodies
        .chain(outputs)
        .flat_map(|expr| expr.holes())
        .map(|hole| &hole.source)
        .collect();
    if wanted.is_empty() {
        return Bindings::new();
    }
    let resources: BTreeMap<&Address, &Resource> = declared
        .resources
        .iter()
        .map(|resource| (&resource.address, resource))
        .collect();
    let objects = Objects::of(live);
    wanted
        .into_iter()
        .filter_map(|source| match source {
            HoleSource::Resource { address, attribute } => {
                let value = value(resources.get(address)?, attribute, &objects)?;
                Some((source.clone(), value))
            }
            HoleSource::ProviderIdentity(_) | HoleSource::Run => None,
        })
        .collect()
}

fn value(resource: &Resource, attribute: &str, objects: &Objects<'_>) -> Option<serde_json::Value> {
    let kind = kinds::find(&resource.address.kind)?;
    let object = objects.present(resource.provider.as_ref()?, &kind.key(resource)?)?;
    kind.computed().get(attribute)?.get(object).cloned()
}
