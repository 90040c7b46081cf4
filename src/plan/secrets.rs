//! What a plan may know of secrets (R32): whether each is where it should be, and whether a live value is the declared
//! one. The values themselves are compared outside; here is only what came of it.

use super::decision::{Resolution, Work, blocker};
use super::document::{Finding, FindingSeverity};
use super::found::Objects;
use super::input::Input;
use crate::kinds::{self, Difference};
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::Key;
use crate::model::json_path::JsonPath;
use crate::model::resource::Configuration;
use crate::model::secret::{SecretName, SecretSource};
use crate::world::query::Live;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What came of holding a declared value against a live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Same,
    /// They are not.
    Differs,
    /// The declared one cannot be read here.
    NotCompared(String),
}

/// What came of it, by address, key of the object and place in it.
pub type Comparisons = BTreeMap<(Address, Key, JsonPath), Comparison>;

/// A declared value, made of secrets, and the live one in its place.
#[derive(Debug)]
pub struct Question {
    /// Whose.
    pub address: Address,
    /// In which object.
    pub key: Key,
    /// Where in it.
    pub place: JsonPath,
    /// As declared, in the shape of the object.
    pub declared: Expr,
    /// As it is.
    pub live: Json,
}

/// Every value that only whoever reads secrets can compare.
pub fn questions(configuration: &Configuration, live: &Live) -> Vec<Question> {
    let with_secrets = configuration
        .resources
        .iter()
        .filter(|resource| !resource.body.secrets().is_empty());
    let mut questions = Vec::new();
    let mut objects = None;
    for part in with_secrets.flat_map(kinds::parts) {
        let (kind, resource) = (part.kind, part.resource.as_ref());
        let (Some(key), Some(provider)) = (kind.key(resource), &resource.provider) else {
            continue;
        };
        let objects = objects.get_or_insert_with(|| Objects::of(live));
        let Some(object) = objects.present(provider, &key) else {
            continue;
        };
        for difference in kind.differences(resource, object) {
            if let (Some(declared), Some(live)) = (open(&difference), difference.place.get(object))
            {
                questions.push(Question {
                    address: resource.address.clone(),
                    key: key.clone(),
                    place: difference.place.clone(),
                    declared: declared.clone(),
                    live: live.clone(),
                });
            }
        }
    }
    questions
}

/// The value to be written where it holds a secret.
fn open(difference: &Difference) -> Option<&Expr> {
    difference
        .write
        .as_ref()
        .filter(|write| !write.secrets().is_empty())
}

/// Whether a difference is one: a value that was not compared is left as it is.
pub fn is_difference(
    (address, key): (&Address, &Key),
    difference: &Difference,
    comparisons: &Comparisons,
) -> bool {
    if open(difference).is_none() || difference.before.is_none() {
        return true;
    }
    let place = (address.clone(), key.clone(), difference.place.clone());
    comparisons.get(&place) == Some(&Comparison::Differs)
}

/// What was not compared, a finding for each resource.
pub fn findings(input: &Input<'_>) -> Vec<Finding> {
    let mut untold: BTreeMap<&Address, (Vec<String>, &str)> = BTreeMap::new();
    for ((address, _, place), comparison) in input.comparisons {
        if let Comparison::NotCompared(why) = comparison {
            let (places, _) = untold.entry(address).or_insert((Vec::new(), why));
            places.push(place.0.join("."));
        }
    }
    untold
        .into_iter()
        .map(|(address, (places, why))| Finding {
            code: "not-compared".to_owned(),
            severity: FindingSeverity::Warning,
            address: Some(address.clone()),
            summary: "Values not compared".to_owned(),
            detail: format!(
                "{address}: {} cannot be held against the live object ({why}). What is live stays until the next change of the object.",
                places.join(", ")
            ),
        })
        .collect()
}

/// Blocks what would be written with a secret that is not where it should be. A file may be made by the same plan (R31),
/// where it runs a program.
pub fn block_unreadable(
    resolutions: &mut [Resolution<'_>],
    configuration: &Configuration,
    unreadable: &BTreeMap<SecretName, String>,
) {
    let makes_files = resolutions
        .iter()
        .flat_map(|resolution| &resolution.objects)
        .any(|object| matches!(object.work, Work::Run));
    let may_come = |name: &SecretName| {
        makes_files && matches!(configuration.secrets.get(name), Some(SecretSource::File(_)))
    };
    for resolution in resolutions {
        let written = resolution
            .objects
            .iter()
            .filter_map(|object| match object.work {
                Work::Create | Work::Update(_) | Work::Run => object.resource,
                Work::Nothing | Work::Delete | Work::Release => None,
            });
        let missing = written
            .flat_map(|resource| resource.body.secrets())
            .filter(|name| !may_come(name))
            .find_map(|name| unreadable.get(name));
        if let Some(why) = missing {
            resolution.block(blocker(
                "secret",
                format!("It needs a secret that cannot be read: {why}."),
                "Put it there, then plan again.",
            ));
        }
    }
}
