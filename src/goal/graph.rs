//! What each resource needs: from references, `depends_on`, keys named by plain text, and the cluster its provider is in.
//! Edges are derived, never kept in a list (DESIGN: order is derived).

use crate::kinds;
use crate::model::address::{Address, ModulePath};
use crate::model::identity::{Key, ProviderRef};
use crate::model::resource::{Configuration, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// Needs of every declared resource instance, in both directions.
#[derive(Debug, Default)]
pub struct Graph {
    /// Address -> addresses it needs.
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
    /// Address -> addresses that need it.
    pub needed_by: BTreeMap<Address, BTreeSet<Address>>,
}

impl Graph {
    /// The graph of a configuration. `lang` has refused cycles among references; edges by key only lead from a
    /// namespaced object to its namespace or location, which refer to nothing of that kind.
    pub fn of(configuration: &Configuration) -> Self {
        let index = Index::of(configuration);
        let mut graph = Self::default();
        for resource in &configuration.resources {
            let mut needs: BTreeSet<Address> = BTreeSet::new();
            for reference in &resource.references {
                needs.extend(index.instances(reference));
            }
            needs.extend(index.by_keys(resource));
            if let Some(provider) = &resource.provider {
                needs.extend(index.clusters_of(configuration, provider));
            }
            needs.remove(&resource.address);
            for need in &needs {
                graph
                    .needed_by
                    .entry(need.clone())
                    .or_default()
                    .insert(resource.address.clone());
            }
            graph.needs.insert(resource.address.clone(), needs);
        }
        graph
    }

    /// What the addresses need, directly or through others, themselves included.
    pub fn with_needs(&self, start: &BTreeSet<Address>) -> BTreeSet<Address> {
        closure(start, &self.needs)
    }

    /// What needs the addresses, directly or through others, themselves included.
    pub fn with_dependents(&self, start: &BTreeSet<Address>) -> BTreeSet<Address> {
        closure(start, &self.needed_by)
    }
}

fn closure(
    start: &BTreeSet<Address>,
    edges: &BTreeMap<Address, BTreeSet<Address>>,
) -> BTreeSet<Address> {
    let mut reached = start.clone();
    let mut waiting: Vec<&Address> = start.iter().collect();
    while let Some(address) = waiting.pop() {
        for next in edges.get(address).into_iter().flatten() {
            if reached.insert(next.clone()) {
                waiting.push(next);
            }
        }
    }
    reached
}

struct Index<'a> {
    resources: BTreeMap<(&'a ModulePath, &'a str, &'a str), Vec<&'a Address>>,
    keys: BTreeMap<(Option<&'a ProviderRef>, Key), &'a Address>,
}

impl<'a> Index<'a> {
    fn of(configuration: &'a Configuration) -> Self {
        let mut resources: BTreeMap<_, Vec<&Address>> = BTreeMap::new();
        let mut keys = BTreeMap::new();
        for resource in &configuration.resources {
            let address = &resource.address;
            resources
                .entry((
                    &address.module,
                    address.kind.as_str(),
                    address.name.as_str(),
                ))
                .or_default()
                .push(address);
            for key in kinds::keys(resource) {
                keys.insert((resource.provider.as_ref(), key), address);
            }
        }
        Self { resources, keys }
    }

    /// The resources that a reference names; its module is told exactly.
    fn instances(&self, reference: &Address) -> Vec<Address> {
        let candidates = self.resources.get(&(
            &reference.module,
            reference.kind.as_str(),
            reference.name.as_str(),
        ));
        candidates
            .into_iter()
            .flatten()
            .filter(|address| reference.covers(address))
            .map(|a| (*a).clone())
            .collect()
    }

    fn by_keys(&self, resource: &Resource) -> Vec<Address> {
        kinds::needed(resource)
            .into_iter()
            .filter_map(|key| {
                self.keys
                    .get(&(resource.provider.as_ref(), key))
                    .map(|address| (*address).clone())
            })
            .collect()
    }

    fn clusters_of(&self, configuration: &Configuration, provider: &ProviderRef) -> Vec<Address> {
        let references = configuration
            .providers
            .get(provider)
            .map(|block| &block.references);
        references
            .into_iter()
            .flatten()
            .flat_map(|reference| self.instances(reference))
            .collect()
    }
}
