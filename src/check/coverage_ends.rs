//! A write that ends what a Schedule covers, keeps or runs: an adoption, where nobody wrote it down as a change, is a danger;
//! an update, whose lines somebody wrote, deserves a word.

use super::coverage::ends;
use super::scene::{Declared, SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::kinds;
use crate::model::identity::Key;
use crate::model::resource::IgnoreChanges;
use crate::plan::document::{Action, Node};
use crate::plan::ignored::is_ignored;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const BLIND: &str = "What a value that is known only after apply will end, and a resource of several Schedules with `ignore_changes`.";

pub(super) const ADOPTION: Lint = Lint {
    code: "adoption-ends-coverage",
    severity: Severity::Danger,
    sight: Sight::Live,
    summary: "Adoption ends what is covered",
    cause: "An object that is adopted becomes what is declared. Where the live Schedule covers more than its block, keeps its \
            backups for longer or runs hooks that the block does not have, that ends with the apply, though nobody changed a line.",
    cure: "Declare what the live Schedule says (`sk-dr import` prints it), or leave it where it is meant to end.",
    blind: BLIND,
    check: |scene| found(scene, Way::Adoption),
};

pub(super) const UPDATE: Lint = Lint {
    code: "coverage-shrinks",
    severity: Severity::Warning,
    sight: Sight::Live,
    summary: "A Schedule covers less",
    cause: "An update takes namespaces, resources, volumes, hooks or time from a Schedule of ours. Whoever changed the lines \
            knows what they say, and whoever reviews the plan sees here what they end.",
    cure: "Where that is not meant, declare what it was.",
    blind: BLIND,
    check: |scene| found(scene, Way::Update),
};

/// How an object comes to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It becomes ours.
    Adoption,
    /// It is ours.
    Update,
}

fn found(scene: &Scene<'_>, way: Way) -> Vec<Hit> {
    let nodes = scene.nodes().filter(|node| node.action == Action::Update);
    let nodes: BTreeMap<_, &Node> = nodes.map(|node| (&node.address, node)).collect();
    if nodes.is_empty() {
        return Vec::new();
    }
    let objects = scene.all().filter_map(|declared| {
        let node = nodes.get(&declared.owner.address)?;
        let key = declared.key()?;
        (is_schedule(key) && way_of(node, key) == way).then_some((declared, key))
    });
    let hits = objects.filter_map(|(declared, key)| {
        let ended = ended(scene, declared)?;
        let detail = format!("Schedule {key}: {}.", ended.join("; "));
        Some(declared.hit("", detail))
    });
    hits.collect()
}

fn is_schedule(key: &Key) -> bool {
    match key {
        Key::Kube { resource, .. } => resource.group == "velero.io" && resource.kind == "Schedule",
        Key::Cluster { .. } | Key::Composite { .. } => false,
    }
}

/// An object of several may be adopted while others are ours.
fn way_of(node: &Node, key: &Key) -> Way {
    let mut parts = node.parts.iter();
    let importing = match parts.find(|part| part.key == *key) {
        Some(part) => part.importing,
        None => node.importing,
    };
    if importing {
        Way::Adoption
    } else {
        Way::Update
    }
}

/// What writing the differences ends; `None`: nothing.
fn ended(scene: &Scene<'_>, declared: &Declared<'_>) -> Option<Vec<String>> {
    // What a resource of several objects ignores is told in its own attributes, not in those of a part.
    let owner = kinds::find(&declared.owner.address.kind)?;
    if owner.composite().is_some()
        && declared.owner.lifecycle.ignore_changes != IgnoreChanges::Nothing
    {
        return None;
    }
    let live = scene.live(declared)?;
    let mut after = live.clone();
    for difference in declared.kind.differences(&declared.resource, live) {
        if is_ignored(declared.kind, &declared.resource, &difference.attribute) {
            continue;
        }
        match difference.write.map(|write| write.into_known()) {
            Some(Some(value)) => difference.place.set(&mut after, value),
            // What is not known yet is taken for what it was.
            Some(None) => {}
            None => difference.place.remove(&mut after),
        }
    }
    let attributes = |of: &Json| kinds::find(SCHEDULE).map(|kind| kind.attributes(of));
    let ended = ends(&attributes(live)?, &attributes(&after)?);
    (!ended.is_empty()).then_some(ended)
}
