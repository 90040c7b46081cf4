//! Which questions a plan needs answered: one LIST per kind, provider and namespace without a selector, since what is to
//! be adopted has no mark; one per kind for what has our mark elsewhere; and for namespaces to be deleted what would be
//! lost with them.

use crate::goal::graph::Graph;
use crate::kinds::{self, Home, Kind, Reach};
use crate::model::address::Address;
use crate::model::identity::{Instance, Key, KubeResource, ProviderRef};
use crate::model::inventory::Inventory;
use crate::model::resource::{Configuration, Resource};
use crate::plan::input::FoundProvider;
use crate::world::query::Query;
use std::collections::{BTreeMap, BTreeSet};

/// Namespace that is always swept: Velero's usual one.
pub const VELERO_NAMESPACE: &str = "velero";

/// Providers that are asked: every one with a block, also where nothing is declared under it any more, since what was
/// declared there last time is an orphan now. Under a provider without kinds of its own nothing ever was: a plan does not
/// ask it.
pub fn providers_asked(configuration: &Configuration) -> BTreeSet<ProviderRef> {
    let has_kinds = |provider: &&ProviderRef| {
        let of_kind = |kind: &&dyn Kind| kind.schema().provider == Some(provider.provider.as_str());
        kinds::KINDS.iter().any(of_kind)
    };
    let declared = configuration.providers.keys();
    configuration
        .resources
        .iter()
        .filter_map(|resource| resource.provider.clone())
        .chain(declared.filter(has_kinds).cloned())
        .collect()
}

/// Clusters that a provider's arguments refer to: until they exist the provider is deferred (R31).
pub fn clusters_behind(configuration: &Configuration, provider: &ProviderRef) -> Vec<Address> {
    let references = configuration
        .providers
        .get(provider)
        .map(|block| &block.references);
    let declared = |reference: &Address| {
        configuration
            .resources
            .iter()
            .map(|resource| &resource.address)
            .find(|address| reference.covers(address))
    };
    references
        .into_iter()
        .flatten()
        .filter_map(|reference| declared(reference).cloned())
        .collect()
}

/// The question whether a cluster made by a command answers.
pub fn cluster_query(resource: &Resource) -> Option<Query> {
    Some(Query::Cluster {
        kubeconfig: resource.text("kubeconfig")?.to_string(),
    })
}

/// LISTs of every kind in every provider that is known, in the namespaces declared, in the inventory, and Velero's; of
/// kinds that reach less far only where one is declared or recorded; and of each of these types what has our mark in any
/// other namespace.
pub fn lists(
    configuration: &Configuration,
    providers: &BTreeMap<ProviderRef, FoundProvider>,
    inventory: Option<&Inventory>,
) -> Vec<Query> {
    let mut queries = BTreeSet::new();
    for (provider, found) in providers {
        if !matches!(found.instance, Instance::Known { .. }) {
            continue;
        }
        let known = keys(configuration, provider, inventory);
        let mut swept = Swept::default();
        for resource in swept_resources(&provider.provider) {
            if resource.namespaced {
                for namespace in namespaces(&known) {
                    swept.note(&resource, Some(&namespace));
                    queries.insert(list(provider, &resource, Some(namespace)));
                }
            } else {
                queries.insert(list(provider, &resource, None));
            }
        }
        // What is declared or recorded, each where it is: kinds that are not swept everywhere.
        queries.extend(known.into_iter().filter_map(|key| match key {
            Key::Kube {
                resource,
                namespace,
                ..
            } if !resource.plural.is_empty() => {
                swept.note(&resource, namespace.as_deref());
                Some(list(provider, &resource, namespace))
            }
            // Its type is not known: nothing can be asked.
            Key::Kube { .. } => None,
            Key::Cluster { .. } | Key::Composite { .. } => None,
        }));
        queries.extend(swept.marked(provider, &configuration.settings.stack));
    }
    queries.into_iter().collect()
}

/// Namespaced types that are listed, with the namespaces in which each is.
#[derive(Default)]
struct Swept(BTreeMap<KubeResource, BTreeSet<String>>);

impl Swept {
    fn note(&mut self, resource: &KubeResource, namespace: Option<&str>) {
        if let Some(namespace) = namespace {
            let namespaces = self.0.entry(resource.clone()).or_default();
            namespaces.insert(namespace.to_owned());
        }
    }

    /// What is ours and lies where neither the configuration nor the record looks: a checkout without a journal knows of no
    /// other way to find it (R27).
    fn marked(self, provider: &ProviderRef, stack: &str) -> impl Iterator<Item = Query> {
        self.0
            .into_iter()
            .map(move |(resource, except)| Query::Marked {
                provider: provider.clone(),
                resource,
                stack: stack.to_owned(),
                except: except.into_iter().collect(),
            })
    }
}

/// The LIST that holds an object.
pub fn list_for(provider: &ProviderRef, resource: &KubeResource, namespace: Option<&str>) -> Query {
    list(provider, resource, namespace.map(str::to_owned))
}

