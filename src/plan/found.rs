//! Answers by key: what the LISTs say of one object. Unknown never reads as absent.

use super::queries::list_for;
use crate::kinds::Part;
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::world::query::{Answer, Fact, FailureClass, Live, Query, Why};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What is known of one object.
#[derive(Debug)]
pub enum Found<'a> {
    /// It is there.
    Present(&'a Json),
    /// Its LIST answered and it is not in it.
    Absent,
    /// Its type is not served.
    NotServed,
    /// It cannot be told.
    Unknown(&'a Why),
    /// Its LIST was not asked for: a mistake of the program, treated as unknown.
    NotAsked,
}

/// All listed objects by query and name. Built once, so that a plan of n objects takes n look-ups.
pub struct Objects<'a> {
    live: &'a Live,
    names: BTreeMap<&'a Query, BTreeMap<&'a str, &'a Json>>,
}

impl<'a> Objects<'a> {
    /// Reads every LIST answer.
    pub fn of(live: &'a Live) -> Self {
        let names = live
            .answers
            .iter()
            .filter(|(query, _)| matches!(query, Query::List { .. }))
            .filter_map(|(query, answer)| Some((query, by_name(items(answer)?))))
            .collect();
        Self { live, names }
    }

    /// What is known of one object.
    pub fn find(
        &self,
        provider: &ProviderRef,
        resource: &KubeResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Found<'a> {
        let query = list_for(provider, resource, namespace);
        match self.live.answer(&query) {
            None => Found::NotAsked,
            Some(Answer::Unknown(why)) => Found::Unknown(why),
            Some(Answer::NotServed) => Found::NotServed,
            Some(Answer::Absent) => Found::Absent,
            Some(Answer::Present(_)) => {
                match self.names.get(&query).and_then(|names| names.get(name)) {
                    Some(object) => Found::Present(object),
                    None => Found::Absent,
                }
            }
        }
    }

    /// The live object of a part, where there is one.
    pub fn live_of(&self, part: &Part<'_>) -> Option<(Key, &'a Json)> {
        let key = part.kind.key(&part.resource)?;
        let provider = part.resource.provider.as_ref()?;
        let live = self.present(provider, &key)?;
        Some((key, live))
    }

    /// The live object of a key, where it is known to be there.
    pub fn present(&self, provider: &ProviderRef, key: &Key) -> Option<&'a Json> {
        let Key::Kube {
            resource,
            namespace,
            name,
        } = key
        else {
            return None;
        };
        match self.find(provider, resource, namespace.as_deref(), name) {
            Found::Present(live) => Some(live),
            Found::Absent | Found::NotServed | Found::Unknown(_) | Found::NotAsked => None,
        }
    }

    /// All LISTs with their objects, in query order.
    pub fn lists(&self) -> impl Iterator<Item = (&'a Query, impl Iterator<Item = &'a Json>)> {
        let answers = self.live.answers.iter();
        answers.filter_map(|(query, answer)| Some((query, items(answer)?.iter())))
    }
}

fn items(answer: &Answer) -> Option<&[Json]> {
    match answer {
        Answer::Present(Fact::List(items)) => Some(items),
        Answer::Present(Fact::Object(_) | Fact::Blobs(_) | Fact::Bytes(_))
        | Answer::Absent
        | Answer::NotServed
        | Answer::Unknown(_) => None,
    }
}

fn by_name(items: &[Json]) -> BTreeMap<&str, &Json> {
    items
        .iter()
        .filter_map(|item| Some((item["metadata"]["name"].as_str()?, item)))
        .collect()
}

/// Class of an unknown for the blocker's words.
pub fn class_words(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Unauthenticated => "the credentials were not accepted",
        FailureClass::Forbidden => "the right is missing",
        FailureClass::Unreachable => "the server did not answer",
        FailureClass::Untrusted => "the server's certificate is not trusted",
        FailureClass::Unavailable => "the server is not able to answer now",
        FailureClass::Malformed => "the answer makes no sense",
        FailureClass::Invalid => "the server refused the request",
        FailureClass::Unsupported => "the server does not know the request",
        FailureClass::Conflict => "somebody else holds it",
        FailureClass::NotFound => "it was not found",
        FailureClass::Program => "a program failed",
        FailureClass::Value => "a value could not be read",
        FailureClass::Wait => "the wait ended",
        FailureClass::Ground => "it has changed since the plan",
        FailureClass::WrongIdentity => "it is another cluster",
    }
}
