//! Which questions an import asks: a LIST of each type, then a GET of each object that those found need. Must not decide
//! what is declared of the answers.

use super::choice::{self, Verdict, Viewer};
use crate::cli::exit::Exit;
use crate::kinds::{self, Home, Kind};
use crate::model::identity::{Key, KubeResource, ProviderRef};
use crate::world::World;
use crate::world::query::{Answer, Fact, Query};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is asked for.
pub(super) struct Scope<'a> {
    /// The provider.
    pub(super) provider: &'a ProviderRef,
    /// The kinds that are listed.
    pub(super) kinds: &'a [&'static dyn Kind],
    /// Namespaces; empty: all of them.
    pub(super) namespaces: &'a [String],
    /// Whether what is found brings along what it needs.
    pub(super) follows_needs: bool,
}

/// What was found.
pub(super) struct Reading {
    /// Live objects by kind and key: in the order of the registry.
    pub(super) objects: BTreeMap<(&'static str, Key), Json>,
    /// Questions without an answer.
    pub(super) unread: Vec<String>,
    /// What else is worth a line.
    pub(super) notes: Vec<String>,
}

impl Reading {
    /// A question without an answer is an error: the blocks are not everything.
    pub(super) fn exit(&self) -> Exit {
        if self.unread.is_empty() {
            Exit::Done
        } else {
            Exit::Error
        }
    }
}

/// Asks.
pub(super) async fn read(world: &World, scope: &Scope<'_>, viewer: &Viewer<'_>) -> Reading {
    let mut reading = Reading {
        objects: BTreeMap::new(),
        unread: Vec::new(),
        notes: Vec::new(),
    };
    let homes = scope.kinds.iter().filter_map(|kind| match kind.home() {
        Home::Kube(resource) => Some((*kind, resource)),
        Home::Command | Home::Parts | Home::Declared => None,
    });
    for (kind, resource) in homes {
        for namespace in namespaces(scope, &resource) {
            let query = Query::List {
                provider: scope.provider.clone(),
                resource: resource.clone(),
                namespace,
            };
            let answer = world.answer(&query).await;
            reading.take(kind, &resource, answer, scope);
        }
    }
    if scope.follows_needs {
        reading.follow_needs(world, scope, viewer).await;
    }
    reading
}

fn namespaces(scope: &Scope<'_>, resource: &KubeResource) -> Vec<Option<String>> {
    if !resource.namespaced || scope.namespaces.is_empty() {
        return vec![None];
    }
    let named: BTreeSet<&String> = scope.namespaces.iter().collect();
    named.into_iter().cloned().map(Some).collect()
}

impl Reading {
    fn take(
        &mut self,
        kind: &'static dyn Kind,
        resource: &KubeResource,
        answer: Answer,
        scope: &Scope<'_>,
    ) {
        let items = match answer {
            Answer::Present(Fact::List(items)) => items,
            Answer::Present(Fact::Object(item)) => vec![item],
            Answer::Absent | Answer::Present(Fact::Blobs(_) | Fact::Bytes(_)) => Vec::new(),
            Answer::NotServed => {
                self.notes
                    .push(format!("The cluster does not serve {}.", resource.title()));
                Vec::new()
            }
            Answer::Unknown(why) => {
                self.unread
                    .push(format!("Not read: {}: {}", resource.title(), why.message));
                Vec::new()
            }
        };
        for item in items {
            let Some(key) = choice::key(resource, &item) else {
                continue;
            };
            // Of types without a namespace, -namespace names the objects themselves.
            let is_wanted = resource.namespaced
                || scope.namespaces.is_empty()
                || !matches!(&key, Key::Kube { name, .. } if !scope.namespaces.contains(name));
            if is_wanted {
                self.objects.insert((kind.schema().kind, key), item);
            }
        }
    }

    async fn follow_needs(&mut self, world: &World, scope: &Scope<'_>, viewer: &Viewer<'_>) {
        let mut asked: BTreeSet<Key> = viewer.declared.keys().cloned().collect();
        asked.extend(self.objects.keys().map(|(_, key)| key.clone()));
        let mut waiting: VecDeque<Key> = self.needs(viewer).into();
        while let Some(key) = waiting.pop_front() {
            let Key::Kube {
                resource,
                namespace,
                name,
            } = &key
            else {
                continue;
            };
            let is_listed = scope
                .kinds
                .iter()
                .any(|kind| kind.home() == Home::Kube(resource.clone()));
            let kind = kinds::KINDS
                .iter()
                .find(|kind| kind.home() == Home::Kube(resource.clone()));
            let (Some(kind), false, true) = (kind, is_listed, asked.insert(key.clone())) else {
                continue;
            };
            let query = Query::Get {
                provider: scope.provider.clone(),
                resource: resource.clone(),
                namespace: namespace.clone(),
                name: name.clone(),
            };
            match world.answer(&query).await {
                Answer::Present(Fact::Object(item)) => {
                    waiting.extend(kind.live_needs(&item));
                    self.objects.insert((kind.schema().kind, key), item);
                }
                Answer::Unknown(why) => self.unread.push(format!(
                    "Not read: {} {key}: {}",
                    resource.title(),
                    why.message
                )),
                Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_))
                | Answer::Absent
                | Answer::NotServed => {}
            }
        }
    }

    /// What those need that are taken, or declared already.
    fn needs(&self, viewer: &Viewer<'_>) -> Vec<Key> {
        let taken = self.objects.iter().filter_map(|((kind, key), live)| {
            let kind = kinds::find(kind)?;
            match choice::judge(kind, key, live, viewer) {
                Verdict::Take(_) => Some(kind.live_needs(live)),
                Verdict::Leave(_) => None,
            }
        });
        taken.flatten().collect()
    }
}
