//! The blocks of objects, and the law: what is written for an object declares it without a difference.

use super::blocks::{Document, Written};
use super::choice::{self, Viewer};
use crate::diag::has_errors;
use crate::kinds::properties::cases;
use crate::kinds::testing::{kind, line, object};
use crate::kinds::{self, Home};
use crate::lang::sources::MemorySources;
use crate::lang::{GivenVariables, Inputs, Missing};
use crate::model::identity::Key;
use crate::model::resource::Configuration;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

type Objects = BTreeMap<(&'static str, Key), Json>;

fn objects(all: Vec<(&'static str, Json)>) -> Objects {
    let keyed = all
        .into_iter()
        .filter_map(|(name, live)| match kind(name).home() {
            Home::Kube(resource) => Some(((name, choice::key(&resource, &live)?), live)),
            Home::Command | Home::Parts => None,
        });
    keyed.collect()
}

fn written(objects: &Objects) -> Written {
    let viewer = Viewer {
        stack: "",
        cluster_uid: "uid",
        declared: BTreeMap::new(),
    };
    let candidates = choice::candidates(objects, &viewer);
    Document {
        heading: "a test".to_owned(),
        stack: Some("test".to_owned()),
        provider: Some(&crate::model::expression::Expr::Value(json!({}))),
        taken: BTreeSet::new(),
        declared: &viewer.declared,
        candidates: &candidates,
    }
    .written()
}

fn read(text: &str) -> Configuration {
    let loaded = crate::lang::load(&Inputs {
        sources: &MemorySources::new([("main.hcl", text)]),
        schemas: &kinds::Registry,
        variables: GivenVariables::default(),
        missing: Missing::Report,
        version: "0.1.0",
    });
    assert!(
        !has_errors(&loaded.diagnostics),
        "{text}\n{:#?}",
        loaded.diagnostics
    );
    loaded.configuration
}

/// Anything, and what HCL takes for something.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["(?s).{1,12}", "[$%{}~\\\\\"\n\tEOT<-]{1,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(150) })]

    /// The block of any object of any kind is read by our own parser, and against it the object does not differ.
    #[test]
    fn what_is_written_declares_the_same((name, body, _) in cases()) {
        let objects = objects(vec![(name, object(name, body))]);
        let Written { text, addresses } = written(&objects);
        let configuration = read(&text);
        prop_assert_eq!(addresses.len(), objects.len());
        for (address, live) in addresses.iter().zip(objects.values()) {
            let resource = configuration.resources.iter().find(|resource| resource.address == *address).unwrap();
            let found = kind(name).differences(resource, live);
            let lines: Vec<String> = found.iter().map(line).collect();
            prop_assert!(lines.is_empty(), "{text}\n{lines:#?}");
        }
    }

    /// Any text at all survives, in a value and in the key of a map.
    #[test]
    fn any_text_survives(value in texts(), key in texts()) {
        let live = json!({"metadata": {"name": "shop", "namespace": "velero"},
            "spec": {"provider": "aws", "objectStorage": {"bucket": value.clone(), "prefix": format!("a\n{value}\n")},
                "config": {key: value}}});
        let objects = objects(vec![("velero_backup_storage_location", live.clone())]);
        let configuration = read(&written(&objects).text);
        let read = &configuration.resources[0].body;
        let spec = &live["spec"];
        let wanted = [("bucket", &spec["objectStorage"]["bucket"]), ("prefix", &spec["objectStorage"]["prefix"]), ("config", &spec["config"])];
        for (argument, wanted) in wanted {
            let found = read.member(argument);
            prop_assert_eq!(found.as_ref().and_then(|found| found.known()), Some(wanted));
        }
    }
}
