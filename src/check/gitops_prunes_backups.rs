//! Labels by which a GitOps tool takes backups for its own, and prunes them.

use super::scene::{MANIFEST, SCHEDULE, Scene};
use super::view::View;
use super::{Hit, Lint, Severity, Sight};

pub(super) const LINT: Lint = Lint {
    code: "gitops-prunes-backups",
    severity: Severity::Danger,
    sight: Sight::Declared,
    summary: "A GitOps tool may prune backups",
    cause: "Velero puts labels on each Backup object: those of `backup_labels`, and without them all labels of the Schedule. \
            With a label by which Argo CD or Flux tracks what it made, the Backup looks like something that left Git, and is \
            pruned. Schedules of this program always carry labels for their Backups, so that none of their own travel.",
    cure: "Take the tracking label out of `backup_labels`; give a Schedule of the GitOps tool a `template.metadata.labels` of its own.",
    blind: "Argo CD may be set to another label than its usual one.",
    check,
};

/// Argo CD's usual label; Helm charts put it on everything too, where it tracks nothing.
const USUAL: &str = "app.kubernetes.io/instance";
/// Labels by which something is tracked.
const TRACKING: [&str; 4] = [
    "argocd.argoproj.io/instance",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
    "fleet.cattle.io/bundle-id",
];

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    let declared = scene.of(SCHEDULE).filter_map(|schedule| {
        let labels = schedule.resource.body.member("backup_labels")?;
        let label = std::iter::once(&USUAL)
            .chain(&TRACKING)
            .find(|label| labels.member(label).is_some())?;
        let detail = format!("Its Backups carry the label `{label}`.");
        Some(schedule.hit("backup_labels", detail))
    });
    let manifests = scene.of(MANIFEST).filter_map(|manifest| {
        let declared = View::of(&manifest.resource.body).member("manifest")?;
        let is_schedule = declared.member("kind")?.text()? == "Schedule"
            && declared
                .member("apiVersion")?
                .text()?
                .starts_with("velero.io/");
        let labels = declared.at(&["spec", "template", "metadata", "labels"]);
        let labels = labels.filter(|_| is_schedule)?;
        let mut known = std::iter::once(&USUAL).chain(&TRACKING);
        let label = known.find(|label| labels.member(label).is_some())?;
        Some(manifest.hit(
            "manifest",
            format!("Its Backups carry the label `{label}`."),
        ))
    });
    let live = scene
        .undeclared(SCHEDULE)
        .into_iter()
        .filter_map(|(_, schedule)| {
            let template = &schedule["spec"]["template"]["metadata"]["labels"];
            let is_set = template
                .as_object()
                .is_some_and(|labels| !labels.is_empty());
            let labels = if is_set {
                template
            } else {
                &schedule["metadata"]["labels"]
            };
            let tracked = TRACKING.iter().find(|label| labels[**label].is_string())?;
            let name = |member: &str| schedule["metadata"][member].as_str().unwrap_or_default();
            Some(Hit {
                address: None,
                attribute: "",
                detail: format!(
                    "Schedule {}/{} is not declared here; its Backups carry the label `{tracked}`.",
                    name("namespace"),
                    name("name")
                ),
            })
        });
    declared.chain(manifests).chain(live).collect()
}
