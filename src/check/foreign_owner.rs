//! An object that somebody else writes too: Helm, Argo CD, Flux, or whoever applies it.

use super::scene::Scene;
use super::{Hit, Lint, Severity, Sight};
use crate::kinds::Ownership;
use crate::kinds::owners::{self, Owner};
use crate::model::identity::FIELD_MANAGER;
use serde_json::Value as Json;

pub(super) const LINT: Lint = Lint {
    code: "foreign-owner",
    severity: Severity::Warning,
    sight: Sight::Live,
    summary: "Somebody else writes it too",
    cause: "Helm, Argo CD or Flux made a live object, or another program applies it. It will set back what is changed here at \
            its next upgrade or sync, or delete the object when it leaves its own configuration.",
    cure: "Take it out of the other's hands so that it stays, or leave it out here.",
    blind: "Only objects that are declared are looked at, and only owners that leave a mark on them.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .all()
        // What annotates it knows that it is another's.
        .filter(|declared| declared.kind.ownership() == Ownership::Marked)
        .filter_map(|declared| {
            let (owners, ways) = owners(scene.live(declared)?);
            (!owners.is_empty()).then(|| {
                let detail = format!(
                    "The live object is in the hands of {} too. {}",
                    owners.join(" and of "),
                    ways.join(" ")
                );
                declared.hit("", detail)
            })
        })
        .collect()
}

/// Who has it in hand, and how each is made to let go.
fn owners(live: &Json) -> (Vec<String>, Vec<&'static str>) {
    let marked = owners::owners(live);
    let mut names: Vec<String> = marked.iter().map(Owner::words).collect();
    let mut ways: Vec<&'static str> = marked.iter().map(Owner::way_out).collect();
    let entries = live["metadata"]["managedFields"].as_array();
    let appliers = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["operation"] == "Apply")
        .filter_map(|entry| entry["manager"].as_str())
        .filter(|manager| *manager != FIELD_MANAGER)
        .map(|manager| format!("\"{manager}\", which applies it"));
    if names.is_empty() {
        names.extend(appliers);
        if !names.is_empty() {
            ways.push(
                "Take it out of what is applied there; only `--prune` would delete it for that.",
            );
        }
    }
    names.dedup();
    ways.dedup();
    (names, ways)
}
