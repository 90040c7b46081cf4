//! The blocks of objects, and the law: what is written for an object declares it without a difference.

mod unsaid;

use super::blocks::{Document, Written};
use super::choice::{self, Viewer};
use crate::diag::has_errors;
use crate::kinds::properties::cases;
use crate::kinds::testing::{kind, line, object, resource};
use crate::kinds::{self, Home};
use crate::lang::sources::MemorySources;
use crate::lang::{GivenVariables, Inputs, Missing};
use crate::model::address::Address;
use crate::model::identity::Key;
use crate::model::resource::Configuration;
use crate::plan::ignored::is_ignored;
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
            Home::Command | Home::Parts | Home::Declared => None,
        });
    keyed.collect()
}

/// The objects that a resource with this body is.
fn live(name: &'static str, body: Json) -> Objects {
    match kind(name).composite() {
        None => objects(vec![(name, object(name, body))]),
        Some(composite) => {
            let parts = composite.parts(&resource(name, body));
            let live = parts.iter().map(|part| {
                let object = part.kind.object(&part.resource).into_known().unwrap();
                (part.kind.schema().kind, object)
            });
            objects(live.collect())
        }
    }
}

/// Kinds of the blocks, once each live object is one part of one of them and does not differ from it.
fn check(objects: &Objects) -> Vec<String> {
    let Written { text, addresses } = written(objects);
    let configuration = read(&text);
    let imported: BTreeSet<&Address> = configuration.imports.iter().map(|one| &one.to).collect();
    assert_eq!(imported, addresses.iter().collect(), "{text}");
    let wrong = crate::goal::imports::check(&configuration);
    assert!(wrong.is_empty(), "{text}\n{wrong:#?}");
    let mut left: BTreeSet<&Key> = objects.keys().map(|(_, key)| key).collect();
    for resource in &configuration.resources {
        assert!(addresses.contains(&resource.address), "{text}");
        for part in kinds::parts(resource) {
            let key = part.kind.key(&part.resource).unwrap();
            let name = part.kind.schema().kind;
            assert!(
                left.remove(&key),
                "{key} is not there, or there twice\n{text}"
            );
            let live = &objects[&(name, key)];
            let mut found = part.kind.differences(&part.resource, live);
            found.retain(|one| !is_ignored(part.kind, &part.resource, &one.attribute));
            let lines: Vec<String> = found.iter().map(line).collect();
            assert!(lines.is_empty(), "{text}\n{lines:#?}");
        }
    }
    for key in left {
        let line = format!("{key}, since no block can declare it: ");
        assert!(text.contains(&line), "{key} is missing in\n{text}");
    }
    addresses.into_iter().map(|address| address.kind).collect()
}

fn written(objects: &Objects) -> Written {
    let viewer = Viewer {
        stack: "",
        cluster_uid: "uid",
        declared: BTreeMap::new(),
    };
    let (candidates, unsaid) = choice::parted(choice::candidates(objects, &viewer));
    let entries = super::entry::entries(&candidates);
    let unsaid = super::entry::alone(&unsaid);
    Document {
        heading: "a test".to_owned(),
        stack: Some("test".to_owned()),
        provider: Some(&crate::model::expression::Expr::Value(json!({}))),
        taken: BTreeSet::new(),
        declared: &viewer.declared,
        entries: &entries,
        unsaid: &unsaid,
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

    /// The objects of any resource of any kind become that resource again: read by our own parser, its objects are those
    /// that there are, and do not differ.
    #[test]
    fn what_is_written_declares_the_same((name, body, _) in cases()) {
        // What no configuration may say does not come back as it.
        let is_valid = kinds::sayable::is_valid(kind(name), &body);
        let objects = live(name, body);
        let kinds = check(&objects);
        // What a server was rendered as stands in no cluster: it is read as the objects that it is.
        if name == "velero_server" || !is_valid {
            return Ok(());
        }
        prop_assert!(kinds.iter().all(|kind| kind == name), "{kinds:?}");
        prop_assert!(kinds.len() <= 1, "{kinds:?}");
    }

    /// Any text at all survives, in a value and in the key of a map.
    #[test]
    fn any_text_survives(value in texts(), key in texts()) {
        let live = json!({"metadata": {"name": "shop", "namespace": "velero"},
            "spec": {"provider": "example.org/other", "objectStorage": {"bucket": "b", "prefix": format!("a\n{value}\n")},
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

const APPLICATION: &str = "velero_application";
const SCHEDULE: &str = "velero_schedule";

fn nextcloud() -> Json {
    json!({"name": "nextcloud", "storage_location": "main", "volumes": "file_system",
        "retention": [{"daily": 30, "monthly": 6, "yearly": 2}]})
}

/// What a person would write, and nothing that follows from it.
#[test]
fn a_profile_is_one_short_block() {
    let objects = live(APPLICATION, nextcloud());
    assert_eq!(objects.len(), 3);
    let text = written(&objects).text;
    let (_, block) = text.split_once("resource ").unwrap();
    let (block, _) = block.split_once("\n# ").unwrap();
    assert_eq!(
        block,
        r#""velero_application" "nextcloud" {
  storage_location = "main"

  retention {
    daily   = 30
    monthly = 6
    yearly  = 2
  }
}
"#
    );
}

/// Objects that are not all that one resource would make stay what they are.
#[test]
fn what_differs_is_no_profile() {
    for (place, value) in [
        ("/spec/template/ttl", json!("7h")),
        ("/spec/template/includedNamespaces", json!(["other"])),
        ("/metadata/labels/application", json!("other")),
        ("/spec/paused", json!(true)),
    ] {
        let mut objects = live(APPLICATION, nextcloud());
        let object = objects.values_mut().next().unwrap();
        let (above, member) = place.rsplit_once('/').unwrap();
        object.pointer_mut(above).unwrap()[member] = value;
        let text = written(&objects).text;
        assert!(!text.contains(APPLICATION), "{place}\n{text}");
    }
    let mut objects = live(APPLICATION, nextcloud());
    let mut other = objects.values().next().unwrap().clone();
    other["metadata"]["name"] = json!("nextcloud-by-hand");
    other["metadata"]["labels"] = json!({});
    objects.extend(self::objects(vec![(SCHEDULE, other)]));
    let kinds = written(&objects)
        .addresses
        .into_iter()
        .map(|address| address.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [APPLICATION, SCHEDULE]);
}
