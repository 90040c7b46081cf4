//! An object that somebody else writes too: Helm, Argo CD, Flux, or whoever applies it.

use super::scene::Scene;
use super::{Hit, Lint, Severity, Sight};
use crate::kinds::Ownership;
use crate::model::identity::FIELD_MANAGER;
use serde_json::Value as Json;

pub(super) const LINT: Lint = Lint {
    code: "foreign-owner",
    severity: Severity::Warning,
    sight: Sight::Live,
    summary: "Somebody else writes it too",
    cause: "Helm, Argo CD or Flux made a live object, or another program applies it. It will set back what is changed here at \
            its next upgrade or sync, or delete the object when it leaves its own configuration.",
    cure: "Take it out of the other's hands (`helm.sh/resource-policy: keep`, then out of the chart's values; out of the \
           Application or Kustomization), or leave it out here.",
    blind: "Only objects that are declared are looked at, and only owners that leave a mark on them.",
    check,
};

/// Metadata that tells an owner: map, key, what the value is, in words.
const MARKS: [(&str, &str, &str); 6] = [
    ("annotations", "meta.helm.sh/release-name", "Helm release"),
    (
        "annotations",
        "argocd.argoproj.io/tracking-id",
        "Argo CD application",
    ),
    (
        "labels",
        "argocd.argoproj.io/instance",
        "Argo CD application",
    ),
    (
        "labels",
        "kustomize.toolkit.fluxcd.io/name",
        "Flux Kustomization",
    ),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ("labels", "fleet.cattle.io/bundle-id", "Fleet bundle"),
];

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .all()
        // What annotates it knows that it is another's.
        .filter(|declared| declared.kind.ownership() == Ownership::Marked)
        .filter_map(|declared| {
            let owners = owners(scene.live(declared)?);
            (!owners.is_empty()).then(|| {
                let detail = format!(
                    "The live object is in the hands of {} too.",
                    owners.join(" and of ")
                );
                declared.hit("", detail)
            })
        })
        .collect()
}

fn owners(live: &Json) -> Vec<String> {
    let metadata = &live["metadata"];
    let marked = MARKS.iter().filter_map(|(map, key, what)| {
        let value = metadata[*map][*key].as_str()?;
        // `shop:apps/Deployment:default/web`
        let name = value.split(':').next().unwrap_or(value);
        Some(format!("{what} \"{name}\""))
    });
    let mut owners: Vec<String> = marked.collect();
    let entries = metadata["managedFields"].as_array().into_iter().flatten();
    let appliers = entries
        .filter(|entry| entry["operation"] == "Apply")
        .filter_map(|entry| entry["manager"].as_str())
        .filter(|manager| *manager != FIELD_MANAGER)
        .map(|manager| format!("\"{manager}\", which applies it"));
    if owners.is_empty() {
        owners.extend(appliers);
    }
    owners.dedup();
    owners
}
