//! `fixtures/every-kind`: one resource of every kind, applied on the sandbox and on real servers. It is read here, so that
//! a kind without a file of its own fails on both sides.

use serde_json::{Value, json};
use sk_dr::kinds::{KINDS, Ownership};
use std::fs;
use std::path::Path;

/// The bucket of its locations.
pub const BUCKET: &str = "backups";

/// Where a copy expects the kubeconfig of a cluster that is there.
pub const KUBECONFIG: &str = "kubeconfig.there";

/// The store that its location names, where nobody asks it.
pub const STORE: &str = "https://s3.example.org";

/// Where [`workload`] is made.
pub const WORKLOADS: &str = "/apis/apps/v1/namespaces/shop/deployments";

/// A workload that others make, for what only annotates.
pub fn workload() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "chart", "namespace": "shop"},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "chart"}},
            "template": {
                "metadata": {"labels": {"app": "chart"}, "annotations": {"checksum/config": "9"}},
                "spec": {"containers": [{"name": "chart", "image": "registry.example.org/chart:1"}]},
            },
        },
    })
}

/// Puts a copy into a directory, with the address of the store that is there: of the kinds that are ours in this way.
pub fn copy(to: &Path, store: &str, ownership: Ownership) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/every-kind");
    fs::create_dir_all(to).unwrap();
    let others: Vec<String> = kinds(match ownership {
        Ownership::Marked => Ownership::Fields,
        Ownership::Fields => Ownership::Marked,
    })
    .map(|kind| format!("{kind}.hcl"))
    .collect();
    for entry in fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if others.iter().any(|other| other == name) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().replace(STORE, store);
        fs::write(to.join(name), text).unwrap();
    }
    for kind in kinds(ownership) {
        let text = fs::read_to_string(from.join(format!("{kind}.hcl"))).unwrap_or_default();
        assert!(
            text.contains(&format!("resource \"{kind}\" ")),
            "fixtures/every-kind/{kind}.hcl is missing, or declares no {kind}"
        );
    }
}

/// Fails unless a plan says of every kind that one of it will be created.
pub fn creates_every_kind(plan: &str) {
    for kind in kinds(Ownership::Marked) {
        let is_created = |line: &str| {
            line.trim_start().starts_with(&format!("# {kind}."))
                && line.ends_with(" will be created")
        };
        assert!(plan.lines().any(is_created), "no {kind} is created\n{plan}");
    }
}

/// Fails unless a plan says of every kind that writes to what others make that it changes one of them.
pub fn changes_what_others_make(plan: &str) {
    for kind in kinds(Ownership::Fields) {
        let is_changed = |line: &str| {
            line.trim_start().starts_with(&format!("# {kind}."))
                && line.ends_with(" will be updated in-place")
        };
        assert!(plan.lines().any(is_changed), "no {kind} is changed\n{plan}");
    }
    assert!(plan.contains("rolls Deployment shop/chart"), "{plan}");
}

fn kinds(ownership: Ownership) -> impl Iterator<Item = &'static str> {
    KINDS
        .iter()
        .filter(move |kind| kind.ownership() == ownership)
        .map(|kind| kind.schema().kind)
}