fn list(provider: &ProviderRef, resource: &KubeResource, namespace: Option<String>) -> Query {
    Query::List {
        provider: provider.clone(),
        resource: resource.clone(),
        namespace,
    }
}

/// Resource types of every kind under a provider type that is swept everywhere.
pub fn swept_resources(provider: &str) -> Vec<KubeResource> {
    kinds::KINDS
        .iter()
        .filter(|kind| kind.schema().provider == Some(provider))
        .filter(|kind| kind.reach() == Reach::Everywhere)
        .filter_map(|kind| match kind.home() {
            Home::Kube(resource) => Some(resource),
            Home::Command | Home::Parts | Home::Declared => None,
        })
        .collect()
}

/// Keys declared or recorded under a provider.
fn keys(
    configuration: &Configuration,
    provider: &ProviderRef,
    inventory: Option<&Inventory>,
) -> BTreeSet<Key> {
    let declared = configuration
        .resources
        .iter()
        .filter(|resource| resource.provider.as_ref() == Some(provider))
        .flat_map(kinds::keys);
    let recorded = inventory
        .into_iter()
        .flat_map(|inventory| &inventory.owned)
        .filter(|owned| owned.provider.as_ref() == Some(provider))
        .map(|owned| owned.key.clone());
    declared.chain(recorded).collect()
}

/// Keys of everything that is declared, with their providers.
pub fn declared_keys(configuration: &Configuration) -> BTreeSet<(ProviderRef, Key)> {
    configuration
        .resources
        .iter()
        .filter_map(|resource| Some((resource.provider.clone()?, kinds::keys(resource))))
        .flat_map(|(provider, keys)| keys.into_iter().map(move |key| (provider.clone(), key)))
        .collect()
}

/// The `identity` argument of a provider block, where it is a known text.
pub fn declared_identity(configuration: &Configuration, provider: &ProviderRef) -> Option<String> {
    configuration
        .providers
        .get(provider)?
        .arguments
        .member("identity")?
        .known()?
        .as_str()
        .map(str::to_owned)
}

/// The identity that a cluster had: as its provider block says, else as an earlier run recorded it (R1).
pub fn recorded_identity(
    configuration: &Configuration,
    inventory: Option<&Inventory>,
    provider: &ProviderRef,
) -> Option<String> {
    let recorded = || inventory?.clusters.get(provider).cloned();
    declared_identity(configuration, provider).or_else(recorded)
}

/// Namespaces that are swept under a provider.
fn namespaces(known: &BTreeSet<Key>) -> BTreeSet<String> {
    let named = known.iter().filter_map(|key| match key {
        Key::Kube { namespace, .. } => namespace.clone(),
        Key::Cluster { .. } | Key::Composite { .. } => None,
    });
    named.chain([VELERO_NAMESPACE.to_owned()]).collect()
}

/// Whether a type is declared or was ever owned under a provider: a 403 on any other is a note, not a blocker.
pub fn is_concerned(
    configuration: &Configuration,
    provider: &ProviderRef,
    wanted: &KubeResource,
    inventory: Option<&Inventory>,
) -> bool {
    keys(configuration, provider, inventory)
        .iter()
        .any(|key| match key {
            Key::Kube { resource, .. } => resource == wanted,
            Key::Cluster { .. } | Key::Composite { .. } => false,
        })
}

/// Types counted in a namespace that is to be deleted: what its consent lists. Those of the kinds come from the registry.
pub fn counted_in_namespace() -> Vec<KubeResource> {
    let core = |plural: &'static str, kind: &'static str| resource("", plural, kind);
    let mut counted = vec![
        core("persistentvolumeclaims", "PersistentVolumeClaim"),
        core("configmaps", "ConfigMap"),
        core("secrets", "Secret"),
        core("services", "Service"),
        core("pods", "Pod"),
        resource("apps", "deployments", "Deployment"),
        resource("apps", "statefulsets", "StatefulSet"),
        resource("batch", "cronjobs", "CronJob"),
        resource("velero.io", "backups", "Backup"),
        resource("velero.io", "restores", "Restore"),
    ];
    for kind in kinds::KINDS {
        if let Home::Kube(home) = kind.home()
            && home.namespaced
            && !counted.contains(&home)
        {
            counted.push(home);
        }
    }
    counted
}

fn resource(group: &'static str, plural: &'static str, kind: &'static str) -> KubeResource {
    KubeResource {
        group: group.into(),
        version: "v1".into(),
        plural: plural.into(),
        kind: kind.into(),
        namespaced: true,
    }
}

/// The LISTs behind a namespace's losses.
pub fn loss_queries(provider: &ProviderRef, namespace: &str) -> Vec<Query> {
    counted_in_namespace()
        .iter()
        .map(|resource| list_for(provider, resource, Some(namespace)))
        .collect()
}

/// Dependencies of the configuration; here so that callers need one import.
pub fn graph(configuration: &Configuration) -> Graph {
    Graph::of(configuration)
}
