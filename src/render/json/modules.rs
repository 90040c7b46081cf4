//! Resources in the tree of modules that Terraform's `values` are: `child_modules` inside of `root_module`.

use crate::model::address::{Address, ModulePath};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A module with its resources and the modules in it.
#[derive(Default)]
struct Branch {
    resources: Vec<Json>,
    inner: BTreeMap<ModulePath, Branch>,
}

/// `root_module` of entries by address.
pub(super) fn root_module<'a>(entries: impl Iterator<Item = (&'a Address, Json)>) -> Json {
    let mut root = Branch::default();
    for (address, entry) in entries {
        let mut branch = &mut root;
        let mut path = ModulePath::ROOT;
        for step in &address.module.0 {
            path = path.inner(&step.name, step.instance.clone());
            branch = branch.inner.entry(path.clone()).or_default();
        }
        branch.resources.push(entry);
    }
    root.json()
}

impl Branch {
    fn json(self) -> Json {
        let inner: Vec<Json> = self
            .inner
            .into_iter()
            .map(|(path, branch)| {
                let mut module = branch.json();
                module["address"] = json!(path.to_string());
                module
            })
            .collect();
        let mut module = json!({"resources": self.resources});
        if !inner.is_empty() {
            module["child_modules"] = Json::Array(inner);
        }
        module
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_stand_in_each_other() {
        let addresses: Vec<Address> =
            ["a.b", "module.m[\"k\"].a.b", "module.m[\"k\"].module.n.a.b"]
                .iter()
                .map(|text| text.parse().unwrap())
                .collect();
        let entries = addresses
            .iter()
            .map(|address| (address, json!(address.to_string())));
        assert_eq!(
            root_module(entries),
            json!({
                "resources": ["a.b"],
                "child_modules": [{
                    "address": "module.m[\"k\"]",
                    "resources": ["module.m[\"k\"].a.b"],
                    "child_modules": [{"address": "module.m[\"k\"].module.n", "resources": ["module.m[\"k\"].module.n.a.b"]}]
                }]
            })
        );
        assert_eq!(root_module([].into_iter()), json!({"resources": []}));
    }
}
