//! A namespace goes that a Schedule backs up by name.

use super::names::matches;
use super::scene::{SCHEDULE, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::identity::Key;
use crate::plan::document::{Action, Node};
use std::collections::BTreeSet;

pub(super) const LINT: Lint = Lint {
    code: "namespace-protected",
    severity: Severity::Danger,
    sight: Sight::Live,
    summary: "A namespace that is backed up goes",
    cause: "A Schedule that includes a namespace by name says that it is worth a backup. Once the namespace is gone, the \
            backups of that Schedule hold nothing of it, and those that hold it run out.",
    cure: "Keep the namespace, or take it out of the Schedule too, once a backup that is to stay is kept elsewhere.",
    blind: "",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let going: Vec<&Node> = scene
        .nodes()
        .filter(|node| node.action == Action::Delete)
        .collect();
    let gone: BTreeSet<String> = going.iter().map(|node| node.key.to_string()).collect();
    let hits = going.iter().filter_map(|node| {
        let Key::Kube { resource, name, .. } = &node.key else {
            return None;
        };
        let is_namespace = resource.group.is_empty() && resource.kind == "Namespace";
        let schedules = if is_namespace {
            including(scene, node, name)
        } else {
            Vec::new()
        };
        let schedules: Vec<String> = schedules
            .into_iter()
            .filter(|schedule| !gone.contains(schedule))
            .collect();
        (!schedules.is_empty()).then(|| Hit {
            address: Some(node.address.clone()),
            attribute: "",
            detail: format!(
                "Namespace {name} is deleted, and Schedules include it: {}.",
                schedules.join(", ")
            ),
        })
    });
    hits.collect()
}

/// Schedules that include a namespace by a name or pattern other than "everything".
fn including(scene: &Scene<'_>, node: &Node, namespace: &str) -> Vec<String> {
    let says = |patterns: &[String]| {
        let mut patterns = patterns.iter().filter(|pattern| *pattern != "*");
        patterns.any(|pattern| matches(pattern, namespace))
    };
    let declared = scene.of(SCHEDULE).filter(|schedule| {
        let is_here = schedule.resource.provider == node.provider;
        let included = schedule.texts("included_namespaces");
        is_here && included.is_some_and(|included| says(&included))
    });
    let declared = declared.filter_map(|schedule| schedule.key().map(|key| key.to_string()));
    let live = scene
        .undeclared(SCHEDULE)
        .into_iter()
        .filter_map(|(provider, schedule)| {
            let included = schedule["spec"]["template"]["includedNamespaces"].as_array()?;
            let included = included
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned));
            let included: Vec<String> = included.collect();
            let is_here = node.provider.as_ref() == Some(provider) && says(&included);
            let metadata = &schedule["metadata"];
            let name = format!(
                "{}/{}",
                metadata["namespace"].as_str()?,
                metadata["name"].as_str()?
            );
            is_here.then_some(name)
        });
    declared
        .chain(live)
        .collect::<BTreeSet<String>>()
        .into_iter()
        .collect()
}
